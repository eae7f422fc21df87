"""The log of changes in SQLite: one thread writes, any number read."""

from __future__ import annotations

import json
import logging
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from heapq import merge
from typing import TYPE_CHECKING, NamedTuple

from store.server import sqlite_forget
from store.server.errors import Refusal
from store.server.sqlite_private import TABLE
from store.server.sqlite_push import Pushing, roles
from store.server.storage import PAGE_BYTES, Rows, Stored
from store.server.wire import Parcel, with_event

if TYPE_CHECKING:
    from store.server.sqlite import File

LOG = logging.getLogger("manabench.server")

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
    *sqlite_forget.TABLES,
)
"""``change_log`` is one row: the time of the newest row, and what all event ids end with. A stream
is one collection of one app in one scope, a space or a user's own. ``changes.reader`` is the only
one who gets a row, NULL for all; ``row`` is its JSON but for the event id; ``mark`` is a number to
find it by."""

BATCH = 64
"""How many waiting pushes share a transaction, and with it the wait for the disk."""

_PAGE = (
    "SELECT at, row FROM changes WHERE stream = ? AND at > ? AND writer <> ? "
    "AND (reader IS NULL OR reader = ?) ORDER BY at LIMIT ?"
)
_COUNT = (
    "SELECT count(*) FROM changes WHERE stream = ? AND at > ? AND writer <> ? "
    "AND (reader IS NULL OR reader = ?)"
)


class _Job(NamedTuple):
    user: str
    client: str
    app: str
    parcels: Sequence[Parcel]
    done: Future[Stored]


class _Forget(NamedTuple):
    """scope: what to forget, "" for all that is marked already."""

    scope: str
    done: Future[None]


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
        self._queue: queue.SimpleQueue[_Job | _Forget | None] = queue.SimpleQueue()
        self._others = 0
        (tail,) = file.read(lambda c: c.execute("SELECT tail FROM change_log").fetchone())
        if file.read(sqlite_forget.waits):
            self._queue.put(_Forget("", Future()))
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
            jobs = [
                job
                for job in waiting
                if isinstance(job, _Job) and job.done.set_running_or_notify_cancel()
            ]
            if jobs:
                self._finish(jobs)
            for job in waiting:
                if isinstance(job, _Forget):
                    self._forget_some(job)
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
        (version,) = connection.execute("PRAGMA data_version").fetchone()
        if version != self._others:
            # Another process wrote; it may have forgotten streams whose numbers are at hand.
            self._others = version
            self._numbers.clear()
        (last,) = connection.execute("SELECT at FROM change_log").fetchone()
        outcomes: list[Stored | Refusal] = []
        for job in jobs:
            connection.execute("SAVEPOINT job")
            push = Pushing(connection, job.user, self._numbers, max(self._now(), last + 1))
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

    # Forgetting --------------------------------------------------------------------------

    def forget_space(self, space: str) -> Future[None]:
        """See ChangeStorage."""
        return self._forget(f"s:{space}")

    def forget_user(self, user: str) -> Future[None]:
        """See ChangeStorage."""
        return self._forget(f"u:{user}")

    def _forget(self, scope: str) -> Future[None]:
        if not self._thread.is_alive():
            raise RuntimeError("the log is closed")
        done: Future[None] = Future()
        self._queue.put(_Forget(scope, done))
        return done

    def _forget_some(self, job: _Forget) -> None:
        """Delete a portion, and queue for the next one behind the pushes that wait."""

        def act(connection: sqlite3.Connection) -> bool:
            if job.scope:
                sqlite_forget.mark(connection, job.scope)
            return sqlite_forget.portion(connection)

        try:
            more = self._file.write(act)
            self._numbers.clear()
            if more:
                self._queue.put(_Forget("", job.done))
                return
            self._file.fold()
        except Exception as error:  # noqa: BLE001 - raised in whoever waits, if anybody does
            LOG.error("%s while forgetting; it goes on at the next start", type(error).__name__)
            job.done.set_exception(error)
            return
        job.done.set_result(None)

    # Reading ----------------------------------------------------------------------------

    def read(
        self,
        user: str,
        client: str,
        app: str,
        collections: Sequence[str] | None,
        since: int,
        limit: int,
        size: int = PAGE_BYTES,
    ) -> Rows:
        """See ChangeStorage."""
        return self._file.read(
            lambda c: self._page(c, user, client, app, collections, since, limit, size)
        )

    def count(
        self, user: str, client: str, app: str, collections: Sequence[str] | None, since: int
    ) -> int:
        """See ChangeStorage."""

        def act(connection: sqlite3.Connection) -> int:
            writer = _writer(connection, user, client)
            return sum(
                connection.execute(_COUNT, (stream, since, writer, user)).fetchone()[0]
                for stream in _streams(connection, user, app, collections)
            )

        return self._file.read(act)

    def _page(
        self,
        connection: sqlite3.Connection,
        user: str,
        client: str,
        app: str,
        collections: Sequence[str] | None,
        since: int,
        limit: int,
        most: int = PAGE_BYTES,
    ) -> Rows:
        # The first statement fixes the view: nothing stored later is in it, or counted as seen.
        (newest,) = connection.execute("SELECT at FROM change_log").fetchone()
        writer = _writer(connection, user, client)
        streams = _streams(connection, user, app, collections)
        pages = [
            connection.execute(_PAGE, (stream, since, writer, user, limit + 1))
            for stream in streams
        ]
        rows: list[bytes] = []
        size, until = 0, since
        # Every stream is in order, so that merging them reads no more than is delivered.
        for at, row in pages[0] if len(pages) == 1 else merge(*pages):
            if len(rows) == limit or size >= most:
                return Rows(rows, until, more=True)
            rows.append(with_event(at, self._tail, row))
            size += len(row)
            until = at
        return Rows(rows, newest, more=False)


def _writer(connection: sqlite3.Connection, user: str, client: str) -> int:
    """The number of a client, whose own rows are not for it; -1 for one that never wrote."""
    own = connection.execute(
        "SELECT number FROM change_writers WHERE user = ? AND client = ?", (user, client)
    ).fetchone()
    return own[0] if own and client else -1


def _streams(
    connection: sqlite3.Connection, user: str, app: str, collections: Sequence[str] | None
) -> list[int]:
    """The streams of an app that a user may read now."""
    scopes = json.dumps([f"u:{user}", *(f"s:{one}" for one in roles(connection, user))])
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
