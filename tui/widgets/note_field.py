"""The note field: many lines, folded, edited in place, up to 64 KB."""

from __future__ import annotations

from textual import events
from textual.geometry import Offset
from textual.message import Message

from store.words import _
from tui.looks.themes import look_of
from tui.widgets import cells
from tui.widgets.buffer import Buffer, Change
from tui.widgets.edit_keys import EDITS, copied, cut, moved, pasted, typed
from tui.widgets.fold import TAB, Folding, Row
from tui.widgets.line_field import FieldMessage
from tui.widgets.lines import Line, LinesWidget

LIMIT = 64 * 1024  # bytes of UTF-8
_INDENT = "  "
_CLIPBOARD = {"ctrl+x": cut, "ctrl+v": pasted}


class NoteField(LinesWidget, can_focus=True):
    """An editor for one long text. Escape or Ctrl+S commits; only undo discards.

    Shift and a move select, F7 selects all; Ctrl+C copies, Ctrl+X cuts, Ctrl+V puts in, what is
    typed replaces.
    """

    takes_text = True
    escape_keeps = True

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

    def go_to(self, line: int) -> None:
        """Put the cursor at the start of a line, which stands at the top."""
        line = min(max(0, line), len(self._buffer.lines) - 1)
        self._buffer.move_to((line, 0))
        self._top = (line, 0)
        self._settle(None)

    @property
    def top_line(self) -> int:
        """The line of the text that stands at the top, from 0."""
        return self._top[0]

    # -- keys, paste, mouse -------------------------------------------------------------------

    def on_key(self, event: events.Key) -> None:
        """Type, move, edit, commit; every other key goes on to the app."""
        if not self._take(event):
            return
        event.stop()
        event.prevent_default()

    def _take(self, event: events.Key) -> bool:
        key = event.key
        if key == "ctrl+c" and copied(self.app, self._buffer):
            return True
        if key in {"escape", "ctrl+s", "ctrl+c"}:
            self.post_message(self.Committed(self, self.text))
            return True
        climb = key.removeprefix("shift+")
        if climb in {"up", "down", "pageup", "pagedown"}:
            page = max(1, self._room()[1] - 1)
            self._select_or_not(key)
            self._climb({"up": -1, "down": 1, "pageup": -page, "pagedown": page}[climb])
            return True
        if key in {"ctrl+home", "ctrl+end"}:
            self._select_or_not(key)
            self._buffer.move_to((0, 0) if key == "ctrl+home" else self._buffer.end)
            self._settle(None)
            return True
        if moved(self._buffer, key):
            self._settle(None)
            return True
        return self._edit(event)

    def _select_or_not(self, key: str) -> None:
        """A move with Shift selects from where the cursor was, any other lets go."""
        buffer = self._buffer
        if not key.startswith("shift+"):
            buffer.anchor = None
        elif buffer.anchor is None:
            buffer.anchor = buffer.cursor

    def _edit(self, event: events.Key) -> bool:
        buffer, change = self._buffer, None
        text = typed(event)
        takes = bool(text) or event.key in EDITS or event.key in {"enter", "tab", *_CLIPBOARD}
        if not takes or self._is_over:
            return takes
        if event.key in EDITS:
            change = getattr(buffer, EDITS[event.key])()
        elif event.key == "enter":
            change = buffer.newline()
        elif event.key == "tab":
            change = buffer.insert(_INDENT)
        elif event.key in _CLIPBOARD:
            change = _CLIPBOARD[event.key](self.app, buffer)
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
        self._buffer.anchor = None
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
        stop = start + len(text)
        chosen = self._buffer.selection
        if not has_cursor and chosen is None:
            return [(cells.clip(cells.plain(text, TAB), self.size.width, ""), "base")]
        at = self._buffer.cursor[1] if has_cursor else -1
        after = start + cells.next_cut(text, at - start) if has_cursor else -1
        begin = end = stop
        if chosen is not None:
            left, right = (row[0], start), (row[0], stop)
            begin, end = (min(max(place, left), right)[1] for place in chosen)
        parts = sorted({start, stop, *(p for p in (begin, end, at, after) if start <= p <= stop)})
        line_out: Line = []
        room = self.size.width
        under = cells.width(cells.plain(text[at - start : after - start], TAB)) or 1
        for a, b in zip(parts, [*parts[1:], stop], strict=True):
            is_caret = a == at
            drawn = cells.plain(text[a - start : b - start], TAB) or (" " if is_caret else "")
            if is_caret:
                x = self.size.width - room
                self.app.cursor_position = self.content_region.offset + Offset(x, y)
            role = "cursor" if begin <= a < end else "base"
            if is_caret:
                role = "caret" if chosen is None else "edit"
            # Spaces at the end of a row hang over its edge; the cursor among them stays in sight.
            drawn = cells.clip(drawn, room - under if a < at else room, "")
            room -= cells.width(drawn)
            line_out.append((drawn, role))
        return line_out
