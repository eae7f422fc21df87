"""One record while the changes of a page from elsewhere are merged into it.

What it was before the page is what history keeps and what may be lost; what the page brings in
between was never current here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from store.arrivals import DELETED, REPLAY, Arrived, Clash, Merging, sane
from store.changes import AGAIN, NEW, fold, remembered
from store.records import dumps, loads
from store.rows import Existing, Prior, Row
from store.stamps import (
    EPOCH,
    PURGED,
    Meta,
    Stamp,
    Version,
    canonical,
    later,
    micros,
    next_ms,
    wins,
)
from store.vault import is_envelope


def _names(text: str) -> list[str]:
    """A column that lists names of fields."""
    names: list[str] = loads(f'{{"f":{text}}}')["f"]
    return names


class Being:
    """One record while the changes of a page are merged into it.

    prior, clashes, news: what was overwritten of the state before the page, who lost, and the
    values that the present one has to be sent after, once for each. older: how many values were
    refused. ``settle`` ends the merging.
    """

    __slots__ = (
        *("altered", "author", "clashes", "created", "deleted", "dirty", "doc", "id", "key"),
        *("large", "merging", "meta", "new", "older", "prior", "news", "sealed", "touched"),
        *("unsent", "whole", "_born", "_late", "_met", "_past", "_removals"),
    )

    def __init__(self, merging: Merging, found: Existing | None, key: int, first: Arrived) -> None:
        self.merging = merging
        self.id = first.id
        self.new = found is None
        self.large: dict[str, Any] = {}
        self.sealed: set[str] = set()
        self.dirty: set[str] = set()
        self.unsent = self.altered = False
        if found is None:
            self.key, self.whole = key, True
            self.doc: dict[str, Any] = {}
            at = first.at(next(iter(first.fields), ""))
            self.meta = Meta(Stamp(at, first.actor, first.origin))
            self.deleted: str | None = None
            self.author, self.created = merging.nobody, ""
        else:
            self.key = found.pk
            self.doc = loads(found.doc)
            self.meta = Meta.load(found.meta)
            self.deleted = found.deleted_at
            self.author = found.author or merging.nobody
            self.created = found.created_at or ""
            self.whole = not merging.large or found.large is not None
            self._load(found)
        self._born = self.created
        self.prior: dict[str, list[Any]] = {}
        self.touched: set[str] = set()
        self.clashes: dict[str, Clash] = {}
        self.news: list[tuple[str, str]] = []
        self.older = 0
        self._removals: list[tuple[str | None, str, int, str, bool]] = []
        self._met: tuple[str, int] | None = None
        self._past: list[tuple[str, str]] = []
        self._late: list[Arrived] = []

    def _load(self, found: Existing) -> None:
        """What few stored records have."""
        if found.large is not None:
            if self.merging.foreign:
                self.sealed = set(_names(found.large))
            else:
                self.large = loads(found.large)
        if found.dirty is not None:
            self.unsent = found.dirty == NEW
            self.dirty = set() if self.unsent else set(_names(found.dirty))
        if self.deleted is not None:
            # A purge keeps all names in one place.
            for name in self.merging.large & self.doc.keys():
                self.large[name] = self.doc.pop(name)

    # Fields ---------------------------------------------------------------------------------

    def take(self, arrived: Arrived) -> None:
        """Merge one change; what it says of the record's life waits for ``settle``."""
        if arrived.author and self.author == self.merging.nobody:
            self.author, self.altered = arrived.author, True
        if arrived.created and (not self.created or later(self.created, arrived.created)):
            self.created, self.altered = arrived.created, True
        if self.deleted is not None:
            self._late.append(arrived)
        for name, value in arrived.fields.items():
            self._field(name, value, arrived.at(name), arrived)
        if arrived.dated and not self.new:
            self._redate(arrived)
        if arrived.removal is not None:
            deleted, at = arrived.removal
            self._removals.append((deleted, at, arrived.actor, arrived.origin, arrived.marked))

    def _field(self, name: str, value: Any, at: str, arrived: Arrived) -> None:
        target = self.large if name in self.merging.large else self.doc
        held = target.get(name)
        stamp = self.meta.of(name, name in target)
        if stamp is None:
            is_own = self.meta.default.origin not in (REPLAY, PURGED)
            if is_own and self._is_behind(at, self._born):
                self._lift(name, value, Stamp(at, arrived.actor, arrived.origin), self._born)
            else:
                self._write(name, value, Stamp(at, arrived.actor, arrived.origin))
            return
        if name in self.merging.joins and self._join(name, value, at, held, stamp):
            return
        ours, theirs = micros(stamp.at), micros(at)
        if theirs > ours:
            if stamp.origin == "user" or self.clashes:
                self._clash(name, held, value, stamp, at, arrived.actor)
            self._write(name, value, Stamp(at, arrived.actor, arrived.origin))
        elif theirs < ours:
            self._refuse(name, value, at, held)
        else:
            self._tie(name, value, at, held, stamp, arrived)

    def _is_behind(self, at: str, record: str) -> bool:
        """Whether peers that date a record as a whole take no field of that time into it. A time
        that nobody chose, or that cannot be trusted, is left where it is."""
        when = micros(at)
        return self.deleted is None and 0 < when < micros(record) and bool(next_ms(record))

    def _redate(self, arrived: Arrived) -> None:
        """A whole record came that has not all of our fields: those written here before it was
        made are written again after that, because peers who see it first refuse them."""
        for target in (self.doc, self.large):
            for name in target:
                stamp = None if name in arrived.fields else self.meta.of(name, True)
                if not stamp or stamp.origin == REPLAY:
                    continue
                if self._is_behind(stamp.at, arrived.dated):
                    self._lift(name, target[name], stamp, arrived.dated)

    def _lift(self, name: str, value: Any, stamp: Stamp, record: str) -> None:
        """A field as of one millisecond after its record: a time that all who do it give it, and
        only those whose own field or record it is. What a person typed here stays theirs."""
        lifted = stamp._replace(at=next_ms(record))
        if stamp.origin == REPLAY:
            lifted = Stamp(lifted.at, self.merging.sync, "system")
        self._write(name, value, lifted, marked=True, restores=stamp.at)

    def _tie(
        self, name: str, value: Any, at: str, held: Any, stamp: Stamp, arrived: Arrived
    ) -> None:
        merging = self.merging
        if value.__class__ is held.__class__ is str and value == held:
            return
        if stamp.origin == PURGED:
            # What a purge took comes back only with the record's life.
            return
        mine, readable = merging.opened(self.id, name, held)
        theirs, open_to_us = merging.opened(self.id, name, value)
        if readable and open_to_us and canonical(mine) == canonical(theirs):
            self._reseal(name, value, held)
            return
        won = wins(Version(theirs, at, open_to_us), Version(mine, stamp.at, readable))
        after = next_ms(stamp.at)
        certain = readable and open_to_us and bool(after)
        if stamp.origin != REPLAY and certain:
            # Peers with other rules keep different ones of two equal times; a later one ends it.
            if won:
                self._clash(name, held, value, stamp, at, arrived.actor)
            written = Stamp(after, merging.sync, "system")
            same = None if won else stamp.at
            self._write(name, value if won else held, written, marked=True, restores=same)
            return
        if won:
            self._clash(name, held, value, stamp, at, arrived.actor)
            self._write(name, value, Stamp(at, arrived.actor, arrived.origin))
        if certain and self.deleted is None:
            # Both are others'. Such a peer keeps the one that it heard last: it hears the winner.
            self.news.append((name, at))

    def _reseal(self, name: str, value: Any, held: Any) -> None:
        """The same plaintext under the account's present key replaces one under an older key, so
        that a rotation elsewhere ends here; nothing else of the field changes."""
        vault = self.merging.vault
        account = all(isinstance(one, str) and one.startswith("enc:1:") for one in (value, held))
        if name in self.merging.clear or not account:
            return
        if vault.is_current1(value) and not vault.is_current1(held):
            target = self.large if name in self.merging.large else self.doc
            target[name] = value
            self.altered = True

    def _join(self, name: str, value: Any, at: str, held: Any, stamp: Stamp) -> bool:
        """Whether the two were joined and nothing is left to decide. What either of them lacks is
        written back later than both."""
        mine, readable = self.merging.opened(self.id, name, held)
        theirs, open_to_us = self.merging.opened(self.id, name, value)
        if not (readable and open_to_us and isinstance(mine, list) and isinstance(theirs, list)):
            return False
        joined = self.merging.joins[name](mine, theirs)
        text = canonical(joined)
        newer = later(at, stamp.at)
        if text == canonical(theirs if newer else mine):
            return not newer and micros(at) == micros(stamp.at)
        after = next_ms(at if newer else stamp.at) or EPOCH
        self._write(name, joined, Stamp(after, self.merging.sync, "system"), marked=True)
        return True

    def _write(
        self,
        name: str,
        value: Any,
        stamp: Stamp,
        *,
        marked: bool = False,
        restores: str | None = None,
    ) -> None:
        target = self.large if name in self.merging.large else self.doc
        present = name in target
        merging = self.merging
        before = self.meta.of(name, present)
        self._remember(name, target.get(name), before, stamp.at, restores)
        if merging.foreign:
            (self.sealed.add if is_envelope(value) else self.sealed.discard)(name)
        target[name] = value if value is None or name in merging.clear else self._kept(name, value)
        self._stamp(name, stamp, marked)
        if stamp.origin == REPLAY:
            self._met = (stamp.at, stamp.actor)

    def _kept(self, name: str, value: Any) -> Any:
        return self.merging.at_rest(self.id, name, value)

    def _remember(
        self, name: str, held: Any, before: Stamp | None, at: str, restores: str | None
    ) -> None:
        if before is not None:
            self._past.append((name, before.at))
        if self.new:
            return
        if name in self.prior:
            self.prior[name][5:] = [at, None]
            return
        entry = [1, held, *before] if before else [0, held, None, None, None]
        self.prior[name] = [*entry, at, restores]

    def _stamp(self, name: str, stamp: Stamp, marked: bool) -> None:
        if self.unsent:
            self._part()
        self.meta.own[name] = stamp
        self.touched.add(name)
        if self.dirty:
            self.dirty -= {name, f"{AGAIN}{name}"}
        if marked:
            self.dirty.add(name)

    def _part(self) -> None:
        """A record that no server had seen has been seen: from here on its fields are sent, each
        on its own."""
        self.unsent = False
        names = [*self.doc, *self.large, *self.meta.own]
        stamps = ((name, self.meta.of(name, True)) for name in names)
        self.dirty |= {name for name, stamp in stamps if stamp and stamp.origin != REPLAY}

    # Losers ---------------------------------------------------------------------------------

    def _pending(self, name: str, stamp: Stamp | None) -> bool:
        """Whether a person typed what stands in ``name`` and nobody else could have seen it."""
        if stamp is None or stamp.origin != "user" or self.merging.quiet or self.new:
            return False
        return self.unsent or name in self.dirty or self.merging.recent(self.key, name)

    def _clash(self, name: str, held: Any, value: Any, stamp: Stamp, at: str, actor: int) -> None:
        if name in self.clashes:
            self.clashes[name] = self.clashes[name]._replace(their_at=at, their_actor=actor)
        elif self._pending(name, stamp) and not self.merging.alike(self.id, name, held, value):
            self.clashes[name] = Clash(self.key, name, held, stamp.at, stamp.actor, at, actor)

    def _refuse(self, name: str, value: Any, at: str, held: Any) -> None:
        self.older += 1
        if self.merging.settled or self.unsent or not self.dirty.isdisjoint((name, AGAIN + name)):
            return
        if name != DELETED and self.deleted is not None:
            return
        when = micros(at)
        if any(one == name and micros(then) == when for one, then in self._past):
            return
        if not self.merging.alike(self.id, name, held, value):
            self.news.append((name, at))

    def mark(self, name: str) -> None:
        """Have the current value of a field sent again as it is."""
        self.dirty.add(f"{AGAIN}{name}")
        self.altered = True

    # Life and death ---------------------------------------------------------------------------

    def verdict(self) -> tuple[str | None, Stamp, bool] | None:
        """What the page makes of the record's life: ``deletedAt``, its stamp, and whether to send
        it; None where nothing changes."""
        value, stamp = self.deleted, self.meta.of(DELETED, self.deleted is not None)
        result = None
        for deleted, at, actor, origin, marked in self._removals:
            theirs = Stamp(at, actor, origin)
            if stamp is not None:
                order = micros(at) - micros(stamp.at)
                same = (deleted is None) == (value is None)
                if order < 0:
                    self._refuse(DELETED, value if same else deleted, at, value)
                    continue
                if order == 0 and same:
                    continue
                if order == 0:
                    # Of the two the greater JSON wins, which is null: the record lives.
                    after = next_ms(stamp.at)
                    if stamp.origin != REPLAY and after:
                        theirs, marked = Stamp(after, self.merging.sync, "system"), True
                    elif value is None:
                        continue
                    deleted = None
            value, stamp = deleted, theirs
            result = value, stamp, marked
        self._removals.clear()
        return result

    def dies(self, verdict: tuple[str | None, Stamp, bool]) -> bool:
        """Whether a record that lives here would be deleted by it."""
        return not self.new and self.deleted is None and verdict[0] is not None

    def settle(self, verdict: tuple[str | None, Stamp, bool]) -> None:
        """Make a verdict true."""
        value, stamp, marked = verdict
        before = self.meta.of(DELETED, self.deleted is not None)
        if value is not None and self.deleted is None:
            self._clash_alive(stamp)
        self._remember(DELETED, self.deleted, before, stamp.at, None)
        unseen = before if self._pending(DELETED, before) else None
        if self.deleted is not None and value is None and unseen is not None:
            self.clashes[DELETED] = Clash(self.key, DELETED, self.deleted, *unseen[:2], *stamp[:2])
        self._stamp(DELETED, stamp, marked)
        self.deleted = value
        if value is None:
            self._revive()

    def _revive(self) -> None:
        """What a purge took counts as never written from here on, and comes back as others have it:
        what this page brings at once, the rest when all is pulled again."""
        for target in (self.doc, self.large):
            for name in list(target):
                stamp = self.meta.of(name, True)
                if stamp is not None and stamp.origin == PURGED:
                    del target[name]
                    self.meta.own.pop(name, None)
        for arrived in self._late:
            for name, value in arrived.fields.items():
                if name not in self.doc and name not in self.large:
                    self._field(name, value, arrived.at(name), arrived)

    def _clash_alive(self, removal: Stamp) -> None:
        """What was typed here and nobody else had seen meets a deletion."""
        for name in (*self.doc, *self.large, *self.dirty):
            stamp = None if name.startswith(AGAIN) else self.meta.of(name, True)
            if stamp is not None and self._pending(name, stamp):
                self.clashes[DELETED] = Clash(
                    self.key, DELETED, None, stamp.at, stamp.actor, removal.at, removal.actor
                )
                return

    def clash_dead(self) -> None:
        """A deletion made here that nobody else had seen meets what others wrote."""
        stamp = self.meta.of(DELETED, self.deleted is not None)
        if self.deleted is None or stamp is None or self._met is None:
            return
        if DELETED not in self.touched and self._pending(DELETED, stamp):
            self.clashes.setdefault(
                DELETED,
                Clash(self.key, DELETED, self.deleted, stamp.at, stamp.actor, *self._met),
            )

    def entomb(self, lately: Callable[[int], bool]) -> None:
        """Send a deletion again where a value travels behind it: a peer that forgets its stones
        takes that value for a new record. What only now became known here is no news to others.
        lately: whether something of a record was sent a moment ago."""
        if self.deleted is None or not self.touched or self.merging.quiet or self.unsent:
            return
        if self.new and self.merging.settled:
            return
        stamp = self.meta.of(DELETED, True)
        if stamp is None or not self.dirty.isdisjoint((DELETED, f"{AGAIN}{DELETED}")):
            return
        if DELETED not in self.touched:
            self.mark(DELETED)
            return
        removed = micros(stamp.at)
        for name in (*self.doc, *self.large):
            field = self.meta.of(name, True)
            if field and name not in self.dirty and micros(field.at) > removed:
                self.mark(DELETED)
                return
        if lately(self.key):
            self.mark(DELETED)

    # Rows -------------------------------------------------------------------------------------

    @property
    def changed(self) -> bool:
        """Whether any field was written."""
        return bool(self.touched)

    def row(self, space: int) -> tuple[Row, Prior | None]:
        """The record's row, to be inserted if it is new and replaced if not, and its history."""
        if self.whole:
            fold(self.meta, [*self.doc, *self.large])
        bare = not self.doc and not self.large and DELETED in self.meta.own
        newest = self.meta.own[DELETED].at if bare else self.meta.newest()
        private = self.author if self.doc.get("visibility") == "private" else 0
        dirty = NEW if self.unsent else dumps(sorted(self.dirty)) if self.dirty else None
        beside = dumps(self.large) if self.large else None
        if self.merging.foreign:
            beside = dumps(sorted(self.sealed))
        middle = (private, sane(newest), self.deleted, dumps(self.doc), self.meta.dump(), dirty)
        if self.new:
            oldest = min((s.at for s in (self.meta.default, *self.meta.own.values())), key=micros)
            created = self.created or sane(oldest)
            row: Row = (self.key, self.id, space, self.author, middle[0], created)
            return (*row, *middle[1:], beside), Prior(self.key, self.meta.default.at, None)
        wrote = ""
        for entry in self.prior.values():
            wrote = entry[5] if not wrote or later(entry[5], wrote) else wrote
        row = (self.author, self.created or None, *middle, beside, self.key)
        return row, remembered(self.merging.collection, self.key, wrote, self.prior)
