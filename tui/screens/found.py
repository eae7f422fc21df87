"""Search in everything the space holds: words are typed, results follow, Enter opens one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from textual.widget import Widget

from store.words import _, ngettext
from tui.asking import doing
from tui.screens.pick import Choice, Choices
from tui.screens.place import PlaceScreen
from tui.widgets import Segment

_LIMIT = 200
_RESTED = 0.08
"""Seconds without a key after which the typed words are looked for."""


class FoundScreen(PlaceScreen):
    """Results of one search. The words stay when a result is opened and left again."""

    scopes = ("found", "move", "everywhere", "always")
    typing_scopes = ("picking", "typing")

    def __init__(self, text: str = "") -> None:
        super().__init__()
        self._text = text
        self._choices = Choices()
        self._wait: Any = None
        self._more = False

    def body(self) -> Iterable[Widget]:
        """The results."""
        return [self._choices]

    def opened(self) -> None:
        """Asking for the words is what the key was pressed for."""
        self._choices.show((), _("Type words; #tag, in:notes and is:open narrow."))
        # Built at the first search, not at the start: it takes as much memory as all the rest.
        self.app.desk.ask("look", self.app.bench.search.start)
        self.do_found_again()

    def again(self) -> dict[str, Any]:
        """How to open this screen again after unlocking; the words are gone with the lock."""
        return {"search": True}

    def segments(self) -> list[Segment]:
        """What this is, and how many were found."""
        count = len(self._choices.choices)
        shown = f"{count}+" if self._more else str(count)
        found = ngettext("{n} found", "{n} found", count).format(n=shown) if self._text else ""
        return [Segment(_("Search"), "status", 4), Segment(found, "status", 5)]

    def do_found_again(self) -> None:
        """Change the words."""
        self.ask_line(
            _("Search:"), self._keep, text=self._text, change=self._soon, leave=self._leave
        )

    def _soon(self, text: str) -> None:
        if self._wait is not None:
            self._wait.stop()
        self._wait = self.set_timer(_RESTED, lambda: self._find(text))

    def _find(self, text: str) -> None:
        self._text = text.strip()
        bench, scope, words = self.app.bench, self.app.bench.scope, self._text
        if not words:
            self._choices.show((), "")
            return
        if not self._choices.choices:
            self._choices.show((), _("Looking …"))
        self.app.desk.ask(
            "look",
            lambda: doing.record_choices(bench, scope, words, _LIMIT + 1),
            self._show,
            self.app.fail,
            group="found",
            owner=self,
        )

    def _show(self, found: Sequence[Choice]) -> None:
        self._more = len(found) > _LIMIT
        self._choices.show(found[:_LIMIT], _("Nothing in this space holds that."))
        self.show_status()

    def _keep(self, text: str) -> None:
        if self._wait is not None:
            self._wait.stop()
        if text.strip() != self._text:
            self._find(text)

    def _leave(self) -> None:
        if not self._choices.choices:
            self.app.pop_screen()

    def do_pick(self, how: str) -> None:
        """Move while typing."""
        self._choices.move(how)

    def do_move(self, how: str) -> None:
        """Move while commanding."""
        self._choices.move(how)

    def choose(self) -> None:
        """A double click opens."""
        self.do_open()

    def do_open(self) -> None:
        """The record under the cursor."""
        chosen = self._choices.chosen
        if chosen is not None:
            self.app.open_record(*chosen.value[1])

    def noticed(self, changes: Any) -> None:
        """Something changed: look again, the cursor stays in its row."""
        if self._text:
            bench, scope, words = self.app.bench, self.app.bench.scope, self._text
            self.app.desk.ask(
                "look",
                lambda: doing.record_choices(bench, scope, words, _LIMIT + 1),
                self._refresh,
                self.app.fail,
                group="found",
                owner=self,
            )

    def _refresh(self, found: Sequence[Choice]) -> None:
        at = self._choices.at
        self._show(found)
        self._choices.go_to(at)
