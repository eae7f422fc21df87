"""What a server's rows come to: folded by the merge rule in memory, without touching the home.

For ``sync --verify``, which compares that with what stands here. The merge rule is that of
``arrivals``; what is left out is what only the replica that holds a value can do: repair writes,
conflicts, held deletions. So a deletion that waits here for somebody's look shows as a difference.

What would not be merged here counts on neither side: rows that go to quarantine, rows of hidden
spaces, and records that somebody else keeps private in a shared space.

Collections come one after the other, and only the records of the one under way are held, each
packed into bytes with its envelopes closed; of a finished one its sum is left.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import orjson

from store.arrivals import DELETED, OLDEST
from store.collections import Collection
from store.errors import InvalidValueError, UnreadableError
from store.records import PREFIX, wire_form
from store.rows import FOREIGN, is_foreign
from store.stamps import Version, later, micros, wins
from store.sync import iterations
from store.sync.compare.digest import PRIVATE, Sum, clear_names, mine, open_all
from store.sync.inbox.joining import joins
from store.sync.inbox.places import Hidden, Places
from store.sync.wire import Change, Malformed
from store.vault.custody import locked

if TYPE_CHECKING:
    from store.workbench import Workbench

_FIXED = frozenset({"id", "spaceId", "authorId", "createdAt", "updatedAt", DELETED})

AUTHOR = ""
"""The name under which a packed record keeps its author; no field can be called that here."""

_NOWHERE: frozenset[int] = frozenset()

Pages = Iterable[tuple[str, str, Sequence[Change | Malformed]]]
"""(app, wire collection, rows) of pulls from the beginning, in any order and with repeats."""

Fields = dict[str, tuple[Any, str]]
Name = tuple[str, str]


def digest_of_rows(bench: Workbench, pages: Pages) -> dict[int, str]:
    """The digests that the spaces of this workbench would have if they held exactly what ``pages``
    say, by number; 0 is the user level. Compare with ``digest.digests``.

    Takes the memory of all that is folded. Raises LockedError.
    """
    fold = Fold(bench)
    for app, collection, rows in pages:
        fold.take(app, collection, rows)
    return fold.digests()


class Fold:
    """Rows folded so far. ``take`` may be called with any page of any collection that is not
    finished. Raises LockedError."""

    def __init__(self, bench: Workbench) -> None:
        if not bench.vault.check_epoch():
            raise locked()
        self._bench = bench
        self._places = Places(bench)
        self._me = mine(bench)
        self._kept: dict[Name, tuple[Collection, dict[tuple[int, str], bytes]]] = {}
        self._done: set[Name] = set()
        self._homes: dict[Name, dict[str, frozenset[int]]] = {}
        self._alone: dict[int, frozenset[int]] = {}
        rows = bench.db.read('SELECT pk FROM "spaces" WHERE deleted_at IS NULL')
        self._sums: dict[int, Sum] = {number: Sum() for number in (0, *(row[0] for row in rows))}

    def take(self, app: str, collection: str, rows: Sequence[Change | Malformed]) -> None:
        """Fold one page of a collection, by its names on the wire."""
        for row in rows:
            if isinstance(row, Malformed):
                continue
            name = (app, row.table or collection)
            # A row in the answer of another collection comes in that of its own, too.
            if name in self._done:
                continue
            declared, records = self._open(name)
            number = self._place(declared, row)
            if number is None:
                continue
            key = (number, row.id)
            fields = _unpacked(records[key]) if key in records else {}
            try:
                self._merge(declared, fields, row, number)
                records[key] = _packed(fields)
            except (InvalidValueError, TypeError):
                continue
            if number:
                self._settle(self._stored(declared), row.id, number)

    def finish(self, app: str, collection: str) -> None:
        """A collection is folded to its end: count it, and keep no more of it."""
        self._done.add((app, collection))
        self._homes.pop((app, collection), None)
        declared, records = self._kept.pop((app, collection), (None, {}))
        if declared is None:
            return
        clear = clear_names(declared)
        while records:
            (number, id), packed = records.popitem()
            if number in self._sums:
                self._add(declared, clear, number, id, _unpacked(packed))

    def give_up(self, app: str, collection: str) -> set[int]:
        """A collection could not be read to its end: drop what came of it. Returns the spaces that
        it is known to be in; all that it could be in where nobody knows."""
        declared, records = self._open((app, collection))
        if self._places.is_user_level(declared):
            found = {0}
        else:
            found = {number for homes in self._stored(declared).values() for number in homes}
            found = found & self._sums.keys() or self._sums.keys() - {0}
        self._kept.pop((app, collection))
        self._done.add((app, collection))
        return found

    def digests(self) -> dict[int, str]:
        """The digest of every space and of the user level, as folded; ends all collections."""
        for app, collection in list(self._kept):
            self.finish(app, collection)
        return {number: str(total) for number, total in self._sums.items()}

    def _open(self, name: Name) -> tuple[Collection, dict[tuple[int, str], bytes]]:
        if name not in self._kept:
            registry = self._bench.registry
            self._kept[name] = registry.wire(*name) or registry.foreign(*name), {}
        return self._kept[name]

    def _add(
        self, declared: Collection, clear: frozenset[str], number: int, id: str, fields: Fields
    ) -> None:
        """Count one record, unless it is another's alone."""
        if not fields:
            return
        author = fields.pop(AUTHOR, (None, ""))[0]
        if fields.get("visibility", ("", ""))[0] == PRIVATE:
            own = author in self._me if author else number in (0, self._places.personal)
            if not own:
                return
        values = None
        if fields.get(DELETED, (None, ""))[0] is None:
            values = {name: value for name, (value, _at) in fields.items()}
            open_all(self._bench, declared.place, clear, id, values)
        self._sums[number].add(declared.app, declared.wire, id, values)

    # Where a row belongs, as ``incoming`` decides it ------------------------------------------

    def _place(self, declared: Collection, row: Change) -> int | None:
        named = self._places.number(row.space) if row.space else None
        if isinstance(named, Hidden):
            return None
        if self._places.is_user_level(declared):
            return None if named and named != self._places.personal else 0
        homes = self._stored(declared).get(row.id, _NOWHERE)
        if row.space:
            return None if named is None or (homes and named not in homes) else named
        return next(iter(homes)) if len(homes) == 1 else self._places.personal

    def _stored(self, declared: Collection) -> dict[str, frozenset[int]]:
        """The spaces in which each record of a collection is stored here, or was folded."""
        found = self._homes.get((declared.app, declared.wire))
        if found is None:
            found = self._homes[declared.app, declared.wire] = {}
            if is_foreign(declared):
                sql = f"SELECT id, space FROM {FOREIGN} WHERE app = ? AND collection = ?"
                rows = self._bench.db.read(sql, (declared.app, declared.wire))
            else:
                rows = self._bench.db.read(f'SELECT id, space FROM "{declared.name}"')
            for id, space in rows:
                if space:
                    self._settle(found, id, space)
        return found

    def _settle(self, homes: dict[str, frozenset[int]], id: str, number: int) -> None:
        """Note that a record is in a space. Nearly all are in one, and share that set."""
        known = homes.get(id)
        if known is None:
            homes[id] = self._alone.setdefault(number, frozenset((number,)))
        elif number not in known:
            homes[id] = known | {number}

    # The merge rule -----------------------------------------------------------------------------

    def _merge(self, declared: Collection, fields: Fields, row: Change, number: int) -> None:
        joined = joins(declared.app, declared.wire)
        said = _said(row)
        lists = iterations.names(declared)
        author = row.fields["authorId"][0] if "authorId" in row.fields else row.data.get("authorId")
        if said and author.__class__ is str and author:
            fields.setdefault(AUTHOR, (author, ""))
        for name, value, at in said:
            if name in lists and self._is_sealed(number, fields, row):
                value = iterations.opened(value, self._text)
            held = fields.get(name)
            if held is not None and name in joined:
                mine, theirs = (
                    self._opened(declared, row.id, name, one)[0] for one in (held[0], value)
                )
                if isinstance(mine, list) and isinstance(theirs, list):
                    newest = at if later(at, held[1]) else held[1]
                    fields[name] = (joined[name](mine, theirs), newest)
                    continue
            if held is None or self._wins(declared, row.id, name, (value, at), held):
                fields[name] = (value, at)

    def _is_sealed(self, number: int, fields: Fields, row: Change) -> bool:
        """Whether texts inside the lists of a record are opened when it comes."""
        visibility = row.data.get("visibility") or fields.get("visibility", ("", ""))[0]
        visibility = row.fields["visibility"][0] if "visibility" in row.fields else visibility
        own = fields.get(AUTHOR, (None, ""))[0] in self._me
        return not self._places.is_shared(number) or (visibility == PRIVATE and own)

    def _text(self, envelope: str) -> Any:
        with suppress(UnreadableError, InvalidValueError):
            return wire_form(self._bench.vault.open1(envelope))
        return envelope

    def _wins(
        self,
        declared: Collection,
        id: str,
        name: str,
        new: tuple[Any, str],
        held: tuple[Any, str],
    ) -> bool:
        order = micros(new[1]) - micros(held[1])
        if order:
            return order > 0
        if name == DELETED:
            return new[0] is None and held[0] is not None
        if new[0] == held[0]:
            return False
        mine, theirs = (self._opened(declared, id, name, one[0]) for one in (held, new))
        return wins(Version(theirs[0], "", theirs[1]), Version(mine[0], "", mine[1]))

    def _opened(self, declared: Collection, id: str, name: str, value: Any) -> tuple[Any, bool]:
        if value.__class__ is not str or not value.startswith(PREFIX) or declared.is_clear(name):
            return value, True
        with suppress(UnreadableError, InvalidValueError):
            return wire_form(self._bench.vault.open(declared.place, id, name, value)), True
        return value, False


