"""The recovery code: shown once, then two of its groups are typed back."""

from __future__ import annotations

import secrets
from collections.abc import Iterable

from textual.widget import Widget

from store.words import _
from tui.screens.place import PlaceScreen
from tui.screens.text import TextLines


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
        numbered = [(str(n + 1), group) for n, group in enumerate(self._groups)]
        self._text.show(
            ["", "# " + _("Write this down"), *numbered, "", _("Enter: type two groups back.")]
        )

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
        numbered = [(str(n + 1), group) for n, group in enumerate(self._groups)]
        self._text.show(["", "# " + _("That was not it; here it is again"), *numbered])
        self.say(_("Enter: type the group back."), "warn")
