"""kill -9 in the middle of pushes: what was acknowledged is there, and no push is there by half."""

from __future__ import annotations

import threading
from collections import Counter
from pathlib import Path

import httpx2
import pytest

from tests.harness import Manabench
from tests.server.contract_changes import insert, update
from tests.server.process import Served, add_user, serving
from tests.server.running import Person
from tests.server.syncing import Device, family, join

SIZE = 20
ANN, BOB = "ann@example.org", "bob@example.org"


@pytest.mark.slow
def test_kill_9_costs_no_acknowledged_change_and_halves_no_push(
    manabench: Manabench, tmp_path: Path
):
    data = tmp_path / "server"
    for email in (ANN, BOB):
        add_user(manabench, data, email)
    with serving(manabench, data) as served:
        ann = served.again(ANN)
        space = family(ann)
        join(ann, served.again(BOB), space)
        acknowledged = _push_until_killed(served, ann, 0, space)
    cursor = ""
    for turn in (1, 2):
        with serving(manabench, data) as served:
            reader = Device(served.again(BOB), "reader")
            inserted = [row["data"]["push"] for row in reader.pull() if row["op"] == "insert"]
            assert set(Counter(inserted).values()) == {SIZE}
            assert acknowledged <= set(inserted)
            # Another start goes on behind every cursor that was ever given.
            assert reader.since["tasks"] > cursor
            cursor = reader.since["tasks"]
            ann = served.again(ANN)
            Device(ann, "again").push(update("x", turn, space, n=1))
            assert reader.ids() == ["x"]
            if turn == 1:
                acknowledged |= _push_until_killed(served, ann, turn, space)


def _push_until_killed(served: Served, ann: Person, turn: int, space: str) -> set[str]:
    """Four devices push until the server is gone; returns what was acknowledged."""
    acknowledged: set[str] = set()
    enough = threading.Event()
    headers = Device(ann, "").headers

    def write(number: int) -> None:
        with httpx2.Client(base_url=served.url, trust_env=False) as client:
            for n in range(10_000):
                push = f"{turn}-{number}-{n}"
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
    served.kill()
    for thread in threads:
        thread.join(60)
    return acknowledged
