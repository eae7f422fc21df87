"""A long text in roles that scrolls: only what is in view is folded and drawn."""

from __future__ import annotations

from tui.widgets import cells
from tui.widgets.lines import Line, LinesWidget, Paging

_Lines = list[tuple[str, str]]


class Sheet(Paging, LinesWidget, can_focus=True):
    """Lines of (text, role). A line that is too wide goes on below, under its own beginning."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: _Lines = []
        self._folded: list[Line] = []
        self._next = 0
        self._width = 0
        self._top = 0

    def show(self, parts: _Lines, ready: list[Line] | None = None) -> None:
        """Show other lines from the top. ready: ``folded`` of them for the width that there is, by
        whoever has many and folds them off the loop."""
        self._parts, self._folded, self._next = parts, ready or [], len(parts) if ready else 0
        self._width = max(8, self.size.width - 2) if ready else 0
        self._top = 0
        self._settle()

    @property
    def is_at_end(self) -> bool:
        """Whether the last line is in view."""
        self._fold(self._top + self.size.height + 1)
        return len(self._folded) <= self._top + self.size.height

    # Moving -----------------------------------------------------------------------------------

    def move(self, count: int) -> None:
        """Scroll by lines."""
        self._top = max(0, self._top + count)
        self._settle()

    def half_page(self, direction: int) -> None:
        """Scroll by half a page."""
        self.move(direction * max(1, self.size.height // 2))

    def home(self) -> None:
        """To the top."""
        self._top = 0
        self._settle()

    def end(self) -> None:
        """To the end."""
        self._fold(None)
        self._top = len(self._folded)
        self._settle()

    def on_resize(self) -> None:
        """Other widths fold in other places."""
        self._settle()

    def _settle(self) -> None:
        height = max(1, self.size.height)
        self._fold(self._top + height)
        self._top = max(0, min(self._top, len(self._folded) - height))
        self.repaint()

    # Drawing ----------------------------------------------------------------------------------

    def _fold(self, wanted: int | None) -> None:
        """Fold until there are ``wanted`` rows, or all of them."""
        width = max(8, self.size.width - 2)
        if width != self._width:
            self._folded, self._next, self._width = [], 0, width
        while self._next < len(self._parts):
            if wanted is not None and len(self._folded) >= wanted:
                return
            self._folded += _rows(self._parts[self._next], width)
            self._next += 1

    def draw(self, width: int, height: int) -> list[Line]:
        """The rows in view."""
        self._fold(self._top + height)
        return self._folded[self._top : self._top + height]


def folded(parts: _Lines, width: int) -> list[Line]:
    """All of ``parts`` as rows of a widget that is ``width`` columns wide."""
    return [row for part in parts for row in _rows(part, max(8, width - 2))]


def _rows(part: tuple[str, str], width: int) -> list[Line]:
    """A line in rows; those after its first stand under its own beginning."""
    text, role = part
    hang = " " * min(len(text) - len(text.lstrip(" +-")), width // 2)
    rows = cells.folded(text.lstrip(" ") if hang == text else text, width) or [""]
    rest = cells.folded(" ".join(rows[1:]), max(8, width - len(hang))) if rows[1:] else []
    return [[(" " + rows[0], role)], *([(f" {hang}{row}", role)] for row in rest)]
