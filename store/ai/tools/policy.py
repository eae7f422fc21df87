"""What an agent's policy says of a tool: run it, propose it, or deny it.

    tools[name]  ??  defaultsByModule[module]  ??  defaultForAi

A policy that cannot be understood denies: a word nobody knows is never read as a permission. A
preset keeps only what differs from its default, so a tool that comes later falls to its module or
to the default.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal

from store.errors import InvalidValueError
from store.module import readable
from store.tool import Answer, Tool
from store.words import N_, _

if TYPE_CHECKING:
    from store.workbench import Workbench

Decision = Literal["auto", "propose", "deny"]
Mode = Literal["propose", "act"]

DECISIONS: tuple[Decision, ...] = ("auto", "propose", "deny")
MODES: tuple[Mode, ...] = ("propose", "act")

PRESETS = {
    "cautious": N_("Every change is proposed; tools that are not named here are denied."),
    "standard": N_("Reading runs; changes are proposed."),
    "trusting": N_("Reading and small changes run; other changes are proposed."),
}
"""The presets by name, and what each means."""

CUSTOM = "custom"
"""In place of a preset's name, for a policy that somebody made by hand."""

_DEFAULTS: dict[str, Decision] = {"cautious": "deny", "standard": "propose", "trusting": "propose"}


def decide(policy: object, tool: Tool) -> Decision:
    """The decision of ``policy`` alone, whatever mode the agent is in."""
    if not isinstance(policy, Mapping):
        return "deny"
    for place, key in (("tools", tool.name), ("defaultsByModule", tool.module)):
        known = policy.get(place)
        if known is None:
            continue
        if not isinstance(known, Mapping):
            return "deny"
        if key in known:
            return _word(known[key])
    return _word(policy.get("defaultForAi"))


def _word(value: object) -> Decision:
    return next((known for known in DECISIONS if known == value), "deny")


def mode(policy: object) -> Mode:
    """How the agent works: it proposes first, or acts and lets the person revert."""
    found = policy.get("mode") if isinstance(policy, Mapping) else None
    return "act" if found == "act" else "propose"


def effective(policy: object, tool: Tool, *, tainted: bool = False) -> Decision:
    """What the gate does with a call: the decision, the mode and the run together.

    tainted: the run has read text that nobody here wrote; then nothing leaves the program without a
    look. In the mode ``act`` nothing destructive or outward runs without one either, whatever the
    policy says. A tool that only reads has nothing to propose, and so it runs unless it is denied.
    """
    said = decide(policy, tool)
    if said == "deny":
        return "deny"
    acting = mode(policy) == "act"
    if tool.outward and (tainted or acting):
        return "propose"
    if tool.destructive and acting:
        return "propose"
    if said == "propose" and not tool.outward and (tool.reads or acting):
        return "auto"
    return said


# Presets ----------------------------------------------------------------------------------------


def preset(name: str, tools: Iterable[Tool]) -> dict[str, Any]:
    """The policy of a preset for these tools. Raises InvalidValueError for an unknown name."""
    if name not in PRESETS:
        raise InvalidValueError(
            _("There is no policy preset called {name!r}.").format(name=name),
            kept=_("Nothing was changed."),
            hint=_("Choose one of: {names}.").format(names=", ".join(PRESETS)),
        )
    default = _DEFAULTS[name]
    own: dict[str, Decision] = {tool.name: _preset_of(name, tool) for tool in tools}
    return {
        "tools": {tool: said for tool, said in sorted(own.items()) if said != default},
        "defaultForAi": default,
        "mode": "propose",
        "preset": name,
    }


def _preset_of(name: str, tool: Tool) -> Decision:
    if tool.destructive or tool.outward:
        return "deny" if name == "cautious" else "propose"
    if tool.reads:
        return "auto"
    if name == "trusting" and tool.risk == "low":
        return "auto"
    return "propose" if name == "cautious" else tool.policy


