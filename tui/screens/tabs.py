"""One line of words above a list: its filters, or what hides rows."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from tui.widgets import cells
from tui.widgets.labels import Spot
from tui.widgets.lines import Line, LinesWidget


class TabLine(LinesWidget):
    """The module and its filters; the chosen one stands in brackets and is bold."""

    DEFAULT_CSS = "TabLine { height: 1; }"

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._title = ""
        self._tabs: list[tuple[str, bool]] = []
        self._notice = ""
        self._starts: dict[int, int] = {}

    def jump_spots(self) -> list[Spot]:
        """Every tab in view but the chosen one, where the screen lets one be chosen."""
        choose = getattr(self.screen, "choose_tab", None)
        if choose is None or self._notice:
            return []
        return [
            Spot(x + 1, 0, partial(choose, index))  # on its first letter, clear of its neighbour
            for index, x in self._starts.items()
            if index < len(self._tabs) and not self._tabs[index][1]
        ]

    def show(self, title: str, tabs: Sequence[tuple[str, bool]]) -> None:
        """Show ``tabs``: (words, chosen)."""
        self._title, self._tabs, self._notice = title, list(tabs), ""
        self.repaint()

    def say(self, notice: str) -> None:
        """Show one sentence instead."""
        self._notice = notice
        self.repaint()

    def draw(self, width: int, height: int) -> list[Line]:
        """Tabs from the left; where they do not fit the chosen one stays in view."""
        if self._notice:
            return [[(" " + cells.clip(self._notice, width - 2), "warn")]]
        words = [f"[{name}]" if chosen else f" {name} " for name, chosen in self._tabs]
        line: Line = [(f" {self._title} ", "head")]
        room = width - cells.width(self._title) - 3
        self._starts = {}
        x = cells.width(self._title) + 2
        at = next((i for i, (_n, chosen) in enumerate(self._tabs) if chosen), 0)
        first = 0
        while first < at and sum(cells.width(w) for w in words[first : at + 1]) > room:
            first += 1
        for index in range(first, len(words)):
            if cells.width(words[index]) > room:
                break
            room -= cells.width(words[index])
            self._starts[index] = x
            x += cells.width(words[index])
            line.append((words[index], "strong" if self._tabs[index][1] else "dim"))
        return [line]
