"""What the keys do that act on every screen: undo, spaces, capture, locking, leaving."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from store.errors import ManabenchError
from store.words import _, ngettext
from tui.asking import doing
from tui.shell import crash
from tui.shell.drafting import Spot

if TYPE_CHECKING:
    from store.module import Module

CAPTURED = "todo"
"""The module that capture writes to, wherever it is pressed."""


class Everywhere:
    """Mixed into the app; ``self`` is always a ``Manabench``."""

    # Words --------------------------------------------------------------------------------

    def say(self: Any, text: str, role: str = "base") -> None:
        """One line to the person, on the screen in view."""
        if (say := getattr(self.screen, "say", None)) is not None:
            say(text, role)

    def fail(self: Any, error: Exception) -> None:
        """What went wrong, in its three sentences. A fault of ours in a worker is written down
        and told, but ends nothing: the loop and its state are whole."""
        if isinstance(error, ManabenchError):
            self.say(crash.sentence(error), "error")
            return
        written = self.crash_file(error)
        self.say(crash.shortly(error, written), "error")

    def change(self: Any, work: Any, then: Any = None, spot: Spot | None = None) -> None:
        """Run a change of the store in order; ``then`` gets its value, else it is the message.

        spot: where the text came from; its draft is cleared once the change is written.
        """
        drafts = self.bench.drafts

        def job() -> Any:
            value = work()
            if spot is not None:
                drafts.clear(spot.place)
            return value

        def done(value: Any) -> None:
            if spot is not None:
                self.drafts.pop(spot.place, None)
            (then or self.say)(value)

        self.desk.ask("write", job, done, self.fail)

    # Undo ---------------------------------------------------------------------------------

    def do_undo(self: Any) -> None:
        """Take back the newest step; an old one is only shown first (law 12)."""
        scope, shown, since = self.bench.scope, self.shown_undo, self.started
        self.shown_undo = 0
        self._follow(True)
        self.change(lambda: doing.undo(self.bench, scope, shown, since), self._undone)

    def _undone(self: Any, result: tuple[str, int]) -> None:
        words, self.shown_undo = result
        self._follow(False)
        self.say(words, "warn" if self.shown_undo else "base")

    def do_redo(self: Any) -> None:
        """Do again what was just undone."""
        scope = self.bench.scope
        self._follow(True)
        self.change(lambda: doing.redo(self.bench, scope), self._redone)

    def _redone(self: Any, words: str) -> None:
        self._follow(False)
        self.say(words)

    def _follow(self: Any, follows: bool) -> None:
        # The notice of the change comes before its answer.
        if (screen := self.main_list) is not None:
            screen.follows = follows

    # Screens ------------------------------------------------------------------------------

    def do_screen(self: Any, path: str) -> None:
        """One of the registry's screens, imported now; asked for again it is not stacked."""
        from importlib import import_module

        module, name = path.rsplit(".", 1)
        screen = getattr(import_module(module), name)
        if type(self.screen) is not screen:
            self.push_screen(screen())
        else:
            self.say(_("You are here already."))

    def do_go_search(self: Any) -> None:
        """The search screen."""
        from tui.screens.found import FoundScreen

        self.push_screen(FoundScreen())

    def do_palette(self: Any) -> None:
        """Actions of this screen and records of this space, by words."""
        from tui.screens.pick import PickScreen

        screen = self.screen
        actions = [
            a
            for a in self.actions_of(screen, screen.scopes)
            # Cards and scenes have names; their numbers would be nine lines of the same words.
            if a.scope not in ("move", "first") and not a.argument.isdigit()
        ]
        scope, bench = self.bench.scope, self.bench
        self.push_screen(
            PickScreen(":", lambda text: doing.palette(bench, scope, actions, text)),
            lambda choice: self._palette_chosen(choice),
        )

    def _palette_chosen(self: Any, choice: Any) -> None:
        if choice is None:
            return
        kind, value = choice.value
        if kind == "action":
            self.perform(value)
        elif kind == "record":
            self.open_record(*value)
        elif (screen := self.main_list) is not None:
            self._to_base()
            screen.go_to_row(value)

    def open_record(self: Any, collection: str, id: str) -> None:
        """Show one record of this space: its long text where it has one, else its fields."""
        from tui.screens.record import screen_of

        self.push_screen(screen_of(self, {"collection": collection, "id": id}))

    # Capture ------------------------------------------------------------------------------

    def do_capture(self: Any) -> None:
        """One line into this space, which is named before anything is typed."""
        self.screen.capture("")

    def pasted(self: Any, text: str) -> None:
        """Text that came while no field had focus: nothing of it may act as keys."""
        if (capture := getattr(self.screen, "capture", None)) is not None:
            capture(text)

    def capture_here(self: Any, screen: Any, text: str) -> None:
        """Capture makes a task, or a record of the list or card in view where no task may live."""
        if self.found is None or self.found.is_locked or self.found.bench is None:
            return
        todo = self.modules.get(CAPTURED)
        allowed = todo is not None and self.bench.scope.allows(CAPTURED)
        if not allowed:
            here = [m for m in self.modules.values() if self.bench.scope.allows(m.id)]
            todo = next((m for m in here if m.id == self.place.module), here[0] if here else None)
        if todo is None:
            self.say(_("Nothing can be captured in this space."))
            return
        self.add_line(screen, todo, text)

    def add_line(self: Any, screen: Any, module: Module, text: str) -> None:
        """Open the line for a new record on ``screen``; a paste keeps its further lines."""
        if module.id == CAPTURED:
            from tui.asking import capturing

            capturing.open_line(self, screen, module, text)
            return
        bench, scope = self.bench, self.bench.scope
        prompt = _("{space} · new {noun}:").format(space=self.status.space, noun=_(module.noun))
        first, _newline, more = text.strip().partition("\n")
        lines = ngettext("and {n} line more", "and {n} lines more", more.count("\n") + 1)
        if more:
            prompt = f"{prompt[:-1]} ({lines.format(n=more.count(chr(10)) + 1)}):"

        def added(result: tuple[str, str]) -> None:
            id, words = result
            self.say(words)
            self.desk.ask(
                "rows",
                lambda: bench.documents.get(scope, module.main, id).key,
                lambda key: self._added(screen, module, key),
                self.fail,
                owner=screen,
            )

        def commit(typed: str) -> None:
            if typed.strip():
                whole = f"{typed}\n{more}" if more else typed
                self.change(lambda: doing.add(bench, scope, module, whole), added, spot)

        spot = Spot(f"add/{scope.id}/{module.id}", module.main)
        screen.ask_line(prompt, commit, text=first, spot=spot)

    def _added(self: Any, screen: Any, module: Module, key: int) -> None:
        if (tell := getattr(screen, "added", None)) is not None:
            tell(module, key)

    # Locking ------------------------------------------------------------------------------

    def do_lock(self: Any) -> None:
        """Keep the draft, drop the keys, and take everything readable off the screen."""
        if self.found is None or self.found.bench is None or not self.bench.vault.unlocked:
            return
        from tui.screens.locked import LockedScreen

        back = self.where()
        self.give_engine_up()
        self.drafter.leave()
        self.remember_place()
        # In the lane of changes: the draft is sealed before the keys go.
        self.desk.ask("write", self.bench.vault.lock, failed=self.fail)
        self.forget_all()
        self.switch_screen(LockedScreen(back))

    def locked_elsewhere(self: Any) -> None:
        """Another process locked the home: nothing readable may stay here either."""
        from tui.screens.locked import LockedScreen

        if self.bench.vault.unlocked or isinstance(self.screen, LockedScreen):
            return
        back = self.where()
        self.give_engine_up()
        self.hold_text()
        self.forget_all()
        self.switch_screen(LockedScreen(back))

    def forget_all(self: Any) -> None:
        """Close every screen above the lowest, which is then switched for the lock screen."""
        self.cancel_sequence()
        self.forget_said()
        self.drafts.clear()
        self.copied = ("", "")
        self.desk.forget("status")
        self.status = doing.Status()
        self.forget_places()
        while len(self.screen_stack) > 1:
            self.pop_screen()

    def where(self: Any) -> list[Any]:
        """What must be opened again after unlocking: ids and names of fields, no text."""
        from tui.keys.actions import TABLE

        paths = {action.argument for action in TABLE if action.run == "do_screen"}
        found = []
        for screen in self.screen_stack:
            path = f"{type(screen).__module__}.{type(screen).__name__}"
            if hasattr(screen, "again"):
                found.append(screen.again())
            elif path in paths:
                found.append({"screen": path})
        return [spec for spec in found if spec]

    def reopen(self: Any, spec: dict[str, Any]) -> None:
        """Open again what ``where`` wrote down."""
        if "collection" in spec:
            from tui.screens.record import screen_of

            self.push_screen(screen_of(self, spec))
        elif "search" in spec:
            self.do_go_search()
        elif "screen" in spec:
            self.do_screen(spec["screen"])
        elif "add" in spec:
            self.add_line(self.main_list, self.modules[spec["add"]], "")

    # The program --------------------------------------------------------------------------

    def do_help(self: Any) -> None:
        """The keys that act on the screen in view."""
        from tui.screens.help import HelpScreen

        screen = self.screen
        if not isinstance(screen, HelpScreen):
            is_open = self.found is not None and self.found.bench is not None
            is_open = is_open and not self.found.is_locked
            self.push_screen(HelpScreen(self.actions_of(screen, screen.scopes), is_open=is_open))

    def do_redraw(self: Any) -> None:
        """Paint every cell again."""
        self.paint()

    def do_suspend(self: Any) -> None:
        """Hand the terminal back to the shell until ``fg``."""
        self.suspend_now()

    def do_quit(self: Any) -> None:
        """Leave; everything is written."""
        self.leave()

    def do_cancel(self: Any) -> None:
        """Escape: what is open is cancelled, the nearest first; then running work."""
        cancel = getattr(self.screen, "cancel", None)
        if cancel is not None and cancel():
            return
        if self.importing is not None:
            self.importing.set()
            # In the place of the count, so that it goes when the work has ended.
            self.show_job(_("Cancelling …"))
            return
        if not (self.stop_run() or self.cancel_syncing()):
            self.say("")

    def do_recovery(self: Any) -> None:
        """Show a new recovery code once and let two groups of it be typed back."""
        from tui.screens.recovery import RecoveryScreen

        self.push_screen(RecoveryScreen())
