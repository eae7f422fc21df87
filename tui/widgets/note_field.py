"""The note field: many lines, folded, edited in place, up to 64 KB."""

from __future__ import annotations

from textual import events
from textual.geometry import Offset
from textual.message import Message

from store.words import _
from tui.themes import look_of
from tui.widgets import cells
from tui.widgets.buffer import Buffer, Change
from tui.widgets.edit_keys import EDITS, MOVES, typed
from tui.widgets.fold import TAB, Folding, Row
from tui.widgets.line_field import FieldMessage
from tui.widgets.lines import Line, LinesWidget

LIMIT = 64 * 1024  # bytes of UTF-8
_INDENT = "  "


class NoteField(LinesWidget, can_focus=True):
    """An editor for one long text. Escape or Ctrl+S commits; only undo discards."""

    class Changed(FieldMessage):
        """The text is another one. The owner decides how often it keeps it."""

        def can_replace(self, message: Message) -> bool:
            """Only the newest of several waiting ones matters."""
            return isinstance(message, NoteField.Changed) and message.sender is self.sender

    class Committed(FieldMessage):
        """Escape, Ctrl+S or Ctrl+C."""

    def __init__(
        self, text: str = "", *, id: str | None = None, classes: str | None = None
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.set_text(text)

    def set_text(self, text: str) -> None:
        """Put another text there, cursor at its start, with an undo of its own. Posts nothing."""
        self._given = text
        self._buffer = Buffer(text, multiline=True)
        self._buffer.move_to((0, 0))
        self._is_over = self._buffer.size > LIMIT
        self._folding = Folding(self._buffer, 80)
        self._top: Row = (0, 0)
        self._goal: int | None = None  # the column that moves up and down try to keep
        self._is_changed = False
        self.repaint()

    @property
    def text(self) -> str:
        """What stands in the field: exactly what was given until a key changed it."""
        return self._buffer.text if self._is_changed else self._given

    @property
    def too_large(self) -> bool:
        """Whether the text came with more than 64 KB; it is shown then, not edited."""
        return self._is_over

    def to_end(self) -> None:
        """Put the cursor behind the last character."""
        self._buffer.move_to(self._buffer.end)
        self._settle(None)

    # -- keys, paste, mouse -------------------------------------------------------------------

    def on_key(self, event: events.Key) -> None:
        """Type, move, edit, commit; every other key goes on to the app."""
        if not self._take(event):
            return
        event.stop()
        event.prevent_default()

    def _take(self, event: events.Key) -> bool:
        key = event.key
        if key in {"escape", "ctrl+s", "ctrl+c"}:
            self.post_message(self.Committed(self, self.text))
            return True
        if key in {"up", "down", "pageup", "pagedown"}:
            page = max(1, self._room()[1] - 1)
            self._climb({"up": -1, "down": 1, "pageup": -page, "pagedown": page}[key])
            return True
        if key in {"ctrl+home", "ctrl+end"}:
            self._buffer.move_to((0, 0) if key == "ctrl+home" else self._buffer.end)
            self._settle(None)
            return True
        if key in MOVES:
            getattr(self._buffer, MOVES[key])()
            self._settle(None)
            return True
        return self._edit(event)

    def _edit(self, event: events.Key) -> bool:
        buffer, change = self._buffer, None
        text = typed(event)
        takes = bool(text) or event.key in EDITS or event.key in {"enter", "tab"}
        if not takes or self._is_over:
            return takes
        if event.key in EDITS:
            change = getattr(buffer, EDITS[event.key])()
        elif event.key == "enter":
            change = buffer.newline()
        elif event.key == "tab":
            change = buffer.insert(_INDENT)
        else:
            change = buffer.insert(text)
        self._settle(change)
        return True

    def on_paste(self, event: events.Paste) -> None:
        """Pasted text as one undo."""
        event.stop()
        event.prevent_default()
        if not self._is_over:
            self._settle(self._buffer.insert(event.text))

    def on_click(self, event: events.Click) -> None:
        """Put the cursor where the click was."""
        event.stop()
        row = self._folding.step(self._top, max(0, event.y - self._is_over))
        self._buffer.move_to(self._folding.position(row, max(0, event.x)))
        self._settle(None)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Half a page down."""
        self._wheel(event, 1)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Half a page up."""
        self._wheel(event, -1)

    def _wheel(self, event: events.MouseEvent, direction: int) -> None:
        event.stop()
        event.prevent_default()
        self._climb(direction * max(1, self._room()[1] // 2))

    def _climb(self, count: int) -> None:
        row, across = self._folding.locate(self._buffer.cursor)
        goal = across if self._goal is None else self._goal
        self._buffer.move_to(self._folding.position(self._folding.step(row, count), goal))
        self._settle(None, goal)

    def _settle(self, change: Change | None, goal: int | None = None) -> None:
        self._goal = goal
        self._folding.apply(change)
        self.repaint()
        if change is not None:
            self._is_changed = True
            self.post_message(self.Changed(self, self._buffer.text))

    # -- drawing ----------------------------------------------------------------------------------

    def _room(self) -> tuple[int, int]:
        """(cells, rows) for text: one cell stays free for the cursor behind a full row."""
        return max(2, self.size.width - 1), max(1, self.size.height - self._is_over)

    def _keep_in_view(self, height: int) -> None:
        """Move the top by half a page when the cursor would leave the field."""
        cursor = self._folding.locate(self._buffer.cursor)[0]
        last = len(self._buffer.lines) - 1
        line, index = self._top
        if line > last or index >= len(self._folding.starts(line)):
            line = min(line, last)
            self._top = (line, min(index, len(self._folding.starts(line)) - 1))
        if cursor < self._top:
            self._top = self._folding.step(cursor, -(height // 2))
        elif cursor > self._folding.step(self._top, height - 1):
            self._top = self._folding.step(cursor, -((height - 1) // 2))

    def draw(self, width: int, height: int) -> list[Line]:
        """The rows from the top on, with the cursor where it has the focus."""
        across, rows = self._room()
        if self._folding.cells != across:
            self._folding = Folding(self._buffer, across)
            self._top = self._folding.locate((min(self._top[0], len(self._buffer.lines) - 1), 0))[0]
        self._keep_in_view(rows)
        lines: list[Line] = [[(self._notice(width), "warn")]] if self._is_over else []
        cursor = self._folding.locate(self._buffer.cursor)[0]
        row = self._top
        for _y in range(rows):
            lines.append(self._row(row, row == cursor and self.has_focus, len(lines)))
            after = self._folding.step(row, 1)
            if after == row:
                break
            row = after
        return lines

    def _notice(self, width: int) -> str:
        size = self._buffer.size // 1024
        words = _("{size} KB is too long to edit here (64 KB). E opens it in your editor.")
        return cells.clip(words.format(size=size), width, look_of(self).glyph("more"))

    def _row(self, row: Row, has_cursor: bool, y: int) -> Line:
        start, text = self._folding.text(row)
        room = self.size.width
        if not has_cursor:
            return [(cells.clip(cells.plain(text, TAB), room, ""), "base")]
        at = self._buffer.cursor[1] - start
        stop = cells.next_cut(text, at)
        under = cells.plain(text[at:stop], TAB) or " "
        before = cells.clip(cells.plain(text[:at], TAB), max(0, room - cells.width(under)), "")
        x = cells.width(before)
        after = cells.clip(cells.plain(text[stop:], TAB), room - x - cells.width(under), "")
        self.app.cursor_position = self.content_region.offset + Offset(x, y)
        return [(before, "base"), (under, "caret"), (after, "base")]
