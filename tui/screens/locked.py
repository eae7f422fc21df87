"""The vault is locked: nothing readable stands on the screen."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from textual.widget import Widget

from store.words import _
from tui.screens.place import PlaceScreen
from tui.screens.text import TextLines
from tui.widgets import Segment, StatusLine

if TYPE_CHECKING:
    from store.workbench import Workbench


def unlock(bench: Workbench, typed: str | None) -> bool:
    """Unlock with what asks nobody, or with a passphrase or recovery code that was typed.

    Raises WrongPassphraseError.
    """
    from store.errors import WrongPassphraseError

    if typed is None:
        return bench.vault.unlock_quietly()
    try:
        bench.vault.unlock(passphrase=typed)
    except WrongPassphraseError:
        if "recovery" not in bench.vault.ways:
            raise
        bench.vault.unlock(recovery=typed)
    return True


class LockedScreen(PlaceScreen):
    """Enter unlocks; a machine that keeps the key asks nothing more."""

    scopes = ("locked", "always")
    asks_secrets = True

    def __init__(self, back: list[dict[str, Any]] | None = None) -> None:
        """back: what is opened again after unlocking."""
        super().__init__()
        self._back = back or []
        self._text = TextLines()

    def body(self) -> Iterable[Widget]:
        """One text."""
        return [self._text]

    def opened(self) -> None:
        """Say what can be done."""
        typed = any(spec.get("edit") or "add" in spec for spec in self._back)
        kept = _("What was being typed is kept as a draft.") if typed else ""
        self._text.show(
            ["", "# " + _("Locked"), kept, "", ("Enter", _("unlock")), ("q", _("leave"))]
        )

    def show_status(self) -> None:
        """Locked, and nothing else: the keys may still be on their way out."""
        self.query_one(StatusLine).update([Segment(_("locked"), "status_warn", 2)])

    def do_locked_unlock(self) -> None:
        """Try what asks nobody, else ask."""
        bench = self.app.bench
        self.app.desk.ask(
            "write", lambda: unlock(bench, None), self._tried, self._failed, owner=self
        )

    def _tried(self, is_open: bool) -> None:
        if is_open:
            self.app.unlocked(self._back)
        else:
            self.ask_line(_("Passphrase:"), self._typed, secret=True)

    def _typed(self, text: str) -> None:
        if not text:
            return
        bench = self.app.bench
        self.say(_("Unlocking …"))
        self.app.desk.ask(
            "write", lambda: unlock(bench, text), self._tried, self._failed, owner=self
        )

    def _failed(self, error: Exception) -> None:
        self.app.fail(error)

    def cancel(self) -> bool:
        """Nothing to cancel."""
        return False

    def capture(self, text: str) -> None:
        """A paste must not show anywhere."""
        self.say(_("Unlock first: Enter."))
