"""Records that bear a time from the future. They are kept as they came, and win over whatever is
written before that time by a program whose clocks do not heed what is stored; so it is told.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from store.rows import FOREIGN
from store.stamps import instant
from store.sync.status import AHEAD, tell

if TYPE_CHECKING:
    from store.workbench import Workbench

EVERY = 300.0
"""Seconds between two looks; each reads through all records."""


class Ahead:
    """Of one engine."""

    def __init__(self, bench: Workbench, clock: Callable[[], float]) -> None:
        self._bench = bench
        self._clock = clock
        self._at: float | None = None
        self._due = False
        self._said: tuple[int, str] | None = None

    def look(self, changed: int) -> None:
        """Look through the records if any changed since the last look, and tell what was found;
        changed: how many did in the round that just ended."""
        self._due = self._due or changed > 0
        now = self._clock()
        if not self._due or (self._at is not None and now - self._at < EVERY):
            return
        self._at, self._due = now, False
        found = count(self._bench)
        if found != self._said and (found[0] or self._said is None or self._said[0]):
            self._said = found
            tell(self._bench, ahead=found)


def count(bench: Workbench) -> tuple[int, str]:
    """(records with a field stamped further ahead than a clock can be, the latest of the stamps)"""
    limit = instant(bench.clock() + timedelta(seconds=AHEAD))
    tables = [*(c.name for c in bench.registry if c.app), FOREIGN]
    looks = [
        f'SELECT count(*) AS n, max(updated_at) AS at FROM "{table}" '
        "WHERE updated_at > :limit AND deleted_at IS NULL"
        for table in tables
    ]
    sql = f"SELECT sum(n), max(at) FROM ({' UNION ALL '.join(looks)})"
    number, at = bench.db.read(sql, {"limit": limit})[0]
    return int(number), at or ""
