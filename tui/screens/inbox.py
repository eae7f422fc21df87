"""The inbox: what waits for a person's look. Space accepts, r refuses, Enter shows the record.

What an agent proposes stands with all that it would change below the list, so that one key
approves what is seen; what does not fit there, several at once and what is of high risk is shown
whole first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual.widget import Widget

from store.words import N_, _
from tui.asking.managing import inbox, members
from tui.asking.managing.entry import Entry
from tui.asking.managing.inbox import AUTHORITY, CONFLICTS, ELSEWHERE, HELD, KINDS, PROPOSAL
from tui.asking.managing.members import MINE
from tui.screens.manage import ManageScreen
from tui.screens.past import Detail
from tui.screens.texts import Parts, TextScreen
from tui.shell.places import Place
from tui.shell.work import SERVER

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from store.workbench import Workbench


_PROPOSED = {
    "inbox.accept": N_("approve"),
    "inbox.refuse": N_("reject"),
    "inbox.edit": N_("edit"),
}
"""Words of the keys while the cursor is on what an agent asks for."""

_SHARE = "55%"
"""Of the screen, for what a proposal would change: the whole of a short one fits at 80x24."""


class InboxScreen(ManageScreen):
    """What agents propose; held deletions of the space in view and where else some wait; conflicts;
    what came from a server and waits; what a server refused; above them, invitations."""

    scopes = ("inbox", "marking", "narrow", "move", "everywhere", "always")
    title_words = N_("Inbox")

    def __init__(self) -> None:
        super().__init__()
        self._detail = Detail()
        self._detail.styles.height = _SHARE
        self._told = ""  # the proposal whose changes stand below the list
        self._done: list[Sequence[Any]] = []  # what was approved here: u takes back the last

    def body(self) -> Iterable[Widget]:
        """Lines, facts of the one under the cursor or all that it would change."""
        proposes = bool(self.app.status.proposals)
        self._detail.set_class(not proposes, "hidden")
        self._facts.set_class(proposes, "hidden")
        return [*super().body(), self._detail]

    def read(self, bench: Workbench) -> list[Entry]:
        """What waits."""
        return [*members.mine(bench), *inbox.entries(bench)]

    def empty_words(self) -> str:
        """Nothing waits."""
        words = _("Nothing waits for a look.")
        return words + "\n" + _("Deletions of very many records at once come here first.")

    def _show(self) -> None:
        proposes = any(entry.kind == PROPOSAL for entry in self._all)
        self._detail.set_class(not proposes, "hidden")
        self._facts.set_class(proposes, "hidden")
        old, chosen = self.entries.entries, self.entries.chosen
        super()._show()
        if chosen is not None and chosen.kind == PROPOSAL:
            self._stay(old, chosen)

    def _stay(self, old: Sequence[Entry], chosen: Entry) -> None:
        """What stood under the cursor was answered: go to the next of its run, else to one before
        it, else on; whatever the new order is."""
        alive = {entry.id for entry in self.entries.entries if entry.id}
        if chosen.id in alive:
            return
        at = next((n for n, entry in enumerate(old) if entry.id == chosen.id), 0)
        near = [*old[at + 1 :], *reversed(old[:at])]
        near = [entry for entry in near if entry.id in alive]
        mine = [e for e in near if e.kind == PROPOSAL and e.value.run == chosen.value.run]
        if found := next(iter(mine or near), None):
            self.entries.seek(found.id)

    def moved(self) -> None:
        """Show the facts of the line, of a proposal all that it would change."""
        super().moved()
        chosen, self._told = self.entries.chosen, ""
        is_proposal = chosen is not None and chosen.kind == PROPOSAL
        words = _PROPOSED if is_proposal else {"inbox.edit": ""}
        if words != self.hint_words:
            self.hint_words = words
            self.show_hints()
        if chosen is None or chosen.kind != PROPOSAL:
            facts = chosen.facts if chosen is not None else ""
            self.app.desk.forget("proposal")
            self._detail.show([(line, "dim") for line in facts.split("\n")])
            return
        from tui.asking.agents import proposals

        bench, one = self.app.bench, chosen.value

        def told(lines: list[tuple[str, str]]) -> None:
            self._detail.show(lines)
            self._told = one.id

        self.app.desk.ask(
            "look",
            lambda: proposals.told(bench, one),
            told,
            self.app.fail,
            group="proposal",
            owner=self,
        )

    def enter(self, entry: Entry) -> None:
        """The record, as it still is; of another space, that space; a proposal whole."""
        if entry.kind == PROPOSAL:
            self._show_whole([entry])
            return
        if entry.kind == ELSEWHERE:
            self.app.go(Place(space=entry.thing))
            return
        if entry.kind == CONFLICTS:
            self.app.do_screen("tui.screens.conflicts.ConflictsScreen")
            return
        if entry.kind == AUTHORITY:
            self.app.push_screen(InstructionScreen(entry))
            return
        if entry.kind != HELD:
            self.say(entry.facts.replace("\n", " "))
            return
        collection = entry.value[1]
        if any(module.main == collection for module in self.app.modules.values()):
            self.app.open_record(collection, entry.thing)
        else:
            self.say(_("{title} has no screen of its own.").format(title=entry.words))

    def do_inbox_accept(self) -> None:
        """Do what waits, of the marked ones as one step: delete, try again, let it act."""
        if chosen := self._alike():
            bench = self.app.bench
            if chosen[0].kind == MINE:
                self._answer(chosen, accept=True)
            elif chosen[0].kind == PROPOSAL:
                self._approve(chosen)
            else:
                self.change(lambda: inbox.accept(bench, chosen))

    def do_inbox_refuse(self) -> None:
        """Keep the record, drop the row, do not let it act; or the marked ones."""
        if chosen := self._alike():
            bench = self.app.bench
            if chosen[0].kind == MINE:
                self._answer(chosen, accept=False)
            elif chosen[0].kind == PROPOSAL:
                from tui.screens.proposal import ask_why

                ask_why(self, [entry.thing for entry in chosen], self._answered)
            else:
                self.change(lambda: inbox.refuse(bench, chosen))

    def do_inbox_edit(self) -> None:
        """Change what is asked for, and see what that would do."""
        if (entry := self.chosen(PROPOSAL)) is not None:
            from tui.screens.proposal import edit_one

            edit_one(self, entry.value, lambda one: self._show_whole([entry]))

    def do_undo(self) -> None:
        """Right after approvals: what the last one did goes back, then the one before. Else the
        newest step of the person."""
        if not self._done:
            self.app.do_undo()
            return
        done = self._done.pop()
        from tui.asking.agents import proposals

        bench = self.app.bench
        self.change(lambda: proposals.take_back(bench, done))

    def _show_whole(self, chosen: Sequence[Entry]) -> None:
        from tui.screens.proposal import ProposalScreen

        self.app.push_screen(ProposalScreen([entry.thing for entry in chosen], self.approved))

    def _approve(self, chosen: Sequence[Entry]) -> None:
        """One key where all of it is in view; else it is shown whole first."""
        from tui.asking.agents import proposals

        one = chosen[0].value
        is_seen = one.id == self._told and self._detail.is_whole
        is_plain = one.risk != "high" and not one.stale and not one.withdrawn
        if len(chosen) > 1 or not is_seen or not is_plain:
            self._show_whole(chosen)
            return
        bench = self.app.bench

        def done(answer: proposals.Answered) -> None:
            self.approved(answer)
            if answer.stale and self.is_attached:
                self._show_whole(chosen)
            self.app.say(answer.words, "warn" if answer.stale else "base")

        self.app.change(lambda: proposals.approve(bench, [one]), done)

    def approved(self, answer: Any) -> None:
        """Something was approved, here or where it was shown whole."""
        if answer.done:
            self._done.append(answer.done)
        if self.is_attached:
            self.entries.clear_marks()
            self.reload()

    def _answered(self, words: str) -> None:
        self._done.clear()
        self.app.say(words)
        if self.is_attached:
            self.entries.clear_marks()
            self.reload()

    def _answer(self, chosen: Sequence[Entry], *, accept: bool) -> None:
        """Accept or decline invitations, in the lane of the server."""
        app, bench = self.app, self.app.bench
        self.say(_("Asking the server …"))

        def work() -> str:
            return [members.answer(bench, one.thing, accept=accept) for one in chosen][-1]

        def done(words: str) -> None:
            if self.is_attached:
                self.entries.clear_marks()
                self.reload()
            app.say(words)

        app.desk.ask(SERVER, work, done, app.fail)

    def _alike(self) -> list[Entry]:
        """The marked entries of the kind of the first, else the one under the cursor."""
        found = self.targets(MINE, PROPOSAL, *KINDS)
        return [entry for entry in found if entry.kind == found[0].kind]

    def do_inbox_history(self) -> None:
        """Every value that the record had."""
        from tui.screens.past import PastScreen

        entry = self.chosen(HELD)
        modules = self.app.modules.values()
        module = next((m for m in modules if entry and m.main == entry.value[1]), None)
        if entry is not None and module is not None:
            self.app.push_screen(PastScreen(module, entry.thing))


class InstructionScreen(TextScreen):
    """All that an instruction from elsewhere would act by, before somebody lets it."""

    title_words = N_("Instruction")

    def __init__(self, entry: Entry) -> None:
        super().__init__()
        self._entry = entry

    def parts(self) -> Parts:
        """Every field with its value."""
        from tui.asking.managing import foreign

        found: list[str | tuple[str, str]] = [f"# {self._entry.words}", ""]
        for name, value in foreign.told_whole(self._entry.value):
            found += [f"{name}:", *value.split("\n"), ""]
        return [*found, _("Back in the inbox Space lets it act, r does not.")]
