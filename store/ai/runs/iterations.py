"""What other devices see of a run: its place in the ``iterations`` of its mission.

The array travels with the mission's record and is joined by id, so it is written only when a run
starts, ends, is decided on or told what somebody thinks of it. What a run is doing at the moment
stays here. ``ranOn:<device>`` is ours: the join keeps the keys of both sides, so a slot that two
devices ran apart shows that it was run twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from store.ai.runs import rows
from store.ai.runs.rows import Run, StepRow, space_id
from store.errors import InvalidValueError, NotFoundError
from store.stamps import act_as, system
from store.sync.inbox.joining import OVERALL, STEP
from store.words import _

if TYPE_CHECKING:
    from store.records import Record
    from store.scope import Scope
    from store.workbench import Workbench

COLLECTION = "aiMissions"
NEWEST = 50
"""Runs that a mission's record holds."""

RAN_ON = "ranOn:"
RUNNER = "mission-runner"
_LABEL = "mission run"
_ERROR = 500
"""Characters of an error's words."""


# There --------------------------------------------------------------------------------------------


def iteration(run: Run, device: str) -> dict[str, Any]:
    """The run as the wire has it."""
    made: dict[str, Any] = {
        "id": run.id,
        "startedAt": run.began,
        "plan": [_step(run.id, step) for step in run.steps],
        "overallStatus": run.state,
        f"{RAN_ON}{device}": run.began,
    }
    if run.source == "server":
        made["source"] = "server"
    if run.ended:
        made["finishedAt"] = run.ended
    if run.summary:
        made["summary"] = run.summary
    if run.feedback:
        made["userFeedback"] = run.feedback
    if run.error:
        message = run.error.get("message", "")[:_ERROR]
        made["errorDetails"] = {**run.error, "message": message}
    return made


def _step(run: str, step: StepRow) -> dict[str, Any]:
    made: dict[str, Any] = {
        "id": f"{run}-{step.number}",
        "summary": step.summary,
        "intent": {"kind": "toolCall", "toolName": step.tool, "params": dict(step.params)},
        "status": step.status,
    }
    if step.proposal:
        made["proposalId"] = step.proposal
    return made


def write_back(bench: Workbench, run: Run, *, turn: bool = False) -> None:
    """Put a run into its mission's record. turn: it begins or ends, so the mission's next time
    follows. A mission that is gone, or a run of none, leaves nothing but the local row."""
    if not run.mission:
        return
    try:
        scope = bench.spaces.scope(space_id(bench, run.space))
        mission = bench.documents.get(scope, COLLECTION, run.mission)
    except NotFoundError:
        return
    if mission.get("deletedAt"):
        return
    from store.ai.runs import claims, schedule

    mine = iteration(run, claims.device(bench))
    values: dict[str, Any] = {"iterations": placed(mission.get("iterations"), mine)}
    if turn:
        values |= schedule.advanced(bench, mission)
    note(bench, scope, run.mission, values)


def note(bench: Workbench, scope: Scope, mission: str, values: Mapping[str, Any]) -> None:
    """Write bookkeeping to a mission: by the program, and nothing that anybody undoes."""
    with act_as(system(RUNNER)), bench.step(_LABEL, kind="seed", scope=scope) as step:
        step.update(COLLECTION, mission, values)


def placed(stored: object, mine: Mapping[str, Any]) -> list[Any]:
    """The array with ``mine`` in it. What is there and unknown stays, and so does a decision that
    is further on there: somebody decided it on another device."""
    known = list(stored) if isinstance(stored, list) else []
    for place, one in enumerate(known):
        if isinstance(one, dict) and one.get("id") == mine["id"]:
            known[place] = _onto(one, mine)
            break
    else:
        known.append(dict(mine))
    return sorted(known, key=_started)[-NEWEST:]


def _started(one: Any) -> str:
    at = one.get("startedAt") if isinstance(one, dict) else None
    return at if isinstance(at, str) else ""


