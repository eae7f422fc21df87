"""The reader: a long text as Markdown, drawn by lines, of which only what is in view is folded.

It asks for its work by ``ask(work, then)``: ``work`` runs off the loop, ``then`` gets its value on
the loop. The text is parsed chunk by chunk, each folded when it comes near the view; another width
folds again from the line that stands at the top.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from time import monotonic
from typing import Any

from textual.message import Message

from store.words import _
from tui.widgets import cells, markdown
from tui.widgets.lines import Line, LinesWidget, Paging
from tui.widgets.markdown import Block, Link
from tui.widgets.markdown_cut import Chunk, chunks
from tui.widgets.markdown_rows import Mark, Match, Row, find_in, fold, marked

Ask = Callable[[Callable[[], Any], Callable[[Any], None]], Any]
Spot = tuple[int, int]
"""(chunk, row in it)."""

_MARGIN = 1
_KEPT = 12
"""Chunks whose blocks and rows are kept at hand."""
_SLICE = 0.05
"""Seconds of parsing in one piece; whoever else waits for the lane waits no longer."""


class Reader(Paging, LinesWidget, can_focus=True):
    """One text to read. The app's keys call its methods."""

    class Moved(Message):
        """Another part is in view, or more of the text is known."""

    def __init__(self, ask: Ask, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._ask = ask
        self._request = 0
        self._width = 0
        self._text = ""
        self._title: Sequence[Block] = ()
        self.words = ""  # why there is no text, where that is not that it is still being read
        self._held: list[Line] = []
        self._forget()

    def _forget(self) -> None:
        self._chunks: list[Chunk] = []
        self._defined: dict[str, Any] = {}
        self._packed: list[bytes] = []
        self._opened: dict[int, list[Block]] = {}
        self._rows: dict[int, list[Row]] = {}
        self._asked: set[int] = set()
        self._top: Spot = (0, 0)
        self._owed = 0
        self._seek: tuple[str, Any] | None = None
        self._count = 1
        self.is_read = False
        self.links: list[Link] = []
        self.matches: list[Match] = []
        self.at_match = -1

    def show(self, text: str, title: str = "", below: str = "", *, keep: bool = False) -> None:
        """Read ``text`` under its title and a line below that; keep: stay at the same line."""
        source = self.source_line if keep else 0
        self._held = self._lines_now() if keep else []
        self._forget()
        self._request += 1
        self._text = text
        self._title = markdown.heading(title, below, text)
        if keep and source > 0:
            self._seek = ("source", source)
        request = self._request

        def cut() -> tuple[list[Chunk], dict[str, Any]]:
            return chunks(text), markdown.definitions(text)

        self._ask(cut, lambda found: self._cut(request, found))

    # -- reading ----------------------------------------------------------------------------------

    def _cut(self, request: int, found: tuple[list[Chunk], dict[str, Any]]) -> None:
        if request != self._request:
            return
        parts, self._defined = found
        # The title is a chunk of its own, before the text.
        self._chunks = [Chunk("", 0), *parts]
        self._count = self._text.count("\n") + 1
        self._packed = [markdown.packed(self._title)]
        self._parse_next()

    def _parse_next(self) -> None:
        """Parse on from where it stands: one chunk first, so that it is seen soon, then as many as
        fit into ``_SLICE``."""
        number = len(self._packed)
        if number >= len(self._chunks):
            self.is_read = True
            self._more()
            return
        request, chunks, count = self._request, self._chunks[number:], len(self.links)
        width, defined = self._room, self._defined

        def work() -> tuple[list[bytes], list[Link], list[Row]]:
            end = monotonic() + (_SLICE if number > 1 else 0)
            parsed: list[bytes] = []
            links: list[Link] = []
            rows: list[Row] = []
            for chunk in chunks:
                first = number + len(parsed) == 1
                blocks, found = markdown.parse(chunk, defined, count + len(links), begins=first)
                parsed.append(markdown.packed(blocks))
                if first:
                    rows = fold(blocks, width)
                links += found
                if monotonic() > end:
                    break
            return parsed, links, rows

        def done(found: tuple[list[bytes], list[Link], list[Row]]) -> None:
            if request != self._request:
                return
            parsed, links, rows = found
            self._packed += parsed
            self.links += links
            if rows and width == self._room:
                self._rows[number] = rows
            self._parse_next()
            # What comes far below what is in view changes nothing there.
            if number <= self._top[0] + 2 or self._seek is not None or self._owed:
                self._more()

        self._ask(work, done)

    def _blocks(self, number: int) -> list[Block]:
        """The blocks of a chunk that was parsed."""
        found = self._opened.get(number)
        if found is None:
            if len(self._opened) >= _KEPT:
                self._opened.clear()
            found = self._opened[number] = markdown.unpacked(self._packed[number])
        return found

    @property
    def _room(self) -> int:
        # Hidden it has no size; what it then folds is for the width that it comes back to.
        return max(8, (self.size.width or self._width) - 2 * _MARGIN)

    def _folded(self, number: int) -> list[Row] | None:
        """The rows of a chunk; asked for where they are not there yet."""
        rows = self._rows.get(number)
        if rows is not None or not 0 <= number < len(self._packed):
            return rows
        blocks = self._blocks(number)
        if not number:
            rows = self._rows[0] = fold(blocks, self._room)  # a title and a line
            return rows
        if number in self._asked:
            return None
        self._asked.add(number)
        request, width = self._request, self._room

        def done(rows: list[Row]) -> None:
            if request == self._request and width == self._room:
                self._asked.discard(number)
                self._rows[number] = rows
                if len(self._rows) > 2 * _KEPT:
                    near = (n for n in self._rows if abs(n - self._top[0]) <= _KEPT // 2)
                    self._rows = {n: self._rows[n] for n in {number, *near}}
                self._more()

        self._ask(lambda: fold(blocks, width), done)
        return None

    def _more(self) -> None:
        """More is known: go where the view was to go, pay what moves are owed, draw."""
        if not self.size.height:
            return  # hidden or not laid out yet: the resize that shows it comes back here
        self._go_on()
        self._clamp()
        if self._owed:
            owed, self._owed = self._owed, 0
            self._scroll(owed)
        self.repaint()
        self.post_message(self.Moved())

    def on_resize(self) -> None:
        """Another width folds again, from what stands at the top."""
        if not self.size.width:
            return
        if self._width != self.size.width:
            self._width = self.size.width
            self._fold_again()
        else:
            self._more()

    def _fold_again(self) -> None:
        if not self._chunks:
            return
        self._held = self._lines_now() or self._held
        if self._seek is None and self._top > (1, 0):
            self._seek = ("source", self.source_line)
        self._rows.clear()
        self._asked.clear()
        self._top = (self._top[0], 0)
        self._more()

    # -- where it stands --------------------------------------------------------------------------

    @property
    def source_line(self) -> int:
        """The line of the source that stands at the top, from 0."""
        if self._seek is not None and self._seek[0] == "source":
            return int(self._seek[1])
        number, at = self._top
        rows = self._rows.get(number)
        if not rows or not number:
            return self._chunks[number].start if number < len(self._chunks) else 0
        return self._blocks(number)[rows[min(at, len(rows) - 1)].block].source

    @property
    def percent(self) -> int:
        """How much of the text lies above the lower edge, by lines of the source."""
        if not self._lines_now():
            return 0
        number, at = self._step(self._top, self.size.height - 1)[0]
        rows = self._rows.get(number)
        if not rows:
            return 100 * self.source_line // self._count
        if number == len(self._chunks) - 1 and at >= len(rows) - 1:
            return 100
        return min(99, 100 * self._blocks(number)[rows[at].block].source // self._count)

    def go_to_source(self, line: int) -> None:
        """Bring what was written in ``line`` to the top."""
        self._seek = ("source", line)
        self._more()

    def _go_on(self) -> None:
        """Do what waits in ``_seek`` as soon as its rows are there."""
        if self._seek is None or not self._chunks:
            return
        kind, value = self._seek
        if kind == "end":
            self._go_to_end()
        elif kind == "source":
            starts = [chunk.start for chunk in self._chunks]
            number = max(1, bisect_right(starts, value) - 1)
            if (rows := self._folded(number)) is not None:
                blocks = self._blocks(number)
                at = max(
                    (n for n, row in enumerate(rows) if blocks[row.block].source <= value),
                    default=0,
                )
                first = next(
                    n
                    for n in range(at, -1, -1)
                    if not n or blocks[rows[n - 1].block].source < blocks[rows[at].block].source
                )
                self._top, self._seek = (number, first), None
                self._clamp()
        elif (rows := self._folded(value.chunk)) is not None:
            at = next(
                (
                    n
                    for n, row in enumerate(rows)
                    if row.block == value.block and row.start <= value.start <= row.stop
                ),
                0,
            )
            self._seek = None
            self._bring(value.chunk, at)

    def _go_to_end(self) -> None:
        if not self.is_read or self._folded(len(self._chunks) - 1) is None:
            return
        self._seek = None
        last = len(self._chunks) - 1
        self._top = (last, max(0, len(self._rows[last]) - 1))
        self._clamp()

    def _bring(self, number: int, at: int) -> None:
        """Scroll so that a row is in view, in the upper third if it was not."""
        height = max(1, self.size.height)
        if self._top <= (number, at) <= self._step(self._top, height - 1)[0]:
            return
        self._top = self._step((number, at), -(height // 3))[0]
        self._clamp()

    # -- moves ------------------------------------------------------------------------------------

    def move(self, count: int) -> None:
        """Scroll by lines."""
        self._scroll(count)

    def half_page(self, direction: int) -> None:
        """Scroll by half a page."""
        self._scroll(direction * max(1, self.size.height // 2))

    def home(self) -> None:
        """To the top."""
        self._seek, self._owed, self._top = None, 0, (0, 0)
        self._more()

    def end(self) -> None:
        """To the end, as soon as all is read."""
        self._seek = ("end", None)
        self._more()

    def _scroll(self, count: int) -> None:
        before = self._top
        self._top, left = self._step(self._top, count)
        waits = left and (not self.is_read if left > 0 else self._top > (0, 0))
        self._owed = left if waits else 0
        self._clamp()
        if self._top != before:
            self.repaint()
            self.post_message(self.Moved())

    def _step(self, spot: Spot, count: int) -> tuple[Spot, int]:
        """``spot`` moved by rows, and what is left of the way where rows are not known."""
        number, at = spot
        while count > 0:
            rows = self._folded(number)
            if rows is None:
                return (number, at), count
            left = len(rows) - 1 - at
            if count <= left:
                return (number, at + count), 0
            if self._folded(number + 1) is None:
                return (number, max(0, at + left)), count - max(0, left)
            count, number, at = count - left - 1, number + 1, 0
        while count < 0:
            if -count <= at:
                return (number, at + count), 0
            if not number:
                return (0, 0), count + at
            above = self._folded(number - 1)
            if above is None:
                return (number, 0), count + at
            count, number, at = count + at + 1, number - 1, len(above) - 1
        return (number, max(0, at)), 0

    def _clamp(self) -> None:
        """No further down than where the last row stands at the lower edge."""
        last = len(self._chunks) - 1
        if not self.is_read or last not in self._rows or not self.size.height:
            return
        lowest = self._step((last, len(self._rows[last]) - 1), 1 - self.size.height)[0]
        self._top = min(self._top, max(lowest, (0, 0)))

    # -- finding ----------------------------------------------------------------------------------

    def find(self, text: str, then: Callable[[], None]) -> None:
        """Mark where ``text`` stands, whatever its case, and go to the first place from here on;
        ``then`` is called when that is known. An empty text unmarks."""
        self.matches, self.at_match = [], -1
        if not text:
            self.repaint()
            then()
            return
        request, parts = self._request, list(self._packed)

        def done(found: list[Match]) -> None:
            if request != self._request:
                return
            self.matches = found
            here = self.source_line if self._top > (0, 0) else 0
            after = (n for n, match in enumerate(found) if match.source >= here)
            self._show_match(next(after, 0) if found else -1)
            then()

        self._ask(lambda: find_in(parts, text), done)

    def next_match(self, count: int = 1) -> None:
        """To the next place, from the last on to the first; -1 for the one before."""
        if self.matches:
            self._show_match((self.at_match + count) % len(self.matches))

    def _show_match(self, at: int) -> None:
        self.at_match = at
        if at >= 0:
            self._seek = ("match", self.matches[at])
        self._more()

    def _marks(self, number: int, row: Row) -> list[Mark]:
        first = bisect_right(self.matches, (number, row.block, -1, -1, -1))
        marks = []
        for at in range(first, len(self.matches)):
            match = self.matches[at]
            if (match.chunk, match.block) != (number, row.block):
                break
            marks.append((match.start, match.stop, "cursor" if at == self.at_match else "edit"))
        return marks

    # -- drawing ----------------------------------------------------------------------------------

    def draw(self, width: int, height: int) -> list[Line]:
        """The rows in view; until they are folded, what stood there before."""
        lines = self._lines_now()
        if not lines:
            return self._held or [
                [(" " + cells.clip(self.words or _("Loading"), width - 1), "dim")]
            ]
        self._held = lines
        return lines

    def _lines_now(self) -> list[Line]:
        number, at = self._top
        if self._seek is not None and self._seek[0] == "source" and self._held:
            return []
        lines: list[Line] = []
        while len(lines) < self.size.height and number < max(1, len(self._chunks)):
            rows = self._folded(number)
            if rows is None:
                break
            for row in rows[at : at + self.size.height - len(lines)]:
                block = self._blocks(number)[row.block]
                marks = self._marks(number, row) if self.matches else ()
                drawn = marked(block, row, self._room, marks) if marks else row.line
                lines.append([(" " * _MARGIN, "base"), *drawn])
            number, at = number + 1, 0
        self._folded(number)  # what comes next, so that a move does not wait for it
        return lines
