"""The outbox: dirty fields -> batches -> pushes -> acknowledgements.

It is no table of its own but the dirty marks of the records, whose values are read at the moment of
sending. An acknowledgement clears only the stamps that were sent; what was written meanwhile stays
dirty. What a server refuses is set aside until its stamps change, so that it blocks nothing else.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from store.changes import NEW
from store.collections import Collection
from store.errors import InvalidValueError, LockedError, UnreadableError
from store.records import dumps
from store.rows import FOREIGN
from store.stamps import instant
from store.sync import wire
from store.sync.outbox.composing import AGAIN, DELETED, Change, Composer, Mark, Piece
from store.sync.outbox.resending import reseal as reseal
from store.sync.outbox.resending import restamp as restamp
from store.words import N_, _

if TYPE_CHECKING:
    import sqlite3

    from store.workbench import Workbench

COUNT, SIZE = 200, 4_000_000
WINDOW = 50_000
"""Row numbers of one collection that are held at a time."""

PAGE = 500
"""Records that are read at a time."""

REMEMBERED = 60
"""Seconds for which an acknowledged value still counts as fresh from here (see ``conflicts``)."""

_COLUMNS = "pk, id, space, author, private, created_at, deleted_at, doc, meta, dirty"
_NO_ID = N_("The record's id is too long, or holds letters that no server can keep.")

# A deleted record sends nothing but its deletion: what else was written waits for its return.
_SENDS = "(deleted_at IS NULL OR instr(dirty, '*') OR instr(dirty, 'deletedAt'))"
_STAMPS = "r.meta || ifnull(r.deleted_at, '')"


class Batch(NamedTuple):
    """What one push sends. ``changes[i]`` belongs to ``marks[of[i]]``; records: how many."""

    app: str
    changes: list[Change]
    marks: list[Mark]
    records: int
    of: list[int]


class _Source(NamedTuple):
    """Where dirty records of one app lie: a declared collection, or all foreign ones of the app."""

    app: str
    collection: Collection | None

    @property
    def table(self) -> str:
        return self.collection.name if self.collection else FOREIGN

    @property
    def order(self) -> str:
        """The SQL of a row's place: the number of the change in history that made it, or last
        touched it where a server knows it. That follows what was done here, whatever clocks say."""
        name = f"'{self.table}'" if self.collection else "r.app || '/' || r.collection"
        found = f"FROM history h WHERE h.record = r.pk AND h.collection = {name}"
        return (
            f"ifnull(CASE WHEN dirty = '*' THEN (SELECT min(n) {found}) "
            f"ELSE (SELECT max(n) {found}) END, 0)"
        )

    def where(self, spaces: str) -> tuple[str, tuple[str, ...]]:
        """The condition on rows ``r`` that send, in ``spaces`` (SQL), and its values."""
        name = "?" if self.collection else "r.app || '/' || r.collection"
        sql = (
            f"dirty IS NOT NULL AND space {spaces} AND {_SENDS} AND NOT EXISTS (SELECT 1 FROM "
            f"aside a WHERE a.record = r.pk AND a.collection = {name} AND a.stamps = {_STAMPS})"
        )
        if self.collection:
            return sql, (self.collection.name,)
        return f"r.app = ? AND {sql}", (self.app,)


# What waits ---------------------------------------------------------------------------------


class Unsent(NamedTuple):
    """Of one collection: how many records have unsent changes that may be pushed now, and since
    when the first of them waits, "" for seeds, which nobody made; and how many are held back."""

    app: str
    collection: str
    pending: int
    oldest: str
    held_back: int


def unsent(bench: Workbench) -> list[Unsent]:
    """What is not sent, collection by collection, in one look at each. Held back are records whose
    space is not on the server or is hidden."""
    goes = f"(space IN ({_pushable(bench)}))"
    found = []
    for source in _sources(bench):
        where, values = source.where("IS NOT NULL")
        name, group = "collection", "GROUP BY collection"
        if source.collection is not None:
            name, group = f"'{source.collection.wire}'", ""
        rows = bench.db.read(
            f"SELECT {name}, sum({goes}), min(CASE WHEN {goes} AND updated_at > '1971' "
            f'THEN updated_at END), sum(NOT {goes}) FROM "{source.table}" r WHERE {where} {group}',
            values,
        )
        for name, count, oldest, held_back in rows:
            if count is not None:
                found.append(Unsent(source.app, name, count, oldest or "", held_back))
    return found


def pending(bench: Workbench) -> list[tuple[str, str, int]]:
    """(app, wire collection, records with unsent changes) of what may be pushed now."""
    return [(one.app, one.collection, one.pending) for one in unsent(bench) if one.pending]


def waiting(bench: Workbench) -> list[tuple[str, str, int]]:
    """The same of records held back."""
    return [(one.app, one.collection, one.held_back) for one in unsent(bench) if one.held_back]


def _pushable(bench: Workbench) -> str:
    """The rows of the spaces whose records may be pushed, the user level among them."""
    rows = bench.db.read("SELECT space FROM memberships WHERE state IN ('linked', 'missing')")
    return ", ".join(str(int(number)) for number in (0, *(row[0] for row in rows)))


def _sources(bench: Workbench, app: str = "") -> list[_Source]:
    """Every place that holds dirty records, app by app; one query where there are none."""
    own = [c for c in bench.registry if c.app]
    looks = [
        f'SELECT {n} WHERE EXISTS (SELECT 1 FROM "{table}" WHERE dirty IS NOT NULL)'
        for n, table in enumerate([*(c.name for c in own), FOREIGN])
    ]
    there = {row[0] for row in bench.db.read(" UNION ALL ".join(looks))}
    foreign: set[str] = set()
    if len(own) in there:
        rows = bench.db.read(f"SELECT DISTINCT app FROM {FOREIGN} WHERE dirty IS NOT NULL")
        foreign = {row[0] for row in rows}
    apps = dict.fromkeys(c.app for c in own)
    found = []
    for name in [app] if app else [*apps, *sorted(foreign - apps.keys())]:
        found += [_Source(name, c) for n, c in enumerate(own) if c.app == name and n in there]
        found += [_Source(name, None)] if name in foreign else []
    return found


# Batches ------------------------------------------------------------------------------------


def batches(bench: Workbench, *, app: str = "", count: int = COUNT, size: int = SIZE) -> Outbox:
    """What is to be pushed, app by app, the oldest change first; read as it is asked for.

    count: changes of one batch, size: its bytes, about; one record is never divided unless it is
    larger than any server takes.
    """
    return Outbox(bench, app=app, count=count, size=size)


class Outbox(Iterator[Batch]):
    """The iterator of ``batches``. locked: records passed by so far that wait for a key."""

    def __init__(self, bench: Workbench, *, app: str, count: int, size: int) -> None:
        self.locked = 0
        self._bench = bench
        self._count = count
        self._size = size
        self._batches = self._all(app)

    def __next__(self) -> Batch:
        return next(self._batches)

    def _all(self, app: str) -> Iterator[Batch]:
        by_app: dict[str, list[_Source]] = {}
        for source in _sources(self._bench, app):
            by_app.setdefault(source.app, []).append(source)
        for name, sources in by_app.items():
            yield from self._of_app(name, sources)

    def _of_app(self, app: str, sources: Sequence[_Source]) -> Iterator[Batch]:
        spaces = f"IN ({_pushable(self._bench)})"
        runs = [self._keys(number, source, spaces) for number, source in enumerate(sources)]
        keys = heapq.merge(*runs) if len(runs) > 1 else runs[0]
        changes: list[Change] = []
        marks: list[Mark] = []
        of: list[int] = []
        size = 0
        while page := list(islice(keys, PAGE)):
            for new, mark, weight in self._pieces(sources, page):
                if marks and (len(changes) + len(new) > self._count or size + weight > self._size):
                    yield _batch(app, changes, marks, of)
                    changes, marks, of, size = [], [], [], 0
                of += [len(marks)] * len(new)
                changes += new
                marks.append(mark)
                size += weight
        if marks:
            yield _batch(app, changes, marks, of)

    def _keys(self, number: int, source: _Source, spaces: str) -> Iterator[tuple[int, int, int]]:
        """(place, source, row) of the records of a source, in windows."""
        where, values = source.where(spaces)
        select = f'SELECT {source.order} AS k, {number}, pk FROM "{source.table}" r WHERE {where} '
        tail = f"ORDER BY k, pk LIMIT {WINDOW}"
        rows = self._bench.db.read(select + tail, values)
        while rows:
            yield from rows
            if len(rows) < WINDOW:
                return
            last = rows[-1][0], rows[-1][2]
            rows = self._bench.db.read(f"{select} AND (k, pk) > (?, ?) {tail}", (*values, *last))

    def _pieces(
        self, sources: Sequence[_Source], page: Sequence[tuple[int, int, int]]
    ) -> Iterator[Piece]:
        # Anew for each page: the account, its keys and its spaces may change in between.
        composer = Composer(self._bench)
        found: dict[int, dict[int, tuple[Any, ...]]] = {}
        for number in {key[1] for key in page}:
            wanted = [key[2] for key in page if key[1] == number]
            found[number] = {row[0]: row for row in self._rows(sources[number], wanted)}
        for _place, number, pk in page:
            row = found[number].get(pk)
            if row is None:
                continue
            app, collection = sources[number]
            if collection is None:
                collection = self._bench.registry.foreign(app, row[-1])
            problem = ""
            try:
                if len(row[1]) > wire.LONGEST_ID or "\0" in row[1]:
                    problem = _(_NO_ID)
                else:
                    yield from composer.compose(collection, row)
            except LockedError:
                self.locked += 1
            except (UnreadableError, InvalidValueError) as error:
                problem = error.message
            if problem:
                mark = Mark(collection.name, pk, {}, (), row[8], row[9], row[6], None)
                set_aside(self._bench, mark, problem)

    def _rows(self, source: _Source, keys: Sequence[int]) -> list[tuple[Any, ...]]:
        """The rows with these numbers, in the order of ``Row``."""
        if source.collection is None:
            more = ", NULL, ifnull(sealed, '[]'), collection"
        else:
            more = ", large, NULL, NULL" if source.collection.large else ", NULL, NULL, NULL"
        return self._bench.db.read(
            f'SELECT {_COLUMNS}{more} FROM "{source.table}" '
            "WHERE dirty IS NOT NULL AND pk IN (SELECT value FROM json_each(?))",
            (dumps(list(keys)),),
        )


def _batch(app: str, changes: list[Change], marks: list[Mark], of: list[int]) -> Batch:
    return Batch(app, changes, marks, len({mark[:2] for mark in marks}), of)


def halves(batch: Batch) -> list[Batch]:
    """A batch of several marks as two, to find which of its records a server refuses."""
    middle = len(batch.marks) // 2
    return [_part(batch, range(middle)), _part(batch, range(middle, len(batch.marks)))]


def _part(batch: Batch, chosen: range) -> Batch:
    taken = [i for i, mark in enumerate(batch.of) if mark in chosen]
    marks = [batch.marks[i] for i in chosen]
    return Batch(
        batch.app,
        [batch.changes[i] for i in taken],
        marks,
        len({(mark.collection, mark.record) for mark in marks}),
        [batch.of[i] - chosen.start for i in taken],
    )


def encode(batch: Batch, client: str) -> bytes:
    """The body of the push of a batch, from the client of that id."""
    return wire.encode_push(batch.changes, client)


# Answers ------------------------------------------------------------------------------------


def acknowledge(bench: Workbench, batch: Batch) -> None:
    """The server took a batch: what it sent is no longer dirty, where nobody wrote since."""
    by_collection: dict[str, list[Mark]] = {}
    for mark in batch.marks:
        by_collection.setdefault(mark.collection, []).append(mark)
    now = bench.clock()
    with bench.db.transaction(durable=False) as connection:
        for name, marks in by_collection.items():
            keys = dumps([mark.record for mark in marks])
            _clear(connection, _table(bench, name), marks, keys)
            connection.execute(
                "DELETE FROM aside WHERE collection = ? "
                "AND record IN (SELECT value FROM json_each(?))",
                (name, keys),
            )
        # Their numbers rise with their times, so that only those that go are looked at.
        connection.execute(
            'DELETE FROM acked WHERE n < ifnull((SELECT n FROM acked WHERE "when" >= ? '
            "ORDER BY n LIMIT 1), 9e18)",
            (instant(now - timedelta(seconds=REMEMBERED)),),
        )
        taken = {name: _taken(marks) for name, marks in by_collection.items()}
        connection.execute(
            'INSERT INTO acked ("when", fields) VALUES (?, ?)', (instant(now), dumps(taken))
        )
        bench.db.touch("outbox", "", None)


def _taken(marks: Sequence[Mark]) -> list[tuple[tuple[str, ...], list[int]]]:
    """The fields that a person typed, maybe none, each time with the records that sent them."""
    records: dict[tuple[str, ...], list[int]] = {}
    for mark in marks:
        records.setdefault(tuple(mark.typed), []).append(mark.record)
    return list(records.items())


def acknowledged(bench: Workbench, since: str) -> Iterator[tuple[str, int, str]]:
    """(collection, record, field) of what a person typed here and a server took since then."""
    for (text,) in bench.db.read('SELECT fields FROM acked WHERE "when" >= ?', (since,)):
        for collection, taken in orjson.loads(text).items():
            for fields, records in taken:
                yield from ((collection, record, name) for record in records for name in fields)


def sent_since(bench: Workbench, since: str, collection: str) -> set[int]:
    """The records of a collection of which a server took anything since then, as far as that is
    remembered."""
    found = bench.db.read('SELECT fields FROM acked WHERE "when" >= ?', (since,))
    taken = [pair for (text,) in found for pair in orjson.loads(text).get(collection, ())]
    return {record for _fields, records in taken for record in records}


def _table(bench: Workbench, collection: str) -> str:
    return collection if collection in bench.registry else FOREIGN


def _clear(connection: sqlite3.Connection, table: str, marks: Sequence[Mark], keys: str) -> None:
    """Take what was sent out of the dirty marks of the records ``keys`` (JSON)."""
    stand = {
        row[0]: row[1:]
        for row in connection.execute(
            f'SELECT pk, meta, dirty, deleted_at FROM "{table}" '
            "WHERE pk IN (SELECT value FROM json_each(?))",
            (keys,),
        )
    }
    whole, parts, changed = [], [], []
    for mark in marks:
        _name, record, stamps, _typed, meta, dirty, deleted, rest = mark
        # A row that is as it was read needs no look. Two exceptions: a record that had no field at
        # all may have got its first one under the same stamp, and one that goes out in two parts
        # is no longer as it was read after the first.
        if not stamps or stand.pop(record, None) != (meta, dirty, deleted):
            changed.append(mark)
        elif rest is None:
            whole.append(record)
        else:
            parts.append((rest, record))
    among = "pk IN (SELECT value FROM json_each(?))"
    connection.execute(f'UPDATE "{table}" SET dirty = NULL WHERE {among}', (dumps(whole),))
    connection.executemany(f'UPDATE "{table}" SET dirty = ? WHERE pk = ?', parts)
    for mark in changed:
        left = _left(connection, table, mark)
        connection.execute(f'UPDATE "{table}" SET dirty = ? WHERE pk = ?', (left, mark.record))


def _left(connection: sqlite3.Connection, table: str, mark: Mark) -> str | None:
    """The dirty mark of a record that changed since it was read, without what was sent of it."""
    large = "NULL" if table == FOREIGN else "large"
    row = connection.execute(
        f'SELECT doc, {large}, meta, dirty, deleted_at FROM "{table}" WHERE pk = ?', (mark.record,)
    ).fetchone()
    if row is None or row[3] is None:
        return None
    doc, large, meta, dirty, deleted = row
    raw = orjson.loads(meta)
    own, default = raw.get("f") or {}, raw["d"]
    names = [NEW] if dirty == NEW else orjson.loads(dirty)
    if NEW in names or AGAIN + NEW in names:
        there = [*orjson.loads(doc), *orjson.loads(large or "{}")]
        there += [DELETED] if deleted is not None or DELETED in own else []
        sign = "" if NEW in names else AGAIN
        names = [name for name in names if NEW not in name] + [sign + name for name in there]
    left = []
    for name in names:
        bare = name.removeprefix(AGAIN)
        at = own.get(bare, default)[0]
        if bare == DELETED and deleted is not None:
            at = deleted
        if mark.stamps.get(bare) != at:
            left.append(name)
    return dumps(sorted(set(left))) if left else None


# What was refused ----------------------------------------------------------------------------


def set_aside(bench: Workbench, mark: Mark, words: str) -> None:
    """Leave a record out of the batches until it changes or ``retry_aside``; words: why."""
    with bench.db.transaction() as connection:
        connection.execute(
            "INSERT OR REPLACE INTO aside (collection, record, stamps, words, noticed) "
            "VALUES (?, ?, ?, ?, ?)",
            (
                mark.collection,
                mark.record,
                mark.meta + (mark.deleted or ""),
                words[:500],
                instant(bench.clock()),
            ),
        )
        bench.db.touch("aside", "", None)


def retry_aside(bench: Workbench, chosen: Sequence[int] | None = None) -> int:
    """Try again whatever was set aside, or only the rows ``chosen``; returns how many records."""
    with bench.db.transaction() as connection:
        count = connection.execute(
            "DELETE FROM aside WHERE ? IS NULL OR n IN (SELECT value FROM json_each(?))",
            (wanted := None if chosen is None else dumps(list(chosen)), wanted or "[]"),
        ).rowcount
        bench.db.touch("aside", "", None)
    return int(count)
