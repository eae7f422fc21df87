"""What waits for a person's look: its lines, and what is done to it.

What agents propose; held deletions of the space in view; conflicts; instructions from elsewhere
that do not act yet; rows from a server that could not be taken in; records that a server refused.
None of them holds anything else up.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from store.words import _, ngettext, number
from tui.asking import doing, syncing
from tui.asking.managing.entry import Entry, heading

if TYPE_CHECKING:
    from store.workbench import Workbench

HELD, ELSEWHERE, CONFLICTS = "held", "space", "conflicts"
PROPOSAL = "proposal"
AUTHORITY, QUARANTINE, ASIDE = "authority", "quarantine", "aside"

KINDS = (HELD, AUTHORITY, QUARANTINE, ASIDE)
"""What Space and r act on."""

MOST = 200
"""Lines of one kind that are listed; more are counted."""


def entries(bench: Workbench) -> list[Entry]:
    """All that waits: first what agents propose, what is about this space, then what is about
    syncing."""
    found = [*_proposals(bench), *_deletions(bench)]
    if syncing.has_account(bench):
        from tui.asking.managing import foreign

        found += foreign.entries(bench)
    return found + _elsewhere(bench)


def _proposals(bench: Workbench) -> list[Entry]:
    """Asked of the table first: a home without agents loads none of them."""
    if not bench.db.read("SELECT 1 FROM proposals WHERE state = 'pending' LIMIT 1"):
        return []
    from tui.asking.agents import proposals

    return proposals.entries(bench)


def _deletions(bench: Workbench) -> list[Entry]:
    words = {module.main: _(module.words) for module in bench.modules.values()}
    waiting = bench.held.list(bench.scope)
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
        for w in waiting[:MOST]
    ]
    if not found:
        return []
    return [heading(_("Deletions that wait for a look")), *found, *more(len(waiting))]


def more(count: int) -> list[Entry]:
    """A line that says how many are not listed."""
    if count <= MOST:
        return []
    rest = count - MOST
    words = ngettext("and {n} more", "and {n} more", rest).format(n=number(rest))
    return [heading("  " + words)._replace(role="dim")]


def _elsewhere(bench: Workbench) -> list[Entry]:
    others = []
    for space in bench.spaces.list():
        there = bench.spaces.scope(space["id"])
        count = bench.held.count(there) if there.id != bench.scope.id else 0
        if count:
            waits = ngettext("{n} held", "{n} held", count).format(n=count)
            facts = _("Enter goes to this space.")
            others.append(
                Entry(there.id, space.text("name"), ELSEWHERE, there.id, right=waits, facts=facts)
            )
    return [heading(_("In other spaces")), *others] if others else []


def accept(bench: Workbench, chosen: Sequence[Entry]) -> str:
    """Do what waits; all of ``chosen`` are of one kind."""
    kind = chosen[0].kind
    if kind != HELD:
        from tui.asking.managing import foreign

        return foreign.accept(bench, kind, chosen)
    count = bench.held.accept(bench.scope, [entry.value[0] for entry in chosen])
    return ngettext(
        "Deleted {n} record. u brings it back.", "Deleted {n} records. u brings them back.", count
    ).format(n=count)


def refuse(bench: Workbench, chosen: Sequence[Entry]) -> str:
    """Leave it as it is; all of ``chosen`` are of one kind."""
    kind = chosen[0].kind
    if kind != HELD:
        from tui.asking.managing import foreign

        return foreign.refuse(bench, kind, chosen)
    count = bench.held.refuse(bench.scope, [entry.value[0] for entry in chosen])
    return ngettext(
        "Kept {n} record; only the wish to delete it is gone, for good.",
        "Kept {n} records; only the wish to delete them is gone, for good.",
        count,
    ).format(n=count)
