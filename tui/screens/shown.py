"""A text alone on the screen, the mouse let go, for selecting by hand where nothing can copy."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from textual.widget import Widget

from store.words import _
from tui.screens.list import move
from tui.screens.place import PlaceScreen
from tui.screens.text import TextLines
from tui.widgets import Segment, cells
from tui.widgets.lines import Line


class Bare(TextLines):
    """A text from the very left, folded, with nothing beside it."""

    def _all(self, width: int) -> list[Line]:
        text = "\n".join(str(part) for part in self._parts)
        return [[(row, "base")] for row in cells.folded(text, width)]


class ShownScreen(PlaceScreen):
    """Any move scrolls; going back takes the mouse again."""

    scopes = ("move", "everywhere", "always")

    def __init__(self, text: str, what: str) -> None:
        super().__init__()
        self._text, self._what = text, what
        self._bare = Bare()
        self._had_mouse = False

    def body(self) -> Iterable[Widget]:
        """One text."""
        return [self._bare]

    def opened(self) -> None:
        """Let go of the mouse."""
        self._had_mouse = self.app.mouse_is_ours
        self.app.take_mouse(False)
        self._bare.show([self._text])
        self.say(_("Nothing can be copied here: select it with the mouse. Escape goes back."))

    def segments(self) -> list[Segment]:
        """What this is."""
        return [Segment(self._what, "status", 4)]

    def on_unmount(self) -> None:
        """However it is left, the mouse is as before."""
        if self._had_mouse:
            self.app.take_mouse(True)

    def do_move(self, how: str) -> None:
        """Scroll."""
        move(self._bare, how)

    def do_open(self) -> None:
        """Nothing to open."""
        self.say(_("There is nothing to open here."))

    def again(self) -> dict[str, Any]:
        """Not opened again after a lock: its text is gone."""
        return {}
