"""The demo's home after a model has triaged tasks that were imported: by the real planner, over
HTTP, with a scripted model in the model's place and a clock that stands still."""

from __future__ import annotations

import json
import os
import shutil
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from at_noon import clock

from tests.ai.served import Answer, Request, call, calls, say, serving

if TYPE_CHECKING:
    from store.records import Record
    from store.workbench import Workbench

SLOT = "2026-10-14T12:00:00.000Z"
"""What the id of the run follows from, so that it is the same each time."""

IMPORTED = (
    ("Answer the landlord about the roof", "2026-10-15", "high"),
    ("Order clay for the winter market", "2026-10-16", "medium"),
    ("Return the library books", "2026-10-17", "low"),
    ("Book the train to Lübeck", "2026-10-19", "medium"),
)
"""What comes in, and which day and priority the model would give it."""


def prepare(home: Path, config: Path, to: Path) -> Path:
    """A copy of the demo's ``home`` in ``to`` in which a model has worked."""
    from store.workbench import Workbench

    made = shutil.copytree(home, to)
    before = os.environ.get("MANABENCH_CONFIG")
    os.environ["MANABENCH_CONFIG"] = str(config)
    try:
        with closing(Workbench.open(made, clock=clock)) as bench:
            bench.vault.unlock_quietly()
            _import(bench, made.parent / "tasks.json")
            _triage(bench)
    finally:
        os.environ.pop("MANABENCH_CONFIG")
        if before is not None:
            os.environ["MANABENCH_CONFIG"] = before
    return made


def _import(bench: Workbench, file: Path) -> None:
    """What Taskwarrior would export."""
    from store.exchange import import_path

    rows = [
        {
            "uuid": f"00000000-0000-4000-8000-00000000000{number}",
            "status": "pending",
            "description": words,
            "entry": "20261013T080000Z",
            "modified": "20261013T080000Z",
            "tags": ["imported"],
        }
        for number, (words, _day, _priority) in enumerate(IMPORTED)
    ]
    file.write_text(json.dumps(rows))
    import_path(bench, file, "taskwarrior")
    file.unlink()


def _triage(bench: Workbench) -> None:
    from store.ai.planner import models
    from store.ai.runs.running import run

    with bench.step("1 mission added") as step:
        mission = step.insert(
            "aiMissions",
            {
                "title": "Inbox triage",
                "objective": "Give what came in a date and, where it matters, a priority.",
                "agentId": next(a["id"] for a in _all(bench, "agents") if a["name"] == "Ludo"),
            },
            id="0b3c7f5e-5a0e-5b6c-9a55-6c1f6f0d2c11",
        )
    found = {task["title"]: task["id"] for task in _all(bench, "tasks")}

    def wanted(request: Request) -> Answer:
        """Once it has seen the tasks, a day for each that was imported."""
        assert request.results()[-1]["success"], request.results()
        changes = [
            ("update_task", {"taskId": found[words], "dueDate": day, "priority": priority})
            for words, day, priority in IMPORTED
        ]
        return calls(*changes, text="Four came in from elsewhere; each has a day this week.")

    with serving(call("list_tasks", filter="open"), wanted, say(_SAID)) as server:
        models.add(bench, models.Model("local", "openai", server.url, "qwen3"))
        run(bench, mission, slot=SLOT)


_SAID = "The roof first, the landlord waits. The rest has a day each."


def _all(bench: Workbench, collection: str) -> list[Record]:
    from store.queries import Query

    query = Query(collection, filters=("all",)) if collection == "tasks" else Query(collection)
    return bench.documents.page(bench.scope, query, limit=-1)


__all__ = ["prepare"]
