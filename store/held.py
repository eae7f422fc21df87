"""Deletions that wait for a person's look (law 4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from store.scope import Scope

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
            record = self._bench.documents.get(scope, collection, id)
            title = self._bench.documents.title(collection, record)
            found.append(Waiting(n, collection, id, title, at))
        return found

    def accept(self, scope: Scope) -> int:
        """Delete all that waits in a space, as one step; returns how many were deleted."""
        rows = self._rows(scope)
        with self._bench.step("delete what was held", scope=scope, confirmed=True) as step:
            for _, collection, id, _ in rows:
                step.remove(collection, id)
            self._clear(scope)
        return step.written

    def refuse(self, scope: Scope) -> int:
        """Drop the list of a space; every record stays as it is. Returns how many waited."""
        count = len(self._rows(scope))
        self._clear(scope)
        return count

    def _rows(self, scope: Scope) -> Rows:
        return self._bench.db.read(
            "SELECT rowid, collection, id, at FROM held WHERE space = ? ORDER BY rowid",
            (scope.number,),
        )

    def _clear(self, scope: Scope) -> None:
        with self._bench.db.transaction() as connection:
            connection.execute("DELETE FROM held WHERE space = ?", (scope.number,))
