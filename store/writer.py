"""What every step shares: where to write, how to seal, what time it is, who is which number."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from store.collections import Registry
from store.database import Database
from store.stamps import Actor, canonical, normalise_actor, user
from store.vault import Vault


class Writer:
    """Shared by all steps of a workbench. Numbers of actors and people are rows of their tables."""

    def __init__(
        self,
        db: Database,
        vault: Vault,
        registry: Registry,
        clock: Callable[[], datetime],
        process: str,
    ) -> None:
        self.db = db
        self.vault = vault
        self.registry = registry
        self._wall = clock
        self._offset: timedelta | None = None
        self.process = process
        self.person: Actor = user()
        self._actors: dict[bytes, int] = {}
        self._principals: dict[str, int] = {}

    def clock(self) -> datetime:
        """The present moment, by the server's clock where this machine's was found to be off."""
        if self._offset is None:
            rows = self.db.read("SELECT value FROM home WHERE key = 'clock'")
            self._offset = timedelta(seconds=float(rows[0][0]) if rows else 0.0)
        return self._wall() + self._offset

    def heed_clock(self) -> None:
        """How far the clock is off was measured anew."""
        self._offset = None

    def actor(self, actor: Actor) -> int:
        """The row number of ``actor``, made if it is new. Inside a transaction."""
        key = canonical(normalise_actor(actor))
        if key not in self._actors:
            self._actors[key] = self._number("actors", "json", key.decode())
        return self._actors[key]

    def principal(self, principal: str) -> int:
        """The row number of a user id, made if it is new. Inside a transaction."""
        if principal not in self._principals:
            self._principals[principal] = self._number("principals", "id", principal)
        return self._principals[principal]

    def _number(self, table: str, column: str, value: str) -> int:
        connection = self.db.connection()
        row = connection.execute(f"SELECT n FROM {table} WHERE {column} = ?", (value,)).fetchone()
        if row:
            return int(row[0])
        cursor = connection.execute(f"INSERT INTO {table} ({column}) VALUES (?)", (value,))
        return int(cursor.lastrowid or 0)

    def forget_numbers(self) -> None:
        """After a rollback: numbers given inside it never came to be."""
        self._actors.clear()
        self._principals.clear()
