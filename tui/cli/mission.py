"""What a mission can be told beyond the verbs of every module: running it and what came of it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from store.errors import NotFoundError, StorageError
from store.told import phrase
from store.words import _, ngettext
from tui.cli import output, pick
from tui.cli.call import Call, read_text
from tui.cli.frame import Noun, Verb, noun

if TYPE_CHECKING:
    from store.records import Record
    from store.scope import Scope
    from store.workbench import Workbench

MISSIONS = "aiMissions"

_TURN = 1.0
"""Seconds between two looks whether the agent is free."""

_mission = click.Argument(["text"], metavar="MISSION")


def _found(call: Call, text: str, *, unlock: str = "must") -> tuple[Workbench, Scope, Record]:
    bench, scope = call.scoped(unlock=unlock)
    return bench, scope, bench.documents.find(scope, MISSIONS, text)


# Running ------------------------------------------------------------------------------------------


@click.pass_context
def _run(ctx: click.Context, text: str, wait: bool) -> None:
    """Run one mission now and say how it went; exit code 1 where it failed."""
    from store.ai.runs import rows, running
    from store.ai.runs.may import BusyError
    from tui.cli.run import document

    call: Call = ctx.obj
    bench, scope, mission = _found(call, text)
    rows.orphans(bench)
    while True:
        try:
            done = running.run(bench, mission["id"], scope=scope)
            break
        except BusyError:
            if not wait:
                raise
            time.sleep(_TURN)
    call.answer(document(done), lambda: _told(bench, scope, done))
    if done.state == "failed":
        ctx.exit(1)


def _told(bench: Workbench, scope: Scope, run: Any) -> list[str]:
    from tui.cli.run import STATES

    lines = [output.clean(f"{_(STATES[run.state])}: {run.summary}", lines=True)]
    for step in run.steps:
        lines.append(output.clean(f"  {step.status}  {step.tool}  {step.summary}"))
    if run.waits:
        lines.append(_("See what waits: manabench proposal list"))
    return lines


run = Verb(
    "run",
    callback=_run,
    params=[
        _mission,
        click.Option(["--wait"], is_flag=True, help=_("Wait for its turn if its agent is busy.")),
    ],
    help=_("Run a mission now. Exit code 1 where the run failed."),
)


@click.pass_obj
def _cancel(call: Call, text: str) -> None:
    from store.ai.runs import running

    bench, scope, mission = _found(call, text)
    count = running.cancel(bench, scope, mission["id"])
    words = ngettext("Asked {n} run to stop.", "Asked {n} runs to stop.", count)
    call.answer({"asked": count}, words.format(n=count))


cancel = Verb(
    "cancel", callback=_cancel, params=[_mission], help=_("Stop the runs of a mission under way.")
)


@click.pass_obj
def _take_over(call: Call, texts: Sequence[str]) -> None:
    from store.ai.runs import claims

    bench, scope = call.scoped(unlock="must")
    found = pick.records(bench, scope, MISSIONS, texts)
    said = claims.take_over(bench, scope, [one["id"] for one in found])
    call.answer({"missions": [one["id"] for one in found], "runsOn": claims.device(bench)}, said)


take_over = Verb(
    "take-over",
    callback=_take_over,
    params=[click.Argument(["texts"], nargs=-1, required=True, metavar="MISSION...")],
    help=_("Let missions run on this device from now on, and on no other."),
)


# What came of it ----------------------------------------------------------------------------------


@click.pass_obj
def _runs(call: Call, text: str, limit: int) -> None:
    from store.ai.runs import iterations, rows
    from tui.cli.run import document, shown

    bench, scope, mission = _found(call, text, unlock="may")
    if rows.orphans(bench):
        mission = bench.documents.get(scope, MISSIONS, mission["id"])
    found = [one._replace(mission_title="") for one in iterations.runs_of(bench, mission, limit)]
    if not found:
        call.note(_("This mission was not run yet."))
    call.answer([document(one) for one in found], lambda: shown(bench, found))


runs = Verb(
    "runs",
    callback=_runs,
    params=[
        _mission,
        click.Option(
            ["--limit"],
            type=click.IntRange(1, 50),
            default=10,
            metavar="N",
            help=_("At most so many."),
        ),
    ],
    help=_("List the runs of a mission, the newest first."),
)


@click.pass_obj
def _feedback(call: Call, text: str, words: Sequence[str]) -> None:
    from store.ai.runs import iterations

    bench, scope, mission = _found(call, text)
    said = read_text() if list(words) == ["-"] else " ".join(words)
    run_id = iterations.feedback(bench, scope, mission, said)
    call.answer({"run": run_id}, _("Kept; the next run reads it."))


feedback = Verb(
    "feedback",
    callback=_feedback,
    params=[_mission, click.Argument(["words"], nargs=-1, required=True, metavar="TEXT...")],
    help=_("Say what you think of the newest run; the next one reads it. - reads standard input."),
)


# What it is made of -------------------------------------------------------------------------------


def _file(path: str) -> str:
    """A file's text, standard input for ``-``. Raises StorageError."""
    if path == "-":
        return read_text()
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeError) as error:
        why = error.strerror if isinstance(error, OSError) else _("it is no text")
        raise StorageError(
            _("The script could not be read: {why}.").format(why=why),
            kept=_("The mission is as it was."),
        ) from None


