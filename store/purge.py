"""Purge: the deliberate exception to conservation.

It removes a record's values everywhere here: document, history, drafts, links, restore points, and
the free pages of the file. A stone stays: id, field names, stamps, actor. What others received it
cannot recall.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from store.collections import Collection
from store.records import dumps, loads
from store.scope import Scope
from store.stamps import instant

if TYPE_CHECKING:
    from store.workbench import Workbench


def purge_records(bench: Workbench, scope: Scope, collection: str, ids: Sequence[str]) -> int:
    """Purge records of one space; returns how many there were. Raises NotFoundError.

    The stones are deleted records; a deletion that others must learn stays marked for sending.
    """
    declared = bench.registry[collection]
    keys = [bench.documents.get(scope, collection, id).key for id in ids]
    with bench.db.transaction() as connection:
        connection.execute("PRAGMA secure_delete=ON")
        _purge(bench, declared, keys)
        bench.db.touch(collection, scope.id, set(ids))
    _sweep(bench)
    return len(keys)


def purge_space(bench: Workbench, scope: Scope) -> int:
    """Purge every record of a space, deleted ones too; returns how many there were.

    The space itself stays, empty of values.
    """
    count = 0
    with bench.db.transaction() as connection:
        connection.execute("PRAGMA secure_delete=ON")
        for declared in bench.registry:
            if declared.level != "space":
                continue
            rows = bench.db.read(
                f'SELECT pk FROM "{declared.name}" WHERE space = ?', (scope.number,)
            )
            _purge(bench, declared, [row[0] for row in rows])
            count += len(rows)
            bench.db.touch(declared.name, scope.id, None)
        connection.execute("DELETE FROM foreign_records WHERE space = ?", (scope.number,))
    _sweep(bench)
    return count


def _purge(bench: Workbench, collection: Collection, keys: Sequence[int]) -> None:
    connection = bench.db.connection()
    chosen = (dumps(list(keys)),)
    these = "IN (SELECT value FROM json_each(?))"
    now = instant(bench.clock())
    rows = connection.execute(
        f'SELECT pk, id, doc, large, deleted_at FROM "{collection.name}" WHERE pk {these}', chosen
    ).fetchall()
    for pk, id, doc, large, deleted in rows:
        stone = dict.fromkeys([*loads(doc), *loads(large)])
        connection.execute(
            f'UPDATE "{collection.name}" SET doc = ?, large = NULL, deleted_at = ? WHERE pk = ?',
            (dumps(stone), deleted or now, pk),
        )
        connection.execute(
            "DELETE FROM drafts WHERE collection = ? AND id = ?", (collection.name, id)
        )
        connection.execute(
            "DELETE FROM held WHERE collection = ? AND id = ?", (collection.name, id)
        )
    # A bare row stays, so that numbers of history only rise and every index looks again.
    connection.executemany(
        "INSERT INTO history (step, collection, record) VALUES (NULL, ?, ?)",
        [(collection.name, pk) for pk in keys],
    )
    connection.execute(
        f"DELETE FROM history WHERE collection = ? AND step IS NOT NULL AND record {these}",
        (collection.name, *chosen),
    )
    connection.execute(
        f"DELETE FROM tagged WHERE collection = ? AND record {these}", (collection.name, *chosen)
    )


def _sweep(bench: Workbench) -> None:
    """Leave no old copy: restore points, free pages, the write-ahead log."""
    for path in (bench.home / "restore-points").glob("*.db"):
        with suppress(FileNotFoundError):
            path.unlink()
    bench.db.compact()
