"""What agents ask for, whole: the call, why, and each field before and after, of one or several
proposals in one text. Space approves exactly what stands there, r rejects it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from store.words import _, ngettext
from tui.asking.agents import proposals, words
from tui.screens.pick import Choice, PickScreen, matching
from tui.screens.place import PlaceScreen
from tui.screens.sheet import SheetScreen
from tui.widgets import Segment
from tui.widgets.lines import Line
from tui.widgets.sheet import folded

if TYPE_CHECKING:
    from store.ai.proposals.staging import Proposal

Told = tuple[list["Proposal"], list[tuple[str, str]], bool, list[Line]]


class ProposalScreen(SheetScreen):
    """``ids`` of proposals, the ones that are answered together. What it shows is rehearsed when
    it opens, so that it is what would happen now."""

    scopes = ("proposal", "text", "move", "everywhere", "always")
    hint_words = {"open": "", "text.filter": ""}

    def __init__(self, ids: Sequence[str], answered: Callable[[Any], None]) -> None:
        """answered: told of what became of an approval, for whoever can take it back."""
        super().__init__()
        self._ids = list(ids)
        self._answered = answered
        self._shown: list[Proposal] = []
        self._is_whole = False
        self._looks = True  # a key typed ahead approves nothing that nobody has seen

    def opened(self) -> None:
        """Rehearse them."""
        self.sheet.show([(_("Loading …"), "dim")])
        self._rehearse()

    def segments(self) -> list[Segment]:
        """What this is; of several how many."""
        count = len(self._ids)
        risk = self._shown[0].risk if len(self._shown) == 1 else ""
        title = ngettext("Proposal", "{n} proposals", count).format(n=count)
        return [
            Segment(title, "status", 4),
            Segment(words.risk(risk) if risk else "", "status_warn", 3),
        ]

    def _rehearse(self) -> None:
        bench, ids, width = self.app.bench, list(self._ids), self.size.width
        self._looks = True

        def work() -> Told:
            found = [one for one in proposals.look(bench, ids) if one.state == "pending"]
            lines, is_whole = proposals.all_told(bench, found)
            return found, lines, is_whole, folded(lines, width)

        # In the lane of changes: what was approved just now must have happened.
        self.app.desk.ask("write", work, self._show, self._failed, group="look", owner=self)

    def _show(self, told: Told) -> None:
        self._shown, lines, self._is_whole, rows = told
        self._looks = False
        self._ids = [one.id for one in self._shown]
        if not self._shown:
            lines, rows = [(_("Nothing waits here any more."), "dim")], []
        self.sheet.show(lines, rows)
        self.show_status()

    def _failed(self, error: Exception) -> None:
        self._shown, self._looks = [], False
        self.sheet.show([(_("This could not be read."), "dim")])
        self.app.fail(error)

    def do_text_filter(self) -> None:
        """The whole of it is what is approved."""
        self.say(_("All of it is shown, because all of it would be approved."))

    # Answers ----------------------------------------------------------------------------------

    def do_proposal_approve(self) -> None:
        """Exactly this."""
        if self._looks or not self._shown:
            self._say_nothing()
        elif not self._is_whole:
            self.say(_("That is too much for one look. Mark fewer of them."), "warn")
        elif not self.sheet.is_at_end and len(self._shown) > 1:
            self.say(self.app.keyed(_("There is more below; {move_last} goes to its end.")), "warn")
        else:
            bench, chosen = self.app.bench, list(self._shown)
            self.app.change(lambda: proposals.approve(bench, chosen), self._approved)

    def _say_nothing(self) -> None:
        if self._looks:
            self.say(_("One moment; it does not stand here yet."))
        else:
            self.say(_("Nothing waits here any more."))

    def _approved(self, answer: proposals.Answered) -> None:
        self._answered(answer)
        if self.is_attached and not answer.stale and self.app.screen is self:
            self.app.pop_screen()
        elif self.is_attached:
            self._ids = [one.id for one in answer.stale]
            self._rehearse()
        self.app.say(answer.words, "warn" if answer.stale else "base")

    def do_proposal_reject(self) -> None:
        """None of this; a word for the next run may be given."""
        if self._looks or not self._shown:
            self._say_nothing()
            return
        ask_why(self, [one.id for one in self._shown], self._rejected)

    def _rejected(self, said: str) -> None:
        if self.is_attached and self.app.screen is self:
            self.app.pop_screen()
        self.app.say(said)

    def do_proposal_edit(self) -> None:
        """Another value for one argument; then its new difference stands here."""
        if len(self._shown) != 1:
            self.say(_("One at a time: Enter in the inbox shows a single one."))
            return
        edit_one(self, self._shown[0], self._edited)

    def _edited(self, one: Proposal) -> None:
        if self.is_attached:
            self._ids = [one.id]
            self._rehearse()
        self.app.say(_("Changed. This is what it would do now."))

    def noticed(self, changes: Any) -> None:
        """Records changed: whether that matters is seen when it is approved."""


def ask_why(screen: PlaceScreen, ids: Sequence[str], then: Callable[[str], None]) -> None:
    """Ask for a word to the next run, which may be left out, and reject."""
    app = screen.app

    def take(text: str) -> None:
        bench = app.bench
        app.change(lambda: proposals.reject(bench, ids, text.strip()), then)

    screen.ask_line(_("Why not:"), take, hint=_("Enter alone says nothing to the next run"))


def edit_one(screen: PlaceScreen, one: Proposal, then: Callable[[Proposal], None]) -> None:
    """Choose an argument, where there are several, and type another value for it."""
    app, given = screen.app, dict(one.arguments)
    if not given:
        screen.say(_("This call takes no arguments."))
        return

    def ask(name: str) -> None:
        old = given[name]
        text = old if isinstance(old, str) else proposals.as_json(old)

        def take(typed: str) -> None:
            changed = {**given, name: proposals.typed(old, typed)}
            bench = app.bench
            if changed == given:
                screen.say(_("Nothing to change."))
            else:
                app.change(lambda: proposals.edit(bench, one.id, changed), then)

        async def outside() -> None:
            typed = await app.outside_text(text)
            if typed is not None:
                app.when_unlocked(lambda: take(typed))

        if "\n" in text:
            app.run_worker(outside(), group="editor", exit_on_error=False)
        else:
            screen.ask_line(f"{name}:", take, text=text)

    if len(given) == 1:
        ask(next(iter(given)))
        return
    offered = [Choice(name, name, proposals.as_json(value)) for name, value in given.items()]
    app.push_screen(
        PickScreen(words.tool(one.tool), matching(lambda: offered)),
        lambda choice: ask(choice.value) if choice is not None else None,
    )
