"""A question, only for what undo could not mend; it names the count."""

from __future__ import annotations

from collections.abc import Iterable

from textual.widget import Widget

from store.words import _
from tui.screens.place import PlaceScreen
from tui.screens.text import TextLines


class ConfirmScreen(PlaceScreen):
    """Dismissed with True for Enter, False for anything that leaves."""

    scopes = ("confirm", "always")

    def __init__(self, question: str) -> None:
        super().__init__()
        self._question = question
        self._body = TextLines()

    def body(self) -> Iterable[Widget]:
        """The question stands alone."""
        return [self._body]

    def opened(self) -> None:
        """Ask."""
        self._body.show([self._question])
        self.say(_("Enter: yes · Escape: no"))

    def do_confirm_yes(self) -> None:
        """Do it."""
        self.dismiss(True)

    def do_confirm_no(self) -> None:
        """Leave it."""
        self.dismiss(False)

    def cancel(self) -> bool:
        """Escape is no."""
        self.dismiss(False)
        return True

    def capture(self, text: str) -> None:
        """A paste answers nothing."""
