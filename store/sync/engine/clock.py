"""The server's clock as the better one: how far this machine's clock is off, kept in the home.

A stamp decides who wins, so a machine whose clock is an hour behind would lose to everybody. Every
process adds the same offset; under two seconds it is noise and nothing is added.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from store.workbench import Workbench

KEY = "clock"
SMALLEST = 2.0
"""Seconds below which an offset is not applied; the Date header tells whole seconds only."""

_SAME = 1.0


def correct(bench: Workbench, ahead: float) -> bool:
    """Take the offset that the server's answer gave, in seconds; True if it differs from the one
    before. Other processes follow by their notices."""
    ahead = ahead if abs(ahead) >= SMALLEST else 0.0
    before = kept(bench)
    if abs(ahead - before) < _SAME and bool(ahead) == bool(before):
        return False
    with bench.db.transaction() as connection:
        connection.execute("INSERT OR REPLACE INTO home VALUES (?, ?)", (KEY, repr(ahead)))
        bench.db.touch(KEY, "", None)
    bench.writer.heed_clock()
    return True


def kept(bench: Workbench) -> float:
    """The offset that this home applies, in seconds."""
    rows = bench.db.read("SELECT value FROM home WHERE key = ?", (KEY,))
    try:
        return float(rows[0][0]) if rows else 0.0
    except ValueError:
        return 0.0
