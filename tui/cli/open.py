"""open: the workbench, at one record."""

from __future__ import annotations

import os

import click

from store.errors import UsageError
from store.words import _
from tui.cli.call import Call
from tui.cli.frame import Verb


@click.command("open", cls=Verb, help=_("Open the workbench at a record of any module."))
@click.argument("text", metavar="RECORD")
@click.pass_obj
def open_(call: Call, text: str) -> None:
    """Look the record up as far as the vault is open, then hand it to the screen."""
    from tui import terminal

    if call.json or call.yes or call.passphrase_stdin:
        raise UsageError(
            _("The workbench takes only --home and --space."),
            hint=_("`manabench task show RECORD --json` prints a record instead."),
        )
    if said := terminal.refusal(os.environ):
        call.note(said)
        click.get_current_context().exit(2)
    from tui.shell.arriving import Target, find

    bench = call.bench(unlock="never")
    target = Target(text=text)
    if bench.vault.unlocked:
        from tui.cli import pick

        target = find(bench, bench.enter(pick.space_of(call, bench)["id"]), text)
    call.close()
    from tui.app import run

    click.get_current_context().exit(run(call.home, target=target))
