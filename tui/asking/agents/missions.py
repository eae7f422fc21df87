"""One mission: its lines and its runs, and what is done to them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from store.errors import NotFoundError
from store.module import plain_title
from store.records import Masked, Record
from store.told import counted
from store.words import NN_, _, ngettext, number
from tui.asking import differing, doing
from tui.asking.agents import words
from tui.asking.managing.entry import Entry, heading

if TYPE_CHECKING:
    from store.ai.runs.rows import Run, StepRow
    from store.workbench import Workbench
    from tui.screens.pick import Choice, Offer

FIELD, AGENT, RUN, PROPOSALS, INPUT = "field", "agent", "run", "proposals", "input"

COLLECTION = "aiMissions"

SHOWN = 50
"""Runs that are listed."""


class Mission(NamedTuple):
    """What the screen of a mission shows. running: the run that goes on now, if any. has_run:
    whether there is one to speak of."""

    entries: list[Entry]
    title: str
    state: str
    running: Run | None = None
    has_run: bool = False


def read(bench: Workbench, id: str) -> Mission:
    """A mission as it stands. Raises NotFoundError."""
    from store.ai.runs import iterations

    record = bench.documents.get(bench.scope, COLLECTION, id)
    if record.get("deletedAt"):
        return Mission([], plain_title(record), "deleted")
    runs = iterations.runs_of(bench, record, SHOWN)
    state = record.text("state") or "active"
    running = next((run for run in runs if run.state == "running"), None)
    lines = [_line("objective", _("Objective"), record.get("objective"))]
    if concept := record.get("conceptMarkdown"):
        lines.append(_line("conceptMarkdown", _("Context"), concept))
    lines += [
        _agent(bench, record),
        _when(bench, record, state),
        _place(bench, record),
        *_inputs(bench, record),
        _script(record),
        _budget(bench, record),
    ]
    waiting = sum(run.waits for run in runs)
    if waiting:
        count = ngettext("{n} proposal waits", "{n} proposals wait", waiting)
        lines.append(
            Entry(
                "proposals",
                _("Inbox"),
                PROPOSALS,
                note=count.format(n=number(waiting)),
                facts=_("Enter goes to the inbox, where they wait for a look."),
                glyph="▲",
                role="warn",
                aligned=True,
            )
        )
    head = heading(f"{plain_title(record)} · {words.state(state)}")
    return Mission(
        [head, *lines, *_runs(bench, runs)], plain_title(record), state, running, bool(runs)
    )


def _line(id: str, label: str, value: Any, facts: str = "") -> Entry:
    text = masked(value)
    return Entry(
        id,
        label,
        FIELD,
        note=" ".join(text.split()) or _("(empty)"),
        facts=facts or text,
        value=text,
        aligned=True,
    )


def masked(value: Any) -> str:
    """A text, or why it cannot be read."""
    return f"<{_(value.reason)}>" if isinstance(value, Masked) else str(value or "")


def _agent(bench: Workbench, record: Record) -> Entry:
    name, gone = agent_name(bench, record.text("agentId"))
    facts = _("It was deleted; this is what it was called.") if gone else _("Enter shows it.")
    shown = f"{name} · {_('deleted')}" if gone and record.text("agentId") else name
    entry = _line("agentId", _("Agent"), shown, facts)
    return entry._replace(kind=AGENT, thing=record.text("agentId"), role="dim" if gone else "base")


def agent_name(bench: Workbench, id: str) -> tuple[str, bool]:
    """What an agent is called, and whether it is gone: then the name that was last seen."""
    if not id:
        return _("none"), True
    try:
        agent = bench.documents.get(bench.scope, "agents", id)
    except NotFoundError:
        from store.ai import actors

        return actors.last_name(bench, id) or _("{id} (not here)").format(id=id[:8]), True
    return agent.text("name") or _("No name"), bool(agent.get("deletedAt"))


def _when(bench: Workbench, record: Record, state: str) -> Entry:
    text = words.cadence(record.get("cadence"))
    at = record.text("nextRunAt")
    if at and state == "active":
        text += " · " + _("next {when}").format(when=words.later(bench, at))
    elif at:
        text += " · " + words.state(state)
    zone = record.text("timeZone")
    facts = _("Reckoned in the time of {zone}.").format(zone=zone) if zone else ""
    return _line("cadence", _("When"), text, "\n".join(filter(None, [text, facts])))


def _place(bench: Workbench, record: Record) -> Entry:
    from store.ai.runs import claims

    if claims.runs_here(bench, record):
        return _line("runsOn", _("Runs on"), _("this device"))
    text = _("another device")
    facts = _("m lets it run here from now on; the other device stops.")
    return _line("runsOn", _("Runs on"), text, facts)


def _inputs(bench: Workbench, record: Record) -> list[Entry]:
    """How many records it reads, and each of them."""
    inputs = inputs_of(record)
    text = ngettext("{n} record", "{n} records", len(inputs)).format(n=number(len(inputs)))
    facts = _("Enter gives it a record to read at each run, or takes one away.")
    lines = [_line("inputs", _("Reads"), text if inputs else _("nothing is given to it"), facts)]
    for one in inputs:
        place, title, found = _input(bench, one)
        lines.append(
            Entry(
                f"input/{one.get('table')}/{one.get('id')}",
                title,
                INPUT if found else FIELD,
                note=place,
                facts=_("Enter shows it; I changes what the mission reads."),
                depth=1,
                value=(str(one.get("table", "")), str(one.get("id", ""))),
            )
        )
    return lines


def inputs_of(record: Record) -> list[Mapping[str, Any]]:
    """The references to what a mission reads."""
    found = record.get("inputs")
    return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []


def _input(bench: Workbench, one: Mapping[str, Any]) -> tuple[str, str, bool]:
    """(what such records are called, its title, whether it is here and opens)."""
    table, id = str(one.get("table", "")), str(one.get("id", ""))
    module = next((m for m in bench.modules.values() if m.main == table), None)
    try:
        if module is not None:
            record = bench.documents.get(bench.scope, table, id)
            where = _("deleted") if record.get("deletedAt") else _(module.words)
            return where, bench.documents.title(table, record) or _("Untitled"), True
    except NotFoundError:
        pass
    return table, _("{id} (not here)").format(id=id[:8]), False


def _script(record: Record) -> Entry:
    script = record.get("script")
    if isinstance(script, Masked):
        return _line("script", _("Script"), script)
    calls = [one for one in script if isinstance(one, Mapping)] if script else []
    if not calls:
        return _line("script", _("Script"), _("none: a model plans each run"))
    text = ngettext("{n} call, no model", "{n} calls, no model", len(calls))
    steps = [f"{n}  {_call(one)}" for n, one in enumerate(calls, 1)]
    return _line("script", _("Script"), text.format(n=len(calls)), "\n".join(steps))


def _call(one: Mapping[str, Any]) -> str:
    given = one.get("arguments")
    arguments = given.items() if isinstance(given, Mapping) else ()
    said = ", ".join(f"{name}: {value}" for name, value in arguments)
    tool = words.tool(str(one.get("tool", "")))
    why = f"  — {one['rationale']}" if one.get("rationale") else ""
    return f"{tool} ({said}){why}" if said else f"{tool}{why}"


def _budget(bench: Workbench, record: Record) -> Entry:
    from tui.asking.agents import spending

    text, facts = spending.of_mission(bench, record)
    return _line("budget", _("Budget"), text, facts)


# Runs -------------------------------------------------------------------------------------------


def _runs(bench: Workbench, runs: list[Run]) -> list[Entry]:
    if not runs:
        return [heading(_("It has not run yet."))]
    return [heading(_("Runs")), *(_run(bench, run) for run in runs)]


def _run(bench: Workbench, run: Run) -> Entry:
    note = run.summary or ""
    if run.state == "running":
        note = words.phase(run.phase, run.detail)
    if run.error and not note:
        note = str(run.error.get("message", ""))
    if run.twice:
        note = _("two devices ran it: {summary}").format(summary=note)
    return Entry(
        f"run/{run.id}",
        f"{words.moment(bench, run.began)}  {words.run_state(run)}",
        RUN,
        run.id,
        right=words.spent(run.tokens, run.micros),
        note=" ".join(note.split()),
        glyph=words.STATE_SIGNS.get(run.state, "·"),
        role=words.STATE_ROLES.get(run.state, "base"),
        value=run,
    )


def told(bench: Workbench, entry: Entry) -> differing.Lines:
    """All there is to say of a line."""
    if entry.kind != RUN:
        return [(line, "base") for line in entry.facts.split("\n")]
    run: Run = entry.value
    until = f" – {words.moment(bench, run.ended)}" if run.ended else ""
    lines = [(f"{words.run_state(run)} · {words.moment(bench, run.began)}{until}", "head")]
    if run.state == "running":
        lines.append((words.phase(run.phase, run.detail), "strong"))
    if cost := words.spent(run.tokens, run.micros):
        lines.append((cost, "dim"))
    if run.twice:
        lines.append((_("Two devices ran it apart; it is one run, merged."), "warn"))
    if run.error:
        lines.append((f"! {run.error.get('message', '')}", "error"))
    lines += [(line, "base") for line in run.summary.split("\n") if line]
    lines += [line for step in run.steps for line in _step(step)]
    if run.feedback:
        lines.append((_("You said:"), "dim"))
        lines += [(f"  {line}", "base") for line in run.feedback.split("\n")]
    return lines


def _step(step: StepRow) -> differing.Lines:
    sign, role = words.STATE_SIGNS.get(step.status, "·"), words.STATE_ROLES.get(step.status, "base")
    head = f"{sign} {step.number + 1}  {words.tool(step.tool)}"
    if step.status not in ("approved",):
        head += f" · {words.state(step.status)}"
    said = f"    {step.summary}"
    return [(head, role), *([(said, "dim")] if step.summary else [])]


def elapsed(bench: Workbench, began: str) -> str:
    """How long a run has been going on."""
    from store.stamps import micros

    return words.elapsed(bench.clock().timestamp() - micros(began) / 1e6)


# What it reads ----------------------------------------------------------------------------------

_OFFERED = 40
_TICK = "✓"


def input_choices(bench: Workbench, id: str) -> Offer:
    """What it reads, ticked, and what else it could read: the newest records, or what fits the
    typed words."""
    from tui.screens.pick import Choice

    names = {m.main: _(m.words) for m in bench.modules.values() if not m.id.startswith("ai-")}

    def offer(text: str) -> list[Choice]:
        mission = bench.documents.get(bench.scope, COLLECTION, id)
        given: dict[tuple[str, str], str] = {}
        for one in inputs_of(mission):
            given[str(one.get("table")), str(one.get("id"))] = _input(bench, one)[1]
        if text.strip():
            hits = bench.search.find(bench.scope, text, limit=_OFFERED)
            found = {(hit.collection, hit.id): hit.title for hit in hits}
        else:
            found = {**given, **_newest(bench, names)}
        return [
            Choice(title, place, names.get(place[0], place[0]), _TICK if place in given else " ")
            for place, title in found.items()
            if place in given or place[0] in names
        ]

    return offer


def _newest(bench: Workbench, names: Mapping[str, str]) -> dict[tuple[str, str], str]:
    from store.queries import Query

    found = {}
    for module in bench.modules.values():
        if module.main in names and bench.scope.allows(module.id):
            for one in bench.documents.page(bench.scope, Query(module.main), limit=10):
                title = bench.documents.title(module.main, one) or _("Untitled")
                found[module.main, str(one["id"])] = title
    return found


def switch_input(bench: Workbench, id: str, table: str, record: str) -> str:
    """Give a mission a record to read, or take it away."""
    mission = bench.documents.get(bench.scope, COLLECTION, id)
    place = (table, record)
    inputs = [dict(one) for one in inputs_of(mission)]
    left = [one for one in inputs if (one.get("table"), one.get("id")) != place]
    module = next((m.id for m in bench.modules.values() if m.main == table), "")
    is_new = len(left) == len(inputs)
    if is_new:
        left.append({"module": module, "table": table, "id": record})
    with bench.step(counted(*_CHANGED, 1)) as step:
        step.update(COLLECTION, id, {"inputs": left})
    return _("It reads this at each run.") if is_new else _("It reads this no more.")


_CHANGED = NN_("Inputs of {n} mission changed", "Inputs of {n} missions changed")


# What is done -----------------------------------------------------------------------------------


def act(bench: Workbench, id: str, *names: str) -> str:
    """The first of the module's acts ``names`` that makes sense on the mission."""
    module = bench.modules["ai-missions"]
    acts = [act for name in names for act in module.acts if act.id == name]
    return doing.act(bench, module, acts, [id])


def feedback(bench: Workbench, run: str, text: str) -> str:
    """Say something that the next run reads."""
    from store.ai.runs import rows

    rows.give_feedback(bench, run, text)
    return _("The next run reads it.")


def stop(bench: Workbench, run: str) -> str:
    """Ask a run to end."""
    from store.ai.runs import rows

    if rows.cancel(bench, run):
        return _("Stopping it …")
    return _("It has ended already.")


def take_over(bench: Workbench, id: str) -> str:
    """Let it run on this device."""
    from store.ai.runs import claims

    return claims.take_over(bench, bench.scope, [id])
