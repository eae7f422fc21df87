"""doctor: what is wrong with this machine, terminal or workbench, and what to do about each."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

import click

from store.doctor import STATES, Finding
from store.words import N_, _, ngettext
from tui.cli import output
from tui.cli.call import Call
from tui.cli.frame import Verb

_STATES = {"ok": N_("ok"), "note": N_("note"), "warn": N_("warn"), "bad": N_("bad")}


MOST_NARROW = 24
"""Columns that a finding has at least."""


@click.command(
    cls=Verb,
    help=_(
        "Look at terminal, folders, database, keys and other processes, and say what to do. "
        "Nothing is changed and nothing protected is shown. Exit code 1 if anything is bad."
    ),
)
@click.option("--deep", is_flag=True, help=_("Check every index of the database too."))
@click.pass_obj
def doctor(call: Call, deep: bool) -> None:
    """Every finding, the terminal's first; those that are fine are one line."""
    found = list(_findings(call, deep))
    worst = max(found, key=lambda one: STATES.index(one.state)).state
    data = {"worst": worst, "findings": [one._asdict() for one in found]}
    call.answer(data, lambda: _lines(found))
    if worst == "bad":
        click.get_current_context().exit(1)


def _findings(call: Call, deep: bool) -> Iterator[Finding]:
    from store import doctor as store
    from store import settings
    from tui import checkup

    asks = output.is_terminal(sys.stdin) and output.is_terminal() and not call.json
    chosen = settings.load()
    yield from checkup.examine(os.environ, chosen, asks=asks)
    yield from store.examine(call.path(), deep=deep)
    yield from _keymap(chosen.keys)


def _keymap(preset: str) -> Iterator[Finding]:
    """What is wrong with the person's own keys."""
    from store.modules import installed
    from tui.keys import keymap_file
    from tui.keys.actions import everything

    problems = keymap_file.load(lambda: everything(installed()), preset).problems
    for problem in problems:
        yield Finding("keymap", "warn", str(problem), _("Mend that line in an editor."))
    if not problems:
        yield Finding("keymap", "ok", _("The keymap holds."))


def _lines(found: list[Finding]) -> list[str]:
    """One line a finding, what to do below it, and a count."""
    wide = max(len(_(words)) for words in _STATES.values())
    names = max(len(one.about) for one in found)
    lines = []
    room = max(MOST_NARROW, output.width() - wide - names - 4) if output.width() else 0
    for one in found:
        told = output.folded(output.clean(one.words), room)
        if one.todo and one.state != "ok":
            todo = output.folded(output.clean(one.todo), room and room - 2)
            told += ["> " + line for line in todo]
        head = f"{_(_STATES[one.state]):<{wide}}  {one.about:<{names}}  "
        for line in told:
            lines.append((head + line).rstrip())
            head = " " * len(head)
    wrong = sum(one.state in ("warn", "bad") for one in found)
    if wrong:
        count = ngettext("{n} thing needs a look.", "{n} things need a look.", wrong)
        return [*lines, "", count.format(n=wrong)]
    return [*lines, "", _("Nothing is wrong.")]
