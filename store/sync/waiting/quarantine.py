"""Rows from the wire that were not merged: kept sealed whole, with a reason, for a person's look.

A row is kept once, however often it comes. What a person joins or learns later may make it good;
``retry`` merges it then.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from store.errors import LockedError, NotFoundError, UnreadableError
from store.records import Masked, dumps
from store.stamps import instant
from store.sync.wire import Change, Malformed
from store.words import N_, _

if TYPE_CHECKING:
    from store.workbench import Workbench

REASONS = {
    "malformed": N_("it is no change that can be read"),
    "space": N_("it names a space that you are not a member of"),
    "moved": N_("it names a record that is stored in another of your spaces"),
    "level": N_("it came through a shared space, but such records follow one person"),
    "value": N_("it holds a value that cannot be kept"),
}
"""Why a row was not merged, by the code that is stored."""

_PLACE = "quarantine"
_LONGEST = 2000


class Waiting(NamedTuple):
    """One row that waits. reason: a code of ``REASONS``, and behind a colon what else is known;
    noticed: since when. The row itself stays sealed."""

    n: int
    app: str
    collection: str
    space: str
    id: str
    reason: str
    noticed: str


class Quarantine:
    """The rows of one collection that one page sets aside. Inside a transaction."""

    def __init__(self, bench: Workbench, app: str, collection: str) -> None:
        self._bench = bench
        self._app = app
        self._collection = collection
        self._rows: dict[str, dict[str, tuple[str, str, str, str]]] = {}

    def add(self, row: Change | Malformed, reason: str) -> None:
        """Set one row aside; ``reason`` is a code of ``REASONS``."""
        raw = dumps([reason, _plain(row)])
        if isinstance(row, Malformed) and row.reason:
            reason = f"{reason}: {_clean(row.reason)}"
        cut = (_clean(row.space), _clean(row.event), reason, instant(self._bench.clock()))
        self._rows.setdefault(_clean(row.id), {})[raw] = cut

    def close(self) -> int:
        """Write what was set aside and is not there yet; returns how many were new."""
        bench, new = self._bench, 0
        if not self._rows:
            return 0
        connection = bench.db.connection()
        for id, rows in self._rows.items():
            there = connection.execute(
                "SELECT raw FROM quarantine WHERE app = ? AND collection = ? AND id = ?",
                (self._app, self._collection, id),
            )
            known = {_opened(bench, self._app, raw) for (raw,) in there}
            for raw, (space, event, reason, noticed) in rows.items():
                if raw in known:
                    continue
                sealed = bench.vault.seal(_PLACE, self._app, "raw", raw)
                connection.execute(
                    "INSERT INTO quarantine (app, collection, space, id, event, reason, raw, "
                    "noticed) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                    (self._app, self._collection, space, id, event, reason, sealed, noticed),
                )
                new += 1
        if new:
            bench.db.touch("quarantine", "", None)
        return new


Rows = list[Waiting]


def waiting(bench: Workbench) -> Rows:
    """Every row that waits, oldest first."""
    columns = ", ".join(Waiting._fields)
    return [Waiting(*row) for row in bench.db.read(f"SELECT {columns} FROM quarantine ORDER BY n")]


def words(reason: str) -> str:
    """Why a row was not merged, for a person."""
    code, _colon, rest = reason.partition(": ")
    said = _(REASONS[code]) if code in REASONS else code
    return f"{said}: {_(rest)}" if rest else said


def count(bench: Workbench) -> int:
    """How many rows wait."""
    return int(bench.db.read("SELECT count(*) FROM quarantine")[0][0])


def opened(bench: Workbench, n: int) -> Any:
    """One row as it came: JSON, or text where it was none; Masked while the vault is locked.
    Raises NotFoundError."""
    for app, raw in bench.db.read("SELECT app, raw FROM quarantine WHERE n = ?", (n,)):
        text = _opened(bench, app, raw)
        return Masked("locked") if text is None else orjson.loads(text)[1]
    raise _none(n)


def drop(bench: Workbench, numbers: Iterable[int]) -> None:
    """Throw rows away; one comes again if the server sends it again. Raises NotFoundError."""
    with bench.db.transaction() as connection:
        for n in numbers:
            if not connection.execute("DELETE FROM quarantine WHERE n = ?", (n,)).rowcount:
                raise _none(n)
        bench.db.touch("quarantine", "", None)


def retry(bench: Workbench, numbers: Iterable[int] | None = None) -> int:
    """Merge what is good by now, of ``numbers`` or of all; returns how many rows no longer wait.
    Raises LockedError."""
    from store.sync.inbox.incoming import receive

    if not bench.vault.unlocked:
        raise LockedError(_("The vault is locked."), kept=_("Nothing was changed."))
    chosen = None if numbers is None else set(numbers)
    groups: dict[tuple[str, str], list[tuple[int, Change]]] = {}
    for one in waiting(bench):
        if chosen is None or one.n in chosen:
            change = _change(opened(bench, one.n))
            if change is not None:
                groups.setdefault((one.app, one.collection), []).append((one.n, change))
    before = count(bench)
    for (app, collection), rows in groups.items():
        with bench.db.transaction() as connection:
            noticed = _noticed(bench, [n for n, _change in rows])
            connection.executemany(
                "DELETE FROM quarantine WHERE n = ?", [(n,) for n, _change in rows]
            )
            receive(bench, app, collection, [change for _n, change in rows], whole=True)
            connection.executemany(
                "UPDATE quarantine SET noticed = ? "
                "WHERE app = ? AND collection = ? AND id = ? AND noticed > ?",
                [(at, app, collection, id, at) for id, at in noticed],
            )
            bench.db.touch("quarantine", "", None)
    return before - count(bench)


def _none(n: int) -> NotFoundError:
    return NotFoundError(_("No such row waits: {n}.").format(n=n), kept=_("Nothing was changed."))


def _noticed(bench: Workbench, numbers: list[int]) -> list[tuple[str, str]]:
    return bench.db.read(
        "SELECT id, min(noticed) FROM quarantine "
        "WHERE n IN (SELECT value FROM json_each(?)) GROUP BY id",
        (dumps(numbers),),
    )


def _plain(row: Change | Malformed) -> Any:
    """A row as JSON, without the server's id of it, which differs each time it is sent."""
    if isinstance(row, Malformed):
        return _clean(row.raw.decode("utf-8", "replace"), len(row.raw))
    plain = row._asdict() | {"event": "", "fields": {n: list(v) for n, v in row.fields.items()}}
    try:
        orjson.dumps(plain)
    except TypeError:
        import json

        # What no peer could hold: numbers without end, half characters, nesting without end.
        try:
            text = json.dumps(plain, default=str)
        except (ValueError, RecursionError):
            return repr(row.id)
        return _clean(text, len(text))
    return plain


def _change(plain: Any) -> Change | None:
    if not isinstance(plain, dict):
        return None
    slots = {name: (slot[0], slot[1]) for name, slot in plain["fields"].items()}
    return Change(**plain | {"fields": slots})


def _opened(bench: Workbench, app: str, raw: str) -> str | None:
    try:
        return str(bench.vault.open(_PLACE, app, "raw", raw))
    except (LockedError, UnreadableError):
        return None


def _clean(text: str, most: int = _LONGEST) -> str:
    """Text that a column can hold."""
    return text[:most].replace("\0", "").encode("utf-8", "replace").decode()
