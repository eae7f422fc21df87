"""The status line: one row of segments, the least important of which go first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from tui.looks.themes import look_of
from tui.widgets import cells
from tui.widgets.lines import Line, LinesWidget


class Segment(NamedTuple):
    """One piece of the status line. ``priority`` 1 is kept longest; 1 to 3 are never dropped."""

    text: str
    role: str = "status"
    priority: int = 9


_NEVER_DROPPED = 3
_LEAST = 6  # cells that a kept segment is not clipped below while another is longer


class StatusLine(LinesWidget):
    """Space and type, lock, trouble, then the rest. ``update`` repaints only on a change."""

    back = "status"
    DEFAULT_CSS = "StatusLine { height: 1; }"

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._segments: tuple[Segment, ...] = ()

    @property
    def segments(self) -> tuple[Segment, ...]:
        """What was given last."""
        return self._segments

    def update(self, segments: Sequence[Segment]) -> None:
        """Show ``segments`` from left to right; empty texts are left out."""
        given = tuple(segment for segment in segments if segment.text)
        if given != self._segments:
            self._segments = given
            self.repaint()

    def draw(self, width: int, height: int) -> list[Line]:
        """One line: segments with a bar between them."""
        glyphs = look_of(self)
        line: Line = []
        for text, role, _ in fitted(self._segments, width - 2, glyphs.glyph("more")):
            line.append((f" {glyphs.glyph('bar')} " if line else " ", "status"))
            line.append((text, role))
        return [line]


def fitted(segments: Sequence[Segment], width: int, more: str = cells.ELLIPSIS) -> list[Segment]:
    """The segments that fit into ``width`` cells with three cells between them, texts drawn. Of
    two that matter as much the right one goes first."""
    width = max(0, width)
    kept = [Segment(cells.plain(text), role, priority) for text, role, priority in segments]
    while _total(kept) > width:
        last = max(range(len(kept)), key=lambda at: (kept[at].priority, at))
        if kept[last].priority <= _NEVER_DROPPED:
            break
        kept.pop(last)
    while (over := _total(kept) - width) > 0:
        at = max(range(len(kept)), key=lambda i: (cells.width(kept[i].text), kept[i].priority))
        text = kept[at].text
        others = sorted((cells.width(s.text) for s in kept), reverse=True)[1:2]
        room = cells.width(text) - over
        if others:
            room = max(room, min(others[0], cells.width(text) - 1), 0)
        room = max(room, _LEAST) if cells.width(text) > _LEAST else cells.width(text) - 1
        if room <= 0:
            kept.pop(at)
            continue
        kept[at] = kept[at]._replace(text=cells.clip(text, room, more))
    return kept


def _total(segments: Sequence[Segment]) -> int:
    return sum(cells.width(s.text) for s in segments) + 3 * max(0, len(segments) - 1)
