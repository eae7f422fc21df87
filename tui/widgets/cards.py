"""The cards of a scene: one focusable widget that draws them all.

So a key that leads to another card repaints only the lines that differ. The rows of a card are a
list like any other; they are read by themselves and only drawn here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from textual import events
from textual.geometry import Size
from textual.message import Message

from tui.looks.themes import look_of
from tui.widgets import cells
from tui.widgets.boxes import Box, boxes
from tui.widgets.labels import Spot
from tui.widgets.lines import Line, LinesWidget
from tui.widgets.rows import Rows


class CardRows(Rows):
    """The rows of one card. ``name_words`` and ``head`` (filter, order, count) make its title."""

    def __init__(self, cards: Cards) -> None:
        super().__init__()
        self.display = False  # not as a rule of style: reading one takes its time at the start
        self.name_words = ""
        self.weight = 0
        self.head = ""
        self.counted = ""
        self.area = Size(0, 0)
        self.lines: list[Line] | None = None
        self._cards = cards

    @property
    def size(self) -> Size:
        """The room that the scene gives this card's rows."""
        return self.area

    @property
    def is_active(self) -> bool:
        """Whether this is the card that keys act on."""
        return self._cards.has_focus and self._cards.open_rows is self

    def repaint(self) -> None:
        """Let the scene draw this card again."""
        self.lines = None
        self._cards.repaint()


