"""The history of one record: all values its fields had, by whom and when; Space takes one back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from textual.widget import Widget

from store.module import Module
from store.words import _
from tui import doing, fieldtext
from tui.screens.pick import Choice, Choices
from tui.screens.place import PlaceScreen
from tui.widgets import Segment

if TYPE_CHECKING:
    from store.scope import Scope
    from store.workbench import Workbench


def past_choices(bench: Workbench, scope: Scope, module: Module, id: str) -> list[Choice]:
    """Newest first: field and value; at the right who and when."""
    fields = {f.name: f for f in module.fields}
    choices = []
    for past in bench.history.of(scope, module.main, id):
        field = fields.get(past.field)
        if field is None:
            continue
        text = fieldtext.shown(field, past.value).replace("\n", " ⏎ ") or _("(empty)")
        who = _("you") if past.actor.get("kind") == "user" else past.actor.get("displayName", "")
        choices.append(
            Choice(
                f"{_(field.words)}: {text}",
                (past.field, past.at, past.current),
                f"{who} {doing.moment(bench, past.at)}",
                "•" if past.current else " ",
            )
        )
    return choices


class PastScreen(PlaceScreen):
    """Values with a cursor; the current ones bear a dot."""

    scopes = ("past", "move", "everywhere", "always")

    def __init__(self, module: Module, id: str) -> None:
        super().__init__()
        self._module = module
        self._record_id = id
        self._choices = Choices()

    def body(self) -> Iterable[Widget]:
        """The values."""
        return [self._choices]

    def opened(self) -> None:
        """Read them."""
        self._read()
        self.say(_("Space takes the value under the cursor back; • is the current one."))

    def segments(self) -> list[Segment]:
        """What this is."""
        return [Segment(_("History"), "status", 4)]

    def _read(self) -> None:
        bench, scope = self.app.bench, self.app.bench.scope
        self.app.desk.ask(
            "look",
            lambda: past_choices(bench, scope, self._module, self._record_id),
            self._show,
            self.app.fail,
            group="past",
            owner=self,
        )

    def _show(self, found: Sequence[Choice]) -> None:
        self._choices.show(found, _("This record has no past."))

    def do_move(self, how: str) -> None:
        """Move the cursor."""
        self._choices.move(how)

    def do_open(self) -> None:
        """Enter shows the whole value in the message line; values are read, not opened."""
        if self._choices.chosen is not None:
            self.say(self._choices.chosen.words)

    def do_past_take_back(self) -> None:
        """Make the value under the cursor the current one, as a new step."""
        chosen = self._choices.chosen
        if chosen is None:
            return
        field, at, current = chosen.value
        if current:
            self.say(_("This is the current value."))
            return
        bench, scope = self.app.bench, self.app.bench.scope
        main, id = self._module.main, self._record_id

        def work() -> str:
            bench.history.take_back(scope, main, id, field, at)
            return _("Taken back. u undoes that.")

        self.app.change(work)

    def noticed(self, changes: Any) -> None:
        """The record changed."""
        self._read()
