"""missions: what agents work on, when, and how each run went.

A mission has an objective for a model, or a script: a fixed list of tool calls that runs without
one. When it runs next follows from its cadence, in its own time zone, wherever it is changed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from store import when
from store.collections import VISIBILITY, Collection, clear, local, sealed
from store.errors import InvalidValueError, NotFoundError
from store.module import (
    Act,
    Cells,
    Filter,
    FormField,
    Module,
    Sort,
    Written,
    bring_to,
    by_title,
    change_each,
    newest,
    plain_title,
)
from store.records import Record
from store.stamps import instant
from store.told import counted
from store.words import N_, NN_, _

if TYPE_CHECKING:
    from store.ai.runs.rows import Run
    from store.documents import Step
    from store.workbench import Workbench

STATES = ("active", "paused", "done", "archived")

RUNS_KEPT = 50
"""Runs that the record holds, the newest: the others stay on the device that made them."""

# Orders: what is due first, then by next run, then those run by hand; paused, done and archived
# ones behind them, each newest first.
_STATE = "json_extract(doc, '$.state')"
_NEXT = "ifnull(json_extract(doc, '$.nextRunAt'), '~')"
_BORN = newest("created_at")
BY_NEXT = (
    f"CASE {_STATE} WHEN 'paused' THEN '1 ' WHEN 'done' THEN '2 ' WHEN 'archived' THEN '3 ' "
    f"ELSE '0 ' || {_NEXT} || ' ' END || {_BORN}"
)

MISSIONS = Collection(
    "aiMissions",
    "ai-missions",
    "ai",
    "aiMissions",
    {
        "title": sealed(),
        "objective": sealed(),
        "conceptMarkdown": sealed(),
        "inputs": clear("list"),
        "cadence": clear("object"),
        "state": clear("text", *STATES, default="active"),
        "nextRunAt": clear("instant"),
        "iterations": local("list"),
        "agentId": clear("id"),
        "grant": local("object"),
        "script": sealed("list"),
        "runsOn": clear("id"),
        "timeZone": clear("text"),
        "budget": clear("object"),
        "ownerSeal": clear("text"),
        "visibility": VISIBILITY,
    },
    large=("iterations",),
    unkept=("iterations", "ownerSeal"),
    booked=("nextRunAt",),
    indexes={"next": BY_NEXT, "created": _BORN},
)


def state(record: Record) -> str:
    """Active, paused, done or archived."""
    found = record.get("state")
    return found if found in STATES else "active"


def is_due(record: Record) -> bool:
    """Whether an active mission's next run has come."""
    at = record.text("nextRunAt")
    return state(record) == "active" and bool(at) and at <= instant(when.now())


def row(record: Record, width: int) -> Cells:
    """``○`` active, ``!`` due, ``·`` paused, ``✓`` done or archived; at the right when it runs, of
    one that does not run its cadence: its state is the heading above it, or the sign."""
    from store.ai.cadence_words import shown

    now_state = state(record)
    glyph = {"active": "○", "paused": "·"}.get(now_state, "✓")
    at = record.text("nextRunAt")
    if at and now_state == "active":
        due = is_due(record)
        return Cells("!" if due else glyph, plain_title(record), when.moment(at, when.now()))
    return Cells(glyph, plain_title(record), shown(record.get("cadence")))


_STATE_WORDS = {
    "active": N_("Active"),
    "paused": N_("Paused"),
    "done": N_("Done"),
    "archived": N_("Archived"),
}


def group(record: Record) -> str | None:
    """The heading above a mission in the order by next run."""
    found = state(record)
    if found != "active":
        return _(_STATE_WORDS[found])
    if is_due(record):
        return _("Due")
    return _("Scheduled") if record.text("nextRunAt") else _("By hand")


def quick(text: str) -> Mapping[str, Any]:
    """The fields of a mission typed in one go: the first line is its title, more its objective;
    a title alone is the objective too."""
    title, _newline, more = text.strip().partition("\n")
    if not title.strip():
        raise InvalidValueError(_("A mission needs a title."), kept=_("Nothing was added."))
    return {"title": title.strip(), "objective": more.strip("\n") or title.strip()}


# What follows from what is written ---------------------------------------------------------------

_COUNTED = frozenset({"cadence", "timeZone"})
_TIMED = _COUNTED | {"state"}


