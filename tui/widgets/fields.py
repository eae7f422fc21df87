"""Fields: one record's fields, read and edited in the same place.

All fields are drawn by one widget. Only while a field is edited does a child stand over its value.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache, partial
from typing import NamedTuple

from textual import events
from textual.message import Message

from store.words import _
from tui.looks.themes import look_of
from tui.widgets import cells
from tui.widgets.labels import Spot
from tui.widgets.line_field import LineField
from tui.widgets.lines import Line, LinesWidget, Paging
from tui.widgets.note_field import NoteField

_LONG_KINDS = frozenset({"text", "lines"})
_NOTE_ROWS = 6  # rows that an edited long field gets at least, where the screen has them
_LABEL_MOST = 18


class Field(NamedTuple):
    """One field. ``kind``: one of the ten kinds; ``value``: its text, or why it cannot be read."""

    name: str
    kind: str
    label: str
    value: str
    masked: bool = False


class _Row(NamedTuple):
    field: int
    part: int  # which row of the value
    text: str
    line: int  # which line of the value


class FieldsMessage(Message):
    """What the fields say; ``name`` is the field's."""

    def __init__(self, control: Fields, name: str) -> None:
        super().__init__()
        self.fields = control
        self.name = name

    @property
    def control(self) -> Fields:
        """The fields that said it, for selectors of ``on``."""
        return self.fields


