"""The SQLite file: opening, transactions, counters, notices. All SQL outside documents and
history that keeps the house running lives here and in ``schema``.

One lock serialises writers inside the process; SQLite serialises processes. Readers are WAL
connections, one for each thread, and no cursor outlives the call that made it.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from store import locations
from store.errors import NewerSchemaError, NotFoundError, StorageError
from store.refusals import explain, not_text
from store.watching import Watch
from store.words import _

if TYPE_CHECKING:
    Gate = threading.Lock | threading.RLock  # held while a connection is at work

MAJOR, MINOR = 1, 2
SCHEMA = MAJOR * 1000 + MINOR
"""``PRAGMA user_version``. An older program may open a newer minor, never a newer major."""

IDLE_SECONDS = 20.0
"""How long nobody writes before a watching process folds the write-ahead log into the file."""

LOOKS = (0.01, 0.02, 0.05, 0.1, 0.3, 1.0)
"""Seconds between looks after another process wrote: its commit can be seen only once the disk has
it, and of that moment nothing tells."""

CLOSING_SECONDS = 2.0
"""How long closing waits for a read that was interrupted, or for a transaction to end."""

APPLICATION_ID = 0x6D616E61

Changes = dict[tuple[str, str], set[str] | None]
"""What a notice says: (collection, space id) to the ids that changed, None where not known."""

_MAGIC = b"SQLite format 3\0"
_CLOSED = "closed"


class Database:
    """One home's SQLite file.

    ``version`` is the schema found at opening; a process that finds it changed stops writing.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.RLock()
        self._local = threading.local()
        self._connections: list[tuple[sqlite3.Connection, Gate]] = []
        self._closed = False
        self._ending = threading.Lock()
        self._owner: int | None = None
        self._synchronous = ""
        self._touched: Changes = {}
        self._subscribers: list[Callable[[Changes], None]] = []
        self._watcher: threading.Thread | None = None
        self._watching: Watch | None = None
        self._seen: dict[tuple[str, str], int] = {}
        _refuse_newer(_version_of(path))
        try:
            self._writer = self._connect(self._lock)
            self.version: int = self._writer.execute("PRAGMA user_version").fetchone()[0]
            _refuse_newer(self.version)
        except BaseException as error:
            self.close()
            if isinstance(error, sqlite3.Error):
                raise explain(error) from None
            raise

    # Connections ------------------------------------------------------------------------

    def _connect(self, gate: Gate) -> sqlite3.Connection:
        """A new connection. From its first statement on, it is at work only under its gate."""
        with gate:
            connection = sqlite3.connect(
                self.path, timeout=15.0, isolation_level=None, check_same_thread=False
            )
            with self._ending:
                if self._closed:
                    connection.close()
                    raise sqlite3.ProgrammingError(_CLOSED)
                self._connections.append((connection, gate))
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA foreign_keys=ON")
            connection.execute("PRAGMA journal_size_limit=16777216")
            connection.execute("PRAGMA temp_store=MEMORY")
        return connection

    def connection(self) -> sqlite3.Connection:
        """The writer, for the transaction this thread is in; ``read`` reads outside of one too."""
        if not self.writing:
            raise RuntimeError("no transaction of this thread")
        return self._writer

    def _reader(self) -> sqlite3.Connection:
        found: sqlite3.Connection | None = getattr(self._local, "reader", None)
        if found is None:
            self._local.gate = threading.Lock()
            found = self._connect(self._local.gate)
            self._local.reader = found
            self.committed("PRAGMA query_only=ON")
        return found

    def read(self, sql: str, values: Any = ()) -> list[Any]:
        """All rows of one query. Raises StorageError."""
        try:
            if self.writing:
                return self._writer.execute(sql, values).fetchall()
            return self.committed(sql, values)
        except sqlite3.Error as error:
            raise explain(error) from None
        except UnicodeEncodeError:
            raise not_text() from None

    def committed(self, sql: str, values: Any = ()) -> list[Any]:
        """What stood before the transaction of this thread. SQLite's own errors come through."""
        connection = self._reader()
        with self._local.gate:
            if self._closed:
                raise sqlite3.ProgrammingError(_CLOSED)
            return connection.execute(sql, values).fetchall()

    def leave(self) -> None:
        """Close this thread's own connection, which would else outlive the thread."""
        found: sqlite3.Connection | None = getattr(self._local, "reader", None)
        # Two threads must never close one connection at a time.
        with self._ending:
            if found is not None and not self._closed:
                del self._local.reader
                self._connections.remove((found, self._local.gate))
                found.close()

    def close(self) -> None:
        """Close every connection; the last one folds the WAL into the file."""
        if self._watching is not None and self._watcher is not None:
            self._watching.stop()
            if self._watcher is not threading.current_thread():
                self._watcher.join(timeout=2)
                self._watching.close()
        with self._ending:
            self._closed = True
            for connection, gate in list(self._connections):
                if _free(connection, gate):
                    with suppress(sqlite3.Error):
                        connection.close()
                    gate.release()
            self._connections.clear()

    # Writing ----------------------------------------------------------------------------

    @property
    def writing(self) -> bool:
        """Whether this thread is inside a transaction."""
        return self._owner == threading.get_ident()

    @contextmanager
    def transaction(self, *, durable: bool = True) -> Iterator[sqlite3.Connection]:
        """One IMMEDIATE transaction; inside another of this thread, part of that one.

        durable: wait for the disk, as everything a person or agent committed must; imports and
        pulls can be repeated and need not. Raises StorageError; nothing is written then.
        """
        if self.writing:
            yield self._writer
            return
        with self._lock:
            self._begin("FULL" if durable else "NORMAL")
            self._owner = threading.get_ident()
            try:
                yield self._writer
                counted = self._count()
                self._writer.execute("COMMIT")
                self._told(counted)
            except BaseException as error:
                with suppress(sqlite3.Error):
                    self._writer.execute("ROLLBACK")
                self._touched = {}
                if isinstance(error, sqlite3.Error):
                    raise explain(error) from None
                if isinstance(error, UnicodeEncodeError):
                    raise not_text() from None
                raise
            finally:
                self._owner = None
            changes, self._touched = self._touched, {}
        if changes:
            self._notify(changes)

    def _begin(self, synchronous: str) -> None:
        try:
            if synchronous != self._synchronous:
                self._writer.execute(f"PRAGMA synchronous={synchronous}")
                self._synchronous = synchronous
            self._writer.execute("BEGIN IMMEDIATE")
            found = self._writer.execute("PRAGMA user_version").fetchone()[0]
        except sqlite3.Error as error:
            raise explain(error) from None
        if found // 1000 != self.version // 1000:
            self._writer.execute("ROLLBACK")
            raise NewerSchemaError(
                _("The database was updated elsewhere."),
                kept=_("This change was not saved; nothing else was touched."),
                hint=_("Leave manabench and start it again."),
            )

    def compact(self) -> None:
        """Rewrite the file without free pages and empty the write-ahead log, so that nothing
        removed can be read from the disk. Raises StorageError where readers keep the log busy."""
        with self._lock:
            try:
                self._writer.execute("PRAGMA secure_delete=ON")
                self._writer.execute("VACUUM")
                self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            except sqlite3.Error as error:
                raise explain(error) from None

    def copy_to(self, path: Path) -> None:
        """Write the whole file, as it is now and sealed as it is, to ``path``. StorageError."""
        with self._lock:
            try:
                self._writer.execute("VACUUM INTO ?", (str(path),))
            except sqlite3.Error as error:
                raise explain(error) from None

    # Counters and notices ---------------------------------------------------------------

    def touch(self, collection: str, space: str, ids: set[str] | None) -> None:
        """Say inside a transaction that records changed; counted and told after the commit."""
        key = (collection, space)
        before = self._touched.get(key, set())
        self._touched[key] = None if ids is None or before is None else before | ids

    def _count(self) -> dict[tuple[str, str], int]:
        """Raise the counters of what was touched; returns them."""
        counted = {}
        for key in self._touched:
            row = self._writer.execute(
                "INSERT INTO counters VALUES (?, ?, 1) "
                "ON CONFLICT (collection, space) DO UPDATE SET n = n + 1 RETURNING n",
                key,
            ).fetchone()
            counted[key] = int(row[0])
        return counted

    def _told(self, counted: dict[tuple[str, str], int]) -> None:
        """Leave our own commits out of what the watcher tells, but never another's between."""
        for key, number in counted.items():
            if self._seen.get(key, 0) == number - 1:
                self._seen[key] = number

    def subscribe(self, tell: Callable[[Changes], None]) -> Callable[[], None]:
        """Call ``tell`` after each commit, here or in another process; returns the way out.

        It runs in the writing thread, or in the watching one, and must return at once.
        """
        self._subscribers.append(tell)
        return lambda: self._subscribers.remove(tell) if tell in self._subscribers else None

    def _notify(self, changes: Changes) -> None:
        for tell in tuple(self._subscribers):
            tell(changes)

    def watch(self, every: float = 0.1) -> None:
        """Hear of other processes' commits, in a thread of its own.

        every: seconds between two looks where the system does not tell of writes.
        """
        if self._watcher is None:
            self._seen.update(self._counters())
            self._watching = Watch(self.path.parent, every)
            self._watcher = threading.Thread(
                target=self._watch, args=(self._watching,), name="manabench-watch", daemon=True
            )
            self._watcher.start()

    def _counters(self) -> dict[tuple[str, str], int]:
        return {(c, s): n for c, s, n in self.committed("SELECT * FROM counters")}

    def _watch(self, watching: Watch) -> None:
        version, changed, folded = None, time.monotonic(), True
        going, looks = True, iter(LOOKS)
        while going:
            try:
                found = self.committed("PRAGMA data_version")[0][0]
                if found == version:
                    if not folded and time.monotonic() - changed >= IDLE_SECONDS:
                        self.committed("PRAGMA wal_checkpoint(PASSIVE)")
                        folded = True
                    rest = None if folded else IDLE_SECONDS
                    going = watching.wait(next(looks, rest))
                    looks = iter(LOOKS) if watching.was_told else looks
                    continue
                version, changed, folded = found, time.monotonic(), False
                counters = self._counters()
            except sqlite3.Error:
                going = watching.wait(1.0)
                continue
            news = {key for key, n in counters.items() if self._seen.get(key, 0) < n}
            self._seen.update({key: counters[key] for key in news})
            if news:
                self._notify(dict.fromkeys(news))


