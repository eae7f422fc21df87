"""The outbox: dirty fields -> batches -> pushes -> acknowledgements.

It is no table of its own but the dirty marks of the records, whose values are read at the moment of
sending. An acknowledgement clears only the stamps that were sent; what was written meanwhile stays
dirty. What a server refuses is set aside until its stamps change, so that it blocks nothing else.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from store.changes import NEW
from store.collections import Collection
from store.errors import InvalidValueError, LockedError, UnreadableError
from store.records import dumps
from store.stamps import instant
from store.sync import wire
from store.sync.outbox.composing import AGAIN, DELETED, Change, Composer, Mark, Piece
from store.sync.outbox.resending import reseal as reseal
from store.sync.outbox.resending import restamp as restamp
from store.words import N_, _

if TYPE_CHECKING:
    import sqlite3

    from store.workbench import Workbench

COUNT = 200
SIZE = 4_000_000
WINDOW = 50_000
"""Row numbers of one collection that are held at a time."""

PAGE = 500
"""Records that are read at a time."""

REMEMBERED = 60
"""Seconds for which an acknowledged value still counts as fresh from here (see ``conflicts``)."""

FOREIGN = "foreign_records"
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


def pending(bench: Workbench) -> list[tuple[str, str, int]]:
    """(app, wire collection, records with unsent changes) of what may be pushed now."""
    return _counted(bench, f"IN ({_pushable(bench)})")


def waiting(bench: Workbench) -> list[tuple[str, str, int]]:
    """The same of records held back, because their space is not on the server or is hidden."""
    return _counted(bench, f"NOT IN ({_pushable(bench)})")


def oldest(bench: Workbench) -> str:
    """When the oldest unsent change was made, "" for none; seeds, which nobody made, left out."""
    spaces = f"IN ({_pushable(bench)})"
    found = []
    for source in _sources(bench):
        where, values = source.where(spaces)
        sql = f'SELECT min(updated_at) FROM "{source.table}" r WHERE {where}'
        sql += " AND updated_at > '1971'"
        found += [at for (at,) in bench.db.read(sql, values) if at]
    return min(found, default="")


def _counted(bench: Workbench, spaces: str) -> list[tuple[str, str, int]]:
    counts: list[tuple[str, str, int]] = []
    for source in _sources(bench):
        where, values = source.where(spaces)
        if source.collection is not None:
            sql = f'SELECT count(*) FROM "{source.table}" r WHERE {where}'
            count = bench.db.read(sql, values)[0][0]
            counts += [(source.app, source.collection.wire, count)] if count else []
        else:
            sql = f"SELECT collection, count(*) FROM {FOREIGN} r WHERE {where} GROUP BY collection"
            counts += [(source.app, name, count) for name, count in bench.db.read(sql, values)]
    return counts


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


def batches(
    bench: Workbench, *, app: str = "", count: int = COUNT, size: int = SIZE
) -> Iterator[Batch]:
    """What is to be pushed, app by app, the oldest change first; read as it is asked for.

    count: changes of one batch, size: its bytes, about; one record is never divided unless it is
    larger than any server takes. See ``Outbox`` for what it could not send.
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
        keys = heapq.merge(
            *(self._keys(number, source, spaces) for number, source in enumerate(sources))
        )
        composer: Composer | None = None
        pieces: list[Piece] = []
        changes = size = 0
        while page := list(islice(keys, PAGE)):
            # Anew for each page: the account, its keys and its spaces may change in between.
            composer = Composer(self._bench)
            for piece in self._pieces(composer, sources, page):
                more = len(piece.changes)
                if pieces and (changes + more > self._count or size + piece.size > self._size):
                    yield _batch(app, pieces)
                    pieces, changes, size = [], 0, 0
                pieces.append(piece)
                changes += more
                size += piece.size
        if pieces:
            yield _batch(app, pieces)

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
        self, composer: Composer, sources: Sequence[_Source], page: Sequence[tuple[int, int, int]]
    ) -> Iterator[Piece]:
        found: dict[int, dict[int, tuple[Any, ...]]] = {}
        for number in {key[1] for key in page}:
            wanted = [key[2] for key in page if key[1] == number]
            found[number] = {row[0]: row for row in self._rows(sources[number], wanted)}
        foreign = self._bench.registry.foreign
        for _place, number, pk in page:
            row = found[number].get(pk)
            if row is None:
                continue
            collection = sources[number].collection or foreign(sources[number].app, row[-1])
            problem = ""
            try:
                if len(row[1]) > wire.LONGEST_ID or "\0" in row[1]:
                    problem = _(_NO_ID)
                else:
                    yield from composer.compose(collection, row[:12])
            except LockedError:
                self.locked += 1
            except (UnreadableError, InvalidValueError) as error:
                problem = error.message
            if problem:
                mark = Mark(collection.name, pk, {}, (), row[8], row[9], row[6], None)
                set_aside(self._bench, mark, problem)

    def _rows(self, source: _Source, keys: Sequence[int]) -> list[tuple[Any, ...]]:
        """The rows with these numbers, in the order of ``Row``; behind it a foreign one's name."""
        if source.collection is None:
            more = ", NULL, ifnull(sealed, '[]'), collection"
        else:
            more = ", large, NULL" if source.collection.large else ", NULL, NULL"
        return self._bench.db.read(
            f'SELECT {_COLUMNS}{more} FROM "{source.table}" '
            "WHERE dirty IS NOT NULL AND pk IN (SELECT value FROM json_each(?))",
            (dumps(list(keys)),),
        )


