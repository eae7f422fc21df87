"""Agents beside everything else: a mission that somebody asks for, and what the status line says of
runs and proposals. Mixed into the app."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from store.words import _, ngettext
from tui.widgets import Segment

if TYPE_CHECKING:
    from store.ai.runs.rows import Run
    from tui.asking import doing

AGENTS = "agents"
"""The lane of runs that somebody asked for: they hold up no change."""

NOTICES = frozenset({"proposals", "runs"})
"""Collections of change notices that the status line waits for."""


SHOWN_AFTER = 0.5
"""Seconds after which a run that somebody asked for stands in the jobs line."""


class Agenting:
    """``self`` is always a ``Manabench``."""

    _asked_run = ""

    def run_missions(self: Any, ids: Sequence[str]) -> None:
        """Run missions now, one after another, in a lane of their own."""
        bench, scope, began = self.bench, self.bench.scope, time.monotonic()
        self.say(_("It runs."))

        def progress(run: Run) -> None:
            if time.monotonic() - began >= SHOWN_AFTER:
                self.call_later(self._show_run, run)

        def work() -> str:
            from store.ai.runs.running import run
            from store.modules.missions import ended

            over = [
                run(bench, id, scope=scope, progress=progress, stop=lambda: self.missions_halt)
                for id in ids
            ]
            if len(over) == 1 and self.bench.scope.number == scope.number:
                return ended(over[0])
            if len(over) == 1:  # somebody went elsewhere meanwhile
                return f"{over[0].mission_title}: {ended(over[0])}"
            return ngettext("{n} mission run.", "{n} missions run.", len(over)).format(n=len(over))

        def done(words: str) -> None:
            self._run_ended()
            self.say(words)

        def failed(error: Exception) -> None:
            self._run_ended()
            if not self.missions_halt:  # it was locked or left; the run says so by itself
                self.fail(error)

        self.desk.ask(AGENTS, work, done, failed)

    def _show_run(self: Any, run: Run) -> None:
        from tui.asking.agents import words

        # What a mission is called is nobody's to read while the vault is locked.
        if run.state == "running" and self.bench.vault.unlocked:
            self._asked_run = run.id
            doing = words.phase(run.phase, run.detail)
            stops = self.keyed(_("{cancel} stops"))
            self.show_job(f"{doing} · {stops}")

    def _run_ended(self: Any) -> None:
        if self._asked_run:
            self._asked_run = ""
            self.show_job("")

    def stop_run(self: Any) -> bool:
        """Escape, with nothing nearer to cancel: the run in the jobs line. Whether there is one."""
        id = self._asked_run
        if not id:
            return False
        bench = self.bench

        def work() -> str:
            from tui.asking.agents import missions

            return missions.stop(bench, id)

        self.desk.ask("look", work, self.show_job, self.fail)
        return True

    def agents_noticed(self: Any, changes: Any) -> None:
        """A run went on, or something waits for a look."""
        if any(collection in NOTICES for collection, _space in changes):
            self.look_around()

    def agent_segments(self: Any) -> list[Segment]:
        """What runs now, and how many proposals wait."""
        return segments(self.status)


def segments(status: doing.Status) -> list[Segment]:
    """The agents' part of the status line. What waits for the person is never dropped."""
    return [
        Segment(status.proposals, "status_warn", 3),
        Segment(status.running, "status", 7),
    ]
