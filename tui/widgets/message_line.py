"""The message line: the newest message at the left, running work at the right."""

from __future__ import annotations

from tui.looks.themes import look_of
from tui.widgets import cells
from tui.widgets.lines import Line, LinesWidget
from tui.widgets.linked import linked


class MessageLine(LinesWidget):
    """One row. A message stays until the next one: nothing pops up and nothing fades."""

    DEFAULT_CSS = "MessageLine { height: 1; }"

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._said: tuple[str, str] = ("", "base")
        self._job = ""

    @property
    def text(self) -> str:
        """The message that stands there."""
        return self._said[0]

    @property
    def has_job(self) -> bool:
        """Whether running work is shown."""
        return bool(self._job)

    def say(self, text: str, role: str = "base") -> None:
        """Show ``text`` in place of the message before; role ``error`` or ``warn`` for trouble."""
        self._said = (text, role)
        self.repaint()

    def clear(self) -> None:
        """Take the message away; running work stays."""
        self.say("")

    def job(self, text: str = "") -> None:
        """Show running work (count, rate, the key that cancels it); empty when there is none."""
        self._job = text
        self.repaint()

    def _drawn(self) -> list[Line]:
        return linked(super()._drawn(), self.text)

    def draw(self, width: int, height: int) -> list[Line]:
        """One line; the work takes at most half of it while a message stands there."""
        more = look_of(self).glyph("more")
        text, role = self._said
        room = width - 2
        job = cells.clip(self._job, room // 2 if text else room, more)
        line: Line = [(" ", "base")]
        left = room - (cells.width(job) + 1 if job else 0)
        line.append((cells.clip(text, left, more), role))
        if job:
            gap = room + 1 - sum(cells.width(run) for run, _ in line) - cells.width(job)
            line += [(" " * gap, "base"), (job, "accent")]
        return [line]