def _batch(app: str, pieces: Sequence[Piece]) -> Batch:
    changes: list[Change] = []
    of: list[int] = []
    for number, piece in enumerate(pieces):
        changes += piece.changes
        of += [number] * len(piece.changes)
    marks = [piece.mark for piece in pieces]
    records = len({(mark.collection, mark.record) for mark in marks})
    return Batch(app, changes, marks, records, of)


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
            _clear(connection, _table(bench, name), marks)
            connection.execute(
                "DELETE FROM aside WHERE collection = ? "
                "AND record IN (SELECT value FROM json_each(?))",
                (name, dumps([mark.record for mark in marks])),
            )
        # Their numbers rise with their times, so that only those that go are looked at.
        connection.execute(
            'DELETE FROM acked WHERE n < ifnull((SELECT n FROM acked WHERE "when" >= ? '
            "ORDER BY n LIMIT 1), 9e18)",
            (instant(now - timedelta(seconds=REMEMBERED)),),
        )
        if fields := _typed(by_collection):
            connection.execute(
                'INSERT INTO acked ("when", fields) VALUES (?, ?)', (instant(now), dumps(fields))
            )
        bench.db.touch("outbox", "", None)


def _typed(marks: Mapping[str, Sequence[Mark]]) -> dict[str, dict[str, list[str]]]:
    """The fields of a batch that a person typed, by collection and record."""
    found: dict[str, dict[str, list[str]]] = {}
    for collection, of in marks.items():
        for mark in of:
            if mark.typed:
                fields = found.setdefault(collection, {}).setdefault(str(mark.record), [])
                fields += mark.typed
    return found


def acknowledged(bench: Workbench, since: str) -> Iterator[tuple[str, int, str]]:
    """(collection, record, field) of what a person typed here and a server took since then."""
    for (text,) in bench.db.read('SELECT fields FROM acked WHERE "when" >= ?', (since,)):
        for collection, records in orjson.loads(text).items():
            for record, fields in records.items():
                yield from ((collection, int(record), field) for field in fields)


def _table(bench: Workbench, collection: str) -> str:
    return collection if collection in bench.registry else FOREIGN


def _clear(connection: sqlite3.Connection, table: str, marks: Sequence[Mark]) -> None:
    """Take what was sent out of the dirty marks. A row that is as it was read needs no look."""
    plain = len({mark.record for mark in marks}) == len(marks)
    # A record that had no field at all may have got its first one under the same stamp.
    quick = [mark for mark in marks if mark.stamps] if plain else []
    cleared = connection.executemany(
        f'UPDATE "{table}" SET dirty = ? '
        "WHERE pk = ? AND meta = ? AND dirty = ? AND deleted_at IS ?",
        [
            (rest, record, meta, dirty, deleted)
            for _name, record, _stamps, _typed, meta, dirty, deleted, rest in quick
        ],
    ).rowcount
    if cleared == len(marks):
        return
    for mark in marks:
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
