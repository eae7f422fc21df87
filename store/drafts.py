"""Drafts and the choices of this machine: small sealed values that are never synced."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

import orjson

from store.database import Database
from store.errors import LockedError, UnreadableError
from store.records import wire_form
from store.stamps import instant
from store.vault import Vault, is_envelope


class Draft(NamedTuple):
    """Text typed but not committed.

    place names where it was typed; collection, id and field what it was for ("" for something
    new); base is that field's stamp when typing began, so a change meanwhile shows.
    """

    place: str
    text: str
    collection: str
    id: str
    field: str
    base: str
    at: str


class Drafts:
    """The drafts of this machine, by place (law 13)."""

    def __init__(self, db: Database, vault: Vault, clock: Callable[[], datetime]) -> None:
        self._db = db
        self._vault = vault
        self._clock = clock

    def save(
        self,
        place: str,
        text: str,
        collection: str = "",
        id: str = "",
        field: str = "",
        base: str = "",
    ) -> None:
        """Keep ``text`` for ``place``, replacing what it held. Raises LockedError."""
        sealed = self._vault.seal("drafts", place, "text", wire_form(text))
        with self._db.transaction() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO drafts (place, collection, id, field, base, at, text) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                (place, collection, id, field, base, instant(self._clock()), sealed),
            )

    def load(self, place: str) -> Draft | None:
        """The draft of ``place``; None if there is none or it does not open here."""
        found = self._read("WHERE place = ?", (place,))
        return found[0] if found else None

    def all(self) -> list[Draft]:
        """Every draft that opens here, newest first."""
        return self._read("ORDER BY at DESC", ())

    def clear(self, place: str) -> None:
        """Forget the draft of ``place``, because it was committed or dropped."""
        if self._db.read("SELECT 1 FROM drafts WHERE place = ?", (place,)):
            with self._db.transaction() as connection:
                connection.execute("DELETE FROM drafts WHERE place = ?", (place,))

    def _read(self, end: str, values: tuple[str, ...]) -> list[Draft]:
        drafts = []
        for place, text, *rest in self._db.read(
            f"SELECT place, text, collection, id, field, base, at FROM drafts {end}", values
        ):
            try:
                opened = self._vault.open("drafts", place, "text", text)
            except (LockedError, UnreadableError):
                continue
            drafts.append(Draft(place, opened, *rest))
        return drafts


class Device:
    """Choices of this machine: the last place, the active space. Values are JSON, sealed unless
    they are nothing but the id of a record, which is readable elsewhere too."""

    def __init__(self, db: Database, vault: Vault) -> None:
        self._db = db
        self._vault = vault

    def get(self, name: str, default: Any = None) -> Any:
        """The value of ``name``; ``default`` where there is none or it does not open here."""
        rows = self._db.read("SELECT value FROM device WHERE key = ?", (name,))
        if not rows:
            return default
        if not is_envelope(rows[0][0]):
            return orjson.loads(rows[0][0])
        try:
            return self._vault.open("device", name, "value", rows[0][0])
        except (LockedError, UnreadableError):
            return default

    def set(self, name: str, value: Any) -> None:
        """Keep ``value`` under ``name``. Raises LockedError."""
        self._keep(name, self._vault.seal("device", name, "value", wire_form(value)))

    def set_id(self, name: str, id: str) -> None:
        """Keep the id of a record under ``name``, readable while the vault is locked."""
        self._keep(name, orjson.dumps(id).decode())

    def _keep(self, name: str, text: str) -> None:
        with self._db.transaction(durable=False) as connection:
            connection.execute("INSERT OR REPLACE INTO device VALUES (?, ?)", (name, text))
