"""The part of the inbox that syncing fills: conflicts, instructions from elsewhere, rows in
quarantine, records that were set aside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from store.errors import ManabenchError
from store.records import Masked
from store.words import _, ngettext, number
from tui.asking import doing
from tui.asking.managing.entry import Entry, heading
from tui.asking.managing.inbox import ASIDE, AUTHORITY, CONFLICTS, MOST, QUARANTINE, more

if TYPE_CHECKING:
    from store.sync.waiting.authority import Held
    from store.workbench import Workbench


def entries(bench: Workbench) -> list[Entry]:
    """What waits because of syncing, of all spaces."""
    return [*_conflicts(bench), *_authority(bench), *_quarantine(bench), *_aside(bench)]


def _conflicts(bench: Workbench) -> list[Entry]:
    count = bench.sync.status().waiting.conflicts
    if not count:
        return []
    words = ngettext("{n} conflict", "{n} conflicts", count).format(n=number(count))
    facts = _("Values typed here that lost to others. Enter shows mine and theirs.")
    return [
        heading(_("Conflicts")),
        Entry("conflicts", words, CONFLICTS, facts=facts, glyph="!", role="warn"),
    ]


def _authority(bench: Workbench) -> list[Entry]:
    from store.sync.waiting import authority

    lines = [
        Entry(
            f"authority/{one.app}/{one.collection}/{one.space}/{one.id}",
            masked(one.title) or one.id[:8],
            AUTHORITY,
            one.id,
            note=one.collection,
            facts=_("It does not act: {why}.").format(why=_(authority.WORDS[one.reason]))
            + "\n"
            + _("Enter shows it whole. Space lets it act, r does not."),
            value=one,
            aligned=True,
        )
        for one in authority.waiting(bench)
    ]
    return [heading(_("Instructions from elsewhere")), *lines] if lines else []


def masked(value: object) -> str:
    """A title, or why it cannot be read."""
    return f"<{_(value.reason)}>" if isinstance(value, Masked) else str(value or "")


def told_whole(one: Held) -> list[tuple[str, str]]:
    """All that an instruction acts by, as (field, value)."""
    import json

    return [
        (name, masked(value) if isinstance(value, str | Masked) else json.dumps(value, default=str))
        for name, value in one.fields.items()
    ]


def _quarantine(bench: Workbench) -> list[Entry]:
    from store.sync.waiting import quarantine

    waiting = quarantine.waiting(bench)
    lines = [
        Entry(
            f"quarantine/{one.n}",
            quarantine.words(one.reason),
            QUARANTINE,
            right=doing.moment(bench, one.noticed),
            note=f"{one.collection} {one.id[:8]}".strip(),
            facts=_("A row from the server that was not taken in. Space tries again, r drops it."),
            value=one.n,
        )
        for one in waiting[:MOST]
    ]
    return [heading(_("In quarantine")), *lines, *more(len(waiting))] if lines else []


def _aside(bench: Workbench) -> list[Entry]:
    lines = [
        Entry(
            f"aside/{one.n}",
            one.title or _("Untitled"),
            ASIDE,
            one.id,
            right=doing.moment(bench, one.noticed),
            note=one.collection,
            facts=_("The server refused it: {words}").format(words=one.words)
            + "\n"
            + _("It is kept here. A change to it, or Space, sends it again."),
            value=one.n,
            aligned=True,
        )
        for one in set_aside(bench)
    ]
    return [heading(_("Refused by the server")), *lines] if lines else []


class Aside(NamedTuple):
    """A record that a server refused, and its words."""

    n: int
    collection: str
    id: str
    title: str
    words: str
    noticed: str


def set_aside(bench: Workbench) -> list[Aside]:
    """What was set aside, oldest first; of at most ``MOST`` records."""
    found = []
    rows = bench.db.read(
        f"SELECT n, collection, record, words, noticed FROM aside ORDER BY n LIMIT {MOST}"
    )
    for n, name, record, words, noticed in rows:
        table = name if name in bench.registry else "foreign_records"
        places = bench.db.read(f'SELECT id, space FROM "{table}" WHERE pk = ?', (record,))
        if not places:
            continue
        id, space = places[0]
        found.append(Aside(n, name, id, _title(bench, name, id, space), words, noticed))
    return found


def _title(bench: Workbench, name: str, id: str, space: int) -> str:
    """What a record of any space is called; the start of its id where that cannot be told."""
    if name not in bench.registry:
        return id[:8]
    try:
        known = next(
            (s for s in bench.spaces.list() if bench.spaces.scope(s["id"]).number == space), None
        )
        scope = bench.user_scope if known is None else bench.spaces.scope(known["id"])
        return bench.documents.title(name, bench.documents.get(scope, name, id))
    except ManabenchError:
        return id[:8]


def accept(bench: Workbench, kind: str, chosen: Sequence[Entry]) -> str:
    """Try again what was not taken in or refused; let an instruction act."""
    count = len(chosen)
    if kind == AUTHORITY:
        from store.sync.waiting import authority

        for entry in chosen:
            one = entry.value
            authority.approve(bench, one.app, one.collection, one.space, one.id, seen=one.digest)
        return ngettext("{n} may act now.", "{n} may act now.", count).format(n=number(count))
    if kind == QUARANTINE:
        from store.sync.waiting import quarantine

        if taken := quarantine.retry(bench, [entry.value for entry in chosen]):
            words = ngettext("Took {n} row in.", "Took {n} rows in.", taken)
            return words.format(n=number(taken))
        return _("Still not possible; it stays.")
    from store.sync.outbox import outgoing

    outgoing.retry_aside(bench, [entry.value for entry in chosen])
    words = ngettext("{n} record goes out again.", "{n} records go out again.", count)
    return words.format(n=number(count))


def refuse(bench: Workbench, kind: str, chosen: Sequence[Entry]) -> str:
    """Drop a row; never let an instruction act."""
    count = len(chosen)
    if kind == AUTHORITY:
        from store.sync.waiting import authority

        for entry in chosen:
            one = entry.value
            authority.refuse(bench, one.app, one.collection, one.space, one.id)
        words = ngettext("{n} will not act here.", "{n} will not act here.", count)
        return words.format(n=number(count))
    if kind == QUARANTINE:
        from store.sync.waiting import quarantine

        quarantine.drop(bench, [entry.value for entry in chosen])
        return ngettext("Dropped {n} row.", "Dropped {n} rows.", count).format(n=number(count))
    return _("What the server refused stays here; a change to it sends it again.")
