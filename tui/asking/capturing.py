"""The line of capture: every reading shows while it is typed, and Enter does just that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from store import adding, capture, when
from store.words import _, ngettext
from tui.shell.drafting import Spot

if TYPE_CHECKING:
    from store.adding import Added, Names
    from store.capture import Reading
    from store.module import Module


def open_line(app: Any, screen: Any, module: Module, text: str) -> None:
    """Open the line for a new record of ``module`` on ``screen``. The first line of ``text``
    stands in it, the others are kept for the record; a draft comes back."""
    Capturing(app, screen, module, text)


class Capturing:
    """One open line. The names that it can mean are read once, off the loop."""

    def __init__(self, app: Any, screen: Any, module: Module, text: str) -> None:
        self.app, self.screen, self.module = app, screen, module
        self.bench, self.scope = app.bench, app.bench.scope
        self.names: Names | None = None
        first, _newline, self.more = text.strip().partition("\n")
        self.spot = Spot(f"add/{self.scope.id}/{module.id}", module.main)
        screen.ask_line(
            self._prompt(), self._commit, text=first, spot=self.spot, change=self._typed
        )
        self._typed(screen.line.text)
        bench = self.bench
        app.desk.ask(
            "look", lambda: adding.names(bench), self._know, lambda _error: None, owner=screen
        )

    def _prompt(self) -> str:
        noun = _(self.module.noun)
        prompt = _("{space} · new {noun}:").format(space=self.app.status.space, noun=noun)
        if not self.more:
            return prompt
        count = self.more.count("\n") + 1
        lines = ngettext("and {n} line more", "and {n} lines more", count).format(n=count)
        return f"{prompt[:-1]} ({lines}):"

    # While it is typed --------------------------------------------------------------------

    def _know(self, names: Names) -> None:
        self.names = names
        if self.screen.is_open_for(self.spot):
            self._typed(self.screen.line.text)

    def _typed(self, text: str) -> None:
        if self.names is None:
            shown = ""
        else:
            shown = told(self._read(text, self.names))
        self.screen.read_out(shown or _("end with: tomorrow 17:30 · +tag · !high · @space"))

    def _read(self, text: str, names: Names) -> Reading:
        whole = f"{text}\n{self.more}" if self.more else text
        return adding.understood(whole, when.local(self.bench.now()), names, self.scope.id)

    # Enter --------------------------------------------------------------------------------

    def _commit(self, typed: str) -> None:
        if not typed.strip():
            return
        bench, scope, module = self.bench, self.scope, self.module

        def work() -> tuple[Added, Reading]:
            # Read once more with the names there are now: none may have been known yet.
            reading = self._read(typed, adding.names(bench))
            return adding.add(bench, scope, module, [reading])[0], reading

        self.app.change(work, self._added, self.spot)

    def _added(self, result: tuple[Added, Reading]) -> None:
        added, reading = result
        words = _("Added to {module} in {space}.")
        said = words.format(module=_(self.module.words), space=added.space.name)
        self.app.say(f"{said} {told(reading)}".rstrip())
        if added.space.id != self.scope.id:
            return
        bench, scope, module = self.bench, self.scope, self.module
        self.app.desk.ask(
            "rows",
            lambda: bench.documents.get(scope, module.main, added.id).key,
            lambda key: self.app._added(self.screen, module, key),
            self.app.fail,
            owner=self.screen,
        )


def told(reading: Reading) -> str:
    """Every reading in a few words, in the order they were typed."""
    return " · ".join(capture.said(reading, when.now()))
