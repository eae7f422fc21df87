"""How one line of a list looks: cursor, mark, glyph, text, right text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from store.errors import ManabenchError
from store.words import _
from tui.looks.themes import look_of
from tui.widgets import cells
from tui.widgets.lines import Line

if TYPE_CHECKING:
    from tui.widgets.pages import Item
    from tui.widgets.rows import Rows

_NARROW = 30  # cells below which the text gets all the room
_GUTTER = 2  # cursor glyph, mark glyph
TAGS_FROM = 100
"""Columns of a list from which on its rows show tags."""


def draw_row(rows: Rows, index: int | None, group: str | None, width: int) -> Line:
    """The row at ``index``, or the name of a group."""
    look = look_of(rows)
    more = look.glyph("more")
    if index is None:
        return [(" " * _GUTTER, "base"), (cells.clip(group or "", width - _GUTTER, more), "head")]
    item = rows.pages.item(index)
    has_cursor, is_marked = rows.is_cursor(index), rows.is_marked(index)
    pointer = " "
    if has_cursor:
        pointer = look.glyph("cursor" if rows.is_active else "cursor_off")
    gutter = pointer + (look.glyph("mark") if is_marked else " ")
    if item is None:
        line: Line = [(gutter, "base"), (more, "dim")]
    else:
        line = [(gutter, "mark" if is_marked else "base"), *_body(item, width - _GUTTER, more)]
    if not has_cursor:
        return line
    if not rows.is_active:
        return [(text, "cursor_off" if role == "base" else role) for text, role in line]
    text = "".join(text for text, _role in line)
    text += " " * (width - cells.width(text))
    return [(text, "cursor_mark" if is_marked else "cursor")]


def _body(item: Item, width: int, more: str) -> Line:
    glyph, text, right, role = item.glyph, item.text, item.right, item.style
    glyph = cells.clip(glyph, 2, "")
    line: Line = [(f"{glyph} ", role)] if glyph else []
    room = width - (cells.width(glyph) + 1 if glyph else 0) - 1
    right = cells.clip(right, room // 3, more) if room >= _NARROW else ""
    if item.badge and room >= _NARROW:
        right = f"{right} {item.badge}".strip()
    left = room - (cells.width(right) + 1 if right else 0)
    drawn = cells.clip(text, left, more)
    line.append((drawn, role))
    left -= cells.width(drawn)
    tags = f"  {item.tags}" if item.tags and width + _GUTTER >= TAGS_FROM else ""
    if tags and (wide := cells.width(tags)) < left:
        line.append((tags, "dim"))
        left -= wide
    if right:
        line += [(" " * (left + 1), "base"), (right, "dim")]
    return line


def draw_words(rows: Rows, width: int) -> list[Line]:
    """A list without rows says why, in whole sentences."""
    if rows.state == "loading":
        return [[("  " + cells.clip(_("Loading"), width - 2), "dim")]]
    if rows.state == "failed":
        return _failure(rows.error, width)
    return [[("  " + row, "dim")] for row in cells.folded(rows.empty, width - 3)]


def _failure(error: Exception | None, width: int) -> list[Line]:
    """What happened, what was kept, what to do. Foreign errors give only their name."""
    if isinstance(error, ManabenchError):
        sentences = [(error.message, "error"), (error.kept, "base"), (error.hint, "base")]
    else:
        words = _("The list could not be read ({name}).").format(name=type(error).__name__)
        sentences = [(words, "error"), (_("Nothing was changed."), "base")]
    return [
        [("  " + row, role)]
        for text, role in sentences
        if text
        for row in cells.folded(text, width - 3)
    ]
