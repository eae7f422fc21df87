"""The inbox: what waits for a person's look. Space accepts, r refuses, Enter shows the record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from store.words import N_, _
from tui.asking.managing import inbox, members
from tui.asking.managing.entry import Entry
from tui.asking.managing.inbox import AUTHORITY, CONFLICTS, ELSEWHERE, HELD, KINDS
from tui.asking.managing.members import MINE
from tui.screens.manage import ManageScreen
from tui.screens.texts import Parts, TextScreen
from tui.shell.places import Place
from tui.shell.work import SERVER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from store.workbench import Workbench


class InboxScreen(ManageScreen):
    """Held deletions of the space in view and where else some wait; conflicts; what came from a
    server and waits; what a server refused; above them, invitations."""

    scopes = ("inbox", "marking", "narrow", "move", "everywhere", "always")
    title_words = N_("Inbox")

    def read(self, bench: Workbench) -> list[Entry]:
        """What waits."""
        return [*members.mine(bench), *inbox.entries(bench)]

    def empty_words(self) -> str:
        """Nothing waits."""
        words = _("Nothing waits for a look.")
        return words + "\n" + _("Deletions of very many records at once come here first.")

    def enter(self, entry: Entry) -> None:
        """The record, as it still is; of another space, that space."""
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
            else:
                self.change(lambda: inbox.accept(bench, chosen))

    def do_inbox_refuse(self) -> None:
        """Keep the record, drop the row, do not let it act; or the marked ones."""
        if chosen := self._alike():
            bench = self.app.bench
            if chosen[0].kind == MINE:
                self._answer(chosen, accept=False)
            else:
                self.change(lambda: inbox.refuse(bench, chosen))

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
        found = self.targets(MINE, *KINDS)
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
