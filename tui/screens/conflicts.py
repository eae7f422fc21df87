"""Conflicts: values typed here that lost to others. Mine above, theirs below; Space writes mine
back, r leaves theirs, e writes a third. What lost stays in the history either way."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from textual.widget import Widget

from store.words import N_, _
from tui.asking.managing import conflicts
from tui.asking.managing.conflicts import CONFLICT
from tui.asking.managing.entry import Entry
from tui.screens.manage import ManageScreen
from tui.screens.past import Detail, PastScreen
from tui.shell.drafting import Spot
from tui.shell.places import Place

if TYPE_CHECKING:
    from store.sync.waiting.conflicts import Row
    from store.workbench import Workbench


class ConflictsScreen(ManageScreen):
    """All of them, of every space; below, what the one under the cursor is about."""

    scopes = ("conflicts", "marking", "narrow", "move", "everywhere", "always")
    title_words = N_("Conflicts")

    def __init__(self) -> None:
        super().__init__()
        self._detail = Detail()
        self._left: Sequence[Row] = ()

    def body(self) -> Iterable[Widget]:
        """Lines, and both values of the one under the cursor."""
        return [self.entries, self._detail]

    def on_resize(self) -> None:
        """Both parts have their share at every size."""

    def read(self, bench: Workbench) -> list[Entry]:
        """All conflicts."""
        return conflicts.entries(bench)

    def empty_words(self) -> str:
        """There are none, and what would be one."""
        words = _("Nothing is in conflict.")
        return (
            words
            + "\n"
            + _("A value typed here that lost to another before it was sent comes here.")
        )

    def moved(self) -> None:
        """Show both values of the one under the cursor."""
        chosen = self.entries.chosen
        self._detail.show(chosen.value.lines if chosen is not None and chosen.value else [])

    def enter(self, entry: Entry) -> None:
        """The record, in its own space."""
        app, one = self.app, entry.value
        if all(module.main != one.collection for module in app.modules.values()):
            self.say(_("{title} has no screen of its own.").format(title=entry.words))
            return
        if one.space == app.place.space:
            app.open_record(one.collection, entry.thing)
            return
        app.go(Place(space=one.space))
        app.desk.ask(
            "write", lambda: None, lambda _done: app.open_record(one.collection, entry.thing)
        )

    def do_conflicts_mine(self) -> None:
        """Write mine back, of all marked ones as one step."""
        if chosen := self._chosen():
            bench, self._left = self.app.bench, ()
            self.change(lambda: conflicts.keep_mine(bench, chosen))

    def do_conflicts_theirs(self) -> None:
        """Leave what stands there, of all marked ones."""
        bench, chosen = self.app.bench, self._chosen()

        def leave() -> str:
            self._left = conflicts.only_forgotten(bench, chosen)
            return conflicts.keep_theirs(bench, chosen)

        if chosen:
            self.change(leave)

    def do_undo(self) -> None:
        """Leaving theirs writes nothing, so no step can be undone: they wait again."""
        bench, left = self.app.bench, self._left
        if left:
            self._left = ()
            self.change(lambda: conflicts.bring_back(bench, left))
        else:
            self.app.do_undo()

    def _chosen(self) -> list[conflicts.Shown]:
        return [entry.value for entry in self.targets(CONFLICT)]

    def do_conflicts_edit(self) -> None:
        """A third value: in a line, or both texts in $EDITOR where they have several."""
        entry = self.chosen(CONFLICT)
        if entry is None:
            return
        one = entry.value
        if one.field is None or one.is_masked or one.is_deletion:
            self.say(_("That can only be kept or left."))
        elif "\n" in one.mine or "\n" in one.theirs:
            self.app.run_worker(self._edit_outside(one), group="editor", exit_on_error=False)
        else:
            place = f"conflict/{one.collection}/{one.id}/{one.name}"
            spot = Spot(place, start=one.mine)
            self.ask_line(
                f"{_(one.field.words)}:",
                lambda text: self._write(one, text, spot),
                text="" if place in self.app.drafts else one.mine,
                spot=spot,
            )

    async def _edit_outside(self, one: conflicts.Shown) -> None:
        text = await self.app.outside_text(conflicts.both(one))
        if text is None:
            return
        if conflicts.is_unmerged(text):
            self.app.say(_("The marks between mine and theirs still stand; nothing was written."))
            return
        self.app.when_unlocked(lambda: self._write(one, text, None))

    def _write(self, one: conflicts.Shown, text: str, spot: Spot | None) -> None:
        bench, self._left = self.app.bench, ()
        self.change(lambda: conflicts.write(bench, one, text), spot)

    def do_conflicts_history(self) -> None:
        """Every value that the record had."""
        entry = self.chosen(CONFLICT)
        modules = self.app.modules.values()
        module = next((m for m in modules if entry and m.main == entry.value.collection), None)
        if entry is None:
            return
        if module is None or entry.value.space != self.app.place.space:
            self.say(_("Its history is seen in its own space; Enter goes there."))
            return
        self.app.push_screen(PastScreen(module, entry.thing))
