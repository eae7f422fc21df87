"""search: records by words, tags and states."""

from __future__ import annotations

from collections.abc import Sequence

import click

from store.words import _
from tui.cli import output, pick
from tui.cli.call import Call, masked
from tui.cli.frame import Verb


@click.command(cls=Verb, help=_("Find records of the space by words, #tags and is: states."))
@click.argument("words", nargs=-1, required=True, metavar="QUERY...")
@click.option("--everywhere", is_flag=True, help=_("In every space."))
@click.option(
    "--limit", type=click.IntRange(min=1), default=50, metavar="N", help=_("At most so many: 50.")
)
@click.pass_obj
def search(call: Call, words: Sequence[str], everywhere: bool, limit: int) -> None:
    """Scan the unlocked content."""
    bench, scope = call.scoped(unlock="must")
    hits = bench.search.find(scope, " ".join(words), everywhere=everywhere, limit=limit)
    if not hits:
        call.note(
            _("Nothing found.")
            if everywhere
            else _("Nothing found in this space; --everywhere looks in all of them.")
        )
    nouns = {module.main: module.noun for module in bench.modules.values()}
    names = {space["id"]: pick.space_label(space) for space in bench.spaces.list()}
    call.answer(
        [
            {"collection": hit.collection, "id": hit.id, "title": hit.title, "spaceId": hit.space}
            for hit in hits
        ],
        lambda: output.columns(
            [
                (
                    id,
                    nouns.get(hit.collection, hit.collection),
                    names.get(hit.space, "") if everywhere else "",
                    masked(hit.title),
                )
                for id, hit in zip(output.short_ids([h.id for h in hits]), hits, strict=True)
            ],
            width=output.width(),
        ),
    )
