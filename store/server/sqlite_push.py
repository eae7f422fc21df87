"""Storing one push: where each of its changes lies, what is new of it, who should hear of it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence

from store.server.errors import plain
from store.server.sqlite_private import ALL, Privacy
from store.server.storage import Stored, may_write
from store.server.wire import SPAN, Parcel, refused

_MOST_NUMBERS = 20_000
"""How many numbers of streams and writers are kept at hand."""

_INSERT = "INSERT INTO changes VALUES (?, ?, ?, ?, ?, ?)"
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


class Pushing:
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
        """Raises Refusal for a user who is gone, and if any change is for a space that the user
        may not write."""
        if not self._connection.execute(
            "SELECT 1 FROM users WHERE id = ?", (self._user,)
        ).fetchall():
            raise plain(401, "unauthorized: session has ended")
        named = {parcel.space for parcel in parcels} - {"", f"_personal:{self._user}"}
        if not named:
            return
        held = roles(self._connection, self._user)
        for wrong, code, words in (
            (named - held.keys(), "not_a_member", "a space that you are not a member of"),
            (
                {space for space in named & held.keys() if not may_write(held[space])},
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


def roles(connection: sqlite3.Connection, user: str) -> dict[str, str]:
    """The spaces of a user with the role in each, as they stand in this transaction."""
    return dict(
        connection.execute("SELECT organization, role FROM members WHERE user = ?", (user,))
    )


def _members(connection: sqlite3.Connection, space: str) -> list[str]:
    return [
        row[0]
        for row in connection.execute("SELECT user FROM members WHERE organization = ?", (space,))
    ]
