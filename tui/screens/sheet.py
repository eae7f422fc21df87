"""A screen that is one text in roles, scrolled by keys."""

from __future__ import annotations

from collections.abc import Iterable

from textual.widget import Widget

from store.words import _
from tui.screens.place import PlaceScreen
from tui.widgets.sheet import Sheet


class SheetScreen(PlaceScreen):
    """A screen shows lines in ``sheet``; Enter reads on."""

    def __init__(self) -> None:
        super().__init__()
        self.sheet = Sheet()

    def body(self) -> Iterable[Widget]:
        """One text."""
        return [self.sheet]

    def home_focus(self) -> Widget:
        """Keys scroll it."""
        return self.sheet

    def do_move(self, how: str) -> None:
        """Scroll."""
        from tui.screens.lists import move

        move(self.sheet, how)

    def do_open(self) -> None:
        """Enter reads on."""
        if self.sheet.is_at_end:
            self.say(_("That is all of it."))
        self.sheet.half_page(1)
