"""Records that a member keeps private in a shared space: who may read and write them.

A private record is its owner's alone: every row of it is for that member only, those stored before
included, and others learn no more than that it is private now. Only who made a record may make it
private. What a change says of visibility counts by its stamp, as everywhere, not by its arrival.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any, NamedTuple

import orjson

from store.server.wire import PRIVATE, SPAN, Parcel, notice, refused, says_visibility

TABLE = """
CREATE TABLE change_private (
    stream INTEGER NOT NULL,
    record TEXT NOT NULL,
    owner TEXT NOT NULL,
    private INTEGER NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (stream, record)
) STRICT, WITHOUT ROWID
"""
"""Records of spaces that were private once. private: whether one is now; at: the stamp of that."""


class Reach(NamedTuple):
    """Who gets a change. reader: the only one, None for all of the space. notice: the row that the
    others get in its place, None for nothing."""

    reader: str | None
    notice: bytes | None


ALL = Reach(None, None)


class Privacy:
    """What is private, within one push.

    flush: bring what the push already stored into the table, for it is looked at and changed.
    """

    def __init__(
        self, connection: sqlite3.Connection, user: str, flush: Callable[[], None]
    ) -> None:
        self._connection = connection
        self._user = user
        self._flush = flush
        self._streams: dict[int, bool] = {}

    def reach(self, stream: int, parcel: Parcel) -> Reach:
        """Who gets this change, and what follows from it for the record. Raises Refusal where the
        record is another member's own."""
        if parcel.visibility != PRIVATE and not self._any(stream):
            return ALL
        rows = self._connection.execute(
            "SELECT owner, private, at FROM change_private WHERE stream = ? AND record = ?",
            (stream, parcel.id),
        ).fetchall()
        if rows:
            return self._known(stream, parcel, *rows[0])
        if parcel.visibility != PRIVATE:
            return ALL
        return self._first(stream, parcel)

    def _any(self, stream: int) -> bool:
        """Whether anything was ever private in a stream: in most nothing was."""
        found = self._streams.get(stream)
        if found is None:
            found = self._streams[stream] = bool(
                self._connection.execute(
                    "SELECT 1 FROM change_private WHERE stream = ? LIMIT 1", (stream,)
                ).fetchall()
            )
        return found

    def _known(self, stream: int, parcel: Parcel, owner: str, private: int, at: int) -> Reach:
        if private and owner != self._user:
            raise self._refusal(parcel)
        visibility, said_at = says_visibility(parcel.row)
        says = visibility is not None and said_at >= at
        becomes = visibility == PRIVATE if says else bool(private)
        if says:
            self._keep(stream, parcel.id, owner, becomes, said_at)
        if not becomes:
            return ALL
        if private:
            return Reach(self._user, None)
        if owner != self._user:
            raise self._refusal(parcel)
        return self._withhold(stream, parcel, self._past(stream, parcel))

    def _first(self, stream: int, parcel: Parcel) -> Reach:
        """The record is called private for the first time."""
        past = self._past(stream, parcel)
        if past and _author(past) != self._user:
            raise self._refusal(parcel)
        said = [at for _, row, _ in past for what, at in [says_visibility(row)] if what]
        _, said_at = says_visibility(parcel.row)
        newest = max(said, default=said_at)
        becomes = said_at >= newest
        self._keep(stream, parcel.id, self._user, becomes, max(said_at, newest))
        self._streams[stream] = True
        return self._withhold(stream, parcel, past) if becomes else ALL

    def _keep(self, stream: int, record: str, owner: str, private: bool, at: int) -> None:
        self._connection.execute(
            "INSERT OR REPLACE INTO change_private VALUES (?, ?, ?, ?, ?)",
            (stream, record, owner, int(private), at),
        )

    def _past(self, stream: int, parcel: Parcel) -> list[tuple[int, dict[str, Any], str]]:
        """Every stored row of the record: its time, its JSON, who wrote it."""
        self._flush()
        rows = self._connection.execute(
            "SELECT at, row, user FROM changes INDEXED BY changes_by_mark "
            "JOIN change_writers ON number = writer "
            "WHERE mark BETWEEN ? AND ? AND stream = ? ORDER BY at",
            (parcel.mark & ~SPAN, parcel.mark | SPAN, stream),
        ).fetchall()
        read = [(at, orjson.loads(row), user) for at, row, user in rows]
        return [row for row in read if row[1]["id"] == parcel.id]

    def _withhold(
        self, stream: int, parcel: Parcel, past: list[tuple[int, dict[str, Any], str]]
    ) -> Reach:
        """Keep what was stored of the record from all but this user, from now on."""
        self._connection.executemany(
            "UPDATE changes SET reader = ? WHERE stream = ? AND at = ?",
            [(self._user, stream, at) for at, _, _ in past],
        )
        return Reach(self._user, notice(parcel.row) if past else None)

    def _refusal(self, parcel: Parcel) -> Exception:
        return refused(
            403, "private", "a record that another member keeps private", [parcel.number]
        )


def _author(past: list[tuple[int, dict[str, Any], str]]) -> str:
    """Who made the record: as it says itself, else who wrote it first."""
    for _, row, _ in past:
        named = row.get("data", {}).get("authorId")
        named = named or row.get("fields", {}).get("authorId", {}).get("value")
        if isinstance(named, str) and named:
            return named
    return past[0][2]
