"""Believable records in any number, the same ones each time."""

from __future__ import annotations

import random
import uuid
from pathlib import Path

from store.documents import Replica
from store.workbench import Workbench

WORDS = (
    "garden letter invoice window train kitchen report meeting paint birthday ticket doctor "
    "bicycle book passport contract server backup lecture recipe harbour winter key lamp river"
).split()


def sentence(rng: random.Random, words: int) -> str:
    return " ".join(rng.choice(WORDS) for _ in range(words))


def tasks(count: int) -> list[Replica]:
    """Tasks with a title, a description on some, due dates on some, four priorities."""
    rng = random.Random(7)
    made = []
    for i in range(count):
        fields = {
            "title": f"{sentence(rng, 5)} {i:06d}",
            "priority": rng.choice(("low", "medium", "medium", "high", "urgent")),
            "isCompleted": rng.random() < 0.2,
            "order": i,
        }
        if rng.random() < 0.5:
            fields["dueDate"] = f"2026-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}"
        if rng.random() < 0.3:
            fields["description"] = sentence(rng, 20)
        when = f"2026-{rng.randint(1, 10):02d}-{rng.randint(1, 28):02d}T10:00:00.000Z"
        made.append(Replica(str(uuid.UUID(int=rng.getrandbits(128), version=4)), fields, when))
    return made


def notes(count: int, length: int = 500) -> list[Replica]:
    """Notes of about ``length`` characters."""
    rng = random.Random(11)
    made = []
    for i in range(count):
        body = sentence(rng, length // 7)
        fields = {"title": f"{sentence(rng, 4)} {i:06d}", "content": body}
        fields |= {"isPinned": False, "isArchived": False}
        id = str(uuid.UUID(int=rng.getrandbits(128), version=4))
        made.append(Replica(id, fields, "2026-03-01T10:00:00.000Z"))
    return made


def home(path: Path, count: int, collection: str = "tasks") -> None:
    """Make a home at ``path`` that opens by its key file, with ``count`` records."""
    bench = Workbench.create(path, keyring=False)
    rows = tasks(count) if collection == "tasks" else notes(count)
    with bench.step("import", durable=False) as step:
        step.merge_many(collection, rows)
    bench.close()
