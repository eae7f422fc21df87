"""The timeline: what agents did and what they read, by day; one run with its steps and records."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from textual.widget import Widget

from store.words import N_, _
from tui.asking.agents import timeline
from tui.asking.agents.timeline import ACT, BUCKET, Narrowed
from tui.asking.managing.entry import Entry
from tui.screens.pick import Choice
from tui.screens.tabs import TabLine
from tui.screens.told import ToldScreen
from tui.shell.places import Place
from tui.widgets import Segment

if TYPE_CHECKING:
    from store.ai.proposals.timeline import Bucket
    from store.workbench import Workbench
    from tui.asking.differing import Lines
    from tui.shell.manabench import Manabench


class TimelineScreen(ToldScreen):
    """Two tabs: what was done, and what was read."""

    scopes = ("timeline", "narrow", "move", "everywhere", "always")
    title_words = N_("Timeline")

    def __init__(self) -> None:
        super().__init__()
        self._reads = False
        self._narrowed: Narrowed | None = None  # by the lens of the scene, until it is chosen
        self._tabs = TabLine()

    def body(self) -> Iterable[Widget]:
        """Tabs, lines, what is said of one."""
        return [self._tabs, *super().body()]

    def opened(self) -> None:
        """Begin with what was done."""
        self._show_tabs()
        super().opened()

    def _show_tabs(self) -> None:
        tabs = [(_("What was done"), not self._reads), (_("Data access"), self._reads)]
        self._tabs.show(_("Timeline"), tabs)

    def choose_tab(self, index: int) -> None:
        """The tab with this number; where a jump goes."""
        if self._reads != bool(index):
            self.do_timeline_tab()

    def read(self, bench: Workbench) -> list[Entry]:
        """Of the tab in view."""
        if self._narrowed is None:
            self._narrowed = timeline.lens(bench)
        asked = timeline.reads if self._reads else timeline.acts
        return asked(bench, self._narrowed)

    def empty_words(self) -> str:
        """Why nothing stands there."""
        if self._narrowed is not None and self._narrowed.words:
            words = _("Nothing of {name} stands here. {timeline_filter} shows everything.")
            return self.app.keyed(words, name=self._narrowed.words)
        if self._reads:
            return _("No agent has read a record yet.")
        return _("No agent has done anything yet.") + "\n" + _("What they do comes here, by day.")

    def tell(self, bench: Workbench, entry: Entry) -> Lines:
        """A run step by step."""
        return timeline.told(bench, entry)

    def segments(self) -> list[Segment]:
        """What it is narrowed to."""
        words = self._narrowed.words if self._narrowed is not None else ""
        return [Segment(words, "status_strong", 3), *super().segments()]

    def enter(self, entry: Entry) -> None:
        """The steps of a run; the record that was read."""
        if entry.kind == BUCKET:
            self.app.push_screen(StepsScreen(entry.value))
        else:
            open_there(self.app, entry)

    # Acts -------------------------------------------------------------------------------------

    def do_timeline_tab(self) -> None:
        """The other tab."""
        self._reads = not self._reads
        self._show_tabs()
        self.entries.show((), _("Loading …"))
        self.reload()

    def do_timeline_filter(self) -> None:
        """Only one agent, module or space, or everything."""
        bench = self.app.bench

        def offered() -> list[Choice]:
            return [
                Choice(words, narrowed, kind) for words, kind, narrowed in timeline.choices(bench)
            ]

        def take(choice: Choice) -> None:
            self._narrowed = choice.value
            self.reload()

        self.pick(_("Only"), offered, take)

    def do_timeline_revert(self) -> None:
        """Take back what the run under the cursor changed; it is shown first."""
        if (entry := self.chosen(BUCKET)) is None:
            return
        if entry.value.records:
            revert(self.app, entry.value)
        else:
            self.say(_("It changed nothing."))

    def cancel(self) -> bool:
        """Escape: the narrowing by choice before the screen."""
        if self._narrowed is not None and self._narrowed.words:
            self._narrowed = Narrowed()
            self.reload()
            return True
        return super().cancel()


class StepsScreen(ToldScreen):
    """One run: its steps, and the records that each changed."""

    scopes = ("steps", "narrow", "move", "everywhere", "always")
    title_words = N_("Run")

    def __init__(self, bucket: Bucket) -> None:
        super().__init__()
        self._bucket = bucket

    def read(self, bench: Workbench) -> list[Entry]:
        """Steps with their records, as they are by now."""
        self._bucket = timeline.as_it_is(bench, self._bucket)
        return timeline.steps(bench, self._bucket)

    def empty_words(self) -> str:
        """A run that changed nothing has a line that says so."""
        return _("It changed nothing.")

    def tell(self, bench: Workbench, entry: Entry) -> Lines:
        """What the step changed."""
        return timeline.told_step(bench, entry)

    def enter(self, entry: Entry) -> None:
        """The record."""
        if entry.kind == ACT:
            self.show_whole(_("Step"), entry)
        else:
            open_there(self.app, entry)

    def do_steps_revert(self) -> None:
        """Take back the step under the cursor; it is shown first."""
        chosen = self.chosen()
        if chosen is None:
            return
        act = chosen.value if chosen.kind == ACT else chosen.value[2]
        revert(self.app, self._bucket, act.number if act.number >= 0 else None)


def revert(app: Manabench, bucket: Bucket, step: int | None = None) -> None:
    """Show what would go back."""
    from tui.screens.revert import RevertScreen

    app.push_screen(RevertScreen(bucket.mission, bucket.iteration, step))


def open_there(app: Manabench, entry: Entry) -> None:
    """The record of a line, in its own space."""
    collection, space = entry.value[:2]
    if all(module.main != collection for module in app.modules.values()):
        app.say(_("{title} has no screen of its own.").format(title=entry.words))
        return
    if space == app.bench.scope.number:
        app.open_record(collection, entry.thing)
        return
    bench = app.bench

    def there() -> Any:
        from tui.asking.agents.proposals import scope_of

        return scope_of(bench, space).id

    def go(id: str) -> None:
        app.go(Place(space=id))
        app.desk.ask("write", lambda: None, lambda _done: app.open_record(collection, entry.thing))

    app.desk.ask("look", there, go, app.fail)
