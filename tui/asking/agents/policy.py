"""One agent: who it is, what it may do, what it may spend, and what it works on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from store.records import Masked, Record
from store.told import counted
from store.words import N_, NN_, _, number
from tui.asking import differing, doing
from tui.asking.agents import spending, words
from tui.asking.agents.missions import masked
from tui.asking.managing.entry import Entry, heading

if TYPE_CHECKING:
    from store.tool import Tool
    from store.workbench import Workbench

FIELD, TOOL, MODULE, DEFAULT, MISSION = "field", "tool", "module", "default", "mission"

COLLECTION = "agents"

_TABLE = "table"
"""The column of what it may do, beside that of its fields."""

_DECISIONS = {
    "auto": N_("does it at once"),
    "propose": N_("asks first"),
    "deny": N_("forbidden"),
}
_SIGNS = {"auto": "●", "propose": "▲", "deny": "✗"}
_NEXT = {"auto": "propose", "propose": "deny", "deny": "auto"}
_MODES = {
    "propose": N_("proposes first"),
    "act": N_("acts, and you take back"),
}
_PRESETS = {
    "cautious": N_("cautious"),
    "standard": N_("standard"),
    "trusting": N_("trusting"),
    "custom": N_("made by hand"),
}


class Agent(NamedTuple):
    """What the screen of an agent shows."""

    entries: list[Entry]
    name: str
    state: str


def read(bench: Workbench, id: str) -> Agent:
    """An agent as it stands. Raises NotFoundError."""
    record = bench.documents.get(bench.scope, COLLECTION, id)
    name, state = record.text("name"), record.text("state") or "active"
    if record.get("deletedAt"):
        return Agent([], name, "deleted")
    head = " · ".join([name or _("No name"), words.state(state)])
    lines = [heading(head), *_fields(bench, record), *_missions(bench, id)]
    return Agent([*lines, *_tools(bench, record)], name, state)


def _line(id: str, label: str, note: str, facts: str = "", role: str = "base") -> Entry:
    said = " ".join(note.split()) or _("(empty)")
    return Entry(id, label, FIELD, note=said, facts=facts or note, role=role, aligned=True)


def _fields(bench: Workbench, record: Record) -> list[Entry]:
    from store.ai.tools import policy
    from store.ai.tools.catalogue import available

    given = record.get("policy")
    tools = available(bench, bench.scope).values()
    mode, preset = policy.mode(given), policy.preset_of(given, tools)
    names = {tag["id"]: tag.text("name") for tag in bench.tags.list(bench.scope)}
    seen = record.get("scopeTagIds") or []
    tags = " ".join(f"#{names.get(tag, tag)}" for tag in seen) if isinstance(seen, list) else ""
    lines = [
        _line("role", _("Role"), masked(record.get("role"))),
        _line("systemPrompt", _("Persona"), masked(record.get("systemPrompt"))),
        _memory(record.get("memory")),
        _line("scopeTagIds", _("Sees"), tags or _("everything in this space")),
        _model(bench, record),
        _line("mode", _("Works"), _(_MODES[mode]), _mode_facts(mode)),
        _line("preset", _("Policy"), _(_PRESETS.get(preset, preset)), _preset_facts(preset)),
    ]
    for n, (label, text) in enumerate(spending.of_agent(bench, record)):
        lines.append(_line(("maxTokensPerDay", "maxMoneyPerDay")[n], label, text))
    return lines


def _model(bench: Workbench, record: Record) -> Entry:
    """Which model plans for it, and whether this machine knows it."""
    from store.ai.planner import models

    known, usual = {model.name for model in models.listed(bench)}, models.default(bench)
    name = masked(record.get("model"))
    facts = [_("Enter chooses another.")]
    text = name or (_("the usual one: {name}").format(name=usual) if usual else _("none is known"))
    if not known:
        facts = [
            _("This machine knows no model: only missions with a script run."),
            _("`manabench model add NAME --url ADDRESS --model ID` makes one known."),
        ]
    elif name and name not in known:
        text += " · " + _("unknown here")
    return _line("model", _("Model"), text, "\n".join(facts), "base" if known else "dim")


def models(bench: Workbench) -> list[tuple[str, str, str]]:
    """(words, name, remark) of the models to choose from, the usual one first."""
    from store.ai.planner import models

    usual = models.default(bench)
    first = _("the usual one: {name}").format(name=usual) if usual else _("the usual one")
    return [(first, "", "")] + [
        (model.name, model.name, f"{model.kind} · {model.model}") for model in models.listed(bench)
    ]


def use_model(bench: Workbench, id: str, name: str) -> str:
    """Another model for an agent; "" for the usual one."""
    with bench.step(N_("Change a model")) as step:
        step.update(COLLECTION, id, {"model": name or None})
    return _("It thinks with {name} now.").format(name=name or _("the usual one"))


def tag_choices(bench: Workbench, id: str) -> list[tuple[str, str, str, str]]:
    """(words, id, remark, tick) of the tags of the space; ticked are those it is narrowed to."""
    seen = bench.documents.get(bench.scope, COLLECTION, id).get("scopeTagIds") or []
    return [
        (f"#{tag.text('name')}", tag["id"], "", "✓" if tag["id"] in seen else " ")
        for tag in bench.tags.list(bench.scope)
    ]


def see(bench: Workbench, id: str, tag: str, *, on: bool) -> str:
    """Let an agent see records with a tag too, or no more; without any it sees all."""
    stored = bench.documents.get(bench.scope, COLLECTION, id).get("scopeTagIds") or []
    tags = [one for one in stored if one != tag] + ([tag] if on else [])
    with bench.step(counted(*_FILTERED, 1)) as step:
        step.update(COLLECTION, id, {"scopeTagIds": tags or None})
    return _("It sees what bears one of its tags, or none.") if tags else _("It sees everything.")


_FILTERED = NN_("{n} agent filtered", "{n} agents filtered")


def _mode_facts(mode: str) -> str:
    if mode == "act":
        return _("What may be proposed is done at once; the timeline takes it back. m changes it.")
    return _("What changes a record waits in the inbox for a look. m changes it.")


def _preset_facts(preset: str) -> str:
    from store.ai.tools.policy import PRESETS

    words = _(PRESETS[preset]) if preset in PRESETS else _("Chosen tool by tool.")
    return words + " " + _("n chooses another.")


def _memory(value: Any) -> Entry:
    """The memory with its counter; what a prompt leaves out is told."""
    from store.modules.agents import MEMORY_MOST, memory_left

    if isinstance(value, Masked):
        return _line("memory", _("Memory"), masked(value))
    text = str(value or "")
    left, warns = memory_left(text)
    count = _("{n} of {most} characters").format(n=number(len(text)), most=number(MEMORY_MOST))
    if left:
        count += " · " + _("{n} left out").format(n=number(left))
    elif warns:
        count += " · " + _("soon full")
    entry = _line("memory", _("Memory"), count, text or count, "warn" if warns else "base")
    return entry._replace(glyph="!" if warns else " ")


def _missions(bench: Workbench, id: str) -> list[Entry]:
    from store.queries import Query

    found = bench.documents.page(bench.scope, Query("aiMissions", filters=("all",)), limit=500)
    mine = [record for record in found if record.text("agentId") == id]
    if not mine:
        return [heading(_("It has no mission."))]
    module = bench.modules["ai-missions"]
    lines = []
    for record in mine:
        cells = module.row(record, 80)
        lines.append(
            Entry(
                f"mission/{record['id']}",
                cells.text,
                MISSION,
                record["id"],
                right=cells.right,
                facts=_("Enter shows the mission."),
                glyph=cells.glyph,
            )
        )
    return [heading(_("Missions")), *lines]


# What it may do ---------------------------------------------------------------------------------


def _tools(bench: Workbench, record: Record) -> list[Entry]:
    from store.ai.tools import policy
    from store.ai.tools.catalogue import available

    given = record.get("policy")
    lines: list[Entry] = []
    modules: dict[str, list[Tool]] = {}
    for tool in available(bench, bench.scope).values():
        modules.setdefault(tool.module, []).append(tool)
    for id, tools in modules.items():
        name = _(bench.modules[id].words) if id in bench.modules else id
        lines += [heading(_("May it do this? {module}").format(module=name))]
        lines += [_tool(policy.decide(given, tool), tool) for tool in tools]
        lines.append(_module(given, id, name))
    default = given.get("defaultForAi") if isinstance(given, Mapping) else None
    said = default if default in _DECISIONS else "deny"
    facts = _("What nothing else here speaks of, such as tools of later versions.")
    other = Entry("default", _("everything else"), DEFAULT, note=_(_DECISIONS[said]), facts=facts)
    other = other._replace(glyph=_SIGNS[said], value=said, aligned=_TABLE)
    return [*lines, heading(_("Anything else")), other]


def _tool(said: str, tool: Tool) -> Entry:
    step = said
    if tool.reads and not tool.outward and said == "propose":
        said = "auto"  # what changes nothing has nothing to propose
    if tool.reads and not tool.outward and said == "auto":
        step = "propose"  # the next decision that differs is to forbid it
    facts = [_("The tool {name}.").format(name=tool.name)]
    if tool.destructive:
        facts.append(_("It takes something away; the space has to allow it too."))
    if tool.outward:
        facts.append(_("It leaves this program, where no undo reaches."))
    kind = _("reads") if tool.reads else words.risk(tool.risk)
    return Entry(
        f"tool/{tool.name}",
        words.tool(tool.name),
        TOOL,
        tool.name,
        right=kind,
        note=_(_DECISIONS[said]),
        facts=" ".join(facts),
        glyph=_SIGNS[said],
        role="dim" if said == "deny" else "base",
        value=step,
        aligned=_TABLE,
    )


def _module(given: Any, id: str, name: str) -> Entry:
    """What a module's tools fall to that are not named."""
    known = given.get("defaultsByModule") if isinstance(given, Mapping) else None
    said = known.get(id, "") if isinstance(known, Mapping) else ""
    return Entry(
        f"module/{id}",
        _("other tools of {module}").format(module=name),
        MODULE,
        id,
        note=_(_DECISIONS[said]) if said in _DECISIONS else _("like everything else"),
        facts=_("Tools of later versions that this table does not name."),
        glyph=_SIGNS.get(said, "·"),
        value=said,
        aligned=_TABLE,
    )