def _free(connection: sqlite3.Connection, gate: Gate) -> bool:
    """Take the gate of a connection that is to be closed. Closed under a thread that reads, it
    would take the whole process with it: the read is interrupted, and where that does not end it
    soon the connection is left to the end of the process."""
    if gate.acquire(blocking=False):
        return True
    connection.interrupt()
    if not gate.acquire(timeout=CLOSING_SECONDS):
        return False
    with suppress(sqlite3.Error):
        connection.execute("SELECT 1")  # an interruption nobody heard would stop the folding
    return True


def _refuse_newer(version: int) -> None:
    """Raises NewerSchemaError for the schema of a newer major version."""
    if version // 1000 > MAJOR:
        raise NewerSchemaError(
            _("This database was written by a newer manabench."),
            kept=_("It was not touched."),
            hint=_("Update manabench on this machine, then open it again."),
        )


def _version_of(path: Path) -> int:
    """The schema of a database file, read without a connection that could change a byte of it; 0
    where it has none yet. What a write-ahead log adds to it is read by a connection that only
    reads."""
    try:
        log = path.with_name(f"{path.name}-wal")
        if log.exists() and log.stat().st_size:
            return _version_in_log(path)
        with path.open("rb") as file:
            head = file.read(64)
        return int.from_bytes(head[60:], "big") if head.startswith(_MAGIC) else 0
    except OSError:
        return 0


