"""The history of one record: all values its fields had, by whom and when; Space takes one back.

Above the values with a cursor, below what the chosen one changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from textual.widget import Widget

from store.module import FormField, Module
from store.records import Masked
from store.told import phrase
from store.words import _, ngettext
from tui.asking import differing, doing
from tui.asking.pasts import fields_of, says_nothing, text_of
from tui.screens.list import move
from tui.screens.pick import Choice, Choices
from tui.screens.place import PlaceScreen
from tui.widgets import Segment, cells
from tui.widgets.lines import Line, LinesWidget

if TYPE_CHECKING:
    from store.history import Past
    from store.scope import Scope
    from store.workbench import Workbench

_SHOWN = 300
"""Characters of a value that its row may show."""
_COMPARED = 100_000
"""Characters of two texts up to which a row shows what is new in the later one."""


def who(actor: dict[str, str], origin: str = "") -> str:
    """Who wrote something, and by which way if not by hand."""
    name = _("you") if actor.get("kind") == "user" else actor.get("displayName", "")
    ways = {
        "agent": _("agent"),
        "migration": _("migration"),
        "server-replay": _("from the server"),
    }
    if actor.get("kind") == "system" and origin == "system":
        return _("{name}, by the program").format(name=name)
    return f"{name} ({ways[origin]})" if origin in ways else name


def past_rows(
    bench: Workbench, scope: Scope, module: Module, id: str
) -> tuple[list[Choice], list[Past]]:
    """Newest first: field and value, at the right when, and by whom if it was not the person."""
    fields = fields_of(bench, module)
    choices, found = [], []
    every = bench.history.of(scope, module.main, id)
    for n, past in enumerate(every):
        field = fields.get(past.field)
        if field is None or says_nothing(field, past, every[n + 1 :]):
            continue
        older = next((p.value for p in every[n + 1 :] if p.field == past.field), None)
        text = _new_in(field, past.value, older)
        text = text or differing.empty(text_of(bench, scope, field, past.value))
        text = text[:_SHOWN].replace("\n", " ⏎ ")
        when = doing.moment(bench, past.at)
        mine = past.actor.get("kind") == "user"
        choices.append(
            Choice(
                f"{_(field.words)}: {text}",
                (past.field, past.at, past.current),
                when if mine else f"{past.actor.get('displayName', '')} {when}",
                "•" if past.current else " ",
            )
        )
        found.append(past)
    return choices, found


def _new_in(field: FormField, now: Any, before: Any) -> str:
    """The first line of a long text that its value before had not, so that rows differ."""
    if field.kind != "text" or not isinstance(now, str) or not isinstance(before, str):
        return ""
    if len(now) + len(before) > _COMPARED:
        return ""
    known = set(before.split("\n"))
    line = next((one.strip() for one in now.split("\n") if one.strip() and one not in known), "")
    return f"… {line}" if line else ""


def told(
    bench: Workbench, scope: Scope, module: Module, pasts: Sequence[Past], at: int
) -> differing.Lines:
    """What the value at ``at`` changed: who, when, before and after."""
    past = pasts[at]
    field = fields_of(bench, module)[past.field]
    before = next((p for p in pasts[at + 1 :] if p.field == past.field), None)
    head = _("{field} · {when} · {who}").format(
        field=_(field.words), when=doing.moment(bench, past.at), who=who(past.actor, past.origin)
    )
    lines = [(head, "head")]
    if isinstance(past.value, Masked):
        return [*lines, (f"<{past.value.reason}>", "masked")]
    now = text_of(bench, scope, field, past.value)
    if before is None:
        lines.append((_("The first value that is known."), "dim"))
        return [*lines, *differing.lines("", differing.empty(now))]
    old = text_of(bench, scope, field, before.value)
    return [*lines, *differing.lines(differing.empty(old), differing.empty(now))]


class Detail(LinesWidget, can_focus=False):
    """Lines in roles, folded; they scroll when they are all that is in view."""

    DEFAULT_CSS = "Detail { height: 45%; }"

    def __init__(self) -> None:
        super().__init__()
        self._parts: differing.Lines = []
        self._at = 0

    def show(self, parts: differing.Lines) -> None:
        """Show these lines from the top."""
        self._parts, self._at = parts, 0
        self.repaint()

    @property
    def is_whole(self) -> bool:
        """Whether all of it is in view."""
        return bool(self._parts) and len(self._all(self.size.width)) <= self.size.height

    def move(self, count: int) -> None:
        """Scroll by lines."""
        last = max(0, len(self._all(self.size.width)) - self.size.height)
        self._at = min(max(0, self._at + count), last)
        self.repaint()

    def half_page(self, direction: int) -> None:
        """Scroll by half a page."""
        self.move(direction * max(1, self.size.height // 2))

    def home(self) -> None:
        """To the top."""
        self.move(-1_000_000)

    def end(self) -> None:
        """To the end."""
        self.move(1_000_000)

    def _all(self, width: int) -> list[Line]:
        return [
            [(" " + row, role)]
            for text, role in self._parts
            for row in cells.folded(text, max(2, width - 2)) or [""]
        ]

    def draw(self, width: int, height: int) -> list[Line]:
        """A rule above, so that the two halves are told apart, and the lines in view."""
        lines = self._all(width)
        shown = lines[self._at : self._at + height]
        more = len(lines) - self._at - height
        if more > 0 and shown:
            words = ngettext("{n} line more, Enter", "{n} lines more, Enter", more + 1)
            shown[-1] = [(" " + words.format(n=more + 1), "dim")]
        return shown


class PastScreen(PlaceScreen):
    """Values with a cursor; the current ones bear a dot."""

    scopes = ("past", "move", "everywhere", "always")

    def __init__(self, module: Module, id: str) -> None:
        super().__init__()
        self._module = module
        self._record_id = id
        self._pasts: Sequence[Past] = ()
        self._is_whole = False
        self._choices = Choices()
        self._detail = Detail()

    def scope(self, bench: Workbench) -> Scope:
        """Where the record lives: the space in view, or the person's own level."""
        level = bench.registry[self._module.main].level
        return bench.user_scope if level == "user" else bench.scope

    def body(self) -> Iterable[Widget]:
        """The values, and what the chosen one changed."""
        return [self._choices, self._detail]

    def opened(self) -> None:
        """Read them."""
        self._choices.show((), _("Loading"))
        self._read()

    def segments(self) -> list[Segment]:
        """What this is."""
        return [
            Segment(_("History"), "status", 4),
            Segment(_(self._module.words), "status", 5),
            Segment(str(len(self._pasts) or ""), "status", 6),
        ]

    def _read(self) -> None:
        bench, scope = self.app.bench, self.scope(self.app.bench)
        self.app.desk.ask(
            "look",
            lambda: past_rows(bench, scope, self._module, self._record_id),
            self._show,
            self._failed,
            group="past",
            owner=self,
        )

    def _failed(self, error: Exception) -> None:
        self._choices.show((), _("The history could not be read."))
        self.app.fail(error)

    def _show(self, found: tuple[list[Choice], list[Past]]) -> None:
        rows, self._pasts = found
        was = self._choices.chosen
        self._choices.show(rows, _("This record has no past."))
        places = [row.value[:2] for row in rows]
        if was is not None and was.value[:2] in places:
            self._choices.at = places.index(was.value[:2])
            self._choices.move("")
        self.show_status()
        self._explain()

    def _explain(self) -> None:
        """Ask what the value under the cursor changed."""
        at, pasts, module = self._choices.at, self._pasts, self._module
        if at >= len(pasts):
            self._detail.show([])
            return
        bench, scope = self.app.bench, self.scope(self.app.bench)
        self.app.desk.ask(
            "look",
            lambda: told(bench, scope, module, pasts, at),
            self._detail.show,
            self.app.fail,
            group="past-told",
            owner=self,
        )

    def do_move(self, how: str) -> None:
        """Move the cursor, or scroll what is in view alone."""
        if self._is_whole:
            move(self._detail, how)
        else:
            self._choices.move(how)
            self._explain()

    def choose(self) -> None:
        """A double click shows the whole change."""
        self.do_open()

    def do_open(self) -> None:
        """Enter shows the whole of what changed, and again the list."""
        if self._choices.chosen is None:
            return
        self._is_whole = not self._is_whole
        self._choices.set_class(self._is_whole, "hidden")
        self._detail.styles.height = "1fr" if self._is_whole else "45%"
        self._detail.home()

    def cancel(self) -> bool:
        """Escape: back to the list, then from the screen."""
        if self._is_whole:
            self.do_open()
            return True
        return super().cancel()

    def do_past_take_back(self) -> None:
        """Make the value under the cursor the current one, as a new step."""
        chosen = self._choices.chosen
        if chosen is None:
            return
        field, at, current = chosen.value
        if current:
            self.say(_("This is the current value."))
            return
        bench, scope, view = self.app.bench, self.scope(self.app.bench), self.app.bench.scope
        module, id = self._module, self._record_id
        main = module.main

        def work() -> str:
            words = fields_of(bench, module)[field].words
            # As a step of the space in view, where u looks for it.
            with bench.step(phrase("take back {field}", field=words), scope=view):
                bench.history.take_back(scope, main, id, field, at)
            return _("Taken back. u undoes that.")

        self.app.change(work)

    def noticed(self, changes: Any) -> None:
        """The record changed."""
        self._read()