class Fields(Paging, LinesWidget, can_focus=True):
    """The fields of one record, with a cursor. The app's keys call its methods."""

    class EditRequested(FieldsMessage):
        """A person wants to edit the field; the app answers with ``edit`` or says why not."""

    class Moved(FieldsMessage):
        """The cursor stands on another field."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._fields: tuple[Field, ...] = ()
        self.words = ""
        """Why there are no fields, where that is not that they are still being read."""
        self._cursor = 0
        self._line = 0  # within a list of things to tick
        self._top = 0
        self._editor: LineField | NoteField | None = None
        self._edited = ""

    def set_fields(self, fields: Sequence[Field]) -> None:
        """Show these fields; the cursor stays on the field of the same name."""
        name = self.cursor_name
        self._fields = tuple(fields)
        names = [field.name for field in self._fields]
        if name in names:
            self._cursor = names.index(name)
        else:
            self._cursor = self._top = 0
        self._line = min(self._line, max(0, self._listed() - 1))
        if self._edited and self._edited not in names:
            self.close_editor()
        self._settle()

    @property
    def cursor_name(self) -> str | None:
        """The name of the field under the cursor."""
        return self._fields[self._cursor].name if self._fields else None

    @property
    def cursor_line(self) -> int | None:
        """Which thing of a list to tick is under the cursor; None in every other field."""
        return self._line if self._listed() else None

    def _listed(self) -> int:
        """How many things the field under the cursor lists."""
        field = self._fields[self._cursor] if self._fields else None
        return field.value.count("\n") + 1 if field and field.kind == "lines" and field.value else 0

    @property
    def editor(self) -> LineField | NoteField | None:
        """The field that stands over a value; None while nothing is edited."""
        return self._editor

    @property
    def edited_name(self) -> str:
        """The name of the field being edited, or nothing."""
        return self._edited

    # -- moves ------------------------------------------------------------------------------------

    def move(self, count: int) -> None:
        """The cursor by ``count`` fields, things to tick one by one; a field longer than the screen
        is scrolled first."""
        if count and 0 <= self._line + count < self._listed():
            self._line += count
            self._settle()
            return
        if count and self._scrolled_inside(1 if count > 0 else -1):
            self.repaint()
            return
        self._go(self._cursor + count)

    def half_page(self, direction: int) -> None:
        """About half a screen of fields."""
        rows = self._rows()
        if not rows or self._scrolled_inside(direction):
            self.repaint()
            return
        at = next(i for i, row in enumerate(rows) if row.field == self._cursor)
        at += direction * max(1, self.size.height // 2)
        target = rows[min(max(0, at), len(rows) - 1)].field
        self._go(self._cursor + direction if target == self._cursor else target)

    def home(self) -> None:
        """To the first field."""
        self._top = 0
        self._go(0)

    def end(self) -> None:
        """To the last field."""
        self._go(len(self._fields) - 1)

    def go_to(self, name: str) -> None:
        """To the field called ``name``; nothing happens where there is none."""
        names = [field.name for field in self._fields]
        if name in names:
            self._go(names.index(name))

    def request_edit(self) -> None:
        """Ask the app to edit the field under the cursor."""
        if self.cursor_name is not None:
            self.post_message(self.EditRequested(self, self.cursor_name))

    def _go(self, index: int) -> None:
        before = self._cursor
        self._cursor = min(max(0, index), max(0, len(self._fields) - 1))
        if self._cursor != before:
            self._line = 0 if self._cursor > before else max(0, self._listed() - 1)
        self._settle()
        if self._cursor != before and self.cursor_name is not None:
            self.post_message(self.Moved(self, self.cursor_name))

    def _scrolled_inside(self, direction: int) -> bool:
        """Half a page on within a field longer than what is in view; False if not needed."""
        first, last = self._span()
        height = max(1, self.size.height)
        if direction > 0 and last > self._top + height:
            self._top = min(self._top + max(1, height // 2), last - height)
            return True
        if direction < 0 and first < self._top:
            self._top = max(self._top - max(1, height // 2), first)
            return True
        return False

    # -- editing ----------------------------------------------------------------------------------

    def edit(self, name: str, text: str, *, hint: str = "") -> LineField | NoteField | None:
        """Put an editor with ``text`` over the field ``name`` and give it the focus.

        Its messages (Changed, Committed, Left) bubble to the app, which ends it by
        ``close_editor``. None when there is no such field.
        """
        self.go_to(name)
        if self.cursor_name != name:
            return None
        if self._editor is not None:
            self._editor.remove()
        kind = self._fields[self._cursor].kind
        editor = NoteField(text) if kind in _LONG_KINDS else LineField(text, hint=hint)
        self._editor, self._edited = editor, name
        self._place_editor()
        self.mount(editor)
        editor.focus(scroll_visible=False)
        return editor

    def close_editor(self) -> None:
        """Take the editor away; the focus comes back here."""
        if self._editor is None:
            return
        editor, self._editor, self._edited = self._editor, None, ""
        editor.remove()
        self.focus(scroll_visible=False)
        self._settle()

    def _place_editor(self) -> None:
        """Lay the editor over the value: one row, or for long texts as many as there are."""
        editor = self._editor
        if editor is None:
            return
        width, height = self.size
        first, _last = self._span()
        rows = 1
        if isinstance(editor, NoteField):
            wanted = min(height, _NOTE_ROWS)
            if first - self._top > height - wanted:
                self._top = max(0, first - (height - wanted))
            rows = max(1, height - (first - self._top))
        # A line begins with a mark of its own, a note with its first letter.
        left = self._label_width() + 2 + isinstance(editor, NoteField)
        styles = editor.styles
        styles.position = "absolute"
        styles.offset = (left, first - self._top)
        styles.width, styles.height = max(4, width - left), rows

    # -- layout and drawing -----------------------------------------------------------------------

    def _label_width(self) -> int:
        widest = max((cells.width(field.label) for field in self._fields), default=0)
        return min(widest, _LABEL_MOST, max(4, self.size.width // 3))

    def _rows(self) -> list[_Row]:
        return list(_rows(self._fields, self.size.width - self._label_width() - 3))

    def _span(self) -> tuple[int, int]:
        """The rows from, and up to but without, that what is under the cursor takes."""
        line = self.cursor_line if self._editor is None else None
        at = [
            i
            for i, row in enumerate(self._rows())
            if row.field == self._cursor and line in (None, row.line)
        ]
        return (at[0], at[-1] + 1) if at else (0, 0)

    def _settle(self) -> None:
        """Bring the cursor's field into view by half pages and repaint what differs."""
        first, last = self._span()
        height = self.size.height
        if height and (first < self._top or first >= self._top + height):
            self._top = max(0, first - height // 2)
        elif height and last > self._top + height:
            self._top = min(first, last - height // 2)
        if height:
            self._top = max(0, min(self._top, len(self._rows()) - 1))
        self._place_editor()
        self.repaint()

    def jump_spots(self) -> list[Spot]:
        """Every field in view but the one under the cursor."""
        rows = self._rows()[self._top : self._top + self.size.height]
        return [
            Spot(0, y, partial(self._go, row.field))
            for y, row in enumerate(rows)
            if row.part == 0 and row.field != self._cursor
        ]

    def on_resize(self) -> None:
        """Another width folds the values anew."""
        self._settle()

    def on_click(self, event: events.Click) -> None:
        """A click moves, a double click asks to edit."""
        event.stop()
        rows, at = self._rows(), event.y + self._top
        if 0 <= at < len(rows) and self._editor is None:
            self._go(rows[at].field)
            if event.chain == 2:
                self.request_edit()

    def draw(self, width: int, height: int) -> list[Line]:
        """The rows in view: pointer, label, value; words while there are none. What is below a text
        that is edited gives it its room."""
        if not self._fields:
            words = self.words or _("Loading")
            return [[(" " + cells.clip(words, width - 1), "dim")]]
        rows = self._rows()[self._top : self._top + height]
        if isinstance(self._editor, NoteField):
            rows = [row for row in rows if row.field <= self._cursor]
        return [self._row(row, width) for row in rows]

    def _row(self, row: _Row, width: int) -> Line:
        look, label_width = look_of(self), self._label_width()
        field = self._fields[row.field]
        has_cursor = row.field == self._cursor
        line: Line = [(" ", "base")]
        if has_cursor and row.part == 0:
            line = [(look.glyph("cursor" if self.has_focus else "cursor_off"), "base")]
        label = cells.fit(field.label if row.part == 0 else "", label_width, end=look.glyph("more"))
        role = "label"
        if has_cursor and row.part == 0:
            role = "cursor" if self.has_focus else "cursor_off"
        line += [(label, role), ("  ", "base")]
        text = row.text
        is_line = has_cursor and self.has_focus and self.cursor_line == row.line
        if field.masked and row.part == 0:
            text = f"<{text or _('hidden')}>"
        line.append(
            (
                cells.clip(text, width - label_width - 3, ""),
                "cursor" if is_line else _value_role(field),
            )
        )
        return line


def _value_role(field: Field) -> str:
    return "masked" if field.masked else "value"


@lru_cache(maxsize=4)
def _rows(fields: tuple[Field, ...], width: int) -> tuple[_Row, ...]:
    """All rows of all fields, values folded; an empty value is one empty row."""
    return tuple(
        _Row(index, part, text, line)
        for index, field in enumerate(fields)
        for part, (line, text) in enumerate(
            (line, text)
            for line, whole in enumerate(field.value.split("\n"))
            for text in cells.folded(whole, max(2, width))
        )
    )