def writing(
    bench: Workbench, step: Step, id: str, fields: Mapping[str, Any], new: bool
) -> Mapping[str, Any]:
    """What is written of a mission, with its next run. A new one gets the agent of its space, is
    active, runs by hand, and on this device in its zone; what is done has no next run."""
    if new:
        from store.ai.bootstrap import default_id
        from store.ai.runs.cadence import local_zone
        from store.ai.runs.claims import device

        scope = bench.spaces.scope(step.space)
        fields = {
            "cadence": {"kind": "manual"},
            "state": "active",
            "agentId": default_id(scope.id, scope.type),
            "timeZone": local_zone() or None,
            "runsOn": device(bench),
            **{name: value for name, value in fields.items() if value is not None},
        }
    if "nextRunAt" in fields or _TIMED.isdisjoint(fields):
        return fields
    old: Mapping[str, Any] = {}
    if not new:
        old = bench.documents.get(bench.spaces.scope(step.space), "aiMissions", id)
    now = {**old, **fields}
    if now.get("state") == "done":
        return {**fields, "nextRunAt": None}
    resumed = now.get("state") == "active" != old.get("state")
    if new or resumed or not _COUNTED.isdisjoint(fields):
        return {**fields, "nextRunAt": next_run(bench, now)}
    return fields


def touching(bench: Workbench, step: Step, ids: Sequence[str]) -> None:
    """Note which of them may act, so that they may go on when a person has changed them."""
    from store.sync.waiting.sealing import trust

    trust(bench, step, "aiMissions", ids)


def written(bench: Workbench, step: Step, ids: Sequence[str]) -> None:
    """Keep the owner's seal on what a person has changed."""
    from store.sync.waiting.sealing import heed

    heed(bench, step, "aiMissions", ids)


def next_run(bench: Workbench, mission: Mapping[str, Any]) -> str | None:
    """When a mission runs next, seen from now; None for one that waits to be asked. Missed slots
    are one run, because it is always counted from now."""
    cadence = mission.get("cadence")
    if not isinstance(cadence, Mapping) or cadence.get("kind") in (None, "manual"):
        return None
    from store.ai.runs.cadence import next_run as following

    at = following(cadence, bench.now(), str(mission.get("timeZone") or ""))
    return instant(at) if at is not None else None


def zone(text: str) -> str | None:
    """The IANA name of a time zone as typed; None for that of whatever machine it runs on.

    Raises InvalidValueError.
    """
    from store.ai.runs.cadence import known_zone

    name = text.strip()
    if not name or known_zone(name):
        return name or None
    raise InvalidValueError(
        _("There is no time zone called {name!r}.").format(name=name[:60]),
        kept=_("Nothing was changed."),
        hint=_("Write it as Europe/Vienna or UTC."),
    )


# What is done with missions -----------------------------------------------------------------------


def _into(wanted: str, one: str, many: str) -> Callable[..., str]:
    return bring_to("aiMissions", "state", wanted, one, many, state)


pause = _into("paused", *NN_("{n} mission paused", "{n} missions paused"))
resume = _into("active", *NN_("{n} mission active", "{n} missions active"))
finish = _into("done", *NN_("{n} mission done", "{n} missions done"))
archive = _into("archived", *NN_("{n} mission archived", "{n} missions archived"))


def run_now(bench: Workbench, ids: Sequence[str], argument: str = "") -> str:
    """Run missions now, one after another; returns how it went. Raises GuardError for one that may
    not run."""
    from store.ai.runs.running import run

    done = [run(bench, id) for id in ids]
    if len(done) == 1:
        return ended(done[0])
    return counted("{n} mission run", "{n} missions run", len(done))


def ended(run: Run) -> str:
    """How a run went, in a sentence; of one that failed with the reason."""
    why = str((run.error or {}).get("message") or "")
    if run.state != "failed" or not why:
        return _(RUN_WORDS.get(run.state, run.state))
    if (run.error or {}).get("name") == "cancelled":
        return _("The run was stopped.")
    return _("The run failed: {why}").format(why=why)


RUN_WORDS = {
    "running": N_("The mission runs."),
    "awaiting-review": N_("The run is over: its proposals wait in the inbox."),
    "approved": N_("The run is over: all was done."),
    "rejected": N_("The run is over: its proposals were rejected."),
    "failed": N_("The run failed."),
}
"""How a run went, by its state."""


def link(bench: Workbench, ids: Sequence[str], argument: str) -> str:
    """Give missions a record to read at each run, named by its id or exact title; one that they
    have already is taken away. Raises NotFoundError, AmbiguousError."""
    found = _linked(bench, argument.strip())
    ref = {"module": found[0], "table": found[1], "id": found[2]}

    def toggled(mission: Record) -> dict[str, Any]:
        value = mission.get("inputs")
        inputs = [dict(one) for one in value if isinstance(one, dict)] if value else []
        same = [
            one for one in inputs if (one.get("table"), one.get("id")) == (ref["table"], found[2])
        ]
        if same:
            return {"inputs": [one for one in inputs if one not in same]}
        return {"inputs": [*inputs, ref]}

    return change_each(
        bench,
        "aiMissions",
        ids,
        lambda n: counted("Inputs of {n} mission changed", "Inputs of {n} missions changed", n),
        toggled,
    )


