"""The tables, and how they come to be. Imported only when something has to be made or changed.

    tables of the house     principals actors steps history held tagged counters blobs
                            drafts device vault_keys shapes home foreign_records
    tables of agents        runs proposals spending reads
    tables of sync          account sync_state memberships cursors seen acked conflicts
                            quarantine aside authority repaired tombs
    one table a collection  pk id space author private created_at updated_at deleted_at
                            doc meta dirty large

``doc`` is JSON with every protected value as an envelope, ``meta`` the stamps, ``dirty`` the
fields that no server has acknowledged (``*`` for a record it never saw), ``large`` what lists never
read. ``space`` is a row of the ``spaces`` collection, 0 for the user level. ``private`` is the
author of a private record, else 0. Tables come through sqlite-utils; expression indexes, which it
cannot describe, are SQL.
"""

from __future__ import annotations

import sqlite3
import time
from binascii import crc32
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from store import locations
from store.collections import Collection
from store.database import APPLICATION_ID, SCHEMA, Database

if TYPE_CHECKING:
    from sqlite_utils.db import Database as Utils
    from sqlite_utils.migrations import Migrations

KEEP_RESTORE_POINTS = 3


def lacking(database: Database, collections: Iterable[Collection]) -> list[Collection]:
    """The collections that the file has not, or not in our shape; of a file that a newer program
    has shaped, only the missing ones."""
    known = dict(database.read("SELECT name, shape FROM shapes"))
    newer = database.version > SCHEMA
    return [
        c for c in collections if known.get(c.name) != c.shape() and not (newer and c.name in known)
    ]


def prepare(database: Database, collections: Iterable[Collection]) -> None:
    """Bring the file to this version, under an exclusive lock, after a restore point.

    Raises StorageError; the file is then as it was.
    """
    from sqlite_utils.db import Database as Utils

    if 0 < database.version < SCHEMA:
        restore_point(database)
    with database.transaction() as connection:
        utils = Utils(connection)
        _migrations().apply(utils)
        for collection in lacking(database, collections):
            _collection(utils, connection, collection)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {max(SCHEMA, database.version)}")
    database.version = max(SCHEMA, database.version)


def restore_point(database: Database) -> str:
    """Copy the whole file beside it as it is now (sealed as it is); returns the copy's path."""
    folder = locations.private_folder(database.path.parent / "restore-points")
    path = folder / f"{time.strftime('%Y%m%dT%H%M%S')}-{database.version}.db"
    number = 1
    while path.exists():
        path = path.with_stem(f"{path.stem}-{number}")
        number += 1
    database.copy_to(path)
    path.chmod(0o600)
    for old in sorted(folder.glob("*.db"))[:-KEEP_RESTORE_POINTS]:
        old.unlink()
    return str(path)


def _migrations() -> Migrations:
    from sqlite_utils.migrations import Migrations

    migrations = Migrations("manabench")

    @migrations(name="1.0 the house", transactional=False)
    def house(db: Utils) -> None:
        _house(db)

    @migrations(name="1.1 sync", transactional=False)
    def sync(db: Utils) -> None:
        from store.schema_sync import tables

        tables(db)

    @migrations(name="1.2 agents", transactional=False)
    def agents(db: Utils) -> None:
        from store.schema_ai import tables

        tables(db)

    return migrations


