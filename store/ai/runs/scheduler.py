"""Everything that is due, one run after another.

``tick`` does what is due now, in this device's role; ``Scheduler`` is a thread that does it again
when the next mission is due or something changed. Any number of them may work on one home: a slot
is claimed by whoever comes first, the others go on.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from store.ai.proposals import inbox
from store.ai.runs import claims, heeding, iterations, planned, rows, running, schedule
from store.ai.runs.may import agent_of, refusal
from store.ai.runs.rows import Run
from store.ai.tools import reading
from store.errors import GuardError, ManabenchError, NotFoundError
from store.stamps import instant

if TYPE_CHECKING:
    from store.database import Changes
    from store.records import Record
    from store.scope import Scope
    from store.workbench import Workbench

IDLE = 60.0
"""Seconds after which the clock is looked at again, because it may have been put right or the
machine may have slept. Nothing is read then."""

AGAIN = 300.0
"""Seconds after which a mission that is due but may not run is looked at again, unless something
changes before."""

AT_LEAST = 0.5
"""Seconds between two looks, however much changes."""

_WATCHED = frozenset({"aiMissions", "agents", "spaces", "authority", "vault"})


class Due(NamedTuple):
    """A mission that is due. why: it may not run now, and this is the reason."""

    scope: Scope
    mission: Record
    slot: str
    why: GuardError | None = None


# What is due --------------------------------------------------------------------------------------


def missions(bench: Workbench) -> Iterator[tuple[Scope, Record]]:
    """Every active mission with a schedule, of every space that is in view here."""
    rows_ = bench.db.read(
        f'SELECT s.id, m.id FROM "{iterations.COLLECTION}" m JOIN "spaces" s ON s.pk = m.space '
        "WHERE m.deleted_at IS NULL AND s.deleted_at IS NULL "
        "AND ifnull(json_extract(m.doc, '$.state'), 'active') = 'active' "
        "AND ifnull(json_extract(m.doc, '$.cadence.kind'), 'manual') <> 'manual' "
        "AND m.space NOT IN (SELECT space FROM memberships WHERE state = 'hidden') ORDER BY m.pk"
    )
    for space, id in rows_:
        try:
            scope = bench.spaces.scope(space)
            yield scope, bench.documents.get(scope, iterations.COLLECTION, id)
        except (NotFoundError, GuardError):
            continue


def due(bench: Workbench) -> list[Due]:
    """The missions that are due on this device, the longest waiting first; also those that may not
    run, with the reason. None while the vault is locked."""
    if not bench.vault.unlocked:
        return []
    now = instant(bench.clock())
    found = []
    for scope, mission in missions(bench):
        at = mission.get("nextRunAt")
        if not isinstance(at, str) or at > now or not claims.runs_here(bench, mission):
            continue
        found.append(Due(scope, mission, at, _why(bench, scope, mission)))
    return sorted(found, key=lambda one: (one.slot, one.mission.key))


def _why(bench: Workbench, scope: Scope, mission: Record) -> GuardError | None:
    try:
        return refusal(bench, scope, mission, agent_of(bench, scope, mission))
    except GuardError as error:
        return error


def elsewhere(bench: Workbench) -> list[tuple[Scope, Record]]:
    """The missions with a schedule that another device runs, which this one may take over."""
    return [pair for pair in missions(bench) if not claims.runs_here(bench, pair[1])]


def next_due(bench: Workbench) -> datetime | None:
    """When the next mission is due on this device; None for none."""
    times = [
        at
        for _scope, mission in missions(bench)
        if claims.runs_here(bench, mission) and (at := schedule.moment(mission.get("nextRunAt")))
    ]
    return min(times, default=None)


# Doing it -----------------------------------------------------------------------------------------


def tick(
    bench: Workbench,
    *,
    only: str = "",
    planner: running.Planner | None = None,
    stop: Callable[[], bool] = lambda: False,
    progress: Callable[[Run], None] | None = None,
) -> list[Run]:
    """Run what is due, one mission after another; returns the runs.

    only: the id of one mission, the others are left. stop: asked between two runs. A mission that
    may not run now is left and stays due; one that fails does not keep the others from running.
    """
    if not bench.vault.unlocked:
        return []
    rows.orphans(bench)
    inbox.expire(bench)
    reading.sweep(bench)
    heeding.decided_elsewhere(bench)
    _keep_order(bench)
    done = planned.stage_all(bench, only=only, stop=stop)
    faults: list[Exception] = []
    for one in due(bench):
        if stop():
            break
        if one.why is not None or (only and one.mission["id"] != only):
            continue
        try:
            done.append(
                running.run(
                    bench,
                    one.mission["id"],
                    slot=one.slot,
                    scope=one.scope,
                    planner=planner,
                    progress=progress,
                    stop=stop,
                )
            )
        except running.ClaimedError:
            _skip(bench, one)
        except (GuardError, NotFoundError):
            continue  # changed since it was found due
        except ManabenchError:
            raise  # locked, or the disk: it is so for all
        except Exception as error:  # noqa: BLE001 - raised below, when the others have had their turn
            faults.append(error)
    if faults:
        raise faults[0]
    return done


def _keep_order(bench: Workbench) -> None:
    """Mend next times that cannot be meant, and name this device where none is named: a home that
    is copied must not run in two places."""
    for scope, mission in list(missions(bench)):
        if not claims.runs_here(bench, mission):
            continue
        values: dict[str, str] = schedule.mended(bench, mission) or _served(bench, mission)
        if not mission.get("runsOn"):
            values["runsOn"] = claims.device(bench)
        if values:
            iterations.note(bench, scope, mission["id"], values)


def _served(bench: Workbench, mission: Record) -> dict[str, str]:
    """What to write of a mission that is due, but for which a server has planned since. A plan from
    the future is none: it would keep the mission from ever running."""
    slot, now = schedule.moment(mission.get("nextRunAt")), bench.clock()
    runs = mission.get("iterations")
    for one in runs if isinstance(runs, list) else []:
        if isinstance(one, dict) and one.get("source") == "server":
            began = schedule.moment(one.get("startedAt"))
            if slot is not None and began is not None and slot <= began <= now:
                return schedule.advanced(bench, mission)
    return {}


def _skip(bench: Workbench, one: Due) -> None:
    """A slot that was run already must not stand in the way of the next."""
    with bench.db.transaction():
        mission = bench.documents.get(one.scope, iterations.COLLECTION, one.mission["id"])
        if mission.get("nextRunAt") == one.slot and (found := schedule.advanced(bench, mission)):
            iterations.note(bench, one.scope, mission["id"], found)


class Scheduler:
    """A thread that runs what is due, while the vault is unlocked, until it is stopped.

    told(runs) is called in it after runs; failed(error) for what went wrong outside of one, after
    which it goes on; locked() where it finds the vault locked. It sleeps until the next mission is
    due or something it depends on changes.
    """

    def __init__(
        self,
        bench: Workbench,
        *,
        told: Callable[[list[Run]], None] | None = None,
        failed: Callable[[Exception], None] | None = None,
        progress: Callable[[Run], None] | None = None,
        locked: Callable[[], None] | None = None,
        only: str = "",
    ) -> None:
        self._bench = bench
        self._told = told
        self._failed = failed
        self._progress = progress
        self._locked = locked
        self._only = only
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._next: datetime | None = None
        self._again = math.inf
        self._thread = threading.Thread(target=self.run, name="manabench-missions", daemon=True)

    def start(self) -> Scheduler:
        """Begin; returns itself."""
        self._thread.start()
        return self

    def stop(self, seconds: float = 0.0) -> bool:
        """Let go: a run under way ends after the call it is at. Waits up to ``seconds``; returns
        whether it is over."""
        self._stop.set()
        self._wake.set()
        if seconds and self._thread.ident is not None:
            self._thread.join(seconds)
        return not self._thread.is_alive()

    def nudge(self) -> None:
        """Look again soon; from any thread."""
        self._wake.set()

    def run(self) -> None:
        """What the thread does; a command that has nothing else to do calls it itself."""
        forget = self._bench.db.subscribe(self._heed)
        self._wake.set()
        try:
            while not self._stop.is_set():
                if self._wake.is_set() or self._is_due():
                    self._wake.clear()
                    self._once()
                    self._stop.wait(AT_LEAST)
                else:
                    self._wake.wait(self._rest())
        finally:
            forget()
            self._bench.db.leave()

    def _heed(self, changes: Changes) -> None:
        if any(collection in _WATCHED for collection, _space in changes):
            self._wake.set()

    def _once(self) -> None:
        """One round. Whatever goes wrong is told, and the next round comes: a single mission that
        cannot be read must not keep the others from ever running again."""
        bench = self._bench
        done: list[Run] = []
        try:
            if not bench.vault.unlocked:
                self._plan(None)
                if self._locked is not None:
                    self._locked()
                return
            done = tick(bench, only=self._only, stop=self._stop.is_set, progress=self._progress)
            waits = any(not self._only or one.mission["id"] == self._only for one in due(bench))
            self._plan(None if waits else next_due(bench), again=waits)
        except Exception as error:  # noqa: BLE001 - told on the screen, in one place
            self._trouble(error)
        if done and self._told is not None:
            self._told(done)

    def _trouble(self, error: Exception) -> None:
        self._plan(None, again=True)
        if self._failed is not None and not self._stop.is_set():
            self._failed(error)

    def _plan(self, at: datetime | None, *, again: bool = False) -> None:
        self._next = at
        self._again = time.monotonic() + AGAIN if again else math.inf

    def _is_due(self) -> bool:
        by_clock = self._next is not None and self._bench.clock() >= self._next
        return by_clock or time.monotonic() >= self._again

    def _rest(self) -> float:
        rest = IDLE
        if self._next is not None:
            rest = min(rest, (self._next - self._bench.clock()).total_seconds())
        return max(0.01, min(rest, self._again - time.monotonic()))
