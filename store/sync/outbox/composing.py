"""One record's unsent fields as changes of the wire.

Two operations lose the times of their fields on the way, so they are used only where nothing is
lost: an ``insert`` while all fields bear one stamp, which travels as ``updatedAt`` of its data,
and a ``delete``, whose ``deletedAt`` is its stamp. Everything else is an ``update`` with a time for
each field, one for each actor and origin. A record that comes back goes out whole, because peers
may have purged it; one that is deleted gets nothing after its deletion.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from store.changes import NEW
from store.collections import Collection
from store.records import dumps
from store.stamps import micros
from store.sync.outbox.forms import Forms, Shape

if TYPE_CHECKING:
    from store.workbench import Workbench

AGAIN = "~"
"""Before a name in a dirty mark: the server had this value once and gets it again, in another form
or under another key. Nobody typed it since, so it is no unsent edit."""

LARGEST = 9_000_000
"""Bytes that the changes of one push may have; servers stop reading a little above ten million."""

DELETED = "deletedAt"
TYPED = "user"
_SMALL = 8_000
"""Bytes up to which a record is taken for that large whatever of it goes out."""

Change = dict[str, Any]


class Mark(NamedTuple):
    """What one record sends: its row, and the stamp of each field (``deletedAt`` too). typed: those
    of them that a person wrote here and no server has had.

    The others are the row as it was read for sending, and what stays dirty of it if it still is so
    when the server has answered.
    """

    collection: str
    record: int
    stamps: dict[str, str]
    typed: Iterable[str]
    meta: str
    dirty: str
    deleted: str | None
    rest: str | None


class Row(NamedTuple):
    """A stored record as the outbox reads it. sealed: of a record of an undeclared collection,
    which of its fields came sealed; wire: that collection."""

    pk: int
    id: str
    space: int
    author: int | None
    private: int
    created_at: str | None
    deleted_at: str | None
    doc: str
    meta: str
    dirty: str
    large: str | None = None
    sealed: str | None = None
    wire: str | None = None


Piece = tuple[list[Change], Mark, int]
"""The changes that travel together, their mark, and about how many bytes they are."""


def unsent(dirty: str | None) -> set[str]:
    """The names in a dirty mark of values that no server has had, ``*`` for all of a new record.
    What only goes out again (``~title``, or whole: ``~*``) is none of them."""
    if dirty is None or dirty == NEW:
        return {NEW} if dirty else set()
    return {name for name in orjson.loads(dirty) if not name.startswith(AGAIN)}


def plain(names: Iterable[str]) -> set[str]:
    """Names of a dirty mark without the sign for sending again."""
    return {name[1:] if name.startswith(AGAIN) else name for name in names}


def is_stone(doc: Mapping[str, Any]) -> bool:
    """Whether a deleted record was purged: names, and no values."""
    return not any(value is not None for value in doc.values())


class Composer:
    """Makes changes of the rows of one workbench, as its account and keys stand now."""

    def __init__(self, bench: Workbench) -> None:
        self._db = bench.db
        self.forms = Forms(bench)
        self._shapes: dict[tuple[str, int, int], Shape] = {}
        self._heads: dict[tuple[str, int, int, str], Change] = {}
        self._actors: dict[int, Any] = {}
        self._people: dict[int | None, str] = {}
        self._spaces: dict[int, str] = dict(bench.db.read('SELECT pk, id FROM "spaces"'))

    def compose(self, collection: Collection, row: tuple[Any, ...]) -> list[Piece]:
        """The pieces in which a record goes out, usually one; none where nothing of it may. row:
        the columns of ``Row``.

        Raises LockedError where it has to wait for a key, UnreadableError where a value of it can
        never go out.
        """
        pk, id, space, author, private, created, deleted, text, meta, dirty, large, sealed, _ = row
        stamps = orjson.loads(meta)
        default, own = stamps["d"], stamps.get("f")
        doc = orjson.loads(text)
        if large is not None:
            doc.update(orjson.loads(large))
        if sealed is None:
            key = (collection.name, space, private)
            shape = self._shapes.get(key)
            if shape is None:
                shape = self._shapes[key] = self.forms.shape(collection, space, private)
        else:
            shape = self.forms.returning(collection, orjson.loads(sealed))
        size = 700 + weight(text) + weight(large)
        simple = deleted is None and size < LARGEST
        if simple and dirty != NEW and _is_edit(dirty):
            exact = size > _SMALL
            return [
                self._edit(collection, row, shape, doc, default, own or {}, 0 if exact else size)
            ]
        if not simple or dirty != NEW or not _is_one(own, default):
            whole = Row._make(row)
            return _Update(self, collection, whole, shape, doc, default, own or {}).pieces()
        at, actor, origin = default
        sent = dict.fromkeys(doc, at)
        for name in doc.keys() - shape.clear:
            doc[name] = self.forms.outgoing(shape, id, name, doc[name], origin)
        doc["id"] = id
        doc["createdAt"] = created
        doc["updatedAt"] = at
        person = self._people.get(author) or self._person(author)
        if space:
            doc["spaceId"] = self._spaces[space]
            doc["authorId"] = person
        else:
            doc["userId"] = person
        head = self.head(collection, space, actor, origin)
        typed = sent if origin == TYPED else ()
        mark = Mark(collection.name, pk, sent, typed, meta, dirty, None, None)
        return [([{**head, "id": id, "op": "insert", "data": doc}], mark, size)]

    def _edit(
        self,
        collection: Collection,
        row: tuple[Any, ...],
        shape: Shape,
        doc: dict[str, Any],
        default: Sequence[Any],
        own: Mapping[str, Sequence[Any]],
        size: int,
    ) -> Piece:
        """Some changed fields of a living record, as one update for each actor and origin. size: 0
        where it has to be counted, else at most that of the whole record."""
        pk, id, space = row[:3]
        changes: dict[tuple[int, str], Change] = {}
        stamps = {}
        typed = []
        counts = not size
        for name in orjson.loads(row[9]):
            if name not in doc:
                continue
            value = doc[name]
            at, actor, origin = own.get(name, default)
            stamps[name] = at
            if origin == TYPED:
                typed.append(name)
            if name not in shape.clear:
                value = self.forms.outgoing(shape, id, name, value, origin)
            if counts:
                size += _size(value)
            slot = {"value": value, "at": at, "updatedAt": at}
            change = changes.get((actor, origin))
            if change is None:
                head = self.head(collection, space, actor, origin)
                change = {**head, "id": id, "op": "update", "fields": {name: slot}}
                changes[actor, origin] = change
            else:
                change["fields"][name] = slot
        size += 200 * len(stamps) + 500 * len(changes)
        mark = Mark(collection.name, pk, stamps, typed, row[8], row[9], None, None)
        return list(changes.values()), mark, size

    def head(self, collection: Collection, space: int, actor: int, origin: str) -> Change:
        """What changes of one collection, space and author have in common."""
        key = (collection.name, space, actor, origin)
        head = self._heads.get(key)
        if head is None:
            head = {"table": collection.wire}
            if space:
                head["spaceId"] = self._spaces[space]
            head |= {"actor": self._actor(actor), "origin": origin}
            self._heads[key] = head
        return head

    def common(self, collection: Collection, row: Row) -> dict[str, Any]:
        """The values that every record has from its beginning, by its level, as far as known."""
        author = self._person(row.author)
        if row.space:
            space = self._spaces[row.space]
            found = {"spaceId": space, "authorId": author, "createdAt": row.created_at}
        else:
            found = {"userId": author, "createdAt": row.created_at}
        return {name: value for name, value in found.items() if value}

    def _actor(self, number: int) -> Any:
        """An actor as it travels: without its reasons, which may tell what is sealed."""
        found = self._actors.get(number)
        if found is None:
            rows = self._db.read("SELECT json FROM actors WHERE n = ?", (number,))
            found = orjson.loads(rows[0][0]) if rows else None
            if isinstance(found, dict) and found.get("rationale"):
                found["rationale"] = ""
            self._actors[number] = found
        return found

    def _person(self, number: int | None) -> str | None:
        if number is None:
            return None
        if number not in self._people:
            self._people.update(self._db.read("SELECT n, id FROM principals"))
        return self._people.get(number)


class _Update:
    """One record that does not go out as a single insert."""

    def __init__(
        self,
        composer: Composer,
        collection: Collection,
        row: Row,
        shape: Shape,
        doc: dict[str, Any],
        default: Sequence[Any],
        own: Mapping[str, Sequence[Any]],
    ) -> None:
        self._composer = composer
        self._collection = collection
        self._row = row
        self._shape = shape
        self._doc = doc
        self._default = default
        self._own = own
        self._dirty = {NEW} if row.dirty == NEW else plain(orjson.loads(row.dirty))
        self._every = NEW in self._dirty
        self._whole = False

    def pieces(self) -> list[Piece]:
        names = self._names()
        removal = self._removal()
        if not names and removal is None and not self._whole:
            return []
        values = {
            name: self._composer.forms.outgoing(
                self._shape, self._row.id, name, self._doc.get(name), self._stamp(name)[2]
            )
            for name in names
        }
        chunks = _chunks(values)
        pieces = []
        for number, chunk in enumerate(chunks):
            changes = self._changes(chunk, values, common=self._whole and not number)
            stamps = {name: self._stamp(name)[0] for name in chunk}
            if number == len(chunks) - 1 and removal is not None:
                changes.append(removal)
                stamps[DELETED] = removal[DELETED]
            row, rest = self._row, self._rest(stamps)
            told = (row.meta, row.dirty, row.deleted_at, rest)
            mark = Mark(self._collection.name, row.pk, stamps, self._typed(stamps), *told)
            size = sum(_size(values[name]) + 120 for name in chunk) + 700 * len(changes)
            pieces.append((changes, mark, size))
        return pieces

    def _typed(self, names: Iterable[str]) -> list[str]:
        fresh = unsent(self._row.dirty)
        return [
            name
            for name in names
            if self._stamp(name)[2] == TYPED and (name in fresh or NEW in fresh)
        ]

    def _names(self) -> list[str]:
        """The fields that go out, in the order they are kept; ``deletedAt`` of a record that came
        back last."""
        row, doc, dirty, new = self._row, self._doc, self._dirty, self._every
        if row.deleted_at is not None:
            if is_stone(doc) or not (new or DELETED in dirty):
                return []
            self._whole = new
            ends = micros(self._stamp(DELETED)[0])
            return [
                name
                for name in doc
                if new or (name in dirty and micros(self._stamp(name)[0]) <= ends)
            ]
        back = DELETED in dirty or (new and DELETED in self._own)
        self._whole = new or back
        if self._whole:
            return [*doc, DELETED] if back else list(doc)
        if "visibility" in dirty and row.space in self._composer.forms.shared:
            # Whoever may see it now needs the protected values in the other form.
            again = self._composer.forms.protected(self._collection)
            return [name for name in doc if name in dirty or name in again]
        return [name for name in doc if name in dirty]

    def _removal(self) -> Change | None:
        row = self._row
        if row.deleted_at is None or not (self._every or DELETED in self._dirty):
            return None
        stamp = self._stamp(DELETED)
        head = self._composer.head(self._collection, row.space, stamp[1], stamp[2])
        return head | {"id": row.id, "op": "delete", DELETED: row.deleted_at}

    def _stamp(self, name: str) -> Sequence[Any]:
        found = self._own.get(name, self._default)
        if name == DELETED and self._row.deleted_at is not None:
            return (self._row.deleted_at, found[1], found[2])
        return found

    def _changes(
        self, names: Iterable[str], values: Mapping[str, Any], *, common: bool
    ) -> list[Change]:
        """One update for each actor and origin among ``names``."""
        groups: dict[tuple[int, str], dict[str, Any]] = {}
        if common:
            # They bear no time of their own and never change.
            at, actor, origin = self._default
            fixed = self._composer.common(self._collection, self._row)
            groups[actor, origin] = {
                name: {"value": value, "at": at, "updatedAt": at} for name, value in fixed.items()
            }
        last: tuple[int, str] | None = None
        for name in names:
            at, actor, origin = self._stamp(name)
            slot = {"value": values[name], "at": at, "updatedAt": at}
            groups.setdefault((actor, origin), {})[name] = slot
            if name == DELETED:
                last = (actor, origin)
        if last is not None:
            groups[last] = groups.pop(last)
        made = []
        for (actor, origin), fields in groups.items():
            head = self._composer.head(self._collection, self._row.space, actor, origin)
            made.append(head | {"id": self._row.id, "op": "update", "fields": fields})
        return made

    def _rest(self, stamps: Mapping[str, str]) -> str | None:
        """What stays dirty when these are acknowledged and nothing else has changed."""
        if self._every:
            there = [*self._doc, DELETED] if DELETED in self._own else list(self._doc)
            if self._row.deleted_at is not None and is_stone(self._doc):
                there = []
            if self._row.dirty != NEW:
                there = [AGAIN + name for name in there]
        else:
            there = orjson.loads(self._row.dirty)
        left = [name for name in there if name.removeprefix(AGAIN) not in stamps]
        return dumps(sorted(left)) if left else None


def _is_one(own: Mapping[str, Sequence[Any]] | None, default: Sequence[Any]) -> bool:
    """Whether all fields bear the default stamp, and the record was never deleted."""
    return not own or (DELETED not in own and all(stamp == default for stamp in own.values()))


def _is_edit(dirty: str) -> bool:
    """Whether a dirty mark names nothing but changed fields that go out by themselves."""
    return not (NEW in dirty or "deletedAt" in dirty or "visibility" in dirty or AGAIN in dirty)


def weight(text: str | None) -> int:
    """Bytes of a column."""
    return 0 if text is None else len(text) if text.isascii() else len(text.encode())


def _size(value: Any) -> int:
    if value.__class__ is str:
        return weight(value) * (1 if value.isascii() and value.isprintable() else 2)
    return 8 if value.__class__ not in (list, dict) else len(orjson.dumps(value))


def _chunks(values: Mapping[str, Any]) -> list[list[str]]:
    """The names in runs of which each fits into one push; at least one run."""
    chunks: list[list[str]] = [[]]
    size = 0
    for name, value in values.items():
        more = _size(value) + 120
        if chunks[-1] and size + more > LARGEST:
            chunks.append([])
            size = 0
        chunks[-1].append(name)
        size += more
    return chunks
