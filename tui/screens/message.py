"""The message line of a screen: one row, and as many as an error's three sentences need."""

from __future__ import annotations

from tui.widgets import MessageLine, cells
from tui.widgets.lines import Line

MOST = 4
"""Rows that one message may take."""


class Message(MessageLine):
    """A message line that grows upwards for a long message and shrinks with the next."""

    DEFAULT_CSS = "Message { height: 1; dock: bottom; }"

    def say(self, text: str, role: str = "base") -> None:
        """Show ``text`` in place of the message before."""
        rows = min(MOST, len(self._folded(text)) or 1)
        if self.styles.height is None or self.styles.height.value != rows:
            self.styles.height = rows
        self._role = role
        super().say(text, role)

    def _folded(self, text: str) -> list[str]:
        return cells.folded(text, max(8, (self.size.width or 80) - 2)) if text else []

    def draw(self, width: int, height: int) -> list[Line]:
        """One row as the base draws it, or the whole text folded."""
        rows = self._folded(self.text)
        if len(rows) <= 1 or height <= 1:
            return super().draw(width, height)
        role = getattr(self, "_role", "base")
        return [[(" " + row, role)] for row in rows[:height]]
