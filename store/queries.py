"""Reads: pages by key, single records, counts. Every call takes a scope (law 2).

A list's order is one SQL expression over clear columns that an index serves, so the first page of
100,000 records costs what one of ten does. Orders by sealed fields are
keys computed from opened records.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from store.collections import Collection, Registry
from store.database import Database
from store.errors import AmbiguousError, NotFoundError
from store.module import Filter, Module, Sort
from store.records import Record, dumps, loads, opener
from store.scope import Scope
from store.sight import bearing, seen
from store.vault import Vault
from store.when import marks
from store.words import N_, _

_COLUMNS = "pk, id, author, private, created_at, updated_at, deleted_at, doc"
_MANY = 2000
"""Records from which on reading all links of a space costs less than naming the records."""

OLDEST = Sort("oldest", N_("oldest first"), "pk")
"""The order of collections that no module shows."""


class Query(NamedTuple):
    """Which records of a collection, in which order.

    sort and filters are names that the collection's module declares, empty for its first. tags:
    only records that bear one of them or, with untagged_pass (a scene's rule), none at all.
    """

    collection: str
    sort: str = ""
    filters: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    untagged_pass: bool = True
    deleted: bool = False


class Documents:
    """The reading side of the store; every method may be called from any thread."""

    def __init__(
        self,
        db: Database,
        vault: Vault,
        registry: Registry,
        modules: Mapping[str, Module],
        clock: Callable[[], datetime],
    ) -> None:
        self._db = db
        self._vault = vault
        self._registry = registry
        self._clock = clock
        self._main = {module.main: module for module in modules.values()}
        self._people: dict[int, str] = {}

    # One record ---------------------------------------------------------------------------

    def get(self, scope: Scope, collection: str, id: str) -> Record:
        """The record with exactly this id, deleted or not, large fields included.

        Raises NotFoundError, ModuleNotInSpaceError.
        """
        declared = self._declared(scope, collection)
        rows = self._rows(declared, scope, "AND id = :id", {"id": id}, large=True)
        if not rows:
            raise NotFoundError(
                _("No such record: {id}.").format(id=id[:8]), kept=_("Nothing was changed.")
            )
        return self._records(declared, rows, scope, large=True)[0]

    def find(self, scope: Scope, collection: str, text: str, *, deleted: bool = False) -> Record:
        """The record that ``text`` means: an unambiguous prefix of its id, or its exact title.

        Raises NotFoundError, AmbiguousError with the candidates.
        """
        declared = self._declared(scope, collection)
        state = "IS NOT NULL" if deleted else "IS NULL"
        rows = self._rows(
            declared,
            scope,
            f"AND :text <> '' AND id >= :text AND id < :end AND deleted_at {state} LIMIT 11",
            {"text": text, "end": text + "\U0010ffff"},
        )
        found = self._records(declared, rows, scope.unwatched())
        if len(found) != 1 and (exact := [r for r in found if r["id"] == text]):
            found = exact
        if not found and declared.title and text:
            found = self._titled(scope, declared, text, deleted)
        if not found:
            raise NotFoundError(
                _("Nothing in {name} is called {text!r}.").format(
                    name=declared.name.removeprefix("ai"), text=text
                ),
                kept=_("Nothing was changed."),
                hint=_("Give the start of its id, or its exact title."),
            )
        if len(found) > 1:
            raise AmbiguousError(
                _("{text!r} means {count} records.").format(
                    text=text, count="10+" if len(found) > 10 else len(found)
                ),
                [(r["id"], self.title(declared.name, r)) for r in found[:10]],
                kept=_("Nothing was changed."),
                hint=_("Give more of the id."),
            )
        return self.get(scope, collection, found[0]["id"])

    def _titled(self, scope: Scope, declared: Collection, text: str, deleted: bool) -> list[Record]:
        keys = [
            key
            for key, title in self.titles(scope.unwatched(), Query(declared.name, deleted=deleted))
            if title == text
        ]
        return self.by_keys(scope.unwatched(), declared.name, keys[:11])

    def title(self, collection: str, record: Record) -> str:
        """What a record is called in a sentence."""
        module = self._main.get(collection)
        if module is not None:
            return module.title(record)
        return record.text(self._registry[collection].title) if collection in self._registry else ""

    # Lists --------------------------------------------------------------------------------

    def page(
        self,
        scope: Scope,
        query: Query,
        after: Record | None = None,
        limit: int = 50,
        only: Iterable[str] | None = None,
    ) -> list[Record]:
        """The next ``limit`` records behind ``after``, all for -1, without large fields.

        only: the sealed fields to open, all by default.
        """
        declared = self._declared(scope, query.collection)
        order = self._sort(query).sql
        where, values = self._where(scope, query)
        if after is not None:
            # The bound on the order stands first: of two lower bounds SQLite takes the first.
            where = f"{order} >= :after AND ({order} > :after OR pk > :pk) AND {where}"
            values |= {"after": after.position, "pk": after.key}
        # Nobody asks for more behind a whole list, and the order is computed anew for each row.
        position = order if limit >= 0 else "NULL"
        rows = self._db.read(
            f'SELECT {_COLUMNS}, NULL, {position} FROM "{declared.name}" WHERE {where} '
            f"ORDER BY {order}, pk LIMIT {int(limit)}",
            values,
        )
        return self._records(declared, rows, scope, only=only)

    def table(
        self, scope: Scope, query: Query, names: Sequence[str], limit: int = -1
    ) -> list[tuple[Any, ...]]:
        """(key, id, value, ...) of every record in order, for output that needs few fields.

        Values are opened as in records; cheaper than ``page``, because no document is built.
        """
        declared = self._declared(scope, query.collection)
        order = self._sort(query).sql
        where, values = self._where(scope, query)
        picked = "".join(f", json_extract(doc, '$.{name}')" for name in names)
        rows = self._db.read(
            f'SELECT pk, id{picked} FROM "{declared.name}" WHERE {where} '
            f"ORDER BY {order}, pk LIMIT {int(limit)}",
            values,
        )
        if scope.watch is not None and rows:
            scope.watch(declared.name, [row[0] for row in rows], [row[1] for row in rows])
        read = opener(declared, self._vault.open)
        sealed = [i for i, name in enumerate(names) if not declared.is_clear(name)]
        if not sealed:
            return rows
        out = []
        for row in rows:
            target = read(row[1], {names[i]: row[i + 2] for i in sealed})
            cells = list(row)
            for i in sealed:
                cells[i + 2] = target[names[i]]
            out.append(tuple(cells))
        return out

    def keys(self, scope: Scope, query: Query) -> list[int]:
        """All row numbers in order, for random access to a long list."""
        declared = self._declared(scope, query.collection)
        sort = self._sort(query)
        where, values = self._where(scope, query)
        if sort.key is not None:
            records = self._all(declared, scope.unwatched(), where, values)
            records.sort(key=sort.key)
            return [record.key for record in records]
        rows = self._db.read(
            f'SELECT pk FROM "{declared.name}" WHERE {where} ORDER BY {sort.sql}, pk',
            values,
        )
        return [row[0] for row in rows]

    def among(self, scope: Scope, query: Query, keys: Sequence[int], limit: int) -> list[int]:
        """The first ``limit`` of ``keys`` that ``query`` finds too, in their own order."""
        declared = self._declared(scope, query.collection)
        where, values = self._where(scope, query)
        kept: list[int] = []
        for start in range(0, len(keys), 500):
            part = keys[start : start + 500]
            rows = self._db.read(
                f'SELECT pk FROM "{declared.name}" WHERE {where} '
                "AND pk IN (SELECT value FROM json_each(:keys))",
                values | {"keys": dumps(list(part))},
            )
            found = {row[0] for row in rows}
            kept += [key for key in part if key in found]
            if len(kept) >= limit:
                break
        return kept[:limit]

    def by_keys(
        self,
        scope: Scope,
        collection: str,
        keys: Sequence[int],
        only: Iterable[str] | None = None,
        *,
        large: bool = False,
    ) -> list[Record]:
        """The records with these row numbers, in the order of ``keys``; missing ones left out."""
        declared = self._declared(scope, collection)
        rows = self._rows(
            declared,
            scope,
            "AND pk IN (SELECT value FROM json_each(:keys))",
            {"keys": dumps(list(keys))},
            large=large,
        )
        found = {r.key: r for r in self._records(declared, rows, scope, large=large, only=only)}
        return [found[key] for key in keys if key in found]

    def count(self, scope: Scope, query: Query) -> int:
        """How many records ``query`` finds."""
        declared = self._declared(scope, query.collection)
        where, values = self._where(scope, query)
        rows = self._db.read(f'SELECT count(*) FROM "{declared.name}" WHERE {where}', values)
        return int(rows[0][0])

    def titles(self, scope: Scope, query: Query) -> Iterator[tuple[int, str]]:
        """(key, title) of every record of ``query``, opened a thousand at a time."""
        only = self._title_fields(query.collection)
        keys = self.keys(scope, query)
        for start in range(0, len(keys), 1000):
            for record in self.by_keys(scope, query.collection, keys[start : start + 1000], only):
                yield record.key, self.title(query.collection, record)

    def across(self, collection: str) -> Iterator[Record]:
        """Every live record of every space that the person may see: the explicit exception."""
        last = 0
        while keys := self._db.read(
            f'SELECT pk FROM "{collection}" WHERE pk > ? AND deleted_at IS NULL '
            "ORDER BY pk LIMIT 100",
            (last,),
        ):
            last = keys[-1][0]
            yield from self.viewed(collection, [key for (key,) in keys])

    def viewed(self, collection: str, keys: Sequence[int]) -> list[Record]:
        """The live records with these row numbers, whichever space they are in, large fields
        included; what the person may not see is left out, and what is in hidden spaces."""
        declared = self._registry[collection]
        rows = self._db.read(
            f'SELECT {_COLUMNS}, large, space FROM "{collection}" WHERE deleted_at IS NULL '
            "AND pk IN (SELECT value FROM json_each(?)) "
            "AND space NOT IN (SELECT space FROM memberships WHERE state = 'hidden') "
            "AND (private = 0 OR private = (SELECT n FROM principals JOIN home ON id = value "
            "WHERE key = 'principal'))",
            (dumps(list(keys)),),
        )
        spaces = dict(self._db.read('SELECT pk, id FROM "spaces" WHERE deleted_at IS NULL'))
        records: list[Record] = []
        for number in {row[-1] for row in rows}:
            if number in spaces:
                scope = Scope(number, spaces[number], "", 0)
                mine = [row[:-1] for row in rows if row[-1] == number]
                records += self._records(declared, mine, scope, large=True)
        return records

    # Undeclared collections -----------------------------------------------------------------

    def foreign(self, scope: Scope) -> list[tuple[str, str, int]]:
        """(app, collection, records) of undeclared collections that hold something here."""
        return self._db.read(
            "SELECT app, collection, count(*) FROM foreign_records "
            "WHERE space = ? AND deleted_at IS NULL AND (private = 0 OR private = ?) "
            "GROUP BY app, collection ORDER BY app, collection",
            (scope.number, scope.viewer),
        )

    def foreign_records(self, scope: Scope, app: str, name: str, limit: int = -1) -> list[Record]:
        """The live records of an undeclared collection, read-only."""
        rows = self._db.read(
            f"SELECT {_COLUMNS}, NULL FROM foreign_records WHERE space = ? AND app = ? "
            "AND collection = ? AND deleted_at IS NULL AND (private = 0 OR private = ?) "
            "ORDER BY pk LIMIT ?",
            (scope.number, app, name, scope.viewer, limit),
        )
        return self._records(self._registry.foreign(app, name), rows, scope, large=True)

    # Inside ---------------------------------------------------------------------------------

    def _declared(self, scope: Scope, collection: str) -> Collection:
        declared = self._registry[collection]
        scope.require(declared)
        return declared

    def _sort(self, query: Query) -> Sort:
        module = self._main.get(query.collection)
        if module is None:
            return OLDEST
        if not query.sort:
            return module.sorts[0]
        for sort in module.sorts:
            if sort.name == query.sort:
                return sort
        raise NotFoundError(_("There is no order called {sort!r} here.").format(sort=query.sort))

    def _filter(self, collection: str, name: str) -> Filter:
        module = self._main.get(collection)
        for known in module.filters if module else ():
            if known.name == name:
                return known
        raise NotFoundError(_("There is no filter called {name!r} here.").format(name=name))

    def _where(self, scope: Scope, query: Query) -> tuple[str, dict[str, Any]]:
        parts = [f"({self._filter(query.collection, n).sql or '1'})" for n in query.filters]
        state = "NULL" if not query.deleted else "NOT NULL"
        sight, values = seen(scope, query.collection)
        if query.tags:
            values["tags"] = dumps(list(query.tags))
            parts.append(bearing(":tags", bare=query.untagged_pass))
        return " AND ".join([sight, f"deleted_at IS {state}", *parts]), values | marks(
            self._clock()
        )

    def _rows(
        self,
        declared: Collection,
        scope: Scope,
        extra: str,
        values: dict[str, Any],
        *,
        large: bool = False,
    ) -> list[tuple[Any, ...]]:
        sight, bound = seen(scope, declared.name)
        return self._db.read(
            f'SELECT {_COLUMNS}, {"large" if large else "NULL"} FROM "{declared.name}" '
            f"WHERE {sight} {extra}",
            bound | values,
        )

    def _all(
        self, declared: Collection, scope: Scope, where: str, values: dict[str, Any]
    ) -> list[Record]:
        rows = self._db.read(
            f'SELECT {_COLUMNS}, NULL FROM "{declared.name}" WHERE {where}', values
        )
        return self._records(declared, rows, scope)

    def _records(
        self,
        declared: Collection,
        rows: Sequence[tuple[Any, ...]],
        scope: Scope,
        *,
        large: bool = False,
        only: Iterable[str] | None = None,
    ) -> list[Record]:
        """Opened records of rows of ``_COLUMNS``, the large column, and perhaps a position."""
        read = opener(declared, self._vault.open, only)
        people = self._principals()
        space, in_space = scope.id, bool(scope.number)
        records = []
        for row in rows:
            id = row[1]
            values = {"id": id}
            if in_space:
                author = people.get(row[2], "")
                values = {"id": id, "spaceId": space, "authorId": author, "visibility": "space"}
            record = Record(values, row[0], (), row[9] if len(row) > 9 else None)
            record["createdAt"] = row[4]
            record["updatedAt"] = row[5]
            if row[6]:
                record["deletedAt"] = row[6]
            record.update(read(id, loads(row[7])))
            if large and row[8]:
                record.update(read(id, loads(row[8])))
            if in_space and record["visibility"] is None:
                record["visibility"] = "space"
            records.append(record)
        if declared.tag_link is not None and records:
            self._tag(declared.name, scope, records)
        if scope.watch is not None and records:
            scope.watch(declared.name, [r.key for r in records], [r["id"] for r in records])
        return records

    def _tag(self, collection: str, scope: Scope, records: Sequence[Record]) -> None:
        """Put on each record the live tags it bears."""
        these, values = "", {"space": scope.number, "collection": collection}
        if len(records) <= _MANY:
            these = "AND t.record IN (SELECT value FROM json_each(:records))"
            values["records"] = dumps([record.key for record in records])
        found: dict[int, list[str]] = {}
        for key, tag in self._db.read(
            'SELECT t.record, t.tag FROM tagged t JOIN "tags" g ON g.id = t.tag '
            "AND g.space = :space AND g.deleted_at IS NULL WHERE t.collection = :collection "
            f"{these} ORDER BY t.rowid",
            values,
        ):
            found.setdefault(key, []).append(tag)
        if found:
            for record in records:
                record.tags = tuple(found.get(record.key, ()))

    def _title_fields(self, collection: str) -> Iterable[str] | None:
        module = self._main.get(collection)
        if module is not None:
            return module.listed
        return (self._registry[collection].title,)

    def forget_people(self) -> None:
        """After a rollback: people numbered inside it never came to be."""
        self._people = {}

    def _principals(self) -> dict[int, str]:
        if not self._people or self._db.writing:
            self._people = dict(self._db.read("SELECT n, id FROM principals"))
        return self._people


__all__ = ["Documents", "Query", "Record"]
