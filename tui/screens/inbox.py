"""The inbox: what waits for a person's look. Space accepts, r refuses, Enter shows the record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from store.words import N_, _
from tui.asking.managing import inbox
from tui.asking.managing.entry import Entry
from tui.asking.managing.inbox import ELSEWHERE, HELD
from tui.screens.manage import ManageScreen
from tui.shell.places import Place

if TYPE_CHECKING:
    from store.workbench import Workbench


class InboxScreen(ManageScreen):
    """Held deletions of the space in view, and where else some wait."""

    scopes = ("inbox", "marking", "narrow", "move", "everywhere", "always")
    title_words = N_("Inbox")

    def read(self, bench: Workbench) -> list[Entry]:
        """What waits."""
        return inbox.entries(bench)

    def empty_words(self) -> str:
        """Nothing waits."""
        words = _("Nothing waits for a look.")
        return words + "\n" + _("Deletions of very many records at once come here first.")

    def enter(self, entry: Entry) -> None:
        """The record, as it still is; of another space, that space."""
        if entry.kind == ELSEWHERE:
            self.app.go(Place(space=entry.thing))
            return
        collection = entry.value[1]
        if any(module.main == collection for module in self.app.modules.values()):
            self.app.open_record(collection, entry.thing)
        else:
            self.say(_("{title} has no screen of its own.").format(title=entry.words))

    def do_inbox_accept(self) -> None:
        """Do what waits: delete the record or the marked ones, as one step."""
        if numbers := [entry.value[0] for entry in self.targets(HELD)]:
            bench = self.app.bench
            self.change(lambda: inbox.accept(bench, numbers))

    def do_inbox_refuse(self) -> None:
        """Keep the record, or the marked ones."""
        if numbers := [entry.value[0] for entry in self.targets(HELD)]:
            bench = self.app.bench
            self.change(lambda: inbox.refuse(bench, numbers))

    def do_inbox_history(self) -> None:
        """Every value that the record had."""
        from tui.screens.past import PastScreen

        entry = self.chosen(HELD)
        modules = self.app.modules.values()
        module = next((m for m in modules if entry and m.main == entry.value[1]), None)
        if entry is not None and module is not None:
            self.app.push_screen(PastScreen(module, entry.thing))