class Cards(LinesWidget, can_focus=True):
    """The scene. ``cards`` are its lists in order, ``current`` the one that keys act on."""

    class Chosen(Message):
        """Somebody clicked on the card ``index``."""

        def __init__(self, index: int) -> None:
            super().__init__()
            self.index = index

    def __init__(self) -> None:
        super().__init__()
        self.cards: list[CardRows] = []
        self.current = 0
        self.zoomed = False
        self.empty = ""
        self._boxes: list[Box] = []
        self._laid_for = Size(0, 0)
        self._is_arranging = False
        self._is_drawing = False
        self._drawn_in: Any = None

    @property
    def open_rows(self) -> CardRows | None:
        """The list that keys act on."""
        return self.cards[self.current] if self.current < len(self.cards) else None

    def show(
        self, cards: Sequence[CardRows], current: int, *, zoomed: bool = False, empty: str = ""
    ) -> None:
        """Show these cards; ``empty``: what a scene without any says."""
        self.cards, self.empty, self.zoomed = list(cards), empty, zoomed
        self.current = current
        self.lay_out()

    def go(self, index: int) -> None:
        """Another card is the one that keys act on."""
        if index != self.current and index < len(self.cards):
            self.cards[self.current].lines = self.cards[index].lines = None
            self.current = index
            self.lay_out()

    def zoom(self, *, on: bool) -> None:
        """The open card alone, or all again."""
        self.zoomed = on
        self.lay_out()

    def entitle(self, rows: CardRows, head: str, counted: str) -> None:
        """Say in a card's title what it shows and how many."""
        if (rows.head, rows.counted) != (head, counted):
            rows.head, rows.counted = head, counted
            self.repaint()

    def lay_out(self) -> None:
        """Give each card its room, then repaint what differs."""
        self._laid_for = self.size
        width, height = self.size
        weights = [card.weight for card in self.cards]
        self._boxes = boxes(weights, self.current, width, height, zoomed=self.zoomed)
        areas = {box.card: Size(box.width, box.rows) for box in self._boxes if box.rows > 0}
        self._is_arranging = True
        for index, card in enumerate(self.cards):
            area = areas.get(index, Size(0, 0))
            if area != card.area:
                is_other_form = (area.width < 60) != (card.area.width < 60) and card.area.width
                card.area = area
                card.changed()
                if area.width and is_other_form:
                    card.reload()
        self._is_arranging = False
        if not self._is_drawing:
            self.repaint()

    def on_resize(self) -> None:
        """Another size gives every card another room."""
        self.lay_out()

    def repaint(self) -> None:
        """As for all widgets; the rows of cards that did not change are not drawn again."""
        if not self._is_arranging:
            super().repaint()

    # Drawing ----------------------------------------------------------------------------------

    def draw(self, width: int, height: int) -> list[Line]:
        """All cards side by side, or one between the titles of the others."""
        if not self.cards:
            return [[("  " + row, "dim")] for row in cells.folded(self.empty, width - 3)]
        if self._laid_for != self.size:
            self._is_drawing = True
            self.lay_out()
            self._is_drawing = False
        state = (look_of(self), self.has_focus)
        if self._drawn_in != state:
            self._drawn_in = state
            for card in self.cards:
                card.lines = None
        found: list[Line] = [[] for _ in range(height)]
        used = [0] * height
        bar = look_of(self).glyph("bar")
        for box in self._boxes:
            card = self.cards[box.card]
            if card.lines is None or len(card.lines) > box.rows:
                card.lines = card.draw(box.width, box.rows) if box.rows > 0 else []
            for y, line in enumerate([self._title(box), *card.lines], box.y):
                if y < height:
                    self._lay(found[y], line, used[y], box.x, bar)
                    used[y] = box.x + sum(cells.width(text) for text, _role in line)
            for y in range(box.y + 1 + len(card.lines), min(height, box.y + 1 + box.rows)):
                self._lay(found[y], [], used[y], box.x, bar)
                used[y] = box.x
        return found

    @staticmethod
    def _lay(row: Line, line: Line, used: int, x: int, bar: str) -> None:
        """Put a card's line behind those of the cards left of it."""
        if x:
            row.append((" " * (x - 1 - used), "base"))
            row.append((bar, "dim"))
        row.extend(line)

    def _title(self, box: Box) -> Line:
        card = self.cards[box.card]
        name = f" {box.card + 1} {card.name_words}"
        if card.counted:
            name += f" {card.counted}"
        role = "head" if box.card == self.current else "dim"
        more = look_of(self).glyph("more")
        line: Line = [(cells.clip(name, box.width, more), role)]
        room = box.width - cells.width(line[0][0]) - 3
        if card.head and box.rows > 0 and room >= len("[…]"):
            line.append((f" [{cells.clip(card.head, room, more)}]", role))
        return line

    def jump_spots(self) -> list[Spot]:
        """The title of every other card, and every row in view."""
        found = []
        for box in self._boxes:
            if box.card != self.current:
                found.append(Spot(box.x, box.y, partial(self._jump, box.card)))
            for spot in self.cards[box.card].jump_spots() if box.rows > 0 else ():
                go = partial(self._jump, box.card, spot.go)
                found.append(Spot(box.x + spot.x, box.y + 1 + spot.y, go))
        return found

    def _jump(self, card: int, go: Callable[[], None] = lambda: None) -> None:
        if card != self.current:
            self.post_message(self.Chosen(card))
        go()

    # Mouse ------------------------------------------------------------------------------------

    def _box_at(self, x: int, y: int) -> Box | None:
        return next(
            (
                box
                for box in self._boxes
                if box.x <= x < box.x + box.width and box.y <= y <= box.y + box.rows
            ),
            None,
        )

    def on_click(self, event: events.Click) -> None:
        """A click leads to a card and its row, a double click opens the record."""
        event.stop()
        if (box := self._box_at(event.x, event.y)) is None:
            return
        if box.card != self.current:
            self.post_message(self.Chosen(box.card))
        if event.y > box.y:
            self.cards[box.card].clicked(event.y - box.y - 1, opens=event.chain == 2)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Half a page of the card under the pointer."""
        self._scroll(event, 1)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Half a page of the card under the pointer."""
        self._scroll(event, -1)

    def _scroll(self, event: events.MouseEvent, direction: int) -> None:
        event.stop()
        event.prevent_default()
        if (box := self._box_at(event.x, event.y)) is not None and box.rows > 0:
            self.cards[box.card].half_page(direction)
