"""Syncing while the workbench is open: the engine in a thread of its own, its work and its trouble
on the screen. Mixed into the app.

Nothing of it runs on the loop, and nothing of it is loaded before the first data stands. The engine
is given up when the vault is locked, when the program is suspended and when it is left.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from store.errors import ManabenchError
from store.words import _
from tui.asking import doing, syncing
from tui.widgets import Segment

if TYPE_CHECKING:
    from store.sync.engine.engine import Engine
    from store.workbench import Workbench

TOLD_EVERY = 0.3
"""Seconds between two looks at how it stands, while much changes."""

TICK = 60.0
"""Seconds after which what grows older is told anew; nothing ticks while nothing does."""

AT_LATEST = 1.0
"""Seconds after which syncing begins whatever was painted."""

SHOWN_AFTER = 0.5
"""Seconds of work from which on it stands in the jobs line."""

RATED = 100
"""Columns from which on the job says how fast it is; below that the key that ends it needs them."""

AGAIN, AT_MOST = 30.0, 900.0
"""Seconds after which syncing begins again where a mistake ended it; each time doubled, at most."""

GIVEN_UP = 0.2
"""Seconds within which the engine lets go."""

BOOKKEEPING = "sync_state"
"""What the engine writes about itself; no list shows it."""


class Runner:
    """The engine in a thread, until it is stopped. failed(runner, error) is called there."""

    def __init__(self, bench: Workbench, failed: Callable[[Runner, Exception], None]) -> None:
        self._bench = bench
        self._failed = failed
        self._stop = threading.Event()
        self._engine: Engine | None = None
        self._thread = threading.Thread(target=self._run, name="bench-engine", daemon=True)

    def start(self) -> Runner:
        """Begin; returns itself."""
        self._thread.start()
        return self

    @property
    def is_alive(self) -> bool:
        """Whether it still runs."""
        return self._thread.is_alive() and not self._stop.is_set()

    def _run(self) -> None:
        try:
            self._engine = self._bench.sync.engine()
            self._engine.run(self._stop)
        except (ManabenchError, sqlite3.Error) as error:
            if not self._stop.is_set():  # the store is being closed under it
                self._failed(self, error)
        except Exception as error:  # noqa: BLE001 - told on the screen, in one place
            self._failed(self, error)
        finally:
            if self._engine is not None:
                self._engine.close()

    def nudge(self) -> None:
        """Do a round soon; from any thread."""
        if self._engine is not None:
            self._engine.nudge()

    def stop(self, seconds: float = 0.0) -> bool:
        """Let go, and wait up to ``seconds`` for it; whether it is over."""
        self._stop.set()
        self.nudge()
        if seconds:
            self._thread.join(seconds)
        return not self._thread.is_alive()


class Syncing:
    """``self`` is always a ``Manabench``."""

    def start_syncing_state(self: Any) -> None:
        """Set up, before the first frame."""
        self.syncs = False
        self._runner: Runner | None = None
        self._given_up: Runner | None = None
        self._is_halted = False
        self._invitations = 0
        self._look_waits = False
        self._looked_at = 0.0
        self._works_since = 0.0
        self._job_stands = False
        self._tick: Any = None
        self._again: Any = None
        self._pause = AGAIN
        self._failed_by = ""

    # The engine -------------------------------------------------------------------------------

    def sync_when_painted(self: Any) -> None:
        """Begin once the first data is on the terminal."""
        self.screen.call_after_refresh(self.begin_syncing)
        # That is not called for a screen that is gone before it is painted.
        self.set_timer(AT_LATEST, self.begin_syncing)

    def begin_syncing(self: Any) -> None:
        """The first data stands: from now on there is time for it."""
        self.begin_missions()
        if self.demo or self.syncs or not self.bench.vault.unlocked:
            return
        self.syncs = True
        self._is_halted = False
        self.look_around()
        self._ask_engine()

    def _ask_engine(self: Any) -> None:
        bench = self.bench
        if self._is_halted or (self._runner is not None and self._runner.is_alive):
            return
        self.desk.ask("look", lambda: _is_linked(bench), self._start_engine, group="engine")

    def _start_engine(self: Any, is_linked: bool) -> None:
        alive = self._runner is not None and self._runner.is_alive
        if not is_linked or alive or not self.bench.vault.unlocked or not self.syncs:
            return
        self._forget_again()
        self._runner = Runner(
            self.bench, lambda made, error: self.call_later(self._engine_failed, made, error)
        ).start()

    def _engine_failed(self: Any, runner: Runner, error: Exception) -> None:
        """It is told, once while it is the same, and tried again: no mistake of ours may keep what
        is typed from being sent for good."""
        if runner is not self._runner:
            return  # given up meanwhile
        self._runner = None
        self._end_job()
        if (kind := f"{type(error).__name__} {error}") != self._failed_by:
            self._failed_by, self._pause = kind, AGAIN
            self.fail(error)
        self._forget_again()
        self._again = self.set_timer(self._pause, self._ask_again)
        self._pause = min(AT_MOST, 2 * self._pause)

    def _ask_again(self: Any) -> None:
        self._again = None
        if self.syncs and self.bench.vault.unlocked:
            self._ask_engine()

    def _forget_again(self: Any) -> None:
        if self._again is not None:
            self._again.stop()
            self._again = None

    def give_engine_up(self: Any, seconds: float = 0.0) -> None:
        """Let another process have it; waits up to ``seconds`` for one that was given up before,
        too."""
        self.give_missions_up(seconds)
        self._given_up, self._runner = self._runner or self._given_up, None
        self.syncs = False
        self._end_job()
        self._forget_again()
        if self._tick is not None:
            self._tick.stop()
            self._tick = None
        if self._given_up is not None:
            self._given_up.stop(seconds)

    def do_sync_now(self: Any) -> None:
        """A round at once, also after one was cancelled."""
        bench = self.bench
        self._is_halted, self._failed_by = False, ""

        def told(is_linked: bool) -> None:
            if not is_linked:
                self.say(self.keyed(_("Nobody is signed in. {go_sync} leads to it.")))
                return
            self._start_engine(True)
            if self._runner is not None:
                self._runner.nudge()
            self.say(_("Syncing now."))

        self.desk.ask("look", lambda: _is_linked(bench), told, self.fail, group="engine")

    def cancel_syncing(self: Any) -> bool:
        """Escape on a round that is long enough to be shown; whether there was one."""
        if not self._job_stands or self._runner is None:
            return False
        self._given_up, self._runner = self._runner, None
        self._given_up.stop()
        self._is_halted = True
        self._end_job()
        self.say(_("Stopped syncing; what came is kept. “Sync now” goes on."))
        return True

    # What is told -----------------------------------------------------------------------------

    def syncing_noticed(self: Any, changes: Any) -> None:
        """Something was written, here, there or by the engine: look at how it stands, soon."""
        if not self.syncs or self.found is None or self.found.is_locked:
            return
        if ("account", "") in changes:
            self._ask_engine()
        elif self.status.syncing is None:
            return
        if not self._look_waits:
            self._look_waits = True
            rest = self._looked_at + TOLD_EVERY - time.monotonic()
            self.set_timer(max(0.02, rest), self._look_now)

    def _look_now(self: Any) -> None:
        self._look_waits = False
        self._looked_at = time.monotonic()
        if self.syncs and self.bench.vault.unlocked:
            self.look_around()

    def syncing_looked(self: Any, status: doing.Status) -> None:
        """How it stands, for the jobs line, for screens that show more of it, and for the clock."""
        found = status.syncing
        if found is None:
            return
        self._show_work(found)
        if found.invitations > self._invitations:
            self.say(self.keyed(_("You are invited to a space. {go_sync} leads to it.")))
        self._invitations = found.invitations
        for screen in self.screen_stack:
            if (tell := getattr(screen, "syncing_told", None)) is not None and screen.is_mounted:
                tell(found)
        if self._tick is None and syncing.ages(found):
            self._tick = self.set_timer(TICK, self._ticked)

    def _ticked(self: Any) -> None:
        self._tick = None
        self._look_now()

    def _show_work(self: Any, found: Any) -> None:
        words = ""
        if self._runner is not None and self._runner.is_alive:
            words = syncing.job(found, rated=self.size.width >= RATED)
        now = time.monotonic()
        if not words:
            self._works_since = 0.0
            self._end_job()
            return
        self._works_since = self._works_since or now
        if now - self._works_since >= SHOWN_AFTER and self.importing is None:
            self._job_stands = True
            stops = self.keyed(_("{cancel} stops"))
            self.show_job(f"{words} · {stops}")

    def _end_job(self: Any) -> None:
        self._works_since = 0.0
        if not self._job_stands:
            return
        self._job_stands = False
        for screen in self.screen_stack:
            if (job := getattr(screen, "job", None)) is not None and screen.is_mounted:
                job("")

    def sync_segments(self: Any) -> list[Segment]:
        """Trouble, what should be done some day, then what is to be sent and when the server
        answered last."""
        return segments(self.status)


def segments(status: doing.Status) -> list[Segment]:
    """What is told of the space in view. Where there is no room for all, what is wrong now stands
    before what has stood there for weeks."""
    role = "status_error" if status.alarm else "status_warn"
    told = [
        Segment(piece.words, syncing.ROLES[piece.loud], 3 if piece.loud else 6)
        for piece in status.pieces
    ]
    urgent = status.trouble or any(piece.loud for piece in status.pieces)
    advice = Segment(status.advice, "status_warn", 4 if urgent else 3)
    return [Segment(status.trouble, role, 3), advice, *told]


def _is_linked(bench: Workbench) -> bool:
    """Whether somebody is signed in and joined; asked of the database alone, so that a home without
    an account never loads a line of syncing."""
    rows = bench.db.read(
        "SELECT count(*) FROM account WHERE key IN ('linked', 'signed_in') AND value = 'true'"
    )
    return bool(rows[0][0] == 2)
