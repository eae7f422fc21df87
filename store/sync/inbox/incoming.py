"""Pages from a server into the one write path: every change of a page, in one transaction.

A change belongs to the space that it names, or else to that of the record it changes. What names
a space that is none of ours, or a record that is stored elsewhere, is quarantined and never merged.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from store import rows as stored
from store.arrivals import DELETED, OLDEST, Arrived, Merging, sane
from store.being import Being
from store.collections import Collection
from store.errors import InvalidValueError, LockedError, UnreadableError
from store.records import dumps, wire_form
from store.records import loads as stored_fields
from store.stamps import UNTRUSTED, act_as, canonical, instant, micros, normalise_actor, system
from store.sync import iterations
from store.sync.inbox.joining import joins
from store.sync.inbox.places import Hidden, Places
from store.sync.inbox.tombs import Tombs
from store.sync.waiting.quarantine import Quarantine
from store.sync.wire import Change, Malformed
from store.words import _

if TYPE_CHECKING:
    from store.documents import Step
    from store.workbench import Workbench

RECENT = 60.0
"""Seconds after an acknowledgement within which a value that loses is still a conflict."""

_FIXED = frozenset({"id", "spaceId", "authorId", "createdAt", "updatedAt", DELETED})
"""What a change says of a record as a whole, or says no more: none of it is a field."""

_OWNED = _FIXED | {"userId"}
"""The same at the user level, where the person is named besides."""

_LONGEST_ACTOR = 4000
_LONGEST_NAME = 500
_NOTHING: Mapping[Any, Any] = {}


class Arrival(NamedTuple):
    """What became of a page. merged: records that changed. unchanged: changes that said nothing
    new. older: values that lost. The others: rows, deletions and values that wait for a look."""

    merged: int = 0
    unchanged: int = 0
    quarantined: int = 0
    held: int = 0
    conflicts: int = 0
    older: int = 0


def receive(
    bench: Workbench,
    app: str,
    collection: str,
    rows: Sequence[Change | Malformed],
    *,
    hydrating: bool = False,
    whole: bool = False,
    also: Callable[[sqlite3.Connection], None] | None = None,
) -> Arrival:
    """Merge one page of a collection, by its names on the wire, in one transaction.

    hydrating: nothing local was ever on this server, so nothing is a conflict. whole: all is pulled
    again, so older values are no news. also: what has to be written with it, the cursor above all.
    Never raises for what a row holds. Raises LockedError while the vault is locked, StorageError.
    """
    if not bench.vault.unlocked:
        raise LockedError(
            _("The vault is locked."),
            kept=_("Nothing was pulled; the place where pulling stands is kept."),
            hint=_("Sync waits for unlock."),
        )
    if bench.db.read("SELECT 1 FROM foreign_records WHERE app = ? LIMIT 1", (app,)):
        from store.sync.taking import take_over

        take_over(bench)  # what is known by now is not merged into what was kept as unknown
    with (
        act_as(system("sync")),
        bench.step("pull", kind="pull", scope=bench.user_scope, durable=False) as step,
    ):
        receiver = _Receiver(bench, step, hydrating, whole)
        tables: dict[str, list[Change | Malformed]] = {}
        for row in rows:
            table = row.table if row.table and _is_text(row.table) else collection
            tables.setdefault(table, []).append(row)
        for table, group in tables.items():
            receiver.take(app, table, group)
        if also is not None:
            also(bench.db.connection())
    return Arrival(*receiver.counts)


class _Receiver:
    """One call of ``receive``."""

    def __init__(self, bench: Workbench, step: Step, hydrating: bool, whole: bool) -> None:
        self._bench = bench
        self._step = step
        self._hydrating = hydrating
        self._whole = whole
        self._places = Places(bench)
        self._own, self._fixed = False, _FIXED
        self._last: tuple[Any, int] = (_NOTHING, 0)
        self._recent: set[tuple[str, int, str]] | None = None
        self._sent: dict[str, set[int]] = {}
        self.counts = [0] * len(Arrival._fields)

    def take(self, app: str, table: str, rows: Sequence[Change | Malformed]) -> None:
        """Merge the rows of one collection."""
        bench = self._bench
        declared = bench.registry.wire(app, table) or bench.registry.foreign(app, table)
        quarantine = Quarantine(bench, app, table)
        self._own = self._places.is_user_level(declared)
        self._fixed = _OWNED if self._own else _FIXED
        changes: list[Change] = []
        for row in rows:
            if isinstance(row, Malformed):
                quarantine.add(row, "malformed")
            elif not _is_text(row.id):
                quarantine.add(row, "value")
            else:
                changes.append(row)
        names = frozenset(declared.large)
        large = bool(names) and any(c.data or not names.isdisjoint(c.fields) for c in changes)
        connection = bench.db.connection()
        there = stored.everywhere(connection, declared, {c.id for c in changes}, large=large)
        groups: dict[int, dict[str, list[Arrived]]] = {}
        assigned: dict[str, int] = {}
        lists = iterations.names(declared)
        for change in changes:
            id = change.id
            try:
                number = self._place(change, there.get(id, _NOTHING), assigned)
                arrived = self._read(change) if number.__class__ is int else None
            except InvalidValueError:
                number, arrived = "value", None
            if arrived is not None and number.__class__ is int:
                assigned[id] = number
                for name in lists & arrived.fields.keys():
                    self._open_list(arrived, name, number, there.get(id, _NOTHING).get(number))
                group = groups.get(number)
                if group is None:
                    group = groups[number] = {}
                if id in group:
                    group[id].append(arrived)
                else:
                    group[id] = [arrived]
            elif isinstance(number, str):
                quarantine.add(change, number)
            else:
                self.counts[1] += 1
        for number, group in groups.items():
            found = {id: of[number] for id, of in there.items() if number in of}
            self._merge(declared, number, group, found)
        self.counts[2] += quarantine.close()

    def _place(self, change: Change, there: Mapping[int, Any], assigned: Mapping[str, int]) -> Any:
        """The row of the space a change belongs to, the reason why it is quarantined, or None
        where it concerns nobody here."""
        named = change.space or _named_space(change)
        number = self._places.number(named) if named else None
        if number.__class__ is Hidden:
            return None
        if self._own:
            # Nobody else's rows of this kind reach us but through a space that we share.
            return "level" if number and number != self._places.personal else 0
        if named and number is None:
            return "space"
        home = assigned.get(change.id, 0)
        if not there and not home:
            return number or self._places.personal
        if named:
            homes = {n for n in there if n}
            return number if number in (*homes, home) or not (homes or home) else "moved"
        homes = {n for n in (*there, home) if n}
        return homes.pop() if len(homes) == 1 else self._places.personal

    # One change -----------------------------------------------------------------------------

    def _read(self, change: Change) -> Arrived | None:
        """A change as the write path merges it; None where it says nothing. InvalidValueError."""
        data, slots, fixed = change.data, change.fields, self._fixed
        created: Any = data.get("createdAt")
        author: Any = data.get("authorId")
        when: Any = data.get("updatedAt")
        if when.__class__ is not str or not when:
            when = created if created.__class__ is str else OLDEST
        values = {name: wire_form(value) for name, value in data.items() if name not in fixed}
        removal = None
        if DELETED in data:
            removal = _life(data[DELETED], when)
        times: str | dict[str, str] = when
        if slots:
            times = dict.fromkeys(values, when)
            for name, (value, at) in slots.items():
                if name == DELETED:
                    removal = _life(value, at)
                elif name not in fixed:
                    values[name] = wire_form(value)
                    times[name] = at
            created = slots["createdAt"][0] if "createdAt" in slots else created
            author = slots["authorId"][0] if "authorId" in slots else author
        if change.op == "delete":
            removal = _life(change.deleted or True, change.deleted)
        elif change.deleted:
            removal = _life(change.deleted, change.deleted)
        if not values and removal is None and not data:
            return None
        return Arrived(
            change.id,
            values,
            times,
            self._actor(change.actor),
            removal=removal,
            created=created if _is_time(created) else "",
            author=self._author(author),
            dated=when if data else OLDEST,
        )

    def _open_list(
        self, arrived: Arrived, name: str, number: int, found: stored.Existing | None
    ) -> None:
        """Open the texts of a list where protected texts go out sealed. Elsewhere they stay as they
        came: whoever could have one opened there would get it back in plaintext."""
        doc = stored_fields(found.doc) if found is not None else _NOTHING
        private = arrived.fields.get("visibility", doc.get("visibility")) == "private"
        author = (found.author if found is not None else 0) or arrived.author
        if self._places.is_sealed(number, private, author):
            values = dict(arrived.fields)
            values[name] = iterations.opened(values[name], self._text)
            arrived.fields = values

    def _text(self, envelope: str) -> Any:
        """A text of a list in plaintext; as it came where it does not open."""
        try:
            return wire_form(self._bench.vault.open1(envelope))
        except (UnreadableError, InvalidValueError):
            return envelope

    def _author(self, author: Any) -> int:
        named = author.__class__ is str and author and _is_text(author)
        return self._bench.writer.principal(author) if named else 0

    def _actor(self, actor: Any) -> int:
        """The row of an actor as it came, brought to today's form."""
        known, number = self._last
        if number and actor == known and actor.__class__ is known.__class__:
            return number
        try:
            plain = normalise_actor(wire_form(actor))
            if len(canonical(plain)) > _LONGEST_ACTOR:
                plain = normalise_actor({"kind": plain["kind"]})
        except (InvalidValueError, TypeError):
            plain = normalise_actor(None)
        number = self._bench.writer.actor(plain)
        self._last = (actor, number)
        return number

    # One space ------------------------------------------------------------------------------

    def _merge(
        self,
        declared: Collection,
        number: int,
        group: Mapping[str, Sequence[Arrived]],
        found: Mapping[str, stored.Existing],
    ) -> None:
        bench, counts = self._bench, self.counts
        space = self._places.wire(number)
        merging = Merging(
            declared,
            bench.vault,
            sync=bench.writer.actor(system("sync")),
            nobody=self._places.author(number),
            hydrating=self._hydrating,
            whole=self._whole,
            recent=lambda record, field: self._was_acked(declared.name, record, field),
            joins=joins(declared.app, declared.wire),
        )
        tombs = Tombs(bench, merging, number, space)
        beings: Sequence[Being] = ()

        def judge(these: Sequence[Being]) -> None:
            nonlocal beings
            beings = these
            tombs.judge(these)
            for being in these:
                being.clash_dead()
                being.entomb(lambda record: self._was_sent(declared.name, record))
            self._mend(declared, these)

        with self._step.into(number, space):
            merged = self._step.take_in(merging, group, found, judge)
        self._clashes(declared, number, space, beings)
        counts[0] += merged
        counts[1] += sum(len(group[b.id]) for b in beings if not b.changed and not b.older)
        counts[3] += tombs.held
        counts[5] += sum(b.older for b in beings)

    def _mend(self, declared: Collection, beings: Sequence[Being]) -> None:
        """Have the current value sent again where one came that is no newer and is news: once for
        each, because peers with other rules may have taken that one."""
        told = [(being, name, micros(at)) for being in beings for name, at in being.news]
        if not told:
            return
        connection = self._bench.db.connection()
        keys = dumps([being.key for being, _name, _at in told])
        known = self._held_before(declared, keys)
        for being, name, at in told:
            if (being.key, name, at) in known:
                continue
            new = connection.execute(
                "INSERT OR IGNORE INTO repaired (collection, record, field, at) "
                "VALUES (?, ?, ?, ?)",
                (declared.name, being.key, name, at),
            ).rowcount
            if new:
                being.mark(name)

    def _held_before(self, declared: Collection, keys: str) -> set[tuple[int, str, int]]:
        """(record, field, instant) of the values that were current here once."""
        import orjson

        found = set()
        for record, prior in self._bench.db.read(
            "SELECT record, prior FROM history WHERE collection = ? AND prior IS NOT NULL "
            "AND record IN (SELECT value FROM json_each(?))",
            (declared.name, keys),
        ):
            for name, entry in orjson.loads(prior).items():
                if len(entry) > 2 and entry[2] is not None:
                    found.add((record, name, micros(entry[2])))
        return found

    def _was_acked(self, collection: str, record: int, field: str) -> bool:
        """Whether a field was acknowledged less than a minute ago."""
        if self._recent is None:
            from datetime import timedelta

            from store.sync.outbox.outgoing import acknowledged

            since = instant(self._bench.clock() - timedelta(seconds=RECENT))
            self._recent = set(acknowledged(self._bench, since))
        return (collection, record, field) in self._recent

    def _was_sent(self, collection: str, record: int) -> bool:
        """Whether anything of a record was acknowledged less than a minute ago."""
        if collection not in self._sent:
            from datetime import timedelta

            from store.sync.outbox.outgoing import sent_since

            since = instant(self._bench.clock() - timedelta(seconds=RECENT))
            self._sent[collection] = sent_since(self._bench, since, collection)
        return record in self._sent[collection]

    def _clashes(
        self, declared: Collection, number: int, space: str, beings: Sequence[Being]
    ) -> None:
        """Keep the values typed here that lost."""
        now = instant(self._bench.clock())
        lost = [clash for being in beings for clash in being.clashes.values()]
        if not lost:
            return
        self._bench.db.connection().executemany(
            "INSERT OR REPLACE INTO conflicts (collection, space, record, field, mine, at, actor, "
            "their_at, their_actor, noticed) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [(declared.name, number, c.record, c.field, dumps(c.mine), *c[3:], now) for c in lost],
        )
        self._bench.db.touch("conflicts", space, None)
        self.counts[4] += len(lost)


def _named_space(change: Change) -> str:
    """The wire id of the space that a change names, "" for none."""
    for named in (change.space, change.data.get("spaceId"), change.fields.get("spaceId", ("",))[0]):
        if named and isinstance(named, str):
            return named
    return ""


def _life(value: Any, at: str) -> tuple[str | None, str]:
    """(``deletedAt`` or None, its stamp): the value of a deletion is its stamp wherever it is a
    time, because one of the two forms has nothing else."""
    if not value:
        return None, at
    if _is_time(value):
        return value, value
    return sane(at), at


def _is_time(value: Any) -> bool:
    return value.__class__ is str and micros(value) != UNTRUSTED


def _is_text(text: str) -> bool:
    """Whether a name can be stored as it is."""
    if len(text) > _LONGEST_NAME * 4:
        return False
    return (text.isascii() and "\0" not in text) or wire_form(text) == text


def retry_quarantined(bench: Workbench) -> int:
    """Merge what is good by now, after joining a space or learning a key; returns how many rows no
    longer wait. Raises LockedError."""
    from store.sync.waiting import quarantine

    return quarantine.retry(bench)