def told(entry: Entry) -> differing.Lines:
    """All there is to say of a line."""
    return [(line, "base") for line in entry.facts.split("\n")]


# What is done -----------------------------------------------------------------------------------


def cycle(bench: Workbench, id: str, entry: Entry) -> str:
    """The next decision for a tool, the rest of a module, or everything else."""
    said = _NEXT.get(entry.value, "auto")
    if entry.kind == MODULE and entry.value == "deny":
        said = ""  # of a module: like everything else
    given: dict[str, Any] = {}
    if entry.kind == TOOL:
        given = {"tools": {entry.thing: said}}
    elif entry.kind == MODULE:
        given = {"modules": {entry.thing: said}}
    else:
        given = {"default": said}
    _write(bench, id, **given)
    words = _(_DECISIONS[said]) if said else _("like everything else")
    return f"{entry.words}: {words}."


def turn(bench: Workbench, id: str) -> str:
    """Propose first, or act; the other of the two."""
    from store.ai.tools import policy

    record = bench.documents.get(bench.scope, COLLECTION, id)
    wanted = "propose" if policy.mode(record.get("policy")) == "act" else "act"
    _write(bench, id, mode_name=wanted)
    return _("Now it {does}.").format(does=_(_MODES[wanted]))


def choose(bench: Workbench, id: str, preset: str) -> str:
    """Another policy."""
    _write(bench, id, preset_name=preset)
    return _("The policy is {name} now.").format(name=_(_PRESETS[preset]))


def presets() -> list[tuple[str, str, str]]:
    """(name, its words, what it means) of each."""
    from store.ai.tools.policy import PRESETS

    return [(name, _(_PRESETS[name]), _(words)) for name, words in PRESETS.items()]


def _write(bench: Workbench, id: str, **changes: Any) -> None:
    from store.ai.tools.policy import set_policy

    set_policy(bench, id, **changes)


def act(bench: Workbench, id: str, *names: str) -> str:
    """The first of the module's acts ``names`` that makes sense on the agent."""
    module = bench.modules["ai-agents"]
    acts = [act for name in names for act in module.acts if act.id == name]
    return doing.act(bench, module, acts, [id])
