"""Whether a mission may run here and now, and why not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from store.ai.runs import process, rows
from store.errors import GuardError, NotFoundError
from store.words import N_, _

if TYPE_CHECKING:
    from store.records import Record
    from store.scope import Scope
    from store.workbench import Workbench

_KEPT = N_("Nothing was run.")
_STATES = {"paused": N_("paused"), "done": N_("completed"), "archived": N_("archived")}


def _resting(state: object) -> str:
    """How what may not run stands; a word nobody knows counts as a pause."""
    return _(_STATES.get(str(state), _STATES["paused"]))


class BusyError(GuardError):
    """The agent is at as many missions as it may be at, or this mission is running."""

    code = "busy"


class NoModelError(GuardError):
    """The mission needs a model and this machine knows none."""

    code = "no_model"


def agent_of(bench: Workbench, scope: Scope, mission: Mapping[str, Any]) -> Record:
    """The agent of a mission: its own, or that of its space. Raises GuardError where it is gone."""
    from store.ai.bootstrap import default_id

    wanted = mission.get("agentId") or default_id(scope.id, scope.type)
    try:
        agent = bench.documents.get(scope, "agents", str(wanted))
    except NotFoundError:
        agent = None
    if agent is None or agent.get("deletedAt"):
        raise GuardError(
            _("The agent of this mission is gone."),
            kept=_(_KEPT),
            hint=_("Give it another: manabench mission edit MISSION --agent AGENT."),
        )
    return agent


def refusal(
    bench: Workbench,
    scope: Scope,
    mission: Mapping[str, Any],
    agent: Mapping[str, Any],
    *,
    asks: bool = True,
) -> GuardError | None:
    """Why a mission may not run now; None where it may. asks: without a script it needs a model of
    this machine. Raises LockedError while the vault is locked."""
    bench.vault.check_epoch()
    if mission.get("deletedAt"):
        return GuardError(_("This mission was deleted."), kept=_(_KEPT))
    if (state := mission.get("state") or "active") != "active":
        return GuardError(
            _("This mission is {state}.").format(state=_resting(state)),
            kept=_(_KEPT),
            hint=_("Resume it first."),
        )
    return (
        _foreign(bench, scope, mission, agent)
        or _agent(agent)
        or (_model(bench, mission, agent) if asks else None)
        or _budget(bench, scope, mission, agent)
        or _busy(bench, mission, agent)
    )


def _foreign(
    bench: Workbench, scope: Scope, mission: Mapping[str, Any], agent: Mapping[str, Any]
) -> GuardError | None:
    """What came from elsewhere does not act before somebody looked at it here."""
    from store.sync.waiting.authority import may_act

    for collection, record, words in (
        ("aiMissions", mission, N_("This mission came from elsewhere and was not looked at here.")),
        ("agents", agent, N_("Its agent came from elsewhere and was not looked at here.")),
    ):
        if not may_act(bench, "ai", collection, scope.number, str(record["id"])):
            return GuardError(
                _(words), kept=_(_KEPT), hint=_("Look at it: manabench sync instructions list.")
            )
    return None


def _agent(agent: Mapping[str, Any]) -> GuardError | None:
    state = agent.get("state") or "active"
    if state == "active":
        return None
    return GuardError(
        _("Its agent is {state}.").format(state=_resting(state)),
        kept=_(_KEPT),
        hint=_("Resume the agent first: manabench agent resume AGENT."),
    )


def _model(
    bench: Workbench, mission: Mapping[str, Any], agent: Mapping[str, Any]
) -> GuardError | None:
    from store.ai.planner import models
    from store.ai.runs.scripts import is_script

    if is_script(mission):
        return None
    try:
        models.chosen(bench, agent)
    except NotFoundError as error:
        return NoModelError(error.message, kept=error.kept, hint=error.hint)
    return None


def _budget(
    bench: Workbench, scope: Scope, mission: Mapping[str, Any], agent: Mapping[str, Any]
) -> GuardError | None:
    """A budget of nothing stops all; one that is used up stops what needs a model."""
    from store.ai.runs import budget
    from store.ai.runs.scripts import is_script

    return budget.spent_out(bench, scope, agent, free=is_script(mission))


def _busy(
    bench: Workbench, mission: Mapping[str, Any], agent: Mapping[str, Any]
) -> GuardError | None:
    now = bench.clock()
    alive = [
        run
        for run in rows.running(bench)
        if run.mission and not process.is_gone(run.process, run.beat, now)
    ]
    hint = _("Wait for it with --wait, or stop it: manabench mission cancel MISSION.")
    if any(run.mission == mission["id"] for run in alive):
        return BusyError(_("This mission is running."), kept=_(_KEPT), hint=hint)
    most = agent.get("maxConcurrentMissions")
    limit = int(most) if isinstance(most, int | float) and most >= 1 else 1
    if sum(run.agent == agent["id"] for run in alive) >= limit:
        return BusyError(_("Its agent is busy with another mission."), kept=_(_KEPT), hint=hint)
    return None
