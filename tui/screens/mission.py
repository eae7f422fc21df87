"""One mission: what it is for, when and where it runs, what it may cost, and how its runs went."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from store.words import N_, _
from tui.asking.agents import missions
from tui.asking.agents.missions import AGENT, COLLECTION, INPUT, PROPOSALS, RUN
from tui.asking.managing.entry import Entry
from tui.screens.pick import Choice, PickScreen
from tui.screens.told import ToldScreen
from tui.widgets import Segment

if TYPE_CHECKING:
    from store.ai.runs.rows import Run
    from store.workbench import Workbench
    from tui.asking.differing import Lines

TICK = 1.0
"""Seconds between two looks at a clock while a run is in view; none without one."""

_FIELDS = {"runsOn": "", "script": "script", "budget": "budget"}
"""Lines whose field in the form has another name, or none."""


class MissionScreen(ToldScreen):
    """Its fields and its runs, each with all there is to say of it below."""

    scopes = ("mission", "narrow", "move", "everywhere", "always")

    def __init__(self, id: str) -> None:
        super().__init__()
        self._shown_id = id
        self._mission: missions.Mission | None = None
        self._ticks = False

    def again(self) -> dict[str, Any]:
        """How to open this screen again after unlocking."""
        return {"collection": COLLECTION, "id": self._shown_id}

    def read(self, bench: Workbench) -> list[Entry]:
        """The mission and its runs."""
        self._mission = missions.read(bench, self._shown_id)
        return self._mission.entries

    def empty_words(self) -> str:
        """Only of one that is gone."""
        return _("This mission was deleted; u brings it back.")

    def tell(self, bench: Workbench, entry: Entry) -> Lines:
        """A run with its steps, or a field whole."""
        return missions.told(bench, entry)

    def segments(self) -> list[Segment]:
        """What this is, and a run that goes on with how long it does."""
        running = self._mission.running if self._mission is not None else None
        words = ""
        if running is not None:
            words = _("running {time}").format(time=missions.elapsed(self.app.bench, running.began))
        return [Segment(words, "status_strong", 3), Segment(_("Mission"), "status", 4)]

    def _show(self) -> None:
        if (shown := self._mission) is not None:
            self.hint_words = {
                "mission.pause": N_("pause") if shown.state == "active" else N_("resume"),
                "mission.stop": N_("stop") if shown.running is not None else "",
                "mission.run": "" if shown.running is not None else N_("run now"),
                "mission.revert": N_("take back") if shown.has_run else "",
                "mission.feedback": N_("feedback") if shown.has_run else "",
            }
        super()._show()
        self._tick_on()

    def _tick_on(self) -> None:
        if self._mission is not None and self._mission.running is not None and not self._ticks:
            self._ticks = True
            self.set_timer(TICK, self._ticked)

    def _ticked(self) -> None:
        """Once a second while a run is in view, and never else."""
        self._ticks = False
        if self.is_current:
            self.show_status()
            self._tick_on()

    def on_screen_resume(self) -> None:
        """The clock goes on when this comes back into view."""
        super().on_screen_resume()
        if self.is_mounted:
            self._tick_on()

    def enter(self, entry: Entry) -> None:
        """A run whole, the agent, the inbox; a field where it is edited."""
        if entry.kind == RUN:
            self.show_whole(_("Run"), entry)
        elif entry.kind == AGENT and entry.thing and entry.role != "dim":
            self.app.open_record("agents", entry.thing)
        elif entry.kind == PROPOSALS:
            self.do_mission_proposals()
        elif entry.kind == INPUT:
            self.app.open_record(*entry.value)
        elif entry.id == "inputs":
            self.do_mission_inputs()
        elif entry.id == "runsOn":
            self.do_mission_take()
        else:
            self._edit(_FIELDS.get(entry.id, entry.id))

    # Acts -------------------------------------------------------------------------------------

    def do_mission_pause(self) -> None:
        """Pause it, or let it go on."""
        bench = self.app.bench
        self.change(lambda: missions.act(bench, self._shown_id, "pause", "resume"))

    def do_mission_done(self) -> None:
        """It runs no more."""
        bench = self.app.bench
        self.change(lambda: missions.act(bench, self._shown_id, "done"))

    def do_mission_archive(self) -> None:
        """Put it away."""
        bench = self.app.bench
        self.change(lambda: missions.act(bench, self._shown_id, "archive"))

    def do_mission_when(self) -> None:
        """Its cadence, typed."""
        self._edit("cadence")

    def do_mission_inputs(self) -> None:
        """Tick the records that it reads; what is typed finds others."""
        bench, id = self.app.bench, self._shown_id

        def switch(choice: Choice) -> None:
            self.app.change(lambda: missions.switch_input(bench, id, *choice.value), switched)

        def switched(words: str) -> None:
            self.app.say(words)
            if picker.is_attached:
                picker.look_again()

        hint = _("Enter gives it or takes it away, Escape is done")
        offer = missions.input_choices(bench, id)
        picker = PickScreen(_("Reads"), offer, hint=hint, toggle=switch)
        self.app.push_screen(picker)

    def do_mission_run(self) -> None:
        """Now, beside everything else."""
        self.app.run_missions([self._shown_id])

    def do_mission_stop(self) -> None:
        """End the run that goes on."""
        running = self._mission.running if self._mission is not None else None
        if running is None:
            self.say(_("Nothing of it runs now."))
            return
        bench = self.app.bench
        self.app.desk.ask(
            "look", lambda: missions.stop(bench, running.id), self.remind, self.app.fail
        )

    def do_mission_take(self) -> None:
        """Run on this device from now on."""
        bench = self.app.bench
        self.change(lambda: missions.take_over(bench, self._shown_id))

    def do_mission_proposals(self) -> None:
        """What waits for a look."""
        self.app.do_screen("tui.screens.inbox.InboxScreen")

    def do_mission_feedback(self) -> None:
        """A word about the run under the cursor, else about the newest."""
        if (run := self._run()) is None:
            self.say(_("It has not run yet."))
            return
        bench = self.app.bench
        self.ask_name(
            _("To the next run:"),
            f"feedback/{run.id}",
            lambda text, spot: self.change(lambda: missions.feedback(bench, run.id, text), spot),
        )

    def do_mission_revert(self) -> None:
        """Take back what the run under the cursor changed; it is shown first."""
        if (run := self._run()) is None:
            self.say(_("It has not run yet."))
            return
        from tui.screens.revert import RevertScreen

        self.app.push_screen(RevertScreen(self._shown_id, run.id))

    def _run(self) -> Run | None:
        chosen = self.entries.chosen
        if chosen is not None and chosen.kind == RUN:
            return chosen.value
        return next((entry.value for entry in self._all if entry.kind == RUN), None)

    def do_mission_edit(self) -> None:
        """All fields, the one under the cursor open."""
        chosen = self.entries.chosen
        is_field = chosen is not None and chosen.kind in (AGENT, missions.FIELD)
        self._edit(_FIELDS.get(chosen.id, chosen.id) if chosen is not None and is_field else "")

    def _edit(self, field: str) -> None:
        from tui.screens.record import RecordScreen

        self.app.push_screen(RecordScreen(COLLECTION, self._shown_id, edit=field or None))

    def do_mission_delete(self) -> None:
        """Delete it; u brings it back."""
        from tui.asking import doing

        bench, id = self.app.bench, self._shown_id
        self.change(lambda: doing.delete(bench, bench.scope, COLLECTION, [id], confirmed=True))

    def do_mission_history(self) -> None:
        """Every value that it had."""
        from tui.screens.past import PastScreen

        self.app.push_screen(PastScreen(self.app.modules["ai-missions"], self._shown_id))
