"""What the engine tells of itself while it works: state, progress, rates. Not too often, and
nothing at all of a round in which nothing happened: every word of it is a write."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from store.stamps import instant
from store.sync.outbox import outgoing
from store.sync.status import RATES, tell
from store.told import Told

if TYPE_CHECKING:
    from store.workbench import Workbench

EVERY = 0.25
"""Seconds between two words on progress."""

STILL = 60.0
"""Seconds after which a server that has nothing new is told to have answered."""

Progress = Callable[[int, int], None]


class Teller:
    """Of one engine. pushed and pulled count records and rows as they come."""

    def __init__(self, bench: Workbench, clock: Callable[[], float]) -> None:
        self._bench = bench
        self._clock = clock
        self._progress: Progress | None = None
        self._pending = 0
        self._pushed = self._pulled = self._total_pulled = 0
        self._said = ("", "")
        self._said_live = ""
        self._at = self._well_at = -STILL
        self._shown = False
        self._counts: dict[int, int] = {}

    def begin(self, progress: Progress | None, *, quiet: bool = False) -> None:
        """A round begins; quiet: one that nobody asked for, told only once something comes."""
        self._progress = progress
        self._pushed = self._pulled = self._total_pulled = 0
        self._pending = 0 if quiet else sum(n for _a, _c, n in outgoing.pending(self._bench))
        self._shown = False
        if progress is not None:
            progress(0, self._pending)

    def pushed(self, records: int) -> None:
        """So many records were acknowledged."""
        self._pushed += records
        self._count(records)

    def pulled(self, rows: int, expected: int = 0) -> None:
        """A page of so many rows came; expected: how many more are known to follow, 0 where nobody
        says. What ``progress`` raises goes through."""
        self._pulled += rows
        self._total_pulled = self._pushed + self._pulled + expected if expected else 0
        if rows:
            self._count(rows)
        elif self._progress is not None:
            self._progress(self._pushed + self._pulled, self._total())

    def _count(self, n: int) -> None:
        done = self._pushed + self._pulled
        if self._progress is not None:
            self._progress(done, self._total())
        now = self._clock()
        second = int(now)
        self._counts[second] = self._counts.get(second, 0) + n
        if now - self._at >= EVERY:
            self._at = now
            self._shown = True
            self._said = ("syncing", "")
            tell(
                self._bench,
                engine={"state": "syncing", "words": ""},
                progress=[done, self._total()],
                **self._rates(),
            )

    def _total(self) -> int:
        """How many there are in all; once rows come as far as the server says how many, else 0."""
        return self._pending if not self._pulled else self._total_pulled

    def _rates(self) -> dict[str, Any]:
        second = int(self._clock())
        oldest = second - RATES + 1
        self._counts = {at: n for at, n in self._counts.items() if at >= oldest}
        counts = [self._counts.get(at, 0) for at in range(oldest, second + 1)]
        return {"rates": {"at": instant(self._bench.clock()), "counts": counts}}

    def end(self) -> None:
        """The round is over, well or not."""
        self._progress = None

    def well(self) -> None:
        """A round went well: idle, and when the server last took and gave something."""
        now = self._clock()
        values: dict[str, Any] = {}
        at = instant(self._bench.clock())
        if self._pushed:
            values["acknowledged"] = at
        if self._pushed or self._pulled or now - self._well_at >= STILL:
            values["pulled"] = at
            self._well_at = now
        if self._said != ("idle", ""):
            values["engine"] = {"state": "idle", "words": ""}
        if self._shown:
            values |= {"progress": [0, 0]} | self._rates()
        self._said, self._shown = ("idle", ""), False
        self._pushed = self._pulled = 0
        if values:
            tell(self._bench, **values)

    def trouble(self, state: str, words: Told) -> None:
        """A round ended by an error."""
        self.state(state, words.kept)

    def state(self, state: str, words: str = "") -> None:
        """How it stands, told once."""
        if self._said != (state, words) or self._shown:
            self._said, self._shown = (state, words), False
            tell(self._bench, engine={"state": state, "words": words}, progress=[0, 0])

    def live(self, kind: str) -> None:
        """By which doorbell news come."""
        if kind != self._said_live:
            self._said_live = kind
            tell(self._bench, live=kind)
