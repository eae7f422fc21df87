"""The engine: when to push and pull. Synchronous code, run in a thread of its own or for one round.

    spaces -> push -> pull -> push what the pull made dirty

A local commit wakes it within milliseconds, one of another process as soon as the file's watcher
hears of it (``store.watching``), a doorbell asks for the collections it names, and a timer looks
after what no doorbell tells: quickly while something happens, slowly when nothing does. In between
it sleeps.
"""

from __future__ import annotations

import random as dice
import threading
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

from store.database import Changes
from store.errors import GuardError, ManabenchError, NetworkError, ServerError
from store.sync.engine import planning
from store.sync.engine.ahead import Ahead
from store.sync.engine.clientid import Client
from store.sync.engine.clock import correct
from store.sync.engine.faults import CancelledError, LostLockError, state_of, told
from store.sync.engine.lock import EngineLock
from store.sync.engine.names import DEVICES
from store.sync.engine.patience import Patience
from store.sync.engine.pushing import Pushes
from store.sync.engine.rounds import Pulled, Rounds
from store.sync.engine.telling import Teller
from store.sync.engine.waking import Alarm
from store.sync.status import State, Waiting, sentence, tell, waiting
from store.sync.waiting.conflicts import drop_moot
from store.vault.custody import locked
from store.words import _

if TYPE_CHECKING:
    from store.sync.compare.announcing import Devices
    from store.sync.net.remote import Remote
    from store.workbench import Workbench

SHORT_WAIT = 30.0
"""Seconds for which one round waits where the server asks for a pause."""

LOOK = 30.0
"""Seconds that one sleep lasts at most: that this machine itself slept is told by nothing."""

ASLEEP = 10.0
"""Seconds by which the wall clock runs ahead of the one that stands while the machine sleeps."""

TRY_LOCK = 1.0
"""Seconds between two tries to become the engine while another process is; nothing tells that a
process ended, and a try opens one file."""

Progress = Callable[[int, int], None]
Name = tuple[str, str]


class Bell(Protocol):
    """A doorbell; see ``live.Doorbell``."""

    @property
    def kind(self) -> str:
        """By what it is heard: ``websocket``, ``stream``, "" for not at all."""
        ...

    def start(
        self,
        ring: Callable[[str, Sequence[str]], None],
        apps: Sequence[str],
        client: str = "",
    ) -> None:
        """Ring with (app, collections) from now on, not for what ``client`` pushes; again while
        running: for these apps."""
        ...

    def stop(self) -> None:
        """Be silent. Returns at once."""
        ...


class Report(NamedTuple):
    """What a round did: records pushed, rows pulled that were new, what waits for a look, and in
    words what went wrong, "" for nothing."""

    pushed: int
    pulled: int
    waiting: Waiting
    words: str


