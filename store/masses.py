"""The guard on mass deletions (law 4): which of them wait for a person's look, and where they are
listed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from store.collections import Collection
from store.records import dumps
from store.stamps import instant

if TYPE_CHECKING:
    from store.writer import Writer

HELD_ABOVE = 20
HELD_SHARE = 5
"""A step that deletes more live records than HELD_ABOVE, or more than HELD_SHARE that are over a
fifth of their collection, waits for a person's look."""


def is_mass(writer: Writer, collection: Collection, space: int, count: int, together: int) -> bool:
    """Whether ``count`` records of a collection, ``together`` with what else the step deletes, are
    so many that somebody should look."""
    if collection.junction_of or not count:
        return False
    if together > HELD_ABOVE or count <= HELD_SHARE:
        return together > HELD_ABOVE
    total = writer.db.read(
        f'SELECT count(*) FROM "{collection.name}" WHERE space = ? AND deleted_at IS NULL',
        (space,),
    )[0][0]
    return count * 5 > int(total)


def live(writer: Writer, collection: Collection, space: int, ids: Sequence[str]) -> list[str]:
    """Those of ``ids`` that are live records, each once and in their order."""
    rows = writer.db.read(
        f'SELECT id FROM "{collection.name}" WHERE space = ? AND deleted_at IS NULL '
        "AND id IN (SELECT value FROM json_each(?))",
        (space, dumps(list(ids))),
    )
    found = {row[0] for row in rows}
    return [id for id in dict.fromkeys(ids) if id in found]


def hold(
    writer: Writer, collection: Collection, space: int, ids: Sequence[str], actor: int, wire: str
) -> None:
    """Have the deletion of these records wait; wire: the id of their space."""
    now = instant(writer.clock())
    release(writer, collection, space, ids)
    writer.db.connection().executemany(
        "INSERT INTO held (collection, space, id, actor, at) VALUES (?, ?, ?, ?, ?)",
        [(collection.name, space, id, actor, now) for id in ids],
    )
    writer.db.touch("held", wire, None)


def release(writer: Writer, collection: Collection, space: int, ids: Sequence[str]) -> None:
    """What is deleted, or held anew, no longer waits from before."""
    writer.db.connection().execute(
        "DELETE FROM held WHERE collection = ? AND space = ? "
        "AND id IN (SELECT value FROM json_each(?))",
        (collection.name, space, dumps(list(ids))),
    )
