"""What was deleted in a space, of all modules together, newest first: to be looked at, brought
back, or purged. Purged records are stones without values and are not listed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from store.module import alphabetical
from store.records import Record, dumps
from store.scope import Scope
from store.stamps import Actor, Meta
from store.told import counted
from store.words import ngettext

if TYPE_CHECKING:
    from store.module import Module
    from store.workbench import Workbench

_BATCH = 500


class Gone(NamedTuple):
    """One deleted record. actor: who deleted it, as in the history."""

    module: str
    collection: str
    id: str
    title: str
    at: str
    actor: Actor


def deleted(
    bench: Workbench, scope: Scope, text: str = "", limit: int = 2000
) -> tuple[list[Gone], int]:
    """The newest ``limit`` deleted records whose title holds every word of ``text``, and how many
    older ones were not looked at."""
    modules = {m.main: m for m in bench.modules.values() if scope.allows(m.id)}
    places = _places(bench, scope, list(modules))
    actors: dict[int, Actor] = {}
    wanted = alphabetical(text).split()
    found: list[Gone] = []
    for start in range(0, len(places), _BATCH):
        batch = places[start : start + _BATCH]
        records = _records(bench, scope, modules, batch)
        stamps = _stamps(bench, batch)
        for at, collection, key in batch:
            record = records.get((collection, key))
            module = modules[collection]
            if record is None or _is_stone(module, record):
                continue
            title = module.title(record)
            if wanted and not all(word in alphabetical(title) for word in wanted):
                continue
            actor = _actor(bench, actors, stamps.get((collection, key), 0))
            found.append(Gone(module.id, collection, record["id"], title, at, actor))
        if len(found) >= limit:
            return found[:limit], len(places) - start - len(batch) + len(found) - limit
    return found, 0


def restore(bench: Workbench, scope: Scope, records: Sequence[tuple[str, str]]) -> str:
    """Bring deleted records back, given as (collection, id), as one step. Raises NotFoundError."""
    count = len(records)
    label = counted("restore {n} record", "restore {n} records", count)
    with bench.step(label, scope=scope) as step:
        for collection, id in records:
            step.restore(collection, id)
    return ngettext("Restored {n} record.", "Restored {n} records.", count).format(n=count)


def purge(bench: Workbench, scope: Scope, records: Sequence[tuple[str, str]]) -> str:
    """Purge records, given as (collection, id). Nothing brings them back. Raises NotFoundError."""
    from store.purge import purge_records

    ids: dict[str, list[str]] = {}
    for collection, id in records:
        ids.setdefault(collection, []).append(id)
    count = sum(purge_records(bench, scope, name, some) for name, some in ids.items())
    return ngettext(
        "Purged {n} record. What others received cannot be recalled.",
        "Purged {n} records. What others received cannot be recalled.",
        count,
    ).format(n=count)


def _places(
    bench: Workbench, scope: Scope, collections: Sequence[str]
) -> list[tuple[str, str, int]]:
    """(when deleted, collection, row number) of every deleted record, newest first."""
    places = []
    for collection in collections:
        rows = bench.db.read(
            f'SELECT deleted_at, pk FROM "{collection}" WHERE space = ? '
            "AND deleted_at IS NOT NULL AND (private = 0 OR private = ?)",
            (scope.number, scope.viewer),
        )
        places += [(str(at), collection, int(pk)) for at, pk in rows]
    places.sort(reverse=True)
    return places


def _records(
    bench: Workbench,
    scope: Scope,
    modules: dict[str, Module],
    batch: Sequence[tuple[str, str, int]],
) -> dict[tuple[str, int], Record]:
    found = {}
    for collection, module in modules.items():
        keys = [key for _at, name, key in batch if name == collection]
        if keys:
            for record in bench.documents.by_keys(scope, collection, keys, module.listed):
                found[collection, record.key] = record
    return found


def _is_stone(module: Module, record: Record) -> bool:
    """Purging leaves the names of fields without values; every record has its own clear fields."""
    kept = {"id", "spaceId", "authorId", "visibility", "createdAt", "updatedAt", "deletedAt"}
    values = [value for name, value in record.items() if name not in kept]
    return bool(values) and all(value is None for value in values)


def _stamps(bench: Workbench, batch: Sequence[tuple[str, str, int]]) -> dict[tuple[str, int], int]:
    """Who wrote the deletion: the actor's row number."""
    found = {}
    for collection in {name for _at, name, _key in batch}:
        keys = dumps([key for _at, name, key in batch if name == collection])
        rows = bench.db.read(
            f'SELECT pk, meta FROM "{collection}" WHERE pk IN (SELECT value FROM json_each(?))',
            (keys,),
        )
        for key, meta in rows:
            stamp = Meta.load(meta).of("deletedAt", True)
            if stamp is not None:
                found[collection, key] = stamp.actor
    return found


def _actor(bench: Workbench, known: dict[int, Actor], number: int) -> Actor:
    if number not in known:
        import orjson

        rows = bench.db.read("SELECT json FROM actors WHERE n = ?", (number,))
        known[number] = orjson.loads(rows[0][0]) if rows else {}
    return known[number]