def _version_in_log(path: Path) -> int:
    try:
        connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=15.0)
        try:
            return int(connection.execute("PRAGMA user_version").fetchone()[0])
        finally:
            connection.close()
    except sqlite3.Error:
        return 0


def create_file(path: Path) -> None:
    """Make an empty database file of ours, 0600 in a 0700 folder. Raises StorageError."""
    try:
        locations.private_folder(path.parent)
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except OSError as error:
        raise StorageError(
            _("The home {parent} could not be made: {strerror}.").format(
                parent=path.parent, strerror=error.strerror
            ),
            kept=_("Nothing was changed."),
            hint=_("Choose another place with --home, or mend its permissions."),
        ) from None


def unfinished(path: Path) -> bool:
    """Whether a first start broke off: the file is empty, or has our tables and no home in them.

    Raises StorageError for what is no database.
    """
    if not path.is_file():
        return False
    try:
        with closing(sqlite3.connect(path, timeout=15.0, isolation_level=None)) as connection:
            tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
            if not tables:
                return True
            (mark,) = connection.execute("PRAGMA application_id").fetchone()
            ours = mark == APPLICATION_ID and "home" in tables
            return ours and not connection.execute("SELECT 1 FROM home").fetchall()
    except sqlite3.Error as error:
        raise explain(error) from None


def require_file(path: Path) -> None:
    """Raises NotFoundError where there is no home yet."""
    if not path.is_file():
        raise no_home(path.parent)


def no_home(folder: Path) -> NotFoundError:
    """The error for a folder without a workbench, or with one whose making broke off."""
    return NotFoundError(
        _("There is no workbench in {folder} yet.").format(folder=folder),
        hint=_("Make one with `manabench init`, or just run `manabench`."),
    )
