"""The app: one loop, its keys, its life from opening to leaving.

It owns what outlives a screen: the workbench, the desk, drafts, signals, the place. What a key does
on a screen is a method of that screen. The rest of the app is mixed in: ``pressing`` (keys on their
way), ``everywhere`` (what they do on all screens), ``longer`` ($EDITOR, imports), ``faults``.
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar, cast

from textual.app import App, SystemCommand
from textual.screen import Screen

from store.errors import ManabenchError
from store.words import _
from tui.asking import doing
from tui.keys.actions import Action
from tui.keys.pressing import Pressing
from tui.shell import crash, warming
from tui.shell.agents import Agenting
from tui.shell.drafting import Drafter, Spot
from tui.shell.dressing import Dressing
from tui.shell.everywhere import Everywhere
from tui.shell.faults import Faults
from tui.shell.going import Going
from tui.shell.linking import Linking
from tui.shell.longer import Longer
from tui.shell.missions import Missioning
from tui.shell.opening import Found, Opening, begin
from tui.shell.signals import Signals, quietly, stop_group
from tui.shell.syncing import BOOKKEEPING, GIVEN_UP, Syncing
from tui.shell.work import Answer, Desk
from tui.widgets import Segment

if TYPE_CHECKING:
    from store.drafts import Draft
    from store.module import Module
    from store.workbench import Workbench
    from tui.asking.scenery import Base

T = TypeVar("T")

WATCHED_EVERY = 0.1
"""Seconds between two looks for other processes' changes: shown within 150 ms, and idle is idle."""

TURN = 0.0005
"""Seconds that a working thread may keep the interpreter from the loop. Each key has several waits
for it, and with Python's own 5 ms they add up to a pause that is felt."""

LAST_WRITES = 2.0
"""Seconds that changes and drafts under way get on the way out."""


