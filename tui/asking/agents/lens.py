"""The agent of a scene: what new missions and the timeline begin with there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from store.errors import ManabenchError
from store.records import Record
from store.words import _

if TYPE_CHECKING:
    from store.workbench import Workbench
    from tui.screens.pick import Choice


def of_scene(bench: Workbench) -> Record | None:
    """The agent of the scene in view; None where it has none, or the agent is gone."""
    active = bench.scenes.active()
    id = active.text("viewingAsAgentId") if active is not None else ""
    if not id or not bench.scope.allows("ai-agents"):
        return None
    try:
        agent = bench.documents.get(bench.scope, "agents", id)
    except ManabenchError:
        return None
    return None if agent.get("deletedAt") else agent


def choices(bench: Workbench) -> list[Choice]:
    """The agents of the space, and none."""
    from store.queries import Query
    from tui.screens.pick import Choice

    bench.scope.require(bench.registry["agents"])
    found = bench.documents.page(bench.scope, Query("agents"), limit=200)
    return [
        *(Choice(agent.text("name"), agent["id"], agent.text("role")) for agent in found),
        Choice(_("none"), ""),
    ]


def set_to(bench: Workbench, scene: str, agent: str) -> str:
    """Give a scene an agent, or none."""
    bench.scenes.change(scene, {"viewingAsAgentId": agent or None})
    return _("New missions of this scene are its agent's.") if agent else _("It has no agent now.")