class Engine:
    """The engine of one workbench. ``once`` and ``run`` are for one thread; ``nudge`` and ``ring``
    may come from any. prepare: called before the spaces are looked at, for keys and roles.
    devices: tells the account's other devices how things stand here."""

    def __init__(
        self,
        bench: Workbench,
        remote: Remote,
        *,
        bell: Bell | None = None,
        prepare: Callable[[], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        random: Callable[[], float] = dice.random,
        devices: Devices | None = None,
    ) -> None:
        self._bench = bench
        self._remote = remote
        self._bell = bell
        self._prepare = prepare
        self._devices = devices
        self._clock = clock
        self._sleep = sleep
        self._random = random
        self._lock = EngineLock(bench)
        self._client = Client(bench)
        self._rounds = Rounds(bench, remote, self._client, self._lock, clock)
        self._pushes = Pushes(bench, remote, self._client, self._lock)
        self._plan = planning.Plan(bench, self._rounds, clock)
        self._teller = Teller(bench, clock)
        self._ahead = Ahead(bench, clock)
        self._stop = threading.Event()
        self._alarm = Alarm()
        self._guard = threading.Lock()
        self._hints: set[Name] = set()
        self._thread = 0
        self._due = threading.Event()
        self._patience = Patience(clock, random)
        self._next_poll = 0.0

    @property
    def remote(self) -> Remote:
        """The server."""
        return self._remote

    def close(self) -> None:
        """Give the engine up and end its connections."""
        self._stop.set()
        self._rest()

    # One round ----------------------------------------------------------------------------

    def once(self, progress: Progress | None = None) -> Report:
        """One whole round; raises the error that ended it. Collections that failed alone are told
        in the report. progress(done, total): total 0 where not known; it may raise
        CancelledError.

        Raises GuardError where another process is the engine; NetworkError, ServerError,
        LockedError, StorageError.
        """
        if not self._begin():
            raise GuardError(
                _("Another process is syncing this workbench."),
                kept=_("Nothing was changed."),
                hint=_("Let it finish, or close it."),
            )
        try:
            try:
                return self._whole_round(progress)
            except ServerError as error:
                wait = float(getattr(self._remote, "wait", 0.0))
                if error.status != 429 or not 0 < wait <= SHORT_WAIT:
                    raise
            self._sleep(wait)
            return self._whole_round(progress)
        except ManabenchError as error:
            self._tell_state(error)
            raise
        finally:
            self._lock.free()

    def _begin(self) -> bool:
        """Become the engine; False where another process is."""
        if self._lock.held:
            return True
        if not self._lock.take():
            return False
        try:
            self._rounds.reload()
            self._client.open()
            if self._client.renewed:
                self._plan.want_whole(planning.COPIED)
        except BaseException:
            self._lock.free()
            raise
        return True

    def _whole_round(self, progress: Progress | None) -> Report:
        if not self._bench.vault.check_epoch():
            raise locked()
        self._teller.begin(progress)
        try:
            self._spaces(now=True)
            pushed = self._push()
            pulled = self._pull(self._plan.names())
            pushed += self._push()
            self._settle(pushed + pulled.merged)
        finally:
            self._teller.end()
        if self._devices is not None:
            self._devices.look(quiet=0.0, busy=self._has_better)
        return Report(pushed, pulled.fresh, waiting(self._bench), sentence(self._bench))

    def _spaces(self, *, now: bool = False) -> None:
        """Follow the list of spaces, if that is due. A failed look hides nothing and is told; what
        is pulled until one succeeds is doubtful, for the server may have looked in vain, too."""
        if not self._plan.spaces_due(now=now):
            return
        from store.sync.spaces.membership import follow

        try:
            if self._prepare is not None:
                self._prepare()
            listed = self._remote.spaces()
        except (NetworkError, ServerError) as error:
            # The service of identity may be away while syncing goes on.
            if state_of(error) in ("out", "unpaid"):
                raise
            self._plan.spaces_failed()
            return
        followed = follow(self._bench, listed)
        if followed.joined:
            from store.sync.inbox.incoming import retry_quarantined

            retry_quarantined(self._bench)
        self._plan.spaces_seen()

    def _push(self) -> int:
        self._plan.take_typed()
        return self._pushes.push(self._teller.pushed).records

    def _page(self, rows: int) -> None:
        """Between two pages: tell of it, stop if that is wanted, and do not let what was typed
        meanwhile wait for a long pull."""
        if self._stop.is_set():
            raise CancelledError(_("Syncing was stopped."), kept=_("What was pulled is kept."))
        self._teller.pulled(rows, self._rounds.expected)
        if self._plan.has_typed:
            self._push()

    def _pull(self, names: Sequence[Name]) -> Pulled:
        """Pull ``names``, looking back as far as is due; everything anew where that is wanted."""
        whole, back = self._plan.whole_due(), self._plan.back()
        got = self._rounds.pull_all(names, back=back, each=self._page)
        if back:
            self._plan.looked(back)
        if self._rounds.wants_whole:
            self._rounds.wants_whole = False
            self._plan.want_whole(self._rounds.why)
            whole = self._plan.whole_due()
        if whole:
            names = self._plan.discovered()
            got = got.plus(self._rounds.pull_all(names, whole=True, each=self._page))
            self._plan.whole_done()
        return got

    def _settle(self, changed: int) -> None:
        """After a round that went well; changed: records that were sent or came."""
        self._patience.well()
        self._rounds.calm()
        if changed:
            drop_moot(self._bench)
        correct(self._bench, self._remote.clock())
        self._ahead.look(changed)
        self._teller.well()

    # For as long as the program runs --------------------------------------------------------

    def run(self, stop: threading.Event) -> None:
        """Sync until ``stop`` is set and ``nudge`` called. Errors of the network and refusals are
        told in the status and tried again; only a broken database is raised."""
        self._stop = stop
        self._thread = threading.get_ident()
        self._bench.db.watch()
        self._alarm.open()
        unsubscribe = self._bench.db.subscribe(self._noticed)
        try:
            while not stop.is_set():
                self._wait(self._turn())
        finally:
            unsubscribe()
            self._rest()
            self._alarm.close()

    def nudge(self) -> None:
        """Do a round at once, or notice that it is time to stop; from any thread. The lock is then
        free at once, and what this engine still has under way can no longer be written."""
        if self._stop.is_set():
            self._lock.free()
        self._patience.now()
        self._due.set()
        self._plan.active()
        self._alarm.ring()

    def ring(self, app: str, collections: Sequence[str]) -> None:
        """A doorbell: something changed in these collections; from any thread. Without an app: it
        was not heard for a while, so anything may have changed, or ``spaces`` did."""
        if self._bell is not None and self._bell.kind:
            self._patience.soon()
        if app:
            with self._guard:
                self._hints.update((app, name) for name in collections if name)
            if app == DEVICES[0]:  # nobody did anything
                self._alarm.ring()
                return
        else:
            if "spaces" in collections:
                self._plan.spaces_soon()
            self._due.set()
        self._plan.active()
        self._alarm.ring()

    def _noticed(self, changes: Changes) -> None:
        """After every commit, here or in another process. Runs in the writer's thread."""
        if threading.get_ident() == self._thread:
            return
        if any(name == "spaces" for name, _space in changes):
            self._plan.spaces_soon()
            self._due.set()
        if any(planning.is_content(name) for name, _space in changes):
            self._plan.typed()
            self._patience.soon()
            self._alarm.ring()
        elif any(name in planning.BEARING for name, _space in changes):
            self._alarm.ring()

    def _turn(self) -> float:
        """Do what is due; returns for how many seconds there is nothing to do."""
        if (idle := self._idle()) != "":
            self._rest()
            self._teller.state(idle)
            return LOOK
        if not self._begin():
            return TRY_LOCK
        now = self._clock()
        if self._patience.left > 0 and not self._plan.asked():
            return self._patience.left
        self._patience.trying()
        try:
            self._work(now)
        except LostLockError:
            self._rest()
            return TRY_LOCK
        except ManabenchError as error:
            if self._stop.is_set():
                return 0.0
            self._trouble(error)
            return max(0.0, self._patience.left)
        return max(0.0, self._next_poll - self._clock())

    def _work(self, now: float) -> None:
        asked = self._plan.asked()
        if asked:
            self._answer(asked)
            return
        with self._guard:
            hints, self._hints = self._hints, set()
        due = self._due.is_set() or now >= self._next_poll
        self._due.clear()
        if not (due or hints or self._plan.has_typed):
            return
        if due:
            self._teller.begin(None, quiet=True)
            try:
                self._spaces()
                pushed = self._push()
                pulled = self._pull(self._plan.names())
            finally:
                self._teller.end()
            self._start_bell()
        else:
            pushed = self._push()
            pulled = self._pull(self._plan.hinted(hints))
        if pulled.merged:
            self._plan.active()
        if pulled.fresh:  # what lost, too, may ask for the winner to go out again
            pushed += self._push()
        self._settle(pushed + pulled.merged)
        if self._devices is not None:
            self._devices.look(rung=DEVICES in hints, busy=self._has_better)
        rest = self._plan.rest(live=bool(self._bell and self._bell.kind))
        self._next_poll = self._clock() + rest * (0.9 + 0.2 * self._random())

    def _has_better(self) -> bool:
        """Whether something waits that is more than to tell how things stand."""
        return self._stop.is_set() or self._plan.has_typed or bool(self._hints)

    def _start_bell(self) -> None:
        if self._bell is not None and not self._stop.is_set():
            self._bell.start(self.ring, self._plan.used_apps(), self._client.id)
            self._teller.live(self._bell.kind)

    def _answer(self, asked: str) -> None:
        """Another process of this home asked for a round: do one and say what it did."""
        try:
            report = self._whole_round(None)
        except ManabenchError as error:
            tell(self._bench, served={"n": asked, "code": error.code, "words": told(error).kept})
            raise
        finally:
            self._next_poll = self._clock() + self._plan.rest(live=True)
        done = {"n": asked, "pushed": report.pushed, "pulled": report.pulled}
        tell(self._bench, served=done | {"words": report.words})

    def _idle(self) -> State | str:
        """Why there is nothing to do at all, "" where there is."""
        state = planning.readiness(self._bench)
        return "" if state == "idle" else state

    def _wait(self, seconds: float) -> None:
        if self._stop.is_set():
            return
        wall, awake = time.time(), time.monotonic()
        if self._alarm.wait(min(seconds, LOOK)):
            self._patience.soon(anew=True)
        if time.time() - wall - (time.monotonic() - awake) > ASLEEP:
            self._patience.now()
            self._due.set()
            if (close := getattr(self._remote, "close", None)) is not None:
                close()

    def _trouble(self, error: ManabenchError) -> None:
        """Wait before the next try, and say why."""
        self._due.set()
        wait = self._patience.failed(error, float(getattr(self._remote, "wait", 0.0)))
        self._rounds.doubt(min(wait * 2, 120.0))
        self._tell_state(error)
        self._teller.live(self._bell.kind if self._bell is not None else "")

    def _tell_state(self, error: ManabenchError) -> None:
        if isinstance(error, CancelledError | LostLockError):
            return
        self._teller.trouble(state_of(error), told(error))

    def _rest(self) -> None:
        """Give the engine up: bell, lock, connections."""
        if self._bell is not None:
            self._bell.stop()
        self._lock.free()
        if self._stop.is_set() and (close := getattr(self._remote, "close", None)) is not None:
            close()
