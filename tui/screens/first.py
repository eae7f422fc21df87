"""First start: one screen, one key. Nothing is made before it is pressed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from textual.widget import Widget

from store.words import _
from tui.screens.place import PlaceScreen
from tui.screens.text import TextLines

if TYPE_CHECKING:
    from pathlib import Path

    from store.workbench import Workbench


def create(home: Path, passphrase: str | None) -> tuple[Workbench, str]:
    """Make the home; returns it and the sentence that says who keeps its key."""
    from store.workbench import Workbench

    bench = Workbench.create(home, passphrase=passphrase)
    ways = bench.vault.ways
    if "passphrase" in ways:
        return bench, _("The passphrase keeps the key.")
    if "keyring" in ways:
        return bench, _("This machine's keyring keeps the key.")
    return bench, _("A key file in the settings folder keeps the key.")


class FirstScreen(PlaceScreen):
    """What manabench is and the four ways to begin."""

    scopes = ("first", "always")
    asks_secrets = True

    def __init__(self) -> None:
        super().__init__()
        self._text = TextLines()
        self._then = ""
        self._is_making = False

    def body(self) -> Iterable[Widget]:
        """One text."""
        return [self._text]

    def opened(self) -> None:
        """Say what each key does."""
        assert self.app.found is not None  # noqa: S101
        self._text.show(
            [
                "",
                "# manabench",
                _(
                    "Tasks, notes and contacts in one encrypted file on this machine. It works "
                    "without a network and loses nothing."
                ),
                "",
                ("Enter", _("begin; this machine keeps the key")),
                ("p", _("begin with a passphrase, asked for at every start")),
                ("i", _("import a folder of Markdown notes or a Taskwarrior export first")),
                ("d", _("look at the demo; it touches nothing of yours")),
                ("q", _("leave")),
                "",
                _("It will live in {home}.").format(home=self.app.found.home),
            ]
        )

    def do_first_begin(self) -> None:
        """The key is kept by this machine."""
        self._make(None)

    def do_first_passphrase(self) -> None:
        """Ask for a passphrase twice."""
        self.ask_line(_("Passphrase:"), self._again, secret=True)

    def _again(self, first: str) -> None:
        if not first:
            self.say(_("Nothing was typed; nothing was made."))
            return

        def second(typed: str) -> None:
            if typed == first:
                self._make(first)
            else:
                self.say(_("The two differ; nothing was made. p asks again."), "error")

        self.ask_line(_("The same again:"), second, secret=True)

    def do_first_import(self) -> None:
        """Begin as with Enter, then choose what to import."""
        self._then = "import"
        self._make(None)

    def do_first_sync(self) -> None:
        """Begin as with Enter, then show where one signs in. These are its keys everywhere, and
        whoever types them ahead types an address and a password next."""
        self._then = "sync"
        self._make(None)

    def do_first_demo(self) -> None:
        """Leave this home alone and open the demo."""
        self.app.wants_demo = True
        self.app.exit(return_code=0)

    def _make(self, passphrase: str | None) -> None:
        if self._is_making:
            return
        self._is_making = True
        self.is_ready = False  # keys wait for the workbench
        assert self.app.found is not None  # noqa: S101
        home = self.app.found.home
        self.say(_("Making the workbench …"))
        self.app.desk.ask(
            "write", lambda: create(home, passphrase), self._made, self._failed, owner=self
        )

    def _made(self, result: tuple[Workbench, str]) -> None:
        assert self.app.found is not None  # noqa: S101
        self.app.found.bench, words = result
        then = {"import": self.app.do_import, "sync": self._show_sync}.get(self._then)
        self.app.after_opening(words, then)

    def _show_sync(self) -> None:
        self.app.do_screen("tui.screens.sync.SyncScreen")

    def _failed(self, error: Exception) -> None:
        self._is_making = False
        self.app.fail(error)
        self.ready()

    def cancel(self) -> bool:
        """Nothing to cancel."""
        return False

    def capture(self, text: str) -> None:
        """A paste begins nothing; while the workbench is being made it waits for it, unless what
        comes next is signing in: then it may be a secret."""
        if self._is_making and self._then != "sync":
            self.app.waiting_text += text
