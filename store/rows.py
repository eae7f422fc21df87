"""Rows of the tables that hold records: the statements of the write path, and nothing else's.

A declared collection has a table of its own; all undeclared ones share ``foreign_records``, where
their names are values. What a foreign record's row has instead of large fields is the list of the
fields that came sealed.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from store.collections import Collection
from store.records import dumps

FOREIGN = "foreign_records"


class Existing(NamedTuple):
    """A stored row as the write path reads it; large is None where no large field is touched."""

    pk: int
    id: str
    author: int | None
    deleted_at: str | None
    doc: str
    meta: str
    dirty: str | None
    created_at: str | None
    large: str | None


class Prior(NamedTuple):
    """One row of history: the record's row, the stamp it was given, the values it overwrote.

    json is None for a new record; else ``{field: [had, value, at, actor, origin, wrote,
    restores]}`` with trailing nulls cut; wrote only where it differs from the row's.
    """

    record: int
    wrote: str
    json: str | None


Row = tuple[Any, ...]

_COLUMNS = "pk, id, author, deleted_at, doc, meta, dirty, created_at"


def is_foreign(collection: Collection) -> bool:
    """Whether a collection is undeclared; no declared one has a slash in its name."""
    return "/" in collection.name


def existing(
    connection: sqlite3.Connection,
    collection: Collection,
    space: int,
    ids: Sequence[str],
    *,
    large: bool,
) -> dict[str, Existing]:
    """The stored rows of one space, by id."""
    columns = f"{_COLUMNS}, {'large' if large else 'NULL'}"
    if len(ids) == 1:
        rows = connection.execute(
            f'SELECT {columns} FROM "{collection.name}" WHERE id = ? AND space = ?',
            (ids[0], space),
        )
    else:
        rows = connection.execute(
            f'SELECT {columns} FROM "{collection.name}" WHERE space = ? '
            "AND id IN (SELECT value FROM json_each(?))",
            (space, dumps(list(ids))),
        )
    return {row[1]: Existing(*row) for row in rows}


def everywhere(
    connection: sqlite3.Connection, collection: Collection, ids: Iterable[str], *, large: bool
) -> dict[str, dict[int, Existing]]:
    """The stored rows of all spaces, by id and space."""
    these = "id IN (SELECT value FROM json_each(?))"
    wanted = dumps(list(ids))
    if is_foreign(collection):
        rows = connection.execute(
            f"SELECT {_COLUMNS}, sealed, space FROM {FOREIGN} "
            f"WHERE {these} AND app = ? AND collection = ?",
            (wanted, collection.app, collection.wire),
        )
    else:
        rows = connection.execute(
            f"SELECT {_COLUMNS}, {'large' if large else 'NULL'}, space "
            f'FROM "{collection.name}" WHERE {these}',
            (wanted,),
        )
    found: dict[str, dict[int, Existing]] = {}
    for row in rows:
        found.setdefault(row[1], {})[row[9]] = Existing(*row[:9])
    return found


def next_key(connection: sqlite3.Connection, collection: Collection) -> int:
    """The number of the next new row."""
    table = FOREIGN if is_foreign(collection) else collection.name
    row = connection.execute(f'SELECT max(pk) FROM "{table}"').fetchone()
    return int(row[0] or 0) + 1


def insert(connection: sqlite3.Connection, collection: Collection, rows: Sequence[Row]) -> None:
    """Write new rows: pk, id, space, author, private, created_at, updated_at, deleted_at, doc,
    meta, dirty, large."""
    if not rows:
        return
    if is_foreign(collection):
        connection.executemany(
            f"INSERT INTO {FOREIGN} (pk, id, space, author, private, created_at, updated_at, "
            "deleted_at, doc, meta, dirty, sealed, app, collection) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [(*row, collection.app, collection.wire) for row in rows],
        )
        return
    connection.executemany(
        f'INSERT INTO "{collection.name}" (pk, id, space, author, private, created_at, '
        "updated_at, deleted_at, doc, meta, dirty, large) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        rows,
    )


def update(connection: sqlite3.Connection, collection: Collection, rows: Sequence[Row]) -> None:
    """Write changed rows: private, updated_at, deleted_at, doc, meta, dirty, large, pk."""
    if rows:
        connection.executemany(
            f'UPDATE "{collection.name}" SET private = ?, updated_at = ?, deleted_at = ?, '
            "doc = ?, meta = ?, dirty = ?, large = coalesce(?, large) WHERE pk = ?",
            rows,
        )


def replace(connection: sqlite3.Connection, collection: Collection, rows: Sequence[Row]) -> None:
    """Write rows that came from elsewhere: as ``update``, led by author and created_at."""
    if not rows:
        return
    last = "sealed = ?" if is_foreign(collection) else "large = coalesce(?, large)"
    table = FOREIGN if is_foreign(collection) else collection.name
    connection.executemany(
        f'UPDATE "{table}" SET author = ?, created_at = ?, private = ?, updated_at = ?, '
        f"deleted_at = ?, doc = ?, meta = ?, dirty = ?, {last} WHERE pk = ?",
        rows,
    )


def remember(
    connection: sqlite3.Connection, step: int, collection: str, priors: Sequence[Prior]
) -> None:
    """Write the history of changed rows."""
    connection.executemany(
        "INSERT INTO history (step, collection, record, wrote, prior) VALUES (?, ?, ?, ?, ?)",
        [(step, collection, p.record, p.wrote, p.json) for p in priors],
    )