def _linked(bench: Workbench, text: str) -> tuple[str, str, str]:
    """(module, table, id) of the record that ``text`` names, missions and agents left out."""
    for module in bench.modules.values():
        if module.id.startswith("ai-") or not bench.scope.allows(module.id):
            continue
        try:
            record = bench.documents.find(bench.scope, module.main, text)
        except NotFoundError as error:
            if error.code != "not_found":
                raise
            continue
        return module.id, module.main, str(record["id"])
    raise NotFoundError(
        _("Nothing here is called {text!r}.").format(text=text),
        kept=_("Nothing was changed."),
        hint=_("Give the start of its id, or its exact title."),
    )


# Fields that are no text ------------------------------------------------------------------------


def _zone_shown(value: Any) -> str:
    return str(value or "")


def _cadence_shown(value: Any) -> str:
    from store.ai.cadence_words import shown

    return shown(value)


def _cadence_read(text: str) -> Any:
    from store.ai.cadence_words import read

    return read(text)


def _script_shown(value: Any) -> str:
    from store.ai.script_words import shown

    return shown(value)


def _script_read(text: str) -> Any:
    from store.ai.script_words import read

    return read(text)


def _budget_shown(value: Any) -> str:
    from store.ai.budget_words import shown

    return shown(value)


def _budget_read(text: str) -> Any:
    from store.ai.budget_words import read

    return read(text)


_CADENCE = Written(_cadence_shown, _cadence_read, N_("daily 9:00, every 2h, mon 9:00, manual"))
_ZONE = Written(_zone_shown, zone, "Europe/Vienna, UTC")
_BUDGET = Written(_budget_shown, _budget_read, "5000 tokens, 0.10 $, 120 s")


def _set_cadence(bench: Workbench, ids: Sequence[str], argument: str) -> str:
    """Say when missions run: ``daily 9:00``, ``every 2h``, ``mon 9``, ``manual``."""
    wanted = _cadence_read(argument)
    return change_each(
        bench,
        "aiMissions",
        ids,
        lambda n: counted("Cadence of {n} mission set", "Cadence of {n} missions set", n),
        lambda mission: {} if mission.get("cadence") == wanted else {"cadence": wanted},
    )


MODULE = Module(
    id="ai-missions",
    words=N_("Missions"),
    noun=N_("mission"),
    letter="m",
    collections=(MISSIONS,),
    main="aiMissions",
    row=row,
    group=group,
    quick=quick,
    writing=writing,
    touching=touching,
    written=written,
    fields=(
        FormField("title", "line", N_("Title")),
        FormField("objective", "text", N_("Objective")),
        FormField("conceptMarkdown", "text", N_("Context"), option="context"),
        FormField("script", "text", N_("Script"), written=Written(_script_shown, _script_read)),
        FormField("cadence", "line", N_("When"), written=_CADENCE),
        FormField("agentId", "link", N_("Agent"), link="agents", option="agent"),
        FormField("timeZone", "line", N_("Time zone"), written=_ZONE),
        FormField("budget", "line", N_("Budget"), written=_BUDGET),
        FormField("visibility", "choice", N_("Visibility"), (N_("space"), N_("private"))),
    ),
    sorts=(
        Sort("next", N_("Next run"), BY_NEXT),
        Sort("created", N_("Newest first"), _BORN),
        Sort("title", N_("Title"), BY_NEXT, key=by_title),
    ),
    filters=(
        Filter("open", N_("Open"), f"{BY_NEXT} < '2'"),
        Filter("due", N_("Due"), f"{_STATE} = 'active' AND {BY_NEXT} < '0 ' || :now"),
        Filter("paused", N_("Paused"), f"{_STATE} = 'paused'"),
        Filter("done", N_("Done"), f"{_STATE} = 'done'"),
        Filter("archived", N_("Archived"), f"{_STATE} = 'archived'"),
        Filter("all", N_("All"), ""),
    ),
    acts=(
        Act("pause", N_("Pause"), (), pause, lambda m: state(m) == "active", main=True),
        Act("resume", N_("Resume"), (), resume, lambda m: state(m) != "active", main=True),
        Act("run", N_("Run now"), ("r",), run_now, lambda m: state(m) == "active"),
        Act("cadence", N_("When: cadence"), ("w",), _set_cadence, argument="cadence"),
        Act("inputs", N_("Add or remove an input"), ("I",), link, argument=N_("record")),
        Act("done", N_("Done"), ("p",), finish, lambda m: state(m) != "done"),
        Act("archive", N_("Archive"), (), archive, lambda m: state(m) != "archived"),
    ),
    empty=N_("Missions belong here: what an agent does for you, once or again and again."),
)
