"""A model triages imported tasks: it is asked by a key, and what it wants is seen to by keys."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.ai.served import call, calls, say, serving
from tests.journeys.conftest import SMALL, Walk

pytestmark = pytest.mark.slow

EXPORT = [
    {
        "uuid": f"00000000-0000-4000-8000-00000000000{number}",
        "status": "pending",
        "description": words,
        "entry": "20260501T080000Z",
        "modified": "20260501T080000Z",
    }
    for number, words in enumerate(("mend the net", "mend the net again"))
]


def sort(request):
    """Set one of the tasks that were listed high, and complete the other."""
    first, second = (task["id"] for task in request.results()[-1]["data"]["tasks"])
    return calls(
        ("update_task", {"taskId": first, "priority": "high"}),
        ("complete_task", {"taskId": second}),
        text="One of the two is enough.",
    )


def open_tasks(walk: Walk) -> list[tuple[str, str]]:
    found = walk.manabench("task", "list", "--json").ok().data
    return sorted((task["title"], task.get("priority", "")) for task in found)


@pytest.mark.parametrize("walk", SMALL[:1], indirect=True)
def test_a_model_triages_imported_tasks_and_its_proposals_are_approved_by_keys(
    walk: Walk, tmp_path: Path
) -> None:
    file = tmp_path / "tasks.json"
    file.write_text(json.dumps(EXPORT))
    walk.manabench("init", "--no-passphrase").ok()
    walk.manabench("import", str(file), "--format", "taskwarrior").ok()
    walk.manabench("mission", "add", "Triage", "--objective", "Sort the open tasks.").ok()
    before = open_tasks(walk)
    with serving(call("list_tasks"), sort, say("Two changes wait for you.")) as server:
        walk.manabench("model", "add", "house", "--url", server.url, "--model", "m").ok()
        walk.start().wait_for("Personal")
        walk.press("g", "m").sees("Triage").press("r").sees("The run is over")
    assert len(server.requests) == 3
    assert open_tasks(walk) == before, "nothing is done before somebody looked"
    walk.press("g", "i").sees("mend the net")
    walk.press("*", "space").sees("2 of 2").press("end", "space")
    walk.sees("Approved 2 proposals")
    after = open_tasks(walk)
    assert len(after) == 1
    assert after[0][1] == "high"
    walk.press("u").sees("Took back 2 changes")
    walk.press("g", "t").sees("mend the net again").leave()
    assert open_tasks(walk) == before
