"""The one file of a server: connections, transactions, the number of its shape.

Writes go one after the other through one connection, readers have their own and wait for nobody
(WAL). What a write returned is on the disk (``synchronous=FULL``). Another process may write too:
the commands that administer users do, while the server runs.
"""

from __future__ import annotations

import queue
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from store.errors import NewerSchemaError, StorageError
from store.words import _

T = TypeVar("T")

SHAPE = 1
"""Raised whenever a released table changes."""

APPLICATION = 0x6D627376
"""Marks the file as a server's, so that a workbench is never taken for one."""

_READERS = 8
_PATIENCE = 20.0
"""Seconds to wait for the write lock of another process."""


class File:
    """An open database. Raises StorageError for what is no database of a server, NewerSchemaError
    for one of a newer program; neither is touched."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._writing = threading.Lock()
        self._idle: queue.LifoQueue[sqlite3.Connection] = queue.LifoQueue()
        self._made = 0
        self._making = threading.Lock()
        try:
            self._writer = self._open()
        except (sqlite3.DatabaseError, OSError) as error:
            raise _unreadable(path, error) from None
        try:
            self._writer.execute("PRAGMA journal_mode = WAL")
            self._writer.execute("PRAGMA synchronous = FULL")
            # Rows of the log that are forgotten, keys that were replaced: nothing of them stays.
            self._writer.execute("PRAGMA secure_delete = ON")
            self._writer.execute("PRAGMA journal_size_limit = 67108864")
            # Pages of an index that many pushes touch are then folded in once for all of them.
            self._writer.execute("PRAGMA wal_autocheckpoint = 4000")
            _prepare(self._writer, path)
        except sqlite3.DatabaseError as error:
            self._writer.close()
            raise _unreadable(path, error) from None
        except BaseException:
            self._writer.close()
            raise

    def _open(self) -> sqlite3.Connection:
        if not self.path.exists():
            self.path.touch(mode=0o600)
        connection = sqlite3.connect(
            self.path,
            timeout=_PATIENCE,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=256,
        )
        connection.execute("PRAGMA foreign_keys = ON")
        return connection

    def write(self, act: Callable[[sqlite3.Connection], T]) -> T:
        """The result of ``act`` once all it wrote is on the disk; nothing of it where it raises.
        Never call it from within another ``write`` or ``read``."""
        with self._writing:
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                found = act(self._writer)
                self._writer.execute("COMMIT")
            except BaseException:
                if self._writer.in_transaction:
                    self._writer.execute("ROLLBACK")
                raise
            return found

    def read(self, act: Callable[[sqlite3.Connection], T]) -> T:
        """The result of ``act`` over one unchanging state. It fetches all it needs: the connection
        goes on to the next reader."""
        connection = self._reader()
        try:
            connection.execute("BEGIN")
            try:
                return act(connection)
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
        finally:
            self._idle.put(connection)

    def fold(self) -> None:
        """Bring all that was written into the file itself, and empty the log beside it, so that
        what was deleted is nowhere any more. A reader at work leaves that for the next time."""
        with self._writing:
            self._writer.execute("PRAGMA busy_timeout = 200")
            try:
                self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            finally:
                self._writer.execute(f"PRAGMA busy_timeout = {int(_PATIENCE * 1000)}")

    def _reader(self) -> sqlite3.Connection:
        try:
            return self._idle.get_nowait()
        except queue.Empty:
            pass
        with self._making:
            if self._made < _READERS:
                connection = self._open()
                connection.execute("PRAGMA query_only = ON")
                self._made += 1
                return connection
        return self._idle.get()

    def close(self) -> None:
        """Close all connections; waits for those at work."""
        with self._writing, self._making:
            while self._made:
                self._idle.get().close()
                self._made -= 1
            self._writer.close()


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    """Make the tables of a new file, or check that an old one is ours."""
    from store.server import sqlite_changes, sqlite_identity

    connection.execute("BEGIN IMMEDIATE")
    try:
        (application,) = connection.execute("PRAGMA application_id").fetchone()
        (shape,) = connection.execute("PRAGMA user_version").fetchone()
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if tables and application != APPLICATION:
            raise StorageError(
                _("{path} is not the database of a server.").format(path=path),
                kept=_("It was not touched."),
                hint=_("Choose another folder with --data."),
            )
        if shape > SHAPE:
            raise NewerSchemaError(
                _("{path} was written by a newer version.").format(path=path),
                kept=_("It was not touched."),
                hint=_("Install the newer version again."),
            )
        if not tables:
            for statement in (*sqlite_identity.TABLES, *sqlite_changes.TABLES):
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {APPLICATION}")
            connection.execute(f"PRAGMA user_version = {SHAPE}")
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def _unreadable(path: Path, error: Exception) -> StorageError:
    return StorageError(
        _("{path} cannot be opened: {why}.").format(path=path, why=error),
        kept=_("It was not touched."),
        hint=_("Check the disk and the file's permissions, or take the file from a backup."),
    )