def _packed(fields: Fields) -> bytes:
    """A record in few bytes: most of its fields share their time. TypeError."""
    times: dict[str, int] = {}
    held = {name: (value, times.setdefault(at, len(times))) for name, (value, at) in fields.items()}
    # A copy, for what the writer hands out keeps the whole of its buffer.
    return memoryview(orjson.dumps((list(times), held))).tobytes()


def _unpacked(packed: bytes) -> Fields:
    times, held = orjson.loads(packed)
    return {name: (value, times[at]) for name, (value, at) in held.items()}


def _said(row: Change) -> Sequence[tuple[str, Any, str]]:
    """(field, value in wire form, its time) of everything that a row says. InvalidValueError."""
    data: Mapping[str, Any] = row.data
    when = next(
        (t for t in (data.get("updatedAt"), data.get("createdAt")) if t and isinstance(t, str)),
        OLDEST,
    )
    said = [(name, wire_form(value), when) for name, value in data.items() if name not in _FIXED]
    if DELETED in data:
        said.append(_life(data[DELETED], when))
    for name, (value, at) in row.fields.items():
        if name == DELETED:
            said.append(_life(value, at))
        elif name not in _FIXED:
            said.append((name, wire_form(value), at))
    if row.op == "delete":
        said.append(_life(row.deleted or True, row.deleted))
    elif row.deleted:
        said.append(_life(row.deleted, row.deleted))
    if not said and data:
        said.append(("updatedAt", None, when))
    return said


def _life(value: Any, at: str) -> tuple[str, Any, str]:
    if not value:
        return DELETED, None, at
    if isinstance(value, str) and micros(value) > -(2**61):
        return DELETED, value, value
    return DELETED, value, at
