"""Spaces: all of them, made, renamed, widened and deleted by keys; Enter goes to one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from store.module import FormField
from store.words import N_, _
from tui.asking.managing import spaces
from tui.asking.managing.entry import Entry
from tui.screens.manage import Choice, ManageScreen
from tui.shell.drafting import Spot
from tui.shell.places import Place

if TYPE_CHECKING:
    from store.workbench import Workbench

_FIELDS = (
    FormField("name", "line", N_("Name")),
    FormField("slug", "line", N_("Short name")),
    FormField("type", "line", N_("Type")),
    FormField("modules", "line", N_("Allowed by hand")),
)


class SpacesScreen(ManageScreen):
    """Every space; the one in view bears a dot."""

    scopes = ("spaces", "manage", "narrow", "move", "everywhere", "always")
    title_words = N_("Spaces")

    def read(self, bench: Workbench) -> list[Entry]:
        """All spaces."""
        return spaces.entries(bench)

    def opened(self) -> None:
        """Begin on the space in view."""
        super().opened()
        self.entries.seek(self.app.bench.scope.id)

    def empty_words(self) -> str:
        """There is always the personal one."""
        return _("Spaces belong here. a makes one.")

    def enter(self, entry: Entry) -> None:
        """Be in this space; one that is gone from the server is only told of."""
        if entry.kind == spaces.HIDDEN:
            self.say(entry.facts.replace("\n", " "))
            return
        self.app.go(Place(space=entry.thing))

    # Making -----------------------------------------------------------------------------------

    def do_manage_add(self) -> None:
        """A name, a type, and where its tags come from."""
        self.ask_name(_("New space:"), "new/space", self._ask_type, hint=_("its name"))

    def _ask_type(self, name: str, spot: Spot) -> None:
        self.pick(
            _("Type of {name}").format(name=name),
            spaces.type_choices,
            lambda choice: self._ask_tags(name, choice.value, spot),
            numbered=True,
        )

    def _ask_tags(self, name: str, type: str, spot: Spot) -> None:
        bench = self.app.bench

        def make(source: str) -> None:
            self.change(lambda: spaces.create(bench, name, type, source), spot, follow=True)

        def asked(found: list[Choice]) -> None:
            if len(found) == 1:
                make(found[0].value)
            else:
                title = _("Tags to begin with")
                self.pick(title, lambda: found, lambda c: make(c.value), numbered=True)

        self.app.desk.ask("look", lambda: spaces.sources(bench), asked, self.app.fail, owner=self)

    # Changing ---------------------------------------------------------------------------------

    def do_manage_edit(self) -> None:
        """Another name."""
        if (entry := self.chosen(spaces.SPACE)) is not None:
            bench, id = self.app.bench, entry.thing
            self.ask_name(
                _("Name:"),
                f"field/spaces/{id}/name",
                lambda name, spot: self.change(lambda: spaces.rename(bench, id, name), spot),
                text=entry.words,
            )

    def do_spaces_slug(self) -> None:
        """Another short name, which the command line knows the space by."""
        if (entry := self.chosen(spaces.SPACE)) is not None:
            bench, id = self.app.bench, entry.thing
            self.ask_name(
                _("Short name:"),
                f"field/spaces/{id}/slug",
                lambda slug, spot: self.change(lambda: spaces.reslug(bench, id, slug), spot),
                text=entry.note.rpartition(" ")[2],
                hint=_("a to z, 0 to 9, dashes"),
            )

    def do_spaces_budget(self) -> None:
        """What all its agents together may spend a day."""
        if (entry := self.chosen(spaces.SPACE)) is not None:
            bench, id = self.app.bench, entry.thing
            self.ask_name(
                _("Budget of {name} a day:").format(name=entry.words),
                f"field/spaces/{id}/budget",
                lambda text, spot: self.change(lambda: spaces.set_budget(bench, id, text), spot),
                hint=_("5000 tokens, 0.50 $, or none"),
            )

    def do_spaces_type(self) -> None:
        """Another type; what the space holds stays in reach."""
        if (entry := self.chosen(spaces.SPACE)) is None:
            return
        bench, id = self.app.bench, entry.thing
        if entry.value == "personal":
            # The store's refusal says why, and what to do.
            self.change(lambda: spaces.retype(bench, id, "personal"))
            return
        self.pick(
            _("Type of {name}").format(name=entry.words),
            lambda: spaces.type_choices(entry.value),
            lambda choice: self.change(lambda: spaces.retype(bench, id, choice.value)),
            numbered=True,
        )

    def do_spaces_modules(self) -> None:
        """Which modules it allows beyond its type."""
        if (entry := self.chosen(spaces.SPACE)) is not None:
            bench, id = self.app.bench, entry.thing
            self.tick(
                _("Modules of {name}").format(name=entry.words),
                lambda: spaces.module_choices(bench, id),
                lambda choice, on: lambda: spaces.widen(bench, id, choice.value, on),
            )

    def do_spaces_members(self) -> None:
        """Who is in it, and who is invited."""
        if (entry := self.chosen(spaces.SPACE)) is not None:
            from tui.screens.members import MembersScreen

            self.app.push_screen(MembersScreen(entry.thing))

    def do_spaces_context(self) -> None:
        """Its context document; the note lives in the space, so it is gone to first."""
        if (entry := self.chosen(spaces.SPACE)) is None:
            return
        app, bench, id = self.app, self.app.bench, entry.thing

        def made(note: str) -> None:
            if id == app.place.space:
                app.open_record("notes", note)
                return
            app.go(Place(space=id, module="notes"))
            app.desk.ask("write", lambda: None, lambda _done: app.open_record("notes", note))

        app.change(lambda: bench.spaces.make_context(id), made)

    def do_manage_delete(self) -> None:
        """Delete it with all it holds; from the space in view one gets to the personal one."""
        if (entry := self.chosen(spaces.SPACE)) is None:
            return
        app, bench, id = self.app, self.app.bench, entry.thing
        was_here = id == app.place.space

        def done(words: str) -> None:
            if was_here:
                app.go(Place(space=bench.scope.id))
                app.desk.ask("write", lambda: None, lambda _done: app.say(words))
            else:
                app.say(words)

        app.change(lambda: spaces.delete(bench, id, entry.words), done)

    def do_manage_history(self) -> None:
        """What it was called before."""
        if (entry := self.chosen(spaces.SPACE)) is not None:
            self.history_of("spaces", entry.thing, _FIELDS)
