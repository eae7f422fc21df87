"""The recovery code: shown once, then two of its groups are typed back."""

from __future__ import annotations

import secrets
from collections.abc import Iterable

from textual.widget import Widget

from store.words import _
from tui.screens.place import PlaceScreen
from tui.screens.text import TextLines

_A_LINE = 4
"""Groups of the code on one line, which 40 columns hold."""


class RecoveryScreen(PlaceScreen):
    """Says what the code is for; Enter makes it."""

    scopes = ("move", "everywhere", "always")

    def __init__(self) -> None:
        super().__init__()
        self._text = TextLines()
        self._groups: list[str] = []
        self._to_type: list[int] = []

    def body(self) -> Iterable[Widget]:
        """One text."""
        return [self._text]

    def opened(self) -> None:
        """Say what it is before it is made."""
        self._text.show(
            [
                "",
                "# " + _("Recovery code"),
                _(
                    "It opens this workbench when the passphrase is forgotten or the key of this "
                    "machine is lost. Write it on paper. A new code ends the one before."
                ),
                "",
                ("Enter", _("make a code and show it once")),
                ("q", _("back")),
            ]
        )

    def do_open(self) -> None:
        """Make the code, once; later Enter asks for the groups."""
        if self._groups:
            self._ask()
            return
        bench = self.app.bench
        self.app.desk.ask(
            "write", lambda: bench.vault.make_recovery(), self._show, self.app.fail, owner=self
        )

    def _show(self, code: str) -> None:
        self._groups = code.replace("\n", " ").replace("-", " ").split()
        count = len(self._groups)
        self._to_type = sorted(secrets.SystemRandom().sample(range(count), min(2, count)))
        self._text.show(
            ["", "# " + _("Write this down"), *self._lines(), "", _("Enter: type two groups back.")]
        )

    def _lines(self) -> list[str]:
        """The groups with their numbers, few a line: all must be seen at once."""
        numbered = [f"{n:>2} {group}" for n, group in enumerate(self._groups, 1)]
        return ["   ".join(numbered[at : at + _A_LINE]) for at in range(0, len(numbered), _A_LINE)]

    def do_move(self, how: str) -> None:
        """Scroll, where the screen is low."""
        from tui.screens.list import move

        move(self._text, how)

    def _ask(self) -> None:
        if not self._to_type:
            self.app.pop_screen()
            return
        number = self._to_type[0]
        self._text.show(["", _("The code is not shown while you type.")])
        self.ask_line(_("Group {n}:").format(n=number + 1), self._typed)

    def _typed(self, text: str) -> None:
        number = self._to_type[0]
        if text.strip().upper() != self._groups[number].upper():
            self._show_again()
            return
        self._to_type.pop(0)
        if self._to_type:
            self._ask()
            return
        self.app.pop_screen()
        self.app.look_around()
        self.app.say(_("The recovery code is made and was typed back rightly."))

    def _show_again(self) -> None:
        self._text.show(["", "# " + _("That was not it; here it is again"), *self._lines()])
        self.say(_("Enter: type the group back."), "warn")
