"""Drafts: what stands in a field that was not committed is sealed into the store (law 13).

A commit clears its draft only once the change is written, so a full disk costs no text.

One ``Drafter`` watches the one field that has focus. It saves after a second of rest, after five
seconds of typing without rest, and whenever it is told that the person is leaving.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

REST = 1.0
LONGEST = 5.0
"""Seconds without a key, and with keys, after which a draft is written."""


class Spot(NamedTuple):
    """Where a text belongs. ``place`` names it for ever, also where no record exists yet.

    start is the text the field opened with: a field left as it was leaves no draft.
    base_at is the stamp of the value it opened with.
    """

    place: str
    collection: str = ""
    record: str = ""
    field: str = ""
    start: str = ""
    base_at: str = ""


class Drafter:
    """Keeps the text of the field in use until it is committed.

    save and clear run off the loop; timer(seconds, call) calls back on the loop and returns
    something with ``stop()``.
    """

    def __init__(
        self,
        save: Callable[[Spot, str], None],
        clear: Callable[[Spot], None],
        timer: Callable[[float, Callable[[], None]], Any],
        clock: Callable[[], float],
    ) -> None:
        self._save = save
        self._clear = clear
        self._timer = timer
        self._clock = clock
        self._spot: Spot | None = None
        self._text: Callable[[], str] = str
        self._saved: str | None = None
        self._dirty_since: float | None = None
        self._changed_at = 0.0
        self._waiting: Any = None

    @property
    def spot(self) -> Spot | None:
        """Where the text in use belongs, None while nothing is typed into."""
        return self._spot

    def begin(self, spot: Spot, text: Callable[[], str]) -> None:
        """A field was opened at ``spot``; ``text`` reads what stands in it."""
        self.leave()
        self._spot, self._text, self._saved = spot, text, None

    def changed(self) -> None:
        """A key changed the text."""
        if self._spot is None:
            return
        self._changed_at = self._clock()
        if self._dirty_since is None:
            self._dirty_since = self._changed_at
            self._wait(REST)

    def unsaved(self) -> tuple[Spot, str] | None:
        """What must be written before the person is gone; None if all is written."""
        if self._spot is None or self._dirty_since is None:
            return None
        text = self._text()
        return None if text == self._saved else (self._spot, text)

    def flush(self) -> None:
        """Write the draft now if it changed since it was written."""
        if (waiting := self.unsaved()) is not None:
            self._save(*waiting)
            self._saved = waiting[1]
        self._rest()

    def leave(self) -> None:
        """The field was left or committed; its draft stays until the change is written, unless
        nothing was changed."""
        spot = self._spot
        if spot is not None and self._saved is not None and self._text() == spot.start:
            self._clear(spot)
            self._rest()
        else:
            self.flush()
        self._spot = None

    def abandon(self) -> tuple[Spot, str] | None:
        """Stop watching without writing, because nothing can be sealed: what was not written."""
        found = self.unsaved()
        self._rest()
        self._spot = None
        return found

    def _rest(self) -> None:
        self._dirty_since = None
        if self._waiting is not None:
            self._waiting.stop()
            self._waiting = None

    def _wait(self, seconds: float) -> None:
        self._waiting = self._timer(seconds, self._due)

    def _due(self) -> None:
        self._waiting = None
        if self._dirty_since is None:
            return
        now = self._clock()
        rested = now - self._changed_at
        if rested >= REST - 0.01 or now - self._dirty_since >= LONGEST - 0.01:
            self.flush()
        else:
            self._wait(min(REST - rested, self._dirty_since + LONGEST - now))
