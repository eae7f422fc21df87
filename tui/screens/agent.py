"""One agent: who it is, what it may do tool by tool, what it may spend, and its missions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from store.words import N_, _
from tui.asking.agents import policy
from tui.asking.agents.policy import COLLECTION, DEFAULT, FIELD, MISSION, MODULE, TOOL
from tui.asking.managing.entry import Entry
from tui.screens.pick import Choice
from tui.screens.told import ToldScreen
from tui.widgets import Segment

if TYPE_CHECKING:
    from collections.abc import Callable

    from store.workbench import Workbench
    from tui.asking.differing import Lines

DECIDED = (TOOL, MODULE, DEFAULT)
"""Lines on which Space decides."""


class AgentScreen(ToldScreen):
    """Its fields, its missions, its policy as a table."""

    scopes = ("agent", "narrow", "move", "everywhere", "always")

    def __init__(self, id: str) -> None:
        super().__init__()
        self._shown_id = id
        self._state = ""

    def again(self) -> dict[str, Any]:
        """How to open this screen again after unlocking."""
        return {"collection": COLLECTION, "id": self._shown_id}

    def read(self, bench: Workbench) -> list[Entry]:
        """The agent as it stands."""
        shown = policy.read(bench, self._shown_id)
        self._state = shown.state
        return shown.entries

    def _show(self) -> None:
        active = self._state == "active"
        self.hint_words = {"agent.pause": N_("pause") if active else N_("resume")}
        super()._show()

    def empty_words(self) -> str:
        """Only of one that is gone."""
        return _("This agent was deleted; u brings it back.")

    def tell(self, bench: Workbench, entry: Entry) -> Lines:
        """A field whole, or what a tool does."""
        return policy.told(entry)

    def segments(self) -> list[Segment]:
        """What this is."""
        return [Segment(_("Agent"), "status", 4)]

    def enter(self, entry: Entry) -> None:
        """The mission; a field where it is edited; a decision decides."""
        if entry.kind == MISSION:
            self.app.open_record("aiMissions", entry.thing)
        elif entry.kind in DECIDED:
            self.do_agent_policy()
        elif entry.id == "mode":
            self.do_agent_mode()
        elif entry.id == "preset":
            self.do_agent_preset()
        elif entry.id == "model":
            self.do_agent_model()
        elif entry.id == "scopeTagIds":
            self.do_agent_sees()
        else:
            self.do_agent_edit()

    # Acts -------------------------------------------------------------------------------------

    def do_agent_policy(self) -> None:
        """The next of: at once, asks first, forbidden."""
        chosen, bench = self.entries.chosen, self.app.bench
        if chosen is None or chosen.kind not in DECIDED:
            self.say(_("That makes no sense on this line."))
            return
        self.change(lambda: policy.cycle(bench, self._shown_id, chosen))

    def do_agent_mode(self) -> None:
        """Propose first, or act."""
        bench = self.app.bench
        self.change(lambda: policy.turn(bench, self._shown_id))

    def do_agent_preset(self) -> None:
        """Another policy as a whole."""
        bench = self.app.bench
        offered = [Choice(f"{words}: {means}", name) for name, words, means in policy.presets()]

        def take(choice: Choice) -> None:
            self.change(lambda: policy.choose(bench, self._shown_id, choice.value))

        self.pick(_("Policy"), lambda: offered, take)

    def do_agent_pause(self) -> None:
        """Pause it, or let it go on."""
        bench = self.app.bench
        self.change(lambda: policy.act(bench, self._shown_id, "pause", "resume"))

    def do_agent_archive(self) -> None:
        """Archive it, or bring it back."""
        bench = self.app.bench
        self.change(lambda: policy.act(bench, self._shown_id, "archive", "resume"))

    def do_agent_edit(self) -> None:
        """All fields, the one under the cursor open."""
        from tui.screens.record import RecordScreen

        chosen = self.entries.chosen
        if chosen is not None and chosen.id in ("model", "scopeTagIds"):
            self.enter(chosen)
            return
        known = {field.name for field in self.app.modules["ai-agents"].fields}
        is_field = chosen is not None and chosen.kind == FIELD and chosen.id in known
        edit = chosen.id if chosen is not None and is_field else None
        self.app.push_screen(RecordScreen(COLLECTION, self._shown_id, edit=edit))

    def do_agent_model(self) -> None:
        """One of the models that this machine knows, or the usual one."""
        bench = self.app.bench

        def take(choice: Choice) -> None:
            self.change(lambda: policy.use_model(bench, self._shown_id, choice.value))

        offered = [Choice(*one) for one in policy.models(bench)]
        hint = "" if len(offered) > 1 else _("`manabench model add` makes one known")
        self.pick(_("Model"), lambda: offered, take, hint=hint, unknown=_named)

    def do_agent_sees(self) -> None:
        """Tick the tags that it sees; without one it sees everything."""
        bench, id = self.app.bench, self._shown_id

        def offered() -> list[Choice]:
            return [Choice(*one) for one in policy.tag_choices(bench, id)]

        def switch(choice: Choice, on: bool) -> Callable[[], str]:
            return lambda: policy.see(bench, id, choice.value, on=on)

        self.tick(_("Sees only"), offered, switch)

    def do_agent_delete(self) -> None:
        """Delete it; what it did keeps its name, and u brings it back."""
        from tui.asking import doing

        bench, id = self.app.bench, self._shown_id
        self.change(lambda: doing.delete(bench, bench.scope, COLLECTION, [id], confirmed=True))

    def do_agent_history(self) -> None:
        """Every value that it had."""
        from tui.screens.past import PastScreen

        self.app.push_screen(PastScreen(self.app.modules["ai-agents"], self._shown_id))


def _named(text: str) -> Choice:
    """A model by the name that it has on another device."""
    return Choice(text, text, _("unknown here"))
