"""What a server planned for a mission: claimed, and proposed here; never carried out by itself.

A server that plans writes an iteration whose steps are ``planned``. Every device that sees it might
act on it. So the steps are turned to ``staged`` and written first, and each call goes through the
gate to the inbox, as what it is: something from elsewhere that waits for a person.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from store.ai.runs import claims, iterations, rows
from store.ai.runs.may import agent_of, refusal
from store.ai.runs.rows import Run
from store.errors import GuardError, ManabenchError, NotFoundError

if TYPE_CHECKING:
    from store.records import Record
    from store.scope import Scope
    from store.workbench import Workbench

MOST_STEPS = 50
"""Steps of one plan that are looked at. No run may propose more than half of that, and a plan
without an end must not keep the missions from running."""

MOST_WAITING = 50
"""Proposals of one mission that may wait before another plan for it is taken: whoever may write to
a space must not be able to fill somebody's inbox."""


def stage_all(
    bench: Workbench, *, only: str = "", stop: Callable[[], bool] = lambda: False
) -> list[Run]:
    """Propose what servers planned for the missions of this device; returns the runs."""
    done: list[Run] = []
    for space, id in _with_iterations(bench):
        if stop():
            break
        if only and id != only:
            continue
        try:
            scope = bench.spaces.scope(space)
            mission = bench.documents.get(scope, iterations.COLLECTION, id)
        except (NotFoundError, GuardError):
            continue
        if not _mine(bench, mission):
            continue
        for one in _planned(mission):
            if stop() or _waiting(bench, mission) >= MOST_WAITING:
                break
            run = _stage(bench, scope, mission, one)
            if run is not None:
                done.append(run)
    return done


def _with_iterations(bench: Workbench) -> list[tuple[str, str]]:
    """The missions that hold runs, as (space, id): the others cost nothing."""
    found = bench.db.read(
        f'SELECT s.id, m.id FROM "{iterations.COLLECTION}" m JOIN "spaces" s ON s.pk = m.space '
        "WHERE m.deleted_at IS NULL AND m.large IS NOT NULL AND s.deleted_at IS NULL "
        "AND m.space NOT IN (SELECT space FROM memberships WHERE state = 'hidden') ORDER BY m.pk"
    )
    return [(str(space), str(id)) for space, id in found]


def _mine(bench: Workbench, mission: Mapping[str, Any]) -> bool:
    """Whether this device sees to it: the one that runs the mission, any where none is named."""
    named = mission.get("runsOn")
    return not named or named == claims.device(bench)


def _planned(mission: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = mission.get("iterations")
    return [
        one
        for one in (found if isinstance(found, list) else [])
        if isinstance(one, dict)
        and one.get("source") == "server"
        and isinstance(one.get("id"), str)
        and one["id"]
        and any(s["status"] == "planned" for s in _steps(one))
    ]


def _waiting(bench: Workbench, mission: Mapping[str, Any]) -> int:
    found = bench.db.read(
        "SELECT count(*) FROM proposals WHERE mission = ? AND state = 'pending'", (mission["id"],)
    )
    return int(found[0][0])


def _steps(one: Mapping[str, Any]) -> list[dict[str, Any]]:
    plan = one.get("plan")
    return [
        {"status": "planned", **step}
        for step in (plan if isinstance(plan, list) else [])
        if isinstance(step, dict)
    ]


def _stage(bench: Workbench, scope: Scope, mission: Record, one: Mapping[str, Any]) -> Run | None:
    """Claim one iteration and propose its steps; None where it may not be, or was before."""
    try:
        agent = agent_of(bench, scope, mission)
        if refusal(bench, scope, mission, agent, asks=False) is not None:
            return None
    except GuardError:
        return None
    with rows.kept(one["id"]):
        return _claimed(bench, scope, mission, agent, one)


def _claimed(
    bench: Workbench, scope: Scope, mission: Record, agent: Record, one: Mapping[str, Any]
) -> Run | None:
    with bench.db.transaction():
        begun = rows.begin(
            bench,
            id=one["id"],
            mission=mission["id"],
            agent=agent["id"],
            agent_name=agent.text("name"),
            mission_title=mission.text("title"),
            space=scope.number,
            source="server",
        )
        if begun is None:
            return None
        _claim(bench, scope, mission, one)
    from store.ai.runs.reference import ref
    from store.ai.tools.calling import Calls

    calls = Calls(bench, ref(begun, lambda: rows.cancelled(bench, begun.id)), agent, scope=scope)
    try:
        calls.tainted = True
        for step in _steps(one)[:MOST_STEPS]:
            _propose(bench, begun.id, calls, step)
        return rows.finish(bench, begun.id)
    except ManabenchError as error:
        details = {"name": error.code, "message": error.message}
        return rows.finish(bench, begun.id, error.message, details)


def _claim(bench: Workbench, scope: Scope, mission: Record, one: Mapping[str, Any]) -> None:
    """Say on the wire that this device has it, before anything is done."""
    array = []
    for other in mission["iterations"]:
        if isinstance(other, dict) and other.get("id") == one["id"]:
            plan = [
                {**s, "status": "staged"} if s["status"] == "planned" else s for s in _steps(other)
            ]
            other = {**other, "plan": plan, "overallStatus": "awaiting-review"}
            other[f"{iterations.RAN_ON}{claims.device(bench)}"] = rows.get(bench, one["id"]).began
        array.append(other)
    from store.ai.runs import schedule

    values: dict[str, Any] = {"iterations": array, **schedule.advanced(bench, mission)}
    iterations.note(bench, scope, mission["id"], values)


def _propose(bench: Workbench, run: str, calls: Any, step: Mapping[str, Any]) -> None:
    """Propose one step; what is no call, or was decided elsewhere, keeps its place in the run."""
    intent = step.get("intent")
    call = intent if isinstance(intent, dict) else {}
    params = call.get("params")
    given = params if isinstance(params, dict) else {}
    name, said = str(call.get("toolName") or ""), str(step.get("summary") or "")
    if call.get("kind") != "toolCall":
        rows.add_step(bench, run, "note", {}, "skipped", said)
    elif step["status"] != "planned":
        rows.add_step(bench, run, name, given, str(step["status"]), said)
    else:
        calls.call(name, given, rationale=said, propose=True)
