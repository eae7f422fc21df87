"""kill -9 in the middle of pushes: what was acknowledged is there, and no push is there by half."""

from __future__ import annotations

import threading
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import httpx2
import pytest

from tests.server.apart import Apart, environment
from tests.server.contract_changes import insert, update
from tests.server.running import Person
from tests.server.syncing import Device, family, join

SIZE = 20


@pytest.mark.slow
def test_kill_9_costs_no_acknowledged_change_and_halves_no_push(tmp_path: Path):
    server = Apart(tmp_path / "server", environment(tmp_path))
    for name in ("ann", "bob"):
        server.add_user(f"{name}@example.org")
    with ExitStack() as stack:
        stack.callback(server.stop)
        server.start()
        ann, bob = (server.person(f"{name}@example.org") for name in ("ann", "bob"))
        stack.callback(ann.close)
        stack.callback(bob.close)
        space = family(ann)
        join(ann, bob, space)
        acknowledged: set[str] = set()
        cursors: list[str] = []
        for round_ in range(2):
            acknowledged |= _push_until_killed(server, ann, round_, space)
            server.start()
            reader = Device(server.person("bob@example.org"), "reader")
            stack.callback(reader.person.close)
            rows = [row for row in reader.pull() if row["op"] == "insert"]
            pushes = Counter(row["data"]["push"] for row in rows)
            assert set(pushes.values()) == {SIZE}
            assert acknowledged <= pushes.keys()
            # Another start goes on behind every cursor that was ever given.
            assert reader.since["tasks"] > max(cursors, default="")
            cursors.append(reader.since["tasks"])
            Device(ann, "again").push(update("x", round_, space, n=1))
            assert reader.ids() == ["x"]


def _push_until_killed(server: Apart, ann: Person, round_: int, space: str) -> set[str]:
    """Four devices push until the server is gone; returns what was acknowledged."""
    acknowledged: set[str] = set()
    enough = threading.Event()
    headers = Device(ann, "").headers

    def write(number: int) -> None:
        with httpx2.Client(base_url=server.url, trust_env=False) as client:
            for n in range(10_000):
                push = f"{round_}-{number}-{n}"
                changes = [insert(f"{push}-{k}", 0, space, push=push) for k in range(SIZE)]
                told = headers | {"X-Client-Id": f"writer {number}"}
                try:
                    answer = client.post("/sync/todo", json={"changes": changes}, headers=told)
                except httpx2.TransportError:
                    return
                assert answer.status_code == 200, answer.text
                acknowledged.add(push)
                if len(acknowledged) >= 60:
                    enough.set()

    threads = [threading.Thread(target=write, args=[number]) for number in range(4)]
    for thread in threads:
        thread.start()
    assert enough.wait(60)
    server.kill()
    for thread in threads:
        thread.join(60)
    return acknowledged
