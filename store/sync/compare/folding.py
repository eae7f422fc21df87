"""What a server's rows come to: folded by the merge rule in memory, without touching the home.

For ``sync --verify``, which compares that with what stands here. The merge rule is that of
``arrivals``; what is left out is what only the replica that holds a value can do: repair writes,
conflicts, held deletions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from store.arrivals import DELETED, OLDEST
from store.collections import Collection
from store.errors import InvalidValueError, UnreadableError
from store.records import PREFIX, wire_form
from store.rows import FOREIGN, is_foreign
from store.stamps import Version, later, micros, wins
from store.sync.compare.digest import Sum, clear_names, open_all
from store.sync.inbox.joining import joins
from store.sync.inbox.places import Hidden, Places
from store.sync.wire import Change, Malformed
from store.vault.custody import locked

if TYPE_CHECKING:
    from store.workbench import Workbench

_FIXED = frozenset({"id", "spaceId", "authorId", "createdAt", "updatedAt", DELETED})

Pages = Iterable[tuple[str, str, Sequence[Change | Malformed]]]
"""(app, wire collection, rows) of pulls from the beginning, in any order and with repeats."""

Fields = dict[str, tuple[Any, str]]


def digest_of_rows(bench: Workbench, pages: Pages) -> dict[int, str]:
    """The digests that the spaces of this workbench would have if they held exactly what ``pages``
    say, by number; 0 is the user level. Compare with ``digest.digests``.

    Takes the memory of all that is folded. Raises LockedError.
    """
    if not bench.vault.check_epoch():
        raise locked()
    fold = Fold(bench)
    for app, collection, rows in pages:
        fold.take(app, collection, rows)
    return fold.digests()


class Fold:
    """Rows folded so far. ``take`` may be called with any page at any time."""

    def __init__(self, bench: Workbench) -> None:
        self._bench = bench
        self._places = Places(bench)
        self._kept: dict[tuple[str, str], tuple[Collection, dict[tuple[int, str], Fields]]] = {}
        self._homes: dict[str, dict[str, set[int]]] = {}

    def take(self, app: str, collection: str, rows: Sequence[Change | Malformed]) -> None:
        """Fold one page of a collection, by its names on the wire."""
        for row in rows:
            if isinstance(row, Malformed):
                continue
            table = row.table or collection
            if (app, table) not in self._kept:
                registry = self._bench.registry
                declared = registry.wire(app, table) or registry.foreign(app, table)
                self._kept[app, table] = declared, {}
            declared, records = self._kept[app, table]
            number = self._place(declared, row)
            if number is None:
                continue
            try:
                self._merge(declared, records.setdefault((number, row.id), {}), row)
            except InvalidValueError:
                continue

    def digests(self) -> dict[int, str]:
        """The digest of every space and of the user level, as folded so far."""
        bench = self._bench
        rows = bench.db.read('SELECT pk FROM "spaces" WHERE deleted_at IS NULL')
        sums: dict[int, Sum] = {number: Sum() for number in (0, *(row[0] for row in rows))}
        for (app, wire), (declared, records) in self._kept.items():
            clear = clear_names(declared)
            for (number, id), fields in records.items():
                if number not in sums or not fields:
                    continue
                if fields.get(DELETED, (None, ""))[0] is not None:
                    sums[number].add(app, wire, id, None)
                    continue
                values = {name: value for name, (value, _at) in fields.items()}
                open_all(bench, declared.place, clear, id, values)
                sums[number].add(app, wire, id, values)
        return {number: str(total) for number, total in sums.items()}

    # Where a row belongs, as ``incoming`` decides it ------------------------------------------

    def _place(self, declared: Collection, row: Change) -> int | None:
        named = self._places.number(row.space) if row.space else None
        if isinstance(named, Hidden):
            return None
        if self._places.is_user_level(declared):
            return None if named and named != self._places.personal else 0
        homes = self._stored(declared).get(row.id, set())
        if row.space:
            return None if named is None or (homes and named not in homes) else named
        return next(iter(homes)) if len(homes) == 1 else self._places.personal

    def _stored(self, declared: Collection) -> dict[str, set[int]]:
        """The spaces in which each record of a collection is stored here."""
        found = self._homes.get(declared.name)
        if found is None:
            found = self._homes[declared.name] = {}
            if is_foreign(declared):
                sql = f"SELECT id, space FROM {FOREIGN} WHERE app = ? AND collection = ?"
                rows = self._bench.db.read(sql, (declared.app, declared.wire))
            else:
                rows = self._bench.db.read(f'SELECT id, space FROM "{declared.name}"')
            for id, space in rows:
                if space:
                    found.setdefault(id, set()).add(space)
        return found

    # The merge rule -----------------------------------------------------------------------------

    def _merge(self, declared: Collection, fields: Fields, row: Change) -> None:
        joined = joins(declared.app, declared.wire)
        for name, value, at in _said(row):
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


def _said(row: Change) -> Iterable[tuple[str, Any, str]]:
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
        said.append(("", None, when))
    return said


def _life(value: Any, at: str) -> tuple[str, Any, str]:
    if not value:
        return DELETED, None, at
    if isinstance(value, str) and micros(value) > -(2**61):
        return DELETED, value, value
    return DELETED, value, at
