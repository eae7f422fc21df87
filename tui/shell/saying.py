"""What outlives a message line: the words said in this process, and the act that ``.`` repeats.

Both may hold protected text, so both live in memory only and go when the vault is locked.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

KEPT = 300
"""Messages that are remembered at most."""


class Said(NamedTuple):
    """One message: when (seconds of the epoch), its words, its role."""

    at: float
    text: str
    role: str


Again = Callable[[Any, Sequence[str]], None]
"""Does an act once more: gets the screen in view and the ids it is for."""


class Saying:
    """Mixed into the app; ``self`` is always a ``Manabench``."""

    def start_saying(self) -> None:
        """Set up, before the first message."""
        self.said: deque[Said] = deque(maxlen=KEPT)
        self.repeats: dict[tuple[str, str], Again] = {}

    def heard(self, text: str, role: str) -> None:
        """A message line shows ``text``. The same words twice running count once."""
        if text and not (self.said and self.said[-1][1:] == (text, role)):
            self.said.append(Said(time.time(), text, role))

    def forget_said(self) -> None:
        """The vault is locked: nothing that was said or done may be read or repeated."""
        self.said.clear()
        self.repeats.clear()
