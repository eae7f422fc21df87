"""revert: the way back from what agents did."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from store.errors import NotFoundError, UsageError
from store.words import _, ngettext, number
from tui.cli import output
from tui.cli.call import Call
from tui.cli.frame import Verb
from tui.cli.timeline import named

if TYPE_CHECKING:
    from store.ai.proposals.reverting import Reverted
    from store.workbench import Workbench

NO_MISSION = "-"


@click.command(
    cls=Verb,
    help=_(
        "Take back what MISSION did, in its run ITERATION or in all; - as MISSION for runs of "
        "tool clients. What somebody wrote since is left; undo takes the revert back."
    ),
)
@click.argument("mission", metavar="MISSION")
@click.argument("iteration", default="", metavar="[ITERATION]")
@click.option("--step", type=click.IntRange(min=0), help=_("Only this call of the run."))
@click.option("--dry-run", is_flag=True, help=_("Only print what would happen."))
@click.pass_obj
def revert(call: Call, mission: str, iteration: str, step: int | None, dry_run: bool) -> None:
    """Revert a mission, a run of it or one call, as one step."""
    from store.ai.proposals import reverting

    if not iteration and (step is not None or mission == NO_MISSION):
        raise UsageError(_("Name the run too."), kept=_("Nothing was changed."))
    bench, scope = call.scoped()
    whose = "" if mission == NO_MISSION else named(bench, scope, "aiMissions", mission)
    run = iteration_named(bench, whose, iteration) if iteration else ""
    plan = reverting.plan_revert(bench, whose, run, step)
    done = plan if dry_run else reverting.revert(bench, whose, run, step)
    call.answer(
        {
            "dryRun": dry_run,
            "missionId": whose,
            "iterationId": run,
            "changed": done.changed,
            "records": [
                {"collection": change.collection, "id": change.id, "kind": change.kind}
                for change in plan.changes
            ],
            "left": _places(done.left),
            "unknown": _places(done.unknown),
            "external": done.external,
            "again": done.again,
        },
        lambda: _lines(bench, plan, done, dry_run),
    )


def _places(left: list[tuple[str, str, str]]) -> list[dict[str, str]]:
    return [{"collection": c, "id": id, "field": field} for c, id, field in left]


def iteration_named(bench: Workbench, mission: str, text: str) -> str:
    """The run of a mission whose id begins so. Raises NotFoundError."""
    from store.ai import actors

    found = actors.runs_named(bench, mission, text)
    if len(found) != 1:
        raise NotFoundError(
            _("No run that changed something, or more than one, is called {text}.").format(
                text=text
            ),
            kept=_("Nothing was changed."),
            hint=_("`manabench timeline` lists the runs."),
        )
    return found[0]


def _lines(bench: Workbench, plan: Reverted, done: Reverted, dry_run: bool) -> list[str]:
    from tui.asking.agents import proposals

    lines: list[Any] = []
    for change in plan.changes:
        lines += proposals.change_lines(bench, bench.scope, change)
    said = [output.clean(text, lines=True) for text, _role in lines]
    if done.again:
        said.append(_("It was taken back before; nothing was changed."))
    elif dry_run:
        words = ngettext(
            "Would take back {n} record.", "Would take back {n} records.", done.changed
        )
        said.append(words.format(n=number(done.changed)))
    else:
        words = ngettext("Took back {n} record.", "Took back {n} records.", done.changed)
        said.append(words.format(n=number(done.changed)))
    said += [
        _("  left as it is, written since: {field} of {id}").format(
            field=field, id=id[: output.SHORT]
        )
        for _collection, id, field in done.left
    ]
    said += [
        _("  left as it is, nothing older is known here: {field} of {id}").format(
            field=field, id=id[: output.SHORT]
        )
        for _collection, id, field in done.unknown
    ]
    said += [
        _("  not to be taken back, it left this program: {tool}").format(tool=tool)
        for tool in done.external
    ]
    return said
