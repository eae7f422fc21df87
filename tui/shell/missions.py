"""Missions that are due while the workbench is open: run in a thread of their own. Mixed into the
app.

Nothing of it runs on the loop, nothing is loaded before the first data stands, and a home without a
mission that runs by itself never has the thread. It is given up when the vault is locked, when the
program is suspended and when it is left: a run under way ends after the call it is at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from store.words import _, ngettext

if TYPE_CHECKING:
    from store.ai.runs.rows import Run
    from store.ai.runs.scheduler import Scheduler
    from store.workbench import Workbench

COLLECTION = "aiMissions"


class Missioning:
    """``self`` is always a ``Manabench``."""

    missions_run = False
    missions_halt = False
    """Whether a run under way is to end: the vault is being locked, or the program left."""
    _scheduler: Scheduler | None = None
    _missions_left: Scheduler | None = None
    _missions_failed_by = ""

    def begin_missions(self: Any) -> None:
        """The first data stands and the vault is open: from now on missions run by themselves."""
        self.missions_halt = False
        if self.demo or self.missions_run or not self.bench.vault.unlocked:
            return
        self.missions_run = True
        self._ask_missions()

    def _ask_missions(self: Any) -> None:
        bench = self.bench
        self.desk.ask("look", lambda: _wanted(bench), self._start_missions, group="missions")

    def _start_missions(self: Any, is_wanted: bool) -> None:
        if not is_wanted or not self.missions_run or self._scheduler is not None:
            return
        from store.ai.runs.scheduler import Scheduler

        self._scheduler = Scheduler(
            self.bench,
            told=lambda done: self.call_later(self._missions_told, done),
            failed=lambda error: self.call_later(self._missions_failed, error),
        ).start()

    def give_missions_up(self: Any, seconds: float = 0.0) -> None:
        """Let another process have them; waits up to ``seconds`` for a run under way."""
        self.missions_run, self.missions_halt = False, True
        self._missions_left, self._scheduler = self._scheduler or self._missions_left, None
        if self._missions_left is not None and self._missions_left.stop(seconds):
            self._missions_left = None

    def missions_noticed(self: Any, changes: Any) -> None:
        """A mission was made or changed: perhaps the first that runs by itself."""
        if not self.missions_run or self._scheduler is not None:
            return
        if any(collection == COLLECTION for collection, _space in changes):
            self._ask_missions()

    def _missions_told(self: Any, done: list[Run]) -> None:
        """One line; nothing moves."""
        if self.found is not None and not self.found.is_locked:
            self.say(told(done))

    def _missions_failed(self: Any, error: Exception) -> None:
        """Said once while it is the same."""
        if (kind := f"{type(error).__name__} {error}") != self._missions_failed_by:
            self._missions_failed_by = kind
            self.fail(error)


def told(done: list[Run]) -> str:
    """What became of missions that ran by themselves, in one line."""
    from store.modules.missions import RUN_WORDS

    if len(done) == 1:
        title = done[0].mission_title
        return f"{title}: {_(RUN_WORDS.get(done[0].state, done[0].state))}"
    words = ngettext("{n} mission run.", "{n} missions run.", len(done)).format(n=len(done))
    if waits := sum(run.waits for run in done):
        more = ngettext("{n} proposal waits.", "{n} proposals wait.", waits).format(n=waits)
        words = f"{words} {more}"
    return words


def _wanted(bench: Workbench) -> bool:
    """Whether a mission runs by itself, a server planned for one, or a run was left without its
    end; asked of the database alone, so that a home without agents loads nothing of theirs. Then
    what it takes is loaded here, off the loop."""
    found = bench.db.read(
        f'SELECT EXISTS (SELECT 1 FROM "{COLLECTION}" WHERE deleted_at IS NULL AND '
        "(ifnull(json_extract(doc, '$.cadence.kind'), 'manual') <> 'manual' "
        "OR large IS NOT NULL)) OR EXISTS (SELECT 1 FROM runs WHERE state = 'running')"
    )
    if not found[0][0]:
        return False
    from store.ai.runs import scheduler

    return scheduler.Scheduler is not None
