"""The base of every widget here: a block of lines, of which only changed ones are sent.

A widget says with ``draw`` what all its lines look like; ``repaint`` compares that with what stands
on the screen and refreshes what differs of each row, whole runs of it and up to its last inked
cell. So no widget counts its own bytes, and none can repaint more than it changed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Self

from rich.cells import cell_len
from rich.segment import Segment
from textual import events
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget

from tui.looks import signs
from tui.looks.themes import Look, look_of
from tui.widgets.labels import Spot, laid_over

Run = tuple[str, str]  # drawn text (see cells.plain), role of its style
Line = list[Run]


class Paging:
    """Mixed into widgets that have ``half_page``: the wheel goes by half pages, and no further."""

    half_page: Callable[[int], None]

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Half a page down."""
        event.stop()
        event.prevent_default()
        self.half_page(1)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Half a page up."""
        event.stop()
        event.prevent_default()
        self.half_page(-1)


class LinesWidget(Widget):
    """Draws itself by lines. Subclasses give ``draw``; ``back`` is the role behind everything."""

    ALLOW_SELECT = False
    back = "base"
    takes_text = False  # a field: keys that print go into it

    DEFAULT_CSS = """
    LinesWidget { height: 1fr; width: 1fr; overflow: hidden; scrollbar-size: 0 0; }
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._lines: list[Line] = []
        self.labels: dict[tuple[int, int], str] = {}
        self._drawn_for: tuple[Size, Look] | None = None

    def draw(self, width: int, height: int) -> list[Line]:
        """All lines, from the top; missing ones and the rest of short ones stay blank."""
        raise NotImplementedError

    def repaint(self) -> None:
        """Draw again and send the rows that changed. Cheap when nothing did."""
        if not self.is_attached or not self.size.height:
            # Hidden: what it showed is stale when it comes back.
            self._drawn_for = None
            return
        drawn_for = (self.size, look_of(self))
        before = self._lines
        lines = self._drawn()
        if self._drawn_for != drawn_for:
            self._lines, self._drawn_for = lines, drawn_for
            super().refresh()
            return
        self._lines = lines
        limit = self.size.width
        changed = []
        for y, (old, new) in enumerate(zip(before, lines, strict=True)):
            if old != new:
                start, end = _differs(old, new)
                if start < min(limit, end):
                    changed.append(Region(start, y, min(limit, end) - start, 1))
        if changed:
            super().refresh(*changed)

    def refresh(
        self,
        *regions: Region,
        repaint: bool = True,
        layout: bool = False,
        recompose: bool = False,
    ) -> Self:
        """As the framework has it, but a call without regions sends only what changed.

        The framework refreshes a widget whole when the focus comes or goes, and round a child.
        """
        is_whole = repaint and not (regions or recompose)
        if is_whole and self.is_attached and self._drawn_for == (self.size, look_of(self)):
            self.repaint()
            return super().refresh(repaint=False, layout=True) if layout else self
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    def _drawn(self) -> list[Line]:
        width, height = self.size
        drawn = self.draw(width, height)[:height]
        if look_of(self).is_ascii:
            drawn = [[(signs.plain(text), role) for text, role in line] for line in drawn]
        lines = [_merged(line) for line in drawn]
        lines += [[] for _ in range(height - len(lines))]
        for (x, y), label in self.labels.items():
            if y < height:
                lines[y] = _merged(laid_over(lines[y], x, label))
        return lines

    def jump_spots(self) -> list[Spot]:
        """What ``f`` can go to here: where its letters stand, and how to go. ``labels`` are the
        letters that stand now, by column and row."""
        return []

    def render_line(self, y: int) -> Strip:
        """One line of the widget, exactly as wide as the widget."""
        look = look_of(self)
        if self._drawn_for != (self.size, look):
            self._lines, self._drawn_for = self._drawn(), (self.size, look)
        width = self.size.width
        line = self._lines[y] if y < len(self._lines) else []
        segments = [Segment(text, look.style(role)) for text, role in line]
        used = _ink(line)
        if used < width:
            segments.append(Segment(" " * (width - used), look.style(self.back)))
        strip = Strip(segments, max(used, width))
        return strip.crop(0, width) if used > width else strip


def _ink(line: Line) -> int:
    return sum(cell_len(text) for text, _ in line)


def _differs(old: Line, new: Line) -> tuple[int, int]:
    """The cells from, and up to but without, that differ in two lines; runs are taken whole."""
    same = 0
    while same < min(len(old), len(new)) and old[same] == new[same]:
        same += 1
    start, was, now = _ink(new[:same]), _ink(old), _ink(new)
    if was != now:
        return start, max(was, now)
    at = 1
    while at <= min(len(old), len(new)) - same and old[-at] == new[-at]:
        at += 1
    return start, now - _ink(new[len(new) - at + 1 :])


def _merged(line: Line) -> Line:
    """Neighbouring runs of one role joined: each run costs its style codes once."""
    out: Line = []
    for text, role in line:
        if not text:
            continue
        if out and out[-1][1] == role:
            out[-1] = (out[-1][0] + text, role)
        else:
            out.append((text, role))
    return out
