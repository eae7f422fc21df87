"""What waits for a person's look: its lines, and what is done to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from store.words import _, ngettext
from tui.asking import doing
from tui.asking.managing.entry import Entry, heading

if TYPE_CHECKING:
    from store.workbench import Workbench

HELD, ELSEWHERE = "held", "space"


def entries(bench: Workbench) -> list[Entry]:
    """The deletions that wait in the space in view, then the other spaces where some do."""
    scope = bench.scope
    words = {module.main: _(module.words) for module in bench.modules.values()}
    found = [
        Entry(
            f"held/{w.n}",
            w.title or _("Untitled"),
            HELD,
            w.id,
            right=doing.moment(bench, w.at),
            note=words.get(w.collection, w.collection),
            facts=_("To be deleted. Space deletes it, r keeps it, Enter shows it."),
            value=(w.n, w.collection),
            aligned=True,
        )
        for w in bench.held.list(scope)
    ]
    if found:
        found.insert(0, heading(_("Deletions that wait for a look")))
    others = []
    for space in bench.spaces.list():
        there = bench.spaces.scope(space["id"])
        count = bench.held.count(there) if there.id != scope.id else 0
        if count:
            waits = ngettext("{n} held", "{n} held", count).format(n=count)
            facts = _("Enter goes to this space.")
            others.append(
                Entry(there.id, space.text("name"), ELSEWHERE, there.id, right=waits, facts=facts)
            )
    if others:
        others.insert(0, heading(_("In other spaces")))
    return found + others


def accept(bench: Workbench, numbers: Sequence[int]) -> str:
    """Delete what was held."""
    count = bench.held.accept(bench.scope, numbers)
    return ngettext(
        "Deleted {n} record. u brings it back.", "Deleted {n} records. u brings them back.", count
    ).format(n=count)


def refuse(bench: Workbench, numbers: Sequence[int]) -> str:
    """Keep what was held, as it is."""
    count = bench.held.refuse(bench.scope, numbers)
    return ngettext(
        "Kept {n} record; only the wish to delete it is gone, for good.",
        "Kept {n} records; only the wish to delete them is gone, for good.",
        count,
    ).format(n=count)
