"""Lines with a cursor, and below them all that there is to say of the one under it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from textual.widget import Widget

from tui.asking.managing.entry import Entry
from tui.screens.manage import ManageScreen
from tui.screens.past import Detail
from tui.screens.sheet import SheetScreen
from tui.widgets import Segment

if TYPE_CHECKING:
    from store.workbench import Workbench
    from tui.asking.differing import Lines


_SHARE = "38%"
"""Of the screen, for what is said of one line."""


class ToldScreen(ManageScreen):
    """A screen gives ``tell``: what stands below while the cursor is on an entry."""

    def __init__(self) -> None:
        super().__init__()
        self.detail = Detail()
        self.detail.styles.height = _SHARE

    def tell(self, bench: Workbench, entry: Entry) -> Lines:
        """All there is to say of ``entry``; runs off the loop."""
        return [(line, "dim") for line in entry.facts.split("\n")]

    def body(self) -> Iterable[Widget]:
        """Lines, and what is said of one."""
        return [self.entries, self.detail]

    def on_resize(self) -> None:
        """Both parts have their share at every size."""

    def moved(self) -> None:
        """Ask for what is to be said of the line under the cursor."""
        chosen, bench = self.entries.chosen, self.app.bench
        group = f"told/{type(self).__name__}"
        if chosen is None:
            self.app.desk.forget(group)
            self.detail.show([])
            return
        self.app.desk.ask(
            "look",
            lambda: self.tell(bench, chosen),
            self.detail.show,
            self.app.fail,
            group=group,
            owner=self,
        )

    def show_whole(self, title: str, entry: Entry) -> None:
        """What is said of ``entry`` on a screen of its own."""
        bench = self.app.bench

        def show(lines: Lines) -> None:
            self.app.push_screen(WholeScreen(title, lines))

        self.app.desk.ask("look", lambda: self.tell(bench, entry), show, self.app.fail, owner=self)


class WholeScreen(SheetScreen):
    """Lines in roles that are only read."""

    scopes = ("move", "everywhere", "always")
    hint_words = {"open": ""}

    def __init__(self, title: str, lines: Lines) -> None:
        super().__init__()
        self._title = title
        self._lines = lines

    def opened(self) -> None:
        """Show it."""
        self.sheet.show(self._lines)

    def segments(self) -> list[Segment]:
        """What this is."""
        return [Segment(self._title, "status", 4)]
