"""Lines of things with a cursor that stays on its thing, headings, marks and a right column."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from store.colors import color_name
from tui.asking.managing.entry import Entry
from tui.looks.themes import look_of
from tui.widgets import cells
from tui.widgets.labels import Spot
from tui.widgets.lines import Line, LinesWidget, Paging
from tui.widgets.swatches import Swatches, shows_colors, swatch

_LEAST_NOTE = 8
"""Columns below which a note in a column says nothing."""
_NAMED_FROM = 60
"""Columns from which on a colour that cannot be drawn is named in its row, as in its facts."""


class Entries(Paging, Swatches, can_focus=True):
    """Entries, one a row. ``words`` stand there while there is none."""

    def __init__(self) -> None:
        super().__init__()
        self.entries: Sequence[Entry] = ()
        self.marks: set[str] = set()
        self.words = ""
        self._at = 0
        self._top = 0
        self._wanted = ""  # the cursor goes to this thing when it comes
        self._anchor = ""  # from where "mark up to here" marks

    # What stands there ------------------------------------------------------------------------

    @property
    def chosen(self) -> Entry | None:
        """The entry under the cursor."""
        found = self.entries[self._at] if self._at < len(self.entries) else None
        return found if found is not None and found.id else None

    def show(self, entries: Sequence[Entry], words: str) -> None:
        """Show other entries; the cursor stays on its thing, or near where that was.

        What vanished from under the cursor gets it again if it comes back before a move.
        """
        before = self.chosen
        self.entries, self.words = entries, words
        self.marks &= {entry.id for entry in entries}
        places = {entry.id: at for at, entry in enumerate(entries) if entry.id}
        if self._wanted in places:
            self._at, self._wanted = places[self._wanted], ""
        elif before is not None and before.id in places:
            self._at = places[before.id]
        elif before is not None:
            self._wanted = self._wanted or before.id
        self._settle(1)

    def seek(self, id: str) -> None:
        """The cursor to the entry ``id``, as soon as it is there."""
        self._wanted = id
        self.show(self.entries, self.words)

    def targets(self) -> list[Entry]:
        """The marked entries, else the one under the cursor."""
        marked = [entry for entry in self.entries if entry.id in self.marks]
        return marked or ([self.chosen] if self.chosen is not None else [])

    def neighbour(self, step: int, same: Entry) -> Entry | None:
        """The next entry of the kind and depth of ``same`` before or behind it, not beyond a line
        of less depth or another kind on the same depth."""
        at = next((n for n, e in enumerate(self.entries) if e.id == same.id), -1)
        while 0 <= (at := at + step) < len(self.entries):
            entry = self.entries[at]
            if entry.depth <= same.depth:
                alike = entry.kind == same.kind and entry.depth == same.depth
                return entry if alike and entry.id else None
        return None

    # Moving -----------------------------------------------------------------------------------

    def move(self, count: int) -> None:
        """Rows down, up where negative; headings are stepped over."""
        self._wanted = ""
        step = 1 if count > 0 else -1
        for _turn in range(abs(count)):
            at = self._at + step
            while 0 <= at < len(self.entries) and not self.entries[at].id:
                at += step
            if not 0 <= at < len(self.entries):
                break
            self._at = at
        self._settle(step)

    def half_page(self, direction: int) -> None:
        """Half a page down or up."""
        self.move(direction * max(1, self.size.height // 2))

    def home(self) -> None:
        """To the first entry."""
        self._wanted, self._at = "", 0
        self._settle(1)

    def end(self) -> None:
        """To the last entry."""
        self._wanted, self._at = "", len(self.entries) - 1
        self._settle(-1)

    def _settle(self, step: int) -> None:
        """Put the cursor on an entry and the entry into view."""
        count = len(self.entries)
        self._at = min(max(0, self._at), max(0, count - 1))
        ahead = range(self._at, count) if step > 0 else range(self._at, -1, -1)
        for at in (*ahead, *range(count)) if count else ():
            if self.entries[at].id:
                self._at = at
                break
        height = max(1, self.size.height)
        over = 1 if self._at and not self.entries[self._at - 1].id else 0
        if not self._top <= self._at - over <= self._at < self._top + height:
            self._top = max(0, min(self._at - height // 2, count - height))
        self._top = min(self._top, max(0, count - height))
        self.repaint()
        self.screen.moved() if self.is_attached else None  # type: ignore[attr-defined]

    def jump_spots(self) -> list[Spot]:
        """Every entry in view but the one under the cursor."""
        shown = self.entries[self._top : self._top + self.size.height]
        return [
            Spot(0, y, partial(self._go_to, self._top + y))
            for y, entry in enumerate(shown)
            if entry.id and self._top + y != self._at
        ]

    def _go_to(self, at: int) -> None:
        self._wanted, self._at = "", at
        self._settle(1)

    # Marks ------------------------------------------------------------------------------------

    def toggle_mark(self) -> None:
        """Mark or unmark the entry under the cursor."""
        if self.chosen is not None:
            self._anchor = self.chosen.id
            self.marks ^= {self._anchor}
            self.repaint()

    def mark_to_here(self) -> None:
        """Mark all from the one marked last to the cursor, of the kind under the cursor."""
        places = {entry.id: at for at, entry in enumerate(self.entries)}
        start = places.get(self._anchor, self._at)
        self._mark(self.entries[min(start, self._at) : max(start, self._at) + 1])

    def mark_all(self) -> None:
        """Mark all of the kind under the cursor."""
        self._mark(self.entries)

    def _mark(self, entries: Sequence[Entry]) -> None:
        if self.chosen is not None:
            kind = self.chosen.kind
            self.marks |= {entry.id for entry in entries if entry.id and entry.kind == kind}
            self.repaint()

    def clear_marks(self) -> bool:
        """Unmark all; whether there were marks."""
        had = bool(self.marks)
        self.marks, self._anchor = set(), ""
        self.repaint()
        return had

    # Mouse ------------------------------------------------------------------------------------

    def on_click(self, event: Any) -> None:
        """A click moves, a second one opens."""
        at = self._top + event.y
        if at < len(self.entries) and self.entries[at].id:
            self._go_to(at)
            if event.chain > 1:
                self.screen.do_open()  # type: ignore[attr-defined]

    # Drawing ----------------------------------------------------------------------------------

    def on_resize(self) -> None:
        """The cursor stays in view."""
        self._settle(1)

    def draw(self, width: int, height: int) -> list[Line]:
        """The rows in view."""
        if not self.entries:
            folded = [line for words in self.words.split("\n") for line in _folded(words, width)]
            return [[("  " + line, "dim")] for line in folded[:height]]
        shown = self.entries[self._top : self._top + height]
        return [self._row(self._top + y, entry, width) for y, entry in enumerate(shown)]

    def _note(self, entry: Entry, words: str, left: int) -> str:
        """The note in ``left`` columns: behind the words, or in a column where entries want it."""
        if not entry.note or left <= 4:
            return ""
        apart = 2
        if entry.aligned:
            widest = max(cells.width(e.words) for e in self.entries if e.aligned == entry.aligned)
            apart += max(0, min(widest, self.size.width * 2 // 3) - cells.width(words))
            if left - apart < _LEAST_NOTE:
                return ""
        return cells.clip(" " * apart + entry.note, left - 1)

    def _row(self, at: int, entry: Entry, width: int) -> Line:
        look = look_of(self)
        if not entry.id:
            return [(cells.clip(f" {entry.words}", width), entry.role)]
        here, marked = at == self._at, entry.id in self.marks
        role = "cursor_mark" if here and marked else "cursor" if here else "mark" if marked else ""
        right, color = entry.right, entry.color if shows_colors(look) else ""
        if entry.color and not color and width >= _NAMED_FROM:
            right = f"{color_name(entry.color)} {right}".strip()
        right = " " + cells.clip(right, max(0, width // 3)) if right else ""
        head = look.glyph("cursor") if here else " "
        head += look.glyph("mark") if marked else " "
        head += "  " * entry.depth + f"{entry.glyph} "
        room = width - cells.width(head) - (2 if color else 0) - cells.width(right) - 1
        words = cells.clip(entry.words, max(1, room))
        left = room - cells.width(words)
        note = self._note(entry, words, left)
        rest = " " * max(0, left - cells.width(note))
        line = [
            (head, role or "base"),
            swatch(color, role),
            (" " if color else "", role or "base"),
            (words, role or entry.role),
            (note, role or "dim"),
            (rest, role or "base"),
            (right + " ", role or "dim"),
        ]
        return [(text, style) for text, style in line if text]


def _folded(words: str, width: int) -> list[str]:
    return cells.folded(words, max(8, width - 4)) if words else [""]


class Facts(LinesWidget):
    """What the line under the cursor stands for, in a few rows below the list."""

    DEFAULT_CSS = "Facts { height: 2; }"

    def __init__(self) -> None:
        super().__init__()
        self._text = ""

    def show(self, text: str) -> None:
        """Show other facts."""
        self._text = text
        self.repaint()

    def draw(self, width: int, height: int) -> list[Line]:
        """The facts, folded."""
        rows = [row for part in self._text.split("\n") for row in _folded(part, width)]
        rows = [row for row in rows if row][:height]
        return [[(" " + row, "dim")] for row in rows]
