"""Records whose collection became declared move from the table of undeclared ones into their own.

A newer version knows what an older one only kept. What was kept goes through the one write path, a
batch a transaction, so that a crash leaves each record in exactly one of the two tables and the
rest is moved the next time. Stamps, envelopes, dirty marks and whatever waits for a look move with
it; the digest of the space stays the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from store import rows as stored
from store.arrivals import DELETED, Arrived, Merging
from store.being import Being
from store.changes import NEW
from store.collections import Collection
from store.errors import InvalidValueError, UnreadableError
from store.records import PREFIX, dumps, loads, wire_form
from store.rows import FOREIGN
from store.stamps import Meta, act_as, system
from store.sync import iterations
from store.sync.inbox.joining import joins
from store.sync.inbox.places import Places

if TYPE_CHECKING:
    from store.documents import Step
    from store.workbench import Workbench

BATCH = 200
"""Records of one transaction."""

_COLUMNS = "pk, id, space, author, created_at, deleted_at, doc, meta, dirty"


class _Kept(NamedTuple):
    """A row of the table of undeclared records."""

    pk: int
    id: str
    space: int
    author: int | None
    created_at: str | None
    deleted_at: str | None
    doc: str
    meta: str
    dirty: str | None


def take_over(bench: Workbench) -> int:
    """Move every kept record of a declared collection; returns how many. None while the vault is
    locked, because what is clear in its new place may be sealed in the old one."""
    if not bench.vault.unlocked:
        return 0
    moved = 0
    for collection in _waiting(bench):
        while batch := _batch(bench, collection):
            _move(bench, collection, batch)
            moved += len(batch)
    return moved


def _waiting(bench: Workbench) -> list[Collection]:
    """The declared collections of which any record is kept as undeclared."""
    declared = [c for c in bench.registry if c.app and c.wire]
    asked = " UNION ALL ".join(
        f"SELECT ? WHERE EXISTS (SELECT 1 FROM {FOREIGN} WHERE app = ? AND collection = ? "
        f"AND (space = 0) = {int(c.level == 'user')})"
        for c in declared
    )
    values = [value for c in declared for value in (c.name, c.app, c.wire)]
    return [bench.registry[name] for (name,) in bench.db.read(asked, tuple(values))]


def _batch(bench: Workbench, collection: Collection) -> list[_Kept]:
    found = bench.db.read(
        f"SELECT {_COLUMNS} FROM {FOREIGN} WHERE app = ? AND collection = ? "
        f"AND (space = 0) = ? ORDER BY pk LIMIT {BATCH}",
        (collection.app, collection.wire, int(collection.level == "user")),
    )
    return [_Kept(*row) for row in found]


def _move(bench: Workbench, collection: Collection, batch: Sequence[_Kept]) -> None:
    """Move records in one transaction, unless another process did meanwhile."""
    with (
        act_as(system("sync")),
        bench.step("take over", kind="pull", scope=bench.user_scope, durable=False) as step,
    ):
        connection = bench.db.connection()
        keys = dumps([kept.pk for kept in batch])
        there = {
            pk
            for (pk,) in connection.execute(
                f"SELECT pk FROM {FOREIGN} WHERE pk IN (SELECT value FROM json_each(?))", (keys,)
            )
        }
        places = Places(bench)
        spaces: dict[int, list[_Kept]] = {}
        for kept in batch:
            if kept.pk in there:
                spaces.setdefault(kept.space, []).append(kept)
        for number, group in spaces.items():
            _merge(bench, step, collection, number, places, group)
        connection.execute(
            f"DELETE FROM {FOREIGN} WHERE pk IN (SELECT value FROM json_each(?))", (keys,)
        )
        bench.db.touch(FOREIGN, "", None)


def _merge(
    bench: Workbench,
    step: Step,
    collection: Collection,
    number: int,
    places: Places,
    group: Sequence[_Kept],
) -> None:
    """Write the records of one space, with their dirty marks and what refers to them."""
    merging = Merging(
        collection,
        bench.vault,
        sync=bench.writer.actor(system("sync")),
        nobody=places.author(number),
        hydrating=True,
        joins=joins(collection.app, collection.wire),
    )
    arrived = {kept.id: list(_arrivals(bench, collection, kept)) for kept in group}
    connection = bench.db.connection()
    found = stored.existing(connection, collection, number, list(arrived), large=True)
    with step.into(number, places.wire(number)):
        step.take_in(merging, arrived, found, _settle)
    written = stored.existing(connection, collection, number, list(arrived), large=True)
    for kept in group:
        now = written[kept.id]
        dirty = _dirty(kept, now, is_new=kept.id not in found)
        connection.execute(
            f'UPDATE "{collection.name}" SET dirty = ? WHERE pk = ?', (dirty, now.pk)
        )
        _refer(bench, collection, kept, now.pk)


def _arrivals(bench: Workbench, collection: Collection, kept: _Kept) -> Iterator[Arrived]:
    """A record as changes, one for each actor and origin that its fields have."""
    meta = Meta.load(kept.meta)
    values = _values(bench, collection, kept)
    groups: dict[tuple[int, str], dict[str, str]] = {}
    for name in values:
        stamp = meta.own.get(name, meta.default)
        groups.setdefault((stamp.actor, stamp.origin), {})[name] = stamp.at
    removal = meta.own.get(DELETED)
    if removal is None and kept.deleted_at is not None:
        removal = meta.default
    if removal is not None:
        groups.setdefault((removal.actor, removal.origin), {})
    if not groups:
        groups[meta.default.actor, meta.default.origin] = {}
    for (actor, origin), times in groups.items():
        mine = removal is not None and (removal.actor, removal.origin) == (actor, origin)
        yield Arrived(
            kept.id,
            {name: values[name] for name in times},
            times,
            actor,
            removal=(kept.deleted_at, removal.at) if mine and removal is not None else None,
            created=kept.created_at or "",
            author=kept.author or 0,
            origin=origin,
        )


def _values(bench: Workbench, collection: Collection, kept: _Kept) -> dict[str, Any]:
    """The fields of a record as its own table keeps them: envelopes where they are, plaintext where
    the collection declares a field clear, and the texts inside a list of runs opened."""
    lists = iterations.names(collection)
    out = {}
    for name, value in loads(kept.doc).items():
        if name in lists or collection.is_clear(name):
            value = _opened(bench, collection, kept.id, name, value)
        if name in lists:
            value = iterations.opened(value, lambda text: _text(bench, text))
        out[name] = value
    return out


def _opened(bench: Workbench, collection: Collection, id: str, name: str, value: Any) -> Any:
    """A value in plaintext; as it is where it does not open."""
    if not isinstance(value, str) or not value.startswith(PREFIX):
        return value
    try:
        return wire_form(bench.vault.open(collection.place, id, name, value))
    except (UnreadableError, InvalidValueError):
        return value


def _text(bench: Workbench, text: str) -> Any:
    try:
        return wire_form(bench.vault.open1(text))
    except (UnreadableError, InvalidValueError):
        return text


def _settle(beings: Sequence[Being]) -> None:
    """A life that was judged when it came is not judged again."""
    for being in beings:
        if (verdict := being.verdict()) is not None:
            being.settle(verdict)


def _dirty(kept: _Kept, now: stored.Existing, *, is_new: bool) -> str | None:
    """What no server has of the record: what it had not before, and what the move made."""
    if is_new or kept.dirty is None or now.dirty == NEW:
        return kept.dirty if is_new else now.dirty
    names = set(orjson.loads(now.dirty)) if now.dirty else set()
    names |= loads(kept.doc).keys() if kept.dirty == NEW else set(orjson.loads(kept.dirty))
    return dumps(sorted(names))


_BY_RECORD = ("conflicts", "repaired", "aside")
"""Tables that name a record by its collection and row."""


def _refer(bench: Workbench, collection: Collection, kept: _Kept, key: int) -> None:
    """Have what waits or is remembered of a record name its new row."""
    connection = bench.db.connection()
    old = f"{collection.app}/{collection.wire}"
    for table in _BY_RECORD:
        connection.execute(
            f"UPDATE OR REPLACE {table} SET collection = ?, record = ? "
            "WHERE collection = ? AND record = ?",
            (collection.name, key, old, kept.pk),
        )
    connection.execute(
        "UPDATE OR REPLACE held SET collection = ? WHERE collection = ? AND space = ? AND id = ?",
        (collection.name, old, kept.space, kept.id),
    )
