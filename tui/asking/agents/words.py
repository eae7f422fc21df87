"""Tools, risks, states, cadences and amounts of agents, in words and signs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from store import when
from store.words import N_, _, ngettext, number
from tui.asking import doing

if TYPE_CHECKING:
    from store.ai.proposals.staging import Proposal
    from store.ai.runs.rows import Run
    from store.workbench import Workbench

_TOOLS = {
    "create_task": N_("add a task"),
    "complete_task": N_("complete a task"),
    "complete_tasks_by_title": N_("complete tasks"),
    "get_task_stats": N_("count tasks"),
    "list_tasks": N_("list tasks"),
    "create_note": N_("add a note"),
    "update_note": N_("rewrite a note"),
    "append_to_note": N_("append to a note"),
    "add_tag_to_note": N_("tag a note"),
    "list_notes": N_("list notes"),
    "update_task": N_("change a task"),
    "add_tag_to_task": N_("tag a task"),
    "get_task": N_("read a task"),
    "get_note": N_("read a note"),
    "create_contact": N_("add a contact"),
    "get_contacts": N_("list contacts"),
    "get_contact": N_("read a contact"),
    "task": N_("hand on a part of it"),
}
"""What a tool does, said to a person; one that is not here is called by its name."""

_RISKS = {"high": N_("high risk"), "medium": N_("medium risk"), "low": N_("low risk")}
RISK_SIGNS = {"high": "!", "medium": "▲", "low": "·"}
FLAGGED = "⚑"
"""Before the words of a proposal that bears flags; which ones is told below the list."""
RISK_ROLES = {"high": "error", "medium": "warn", "low": "base"}

_FLAGS = {
    "instructions": N_("instructions in the text"),
    "injection": N_("instructions in the text"),
    "stale": N_("changed since"),
    "untrusted": N_("after reading foreign text"),
    "tainted": N_("after reading foreign text"),
    "destructive": N_("takes something away"),
    "outward": N_("leaves this program"),
    "duplicate": N_("asked for twice"),
    "many-deletions": N_("deletes very many"),
    "edited": N_("changed by you"),
}

_WITHDRAWN = {
    "paused": N_("The agent was paused since it asked."),
    "archived": N_("The agent was archived since it asked."),
    "deleted": N_("The agent was deleted since it asked."),
    "denied": N_("The agent was forbidden this tool since it asked."),
}

_STATES = {
    "running": N_("running"),
    "awaiting-review": N_("waits for a look"),
    "approved": N_("completed"),
    "rejected": N_("rejected"),
    "failed": N_("failed"),
    "pending": N_("waits for a look"),
    "expired": N_("expired"),
    "planned": N_("planned"),
    "staged": N_("proposed"),
    "skipped": N_("skipped"),
    "active": N_("active"),
    "paused": N_("paused"),
    "done": N_("completed"),
    "archived": N_("archived"),
    "denied": N_("forbidden"),
    "deleted": N_("deleted"),
    "proposed": N_("proposed"),
}
_ENDED = {"cancelled": N_("stopped"), "interrupted": N_("broken off")}
STATE_SIGNS = {
    "running": "◌",
    "awaiting-review": "▲",
    "approved": "✓",
    "rejected": "✗",
    "failed": "!",
    "planned": "·",
    "staged": "▲",
    "skipped": "·",
}
STATE_ROLES = {"failed": "error", "rejected": "dim", "awaiting-review": "warn", "running": "strong"}

_PHASES = {
    "resolving-inputs": N_("reading what it needs"),
    "calling-llm": N_("asking the model"),
    "parsing-response": N_("reading the answer"),
    "staging-proposals": N_("calling a tool"),
    "finalizing": N_("finishing"),
}


FAR = 24 * 100
"""Hours from which on nobody needs to know when something expires."""


def tool(name: str) -> str:
    """What a tool does, in words."""
    return _(_TOOLS[name]) if name in _TOOLS else name.replace("_", " ")


def risk(name: str) -> str:
    """``high risk``."""
    return _(_RISKS.get(name, _RISKS["medium"]))


def flag(name: str) -> str:
    """What makes a proposal worth a second look."""
    return _(_FLAGS[name]) if name in _FLAGS else name.replace("-", " ")


def withdrawn(name: str) -> str:
    """What was decided of the agent since it asked."""
    return _(_WITHDRAWN.get(name, _WITHDRAWN["paused"]))


def overtaken(one: Proposal) -> str:
    """What happened since it was asked for; empty if nothing did."""
    if one.withdrawn:
        return state(one.withdrawn)
    return flag("stale") if one.stale else ""


def state(name: str) -> str:
    """How a run, a step or a mission stands."""
    return _(_STATES[name]) if name in _STATES else name


def run_state(run: Run) -> str:
    """How a run stands; one that somebody or something ended did not fail by itself."""
    name = str((run.error or {}).get("name", ""))
    if run.state == "failed" and name in _ENDED:
        return _(_ENDED[name])
    return state(run.state)


def phase(name: str, detail: str = "") -> str:
    """What a run is doing; of a model which round it is."""
    words = _(_PHASES[name]) if name in _PHASES else name
    if detail.isdigit():
        return _("{what}, round {n}").format(what=words, n=number(int(detail)))
    return f"{words}: {tool(detail)}" if detail else words


def cadence(value: Any) -> str:
    """When a mission runs, in words; without a cadence it is asked for by hand."""
    from store.ai import cadence_words

    return cadence_words.shown(value) or cadence_words.shown(cadence_words.MANUAL)


def later(bench: Workbench, at: str) -> str:
    """An instant that is still to come, or has just passed, as somebody would say it."""
    return when.shown(at, when.local(bench.now())) if at else ""


def tokens(count: int) -> str:
    """``1,234 tokens``."""
    return ngettext("{n} token", "{n} tokens", count).format(n=number(count))


def money(micros: int) -> str:
    """Millionths of a US dollar as dollars; what is less than a cent is not called nothing."""
    return f"${micros / 1e6:.2f}" if micros >= 10_000 or not micros else "<$0.01"


def spent(count: int, micros: int) -> str:
    """What a run cost; empty for nothing."""
    parts = [tokens(count)] if count else []
    return " · ".join([*parts, money(micros)] if micros else parts)


def elapsed(seconds: float) -> str:
    """``1:05``: minutes and seconds."""
    whole = max(0, int(seconds))
    return f"{whole // 60}:{whole % 60:02}"


def bar(part: float, width: int = 12) -> str:
    """A bar of ``width`` cells of which ``part`` (0 to 1) is full; the same without colours."""
    full = round(min(1.0, max(0.0, part)) * width)
    return "█" * full + "░" * (width - full)


def days_left(bench: Workbench, at: str) -> str:
    """``14 d``: whole days until an instant; hours on its last day, nothing while it is far off."""
    from store.stamps import micros

    hours = max(0, int((micros(at) / 1e6 - bench.clock().timestamp()) // 3600)) if at else FAR
    if hours >= FAR:
        return ""
    return _("{n} d").format(n=number(hours // 24)) if hours >= 24 else _("{n} h").format(n=hours)


def moment(bench: Workbench, at: str) -> str:
    """An instant of the past."""
    return doing.moment(bench, at) if at else ""
