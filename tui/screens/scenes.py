"""Scenes of the space with their cards; Enter uses one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from store.module import FormField
from store.words import N_, _
from tui.asking.managing import scenes
from tui.asking.managing.entry import Entry
from tui.asking.managing.scenes import CARD, SCENE
from tui.screens.manage import ManageScreen
from tui.shell.places import HOME, Place

if TYPE_CHECKING:
    from store.workbench import Workbench

_FIELDS = (
    FormField("name", "line", N_("Name")),
    FormField("description", "line", N_("Description")),
    FormField("order", "number", N_("Place")),
)


class ScenesScreen(ManageScreen):
    """The scenes in their order, each over its cards."""

    scopes = ("scenes", "ordering", "manage", "narrow", "move", "everywhere", "always")
    title_words = N_("Scenes")

    def read(self, bench: Workbench) -> list[Entry]:
        """Scenes and cards."""
        return scenes.entries(bench)

    def opened(self) -> None:
        """Begin on the scene in view."""
        super().opened()
        self.entries.seek(self.app.place.scene)

    def empty_words(self) -> str:
        """A space has one scene at least; one that came from elsewhere may have none yet."""
        return _("Scenes belong here: layouts of cards. a makes one.")

    def enter(self, entry: Entry) -> None:
        """Home in this scene, at this card."""
        bench, app = self.app.bench, self.app
        if entry.kind == CARD and entry.note:
            self.say(f"{entry.words}: {entry.note}")
            return
        module = entry.value if entry.kind == CARD else ""

        def used(_done: None) -> None:
            here = bench.scope.id
            app.go(Place(space=here, module=module, kind=HOME, scene=entry.thing))

        app.change(lambda: bench.scenes.use(entry.thing), used)

    # Making -----------------------------------------------------------------------------------

    def do_manage_add(self) -> None:
        """A scene behind the others, without cards yet."""
        bench = self.app.bench
        self.ask_name(
            _("New scene:"),
            f"new/scene/{bench.scope.id}",
            lambda name, spot: self.change(lambda: scenes.add(bench, name), spot, follow=True),
        )

    def do_scenes_duplicate(self) -> None:
        """A copy with all its cards."""
        if (entry := self.chosen()) is not None:
            bench, id = self.app.bench, entry.thing
            self.change(lambda: scenes.duplicate(bench, id), follow=True)

    def do_scenes_card(self) -> None:
        """A card of a module that the space allows."""
        if (entry := self.chosen()) is not None:
            bench, id = self.app.bench, entry.thing
            self.pick(
                _("Card"),
                lambda: scenes.card_choices(bench, id),
                lambda choice: self.change(
                    lambda: scenes.add_card(bench, id, choice.value), follow=True
                ),
            )

    # Changing ---------------------------------------------------------------------------------

    def do_manage_edit(self) -> None:
        """Another name."""
        if (entry := self.chosen(SCENE)) is not None:
            bench, id = self.app.bench, entry.thing
            self.ask_name(
                _("Name:"),
                f"field/workbenchScenes/{id}/name",
                lambda name, spot: self.change(lambda: scenes.rename(bench, id, name), spot),
                text=entry.words,
            )

    def do_scenes_describe(self) -> None:
        """A sentence about it."""
        if (entry := self.chosen(SCENE)) is not None:
            bench, id = self.app.bench, entry.thing
            self.ask_line(
                _("Description:"),
                lambda text: self.change(lambda: scenes.describe(bench, id, text)),
            )

    def do_scenes_tags(self) -> None:
        """Which tags its cards are narrowed to."""
        if (entry := self.chosen()) is not None:
            bench, id = self.app.bench, entry.thing
            self.tick(
                _("Only"),
                lambda: scenes.filter_choices(bench, id),
                lambda choice, on: lambda: scenes.filter_by(bench, id, choice.value, on),
            )

    def do_scenes_lens(self) -> None:
        """The agent that new missions of this scene get, and by which its timeline is narrowed."""
        from tui.asking.agents import lens

        if (entry := self.chosen(SCENE)) is not None:
            bench, id = self.app.bench, entry.thing
            self.pick(
                _("Agent"),
                lambda: lens.choices(bench),
                lambda choice: self.change(lambda: lens.set_to(bench, id, choice.value)),
            )

    def do_scenes_width(self, direction: str) -> None:
        """More or less of the columns for the card under the cursor."""
        if (entry := self.chosen(CARD)) is not None:
            bench = self.app.bench
            self.change(lambda: scenes.widen(bench, entry.thing, entry.value, int(direction)))

    def do_order(self, how: str) -> None:
        """Move the scene, or the card in its scene, by one place."""
        if (entry := self.chosen()) is not None:
            bench, step = self.app.bench, 1 if how == "later" else -1
            self.change(lambda: scenes.shift(bench, entry, step))

    def do_manage_delete(self) -> None:
        """Delete the scene, or take the card off; records stay."""
        if (entry := self.chosen()) is not None:
            bench = self.app.bench
            self.change(lambda: scenes.delete(bench, entry))

    def do_manage_history(self) -> None:
        """What it was called before."""
        if (entry := self.chosen()) is not None:
            self.history_of("workbenchScenes", entry.thing, _FIELDS)
