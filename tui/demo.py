"""The demo: a throw-away home, richly filled, that neither touches nor names the real one."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from store import locations

if TYPE_CHECKING:
    from store.workbench import Workbench

_TASKS = {
    "personal": (
        ("Renew the passport", "+12d", "high", "errand"),
        ("Book the dentist", "tomorrow", "medium", "health"),
        ("Buy oat milk, bread, lentils", "today", "medium", "errand"),
        ("Call grandmother", "today", "high", "family"),
        ("Mend the bicycle lamp", "+3d", "low", "home"),
        ("Read “The Left Hand of Darkness”", "", "low", "reading"),
        ("File the tax return", "+20d", "urgent", "money"),
        ("Cancel the unused subscription", "+5d", "medium", "money"),
        ("Plan the walk along the coast", "+9d", "medium", "travel"),
        ("Write to Ludmila about the flat", "yesterday", "high", "home"),
        ("Back up the laptop", "+1d", "medium", "home"),
        ("Learn the second piece of the suite", "", "medium", "music"),
    ),
    "family": (
        ("Sign the school trip form", "tomorrow", "high", "school"),
        ("Bring the drill back to Jan", "+2d", "low", "home"),
        ("Order the cake", "+6d", "medium", "birthday"),
        ("Choose a film for Friday", "+4d", "low", "fun"),
    ),
    "team": (
        ("Answer the review of the parser", "today", "urgent", "review"),
        ("Draft the release notes", "+2d", "high", "release"),
        ("Measure start-up on the slow machine", "+4d", "medium", "speed"),
        ("Invite Amara to the design talk", "yesterday", "medium", "people"),
    ),
}
_NOTES = (
    ("Packing list", "# Packing list\n\n- passport\n- rain jacket\n- charger\n- two books\n"),
    (
        "Bread, 65 % hydration",
        "500 g flour\n325 g water\n10 g salt\n\nFold four times, then cold.\n",
    ),
    ("Ideas for the balcony", "Herbs in the sun, ferns in the shade, a *small* chair.\n"),
    ("Words I keep forgetting", "defenestration, petrichor, hiraeth\n"),
    ("Questions for the doctor", "1. Sleep\n2. Knee\n3. Vaccination\n"),
    ("Lines from the coast walk", "> The sea was the colour of slate and would not be hurried.\n"),
)
_CONTACTS = (
    ("Amara Okafor", "amara@example.org", "+49 30 555 0101"),
    ("Ludmila Petrova", "ludmila@example.org", "+49 30 555 0102"),
    ("Jan de Vries", "jan@example.org", "+31 20 555 0103"),
    ("Dr. Ines Vogel", "praxis@example.org", "+49 30 555 0104"),
    ("王 小明", "xiaoming@example.org", ""),
    ("Grandmother", "", "+49 7071 555 0105"),
)


@contextmanager
def throw_away() -> Iterator[Path]:
    """A filled home in memory if the machine has such a place; removed afterwards."""
    base = locations.runtime()
    folder = Path(tempfile.mkdtemp(prefix="demo-", dir=base))
    before = os.environ.get("MANABENCH_CONFIG")
    os.environ["MANABENCH_CONFIG"] = str(folder / "config")
    try:
        fill(folder / "home")
        yield folder / "home"
    finally:
        if before is None:
            os.environ.pop("MANABENCH_CONFIG", None)
        else:
            os.environ["MANABENCH_CONFIG"] = before
        shutil.rmtree(folder, ignore_errors=True)


def fill(home: Path) -> None:
    """Make a workbench in ``home`` with three spaces, tags, tasks, notes and contacts."""
    from store.workbench import Workbench

    bench = Workbench.create(home, keyring=False)
    try:
        personal = bench.scope.id
        _fill_tasks(bench, "personal")
        _fill_rest(bench)
        for name, kind in (("Meadow Street", "family"), ("Parser crew", "team")):
            bench.enter(bench.spaces.create(name, kind))
            _fill_tasks(bench, kind)
        bench.enter(personal)
    finally:
        bench.close()


def _fill_tasks(bench: Workbench, kind: str) -> None:
    from store import when

    todo = bench.modules["todo"]
    assert todo.quick is not None  # noqa: S101
    if not bench.scope.allows("todo"):
        return
    with bench.step("fill the demo") as step:
        tags: dict[str, str] = {}
        for title, due, priority, tag in _TASKS[kind]:
            fields = dict(todo.quick(title)) | {"priority": priority}
            if due:
                fields["dueDate"] = when.read(due, when.local(bench.now()))
            id = step.insert("tasks", fields)
            if tag not in tags:
                tags[tag] = bench.tags.add(tag, step=step)
            bench.tags.tag(step, "tasks", [id], tags[tag])


def _fill_rest(bench: Workbench) -> None:
    notes, contacts = bench.modules["notes"], bench.modules["contacts"]
    assert notes.quick is not None  # noqa: S101
    assert contacts.quick is not None  # noqa: S101
    with bench.step("fill the demo") as step:
        for title, content in _NOTES:
            step.insert("notes", dict(notes.quick(title)) | {"content": content})
        for name, email, phone in _CONTACTS:
            fields = dict(contacts.quick(name)) | {"email": email or None, "phone": phone or None}
            step.insert("contacts", fields)
