"""What other devices say of the runs of this one: that they should stop, or were decided there.

Only a run that two devices made apart has proposals in two inboxes. Where one of them was decided,
the other has nothing left to ask: the step follows, and its proposal here ends.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from store.ai.runs import iterations, rows
from store.ai.runs.rows import Run
from store.errors import NotFoundError
from store.stamps import instant

if TYPE_CHECKING:
    from store.workbench import Workbench

_DECIDED = {"approved", "rejected", "failed", "skipped"}
_ENDED = {"rejected": "rejected"}
"""What becomes of a proposal by the status of its step elsewhere; else it has expired."""


def decided_elsewhere(bench: Workbench) -> int:
    """End the proposals here of steps that another device has decided; returns how many."""
    waiting = [
        row[0] for row in bench.db.read("SELECT id FROM runs WHERE state = 'awaiting-review'")
    ]
    return sum(_follow(bench, rows.get(bench, id)) for id in waiting)


def _follow(bench: Workbench, run: Run) -> int:
    told = iteration_of(bench, run)
    if not iterations.ran_twice(told):
        return 0
    plan = told.get("plan")
    known = {
        step.get("id"): step.get("status")
        for step in (plan if isinstance(plan, list) else [])
        if isinstance(step, Mapping)
    }
    ended = 0
    for step in run.steps:
        status = known.get(f"{run.id}-{step.number}")
        if step.status == "staged" and isinstance(status, str) and status in _DECIDED:
            with bench.db.transaction() as connection:
                end = _ENDED.get(status, "expired")
                connection.execute(
                    "UPDATE proposals SET state = ?, decided = ? "
                    "WHERE id = ? AND state = 'pending'",
                    (end, instant(bench.clock()), step.proposal),
                )
                bench.db.touch("proposals", rows.space_id(bench, run.space), None)
                rows.set_step(bench, run.id, step.number, status)
            ended += 1
    return ended


def stop_is_asked(bench: Workbench, run: Run) -> bool:
    """Whether another device asked a run to stop, by the mission's record."""
    return iteration_of(bench, run).get("cancelRequested") is True


def iteration_of(bench: Workbench, run: Run) -> Mapping[str, Any]:
    """A run as its mission's record has it; empty where it has none."""
    try:
        scope = bench.spaces.scope(rows.space_id(bench, run.space))
        mission = bench.documents.get(scope, iterations.COLLECTION, run.mission)
    except NotFoundError:
        return {}
    found = mission.get("iterations")
    for one in found if isinstance(found, list) else []:
        if isinstance(one, Mapping) and one.get("id") == run.id:
            return one
    return {}