def default_policy(tools: Iterable[Tool] = ()) -> dict[str, Any]:
    """What a new agent begins with: the preset ``standard``."""
    return preset("standard", tools)


def preset_of(policy: object, tools: Iterable[Tool] | None = None) -> str:
    """The preset that a policy follows, or ``custom``.

    tools: the catalogue, by which the name is checked: whoever changed a policy elsewhere may have
    left the name of what it was before.
    """
    found = policy.get("preset") if isinstance(policy, Mapping) else None
    if not isinstance(policy, Mapping) or not isinstance(found, str) or found not in PRESETS:
        return CUSTOM
    if tools is None:
        return found
    tools = tuple(tools)
    usual = preset(found, tools)
    plain = {**policy, "mode": "propose"}
    same = all(effective(plain, tool) == effective(usual, tool) for tool in (*tools, _NOBODYS))
    return found if same else CUSTOM


def _nothing(bench: Workbench, given: Mapping[str, Any]) -> Answer:
    return Answer("")


_NOBODYS = Tool("", "", _nothing)
"""A tool that nobody names, which therefore falls to the default."""


# Changing ---------------------------------------------------------------------------------------


def changed(
    policy: object,
    catalogue: Iterable[Tool],
    *,
    preset_name: str = "",
    tools: Mapping[str, str] | None = None,
    modules: Mapping[str, str] | None = None,
    default: str = "",
    mode_name: str = "",
) -> dict[str, Any]:
    """``policy`` with these changes, as it is stored.

    A preset replaces all but the mode; the other words are laid over it. An empty decision takes an
    entry away, so that the tool falls to its module or to the default. What this version does not
    know of the policy is kept. Raises InvalidValueError for a tool, module or word nobody knows.
    """
    known = tuple(catalogue)
    made: dict[str, Any] = dict(policy) if isinstance(policy, Mapping) else default_policy(known)
    if preset_name:
        made |= {**preset(preset_name, known), "mode": mode(made), "defaultsByModule": {}}
    for place, given, names in (
        ("tools", tools, {tool.name for tool in known}),
        ("defaultsByModule", modules, {tool.module for tool in known}),
    ):
        if given:
            made[place] = _laid(made.get(place), given, names)
    if default:
        made["defaultForAi"] = _chosen(default, DECISIONS)
    if mode_name:
        made["mode"] = _chosen(mode_name, MODES)
    made["mode"] = mode(made)
    made["preset"] = preset_of(made, known)
    return made


def set_policy(bench: Workbench, agent: str, **changes: Any) -> dict[str, Any]:
    """Change the policy of an agent of the space in view by what ``changed`` takes, as one step;
    returns it as it is then. Raises what ``changed`` raises, NotFoundError, LockedError."""
    from store.ai.tools.catalogue import catalogue

    record = bench.documents.get(bench.scope, "agents", agent)
    made = changed(readable(record, "policy"), catalogue(bench).values(), **changes)
    with bench.step(N_("change what an agent may do")) as step:
        step.update("agents", agent, {"policy": made})
    return made


def _laid(old: object, given: Mapping[str, str], names: set[str]) -> dict[str, Any]:
    laid = dict(old) if isinstance(old, Mapping) else {}
    for name, said in given.items():
        if name not in names and name not in laid:
            raise InvalidValueError(
                _("There is no tool or module called {name!r}.").format(name=name),
                kept=_("Nothing was changed."),
                hint=_("`manabench tools` lists them."),
            )
        if said:
            laid[name] = _chosen(said, DECISIONS)
        else:
            laid.pop(name, None)
    return laid


def _chosen(said: str, known: Iterable[str]) -> str:
    if said not in known:
        raise InvalidValueError(
            _("There is no such choice: {said!r}.").format(said=said),
            kept=_("Nothing was changed."),
            hint=_("Choose one of: {names}.").format(names=", ".join(known)),
        )
    return said
