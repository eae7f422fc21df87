"""The log of changes in SQLite: one thread writes, any number read."""

from __future__ import annotations

import json
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from heapq import merge
from typing import TYPE_CHECKING, NamedTuple

from store.server.errors import Refusal
from store.server.sqlite_private import ALL, TABLE, Privacy
from store.server.storage import Rows, Stored, may_write
from store.server.wire import SPAN, Parcel, refused, with_event

if TYPE_CHECKING:
    from store.server.sqlite import File

TABLES = (
    """
CREATE TABLE change_log (
    at INTEGER NOT NULL,
    tail TEXT NOT NULL
) STRICT
""",
    "INSERT INTO change_log VALUES "
    "(0, lower('8' || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6))))",
    """
CREATE TABLE change_streams (
    number INTEGER PRIMARY KEY,
    scope TEXT NOT NULL,
    app TEXT NOT NULL,
    collection TEXT NOT NULL,
    UNIQUE (scope, app, collection)
) STRICT
""",
    """
CREATE TABLE change_writers (
    number INTEGER PRIMARY KEY,
    user TEXT NOT NULL,
    client TEXT NOT NULL,
    UNIQUE (user, client)
) STRICT
""",
    """
CREATE TABLE changes (
    stream INTEGER NOT NULL,
    at INTEGER NOT NULL,
    mark INTEGER NOT NULL,
    writer INTEGER NOT NULL,
    reader TEXT,
    row BLOB NOT NULL,
    PRIMARY KEY (stream, at)
) STRICT, WITHOUT ROWID
""",
    "CREATE INDEX changes_by_mark ON changes (mark)",
    TABLE,
)
"""``change_log`` is one row: the time of the newest row, and what all event ids end with. A stream
is one collection of one app in one scope, a space or a user's own. ``changes.reader`` is the only
one who gets a row, NULL for all; ``row`` is its JSON but for the event id; ``mark`` is a number to
find it by."""

BATCH = 64
"""How many waiting pushes share a transaction, and with it the wait for the disk."""

PAGE_BYTES = 8_000_000
"""A page ends early rather than grow beyond this, and says that there is more."""

_MOST_NUMBERS = 20_000
"""How many numbers of streams and writers are kept at hand."""

_INSERT = "INSERT INTO changes VALUES (?, ?, ?, ?, ?, ?)"
_PAGE = (
    "SELECT at, row FROM changes WHERE stream = ? AND at > ? AND writer <> ? "
    "AND (reader IS NULL OR reader = ?) ORDER BY at LIMIT ?"
)
# The planner would rather walk through the whole stream.
_SAME = (
    "SELECT at FROM changes INDEXED BY changes_by_mark "
    "WHERE mark = ? AND stream = ? AND writer = ? AND row = ? ORDER BY at DESC LIMIT 1"
)
_OTHERS = (
    "SELECT 1 FROM changes INDEXED BY changes_by_mark "
    "WHERE mark BETWEEN ? AND ? AND stream = ? AND at > ? AND writer <> ? LIMIT 1"
)
_STREAM = ("change_streams", "scope = ? AND app = ? AND collection = ?")
_WRITER = ("change_writers", "user = ? AND client = ?")


class _Job(NamedTuple):
    user: str
    client: str
    app: str
    parcels: Sequence[Parcel]
    done: Future[Stored]


def _now() -> int:
    return time.time_ns() // 1000