def _house(db: Utils) -> None:
    def table(name: str, columns: Mapping[str, type], pk: str | None = None, **kw: object) -> None:
        db.table(name).create(dict(columns), pk=pk, strict=True, **kw)  # type: ignore[arg-type]

    table("home", {"key": str, "value": str}, "key")
    table("shapes", {"name": str, "shape": str}, "name")
    table("vault_keys", {"n": int, "row": str}, "n")
    table("principals", {"n": int, "id": str, "kind": str, "public": str, "pinned": str}, "n")
    table("actors", {"n": int, "json": str}, "n", not_null={"json"})
    table("device", {"key": str, "value": str}, "key")
    table(
        "drafts",
        {"place": str, "collection": str, "id": str, "field": str, "base": str}
        | {"at": str, "text": str},
        "place",
    )
    table(
        "steps",
        {"n": int, "space": int, "kind": str, "label": str, "at": str}
        | {"actor": int, "process": str, "undone": int, "target": int},
        "n",
    )
    table(
        "history",
        {"n": int, "step": int, "collection": str, "record": int, "wrote": str, "prior": str},
        "n",
        foreign_keys=[("step", "steps", "n")],
    )
    # A seam for files: sealed chunks lie in a folder beside the database, never in it.
    table("blobs", {"hash": str, "size": int, "key": str, "state": str}, "hash")
    table("held", {"n": int, "collection": str, "space": int, "id": str, "actor": int, "at": str})
    table("tagged", {"collection": str, "record": int, "tag": str}, not_null={"record", "tag"})
    table(
        "counters",
        {"collection": str, "space": str, "n": int},
        None,
        not_null={"collection", "space", "n"},
    )
    table(
        "foreign_records",
        {"pk": int, "app": str, "collection": str, "id": str, "space": int, "author": int}
        | {"private": int, "created_at": str, "updated_at": str, "deleted_at": str}
        | {"doc": str, "meta": str, "dirty": str},
        "pk",
    )
    for sql in (
        "CREATE UNIQUE INDEX counters_key ON counters (collection, space)",
        "CREATE UNIQUE INDEX actors_json ON actors (json)",
        "CREATE UNIQUE INDEX principals_id ON principals (id)",
        "CREATE INDEX history_record ON history (record, collection)",
        "CREATE INDEX history_step ON history (step)",
        "CREATE INDEX steps_space ON steps (space, kind, undone, n)",
        "CREATE UNIQUE INDEX tagged_record ON tagged (record, collection, tag)",
        "CREATE INDEX tagged_tag ON tagged (tag, collection)",
        "CREATE UNIQUE INDEX foreign_id ON foreign_records (id, app, collection, space)",
    ):
        db.execute(sql)


_COLUMNS: dict[str, type] = {
    "pk": int,
    "id": str,
    "space": int,
    "author": int,
    "private": int,
    "created_at": str,
    "updated_at": str,
    "deleted_at": str,
    "doc": str,
    "meta": str,
    "dirty": str,
    "large": str,
}


def _collection(db: Utils, connection: sqlite3.Connection, collection: Collection) -> None:
    """Make a collection's table, indexes and view."""
    name = collection.name
    if not db.table(name).exists():
        db.table(name).create(
            _COLUMNS,
            pk="pk",
            not_null={"id", "space", "doc", "meta"},
            defaults={"space": 0, "private": 0},
            strict=True,
        )
        connection.execute(f'CREATE UNIQUE INDEX "{name}_id" ON "{name}" (id, space)')
        connection.execute(f'CREATE INDEX "{name}_dirty" ON "{name}" (pk) WHERE dirty IS NOT NULL')
    have = {
        row[0]
        for row in connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = ?", (name,)
        )
    }
    for index, terms in collection.indexes.items():
        full = f"{name}_{index}_{crc32(terms.encode()):08x}"
        for stale in have:
            if stale.startswith(f"{name}_{index}_") and stale != full:
                connection.execute(f'DROP INDEX "{stale}"')
        if full not in have:
            connection.execute(
                f'CREATE INDEX "{full}" ON "{name}" (space, {terms}) WHERE deleted_at IS NULL'
            )
    _junction_index(connection, collection, have)
    _view(connection, collection)
    connection.execute("INSERT OR REPLACE INTO shapes VALUES (?, ?)", (name, collection.shape()))


def _junction_index(connection: sqlite3.Connection, collection: Collection, have: set[str]) -> None:
    if collection.junction_of and f"{collection.name}_of" not in have:
        key = collection.junction_of[1]
        connection.execute(
            f'CREATE INDEX "{collection.name}_of" ON "{collection.name}" '
            f"(json_extract(doc, '$.{key}'))"
        )


def _view(connection: sqlite3.Connection, collection: Collection) -> None:
    """A view for whoever opens the file with other tools: numbers resolved, fields as columns."""
    fields = ", ".join(
        f"json_extract(r.doc, '$.{field}') AS \"{field}\""
        for field in collection.fields
        if field not in collection.large
    )
    view = f"{collection.name}_view"
    space = "s.id AS spaceId, " if collection.level == "space" else ""
    join = 'LEFT JOIN "spaces" s ON s.pk = r.space ' if collection.level == "space" else ""
    connection.execute(f'DROP VIEW IF EXISTS "{view}"')
    connection.execute(
        f'CREATE VIEW "{view}" AS SELECT r.id, {space}p.id AS authorId, r.created_at, '
        f"r.updated_at, r.deleted_at, {fields} "
        f'FROM "{collection.name}" r {join}LEFT JOIN principals p ON p.n = r.author'
    )
