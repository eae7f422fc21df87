"""A short digest of what a space holds, the same on every device that holds the same.

It is made of plaintext: of every live record its fields, of a deleted one that it is deleted. The
order of records, stamps, history, envelopes and whatever differs by device have no part in it, nor
have the values that are fixed at a record's making (``createdAt``, ``authorId``), which two makers
of one derived id may see differently.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import orjson

from store.collections import COMMON, Collection
from store.errors import InvalidValueError, UnreadableError
from store.records import PREFIX, wire_form
from store.rows import FOREIGN
from store.vault.custody import locked

if TYPE_CHECKING:
    from store.workbench import Workbench

PAGE = 2000
LENGTH = 16
"""Characters of a digest."""

PRIVATE = "private"
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


def digest(bench: Workbench, space_number: int, busy: Callable[[], bool] = lambda: False) -> str:
    """The digest of one space, 0 for the user level; "" where ``busy`` said in the middle of it
    that there is better to do. Reads in pages; not for the screen's thread.

    Records that somebody else keeps private are left out. Raises LockedError.
    """
    if not bench.vault.check_epoch():
        raise locked()
    total = Sum()
    for collection in bench.registry:
        if not collection.app or (collection.level == "space") != bool(space_number):
            continue
        if not _add_all(bench, total, collection, space_number, busy):
            return ""
    return str(total) if _add_all(bench, total, None, space_number, busy) else ""


def _add_all(
    bench: Workbench,
    total: Sum,
    collection: Collection | None,
    space: int,
    busy: Callable[[], bool],
) -> bool:
    """Add the records of a collection, None for all that nobody declared, in one space; whether it
    came to the end."""
    if collection is not None:
        table, columns = collection.name, f"'{collection.app}', '{collection.wire}', large"
        clear, place = clear_names(collection), collection.place
    else:
        table, columns, clear, place = FOREIGN, "app, collection, NULL", COMMON, ""
    last, me = -1, bench.viewer
    while True:
        rows = bench.db.read(
            f'SELECT pk, id, private, deleted_at, doc, {columns} FROM "{table}" '
            f"WHERE space = ? AND pk > ? ORDER BY pk LIMIT {PAGE}",
            (space, last),
        )
        for _pk, id, private, deleted, doc, app, wire, large in rows:
            if private and private != me:
                continue
            fields = None
            if deleted is None:
                fields = orjson.loads(doc)
                if large:
                    fields.update(orjson.loads(large))
                open_all(bench, place or f"{app}/{wire}", clear, id, fields)
            total.add(app, wire, id, fields)
        if len(rows) < PAGE:
            return True
        if busy():
            return False
        last = rows[-1][0]


def mine(bench: Workbench) -> frozenset[str]:
    """The ids by which servers know the person of this home."""
    rows = bench.db.read("SELECT id FROM principals WHERE n = ?", (bench.viewer,))
    return frozenset(id for (id,) in rows)


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
