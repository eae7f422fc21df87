"""A model of the web client's rules, which are weaker than ours.

It compares times as text with ``>=``, takes what comes in on ties, dates an insert by its
``updatedAt``, then ``createdAt``, then its own clock, ignores a deletion of what it does not know,
follows cursors strictly, takes the answer of a push for a pull and drops what was deleted 30 days
ago. Both generations of the wire are here, as the server's is.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import orjson

from store.errors import ManabenchError
from store.sync.wire import Change, Page
from store.vault.envelope import ENC1, Cipher, is_envelope, open1
from tests.simulation.link import FAIR, Link, Weather
from tests.simulation.server import DAY, SECOND, iso

EPOCH = "1970-01-01T00:00:00.000Z"
KEEPS = 30 * DAY

Place = tuple[str, str, str]
"""app, collection, record id"""


class Item:
    """One record as a browser keeps it."""

    __slots__ = ("at", "fields", "space")

    def __init__(self, space: str) -> None:
        self.space = space
        self.fields: dict[str, Any] = {}
        self.at: dict[str, str] = {}

    @property
    def deleted(self) -> bool:
        return self.fields.get("deletedAt") is not None


class Web:
    """One browser of one account."""

    def __init__(
        self,
        name: str,
        user: str,
        link: Link,
        clock: Callable[[], int],
        keys: list[Cipher],
        tables: list[tuple[str, str]],
        *,
        old: bool,
    ) -> None:
        self.name = name
        self.user = user
        self.link = link
        self.clock = clock
        self.keys = keys
        self.tables = tables
        self.old = old
        self.items: dict[Place, Item] = {}
        self.pending: list[tuple[str, dict[str, Any]]] = []
        self._since: dict[tuple[str, str], str] = {}

    # What a person does ---------------------------------------------------------------------

    def add(self, app: str, table: str, id: str, space: str, values: dict[str, Any]) -> None:
        """A new record, sealed or not as its space asks."""
        now = iso(self.clock())
        item = self.items[app, table, id] = Item(space)
        data = {"id": id, "spaceId": space, "authorId": self.user, "createdAt": now, **values}
        if self.old:
            data["updatedAt"] = now
        item.fields = {k: v for k, v in data.items() if k != "id"}
        item.at = dict.fromkeys(item.fields, now)
        self._queue(app, {"table": table, "id": id, "op": "insert", "data": data}, space)

    def edit(self, place: Place, values: dict[str, Any]) -> None:
        """New values for fields of a record."""
        item, now = self.items[place], iso(self.clock())
        if self.old:
            values = {**values, "updatedAt": now}
        for name, value in values.items():
            item.fields[name] = value
            item.at[name] = now
        at = "updatedAt" if self.old else "at"
        fields = {name: {"value": value, at: now} for name, value in values.items()}
        self._queue(place[0], {"table": place[1], "id": place[2], "op": "update", "fields": fields})

    def delete(self, place: Place) -> None:
        item, now = self.items[place], iso(self.clock())
        item.fields["deletedAt"] = item.at["deletedAt"] = now
        change = {"table": place[1], "id": place[2], "op": "delete", "deletedAt": now}
        self._queue(place[0], change, item.space)

    def restore(self, place: Place) -> None:
        """A restore of the web is an update of one field."""
        self.edit(place, {"deletedAt": None})

    def _queue(self, app: str, change: dict[str, Any], space: str = "") -> None:
        change["actor"] = {"kind": "user", "principalId": self.user, "displayName": "Du"}
        # An update of the web names no space: only its author ever gets it, were it not that
        # the server's rule falls back on the author's own rows.
        item = self.items[app, change["table"], change["id"]]
        change["spaceId"] = space or item.space
        self.pending.append((app, change))

    # What syncing does ----------------------------------------------------------------------

    def sync(self, random: Random, weather: Weather, *, whole: bool = False) -> None:
        """Push all, then pull all; a failure ends the round. whole: from the start, and under a new
        id, because the server would hide its own rows from it."""
        self.link.set(random, weather)
        if whole:
            self._since.clear()
        client = f"{self.name}-anew" if whole else self.name
        self.purge()
        try:
            for app in dict.fromkeys(app for app, _ in list(self.pending)):
                self._push(app)
            for app, table in self.tables:
                self._pull(app, table, client)
        except ManabenchError:
            if weather is FAIR:
                raise

    def start_anew(self) -> None:
        """Somebody clears the browser's store, which is read from the server again."""
        self.items.clear()
        self.sync(Random(0), FAIR, whole=True)

    def _push(self, app: str) -> None:
        batch = [change for of, change in self.pending if of == app]
        since = min((self._since.get((app, t), EPOCH) for a, t in self.tables if a == app))
        body = orjson.dumps(
            {"clientId": self.name, "since": since, "schemaVersion": 1, "changes": batch}
        )
        page = self.link.push(app, body, self.name)
        self.pending = [(of, change) for of, change in self.pending if of != app]
        self._take(app, page)
        for of, table in self.tables:
            if of == app:
                self._since[app, table] = page.until

    def _pull(self, app: str, table: str, client: str) -> None:
        for _turn in range(1000):
            since = self._since.get((app, table), EPOCH)
            page = self.link.pull(app, table, since, client)
            self._take(app, page)
            self._since[app, table] = page.until
            if not page.more:
                return

    def _take(self, app: str, page: Page) -> None:
        for row in page.rows:
            if isinstance(row, Change):
                self._apply(app, row)

    def _apply(self, app: str, row: Change) -> None:
        place = (app, row.table, row.id)
        item = self.items.get(place)
        if row.deleted or row.op == "delete":
            if item is None:
                return
            if not row.deleted:
                del self.items[place]
            elif row.deleted >= (item.at.get("deletedAt") or item.fields.get("deletedAt") or ""):
                for name in ("deletedAt", "updatedAt"):
                    item.fields[name] = item.at[name] = row.deleted
        elif row.op == "insert":
            data = row.data
            when = data.get("updatedAt") or data.get("createdAt") or iso(self.clock())
            self._merge(place, row, {n: (v, str(when)) for n, v in data.items() if n != "id"})
        elif row.fields:
            self._merge(place, row, row.fields)

    def _merge(self, place: Place, row: Change, fields: Any) -> None:
        item = self.items.get(place)
        fresh = item is None
        if item is None:
            item = self.items[place] = Item(row.space)
        touched = item.fields.get("updatedAt") or ""
        for name, (value, at) in fields.items():
            if fresh or at >= item.at.get(name, touched):
                item.fields[name] = value
                item.at[name] = at or (iso(self.clock()) if fresh else "")

    def purge(self) -> None:
        """Drop what was deleted longer ago than a browser keeps it."""
        limit = iso(self.clock() - KEEPS - SECOND)
        unsent = {(app, change["table"], change["id"]) for app, change in self.pending}
        for place, item in list(self.items.items()):
            if item.deleted and place not in unsent and str(item.fields["deletedAt"]) < limit:
                del self.items[place]

    # What a check reads ---------------------------------------------------------------------

    def seal(self, value: Any) -> Any:
        return None if value is None else self.keys[0].seal1(value)

    def plain(self, value: Any) -> Any:
        """The value of a field, or the envelope where it opens with no key."""
        if is_envelope(value) and value.startswith(ENC1):
            try:
                return open1(self.keys, value)
            except ManabenchError:
                return value
        return value
