"""Deletions that wait for a person's look (law 4).

One that a step here asked for is carried out as a new deletion. One that was pulled bears its own
stamp: accepted it is what every other replica has, refused it is answered by a restore that wins
everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from store.errors import ModuleNotInSpaceError, NotFoundError
from store.scope import Scope
from store.stamps import next_at, system
from store.words import N_

if TYPE_CHECKING:
    from store.documents import Step
    from store.workbench import Workbench


class Waiting(NamedTuple):
    """One held deletion."""

    n: int
    collection: str
    id: str
    title: str
    at: str


class _Row(NamedTuple):
    n: int
    space: int
    collection: str
    id: str
    at: str
    actor: int
    stamp: str | None
    origin: str | None


WaitingList = list[Waiting]
Rows = list[_Row]


class Held:
    """The held list of a workbench."""

    def __init__(self, bench: Workbench) -> None:
        self._bench = bench

    def list(self, scope: Scope) -> WaitingList:
        """What waits in a space, oldest first."""
        found = []
        documents = self._bench.documents
        for row in self._rows(scope):
            if row.collection not in self._bench.registry:
                # Of an undeclared collection nobody knows what its records are called.
                found.append(Waiting(row.n, row.collection, row.id, row.id, row.at))
                continue
            place = scope if row.space else self._bench.user_scope
            try:
                record = documents.get(place, row.collection, row.id)
            except (NotFoundError, ModuleNotInSpaceError):  # purged, or out of reach here
                continue
            title = documents.title(row.collection, record)
            found.append(Waiting(row.n, row.collection, row.id, title, row.at))
        return found

    def count(self, scope: Scope) -> int:
        """How many deletions wait in a space."""
        rows = self._bench.db.read(f"SELECT count(*) FROM held WHERE {_where(scope)}")
        return int(rows[0][0])

    def accept(self, scope: Scope, chosen: Collection[int] | None = None) -> int:
        """Delete what waits in a space, or only what has a number of ``chosen``, as one step;
        returns how many were deleted."""
        rows = self._rows(scope, chosen)
        with self._bench.step(N_("delete what was held"), scope=scope, confirmed=True) as step:
            for row in rows:
                if row.stamp is None:
                    with suppress(NotFoundError):  # purged meanwhile
                        step.remove(row.collection, row.id)
            pulled = [row for row in rows if row.stamp is not None]
            self._take(step, pulled, lambda row: Death(row.stamp, row.stamp, row.actor))
            self._clear(scope, rows)
        return step.written

    def refuse(self, scope: Scope, chosen: Collection[int] | None = None) -> int:
        """Drop the list of a space, or only the numbers of ``chosen``; every record stays as it
        is, and what others had deleted comes back to them. Returns how many waited."""
        rows = self._rows(scope, chosen)
        pulled = [row for row in rows if row.stamp is not None]
        clock = self._bench.clock()
        with self._bench.step("refuse", kind="refuse", scope=scope) as step:
            me = self._bench.writer.actor(step.actor)
            self._take(step, pulled, lambda row: Death(None, next_at(clock, row.stamp), me))
            self._clear(scope, rows)
        return len(rows)

    def _take(self, step: Step, rows: Rows, death: Callable[[_Row], Death]) -> None:
        """Merge what becomes of the lives of records, by collection."""
        from store.arrivals import REPLAY, Arrived, Merging
        from store.being import Being
        from store.rows import everywhere

        bench = self._bench
        groups: dict[tuple[int, str], dict[str, Sequence[Arrived]]] = {}
        for row in rows:
            value, at, actor = death(row)
            lives = value is None
            arrived = Arrived(
                row.id,
                {},
                at or "",
                actor,
                removal=(value, at or ""),
                origin="user" if lives else row.origin or REPLAY,
                marked=lives,
            )
            groups.setdefault((row.space, row.collection), {})[row.id] = [arrived]

        def judge(beings: Sequence[Being]) -> None:
            for being in beings:
                verdict = being.verdict()
                if verdict is not None:
                    being.settle(verdict)

        repairs = bench.writer.actor(system("sync"))
        for (space, name), group in groups.items():
            declared = bench.registry.named(name)
            merging = Merging(declared, bench.vault, sync=repairs, hydrating=True)
            there = everywhere(bench.db.connection(), declared, group, large=True)
            found = {id: of[space] for id, of in there.items() if space in of}
            known = {id: changes for id, changes in group.items() if id in found}
            with step.into(space, step.space if space else ""):
                step.take_in(merging, known, found, judge)

    def _rows(self, scope: Scope, chosen: Collection[int] | None = None) -> Rows:
        rows = self._bench.db.read(
            "SELECT rowid, space, collection, id, at, actor, stamp, origin FROM held "
            f"WHERE {_where(scope)} ORDER BY rowid"
        )
        return [_Row(*row) for row in rows if chosen is None or row[0] in chosen]

    def _clear(self, scope: Scope, rows: Rows) -> None:
        with self._bench.db.transaction() as connection:
            connection.executemany("DELETE FROM held WHERE rowid = ?", [(row.n,) for row in rows])
            self._bench.db.touch("held", scope.id, None)


def _where(scope: Scope) -> str:
    """What waits where: the personal space shows the user level's too."""
    return f"space IN ({scope.number}{', 0' if scope.type == 'personal' else ''})"


class Death(NamedTuple):
    """What becomes of a record's life: ``deletedAt`` or None, its stamp, its actor."""

    value: str | None
    at: str | None
    actor: int