class SqliteChanges:
    """ChangeStorage in the file that also keeps the memberships.

    now: microseconds since 1970. A clock that goes back does not take the times of the log along.
    """

    def __init__(self, file: File, *, now: Callable[[], int] = _now) -> None:
        self._file = file
        self._now = now
        self._numbers: dict[tuple[str, ...], int] = {}
        self._queue: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        (tail,) = file.read(lambda c: c.execute("SELECT tail FROM change_log").fetchone())
        self._tail: bytes = tail.encode()
        self._thread = threading.Thread(target=self._work, name="server-log", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """See ChangeStorage; the file is closed by whoever opened it."""
        self._queue.put(None)
        self._thread.join()

    # Writing ----------------------------------------------------------------------------

    def push(self, user: str, client: str, app: str, parcels: Sequence[Parcel]) -> Future[Stored]:
        """See ChangeStorage. Raises RuntimeError once it is closed."""
        if not self._thread.is_alive():
            raise RuntimeError("the log is closed")
        done: Future[Stored] = Future()
        self._queue.put(_Job(user, client, app, parcels, done))
        return done

    def _work(self) -> None:
        """The writing thread: what waits is stored together, until ``None`` comes."""
        while True:
            waiting = [self._queue.get()]
            while len(waiting) < BATCH and waiting[-1] is not None:
                try:
                    waiting.append(self._queue.get_nowait())
                except queue.Empty:
                    break
            # Whoever does not wait any more has not been promised anything.
            jobs = [job for job in waiting if job and job.done.set_running_or_notify_cancel()]
            if jobs:
                self._finish(jobs)
            if waiting[-1] is None:
                return

    def _finish(self, jobs: list[_Job]) -> None:
        """Store jobs in one transaction and tell whoever waits; one that is refused leaves the
        others alone."""
        try:
            outcomes = self._file.write(lambda connection: self._store_all(connection, jobs))
        except Exception as error:  # noqa: BLE001 - raised in each of those who wait
            self._numbers.clear()
            for job in jobs:
                job.done.set_exception(error)
            return
        for job, outcome in zip(jobs, outcomes, strict=True):
            if isinstance(outcome, Refusal):
                job.done.set_exception(outcome)
            else:
                job.done.set_result(outcome)

    def _store_all(
        self, connection: sqlite3.Connection, jobs: list[_Job]
    ) -> list[Stored | Refusal]:
        (last,) = connection.execute("SELECT at FROM change_log").fetchone()
        outcomes: list[Stored | Refusal] = []
        for job in jobs:
            connection.execute("SAVEPOINT job")
            push = _Push(connection, job.user, self._numbers, max(self._now(), last + 1))
            try:
                outcomes.append(push.store(job.client, job.app, job.parcels))
                last = push.at - 1
            except Refusal as refusal:
                connection.execute("ROLLBACK TO job")
                self._numbers.clear()
                outcomes.append(refusal)
            connection.execute("RELEASE job")
        connection.execute("UPDATE change_log SET at = ?", (last,))
        return outcomes

    # Reading ----------------------------------------------------------------------------

    def read(
        self,
        user: str,
        client: str,
        app: str,
        collections: Sequence[str] | None,
        since: int,
        limit: int,
    ) -> Rows:
        """See ChangeStorage."""
        return self._file.read(
            lambda connection: self._page(connection, user, client, app, collections, since, limit)
        )

    def _page(
        self,
        connection: sqlite3.Connection,
        user: str,
        client: str,
        app: str,
        collections: Sequence[str] | None,
        since: int,
        limit: int,
    ) -> Rows:
        # The first statement fixes the view: nothing stored later is in it, or counted as seen.
        (newest,) = connection.execute("SELECT at FROM change_log").fetchone()
        own = connection.execute(
            "SELECT number FROM change_writers WHERE user = ? AND client = ?", (user, client)
        ).fetchone()
        writer = own[0] if own and client else -1
        streams = _streams(connection, user, app, collections)
        pages = [
            connection.execute(_PAGE, (stream, since, writer, user, limit + 1))
            for stream in streams
        ]
        rows: list[bytes] = []
        size, until = 0, since
        # Every stream is in order, so that merging them reads no more than is delivered.
        for at, row in pages[0] if len(pages) == 1 else merge(*pages):
            if len(rows) == limit or size > PAGE_BYTES:
                return Rows(rows, until, more=True)
            rows.append(with_event(at, self._tail, row))
            size += len(row)
            until = at
        return Rows(rows, newest, more=False)


class _Push:
    """One push inside the transaction of the writing thread. at: the time of its next row."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        user: str,
        numbers: dict[tuple[str, ...], int],
        at: int,
    ) -> None:
        self._connection = connection
        self._user = user
        self._numbers = numbers
        self.at = at
        self._first = at
        self._rows: list[tuple[int, int, int, int, str | None, bytes]] = []
        self._told: dict[tuple[str, str | None], set[str]] = {}

    def store(self, client: str, app: str, parcels: Sequence[Parcel]) -> Stored:
        """See ChangeStorage.push. Raises Refusal."""
        self._refuse_strangers(parcels)
        writer = self._number(_WRITER, self._user, client)
        known = self._known(parcels)
        privacy = Privacy(self._connection, self._user, self._flush)
        places: dict[tuple[str, str], tuple[str, int]] = {}
        sent: set[bytes] = set()
        for parcel in parcels:
            place = places.get((parcel.space, parcel.table))
            if place is None:
                scope = self._scope(parcel.space)
                place = (scope, self._number(_STREAM, scope, app, parcel.table))
                places[parcel.space, parcel.table] = place
            scope, stream = place
            if parcel.stamped:
                # Space and collection stand in the row.
                if parcel.row in sent:
                    continue
                sent.add(parcel.row)
                if parcel.mark in known and self._repeated(stream, writer, parcel):
                    continue
            reader, instead = privacy.reach(stream, parcel) if scope[0] == "s" else ALL
            if instead is not None:
                self._add(scope, stream, writer, None, parcel, instead)
            self._add(scope, stream, writer, reader, parcel, parcel.row)
        self._flush()
        return Stored(self.at - self._first, self.at - 1, self._audience())

    def _add(
        self,
        scope: str,
        stream: int,
        writer: int,
        reader: str | None,
        parcel: Parcel,
        row: bytes,
    ) -> None:
        self._rows.append((stream, self.at, parcel.mark, writer, reader, row))
        self._told.setdefault((scope, reader), set()).add(parcel.table)
        self.at += 1

    def _flush(self) -> None:
        self._connection.executemany(_INSERT, self._rows)
        self._rows.clear()

    def _scope(self, space: str) -> str:
        """Where a change lies: a space, or what is the user's own."""
        return f"s:{space}" if space and space != f"_personal:{self._user}" else f"u:{self._user}"

    def _refuse_strangers(self, parcels: Sequence[Parcel]) -> None:
        """Raises Refusal if any change is for a space that the user may not write."""
        named = {parcel.space for parcel in parcels} - {"", f"_personal:{self._user}"}
        if not named:
            return
        roles = _roles(self._connection, self._user)
        for wrong, code, words in (
            (named - roles.keys(), "not_a_member", "a space that you are not a member of"),
            (
                {space for space in named & roles.keys() if not may_write(roles[space])},
                "read_only",
                "a space that you may only read",
            ),
        ):
            if wrong:
                numbers = [parcel.number for parcel in parcels if parcel.space in wrong]
                raise refused(403, code, words, numbers)

    def _number(self, kind: tuple[str, str], *values: str) -> int:
        """The number of a stream or a writer, made where there is none."""
        found = self._numbers.get(values)
        if found is None:
            if len(self._numbers) > _MOST_NUMBERS:
                self._numbers.clear()
            table, same = kind
            rows = self._connection.execute(
                f"SELECT number FROM {table} WHERE {same}", values
            ).fetchall()
            if not rows:
                places = ", ".join("?" * len(values))
                cursor = self._connection.execute(
                    f"INSERT INTO {table} VALUES (NULL, {places})", values
                )
                rows = [(cursor.lastrowid,)]
            found = self._numbers[values] = int(rows[0][0])
        return found

    def _known(self, parcels: Sequence[Parcel]) -> set[int]:
        """The marks of those that may have been stored before."""
        marks = json.dumps([parcel.mark for parcel in parcels if parcel.stamped])
        return {
            row[0]
            for row in self._connection.execute(
                "SELECT value FROM json_each(?) "
                "WHERE EXISTS (SELECT 1 FROM changes WHERE mark = value)",
                (marks,),
            )
        }

    def _repeated(self, stream: int, writer: int, parcel: Parcel) -> bool:
        """Whether this very change is stored, from the same client, and nobody else changed the
        record after it. If somebody did, it was sent again on purpose: to tell those who took the
        other one."""
        same = self._connection.execute(_SAME, (parcel.mark, stream, writer, parcel.row)).fetchall()
        if not same:
            return False
        within = (parcel.mark & ~SPAN, parcel.mark | SPAN, stream, same[0][0], writer)
        return not self._connection.execute(_OTHERS, within).fetchall()

    def _audience(self) -> Mapping[str, frozenset[str]]:
        """Everybody who should hear of this push, with the collections of theirs."""
        told: dict[str, set[str]] = {}
        for (scope, reader), tables in self._told.items():
            if reader is not None or scope[0] == "u":
                users: Iterable[str] = (reader or self._user,)
            else:
                users = _members(self._connection, scope[2:])
            for user in users:
                told.setdefault(user, set()).update(tables)
        return {user: frozenset(tables) for user, tables in told.items()}


def _streams(
    connection: sqlite3.Connection, user: str, app: str, collections: Sequence[str] | None
) -> list[int]:
    """The streams of an app that a user may read now."""
    scopes = json.dumps([f"u:{user}", *(f"s:{one}" for one in _roles(connection, user))])
    asked = "" if collections is None else "AND collection IN (SELECT value FROM json_each(?))"
    values = [scopes, app] + ([] if collections is None else [json.dumps(list(collections))])
    return [
        row[0]
        for row in connection.execute(
            "SELECT number FROM change_streams "
            f"WHERE scope IN (SELECT value FROM json_each(?)) AND app = ? {asked}",
            values,
        )
    ]


def _roles(connection: sqlite3.Connection, user: str) -> dict[str, str]:
    """The spaces of a user with the role in each, as they stand in this transaction."""
    return dict(
        connection.execute("SELECT organization, role FROM members WHERE user = ?", (user,))
    )


def _members(connection: sqlite3.Connection, space: str) -> list[str]:
    return [
        row[0]
        for row in connection.execute("SELECT user FROM members WHERE organization = ?", (space,))
    ]
