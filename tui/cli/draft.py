"""draft: text that was typed in the workbench but not committed."""

from __future__ import annotations

import click

from store.errors import NotFoundError
from store.words import _
from tui.cli import output
from tui.cli.call import Call
from tui.cli.frame import noun

draft = noun("draft", _("Text that was typed but not committed, on this machine."))


@draft.command("list", help=_("List the drafts, newest first."))
@click.pass_obj
def list_(call: Call) -> None:
    """Every draft that opens here."""
    bench = call.bench(unlock="must")
    known = bench.drafts.all()
    if not known:
        call.note(_("No drafts: everything typed was committed."))
    from store import when

    call.answer(
        [one._asdict() for one in known],
        lambda: output.columns(
            [
                (
                    when.shown(one.at, when.now()),
                    one.place,
                    output.clean(next(iter(one.text.strip().splitlines()), "")),
                )
                for one in known
            ],
            width=output.width(),
        ),
    )


@draft.command(help=_("Print the text of the draft at PLACE."))
@click.argument("place")
@click.pass_obj
def show(call: Call, place: str) -> None:
    """One draft as it was typed."""
    found = call.bench(unlock="must").drafts.load(place)
    if found is None:
        raise NotFoundError(
            _("There is no draft at {place!r}.").format(place=place),
            hint=_("`manabench draft list` shows the places."),
        )
    call.answer(found._asdict(), output.clean(found.text, lines=True))
