"""Values typed here that lost before the writer of the winner could have seen them.

The winner stands, on every replica; the loser is kept in its form at rest, and one act writes it
again. Of a record's life, told as its ``deletedAt``, mine is None where it lived here and was
deleted elsewhere, and the time of the deletion where it was the other way round.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from store.arrivals import DELETED
from store.changes import Incoming
from store.errors import LockedError, NotFoundError, UnreadableError
from store.records import PREFIX, Masked, Record
from store.scope import Scope
from store.stamps import Actor, canonical
from store.words import N_, _

if TYPE_CHECKING:
    from store.collections import Collection
    from store.documents import Step
    from store.workbench import Workbench


class Conflict(NamedTuple):
    """One value that lost. space: the id of its space, "" at the user level. mine and theirs may be
    Masked; at, actor, their_at, their_actor: when and by whom each was written; noticed: since when
    it waits."""

    n: int
    collection: str
    space: str
    id: str
    field: str
    mine: Any
    theirs: Any
    at: str
    actor: Actor
    their_at: str
    their_actor: Actor
    noticed: str


class Row(NamedTuple):
    """A conflict as it is stored."""

    n: int
    collection: str
    space: int
    record: int
    field: str
    mine: str
    at: str
    actor: int
    their_at: str
    their_actor: int
    noticed: str


Conflicts = list[Conflict]

_COLUMNS = "n, collection, space, record, field, mine, at, actor, their_at, their_actor, noticed"


def waiting(bench: Workbench, scope: Scope | None = None) -> Conflicts:
    """The conflicts of one space or of all, newest first; works while locked."""
    found = []
    rows = [row for row in _rows(bench) if scope is None or scope.number == row.space]
    records = _records(bench, rows)
    actors = {n: orjson.loads(text) for n, text in bench.db.read("SELECT n, json FROM actors")}
    for row in rows:
        if (there := records.get((row.space, row.collection, row.record))) is None:
            continue
        view, record = there
        mine = _opened(bench, bench.registry[row.collection], record["id"], row)
        # Where a deletion made here stands against an edit, theirs is the living record.
        theirs = record.get(row.field) if row.field != DELETED or mine is None else None
        actor, other = actors.get(row.actor, {}), actors.get(row.their_actor, {})
        found.append(
            Conflict(
                *(row.n, row.collection, view.id, record["id"], row.field, mine, theirs),
                *(row.at, actor, row.their_at, other, row.noticed),
            )
        )
    return found


def _records(
    bench: Workbench, rows: Sequence[Row]
) -> dict[tuple[int, str, int], tuple[Scope, Record]]:
    """(scope, record) of the conflicts that can be shown, by space, collection and row: one query
    for each collection of a space."""
    scopes = _Scopes(bench)
    groups: dict[tuple[int, str], list[int]] = {}
    for row in rows:
        if row.collection in bench.registry:
            groups.setdefault((row.space, row.collection), []).append(row.record)
    found = {}
    for (space, collection), keys in groups.items():
        view = scopes[space]
        if view is None or not view.allows(bench.registry[collection].module):
            continue
        for record in bench.documents.by_keys(view, collection, keys, large=True):
            found[space, collection, record.key] = view, record
    return found


def count(bench: Workbench, scope: Scope | None = None) -> int:
    """How many conflicts there are, in one space or in all."""
    where, values = ("", ()) if scope is None else (" WHERE space = ?", (scope.number,))
    return int(bench.db.read(f"SELECT count(*) FROM conflicts{where}", values)[0][0])


def drop_moot(bench: Workbench) -> int:
    """Forget those in which what was typed here stands by now: somebody took their own value back,
    or wrote the same. Returns how many; none while locked, because they cannot be read then."""
    if not count(bench):
        return 0
    moot = [(one.n, one.space) for one in waiting(bench) if _is_same(one.mine, one.theirs)]
    if moot:
        with bench.db.transaction(durable=False) as connection:
            connection.executemany("DELETE FROM conflicts WHERE n = ?", [(n,) for n, _id in moot])
            for space in {space for _n, space in moot}:
                bench.db.touch("conflicts", space, None)
    return len(moot)


def keep_mine(bench: Workbench, numbers: Iterable[int]) -> int:
    """Write what was typed here again, as one step a space that can be undone; returns how many.

    Works while locked, because it moves what is sealed. Raises NotFoundError.
    """

    def act(step: Step, row: Row, id: str) -> None:
        mine = orjson.loads(row.mine)
        if row.field != DELETED:
            step.put_back(row.collection, [Incoming(id, {row.field: mine}, raw=True)])
        elif mine is None:
            step.restore(row.collection, id)

    return _settle(bench, numbers, N_("keep my version"), act)


def keep_theirs(bench: Workbench, numbers: Iterable[int]) -> int:
    """Leave what stands, and forget what lost; where a deletion made here met an edit, the record
    comes back with it. Returns how many. Raises NotFoundError."""

    def act(step: Step, row: Row, id: str) -> None:
        if row.field == DELETED and orjson.loads(row.mine) is not None:
            step.restore(row.collection, id)

    return _settle(bench, numbers, N_("keep their version"), act)


def only_forgotten(bench: Workbench, numbers: Iterable[int]) -> list[Row]:
    """Those of the conflicts of which ``keep_theirs`` leaves nothing that undo would find."""
    wanted = set(numbers)
    return [
        row
        for row in _rows(bench)
        if row.n in wanted and (row.field != DELETED or orjson.loads(row.mine) is None)
    ]


def bring_back(bench: Workbench, rows: Sequence[Row]) -> int:
    """Have conflicts wait again that were only forgotten; returns how many. A record that is no
    longer there has none, for a purge takes them along."""
    scopes = _Scopes(bench)
    with bench.db.transaction(durable=False) as connection:
        back = [
            row
            for row in rows
            if connection.execute(
                f'SELECT 1 FROM "{row.collection}" WHERE pk = ? AND '
                "(deleted_at IS NULL) = (? != 'deletedAt')",
                (row.record, row.field),
            ).fetchone()
        ]
        connection.executemany(
            f"INSERT OR IGNORE INTO conflicts ({_COLUMNS}) "
            f"VALUES ({', '.join('?' * len(Row._fields))})",
            back,
        )
        for number in {row.space for row in back}:
            scope = scopes[number]
            bench.db.touch("conflicts", scope.id if scope else "", None)
    return len(back)


def write(bench: Workbench, n: int, value: Any) -> None:
    """Write a third value in place of both, as a step. Raises NotFoundError, LockedError,
    InvalidValueError."""

    def act(step: Step, row: Row, id: str) -> None:
        step.update(row.collection, id, {row.field: value})

    _settle(bench, [n], N_("settle a conflict"), act)


def _is_same(mine: Any, theirs: Any) -> bool:
    if isinstance(mine, Masked) or isinstance(theirs, Masked):
        return False
    return canonical(mine) == canonical(theirs)


class _Scopes:
    """The scopes of spaces by their rows; None for one that is deleted."""

    def __init__(self, bench: Workbench) -> None:
        self._bench = bench
        self._ids = dict(bench.db.read('SELECT pk, id FROM "spaces" WHERE deleted_at IS NULL'))

    def __getitem__(self, number: int) -> Scope | None:
        if not number:
            return self._bench.user_scope
        return self._bench.spaces.scope(self._ids[number]) if number in self._ids else None


def _rows(bench: Workbench) -> list[Row]:
    return [Row(*row) for row in bench.db.read(f"SELECT {_COLUMNS} FROM conflicts ORDER BY n DESC")]


def _settle(
    bench: Workbench, numbers: Iterable[int], label: str, act: Callable[[Step, Row, str], None]
) -> int:
    """Do ``act`` to each conflict, a step a space, and forget it."""
    known = {row.n: row for row in _rows(bench)}
    scopes = _Scopes(bench)
    groups: dict[int, list[Row]] = {}
    for n in numbers:
        row = known.get(n)
        if row is None or row.collection not in bench.registry or scopes[row.space] is None:
            raise NotFoundError(
                _("No such conflict: {n}.").format(n=n), kept=_("Nothing was changed.")
            )
        groups.setdefault(row.space, []).append(row)
    for number, rows in groups.items():
        scope = scopes[number]
        with bench.step(label, scope=scope) as step:
            for row in rows:
                found = bench.db.read(
                    f'SELECT id FROM "{row.collection}" WHERE pk = ?', (row.record,)
                )
                for (id,) in found:
                    act(step, row, id)
            bench.db.connection().executemany(
                "DELETE FROM conflicts WHERE n = ?", [(row.n,) for row in rows]
            )
            bench.db.touch("conflicts", scope.id if scope else "", None)
    return sum(map(len, groups.values()))


def _opened(bench: Workbench, declared: Collection, id: str, row: Row) -> Any:
    value = orjson.loads(row.mine)
    sealed = isinstance(value, str) and value.startswith(PREFIX)
    if not sealed or declared.is_clear(row.field):
        return value
    try:
        return bench.vault.open(declared.place, id, row.field, value)
    except LockedError:
        return Masked("locked")
    except UnreadableError as error:
        return Masked(error.reason)
