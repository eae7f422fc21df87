"""One engine for one home, whichever process it runs in.

Whoever holds an OS lock on a file beside the database is the engine. The system frees it when the
process ends, however it ends. The holder writes a fencing number into the home, and every sync
transaction checks it: a process that slept through the loss of its lock cannot write any more.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from typing import TYPE_CHECKING

from store.errors import StorageError
from store.sync.engine.faults import LostLockError
from store.words import _

if TYPE_CHECKING:
    from store.workbench import Workbench

FILE = "sync.lock"


class EngineLock:
    """The lock of one home as one process sees it. Not for two threads at once."""

    def __init__(self, bench: Workbench) -> None:
        self._bench = bench
        self._path = bench.db.path.with_name(FILE)
        self._fd: int | None = None
        self._fence = 0

    @property
    def held(self) -> bool:
        """Whether this object holds the lock."""
        return self._fd is not None

    def take(self) -> bool:
        """Become the engine; False if somebody else is. Raises StorageError."""
        if self._fd is not None:
            return True
        fd = _locked(self._path)
        if fd is None:
            return False
        try:
            with self._bench.db.transaction(durable=False) as connection:
                self._fence = _fence(connection) + 1
                connection.execute(
                    "INSERT OR REPLACE INTO home VALUES ('fence', ?)", (str(self._fence),)
                )
        except BaseException:
            os.close(fd)
            raise
        self._fd = fd
        return True

    def check(self, connection: sqlite3.Connection) -> None:
        """Inside a transaction: raises LostLockError unless this is still the engine."""
        if self._fd is None or _fence(connection) != self._fence:
            raise LostLockError(
                _("Another process has taken syncing over."), kept=_("Nothing was lost.")
            )

    def free(self) -> None:
        """Let another process take over. Safe to call twice."""
        fd, self._fd = self._fd, None
        if fd is not None:
            os.close(fd)


def taken(bench: Workbench) -> bool:
    """Whether some process, this one included, is the engine of this home."""
    fd = _locked(bench.db.path.with_name(FILE), make=False)
    if fd is None:
        return bench.db.path.with_name(FILE).exists()
    os.close(fd)
    return False


def _locked(path: os.PathLike[str], *, make: bool = True) -> int | None:
    """A descriptor that holds the lock; None where somebody else does, or there is no file."""
    flags = os.O_RDWR | os.O_CLOEXEC | (os.O_CREAT if make else 0)
    try:
        fd = os.open(path, flags, 0o600)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StorageError(
            _("The lock of syncing cannot be made: {words}.").format(words=error.strerror),
            kept=_("Nothing was changed."),
        ) from None
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(fd)
        return None
    return fd


def _fence(connection: sqlite3.Connection) -> int:
    row = connection.execute("SELECT value FROM home WHERE key = 'fence'").fetchone()
    return int(row[0]) if row else 0
