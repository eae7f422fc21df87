"""What the store already holds of a source: records by derived id, and names by their folded form.

Read-only but for ``Names``, which makes the tags, groups and projects that a source names.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from store.exchange.items import fold, named_id
from store.records import dumps, loads, opener
from store.stamps import EPOCH, Meta, next_at, system

if TYPE_CHECKING:
    from store.documents import Step
    from store.workbench import Workbench

ACTOR = system("import")
BATCH = 500


class Stored(NamedTuple):
    """A record as it lies here.

    gone: deleted by somebody; undone: deleted by taking an import back, so that importing it
    again may bring it back. hidden: another person's private record. values holds ``metadata``.
    """

    id: str
    key: int
    gone: bool
    undone: bool
    hidden: bool
    values: dict[str, Any]
    meta: Meta
    present: frozenset[str]
    tags: frozenset[str]

    def at(self, field: str) -> str | None:
        """When ``field`` was last written, None if never."""
        stamp = self.meta.of(field, field in self.present)
        return stamp.at if stamp else None


def stored(
    bench: Workbench, collection: str, ids: Sequence[str], fields: Iterable[str] = ("metadata",)
) -> dict[str, Stored]:
    """The records of the active space with these ids, deleted ones included."""
    declared = bench.registry[collection]
    scope = bench.scope
    rows = bench.db.read(
        f'SELECT pk, id, private, deleted_at, doc, meta FROM "{collection}" '
        "WHERE space = ? AND id IN (SELECT value FROM json_each(?))",
        (scope.number, dumps(list(ids))),
    )
    undone = _undone(bench, collection, [row[0] for row in rows if row[3] is not None])
    tags = _tags(bench, collection, [row[0] for row in rows]) if declared.tag_link else {}
    read = opener(declared, bench.vault.open, fields)
    found = {}
    for pk, id, private, deleted_at, doc_text, meta in rows:
        doc = loads(doc_text)
        values = {name: doc[name] for name in fields if name in doc}
        read(id, values)
        found[id] = Stored(
            id,
            pk,
            gone=deleted_at is not None,
            undone=pk in undone,
            hidden=private not in (0, scope.viewer),
            values=values,
            meta=Meta.load(meta),
            # Large fields are not read; they are there, or their own stamp says so.
            present=frozenset(doc) | frozenset(declared.large),
            tags=frozenset(tags.get(pk, ())),
        )
    return found


def _undone(bench: Workbench, collection: str, keys: Sequence[int]) -> set[int]:
    """Those of the deleted records ``keys`` whose newest change was an undo."""
    if not keys:
        return set()
    rows = bench.db.read(
        "SELECT h.record FROM history h JOIN steps s ON s.n = h.step "
        "WHERE h.collection = ? AND h.record IN (SELECT value FROM json_each(?)) "
        "AND s.kind = 'undo' AND h.n = (SELECT max(n) FROM history x "
        "WHERE x.record = h.record AND x.collection = h.collection)",
        (collection, dumps(list(keys))),
    )
    return {row[0] for row in rows}


def _tags(bench: Workbench, collection: str, keys: Sequence[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for record, tag in bench.db.read(
        "SELECT record, tag FROM tagged WHERE collection = ? "
        "AND record IN (SELECT value FROM json_each(?))",
        (collection, dumps(list(keys))),
    ):
        found.setdefault(record, []).append(tag)
    return found


def space_key(bench: Workbench) -> str:
    """What stands for the active space in derived ids.

    The personal space gets another id once an account is linked; its name here stays, so that
    importing again afterwards finds what was imported before.
    """
    scope = bench.scope
    return "personal" if scope.type == "personal" else scope.id


def after(at: str, *stored_at: str | None) -> str:
    """``at``, or one millisecond after the latest of ``stored_at`` where that is not earlier."""
    for other in stored_at:
        at = next_at(datetime.fromisoformat(at), other)
    return at


class Names:
    """Finds records by name in the active space and, with a step, makes those that are missing.

    A name that a live record bears means that record, whoever made it. A record that an import
    made and a person deleted is not made again: ``id`` gives None for its name.
    """

    def __init__(self, bench: Workbench, collection: str, kind: str) -> None:
        self._bench = bench
        self._collection = collection
        self._kind = kind
        self._space = space_key(bench)
        self._live: dict[str, str] = {}
        self._settled: dict[str, str | None] = {}
        self._alive: set[str] = set()
        self.made: list[str] = []
        declared = bench.registry[collection]
        read = opener(declared, bench.vault.open, (declared.title,))
        for id, doc in bench.db.read(
            f'SELECT id, doc FROM "{collection}" WHERE space = ? AND deleted_at IS NULL '
            "ORDER BY pk DESC",
            (bench.scope.number,),
        ):
            values = read(id, loads(doc))
            self._alive.add(id)
            if isinstance(name := values.get(declared.title), str):
                self._live[fold(name)] = id
        self._title = declared.title

    def known(self, name: str) -> str | None:
        """The live record of that name, or the one an import made for it; makes nothing."""
        derived = named_id(self._kind, self._space, name)
        return self._live.get(fold(name)) or (derived if derived in self._alive else None)

    def id(self, step: Step, name: str, fields: dict[str, Any]) -> str | None:
        """The id for ``name``, made with ``fields`` if nobody bears it."""
        folded = fold(name)
        if folded not in self._settled:
            self._settled[folded] = self.known(name) or self._make(step, name, fields)
        return self._settled[folded]

    def _make(self, step: Step, name: str, fields: dict[str, Any]) -> str | None:
        derived = named_id(self._kind, self._space, name)
        there = stored(self._bench, self._collection, [derived], ()).get(derived)
        if there is None:
            order = "order" if self._title == "name" and self._kind == "project" else "sortOrder"
            values = {self._title: name, order: len(self._alive), **fields}
            step.merge(self._collection, derived, values, EPOCH, actor=ACTOR)
        elif there.undone:
            at = after(EPOCH, there.at("deletedAt"))
            step.merge(self._collection, derived, {"deletedAt": None}, at, actor=ACTOR)
        else:
            return None
        self._live[fold(name)] = derived
        self._alive.add(derived)
        self.made.append(name)
        return derived
