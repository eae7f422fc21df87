"""Where pulling stands, for each collection; and which rows were taken a moment ago.

A round starts a little before the place where the last one ended, because servers commit rows with
times that lie behind what they have already told. Inside a round the cursor is followed as given,
stepped back by one microsecond, because a page may end between two rows of one instant. What comes
twice by that is known by its event and by what it holds, and left out.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Container, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from store.errors import ServerError
from store.stamps import UNTRUSTED, micros
from store.sync.wire import Change, Malformed, Page
from store.words import _

if TYPE_CHECKING:
    from store.workbench import Workbench

EPOCH = "1970-01-01T00:00:00Z"
KEPT_SECONDS = 600
"""For how long before a cursor the rows that were taken are remembered."""

SECOND = 1_000_000
_ZERO = datetime(1970, 1, 1, tzinfo=UTC)

Row = Change | Malformed


class Cursor(NamedTuple):
    """One collection's place. since: where the last finished round ended. until: the place inside
    an unfinished one, "" for none; mode: its kind, ``whole`` or "". hydrated: pulled to the end
    once. pulled: when that was last. whole: the number of the last full pull it took part in.
    """

    app: str
    collection: str
    since: str = ""
    until: str = ""
    mode: str = ""
    hydrated: bool = False
    pulled: str = ""
    whole: int = 0
    rows: int = 0
    error: str = ""
    failed: str = ""

    @property
    def name(self) -> str:
        """Its key."""
        return f"{self.app}/{self.collection}"


_COLUMNS = "app, collection, since, until, mode, hydrated, pulled, whole, rows, error, failed"


def load(bench: Workbench) -> dict[str, Cursor]:
    """Every cursor by name."""
    found = {}
    for row in bench.db.read(f"SELECT {_COLUMNS} FROM cursors"):
        values: list[Any] = [value or "" for value in row]
        values[5], values[7], values[8] = bool(row[5]), int(row[7] or 0), int(row[8] or 0)
        cursor = Cursor(*values)
        found[cursor.name] = cursor
    return found


def save(connection: sqlite3.Connection, cursor: Cursor) -> None:
    """Write a cursor, inside a transaction."""
    values = list(cursor)
    values[5] = int(cursor.hydrated)
    connection.execute(
        f"INSERT OR REPLACE INTO cursors (name, {_COLUMNS}) VALUES ({', '.join('?' * 12)})",
        (cursor.name, *values),
    )


# Instants of servers --------------------------------------------------------------------------


def text(moment: int) -> str:
    """Microseconds since 1970 as every server understands them: RFC 3339, T, Z, six decimals."""
    at = _ZERO + timedelta(microseconds=max(0, moment))
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond:06d}Z"


def before(cursor: str, back: int) -> str:
    """``cursor`` less ``back`` microseconds; the beginning for a text that is no time."""
    moment = micros(cursor)
    return text(moment - back) if moment > back else EPOCH


def behind(page: Page, since: str, name: str, *, stepped: bool = False) -> tuple[int, bool]:
    """(the instant of a page's cursor, whether it has to be stepped over because the page, which
    was asked for with ``since``, holds rows of nothing but that instant).

    stepped: the page before was stepped over. Raises ServerError where the cursor leads nowhere.
    """
    moment = micros(page.until) if page.until else UNTRUSTED
    if not page.more:
        return moment, False
    asked = micros(since)
    if not page.rows or moment == UNTRUSTED or moment < asked or (stepped and moment <= asked):
        raise ServerError(
            _("The server's cursor for {name} does not move.").format(name=name),
            kept=_("What was pulled before is kept."),
            hint=_("Tell the operator of the server."),
        )
    return moment, moment <= asked + 1


def following(page: Page, *, stepped: bool) -> str:
    """``since`` for the page after ``page``."""
    return page.until if stepped else before(page.until, 1)


# Rows that were taken -------------------------------------------------------------------------


def key_of(row: Row) -> str:
    """What a row is known by: the server's id of it and what it holds. The id alone would trust a
    server that gives one twice, as one does that was brought back from a backup."""
    if isinstance(row, Malformed):
        held = row.raw
    else:
        try:
            held = orjson.dumps(tuple(row), default=_plain)
        except TypeError:  # an integer that JSON has and this writer has not
            held = repr(tuple(row)).encode("utf-8", "surrogatepass")
    return f"{row.event}.{blake2b(held, digest_size=8).hexdigest()}"


def _plain(value: Any) -> Any:
    return dict(value) if hasattr(value, "keys") else str(value)


def unseen(bench: Workbench, cursor: str, rows: Sequence[Row]) -> tuple[list[Row], list[str]]:
    """Those of ``rows`` that were not taken lately, and the keys of these."""
    if not rows:
        return [], []
    fresh, keys = apart(rows, ())
    known = {
        event
        for (event,) in bench.db.read(
            "SELECT event FROM seen WHERE cursor = ? AND event IN (SELECT value FROM json_each(?))",
            (cursor, orjson.dumps(keys).decode()),
        )
    }
    if not known:
        return fresh, keys
    left = [(row, key) for row, key in zip(fresh, keys, strict=True) if key not in known]
    return [row for row, _key in left], [key for _row, key in left]


def apart(rows: Sequence[Row], known: Container[str]) -> tuple[list[Row], list[str]]:
    """Those of ``rows`` whose keys are not ``known``, each once, and their keys."""
    fresh: dict[str, Row] = {}
    for row in rows:
        key = key_of(row)
        if key not in known:
            fresh.setdefault(key, row)
    return list(fresh.values()), list(fresh)


def remember(connection: sqlite3.Connection, cursor: str, keys: Iterable[str], moment: int) -> None:
    """Note, inside the transaction of their merge, that rows were taken. ``moment``: an instant of
    the server, in microseconds, that none of them is younger than."""
    connection.executemany(
        "INSERT OR REPLACE INTO seen VALUES (?, ?, ?)", [(key, cursor, moment) for key in keys]
    )


def prune(connection: sqlite3.Connection, cursor: str, since: str) -> None:
    """Forget what lies so far behind ``since`` that it does not come twice."""
    connection.execute(
        "DELETE FROM seen WHERE cursor = ? AND round < ?",
        (cursor, micros(since) - KEPT_SECONDS * SECOND),
    )
