"""Which unfinished text is offered where: that of the space in view, else where it belongs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from store.drafts import Draft
from store.errors import ManabenchError
from store.words import _
from store.workbench import Workbench
from tui.asking import doing


class Offer(NamedTuple):
    """A draft to go on with. ``space``: the name of another space that it belongs to."""

    draft: Draft
    space: str = ""


def offered(bench: Workbench, drafts: Sequence[Draft], *, elsewhere: bool) -> Offer | None:
    """The newest draft of the space in view; with ``elsewhere`` of any other if it has none."""
    newest = sorted(drafts, key=lambda draft: draft.at, reverse=True)
    here = bench.scope.id
    mine = [draft for draft in newest if _belongs(bench, draft, here)]
    if mine:
        return Offer(mine[0])
    for draft in newest if elsewhere else ():
        for space in bench.spaces.list():
            if _belongs(bench, draft, space["id"]):
                return Offer(draft, space.text("name"))
    return None


def words(bench: Workbench, offer: Offer) -> tuple[str, dict[str, str]]:
    """What to say of it, with names of acts for their keys, and the other names in it."""
    names = {"at": doing.moment(bench, offer.draft.at), "place": offer.space}
    if offer.space:
        return _("Unfinished text of {at} in {place}: {space} leads there."), names
    if offer.draft.place.startswith("add/"):
        return _("Unfinished line of {at}: {add} goes on with it."), names
    return _("Unfinished text of {at}: open its record."), names


def _belongs(bench: Workbench, draft: Draft, space: str) -> bool:
    if draft.place.startswith("add/"):
        return draft.place.split("/")[1:2] == [space]
    if not draft.id:
        return False
    try:
        bench.documents.get(bench.spaces.scope(space), draft.collection, draft.id)
    except ManabenchError:
        return False
    return True