class Manabench(
    Pressing,
    Everywhere,
    Going,
    Dressing,
    Linking,
    Longer,
    Syncing,
    Agenting,
    Missioning,
    Faults,
    App[int],
    inherit_bindings=False,
    inherit_css=False,  # of the framework's own, which a start parses twice, two lines matter here
):
    """The workbench on a terminal."""

    TITLE = "manabench"
    ENABLE_COMMAND_PALETTE = False
    COMMANDS = set()
    AUTO_FOCUS = None
    ESCAPE_TO_MINIMIZE = False
    CSS = """
    Manabench { background: $background; color: $foreground; }
    Manabench:ansi { background: ansi_default; color: ansi_default; }
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
            from tui.shell.driver import TerminalDriver

            driver_class = TerminalDriver
        sys.setswitchinterval(TURN)
        self.dress_first(opening.settings)
        super().__init__(driver_class=driver_class)
        self.theme_first()
        self.opening = opening
        self.demo = demo
        self.waiting_text = text
        self.found: Found | None = None
        self.modules: dict[str, Module] = {}
        self.actions: tuple[Action, ...] = ()
        self.start_going()
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
        self.waiting_work: list[Callable[[], None]] = [self.tell_problems, self.tell_keymap]
        self._back: list[dict[str, Any]] = []
        self._first_words = ""
        self.start_reading()
        self.start_syncing_state()
        self._unsubscribe: Callable[[], None] = lambda: None
        self._unlisten: Callable[[], None] = lambda: None
        self._held: tuple[Spot, str] | None = None

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

    def get_default_screen(self) -> Screen[Any]:
        """Home or the list at once if the database was quicker than the screen, as it mostly is."""
        found = self.opening.found
        if found is None or found.error or found.bench is None or found.is_locked:
            screen: Screen[Any] = Screen(id="_default")
        else:
            self._adopt(found)
            assert found.base is not None  # noqa: S101
            screen = self._begin_at(found.base, found.drafts)
        # The framework forgets this for the first screen, which then cannot be switched.
        screen._push_result_callback(screen, None)
        return screen

    def on_mount(self) -> None:
        """Take the signals over, then wait for the database off the loop if it is not open."""
        quietly(self._fault)
        if not self.is_headless:
            self.signals.install()
            asyncio.get_running_loop().set_exception_handler(self._loop_fault)
        if self.found is not None:
            self._attend()
        else:
            self.desk.ask("look", self.opening.result, self._opened, self._fault)

    def _adopt(self, found: Found) -> None:
        from store.modules import installed

        self.found = found
        self.modules = installed()
        self.use_keymap(found.keymap)

    def _opened(self, found: Found) -> None:
        self._adopt(found)
        if found.error is not None:
            known = isinstance(found.error, ManabenchError)
            written = None if known else self.crash_file(found.error)
            self.leave(1, crash.sentence(found.error, written))
        elif found.bench is None:
            from tui.screens.first import FirstScreen

            self.switch_screen(FirstScreen())
        else:
            self.enter_workbench()

    def enter_workbench(self) -> None:
        """Show the list at the last place, or the lock screen. The workbench is open now."""
        if not self.bench.vault.unlocked:
            from tui.screens.locked import LockedScreen

            self.switch_screen(LockedScreen())
            return
        self._attend()
        columns = self.size.width
        self.desk.ask("rows", lambda: begin(self.bench, columns), self._show, self._fault)

    def _attend(self) -> None:
        """Listen to changes, locks and idleness of an unlocked workbench."""
        self._unsubscribe()
        self._unsubscribe = self.bench.db.subscribe(self._noticed)
        self._unlisten()
        self._unlisten = self.bench.vault.when_locked(self._keys_dropped)
        db = self.bench.db
        self.desk.ask("look", lambda: db.watch(WATCHED_EVERY))
        self._arm_idle_lock()

    def after_opening(self, words: str, then: Callable[[], None] | None = None) -> None:
        """The home was just made: show the list, say who keeps the key, do what was asked."""
        self._first_words = words
        self.enter_workbench()
        if then is not None:
            self.lead_on()
            self.waiting_work.append(then)

    def unlocked(self, back: list[dict[str, Any]]) -> None:
        """The vault is open again: show the list, then what was open before."""
        self._back = back
        self.last_key = time.monotonic()
        self.enter_workbench()

    def _keys_dropped(self) -> None:
        # In whichever thread noticed; the loop does the rest.
        self.call_later(self.locked_elsewhere)

    def hold_text(self) -> None:
        """The keys are gone with a text half typed: it waits in memory to be sealed."""
        self._held = self.drafter.abandon() or self._held

    def _show(self, found: tuple[Base, list[Draft]]) -> None:
        self.switch_screen(self._begin_at(*found))

    def _begin_at(self, base: Base, drafts: Sequence[Draft]) -> Screen[Any]:
        self.drafts = {draft.place: draft for draft in drafts}
        return self.base_screen(base)

    def list_is_open(self) -> None:
        """Home or the list stands: go on with what waited for it."""
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
        self.led_on()
        if self.waiting_text:
            text, self.waiting_text = self.waiting_text, ""
            self.pasted(text)
        threading.Thread(target=warming.warm, name="bench-warm", daemon=True).start()
        self.sync_when_painted()

    def look_around(self) -> None:
        """Ask what the status line says of the space in view."""
        bench, syncs = self.bench, self.syncs
        self.desk.ask(
            "look", lambda: doing.status(bench, syncs=syncs), self._looked, group="status"
        )

    def _looked(self, status: doing.Status) -> None:
        self.status = status
        self.syncing_looked(status)
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
            *([] if self.demo else self.sync_segments()),
            *self.agent_segments(),
        ]

    def leave(self, code: int = 0, words: str = "") -> None:
        """Write what must be kept, then end with ``code``; ``words`` are said on the shell."""
        self.last_words = words
        self.give_engine_up()
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
            self.give_engine_up(GIVEN_UP)
            self.desk.drain(LAST_WRITES)
            self.found.bench.close()
        self.desk.close()
        if self.last_words:
            os.write(2, (self.last_words + "\n").encode())
        return self.return_code or 0

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
        self.paint()
        if error is not None:
            raise error
        return cast("T", value)

    def suspend_now(self) -> None:
        """Stop, with the shell's terminal as it was, until the shell continues us."""
        if self.is_headless:
            return
        self.drafter.flush()
        synced = self.syncs
        self.give_engine_up(GIVEN_UP)
        self.desk.drain(LAST_WRITES)
        with self.signals.away(), self.suspend():
            stop_group()
        self.last_key = time.monotonic()
        self.paint()
        if synced:
            self.begin_syncing()

    def come_back(self) -> None:
        """Somebody stopped and continued us from outside: the terminal's modes are unknown."""
        if self._driver is not None:
            self._driver.suspend_application_mode()
            self._driver.resume_application_mode()
            self.paint()

    def paint(self) -> None:
        """Send every cell of the screen in view."""
        if (paint := getattr(self.screen, "paint", None)) is not None:
            paint()

    # Answers, notices, drafts, idleness ------------------------------------------------------

    def on_answer(self, answer: Answer) -> None:
        """Something asked of the desk is done."""
        self.desk.settle(answer)

    def _noticed(self, changes: Any) -> None:
        # In the writing thread, so that it stands in the queue before the change's own answer.
        self.call_later(self._changed, changes)

    def _changed(self, changes: Any) -> None:
        self.syncing_noticed(changes)
        self.agents_noticed(changes)
        self.missions_noticed(changes)
        told = {key: ids for key, ids in changes.items() if key[0] != BOOKKEEPING}
        for screen in self.screen_stack if told else ():
            if (method := getattr(screen, "noticed", None)) is not None:
                method(told)

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
        left = self.last_key + self.found.idle_seconds - time.monotonic()
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
        home = self.home_of(self.place.space)
        self.place.behind = home.kept() if home is not self.place else None
        kept = self.place.kept()
        self.desk.ask("write", lambda: self.bench.device.set("place", kept))
