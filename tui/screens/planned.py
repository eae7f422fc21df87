"""Import, second half: what it would do, its progress, and what it did."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from textual.widget import Widget

from store.words import N_, _, ngettext
from tui.asking import bringing
from tui.asking.bringing import Import
from tui.screens.pick import Choice, Choices
from tui.screens.place import PlaceScreen
from tui.screens.text import TextLines
from tui.widgets import Segment, cells

if TYPE_CHECKING:
    from store.exchange.items import Problem
    from store.exchange.planning import Plan
    from store.exchange.running import Result

_STATES = {
    "new": ("+", N_("new")),
    "changed": ("~", N_("changed")),
    "again": ("+", N_("brought back")),
    "gone": (" ", N_("deleted here before")),
    "same": (" ", N_("unchanged")),
}


class Head(TextLines, can_focus=False):
    """A few lines that stand still above the list."""

    def show(self, parts: Sequence[str | tuple[str, str]]) -> None:
        """As tall as its words need."""
        super().show(parts)
        room = max(8, (self.size.width or 80) - 2)
        rows = [len(cells.folded(p, room)) if isinstance(p, str) else 1 for p in parts]
        self.styles.height = max(1, sum(rows))

    def on_resize(self) -> None:
        """Another width needs another height."""
        self.show(self._parts)


class PlannedScreen(PlaceScreen):
    """One import, from the plan to its result."""

    scopes = ("plan", "move", "everywhere", "always")

    def __init__(self, path: str, shown: str) -> None:
        super().__init__()
        self._path = path
        self._shown = shown
        self._plan: Plan | None = None
        self._run: Import | None = None
        self._result: Result | None = None
        self._kinds: list[str] = []
        self._head = Head()
        self._choices = Choices()

    def body(self) -> Iterable[Widget]:
        """Counts above, everything that is not simply unchanged below."""
        return [self._head, self._choices]

    def opened(self) -> None:
        """Compare the source with the space; nothing is written."""
        self._make_plan(self._planned)

    @property
    def hint_words(self) -> Mapping[str, str]:  # type: ignore[override]
        """What Enter does now."""
        does = N_("import") if self._plan is not None and self._plan.writes else N_("go on")
        return {"open": "" if self._run is not None else does}

    def segments(self) -> list[Segment]:
        """What this is."""
        return [Segment(_("Import"), "status", 4)]

    # The plan -------------------------------------------------------------------------------

    def _make_plan(self, then: Any) -> None:
        app, path = self.app, self._path
        self._head.show([_("Comparing {path} with this space …").format(path=self._shown)])
        self._choices.show((), "")
        self.app.desk.ask(
            "plan", lambda: bringing.planned(app, path), then, self._failed, owner=self
        )

    def _failed(self, error: Exception) -> None:
        self._run = None
        if self.is_attached:
            self._head.show([_("{path} cannot be imported.").format(path=self._shown)])
            self._choices.show((), _("q goes back."))
        self.app.fail(error)

    def _planned(self, plan: Plan) -> None:
        self._plan = plan
        writes = len(plan.writes)
        if writes:
            words = ngettext(
                "Enter imports {n} record into {space}. u takes it back afterwards.",
                "Enter imports {n} records into {space}. u takes all of it back afterwards.",
                writes,
            ).format(n=writes, space=self.app.status.space)
        else:
            words = _("There is nothing to import: all of it is here already.")
        lines = [f"{self._shown}", *self._counts(plan), words]
        self._head.show([f"# {lines[0]}", *lines[1:]])
        self._choices.show(self._rows(plan), "")
        self.show_hints()
        self.say("")

    def _counts(self, plan: Plan) -> list[str]:
        """One line for each kind of record."""
        kinds = {m.main: _(m.words) for m in self.app.modules.values()}
        self._kinds = sorted({entry.collection for entry in plan.entries})
        words = ", ".join(kinds.get(name, name) for name in self._kinds) or _("Nothing")
        lines = [f"{words}: {plan.sentence()}."]
        if plan.new_tags:
            made = ngettext("{n} new tag", "{n} new tags", len(plan.new_tags))
            names = ", ".join(plan.new_tags[:6]) + (" …" if len(plan.new_tags) > 6 else "")
            lines.append(f"{made.format(n=len(plan.new_tags))}: {names}")
        return [*lines, *plan.remarks]

    def _rows(self, plan: Plan) -> list[Choice]:
        """What is left out first, then what is written; what stays as it is last."""
        rows = _problems(plan.problems)
        for wanted in (False, True):
            for entry in plan.entries:
                if (entry.state == "same") is wanted:
                    glyph, state = _STATES.get(entry.state, (" ", entry.state))
                    right = _(state)
                    if entry.kept:
                        right += " " + _("newer here: {fields}").format(
                            fields=", ".join(entry.kept)
                        )
                    name = entry.title or entry.label
                    rows.append(Choice(name, entry.label, right, glyph))
        return rows

    # Running --------------------------------------------------------------------------------

    def do_open(self) -> None:
        """Enter carries the plan out; afterwards it goes on with the rest, or to what came in."""
        if self._run is not None or (self._plan is None and self._result is None):
            return
        if self.app.importing is not None:
            self.say(_("Another import is running; Escape cancels it."), "warn")
        elif self._plan is not None and self._plan.writes:
            self._start(self._plan)
        elif self._result is not None and self._result.cancelled:
            self._make_plan(self._start)
        else:
            self._leave()

    def _start(self, plan: Plan) -> None:
        self._plan = None
        self._result = None
        self._run = Import(plan)
        count = len(plan.writes)
        words = ngettext("Importing {n} record …", "Importing {n} records …", count)
        self._head.show([f"# {self._shown}", words.format(n=count)])
        self.say("")
        self._run.start(self.app, self._ended, self._failed)

    def _ended(self, result: Result) -> None:
        self._run, self._result = None, result
        if not self.is_attached:
            self.app.say(result.sentence())
            return
        lines = [f"# {self._shown}", result.sentence()]
        if result.cancelled:
            lines.append(_("Enter goes on with the rest; what is in stays."))
        else:
            lines.append(_("Enter shows it; u takes all of it back."))
        self._head.show(lines)
        kept = [
            Choice(label, label, _("newer here: {fields}").format(fields=", ".join(fields)), "•")
            for label, fields in result.kept
        ]
        self._choices.show([*kept, *_problems(result.problems)], "")
        self.show_hints()

    def _leave(self) -> None:
        """To the list of what came in."""
        module = next((m.id for m in self.app.modules.values() if m.main in self._kinds), "")
        if module:
            self.app.do_go_module(module)

    # Keys -----------------------------------------------------------------------------------

    def do_move(self, how: str) -> None:
        """Move through the list."""
        self._choices.move(how)

    def choose(self) -> None:
        """A double click only reads."""
        chosen = self._choices.chosen
        if chosen is not None:
            self.say(f"{chosen.value}: {chosen.right}")
        else:
            self.say(_("There is nothing to open here."))

    def do_plan_why(self) -> None:
        """The whole of the line under the cursor."""
        self.choose()

    def cancel(self) -> bool:
        """Escape cancels what runs, else it goes back; what came in stays."""
        return False if self.app.importing is not None else super().cancel()


def _problems(problems: Sequence[Problem]) -> list[Choice]:
    """What is left out, and remarks, with the reason."""
    return [
        Choice(f"{p.label}: {p.reason}", p.label, _("left out") if p.skipped else _("remark"), "!")
        for p in problems
    ]
