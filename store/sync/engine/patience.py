"""How long an engine waits after a round that failed: longer each time, as long as the server asks,
and five minutes where somebody has to do something first."""

from __future__ import annotations

from collections.abc import Callable

from store.errors import ManabenchError, NetworkError
from store.sync.engine.faults import state_of

FIRST_WAIT, LONGEST_WAIT, OFFLINE_WAIT = 1.0, 300.0, 20.0
"""Seconds between tries: doubled each time, less up to a half by chance. A network that comes back
should be noticed soon; a server that fails should be left alone."""

SOON = 2.0
"""Seconds after a try that met no server until the next one, where there is a sign that it may be
there again: somebody wrote something, a network came, a doorbell is heard."""

UNPAID_WAIT = 300.0
"""Seconds before the server is asked again whether syncing is paid for, or a session good."""


class Patience:
    """Of one engine. ``soon`` and ``now`` may be called from any thread."""

    def __init__(self, clock: Callable[[], float], random: Callable[[], float]) -> None:
        self._clock = clock
        self._random = random
        self._failures = 0
        self._until = 0.0
        self._tried = 0.0
        self._is_away = False

    @property
    def left(self) -> float:
        """Seconds until the next try; 0 or less where it is time."""
        return self._until - self._clock()

    def trying(self) -> None:
        """A try begins."""
        self._tried = self._clock()

    def well(self) -> None:
        """A round went well."""
        self._failures, self._until, self._is_away = 0, 0.0, False

    def failed(self, error: ManabenchError, asked: float) -> float:
        """A round ended by ``error``; asked: for how many seconds the server wants to be left
        alone. Returns the wait in seconds."""
        self._failures += 1
        self._is_away = isinstance(error, NetworkError)
        longest = OFFLINE_WAIT if self._is_away else LONGEST_WAIT
        wait: float = min(FIRST_WAIT * 2.0 ** min(self._failures - 1, 10), longest)
        wait *= 0.5 + self._random() / 2
        if not self._is_away:  # what it asked for before it went away was for then
            wait = max(wait, asked)
        if state_of(error) in ("unpaid", "out", "refused", "locked"):
            wait = max(wait, UNPAID_WAIT)
        self._until = self._clock() + wait
        return wait

    def soon(self, *, anew: bool = False) -> None:
        """There is a sign that the server may be met again; one that refuses is left alone. anew:
        so good a sign that the waits begin at the shortest again."""
        if self._is_away:
            self._failures = 0 if anew else self._failures
            self._until = min(self._until, self._tried + SOON)

    def now(self) -> None:
        """A person asks for it, or the machine slept."""
        self._until = 0.0
