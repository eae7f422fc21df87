"""The app: one loop, its keys, its life from opening to leaving.

It owns what outlives a screen: the workbench, the desk, drafts, signals, the place. What a key does
on a screen is a method of that screen; what it does everywhere is in ``tui.everywhere``.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

from textual import events
from textual.app import App, SystemCommand
from textual.screen import Screen

from store.words import _
from tui import crash, doing, themes
from tui.actions import Action, in_scopes, registry
from tui.drafting import Drafter, Spot
from tui.everywhere import Everywhere
from tui.keys import Bindings, Gate, Press, Reader, bind
from tui.longer import Longer
from tui.opening import Found, Opening, Place, begin
from tui.signals import Signals, quietly, stop_group
from tui.widgets import LineField, NoteField, Segment
from tui.work import Answer, Desk

if TYPE_CHECKING:
    from store.drafts import Draft
    from store.modules import Module
    from store.workbench import Workbench

T = TypeVar("T")

SHOW_KEYS_AFTER = 0.4
"""Seconds after which the message line shows the keys of a sequence that waits for its rest."""

WARM_PAUSE = 0.2

WARMED = (
    "tui.screens.record",
    "tui.screens.pick",
    "tui.screens.found",
    "tui.screens.help",
    "tui.screens.past",
    "store.search",
)
"""Imported by an idle thread once the first rows stand."""

LAST_WRITES = 2.0
"""Seconds that changes and drafts under way get on the way out."""


class Manabench(Everywhere, Longer, App[int], inherit_bindings=False):
    """The workbench on a terminal."""

    TITLE = "manabench"
    ENABLE_COMMAND_PALETTE = False
    COMMANDS = set()
    AUTO_FOCUS = None
    ESCAPE_TO_MINIMIZE = False
    CSS = """
    Screen { scrollbar-size: 0 0; overflow: hidden; layout: vertical; }
    StatusLine { dock: none; }
    Message, #line, #secret { dock: bottom; }
    .hidden { display: none; }
    .away { visibility: hidden; }
    """

    def __init__(
        self,
        opening: Opening,
        *,
        demo: bool = False,
        text: str = "",
        settings: list[object] | None = None,
        driver_class: Any = None,
    ) -> None:
        if driver_class is None:
            from tui.driver import TerminalDriver

            driver_class = TerminalDriver
        self.look = themes.choose(os.environ)
        super().__init__(driver_class=driver_class)
        theme = themes.framework_theme(self.look)
        self.register_theme(theme)
        self.theme = theme.name
        self.opening = opening
        self.demo = demo
        self.waiting_text = text
        self.found: Found | None = None
        self.modules: dict[str, Module] = {}
        self.actions: tuple[Action, ...] = ()
        self.place = Place()
        self.places: list[Place] = []
        self.started = time.time()
        self.desk = Desk(self)
        self.drafter = Drafter(self._save_draft, self._clear_draft, self.set_timer, time.monotonic)
        self.signals = Signals(self, settings)
        self.last_words = ""
        self.status = doing.Status()
        self.drafts: dict[str, Draft] = {}
        self.shown_undo = 0
        self.wants_demo = False
        self.importing: threading.Event | None = None
        self.waiting_work: list[Callable[[], None]] = []
        self._back: list[dict[str, Any]] = []
        self._first_words = ""
        self._keys = Reader()
        self._gate = Gate()
        self._early: list[Press] = []
        self._compiled: dict[tuple[str, ...], Bindings] = {}
        self._last_key = time.monotonic()
        self._unsubscribe: Callable[[], None] = lambda: None
        self._unlisten: Callable[[], None] = lambda: None
        self._held: tuple[Spot, str] | None = None
        self._failed: Exception | None = None

    # Life ---------------------------------------------------------------------------------

    @property
    def bench(self) -> Workbench:
        """The open workbench. Screens that need it are only shown once it is there."""
        assert self.found is not None  # noqa: S101
        assert self.found.bench is not None  # noqa: S101
        return self.found.bench

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """None: screenshots and themes of the framework would write what is on the screen."""
        return ()

    def on_mount(self) -> None:
        """Take the signals over, then wait for the database off the loop."""
        quietly(self._fault)
        if not self.is_headless:
            self.signals.install()
            asyncio.get_running_loop().set_exception_handler(self._loop_fault)
        self.desk.ask("look", self.opening.result, self._opened, self._fault)

    def _opened(self, found: Found) -> None:
        from store.modules import installed

        self.found = found
        self.modules = installed()
        self.actions = registry(self.modules)
        self._compiled.clear()
        if found.error is not None:
            self.leave(1, crash.sentence(found.error))
        elif found.bench is None:
            from tui.screens.first import FirstScreen

            self.push_screen(FirstScreen())
        else:
            self.enter_workbench()

    def enter_workbench(self) -> None:
        """Show the list at the last place, or the lock screen. The workbench is open now."""
        if not self.bench.vault.unlocked:
            from tui.screens.locked import LockedScreen

            self.push_screen(LockedScreen())
            return
        self._unsubscribe()
        self._unsubscribe = self.bench.db.subscribe(self._noticed)
        self._unlisten()
        self._unlisten = self.bench.vault.when_locked(self._keys_dropped)
        self.bench.db.watch()
        self._arm_idle_lock()
        self.desk.ask("rows", lambda: begin(self.bench), self._show, self._fault)

    def after_opening(self, words: str, path: str = "") -> None:
        """The home was just made: show the list, say who keeps the key, import what was asked."""
        self._first_words = words
        self.pop_screen()
        self.enter_workbench()
        if path:
            self.waiting_work.append(lambda: self.import_path(path))

    def unlocked(self, back: list[dict[str, Any]]) -> None:
        """The vault is open again: show the list, then what was open before."""
        self._back = back
        self._last_key = time.monotonic()
        self.pop_screen()
        self.enter_workbench()

    def _keys_dropped(self) -> None:
        # In whichever thread noticed; the loop does the rest.
        self.call_later(self.locked_elsewhere)

    def hold_text(self) -> None:
        """The keys are gone with a text half typed: it waits in memory to be sealed."""
        self._held = self.drafter.abandon() or self._held

    def _show(self, found: tuple[Place, list[Draft]]) -> None:
        from tui.screens.list import ListScreen

        self.place, drafts = found
        self.drafts = {draft.place: draft for draft in drafts}
        if self.place.module not in self.modules:
            self.place.module = Place().module
        self.push_screen(ListScreen())

    def list_is_open(self) -> None:
        """The list stands: go on with what waited for it."""
        waiting, self.waiting_work = self.waiting_work, []
        back, self._back = self._back, []
        if self._first_words:
            self.say(self._first_words)
            self._first_words = ""
        if self._held is not None:
            held, self._held = self._held, None
            self._save_draft(*held)
        for spec in back:
            self.reopen(spec)
        for work in waiting:
            work()
        if self.waiting_text:
            text, self.waiting_text = self.waiting_text, ""
            self.pasted(text)
        threading.Thread(target=warm, name="bench-warm", daemon=True).start()

    def look_around(self) -> None:
        """Ask what the status line says of the space in view."""
        bench = self.bench
        self.desk.ask("look", lambda: doing.status(bench), self._looked, group="status")

    def _looked(self, status: doing.Status) -> None:
        self.status = status
        for screen in self.screen_stack:
            if hasattr(screen, "show_status") and screen.is_mounted:
                screen.show_status()

    def status_segments(self) -> list[Segment]:
        """Space and type, lock, trouble: what every screen shows, in that order."""
        found = self.found
        locked = found is not None and found.is_locked
        space = self.status.space
        if self.status.type and self.status.type != space.lower():
            space += f" ({self.status.type})"
        return [
            Segment("DEMO" if self.demo else "", "status_warn", 1),
            Segment(space, "status_strong", 1),
            Segment(_("locked") if locked else "", "status_warn", 2),
            Segment("" if self.demo else self.status.trouble, "status_warn", 3),
        ]

    @property
    def main_list(self) -> Any:
        """The list screen, which lies at the bottom while the workbench is unlocked; or None."""
        from tui.screens.list import ListScreen

        return next((s for s in self.screen_stack if isinstance(s, ListScreen)), None)

    def leave(self, code: int = 0, words: str = "") -> None:
        """Write what must be kept, then end with ``code``; ``words`` are said on the shell."""
        self.last_words = words
        self.drafter.leave()
        self.remember_place()
        self.desk.ask("write", lambda: None, lambda _: self.exit(return_code=code))
        self.signals.last_resort(code)

    def leave_by_signal(self, number: int) -> None:
        """SIGTERM and its like."""
        self.leave(128 + number)

    def leave_behind(self) -> int:
        """After the screen is gone: close the store, say the last words. The exit code."""
        self._unsubscribe()
        self._unlisten()
        if self.found is not None and self.found.bench is not None:
            self.desk.drain(LAST_WRITES)
            self.found.bench.close()
        if self.last_words:
            os.write(2, (self.last_words + "\n").encode())
        return self.return_code or 0

    # Faults -------------------------------------------------------------------------------

    def _handle_exception(self, error: Exception) -> None:
        # The framework would print every local variable, decrypted text among them.
        self._return_code = 1
        if self._exception is None:
            self._exception = error
            self._exception_event.set()
        self._fault(error)

    def panic(self, *renderables: Any) -> None:
        """The framework's way to die aloud; ours says one line and keeps the drafts."""
        self._fault(ConnectionError())

    def _loop_fault(self, loop: Any, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if isinstance(error, Exception):
            self._fault(error)

    def crash_file(self, error: Exception) -> Path | None:
        if self.found is None or self.demo:
            return None
        return crash.write(error, self.found.home)

    def _fault(self, error: BaseException) -> None:
        if self._failed is not None or not isinstance(error, Exception):
            return
        self._failed = error
        written = self.crash_file(error)
        if not isinstance(error, ConnectionError):
            self.last_words = crash.sentence(error, written)
        try:
            self.drafter.leave()
        except Exception:  # noqa: BLE001 - the screen may be half gone; the store is not
            self.last_words = self.last_words or crash.sentence(error, written)
        self.desk.drain(LAST_WRITES)
        self.signals.last_resort(1)
        self.exit(return_code=1)

    # Keys ---------------------------------------------------------------------------------

    @property
    def is_typing(self) -> bool:
        """Whether a text field has focus."""
        return isinstance(self.focused, (LineField, NoteField))

    async def on_event(self, event: events.Event) -> None:
        """Every key passes through the registry before the framework sees it."""
        if isinstance(event, events.Key) and not event.is_forwarded:
            self._last_key = time.monotonic()
            await self._press(Press(event.key, event.character, event.time))
        elif isinstance(event, events.Paste) and not event.is_forwarded and not self.is_typing:
            self.pasted(event.text)
        else:
            await super().on_event(event)

    async def _press(self, press: Press) -> None:
        if not self._gate.held and (self.is_typing or not self._gate.takes(press)):
            await self._act(press)
        else:
            wait = self._gate.hold(press) - time.monotonic()
            # Not a Timer: this happens at every key.
            asyncio.get_running_loop().call_later(max(0.001, wait), self.call_later, self._release)

    async def _release(self) -> None:
        if not self._gate.held or time.monotonic() < self._gate.due - 0.0005:
            return
        presses, text = self._gate.release()
        if text:
            self.pasted(text)
        for press in presses:
            await self._act(press)

    async def _act(self, press: Press) -> None:
        screen = self.screen
        if not getattr(screen, "is_ready", True):
            self._early.append(press)
            return
        meaning = self._keys.read(press, self.bindings_of(screen), typing=self.is_typing)
        if meaning.action is not None:
            self.perform(meaning.action, meaning.text)
        elif meaning.pending:
            self.set_timer(SHOW_KEYS_AFTER, self._show_pending)
        elif meaning.passed:
            await super().on_event(events.Key(press.key, press.character))

    async def screen_is_ready(self) -> None:
        """A screen has its widgets: let it have the keys pressed meanwhile."""
        early, self._early = self._early, []
        for press in early:
            await self._act(press)

    def bindings_of(self, screen: Any) -> Bindings:
        """The keys that act on ``screen`` now."""
        scopes = screen.typing_scopes if self.is_typing else screen.scopes
        key = (type(screen).__name__, *scopes, self.place.module)
        found = self._compiled.get(key)
        if found is None:
            found = self._compiled[key] = bind(self.actions_of(screen, scopes))
        return found

    def actions_of(self, screen: Any, scopes: Sequence[str]) -> list[Action]:
        """What can be done on ``screen``: the table's actions and the module's own."""
        here = in_scopes(self.actions, scopes)
        taken = {keys for action in here for keys in action.sequences}
        own = screen.own_actions() if "one" in scopes else ()
        return [
            *(a for a in own if not any(keys in taken for keys in a.sequences)),
            *here,
        ]

    def perform(self, action: Action, text: str = "") -> None:
        """Do what ``action`` says, on the screen in view or here.

        text: the key that stood where its sequence is left open.
        """
        method = getattr(self.screen, action.run, None) or getattr(self, action.run)
        if argument := action.argument or text:
            method(argument)
        else:
            method()

    def _show_pending(self) -> None:
        if not (pending := self._keys.pending):
            return
        known = self.bindings_of(self.screen)
        rest = [
            f"{keys[-1]} {_(action.words)}"
            for keys, action in known.items()
            if len(keys) == len(pending) + 1 and keys[:-1] == pending
        ]
        self.say(" ".join(pending) + " …  " + " · ".join(rest))

    def cancel_sequence(self) -> bool:
        """Forget a sequence that was begun; whether there was one."""
        return self._keys.cancel()

    # The terminal -------------------------------------------------------------------------

    async def lend_terminal(self, work: Callable[[], T]) -> T:
        """Run ``work`` in a thread while the terminal is its own: no output, no signals of ours.

        The loop lives on, so a hang-up or the idle lock is still heard. Raises what it raises.
        """

        def guarded() -> tuple[T | None, Exception | None]:
            # The framework does not take the terminal back if an exception passes through it.
            try:
                return work(), None
            except Exception as error:  # noqa: BLE001 - raised again below
                return None, error

        with self.signals.away(), self.batch_update(), self.suspend():
            value, error = await asyncio.to_thread(guarded)
        self.screen.refresh(layout=True)
        if error is not None:
            raise error
        return cast("T", value)

    def suspend_now(self) -> None:
        """Stop, with the shell's terminal as it was, until the shell continues us."""
        if self.is_headless:
            return
        self.drafter.flush()
        self.desk.drain(LAST_WRITES)
        with self.signals.away(), self.suspend():
            stop_group()
        self._last_key = time.monotonic()
        self.refresh(layout=True)

    def come_back(self) -> None:
        """Somebody stopped and continued us from outside: the terminal's modes are unknown."""
        if self._driver is not None:
            self._driver.suspend_application_mode()
            self._driver.resume_application_mode()
            self.refresh(layout=True)

    # Answers, notices, drafts, idleness ------------------------------------------------------

    def on_answer(self, answer: Answer) -> None:
        """Something asked of the desk is done."""
        self.desk.settle(answer)

    def _noticed(self, changes: Any) -> None:
        self.desk.ask("rows", lambda: changes, self._changed)

    def _changed(self, changes: Any) -> None:
        for screen in self.screen_stack:
            if (method := getattr(screen, "noticed", None)) is not None:
                method(changes)

    def _save_draft(self, spot: Spot, text: str) -> None:
        drafts = self.bench.drafts
        self.drafts[spot.place] = doing.draft_of(spot, text)
        self.desk.ask(
            "write",
            lambda: drafts.save(
                spot.place, text, spot.collection, spot.record, spot.field, spot.base_at
            ),
            failed=self.fail,
        )

    def _clear_draft(self, spot: Spot) -> None:
        self.drafts.pop(spot.place, None)
        self.desk.ask("write", lambda: self.bench.drafts.clear(spot.place), failed=self.fail)

    def _arm_idle_lock(self) -> None:
        if self.found is not None and self.found.idle_seconds:
            self.set_timer(self.found.idle_seconds, self._maybe_lock)

    def _maybe_lock(self) -> None:
        assert self.found is not None  # noqa: S101
        left = self._last_key + self.found.idle_seconds - time.monotonic()
        if not self.bench.vault.unlocked:
            return
        if left > 0.05:
            self.set_timer(left, self._maybe_lock)
        else:
            self.do_lock()

    def remember_place(self) -> None:
        """Write down where the person is, for ``b`` after a restart."""
        if self.found is None or self.found.bench is None or not self.bench.vault.unlocked:
            return
        if (screen := self.main_list) is not None:
            screen.mark_place()
        kept = dict(vars(self.place))
        self.desk.ask("write", lambda: self.bench.device.set("place", kept))


def warm() -> None:
    """Import, one by one and in no hurry, what the first use of a screen would wait for.

    Collecting garbage begins only then, and passes by all that was imported: a start makes none.
    """
    import gc
    import importlib

    for name in WARMED:
        time.sleep(WARM_PAUSE)
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    gc.freeze()
    gc.enable()
