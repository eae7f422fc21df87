"""The vault is locked: nothing readable stands on the screen."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from textual.widget import Widget

from store import locations
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
        if not bench.vault.unlock_quietly():
            return False
    else:
        try:
            bench.vault.unlock(passphrase=typed)
        except WrongPassphraseError:
            if "recovery" not in bench.vault.ways:
                raise
            bench.vault.unlock(recovery=typed)
    bench.settle()
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
        self._needs = ""

    def body(self) -> Iterable[Widget]:
        """One text."""
        return [self._text]

    def opened(self) -> None:
        """Say what can be done, then who will be asked."""
        self._show()
        bench = self.app.bench

        def told(is_alone: bool) -> None:
            self._needs = _("The passphrase or the recovery code is asked for.")
            if is_alone:
                self._needs = _("This machine keeps the key; nothing is asked.")
            self._show()

        self.app.desk.ask(
            "look", lambda: bool(bench.vault.opens_alone), told, self._failed, owner=self
        )

    def _show(self) -> None:
        typed = any(spec.get("edit") or "add" in spec for spec in self._back)
        kept = _("What was being typed is kept as a draft.") if typed else ""
        self._text.show(
            [
                "",
                "# " + _("Locked"),
                *([kept, ""] if kept else []),
                (self.app.keyed("{locked_unlock}"), _("unlock")),
                (self.app.keyed("{locked_leave}"), _("leave")),
                "",
                self._where(),
                self._needs,
            ]
        )

    def _where(self) -> str:
        if self.app.demo or self.app.found is None:
            return _("This is the demo.")
        home = locations.shown(self.app.found.home)
        return _("This is the workbench in {home}.").format(home=home)

    def show_status(self) -> None:
        """Locked, and nothing else: the keys may still be on their way out."""
        self.query_one(StatusLine).update([Segment(_("locked"), "status_warn", 2)])

    def do_locked_unlock(self) -> None:
        """Try what asks nobody, else ask. Keys meanwhile are for what comes then."""
        self.is_ready = False
        bench = self.app.bench
        self.app.desk.ask(
            "write", lambda: unlock(bench, None), self._tried, self._failed, owner=self
        )

    def _tried(self, is_open: bool) -> None:
        if is_open:
            self.app.unlocked(self._back)
        else:
            self.ask_line(_("Passphrase:"), self._typed, secret=True)
            self.ready()

    def _typed(self, text: str) -> None:
        if not text:
            return
        bench = self.app.bench
        self.is_ready = False
        self.say(_("Unlocking …"))
        self.app.desk.ask(
            "write", lambda: unlock(bench, text), self._tried, self._failed, owner=self
        )

    def _failed(self, error: Exception) -> None:
        self.app.fail(error)
        self.ready()

    def cancel(self) -> bool:
        """Nothing to cancel."""
        return False

    def capture(self, text: str) -> None:
        """A paste must not show anywhere."""
        self.say(_("Unlock first: Enter."))
