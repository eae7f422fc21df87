"""One run of a mission, from its claim to its end.

    refuse what may not run -> claim -> script, or planner -> end

A script is carried out call by call through the gate (``tools.calling``); a planner acts through
the same gate. Whoever cancels a run, in whichever process, sets a flag in its row; the flag, the
time limit and the end are looked at before each call and, inside the transaction of each write, by
the gate: nothing is written after the end.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from store.ai.runs import budget, claims, heeding, iterations, process, rows
from store.ai.runs.may import agent_of, refusal
from store.ai.runs.reference import ref
from store.ai.runs.rows import Run
from store.ai.runs.scripts import is_script, script_of
from store.ai.runs.telling import told
from store.errors import GuardError, ManabenchError, NotFoundError
from store.words import N_, _

if TYPE_CHECKING:
    from collections.abc import Iterator

    from store.ai.tools.calling import Calls
    from store.records import Record
    from store.scope import Scope
    from store.workbench import Workbench

Planner = Callable[..., Any]

GRACE = 5.0
"""Seconds after the time limit within which a run ends by itself; then it is ended."""

_LOOK = 0.2
"""Seconds between two looks at whether somebody cancelled."""

CANCELLED, TIMEOUT, LEFT, FAILED = "cancelled", "timeout", "interrupted", "error"
_WORDS = {
    CANCELLED: N_("Cancelled by a person."),
    LEFT: N_("The program was left in the middle of this run."),
}


def run(
    bench: Workbench,
    mission_id: str,
    *,
    slot: str = "",
    scope: Scope | None = None,
    planner: Planner | None = None,
    progress: Callable[[Run], None] | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> Run:
    """Run a mission now and return how it went.

    slot: the time it was due at, claimed at most once. planner: in place of ``planner.loop.plan``.
    progress is told of the run as it goes on, in this thread; stop: whether the program is being
    left. Raises GuardError where it may not
    run (``refusal``), NotFoundError, LockedError; what goes wrong inside is told by the run.
    """
    place = scope or bench.scope
    mission = bench.documents.get(place, iterations.COLLECTION, mission_id)
    agent = agent_of(bench, place, mission)
    id = claims.run_id(mission_id, slot)
    with rows.kept(id):
        begun = _begin(bench, place, mission, agent, slot, id, asks=planner is None)
        return _Running(bench, place, mission, agent, begun, planner, progress, stop).go()


def _begin(
    bench: Workbench,
    scope: Scope,
    mission: Record,
    agent: Record,
    slot: str,
    id: str,
    *,
    asks: bool,
) -> Run:
    """Look whether it may run and claim it, in one transaction, so that no other process comes
    between."""
    with bench.db.transaction():
        why = refusal(bench, scope, mission, agent, asks=asks)
        if why is not None:
            raise why
        begun = claims.claim(
            bench,
            mission,
            slot,
            id=id,
            agent=agent["id"],
            agent_name=agent.text("name"),
            space=scope.number,
        )
        if begun is None:
            raise ClaimedError(_("This run was made already."), kept=_("Nothing was run twice."))
        iterations.write_back(bench, begun, turn=True)
    return begun


class ClaimedError(GuardError):
    """The slot of a mission was run, or is being run, on this device."""

    code = "claimed"


class _EndedError(Exception):
    """The run is to stop here. ``args``: which of the reasons above."""


class _Running:
    def __init__(
        self,
        bench: Workbench,
        scope: Scope,
        mission: Record,
        agent: Record,
        begun: Run,
        planner: Planner | None,
        progress: Callable[[Run], None] | None,
        stop: Callable[[], bool],
    ) -> None:
        self.bench = bench
        self.scope = scope
        self.mission = mission
        self.agent = agent
        self.run = begun
        self.planner = planner
        self.progress = progress
        self.stop = stop
        self.limit = budget.seconds(mission)
        self.until = time.monotonic() + self.limit
        self._looked = 0.0
        self._is_cancelled = False

    # Start to end ---------------------------------------------------------------------------

    def go(self) -> Run:
        """Carry the run out. Whatever happens, it ends, and says how."""
        id = self.run.id
        with self._watched():
            try:
                self._phase("resolving-inputs")
                calls = self._calls()
                summary = self._script(calls) if is_script(self.mission) else self._plan(calls)
                self._phase("finalizing")
                self._look()
                done = rows.finish(self.bench, id, summary)
            except _EndedError as ended:
                done = self._failed(str(ended))
            except rows.StoppedError:
                done = self._failed(self._why())
            except ManabenchError as error:
                done = self._failed(error.code, " ".join(filter(None, (error.message, error.hint))))
            except Exception as error:
                # Where is told, never what: a message may hold text of the person's.
                self._failed(
                    FAILED, _("A fault of the program: {kind}.").format(kind=type(error).__name__)
                )
                raise
            except BaseException:
                self._failed(CANCELLED)
                raise
        if self.progress is not None:
            self.progress(done)
        return done

    def _failed(self, name: str, message: str = "") -> Run:
        """End the run with what it was stopped by."""
        words = message or _(_WORDS.get(name, _WORDS[CANCELLED]))
        if name == TIMEOUT:
            words = _("It was stopped after {n} seconds.").format(n=self.limit)
        error = {"name": name, "message": words, "phase": rows.get(self.bench, self.run.id).phase}
        return rows.finish(self.bench, self.run.id, words, error)

    def _why(self) -> str:
        return CANCELLED if self._asked() else LEFT if self.stop() else TIMEOUT

    @contextmanager
    def _watched(self) -> Iterator[None]:
        """A thread beside the run: signs of life, and the end of one that does not end itself."""
        over = threading.Event()

        def watch() -> None:
            while not over.wait(
                min(process.BEAT, max(0.05, self.until + GRACE - time.monotonic()))
            ):
                # A busy disk or a vault that is locked costs a heartbeat, not the run.
                with suppress(ManabenchError, sqlite3.Error):
                    if time.monotonic() >= self.until + GRACE:
                        self._failed(TIMEOUT)
                        break
                    rows.beat(self.bench, self.run.id)
                    if heeding.stop_is_asked(self.bench, self.run):
                        rows.cancel(self.bench, self.run.id)
            self.bench.db.leave()

        thread = threading.Thread(target=watch, name="manabench-run", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join(GRACE)

    # Looking --------------------------------------------------------------------------------

    def cancelled(self) -> bool:
        """Whether the run is to stop, for whoever waits in it; cheap enough to ask often."""
        return time.monotonic() >= self.until or self.stop() or self._asked()

    def _asked(self) -> bool:
        if not self._is_cancelled and time.monotonic() - self._looked >= _LOOK:
            self._looked = time.monotonic()
            self._is_cancelled = rows.cancelled(self.bench, self.run.id)
        return self._is_cancelled

    def _look(self) -> None:
        self._looked = 0.0
        if self.cancelled():
            raise _EndedError(self._why())

    def _phase(self, name: str, detail: str = "") -> None:
        self._look()
        rows.phase(self.bench, self.run.id, name, detail)
        if self.progress is not None:
            self.progress(rows.get(self.bench, self.run.id))

    # What it does -----------------------------------------------------------------------------

    def _calls(self) -> Calls:
        from store.ai.tools.calling import Calls

        return Calls(self.bench, ref(self.run, self.cancelled), self.agent, scope=self.scope)

    def _script(self, calls: Calls) -> str:
        """Carry the calls out in their order. One that fails ends the run, unless it says
        ``"onError": "continue"``."""
        for call in script_of(self.mission):
            self._phase("staging-proposals", call["tool"])
            result = calls.call(
                call["tool"], call.get("arguments") or {}, rationale=call.get("rationale") or ""
            )
            if result.status in ("failed", "denied"):
                self._look()
                if call.get("onError") != "continue":
                    return _("{told} Stopped at {tool}: {why}").format(
                        told=told(rows.get(self.bench, self.run.id).steps) + ".",
                        tool=call["tool"],
                        why=result.message,
                    )
        return ""

    def _plan(self, calls: Calls) -> str:
        from store.ai.planner import models

        if self.planner is not None:
            plan, model = self.planner, None
        else:
            from store.ai.planner import loop

            plan, model = loop.plan, models.chosen(self.bench, self.agent)
        outcome = plan(
            self.bench,
            rows.get(self.bench, self.run.id),
            self.mission,
            self.agent,
            calls,
            model=model,
            phase=self._phase,
            cancelled=self.cancelled,
        )
        self._look()
        error = getattr(outcome, "error", None)
        if isinstance(error, ManabenchError):
            raise error  # the model, or what it may spend: the person has to be told
        return str(outcome.summary or "")


def cancel(bench: Workbench, scope: Scope, mission_id: str) -> int:
    """Ask every run of a mission to stop, on this device and, by its record, on others; returns how
    many were asked. Raises NotFoundError."""
    mission = bench.documents.get(scope, iterations.COLLECTION, mission_id)
    asked = {
        one.id
        for one in rows.running(bench)
        if one.mission == mission_id and rows.cancel(bench, one.id)
    }
    array = [dict(i) if isinstance(i, dict) else i for i in mission.get("iterations") or []]
    for one in array:
        if isinstance(one, dict) and one.get("overallStatus") == "running":
            asked.add(str(one.get("id")))
            one["cancelRequested"] = True
    if array != mission.get("iterations"):
        iterations.note(bench, scope, mission_id, {"iterations": array})
    if not asked:
        raise NotFoundError(
            _("No run of this mission is under way."),
            kept=_("Nothing was changed."),
            hint=_("`manabench mission runs MISSION` lists those that have ended."),
        )
    return len(asked)
