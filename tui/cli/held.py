"""held: deletions that wait for a person's look."""

from __future__ import annotations

import click

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


@held.command(help=_("Delete all that waits in the space; undo brings it back."))
@click.pass_obj
def accept(call: Call) -> None:
    """Carry the held deletions out, as one step."""
    bench, scope = call.scoped()
    count = bench.held.accept(scope)
    call.answer(
        {"deleted": count},
        ngettext("Deleted {n} record.", "Deleted {n} records.", count).format(n=count),
    )


@held.command(help=_("Keep all that waits in the space."))
@click.pass_obj
def refuse(call: Call) -> None:
    """Drop the held list; every record stays as it is."""
    bench, scope = call.scoped()
    count = bench.held.refuse(scope)
    call.answer(
        {"kept": count}, ngettext("Kept {n} record.", "Kept {n} records.", count).format(n=count)
    )
