"""The guard of undo and revert: what one record was given, what it has now, and the way back.

A field goes back only if its stamp is the one that is taken back, or belongs to an undo, redo or
revert that restored that one. Stamps are compared and never values, so the guard works on envelopes
while the vault is locked.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import orjson

from store.changes import Incoming
from store.collections import Collection
from store.database import Database
from store.records import dumps, loads
from store.stamps import Meta

_BATCH = 500
NEVER = ""
"""The stamp of a field that was not there; what an undo that empties it brings back."""

Left = tuple[str, str, str]
"""A field that somebody wrote since: (collection, record id, field)."""


class Current:
    """A stored record as the guard compares it."""

    __slots__ = (
        "_db",
        "_restored",
        "collection",
        "deleted_at",
        "doc",
        "id",
        "key",
        "large",
        "meta",
        "space",
        "space_id",
    )

    def __init__(
        self, db: Database, collection: Collection, space_id: str, row: Sequence[Any]
    ) -> None:
        self._db = db
        self.collection = collection
        self.space_id = space_id
        self.key, self.id, self.space, self.deleted_at, doc, meta, large = row
        self.doc = loads(doc)
        self.large = loads(large)
        self.meta = Meta.load(meta)
        self._restored: dict[str, dict[str, str]] | None = None

    def fields(self) -> Iterator[str]:
        """The names of the fields that are there."""
        yield from self.doc
        yield from self.large

    def value(self, field: str) -> Any:
        """A field as it is stored."""
        return self.large.get(field) if field in self.large else self.doc.get(field)

    def present(self, field: str) -> bool:
        """Whether the field is there."""
        return field in self.doc or field in self.large

    def stamp(self, field: str) -> str | None:
        """The time of the field's stamp; None for one that was never written."""
        found = self.meta.of(field, self.present(field))
        return found.at if found else None

    def origins(self, field: str) -> Iterator[str]:
        """The field's stamp, then the one whose value it brought back, and so on."""
        stamp = self.stamp(field)
        seen = set()
        restored: dict[str, str] | None = None
        while stamp is not None and stamp not in seen:
            yield stamp
            seen.add(stamp)
            restored = self._brought_back(field) if restored is None else restored
            stamp = restored.get(stamp)

    def same(self, field: str, *wrote: str) -> bool:
        """Whether the field's stamp is one of ``wrote``, or restored it by undo and redo."""
        if self.stamp(field) is None:
            return True
        return any(stamp in wrote for stamp in self.origins(field))

    def _brought_back(self, field: str) -> dict[str, str]:
        """For each stamp that brought an older value of ``field`` back, that value's stamp."""
        if self._restored is None:
            self._restored = {}
            for wrote, prior in self._db.read(
                "SELECT wrote, prior FROM history WHERE record = ? AND collection = ? "
                "AND prior IS NOT NULL",
                (self.key, self.collection.name),
            ):
                for name, entry in orjson.loads(prior).items():
                    if len(entry) == 7:
                        self._restored.setdefault(name, {})[entry[5] or wrote] = entry[6]
        return self._restored.get(field, {})


class Written:
    """What was done to one record: the stamps it was given, and the values from before it."""

    __slots__ = ("before", "inserted", "wrote")

    def __init__(self) -> None:
        self.inserted: str | None = None
        self.wrote: dict[str, str] = {}
        self.before: dict[str, tuple[int, Any, str | None]] = {}

    def stamp_of(self, field: str) -> str:
        """The stamp that was left on ``field`` of a record that was made."""
        return self.wrote.get(field) or self.inserted or NEVER

    def add(self, wrote: str, prior: str | None) -> None:
        """Take in one row of history; rows come oldest first."""
        if prior is None:
            self.inserted = wrote
            return
        for field, entry in orjson.loads(prior).items():
            had, value, at, _actor, _origin, mine, _of = entry + [None] * (7 - len(entry))
            self.wrote[field] = mine or wrote
            self.before.setdefault(field, (had, value, at))


def way_back(current: Current, written: Written, left: list[Left]) -> Incoming | None:
    """What puts one record back; what somebody wrote since is added to ``left``."""
    name = current.collection.name
    if written.inserted is not None:
        if current.deleted_at is not None:
            return None
        ours = {*current.collection.unkept, *current.collection.booked}
        others = [
            field
            for field in (*current.fields(), "deletedAt")
            if field not in ours and not current.same(field, written.stamp_of(field), NEVER)
        ]
        left += [(name, current.id, field) for field in others]
        return None if others else Incoming(current.id, {"deletedAt": True}, raw=True)
    fields: dict[str, Any] = {}
    restores: dict[str, str] = {}
    for field, (had, value, at) in written.before.items():
        if not current.same(field, written.wrote[field]):
            left.append((name, current.id, field))
            continue
        fields[field] = value if had else None
        restores[field] = at or NEVER
    return Incoming(current.id, fields, raw=True, restores=restores) if fields else None


def stored(db: Database, collection: Collection, records: Sequence[int]) -> dict[int, Current]:
    """The records with these row numbers, whichever space they are in."""
    spaces = dict(db.read('SELECT pk, id FROM "spaces"'))
    found: dict[int, Current] = {}
    for start in range(0, len(records), _BATCH):
        rows = db.read(
            f'SELECT pk, id, space, deleted_at, doc, meta, large FROM "{collection.name}" '
            "WHERE pk IN (SELECT value FROM json_each(?))",
            (dumps(records[start : start + _BATCH]),),
        )
        for row in rows:
            found[row[0]] = Current(db, collection, spaces.get(row[2], ""), row)
    return found
