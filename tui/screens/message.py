"""The message line of a screen: one row, and as many as an error's three sentences need."""

from __future__ import annotations

from collections.abc import Sequence

from tui.keys import hints
from tui.widgets import MessageLine, cells
from tui.widgets.lines import Line

MOST = 4
"""Rows that one message may take."""


class Message(MessageLine):
    """A message line that grows upwards for a long message and shrinks with the next.

    Over the message stands what is whispered while a key waits for another; under it, and seen
    when nothing is said, the keys of the place.
    """

    DEFAULT_CSS = "Message { height: 1; dock: bottom; }"

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._role = "base"
        self._whispered = ""
        self._hints: tuple[hints.Hint, ...] = ()

    def say(self, text: str, role: str = "base") -> None:
        """Show ``text`` in place of the message before."""
        self._role = role
        self._whispered = ""
        self._grow(text)
        if (heard := getattr(self.app, "heard", None)) is not None:
            heard(text, role)
        super().say(text, role)

    def whisper(self, text: str) -> None:
        """Show ``text`` over the message, which comes back with an empty one."""
        if text != self._whispered:
            self._whispered = text
            self._grow(text or self.text)
            self.repaint()

    def offer(self, keys: Sequence[hints.Hint]) -> None:
        """The keys to show while nothing is said."""
        if tuple(keys) != self._hints:
            self._hints = tuple(keys)
            self.repaint()

    def _grow(self, text: str) -> None:
        rows = min(MOST, len(self._folded(text)) or 1)
        if self.styles.height is None or self.styles.height.value != rows:
            self.styles.height = rows

    def _folded(self, text: str) -> list[str]:
        return cells.folded(text, max(8, (self.size.width or 80) - 2)) if text else []

    def draw(self, width: int, height: int) -> list[Line]:
        """One row as the base draws it, or the whole text folded."""
        text = self._whispered or self.text
        role = "base" if self._whispered else self._role
        rows = self._folded(text)
        if len(rows) > 1 and height > 1:
            lines: list[Line] = [[(" " + row, role)] for row in rows[:height]]
            lines[-1] = self._with_job(lines[-1][0][0], role, width)
            return lines
        if self._whispered:
            return [[(" " + cells.clip(text, width - 2), role)]]
        if not text and not self.has_job:
            return [[(" " + hints.line(self._hints, width - 2), "hint")]]
        return super().draw(width, height)

    def _with_job(self, row: str, role: str, width: int) -> Line:
        """The last row of a long message, running work at its right."""
        if not self.has_job:
            return [(row, role)]
        job = cells.clip(self._job, width // 2)
        row = cells.clip(row, width - cells.width(job) - 2)
        gap = " " * (width - 1 - cells.width(row) - cells.width(job))
        return [(row, role), (gap, "base"), (job, "accent")]


class ReadOut(MessageLine):
    """What an open line is understood as: one row that lies over the lowest row of the body, so
    that nothing moves when it comes and goes."""

    DEFAULT_CSS = "ReadOut { height: 1; overlay: screen; offset-y: -1; }"

    def show(self, text: str) -> None:
        """Put ``text`` there; the row goes with an empty one."""
        self.say(text, "hint")
        self.set_class(not text, "away")
