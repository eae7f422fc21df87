"""Templates: agents, missions and scenes to begin with; one of them with what it makes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from store.words import N_, _
from tui.asking.agents import gallery
from tui.asking.agents.gallery import APPLY, OPTION, USUAL
from tui.asking.managing.entry import Entry
from tui.screens.told import ToldScreen, WholeScreen
from tui.shell.drafting import Spot

if TYPE_CHECKING:
    from store.ai.templates.applying import Result
    from store.workbench import Workbench
    from tui.asking.differing import Lines


class TemplatesScreen(ToldScreen):
    """The gallery by category. Enter shows one, with options to tick."""

    scopes = ("templates", "narrow", "move", "everywhere", "always")
    title_words = N_("Templates")

    def read(self, bench: Workbench) -> list[Entry]:
        """Those of the program, and those that came from files."""
        return gallery.entries(bench)

    def empty_words(self) -> str:
        """There are always some."""
        return _("There is no template here.")

    def tell(self, bench: Workbench, entry: Entry) -> Lines:
        """What it makes and what it lacks."""
        return gallery.told_card(bench, entry.value)

    def enter(self, entry: Entry) -> None:
        """One of them."""
        self.app.push_screen(TemplateScreen(entry.thing))

    def do_templates_import(self) -> None:
        """Take a file in; applying it comes after a look."""
        bench = self.app.bench

        def take(text: str, spot: Spot) -> None:
            self.app.change(lambda: gallery.take_in(bench, text), taken, spot)

        def taken(id: str) -> None:
            self.reload()
            self.app.push_screen(TemplateScreen(id))

        self.ask_name(_("File:"), "template/file", take, hint=_("~/weekly.json"))

    def do_templates_export(self) -> None:
        """The scene in view, with its agent and missions."""
        bench, scene = self.app.bench, self.app.place.scene

        def take(text: str, spot: Spot) -> None:
            def work() -> str:
                active = bench.scenes.active()
                id = scene or (str(active["id"]) if active is not None else "")
                return gallery.write_out(bench, id, text)

            self.change(work, spot)

        self.ask_name(_("Write this scene to:"), "template/out", take, hint=_("~/weekly.json"))


class TemplateScreen(ToldScreen):
    """One template: what of it is applied, and all that it holds."""

    scopes = ("template", "move", "everywhere", "always")
    title_words = N_("Template")

    def __init__(self, id: str) -> None:
        super().__init__()
        self._shown_id = id
        self._ticked = USUAL

    def read(self, bench: Workbench) -> list[Entry]:
        """Options, then what it holds."""
        return gallery.opened(bench, self._shown_id, self._ticked).entries

    def empty_words(self) -> str:
        """Only of one that was taken away."""
        return _("This template is gone.")

    def tell(self, bench: Workbench, entry: Entry) -> Lines:
        """What it makes, or one part whole."""
        return gallery.told_part(bench, entry)

    def enter(self, entry: Entry) -> None:
        """Apply, tick, or read a part whole."""
        if entry.kind == APPLY:
            self.do_template_apply()
        elif entry.kind == OPTION:
            self.do_template_tick()
        else:
            self.show_whole(_("Template"), entry)

    def do_template_tick(self) -> None:
        """Tick or untick an option."""
        if (chosen := self.chosen(OPTION)) is not None:
            self._ticked ^= {chosen.thing}
            self.reload()

    def do_template_apply(self) -> None:
        """Make what is ticked, as one step, and say what became of each part."""
        bench, ticked, id = self.app.bench, self._ticked, self._shown_id

        def done(result: Result) -> None:
            words, lines = gallery.outcome(result)
            if self.is_attached:
                self.reload()
                self.app.push_screen(WholeScreen(_("Template"), lines))
            self.app.say(words)

        self.app.change(lambda: gallery.apply(bench, id, ticked), done)
