"""One line of a screen that manages what is no record of a module."""

from __future__ import annotations

from typing import Any, NamedTuple


class Entry(NamedTuple):
    """What one line shows, and what it stands for.

    id is what the cursor and marks belong to, whatever comes and goes round it; a line without one
    is a heading, where the cursor never stands. ``thing`` is the id of the record behind it.
    note stands dim behind the words, right at the right edge, facts below the list while the
    cursor is here. color is ``#rrggbb``, drawn as a cell. aligned: the notes of such lines stand in
    a column, those with another name in one of their own.
    """

    id: str
    words: str
    kind: str = ""
    thing: str = ""
    right: str = ""
    note: str = ""
    facts: str = ""
    glyph: str = " "
    color: str = ""
    depth: int = 0
    role: str = "base"
    value: Any = None
    aligned: bool | str = False


def heading(words: str) -> Entry:
    """A line over others."""
    return Entry("", words, role="head")