def _onto(old: dict[str, Any], mine: Mapping[str, Any]) -> dict[str, Any]:
    made = {**old, **mine}
    for gone in ("currentPhase", "phaseStartedAt", "phaseDetail"):
        made.pop(gone, None)
    theirs = {s.get("id"): s for s in _list(old.get("plan")) if isinstance(s, dict)}
    plan = []
    for step in mine["plan"]:
        other = theirs.pop(step["id"], {})
        plan.append(
            {**other, **step, "status": _further(other.get("status"), step["status"], STEP)}
        )
    made["plan"] = [*plan, *theirs.values()]
    made["overallStatus"] = _further(old.get("overallStatus"), mine["overallStatus"], OVERALL)
    return made


def _further(a: object, b: str, order: Sequence[str]) -> str:
    if isinstance(a, str) and a in order and order.index(a) > order.index(b):
        return a
    return b


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def feedback(bench: Workbench, scope: Scope, mission: Record, text: str) -> str:
    """Say what a person thinks of a mission's newest run that has ended; returns the run's id.

    Raises NotFoundError where there is none, InvalidValueError for no text.
    """
    if not (said := text.strip()):
        raise InvalidValueError(_("There is nothing to say."), kept=_("Nothing was kept."))
    ended = [run for run in runs_of(bench, mission) if run.state != "running"]
    if not ended:
        raise NotFoundError(
            _("This mission has no run that has ended."),
            kept=_("Nothing was kept."),
            hint=_("Run it first: manabench mission run MISSION."),
        )
    newest = ended[0]
    if newest.n:
        rows.give_feedback(bench, newest.id, said)
        return newest.id
    array = []
    for one in mission.get("iterations") or []:
        if isinstance(one, dict) and one.get("id") == newest.id:
            whole = "\n• ".join(filter(None, (newest.feedback, said)))[: rows.FEEDBACKS]
            one = {**one, "userFeedback": whole}
        array.append(one)
    note(bench, scope, mission["id"], {"iterations": array})
    return newest.id


# Here ---------------------------------------------------------------------------------------------


def runs_of(bench: Workbench, mission: Record, limit: int = NEWEST) -> list[Run]:
    """All runs of a mission that are known here, newest first: this device's own, with what others
    decided on them, and those of other devices as its record tells of them."""
    told = {
        one["id"]: one
        for one in _list(mission.get("iterations"))
        if isinstance(one, dict) and isinstance(one.get("id"), str)
    }
    found = []
    for run in rows.of_mission(bench, mission["id"], limit):
        one = told.pop(run.id, None)
        found.append(run._replace(twice=ran_twice(one)) if one else run)
    found += [elsewhere(mission, one) for one in told.values()]
    found.sort(key=lambda run: (run.began, run.n), reverse=True)
    return found[:limit]


def ran_twice(one: Mapping[str, Any]) -> bool:
    """Whether more than one device ran this slot."""
    return sum(name.startswith(RAN_ON) for name in one) > 1


def elsewhere(mission: Mapping[str, Any], one: Mapping[str, Any]) -> Run:
    """An iteration of the wire as a run; what it holds was written by others and is data."""

    def text(name: str) -> str:
        value = one.get(name)
        return value if isinstance(value, str) else ""

    details = one.get("errorDetails")
    state = text("overallStatus")
    return Run(
        0,
        text("id"),
        str(mission.get("id", "")),
        str(mission.get("agentId") or ""),
        0,
        source="server" if one.get("source") == "server" else "elsewhere",
        state=state if state in OVERALL else "failed",
        began=text("startedAt"),
        ended=text("finishedAt"),
        summary=text("summary"),
        feedback=text("userFeedback"),
        error={k: str(v) for k, v in details.items()} if isinstance(details, dict) else None,
        steps=tuple(
            _other_step(number, step)
            for number, step in enumerate(_list(one.get("plan")))
            if isinstance(step, dict)
        ),
        twice=ran_twice(one),
    )


def _other_step(number: int, step: Mapping[str, Any]) -> StepRow:
    intent = step.get("intent")
    call = intent if isinstance(intent, dict) else {}
    params = call.get("params")
    status = step.get("status")
    return StepRow(
        number,
        str(call.get("toolName") or call.get("kind") or ""),
        params if isinstance(params, dict) else {},
        status if isinstance(status, str) and status in STEP else "planned",
        str(step.get("summary") or ""),
        str(step.get("proposalId") or ""),
    )
