"""How a long text is folded into rows, remembered line by line. No screen.

An edit folds again only from the row before its word to where the old folds fit again, so a key in
a 64 KB line costs as little as one in a short line.
"""

from __future__ import annotations

from bisect import bisect_right

from tui.widgets.buffer import Buffer, Change, Position
from tui.widgets.cells import column, width, wrap

TAB = 4
Row = tuple[int, int]  # line, which of its rows


class Folding:
    """The rows of a buffer's lines at one width."""

    def __init__(self, buffer: Buffer, cells: int) -> None:
        self._buffer = buffer
        self.cells = max(2, cells)
        self._starts: list[list[int] | None] = [None] * len(buffer.lines)
        self._lengths: list[int] = [len(line) for line in buffer.lines]

    def starts(self, line: int) -> list[int]:
        """The columns at which the rows of ``line`` begin; the first is 0."""
        known = self._starts[line]
        if known is None:
            known = [0, *wrap(self._buffer.lines[line], self.cells, tab=TAB)]
            self._starts[line] = known
        return known

    def apply(self, change: Change | None) -> None:
        """Follow an edit of the buffer."""
        if change is None:
            return
        first, old, new = change.first, change.old, change.new
        lines = self._buffer.lines[first : first + new]
        kept: list[list[int] | None] = [None] * new
        if old == new == 1 and (known := self._starts[first]) is not None:
            kept = [self._refold(lines[0], known, change, self._lengths[first])]
        self._starts[first : first + old] = kept
        self._lengths[first : first + old] = [len(line) for line in lines]

    def _refold(self, text: str, known: list[int], change: Change, length: int) -> list[int]:
        # A wide character lets its whole word begin in the row above: fold from before the word.
        begun = text[: change.column]
        if begun and not begun[-1].isspace():
            begun = begun[: -len(begun.rsplit(None, 1)[-1])]
        same = max(0, bisect_right(known, len(begun)) - 2)
        moved = len(text) - length
        later = dict(zip(known, range(len(known)), strict=True))
        starts = known[: same + 1]
        for start in wrap(text, self.cells, known[same], tab=TAB):
            if start >= len(text) - change.tail and start - moved in later:
                return starts + [at + moved for at in known[later[start - moved] :]]
            starts.append(start)
        return starts

    def locate(self, position: Position) -> tuple[Row, int]:
        """The row a position is in, and its distance from the row's left edge in cells."""
        line, at = position
        starts = self.starts(line)
        row = bisect_right(starts, at) - 1
        across = width(self._buffer.lines[line][starts[row] : at], TAB)
        return (line, row), min(across, self.cells)

    def position(self, row: Row, across: int) -> Position:
        """The position in ``row`` that lies nearest to ``across`` cells."""
        line, index = row
        starts = self.starts(line)
        text = self._buffer.lines[line]
        at = column(text, starts[index], across, TAB)
        if index + 1 < len(starts):  # the last place of a folded row is the start of the next
            at = min(at, max(starts[index], starts[index + 1] - 1))
        return line, at

    def text(self, row: Row) -> tuple[int, str]:
        """(column at which ``row`` begins, its text)."""
        line, index = row
        starts = [*self.starts(line)[index : index + 2], len(self._buffer.lines[line])]
        return starts[0], self._buffer.lines[line][starts[0] : starts[1]]

    def step(self, row: Row, count: int) -> Row:
        """``row`` moved by ``count`` rows, stopped at both ends of the text."""
        line, index = row
        while count > 0:
            left = len(self.starts(line)) - 1 - index
            if count <= left:
                return line, index + count
            if line + 1 == len(self._buffer.lines):
                return line, index + left
            count, line, index = count - left - 1, line + 1, 0
        while count < 0:
            if -count <= index:
                return line, index + count
            if line == 0:
                return 0, 0
            count, line = count + index + 1, line - 1
            index = len(self.starts(line)) - 1
        return line, index