@click.pass_obj
def _script(call: Call, text: str, path: str | None, clear: bool) -> None:
    """Show a mission's script, or put one on it."""
    from store.ai.runs import scripts
    from store.ai.script_words import shown

    bench, scope, mission = _found(call, text, unlock="must" if path or clear else "may")
    if path is None and not clear:
        found = mission.get("script")
        call.answer(found, lambda: output.clean(shown(found), lines=True))
        return
    made = None if path is None else scripts.read(bench, _file(path))
    with bench.step(phrase("Set a script"), scope=scope) as step:
        step.update(MISSIONS, mission["id"], {"script": made})
    count = len(made or ())
    words = ngettext("The script has {n} call.", "The script has {n} calls.", count)
    said = words.format(n=count) if made else _("The script is gone; the objective counts again.")
    call.answer({"id": mission["id"], "script": made}, said)


script = Verb(
    "script",
    callback=_script,
    params=[
        _mission,
        click.Argument(["path"], required=False, metavar="[FILE|-]"),
        click.Option(["--clear"], is_flag=True, help=_("Take the script off.")),
    ],
    help=_(
        "Show a mission's script, or put the one in FILE on it: calls of tools that are made in "
        'their order and without a model. One a line, as create_task title="Water the plants", or '
        'a JSON list of {"tool", "arguments", "rationale", "onError"}.'
    ),
)


def _with_script(verb: str, words: str) -> Verb:
    """A verb of every module whose ``--script`` names a file."""
    from store.modules import installed
    from tui.cli.modules import VERBS

    made = VERBS[verb](installed()["ai-missions"])
    plain: Any = made.callback

    def told(*args: Any, script: str | None = None, **given: Any) -> Any:
        return plain(*args, script=None if script is None else _checked(script), **given)

    made.callback = told
    for param in made.params:
        if isinstance(param, click.Option) and param.name == "script":
            param.metavar, param.help = "FILE", words
    return made


def _checked(given: str) -> str:
    """The script that an option names, or holds, as the text of its field."""
    from store.ai.runs import scripts

    bench, _scope = click.get_current_context().obj.scoped(unlock="must")
    text = given.strip()
    inline = not text or text[0] == "[" or (" " in text and not Path(given).is_file())
    text = given if inline else _file(given)
    if text.strip():
        scripts.read(bench, text)
    return text


_SCRIPT = _("Calls of tools to make without a model, from a file; - reads standard input.")
add = _with_script("add", _SCRIPT)
edit = _with_script("edit", _SCRIPT)

inputs: Noun = noun("inputs", _("The records that a mission is given to read."))


@inputs.command("list", help=_("List the records that a mission reads."))
@click.argument("text", metavar="MISSION")
@click.pass_obj
def list_inputs(call: Call, text: str) -> None:
    """Every linked record; of one that is gone, its id."""
    bench, scope, mission = _found(call, text, unlock="may")
    refs = _refs(mission)
    call.answer(
        refs, lambda: output.columns([(one["table"], _title(bench, scope, one)) for one in refs])
    )


def _refs(mission: Record) -> list[dict[str, Any]]:
    value = mission.get("inputs")
    return [dict(one) for one in value or [] if isinstance(one, dict)]


def _title(bench: Workbench, scope: Scope, ref: dict[str, Any]) -> str:
    table = str(ref.get("table") or "")
    if table in bench.registry:
        try:
            record = bench.documents.get(scope, table, str(ref.get("id") or ""))
        except NotFoundError:
            return _("gone: {id}").format(id=str(ref.get("id"))[:8])
        return bench.documents.title(table, record)
    return str(ref.get("id") or "")


@inputs.command("add", help=_("Give a mission records to read at each run."))
@click.argument("text", metavar="MISSION")
@click.argument("texts", nargs=-1, required=True, metavar="RECORD...")
@click.pass_obj
def add_inputs(call: Call, text: str, texts: Sequence[str]) -> None:
    """Link records of any module of the space."""
    bench, scope, mission = _found(call, text)
    refs = _refs(mission)
    known = {(one.get("table"), one.get("id")) for one in refs}
    for wanted in texts:
        collection, record = pick.anywhere(bench, scope, wanted)
        if (collection.name, record["id"]) not in known:
            refs.append({"module": collection.module, "table": collection.name, "id": record["id"]})
    _keep(call, bench, scope, mission, refs)


@inputs.command("remove", help=_("Take records away from what a mission reads."))
@click.argument("text", metavar="MISSION")
@click.argument("texts", nargs=-1, required=True, metavar="RECORD...")
@click.pass_obj
def remove_inputs(call: Call, text: str, texts: Sequence[str]) -> None:
    """Unlink records, named by their title or the start of their id."""
    bench, scope, mission = _found(call, text)
    refs = _refs(mission)
    for wanted in texts:
        left = [
            one
            for one in refs
            if not str(one.get("id")).startswith(wanted) and _title(bench, scope, one) != wanted
        ]
        if len(left) == len(refs):
            raise NotFoundError(
                _("{text!r} is not among what this mission reads.").format(text=wanted),
                kept=_("Nothing was changed."),
                hint=_("`manabench mission inputs list MISSION` shows what is."),
            )
        refs = left
    _keep(call, bench, scope, mission, refs)


def _keep(
    call: Call, bench: Workbench, scope: Scope, mission: Record, refs: list[dict[str, Any]]
) -> None:
    with bench.step(phrase("Set what a mission reads"), scope=scope) as step:
        step.update(MISSIONS, mission["id"], {"inputs": refs})
    words = ngettext("It reads {n} record.", "It reads {n} records.", len(refs))
    call.answer({"id": mission["id"], "inputs": refs}, words.format(n=len(refs)))
