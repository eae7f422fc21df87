"""The widgets, all drawn by lines. In reading order:

cells.py         text as terminal cells: clusters, widths, clipping, folding
lines.py         LinesWidget, the base: sends only the lines that changed
status_line.py   StatusLine, Segment        message_line.py  MessageLine
pages.py         Item, RowSource; rows_read.py, rows_draw.py; rows.py  Rows
buffer.py        text, cursor, undo; fold.py; line_field.py  LineField; note_field.py  NoteField
fields.py        Fields, Field
markdown_cut.py, markdown.py, markdown_rows.py; reader.py  Reader

A name is imported when it is first used: what the first screen does not show is not loaded for it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tui.widgets.fields import Field, Fields
    from tui.widgets.line_field import LineField
    from tui.widgets.message_line import MessageLine
    from tui.widgets.note_field import NoteField
    from tui.widgets.pages import Item, RowSource
    from tui.widgets.rows import Rows
    from tui.widgets.status_line import Segment, StatusLine

__all__ = [
    "Field",
    "Fields",
    "Item",
    "LineField",
    "MessageLine",
    "NoteField",
    "RowSource",
    "Rows",
    "Segment",
    "StatusLine",
]

_HOMES = {
    "Field": "fields",
    "Fields": "fields",
    "Item": "pages",
    "LineField": "line_field",
    "MessageLine": "message_line",
    "NoteField": "note_field",
    "RowSource": "pages",
    "Rows": "rows",
    "Segment": "status_line",
    "StatusLine": "status_line",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
