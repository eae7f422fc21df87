"""import: a folder of Markdown files, or a Taskwarrior export."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click

from store.words import _
from tui.cli import output, pick
from tui.cli.call import Call
from tui.cli.frame import Verb


@click.command("import", cls=Verb, help=_("Bring in a folder of Markdown or a Taskwarrior export."))
@click.argument("path", type=click.Path())
@click.option(
    "--format",
    "format_",
    type=click.Choice(["markdown", "taskwarrior"]),
    help=_("What it is; else told by its content."),
)
@click.option("--dry-run", is_flag=True, help=_("Only print what would happen."))
@click.pass_obj
def import_(call: Call, path: str, format_: str | None, dry_run: bool) -> None:
    """Import as one step; importing the same again changes nothing."""
    bench, _scope = call.scoped(unlock="must")
    from store import exchange

    plan = exchange.plan(bench, path, format_)
    space = pick.space_label(pick.space_of(call, bench))
    if dry_run:
        data: dict[str, Any] = {
            "dryRun": True,
            "counts": plan.counts,
            "problems": [problem._asdict() for problem in plan.problems],
            "newTags": plan.new_tags,
            "remarks": plan.remarks,
            "entries": [entry._asdict() for entry in plan.entries],
        }
        call.answer(
            data,
            lambda: [
                *(output.clean(line) for line in plan.lines()),
                _("Into {space}: {sentence}").format(
                    space=space, sentence=output.clean(plan.sentence())
                ),
                _("Nothing was imported; leave out --dry-run to do it."),
            ],
        )
        return
    for remark in plan.remarks:
        call.note(output.clean(remark))
    with _stoppable() as stopped:
        result = exchange.run(bench, plan, progress=_progress(call), cancelled=stopped)
    for problem in result.problems:
        words = _("Skipped: ") if problem.skipped else _("Remark: ")
        call.note(f"{words}{output.clean(problem.label)}: {output.clean(problem.reason)}")
    data = {
        "dryRun": False,
        "counts": result.counts,
        "problems": [problem._asdict() for problem in result.problems],
        "newTags": result.new_tags,
        "remarks": plan.remarks,
        "written": result.written,
        "cancelled": result.cancelled,
        "kept": [{"label": label, "fields": list(fields)} for label, fields in result.kept],
    }
    call.answer(
        data,
        _("Into {space}: {sentence}").format(space=space, sentence=output.clean(result.sentence())),
    )
    if result.cancelled:
        click.get_current_context().exit(130)


@contextmanager
def _stoppable() -> Iterator[Callable[[], bool]]:
    """Let Ctrl+C end an import between two batches, keeping what is done; a second one kills."""
    asked: list[int] = []

    def ask(number: int, _frame: object) -> None:
        asked.append(number)
        signal.signal(signal.SIGINT, before)

    try:
        before = signal.signal(signal.SIGINT, ask)
    except ValueError:  # not the main thread: nobody can press it
        yield lambda: False
        return
    try:
        yield lambda: bool(asked)
    finally:
        signal.signal(signal.SIGINT, before)


def _progress(call: Call) -> Any:
    """A counter on stderr, where a person watches."""
    if call.json or not call.can_ask():
        return None

    def tell(done: int, total: int) -> None:
        end = "\n" if done >= total else ""
        output.write(f"\r{done}/{total}{end}", error=True)

    return tell
