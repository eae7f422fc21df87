"""Rows: one list of any length, drawn by lines over pages of records.

The cursor belongs to a record. Reading happens in workers that carry a request number; an answer
to an older request is dropped. A row that changed stays where it is until the list is left.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import partial
from typing import Any

from textual import events
from textual.message import Message

from store.words import number
from tui.widgets.labels import Spot
from tui.widgets.lines import Line, LinesWidget, Paging
from tui.widgets.pages import Item, Pages, RowSource, top_for, window
from tui.widgets.rows_draw import draw_row, draw_words
from tui.widgets.rows_read import Reader

__all__ = ["Item", "RowSource", "Rows"]


class RowsMessage(Message):
    """What a list says; ``control`` is the list."""

    def __init__(self, control: Rows) -> None:
        super().__init__()
        self.rows = control

    @property
    def control(self) -> Rows:
        """The list that said it, for selectors of ``on``."""
        return self.rows


class Rows(Paging, LinesWidget, can_focus=True):
    """A list of records. The app's keys call its methods; it binds none itself."""

    class Opened(RowsMessage):
        """Enter or a double click on the record ``id``."""

        def __init__(self, control: Rows, id: str) -> None:
            super().__init__(control)
            self.id = id

    class Moved(RowsMessage):
        """The cursor stands on the record ``id`` now; None where there is none."""

        def __init__(self, control: Rows, id: str | None) -> None:
            super().__init__(control)
            self.id = id

        def can_replace(self, message: Message) -> bool:
            """Only the newest of several waiting ones matters."""
            return isinstance(message, Rows.Moved) and message.rows is self.rows

    class MarksChanged(RowsMessage):
        """``count`` records are marked."""

        def __init__(self, control: Rows, count: int) -> None:
            super().__init__(control)
            self.count = count

        def can_replace(self, message: Message) -> bool:
            """Only the newest of several waiting ones matters."""
            return isinstance(message, Rows.MarksChanged) and message.rows is self.rows

    class Counted(RowsMessage):
        """The number of rows is another one; ``text`` as it is shown, such as ``50+``."""

        def __init__(self, control: Rows, text: str) -> None:
            super().__init__(control)
            self.text = text

    class Failed(RowsMessage):
        """Reading failed; the list itself says why. ``error`` for the log."""

        def __init__(self, control: Rows, error: Exception) -> None:
            super().__init__(control)
            self.error = error

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.pages = Pages()
        self.empty = ""
        self.state = "empty"  # empty, loading, ready, failed
        self.error: Exception | None = None
        self._reader = Reader(self)
        self._cursor = 0
        self._top = 0
        self._marks: dict[int, str] = {}
        self._anchor: int | None = None
        self._told: str | None = None
        self._counted = ""

    # -- what it shows ------------------------------------------------------------------------

    def set_source(
        self, source: RowSource, empty: str = "", keep: bool = True, first: Sequence[Item] = ()
    ) -> None:
        """Show another list. ``empty``: what an empty one says, why and which key to press.

        With ``keep`` the cursor and the marks stay on their records as far as they are in the new
        list, and the old rows stand until the new ones are there; without, all goes at once.
        first: the first rows where they are known, to be painted before anything is read.
        """
        self.empty = empty
        if not keep:
            self.pages, self._cursor, self._top = Pages(), 0, 0
            self._counted = ""  # said again, also where the next list has as many
            self._set_marks({})
        self._reader.start(source, self.cursor_key if keep else None)
        if not self.pages:
            self.state = "loading"
            self._reader.begin_with(first)
        self.changed()

    def forget(self) -> None:
        """Show nothing, as before the first list."""
        self.pages, self._cursor, self._top, self.state = Pages(), 0, 0, "empty"
        self._set_marks({})
        self._reader.stop()
        self.changed()

    def reload(self, ids: Collection[str] | None = None) -> None:
        """Read again: the records ``ids`` where they stand, or with None the whole list."""
        self._reader.refresh(ids)

    def leave(self) -> None:
        """The list is left: rows that were held in their old place may move now."""
        self._reader.let_go(self.cursor_key)

    @property
    def cursor_key(self) -> int | None:
        """The row number of the record under the cursor."""
        return self.pages.keys[self._cursor] if self._cursor < len(self.pages) else None

    @property
    def cursor_item(self) -> Item | None:
        """The row under the cursor; None while it is not read or where there is none."""
        return self.pages.item(self._cursor) if self._cursor < len(self.pages) else None

    @property
    def cursor_id(self) -> str | None:
        """The id of the record under the cursor."""
        item = self.cursor_item
        return item.id if item else None

    @property
    def count_text(self) -> str:
        """How many rows there are; with a plus while not all are known."""
        return number(len(self.pages)) + ("" if self.pages.is_complete else "+")

    # -- moves ------------------------------------------------------------------------------------

    def move(self, count: int) -> None:
        """The cursor by ``count`` rows, stopped at the ends."""
        self._go(self._cursor + count)

    def half_page(self, direction: int) -> None:
        """Cursor and rows by half a page; -1 up, 1 down."""
        half = max(1, self.size.height // 2)
        last = max(0, len(self.pages) - self.size.height)
        self._top = min(max(0, self._top + direction * half), max(last, self._top, 0))
        self._go(self._cursor + direction * half)

    def home(self) -> None:
        """To the first row."""
        self._go(0)

    def end(self) -> None:
        """To the last row, as soon as it is known which that is."""
        self._go(len(self.pages) - 1)
        self._reader.wants_end = not self.pages.is_complete

    def seek(self, key: int) -> None:
        """To the record with row number ``key``, now or when the list being read has it."""
        index = self.pages.index(key)
        if index is None:
            self._reader.seek = key
        else:
            self._go(index)

    def open_cursor(self) -> None:
        """Say that the record under the cursor is to be opened."""
        if self.cursor_id:
            self._reader.was_moved()
            self.post_message(self.Opened(self, self.cursor_id))

    def place(self) -> dict[str, Any]:
        """Where the list stands, as JSON, for ``restore`` at a later start."""
        return {"key": self.cursor_key, "below_top": self._cursor - self._top}

    def restore(self, place: dict[str, Any]) -> None:
        """Go to a remembered place with the list that is read next; unknown places do nothing."""
        key, below = place.get("key"), place.get("below_top")
        if isinstance(key, int):
            self._reader.seek = key
            self._reader.below_top = below if isinstance(below, int) else None

    def _go(self, index: int) -> None:
        self._cursor = min(max(0, index), max(0, len(self.pages) - 1))
        self._reader.was_moved()
        self.changed()

    # -- marks ------------------------------------------------------------------------------------

    @property
    def marked_ids(self) -> list[str]:
        """The ids of the marked records, in the order they were marked."""
        return list(self._marks.values())

    @property
    def is_marking(self) -> bool:
        """Whether rows that were not read before are still being marked."""
        return self._reader.is_marking

    def toggle_mark(self) -> None:
        """Mark the row under the cursor, or take its mark away."""
        item = self.cursor_item
        if item is None:
            return
        marks = dict(self._marks)
        if marks.pop(item.key, None) is None:
            marks[item.key] = item.id
        self._anchor = item.key
        self._set_marks(marks)

    def mark_to_here(self) -> None:
        """Mark from the row marked last up to the cursor."""
        start = self.pages.index(self._anchor)
        first, last = sorted((self._cursor if start is None else start, self._cursor))
        self._anchor = self.cursor_key
        self._mark(self.pages.keys[first : last + 1])

    def mark_all(self) -> None:
        """Mark every row of the list; those not read yet follow as they are read."""
        self._mark(self.pages.keys)

    def clear_marks(self) -> None:
        """Take all marks away."""
        self._set_marks({})

    def _mark(self, keys: Sequence[int]) -> None:
        self.add_marks([item for key in keys if (item := self.pages.of_key(key))])
        unread = [key for key in keys if key not in self._marks]
        if unread:
            self._reader.mark(unread)

    def add_marks(self, items: Sequence[Item]) -> None:
        """Mark these rows too (the reader's way in)."""
        self._set_marks(self._marks | {item.key: item.id for item in items})

    def _set_marks(self, marks: dict[int, str]) -> None:
        if not marks:
            self._reader.stop_marking()
        if marks.keys() != self._marks.keys():
            self._marks = marks
            self.post_message(self.MarksChanged(self, len(marks)))
            self.repaint()

    # -- what the reader brings -----------------------------------------------------------------

    def adopt(self, pages: Pages, cursor: int | None, below_top: int | None = None) -> None:
        """Show ``pages``, cursor on the row numbered ``cursor``, else about where it was."""
        below = self._cursor - self._top if below_top is None else below_top
        index = pages.index(cursor)
        self.pages = pages
        self._cursor = min(self._cursor, max(0, len(pages) - 1)) if index is None else index
        if index is not None:
            self._top = max(0, self._cursor - max(0, below))
        self.state, self.error = "ready", None
        if pages.is_complete and self._marks:
            alive = set(pages.keys)
            self._set_marks({key: id for key, id in self._marks.items() if key in alive})
        self.changed()

    def fail(self, error: Exception) -> None:
        """Show why the rows could not be read."""
        self.state, self.error = "failed", error
        self.pages = Pages()
        self.post_message(self.Failed(self, error))
        self.changed()

    def in_view(self) -> tuple[int, int]:
        """The rows from, and up to but without, that stand on the screen."""
        return self._top, min(len(self.pages), self._top + max(1, self.size.height))

    def changed(self) -> None:
        """Keep the cursor in view, repaint what differs, say what is new."""
        if self.size.height:
            self._top = top_for(self.pages, self._top, self._cursor, self.size.height)
        self.repaint()
        self._reader.fetch()
        if self._told != self.cursor_id and (self.cursor_id or not self.pages):
            self._told = self.cursor_id
            self.post_message(self.Moved(self, self._told))
        counted = self.count_text if self.state == "ready" else ""
        if counted != self._counted:
            self._counted = counted
            self.post_message(self.Counted(self, counted))

    def jump_spots(self) -> list[Spot]:
        """Every row in view but the one under the cursor."""
        lines = window(self.pages, self._top, self.size.height)
        return [
            Spot(0, y, partial(self._go, index))
            for y, index in enumerate(lines)
            if isinstance(index, int) and index != self._cursor
        ]

    # -- mouse, focus, drawing ----------------------------------------------------------------

    @property
    def is_active(self) -> bool:
        """Whether the keys move this list's cursor."""
        return self.has_focus

    def on_click(self, event: events.Click) -> None:
        """A click moves, a double click opens."""
        event.stop()
        self.clicked(event.y, opens=event.chain == 2)

    def clicked(self, y: int, *, opens: bool) -> None:
        """The cursor to the row at line ``y``, which is then opened if that is asked."""
        lines = window(self.pages, self._top, self.size.height)
        line = lines[y] if 0 <= y < len(lines) else None
        if isinstance(line, int):
            self._go(line)
            if opens:
                self.open_cursor()

    def on_resize(self) -> None:
        """Another height shows other rows."""
        self.changed()

    def draw(self, width: int, height: int) -> list[Line]:
        """The rows in view, or one state in words."""
        if not self.pages:
            return draw_words(self, width)
        lines = []
        for entry in window(self.pages, self._top, height):
            if isinstance(entry, str):
                lines.append(draw_row(self, None, entry, width))
            else:
                lines.append(draw_row(self, entry, None, width))
        return lines

    def is_marked(self, index: int) -> bool:
        """Whether the row at ``index`` is marked."""
        return self.pages.keys[index] in self._marks

    def is_cursor(self, index: int) -> bool:
        """Whether the cursor stands on the row at ``index``."""
        return index == self._cursor
