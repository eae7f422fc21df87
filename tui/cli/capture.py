"""capture: a task typed in one line, from anywhere."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from store.errors import UsageError
from store.words import _
from tui.cli import output, pick
from tui.cli.call import Call, read_lines
from tui.cli.frame import Verb

if TYPE_CHECKING:
    from store.capture import Reading
    from store.workbench import Workbench


@click.command(
    cls=Verb,
    help=_(
        "Add a task in one line: a day or time at its end, +tag or #tag, !high, @space. What was "
        "read is printed; everything else is the title. Without TEXT one line is asked for, and "
        "from a pipe each line is a task (as with -). A backslash before a word, or double quotes "
        "in the text, keep it in the title. Most shells want quotes round #tag and !high."
    ),
)
@click.argument("words", nargs=-1, metavar="[TEXT]...")
@click.pass_obj
def capture(call: Call, words: Sequence[str]) -> None:
    """Add what was typed to the space of this call, or to the one that it names with @."""
    bench, scope = call.scoped(unlock="must")
    from store import adding, when

    module = bench.modules[adding.CAPTURED]
    known = adding.names(bench)
    now = when.local(bench.now())
    texts, is_list = _texts(call, words, pick.space_label(pick.space_of(call, bench)))
    readings = [adding.understood(text, now, known, scope.id) for text in texts]
    added = adding.add(bench, scope, module, readings)
    rows = []
    for one, reading in zip(added, readings, strict=True):
        place = bench.spaces.scope(one.space.id)
        record = bench.documents.get(place, module.main, one.id)
        rows.append(_row(bench, dict(record), one.space.name, reading))
    call.answer(
        rows if is_list else rows[0],
        lambda: [line for row, r in zip(rows, readings, strict=True) for line in _lines(row, r)],
    )


def _texts(call: Call, words: Sequence[str], space: str) -> tuple[list[str], bool]:
    """The lines to add, and whether there may be several."""
    if words and list(words) != ["-"]:
        text = " ".join(words).strip()
        found, is_list = [text] if text else [], False
    elif not words and call.can_ask():
        text = call.ask(_("{space} · new task:").format(space=space) + " ")
        found, is_list = [text] if text else [], False
    elif not words and (sys.stdin is None or output.is_terminal(sys.stdin)):
        found, is_list = [], False
    else:
        found, is_list = read_lines(), True
    if not found:
        raise UsageError(
            _("There is nothing to capture."),
            kept=_("Nothing was added."),
            hint=_("Type it after the command, or pipe it in, one task a line."),
        )
    return found, is_list


def _row(bench: Workbench, record: dict[str, Any], space: str, reading: Reading) -> dict[str, Any]:
    found = [
        {"kind": one.kind, "words": one.words, "meaning": one.meaning, "isNew": one.is_new}
        for one in reading.found
    ]
    return {**record, "tagNames": list(reading.tags), "space": space, "readings": found}


def _lines(row: dict[str, Any], reading: Reading) -> list[str]:
    """Where it went with what title, and below it what was read."""
    from store import capture as grammar
    from store import when

    words = _("Added to {space}:").format(space=output.clean(row["space"]))
    lines = [f"{words} {row['id'][: output.SHORT]}  {output.clean(str(row['title']))}"]
    said = " · ".join(grammar.said(reading, when.now()))
    return [*lines, f"  {output.clean(said)}"] if said else lines
