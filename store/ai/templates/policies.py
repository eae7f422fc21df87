"""The policy of a template's agent, and how little one from a file is trusted with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from store.ai.templates.shape import AgentPart

if TYPE_CHECKING:
    from store.workbench import Workbench

_STRICT = {"deny": 0, "propose": 1, "auto": 2}


def of(bench: Workbench, agent: AgentPart, *, foreign: bool) -> dict[str, Any]:
    """The policy of the record that ``agent`` becomes.

    foreign: it came from a file. It then gets the cautious preset, made stricter where the file is
    stricter and never looser, and always proposes first.
    """
    from store.ai.tools.catalogue import catalogue
    from store.ai.tools.policy import preset, preset_of

    tools = tuple(catalogue(bench).values())
    name = "cautious" if foreign else agent.preset
    base: dict[str, Any] = dict(preset(name, tools)) if name else {"preset": "", "tools": {}}
    own = _own(agent)
    if foreign:
        own = {
            "tools": _stricter(base.get("tools") or {}, own["tools"]),
            "defaultsByModule": {m: d for m, d in own["defaultsByModule"].items() if d == "deny"},
            "defaultForAi": "deny",
        }
    base["tools"] = {**(base.get("tools") or {}), **own["tools"]}
    modules = {**(base.get("defaultsByModule") or {}), **own["defaultsByModule"]}
    if modules:
        base["defaultsByModule"] = modules
    base["defaultForAi"] = own["defaultForAi"] or base.get("defaultForAi") or "propose"
    base["mode"] = "propose"
    return base | {"preset": preset_of(base | {"preset": name}, tools)}


def _own(agent: AgentPart) -> dict[str, Any]:
    return {
        "tools": dict(agent.tools),
        "defaultsByModule": dict(agent.modules),
        "defaultForAi": agent.default,
    }


def _stricter(base: Mapping[str, str], wanted: Mapping[str, str]) -> dict[str, str]:
    """Those decisions of ``wanted`` that are stricter than ``base``, which denies what it does not
    name."""
    return {
        name: decision
        for name, decision in wanted.items()
        if _STRICT.get(decision, 0) < _STRICT.get(base.get(name, "deny"), 0)
    }
