"""What a person decided of an agent after it asked: an approval would go against that decision, so
it is told and takes a second look. Nothing is refused: the newest word is the approval."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from store.ai.proposals.changes import records_at
from store.ai.tools.catalogue import catalogue
from store.ai.tools.policy import decide
from store.module import readable

if TYPE_CHECKING:
    from store.ai.proposals.staging import Proposal
    from store.records import Record
    from store.workbench import Workbench

AGENTS = "agents"


def withdrawn_marked(bench: Workbench, found: Sequence[Proposal]) -> list[Proposal]:
    """The proposals, those marked that still wait while their agent was paused, archived or
    deleted, or while the tool is denied to it by now."""
    waiting = {(one.space, one.agent) for one in found if _waits(one)}
    if not waiting or AGENTS not in bench.registry:
        return list(found)
    agents = _agents(bench, waiting)
    marked = []
    for one in found:
        agent = agents.get((one.space, one.agent)) if _waits(one) else None
        since = _since(bench, agent, one.tool) if agent is not None else ""
        marked.append(one._replace(withdrawn=since))
    return marked


def _waits(one: Proposal) -> bool:
    return one.state == "pending" and not one.locked


def _agents(bench: Workbench, wanted: set[tuple[int, str]]) -> dict[tuple[int, str], Record]:
    places = {}
    for space, id in wanted:
        for (pk,) in bench.db.read(
            f'SELECT pk FROM "{AGENTS}" WHERE space = ? AND id = ?', (space, id)
        ):
            places[AGENTS, int(pk)] = space, id
    records = records_at(bench, list(places))
    return {places[place]: record for place, record in records.items()}


def _since(bench: Workbench, agent: Record, name: str) -> str:
    if agent.get("deletedAt"):
        return "deleted"
    state = agent.get("state") or "active"
    if state != "active":
        return "archived" if state == "archived" else "paused"
    tool = catalogue(bench).get(name)
    denied = tool is not None and decide(readable(agent, "policy"), tool) == "deny"
    return "denied" if denied else ""
