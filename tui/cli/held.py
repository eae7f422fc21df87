"""held: deletions that wait for a person's look."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from store.errors import NotFoundError
from store.words import _, ngettext
from tui.cli import output
from tui.cli.call import Call, masked
from tui.cli.frame import noun

held = noun("held", _("Deletions that wait for a look."))


@held.command("list", help=_("List the deletions that wait in the space."))
@click.pass_obj
def list_(call: Call) -> None:
    """What waits, oldest first."""
    bench, scope = call.scoped()
    waiting = bench.held.list(scope)
    if not waiting:
        call.note(_("Nothing is held in this space."))
    from store import when

    call.answer(
        [{"collection": w.collection, "id": w.id, "title": w.title, "at": w.at} for w in waiting],
        lambda: output.columns(
            [
                (id, w.collection, when.shown(w.at, when.now()), masked(w.title))
                for id, w in zip(output.short_ids([w.id for w in waiting]), waiting, strict=True)
            ],
            width=output.width(),
        ),
    )


_records = click.argument("records", nargs=-1, metavar="[RECORD]...")


def _chosen(bench: Any, scope: Any, records: Sequence[str]) -> list[int] | None:
    """The numbers of what waits that ``records`` mean, by the start of an id or the whole title;
    None for all of it. Raises NotFoundError."""
    waiting = bench.held.list(scope)
    found = []
    for text in records:
        mine = [w.n for w in waiting if text in (w.title, w.id) or w.id.startswith(text)]
        if not mine:
            raise NotFoundError(
                _("{text} does not wait here.").format(text=text), kept=_("Nothing was changed.")
            )
        found += mine
    return found if records else None


@held.command(help=_("Delete what waits in the space, all or RECORD...; undo brings it back."))
@_records
@click.pass_obj
def accept(call: Call, records: Sequence[str]) -> None:
    """Carry held deletions out, as one step."""
    bench, scope = call.scoped()
    count = bench.held.accept(scope, _chosen(bench, scope, records))
    call.answer(
        {"deleted": count},
        ngettext("Deleted {n} record.", "Deleted {n} records.", count).format(n=count),
    )


@held.command(help=_("Keep what waits in the space, all or RECORD..."))
@_records
@click.pass_obj
def refuse(call: Call, records: Sequence[str]) -> None:
    """Drop what is held; every record stays as it is."""
    bench, scope = call.scoped()
    count = bench.held.refuse(scope, _chosen(bench, scope, records))
    call.answer(
        {"kept": count}, ngettext("Kept {n} record.", "Kept {n} records.", count).format(n=count)
    )
