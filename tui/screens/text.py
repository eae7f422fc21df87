"""Lines of words that scroll by half pages: help, first start, the recovery code."""

from __future__ import annotations

from collections.abc import Sequence

from tui.widgets import cells
from tui.widgets.lines import Line, LinesWidget, Paging

TWO_FROM = 100
"""Columns from which on long lists stand in two."""


class TextLines(Paging, LinesWidget, can_focus=True):
    """Paragraphs and (key, words) pairs, folded to the width."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: Sequence[str | tuple[str, str]] = ()
        self._top = 0

    def show(self, parts: Sequence[str | tuple[str, str]]) -> None:
        """Show ``parts``: a text is a paragraph, one that begins with ``# `` a heading."""
        self._parts, self._top = parts, 0
        self.repaint()

    def move(self, count: int) -> None:
        """Scroll by lines."""
        self._scroll(count)

    def half_page(self, direction: int) -> None:
        """Scroll by half a page."""
        self._scroll(direction * max(1, self.size.height // 2))

    def home(self) -> None:
        """To the top."""
        self._scroll(-1_000_000)

    def end(self) -> None:
        """To the end."""
        self._scroll(1_000_000)

    def _scroll(self, count: int) -> None:
        last = max(0, len(self._all(self.size.width)) - self.size.height)
        self._top = min(max(0, self._top + count), last)
        self.repaint()

    def draw(self, width: int, height: int) -> list[Line]:
        """The lines in view."""
        return self._all(width)[self._top : self._top + height]

    def _all(self, width: int) -> list[Line]:
        """All lines; of many under headings in two columns, where there is room for them."""
        heads = sum(isinstance(part, str) and part.startswith("# ") for part in self._parts)
        if width < TWO_FROM or heads < 2:
            return self._column(width)
        half = width // 2
        lines = self._column(half)
        if len(lines) <= self.size.height:
            return self._column(width)
        starts = [at for at, line in enumerate(lines) if line and line[0][1] == "head"]
        cut = min(starts, key=lambda at: abs(2 * at - len(lines)))
        left, right = lines[:cut], lines[cut:]
        left += [[] for _row in range(len(right) - len(left))]
        right += [[] for _row in range(len(left) - len(right))]
        return [_filled(one, half) + other for one, other in zip(left, right, strict=True)]

    def _column(self, width: int) -> list[Line]:
        pairs = [part for part in self._parts if isinstance(part, tuple)]
        wide = min(max((cells.width(keys) for keys, _w in pairs), default=0), width // 2)
        lines: list[Line] = []
        for part in self._parts:
            if isinstance(part, tuple):
                keys, words = part
                rows = cells.folded(words, max(8, width - wide - 4)) or [""]
                lines.append([(f" {cells.fit(keys, wide)}  ", "key"), (rows[0], "base")])
                lines += [[(" " * (wide + 3), "base"), (row, "base")] for row in rows[1:]]
            elif part.startswith("# "):
                lines.append([(" " + cells.clip(part[2:], width - 2), "head")])
            else:
                lines += [[(" " + row, "base")] for row in cells.folded(part, width - 2) or [""]]
        return lines


def _filled(line: Line, width: int) -> Line:
    used = sum(cells.width(text) for text, _role in line)
    return [*line, (" " * max(0, width - used), "base")]
