"""What would go back, whole, before it does: of a mission, a run or one step of it. Space takes it
back; what somebody wrote since stays and is named."""

from __future__ import annotations

from typing import TYPE_CHECKING

from store.words import _
from tui.asking.agents import reverting
from tui.screens.sheet import SheetScreen
from tui.widgets import Segment

if TYPE_CHECKING:
    from tui.asking.differing import Lines


class RevertScreen(SheetScreen):
    """run and step as in the timeline; without a step the whole run."""

    scopes = ("revert", "move", "everywhere", "always")
    hint_words = {"open": ""}

    def __init__(self, mission: str, run: str, step: int | None = None) -> None:
        super().__init__()
        self._what = (mission, run, step)
        self._is_there = False

    def opened(self) -> None:
        """Try it out and take nothing back yet."""
        self.sheet.show([(_("Loading …"), "dim")])
        bench, what = self.app.bench, self._what
        self.app.desk.ask(
            "write",
            lambda: reverting.planned(bench, *what),
            self._show,
            self._failed,
            group="revert",
            owner=self,
        )

    def segments(self) -> list[Segment]:
        """What this is."""
        return [Segment(_("Take back"), "status", 4)]

    def _show(self, found: tuple[Lines, bool]) -> None:
        lines, self._is_there = found
        self.sheet.show(lines)

    def _failed(self, error: Exception) -> None:
        self.sheet.show([(_("There is nothing that could be taken back."), "dim")])
        self.app.fail(error)

    def do_revert_go(self) -> None:
        """Take it back."""
        if not self._is_there:
            self.say(_("There is nothing that could be taken back."))
            return
        bench, what = self.app.bench, self._what
        self.app.change(lambda: reverting.revert(bench, *what), self._done)

    def _done(self, words: str) -> None:
        if self.is_attached and self.app.screen is self:
            self.app.pop_screen()
        self.app.say(words)
