"""The name under which this workbench writes to a server.

A server hides rows of the caller's own name from them. So a database that was copied, or brought
back from a backup, must take a new one and pull everything anew, or it would never see again what
the other copy, or it itself later, had written. The name is bound to this machine, to the path and
the inode of the file, and to a counter that is kept outside it and rises with every push.
"""

from __future__ import annotations

import os
import uuid
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from store import locations
from store.sync.status import kept

if TYPE_CHECKING:
    import sqlite3

    from store.workbench import Workbench

_KEY = "client"
FOLDER = "sync-clients"
"""In the config folder: one file for each home, with its counter."""


def throwaway() -> str:
    """A name used once, to which a server shows every row."""
    return f"look-{uuid.uuid4()}"


class Client:
    """The client id of one workbench. ``renewed`` is True where a new one had to be taken, which
    asks for a full re-pull."""

    def __init__(self, bench: Workbench, folder: Path | None = None) -> None:
        self._bench = bench
        self._folder = folder or locations.config()
        self.id = ""
        self.renewed = False
        self._counter = 0

    def open(self) -> str:
        """Find the id, or take a new one; writes only in that case."""
        kept = _kept(self._bench)
        place = self._place()
        self.renewed = False
        counted = self._counted()
        same = bool(kept) and kept.get("place") == place
        if same and counted is not None and int(kept.get("counter", 0)) >= counted:
            self.id, self._counter = str(kept["id"]), int(kept["counter"])
            return self.id
        self.renewed = bool(kept)
        self.id, self._counter = str(uuid.uuid4()), (counted or 0) + 1
        with self._bench.db.transaction() as connection:
            self._keep(connection, place)
        self.remember()
        return self.id

    def count(self, connection: sqlite3.Connection) -> None:
        """Note in the transaction of an acknowledgement that something was pushed; ``remember``
        follows after its commit."""
        self._counter += 1
        self._keep(connection, self._place())

    def remember(self) -> None:
        """Write the counter outside the database. Where that fails, the next start takes a new
        id, which costs a full re-pull and nothing else."""
        path = self._folder / FOLDER / self._entry()
        try:
            locations.private_folder(path.parent)
            # In place: a torn number is none, and a rename would wait for the disk.
            fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                os.pwrite(fd, b"%020d" % self._counter, 0)
            finally:
                os.close(fd)
        except OSError:
            return

    def _keep(self, connection: sqlite3.Connection, place: str) -> None:
        value = {"id": self.id, "place": place, "counter": self._counter}
        connection.execute(
            "INSERT OR REPLACE INTO sync_state VALUES (?, ?)", (_KEY, orjson.dumps(value).decode())
        )

    def _counted(self) -> int | None:
        try:
            return int((self._folder / FOLDER / self._entry()).read_bytes())
        except (OSError, ValueError):
            return None

    def _entry(self) -> str:
        return _short(self._bench.id, str(self._bench.db.path))

    def _place(self) -> str:
        info = self._bench.db.path.stat()
        return _short(
            self._bench.id,
            locations.machine(),
            str(self._bench.db.path),
            f"{info.st_dev}:{info.st_ino}",
        )


def known_id(bench: Workbench) -> str:
    """The name that this home wrote under last, "" for none yet."""
    return str(_kept(bench).get("id", ""))


def _kept(bench: Workbench) -> dict[str, Any]:
    return dict(kept(bench, _KEY) or {})


def _short(*parts: str) -> str:
    return blake2b("\0".join(parts).encode(), digest_size=16).hexdigest()
