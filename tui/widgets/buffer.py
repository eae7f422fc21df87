"""Text being edited: lines, a cursor, undo. No screen.

A position is (line, column in code points); the cursor always stands between two clusters. Every
edit goes through ``replace`` and answers with a ``Change``, so a view needs to look only at the
lines that were touched.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from tui.widgets.cells import next_cut, prev_cut

Position = tuple[int, int]
_UNDO_KEPT = 2000
_WORD_AHEAD = re.compile(r"\W*\w*")
_NOT_TEXT = "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]"


class Change(NamedTuple):
    """Lines ``first`` to ``first + old - 1`` became ``new`` lines.

    The first of them is the same up to ``column``; ``tail`` characters at the end of the last are.
    """

    first: int
    old: int
    new: int
    column: int
    tail: int


class _Edit(NamedTuple):
    start: Position
    removed: str
    inserted: str
    before: Position  # the cursor when it was made


def accept(text: str, multiline: bool) -> str:
    """``text`` as a field takes it: no control characters, one kind of line end, or none."""
    text = re.sub(_NOT_TEXT, "", text.replace("\r\n", "\n").replace("\r", "\n"))
    return text if multiline else text.replace("\n", " ").replace("\t", " ")


class Buffer:
    """A text, its cursor and its undo. ``multiline`` decides whether line ends are allowed."""

    def __init__(self, text: str = "", *, multiline: bool = False) -> None:
        self.multiline = multiline
        self.lines = accept(text, multiline).split("\n")
        self.cursor: Position = (len(self.lines) - 1, len(self.lines[-1]))
        self.anchor: Position | None = None
        """Where the selection begins that ends at the cursor; None while nothing is selected."""
        self.size = len("\n".join(self.lines).encode())
        self._undone: list[_Edit] = []
        self._done: list[_Edit] = []
        self._is_open = False  # whether the newest edit may still grow

    @property
    def text(self) -> str:
        """The whole text."""
        return "\n".join(self.lines)

    @property
    def line(self) -> str:
        """The line the cursor is in."""
        return self.lines[self.cursor[0]]

    @property
    def end(self) -> Position:
        """The position behind the last character."""
        return len(self.lines) - 1, len(self.lines[-1])

    @property
    def selection(self) -> tuple[Position, Position] | None:
        """The two ends of what is selected, in order; None where nothing is."""
        if self.anchor is None or self.anchor == self.cursor:
            return None
        return min(self.anchor, self.cursor), max(self.anchor, self.cursor)

    @property
    def selected(self) -> str:
        """The text that is selected."""
        return self._between(*self.selection) if self.selection else ""

    def select_all(self) -> None:
        """Select the whole text, the cursor behind it."""
        self.move_to(self.end)
        self.anchor = (0, 0)

    # -- the one edit -------------------------------------------------------------------------

    def replace(self, start: Position, stop: Position, text: str) -> Change:
        """Put ``text`` in place of what lies between two positions; the cursor goes behind it."""
        text = accept(text, self.multiline)
        removed = self._between(start, stop)
        self._remember(_Edit(start, removed, text, self.cursor))
        return self._splice(start, stop, text, removed)

    def _splice(self, start: Position, stop: Position, text: str, removed: str) -> Change:
        (first, at), (last, until) = start, stop
        tail = self.lines[last][until:]
        pieces = text.split("\n")
        column = len(pieces[-1]) + (at if len(pieces) == 1 else 0)
        pieces[0] = self.lines[first][:at] + pieces[0]
        pieces[-1] += tail
        self.lines[first : last + 1] = pieces
        self.anchor = None
        self.size += len(text.encode()) - len(removed.encode())
        self.cursor = (first + len(pieces) - 1, column)
        self._snap()
        return Change(first, last - first + 1, len(pieces), at, len(tail))

    def _between(self, start: Position, stop: Position) -> str:
        (first, at), (last, until) = start, stop
        if first == last:
            return self.lines[first][at:until]
        middle = self.lines[first + 1 : last]
        return "\n".join([self.lines[first][at:], *middle, self.lines[last][:until]])

    def _snap(self) -> None:
        """Out of the middle of a cluster that an edit may have made around the cursor."""
        line, column = self.cursor
        self.cursor = (line, _ceiling(self.lines[line], column))

    def _remember(self, edit: _Edit) -> None:
        if not edit.removed and not edit.inserted:
            return
        self._undone.clear()
        last = self._done[-1] if self._done and self._is_open else None
        merged = _grown(last, edit) if last else None
        if merged:
            self._done[-1] = merged
        else:
            self._done.append(edit)
            del self._done[:-_UNDO_KEPT]
        self._is_open = len(edit.inserted) <= 1 and "\n" not in edit.inserted + edit.removed

    def undo(self) -> Change | None:
        """Take the newest edit back; None when there is none."""
        if not self._done:
            return None
        edit = self._done.pop()
        self._undone.append(edit)
        self._is_open = False
        stop = _behind(edit.start, edit.inserted)
        change = self._splice(edit.start, stop, edit.removed, edit.inserted)
        self.cursor = edit.before
        return change

    def redo(self) -> Change | None:
        """Make the edit that was taken back last again; None when there is none."""
        if not self._undone:
            return None
        edit = self._undone.pop()
        self._done.append(edit)
        self._is_open = False
        stop = _behind(edit.start, edit.removed)
        return self._splice(edit.start, stop, edit.inserted, edit.removed)

    # -- what keys do ---------------------------------------------------------------------------

    def insert(self, text: str) -> Change:
        """Type or paste ``text`` at the cursor, over what is selected."""
        return self.replace(*(self.selection or (self.cursor, self.cursor)), text)

    def newline(self) -> Change:
        """A line end and the indentation of the line before it."""
        line, column = (self.selection or (self.cursor,))[0]
        before = self.lines[line][:column]
        indent = before[: len(before) - len(before.lstrip(" \t"))]
        return self.insert("\n" + indent)

    def backspace(self) -> Change | None:
        """Remove what is selected, else the cluster before the cursor."""
        if self.selection:
            return self._cut(*self.selection)
        return self._cut(self._left_of(self.cursor), self.cursor)

    def delete(self) -> Change | None:
        """Remove what is selected, else the cluster behind the cursor."""
        if self.selection:
            return self._cut(*self.selection)
        return self._cut(self.cursor, self._right_of(self.cursor))

    def kill_to_end(self) -> Change | None:
        """Remove the rest of the line, or the line end when nothing is left of it."""
        line, column = self.cursor
        if column == len(self.line):
            return self.delete()
        return self._cut(self.cursor, (line, len(self.line)))

    def kill_to_start(self) -> Change | None:
        """Remove the line up to the cursor."""
        return self._cut((self.cursor[0], 0), self.cursor)

    def kill_word(self) -> Change | None:
        """Remove the word before the cursor, or the line end at the start of a line."""
        return self._cut(self._word_left(), self.cursor)

    def kill_word_ahead(self) -> Change | None:
        """Remove the word behind the cursor."""
        return self._cut(self.cursor, self._word_right())

    def _cut(self, start: Position, stop: Position) -> Change | None:
        return self.replace(start, stop, "") if start != stop else None

    # -- moves ------------------------------------------------------------------------------------

    def move_to(self, position: Position) -> None:
        """Put the cursor at ``position``; positions outside and inside clusters are mended."""
        line = min(max(0, position[0]), len(self.lines) - 1)
        column = min(max(0, position[1]), len(self.lines[line]))
        self._is_open = False
        self.cursor = (line, column)
        self._snap()

    def left(self) -> None:
        """One cluster back, over line ends too."""
        self.move_to(self._left_of(self.cursor))

    def right(self) -> None:
        """One cluster on, over line ends too."""
        self.move_to(self._right_of(self.cursor))

    def word_left(self) -> None:
        """To the start of the word before."""
        self.move_to(self._word_left())

    def word_right(self) -> None:
        """Behind the next word."""
        self.move_to(self._word_right())

    def home(self) -> None:
        """To the start of the line."""
        self.move_to((self.cursor[0], 0))

    def to_end(self) -> None:
        """Behind the last character of the line."""
        self.move_to((self.cursor[0], len(self.line)))

    def _left_of(self, position: Position) -> Position:
        line, column = position
        if column:
            return line, prev_cut(self.lines[line], column)
        return (line - 1, len(self.lines[line - 1])) if line else position

    def _right_of(self, position: Position) -> Position:
        line, column = position
        if column < len(self.lines[line]):
            return line, next_cut(self.lines[line], column)
        return (line + 1, 0) if line + 1 < len(self.lines) else position

    def _word_left(self) -> Position:
        line, column = self.cursor
        if not column:
            return self._left_of(self.cursor)
        behind = self.line[:column][::-1]
        gap = len(behind) - len(behind.lstrip())
        taken = gap + len(_leading_word(behind[gap:]))
        return line, _floor(self.line, column - taken)

    def _word_right(self) -> Position:
        line, column = self.cursor
        if column == len(self.line):
            return self._right_of(self.cursor)
        match = _WORD_AHEAD.match(self.line, column)
        stop = match.end() if match else len(self.line)
        return line, _ceiling(self.line, max(stop, column + 1))


def _leading_word(text: str) -> str:
    """The run of word characters at the start of ``text``, or of others where there is none."""
    match = re.match(r"\w+|[^\w\s]+", text)
    return match.group() if match else text[:1]


def _floor(text: str, at: int) -> int:
    """The cluster border at or before ``at``."""
    return prev_cut(text, at + 1) if 0 < at < len(text) else at


def _ceiling(text: str, at: int) -> int:
    """The cluster border at or behind ``at``."""
    return next_cut(text, at - 1) if 0 < at < len(text) else at


def _behind(start: Position, text: str) -> Position:
    """The position behind ``text`` when it stands at ``start``."""
    ends = text.count("\n")
    if not ends:
        return start[0], start[1] + len(text)
    return start[0] + ends, len(text) - text.rfind("\n") - 1


def _grown(last: _Edit, edit: _Edit) -> _Edit | None:
    """``last`` and ``edit`` as one undo: letters of one word typed, or removed, in a row."""
    if edit.inserted and not edit.removed and not last.removed:
        is_next = _behind(last.start, last.inserted) == edit.start
        starts_word = last.inserted[-1:].isspace() and not edit.inserted.isspace()
        if is_next and not starts_word and len(edit.inserted) == 1:
            return last._replace(inserted=last.inserted + edit.inserted)
    if edit.removed and not edit.inserted and not last.inserted and "\n" not in edit.removed:
        if _behind(edit.start, edit.removed) == last.start:  # backspace after backspace
            return last._replace(start=edit.start, removed=edit.removed + last.removed)
        if edit.start == last.start:  # delete after delete
            return last._replace(removed=last.removed + edit.removed)
    return None
