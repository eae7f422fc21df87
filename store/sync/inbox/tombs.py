"""Deletions that come from elsewhere: carried out, or held where they are very many (law 4).

What counts is how many live records all pulls of one hour delete in one space. Those before the
limit was passed are gone already; the page that passes it, and the rest of the hour, is held.
Everything else that a page brings proceeds.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from store.arrivals import Merging
from store.being import Being
from store.masses import HELD_ABOVE, HELD_SHARE
from store.rows import FOREIGN
from store.stamps import Stamp, instant, later

if TYPE_CHECKING:
    from store.workbench import Workbench

WINDOW = timedelta(hours=1)

Verdict = tuple[str | None, Stamp, bool]


class Tombs:
    """The judge of one page: which deletions of it wait for a look. Inside a transaction."""

    def __init__(self, bench: Workbench, merging: Merging, number: int, space: str) -> None:
        self._db = bench.db
        self._now = bench.clock()
        self._merging = merging
        self._name = merging.collection.name
        self._number = number
        self._space = space
        self.held = 0

    def judge(self, beings: Sequence[Being]) -> None:
        """Settle the life of every record, or hold its deletion."""
        deaths: list[tuple[Being, Verdict]] = []
        others: list[tuple[Being, Verdict]] = []
        for being in beings:
            verdict = being.verdict()
            if verdict is not None:
                (deaths if being.dies(verdict) else others).append((being, verdict))
        if not deaths and not others:
            return
        waiting = self._waiting()
        for being, verdict in others:
            being.settle(verdict)
            if being.id in waiting and not later(waiting[being.id], verdict[1].at):
                self._release(being.id)
        if self._merging.collection.junction_of:
            # A link follows its record; it is no record of its own for whoever looks.
            for being, verdict in deaths:
                being.settle(verdict)
            return
        fresh = [one for one in deaths if one[0].id not in waiting]
        hold = self._too_many(len(fresh))
        for being, verdict in deaths:
            if being.id not in waiting and not hold:
                being.settle(verdict)
            elif being.id not in waiting or later(verdict[1].at, waiting[being.id]):
                self._hold(being, verdict)

    def _too_many(self, count: int) -> bool:
        """Whether ``count`` more are too many for this hour; they are counted from here on."""
        if not count:
            return False
        connection = self._db.connection()
        since = instant(self._now - WINDOW)
        connection.execute("DELETE FROM tombs WHERE at < ?", (since,))
        connection.execute(
            "INSERT INTO tombs (space, collection, at, count) VALUES (?, ?, ?, ?)",
            (self._number, self._name, instant(self._now), count),
        )
        counts = dict(
            connection.execute(
                "SELECT collection, sum(count) FROM tombs WHERE space = ? GROUP BY collection",
                (self._number,),
            )
        )
        mine = int(counts[self._name])
        if sum(counts.values()) > HELD_ABOVE:
            return True
        if mine <= HELD_SHARE:
            return False
        # Those deleted within the hour were part of the collection too.
        return mine * 5 > self._live() + mine - count

    def _live(self) -> int:
        collection = self._merging.collection
        table, where = self._name, ""
        values: list[object] = [self._number]
        if self._merging.foreign:
            table, where = FOREIGN, "AND app = ? AND collection = ?"
            values += [collection.app, collection.wire]
        rows = self._db.read(
            f'SELECT count(*) FROM "{table}" WHERE space = ? AND deleted_at IS NULL {where}', values
        )
        return int(rows[0][0])

    def _waiting(self) -> dict[str, str]:
        rows = self._db.read(
            "SELECT id, stamp FROM held WHERE collection = ? AND space = ? AND stamp IS NOT NULL",
            (self._name, self._number),
        )
        return dict(rows)

    def _hold(self, being: Being, verdict: Verdict) -> None:
        value, stamp, _marked = verdict
        self._release(being.id)
        self._db.connection().execute(
            "INSERT INTO held (collection, space, id, actor, at, stamp, origin) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                *(self._name, self._number, being.id, stamp.actor, instant(self._now)),
                *(stamp.at if value is not None else None, stamp.origin),
            ),
        )
        self._db.touch("held", self._space, None)
        self.held += 1

    def _release(self, id: str) -> None:
        self._db.connection().execute(
            "DELETE FROM held WHERE collection = ? AND space = ? AND id = ? AND stamp IS NOT NULL",
            (self._name, self._number, id),
        )
        self._db.touch("held", self._space, None)
