"""A short digest of what a space holds, the same on every device that holds the same.

It is made of plaintext: of every live record its fields, of a deleted one that it is deleted. The
order of records, stamps, history, envelopes and whatever differs by device have no part in it, nor
have the values that are fixed at a record's making (``createdAt``, ``authorId``), which two makers
of one derived id may see differently.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import orjson

from store.collections import COMMON, Collection
from store.errors import InvalidValueError, UnreadableError
from store.records import PREFIX, wire_form
from store.vault.custody import locked

if TYPE_CHECKING:
    from store.workbench import Workbench

PAGE = 2000
LENGTH = 16
"""Characters of a digest."""

FOREIGN = "foreign_records"
_MASK = (1 << 128) - 1
_APART = frozenset({"id", "spaceId", "authorId", "userId", "createdAt", "updatedAt", "deletedAt"})


class Sum:
    """The records of one space added up, in any order."""

    __slots__ = ("_total",)

    def __init__(self) -> None:
        self._total = 0

    def add(self, app: str, wire: str, id: str, fields: Mapping[str, Any] | None) -> None:
        """Add one record; fields is None for a deleted one."""
        if fields is not None:
            fields = {
                name: value
                for name, value in fields.items()
                if value is not None
                and name not in _APART
                and not (name == "visibility" and value == "space")
            }
        text = orjson.dumps((app, wire, id, fields), option=orjson.OPT_SORT_KEYS)
        number = int.from_bytes(blake2b(text, digest_size=16).digest(), "big")
        self._total = (self._total + number) & _MASK

    def __str__(self) -> str:
        return blake2b(self._total.to_bytes(16, "big"), digest_size=LENGTH // 2).hexdigest()


def digest(bench: Workbench, space_number: int) -> str:
    """The digest of one space, 0 for the user level. Reads in pages; not for the screen's thread.

    Raises LockedError.
    """
    if not bench.vault.check_epoch():
        raise locked()
    total = Sum()
    for collection in bench.registry:
        if collection.app and (collection.level == "space") == bool(space_number):
            _declared(bench, total, collection, space_number)
    _foreign(bench, total, space_number)
    return str(total)


def _declared(bench: Workbench, total: Sum, collection: Collection, space: int) -> None:
    clear = clear_names(collection)
    last = -1
    while True:
        rows = bench.db.read(
            f'SELECT pk, id, deleted_at, doc, large FROM "{collection.name}" '
            f"WHERE space = ? AND pk > ? ORDER BY pk LIMIT {PAGE}",
            (space, last),
        )
        for _pk, id, deleted, doc, large in rows:
            if deleted is not None:
                total.add(collection.app, collection.wire, id, None)
                continue
            fields = orjson.loads(doc)
            if large:
                fields.update(orjson.loads(large))
            open_all(bench, collection.place, clear, id, fields)
            total.add(collection.app, collection.wire, id, fields)
        if len(rows) < PAGE:
            return
        last = rows[-1][0]


def _foreign(bench: Workbench, total: Sum, space: int) -> None:
    last = -1
    while True:
        rows = bench.db.read(
            f"SELECT pk, app, collection, id, deleted_at, doc FROM {FOREIGN} "
            f"WHERE space = ? AND pk > ? ORDER BY pk LIMIT {PAGE}",
            (space, last),
        )
        for _pk, app, name, id, deleted, doc in rows:
            fields = None
            if deleted is None:
                fields = orjson.loads(doc)
                open_all(bench, f"{app}/{name}", COMMON, id, fields)
            total.add(app, name, id, fields)
        if len(rows) < PAGE:
            return
        last = rows[-1][0]


def clear_names(collection: Collection) -> frozenset[str]:
    """The fields of a collection that are readable at rest."""
    return COMMON | {name for name, field in collection.fields.items() if field.clear}


def open_all(
    bench: Workbench, place: str, clear: frozenset[str], id: str, fields: dict[str, Any]
) -> None:
    """Open every envelope among ``fields`` in place; one that does not open stands for itself.
    Raises LockedError."""
    opened = bench.vault.open
    for name, value in fields.items():
        if value.__class__ is str and name not in clear and value.startswith(PREFIX):
            with suppress(UnreadableError, InvalidValueError):
                fields[name] = wire_form(opened(place, id, name, value))


def digests(bench: Workbench) -> dict[int, str]:
    """The digests of all spaces and of the user level, by number."""
    numbers = [row[0] for row in bench.db.read('SELECT pk FROM "spaces" WHERE deleted_at IS NULL')]
    return {number: digest(bench, number) for number in (0, *numbers)}
