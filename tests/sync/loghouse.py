"""A faithful sync server in one process: a log of rows with rising times, read strictly after a
cursor in pages. No HTTP, no accounts; faults are put in by whoever tests them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import orjson

from store.errors import ManabenchError
from store.stamps import micros
from store.sync.account import keep
from store.sync.engine import cursors
from store.sync.engine.engine import Engine, Report
from store.sync.net.remote import RemoteSpace
from store.sync.status import status
from store.sync.wire import Page, decode_page
from store.workbench import Workbench

ME = "u-ada"
PERSONAL = "org-ada"
START = datetime(2026, 6, 1, 12, 0, 0, tzinfo=UTC)


class Row(NamedTuple):
    """One change as the log keeps it."""

    at: int
    client: str
    app: str
    table: str
    change: dict[str, Any]


class LogHouse:
    """The log. ``now`` is its clock in microseconds; it moves with every row."""

    def __init__(self, page: int = 1000) -> None:
        self.page = page
        self.rows: list[Row] = []
        self.now = int(START.timestamp() * 1_000_000)
        self.events = 0
        self.calls: list[tuple[Any, ...]] = []
        self.guard = threading.Lock()
        self.listeners: list[Callable[[str, Sequence[str]], None]] = []

    def add(
        self, app: str, change: Mapping[str, Any], client: str = "other", at: int | None = None
    ) -> None:
        """Append one change; at: its time, else a little later than the last."""
        with self.guard:
            self.now += 1000
            self.events += 1
            row = {"eventId": f"e{self.events}", "schemaVersion": 1, **change}
            self.rows.append(Row(at or self.now, client, app, change["table"], row))

    def insert(self, app: str, table: str, id: str, data: Mapping[str, Any], **how: Any) -> None:
        """Append an insert in the personal space."""
        at = how.pop("stamp", "2026-06-01T11:00:00.000Z")
        body = {"createdAt": at, "updatedAt": at, **data}
        change = {"table": table, "id": id, "op": "insert", "data": body, "spaceId": PERSONAL}
        self.add(app, change, **how)

    def select(self, app: str, since: str, client: str, table: str = "") -> list[Row]:
        """Rows after ``since``, oldest first."""
        after = micros(since)
        after = after if after > 0 else 0
        found = [
            row
            for row in self.rows
            if row.app == app
            and row.at > after
            and row.client != client
            and (not table or row.table == table)
        ]
        return sorted(found, key=lambda row: row.at)


def stamp(moment: int) -> str:
    """A time as that server writes it: trailing zeros cut."""
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=moment)
    text = f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond:06d}".rstrip("0").rstrip(".")
    return f"{text}Z"


class HouseRemote:
    """``Remote`` over a log. fail: a list of errors to raise, one a call, None for none; refuse: a
    function of (app, changes) that may raise before anything is stored."""

    def __init__(self, house: LogHouse) -> None:
        self.house = house
        self.fail: dict[tuple[str, str], ManabenchError] = {}
        self.refuse: Callable[[str, list[dict[str, Any]]], None] | None = None
        self.listed: list[RemoteSpace] = [
            RemoteSpace(PERSONAL, "Personal", "personal", "personal", "owner", 1, {})
        ]
        self.spaces_error: ManabenchError | None = None
        self.ahead = 0.0
        self.pushes: list[tuple[str, list[dict[str, Any]]]] = []

    def push(self, app: str, body: bytes, client: str) -> Page:
        """Store every change; the answer is of no use."""
        changeset = orjson.loads(body)
        changes, since = changeset["changes"], changeset["since"]
        self.house.calls.append(("push", app, client, len(changes)))
        if error := self.fail.get(("push", app)):
            raise error
        if self.refuse is not None:
            self.refuse(app, changes)
        if changes:
            self.pushes.append((app, changes))
        for change in changes:
            self.house.add(app, change, client)
        found = [r for r in self.house.select(app, since, client) if not changes]
        return self._page(found[:5000], stamp(self.house.now), more=False)

    def pull(self, app: str, collection: str, since: str, client: str) -> Page:
        """One page."""
        house = self.house
        house.calls.append(("pull", app, collection, since, client))
        if error := self.fail.get((app, collection)):
            raise error
        rows = house.select(app, since, client, collection)
        page = rows[: house.page]
        if len(rows) > house.page:
            return self._page(page, stamp(page[-1].at), more=True)
        return self._page(page, stamp(house.now), more=False)

    def _page(self, rows: Sequence[Row], until: str, *, more: bool) -> Page:
        answer: dict[str, Any] = {
            "serverChanges": [row.change for row in rows],
            "conflicts": [],
            "syncedUntil": until,
        }
        if more:
            answer["hasMore"] = True
        return decode_page(orjson.dumps(answer))

    def spaces(self) -> Sequence[RemoteSpace]:
        """The list, or the error that was put in."""
        self.house.calls.append(("spaces",))
        if self.spaces_error is not None:
            raise self.spaces_error
        return self.listed

    def clock(self) -> float:
        """As it was set."""
        return self.ahead


def link(bench: Workbench, user: str = ME, personal: str = PERSONAL) -> None:
    """Make a home one that is signed in and linked, its personal space under the account's name and
    an account key in its ring, without a server."""
    from store.sync.spaces.renaming import adopt, rename_space

    key = (user.encode() * 32)[:32]
    bench.vault.add_key("account", f"acct-{user}", key)
    adopt(bench, user, user)
    number = bench.scope.number
    with bench.db.transaction() as connection:
        rename_space(bench, number, personal)
        connection.execute(
            "INSERT OR REPLACE INTO memberships (space, state, role) VALUES (?, 'linked', 'owner')",
            (number,),
        )
    keep(
        bench,
        user=user,
        email=f"{user}@example.org",
        name=user,
        identity="http://127.0.0.1:9",
        sync="http://127.0.0.1:9",
        signed_in=True,
        linked=True,
    )
    bench.enter(bench.spaces.personal())


class Device:
    """One linked home and its engine."""

    def __init__(self, bench: Workbench, house: LogHouse) -> None:
        self.bench = bench
        link(bench)
        self.remote = HouseRemote(house)
        self.now = 0.0
        self.engine = Engine(bench, self.remote, clock=lambda: self.now, random=lambda: 0.5)

    def once(self) -> Report:
        return self.engine.once()

    def add(self, title: str, **fields: Any) -> str:
        with self.bench.step("add") as step:
            return step.insert("notes", {"title": title, **fields})

    def titles(self) -> list[str]:
        rows = self.bench.db.read("SELECT id FROM notes WHERE deleted_at IS NULL")
        scope, read = self.bench.scope, self.bench.documents.get
        return sorted(read(scope, "notes", id).text("title") for (id,) in rows)

    def cursor(self, name: str = "notes/notes") -> cursors.Cursor:
        return cursors.load(self.bench)[name]

    def pulls(self, table: str = "notes") -> list[tuple[Any, ...]]:
        return [c for c in self.remote.house.calls if c[0] == "pull" and c[2] == table]

    def words(self) -> str:
        found = status(self.bench)
        return " ".join([found.words, *(one.error for one in found.collections)])
