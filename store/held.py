"""Deletions that wait for a person's look (law 4)."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from store.errors import NotFoundError
from store.scope import Scope
from store.words import N_

if TYPE_CHECKING:
    from store.workbench import Workbench


class Waiting(NamedTuple):
    """One held deletion."""

    n: int
    collection: str
    id: str
    title: str
    at: str


WaitingList = list[Waiting]
Rows = list[tuple[int, str, str, str]]


class Held:
    """The held list of a workbench."""

    def __init__(self, bench: Workbench) -> None:
        self._bench = bench

    def list(self, scope: Scope) -> WaitingList:
        """What waits in a space, oldest first."""
        found = []
        for n, collection, id, at in self._rows(scope):
            try:
                record = self._bench.documents.get(scope, collection, id)
            except NotFoundError:  # purged meanwhile: there is nothing left to look at
                continue
            title = self._bench.documents.title(collection, record)
            found.append(Waiting(n, collection, id, title, at))
        return found

    def count(self, scope: Scope) -> int:
        """How many deletions wait in a space."""
        rows = self._bench.db.read("SELECT count(*) FROM held WHERE space = ?", (scope.number,))
        return int(rows[0][0])

    def accept(self, scope: Scope, chosen: Collection[int] | None = None) -> int:
        """Delete what waits in a space, or only what has a number of ``chosen``, as one step;
        returns how many were deleted."""
        rows = self._rows(scope, chosen)
        with self._bench.step(N_("delete what was held"), scope=scope, confirmed=True) as step:
            for _n, collection, id, _at in rows:
                with suppress(NotFoundError):  # purged meanwhile
                    step.remove(collection, id)
            self._clear(scope, rows)
        return step.written

    def refuse(self, scope: Scope, chosen: Collection[int] | None = None) -> int:
        """Drop the list of a space, or only the numbers of ``chosen``; every record stays as it
        is. Returns how many waited."""
        rows = self._rows(scope, chosen)
        self._clear(scope, rows)
        return len(rows)

    def _rows(self, scope: Scope, chosen: Collection[int] | None = None) -> Rows:
        rows = self._bench.db.read(
            "SELECT rowid, collection, id, at FROM held WHERE space = ? ORDER BY rowid",
            (scope.number,),
        )
        return [row for row in rows if chosen is None or row[0] in chosen]

    def _clear(self, scope: Scope, rows: Rows) -> None:
        with self._bench.db.transaction() as connection:
            connection.executemany("DELETE FROM held WHERE rowid = ?", [(row[0],) for row in rows])
            self._bench.db.touch("held", scope.id, None)
