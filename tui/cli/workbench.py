"""The way to the screen, and what needs neither screen nor store."""

from __future__ import annotations

import click

from store.errors import UsageError
from store.words import _
from tui.cli.call import Call
from tui.cli.frame import Verb


def open_workbench(call: Call, *, demo: bool = False, dev: bool = False) -> int:
    """Open the screen and return its exit code. The screen says where no terminal is."""
    if call.json or call.space or call.yes or call.passphrase_stdin:
        # A passphrase on standard input would otherwise be taken for text to capture.
        raise UsageError(
            _("The workbench itself takes only --home; the other options need a command."),
            hint=_("See `manabench --help`."),
        )
    from tui.app import run

    return run(None if demo else call.home, demo=demo, dev=dev)


@click.command(cls=Verb, help=_("Open a throw-away workbench, richly filled."))
@click.option("--dev", is_flag=True, help=_("Allow the framework's developer variables."))
@click.pass_obj
def demo(call: Call, dev: bool) -> None:
    """Open the demo; it neither touches nor names the real home."""
    click.get_current_context().exit(open_workbench(call, demo=True, dev=dev))


@click.command(cls=Verb, help=_("Say which version this is."))
@click.pass_obj
def version(call: Call) -> None:
    """Print the versions of the program, of its database and of what it stands on."""
    import platform
    import sqlite3
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as installed

    from store.database import SCHEMA

    try:
        own = installed("manabench")
    except PackageNotFoundError:
        own = "0"
    data = {
        "manabench": own,
        "schema": f"{SCHEMA // 1000}.{SCHEMA % 1000}",
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
    }
    call.answer(
        data,
        f"manabench {own} (database {data['schema']}, Python {data['python']}, "
        f"SQLite {data['sqlite']})",
    )
