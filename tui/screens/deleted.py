"""Deleted: what was deleted in this space, of all modules, newest first; Space brings it back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from textual.widget import Widget

from store.words import _, ngettext
from tui.asking import doing
from tui.screens.past import who
from tui.screens.pick import Choice, Choices
from tui.screens.place import PlaceScreen
from tui.widgets import Segment, cells

if TYPE_CHECKING:
    from store.deleted import Gone
    from store.workbench import Workbench

_NARROWED_AFTER = 0.08
"""Seconds without a key after which the list is narrowed to the typed words."""

Name = tuple[str, str]
"""(collection, id)."""


class DeletedScreen(PlaceScreen):
    """Deleted records with a cursor and marks."""

    scopes = ("gone", "move", "everywhere", "always")
    typing_scopes = ("picking", "typing")

    def __init__(self) -> None:
        super().__init__()
        self._found: list[Gone] = []
        self._more = 0
        self._words = ""
        self._marked: set[Name] = set()
        self._wait: Any = None
        self._choices = Choices()

    def body(self) -> Iterable[Widget]:
        """The list."""
        return [self._choices]

    def opened(self) -> None:
        """Read what is deleted."""
        self._choices.show((), _("Loading"))
        self._read()

    def segments(self) -> list[Segment]:
        """What this is, marks, words, count."""
        marked = len(self._marked)
        marks = ngettext("{n} marked", "{n} marked", marked).format(n=marked) if marked else ""
        count = f"{len(self._found)}+" if self._more else str(len(self._found))
        return [
            Segment(marks, "status_strong", 2),
            Segment(_("Deleted"), "status", 4),
            Segment(f"/{self._words}" if self._words else "", "status_strong", 3),
            Segment(count, "status", 5),
        ]

    # Reading ----------------------------------------------------------------------------------

    def _read(self) -> None:
        bench, scope, words = self.app.bench, self.app.bench.scope, self._words

        def read() -> tuple[list[Gone], int, list[Choice]]:
            from store.deleted import deleted

            found, more = deleted(bench, scope, words)
            return found, more, _rows(bench, found)

        self.app.desk.ask("look", read, self._show, self._failed, group="deleted", owner=self)

    def _failed(self, error: Exception) -> None:
        self._choices.show((), _("The list could not be read; nothing was changed."))
        self.app.fail(error)

    def _show(self, result: tuple[list[Gone], int, list[Choice]]) -> None:
        at, was = self._choices.at, self._choices.chosen
        self._found, self._more, rows = result
        there = {(g.collection, g.id) for g in self._found}
        self._marked &= there
        words = _("Nothing is deleted in this space. What you delete waits here.")
        if self._words:
            words = _("Nothing deleted is called so. Escape shows all.")
        self._choices.show(self._with_marks(rows), words)
        names = [row.value for row in rows]
        # What was restored is gone from here: the cursor stays in its row.
        where = names.index(was.value) if was is not None and was.value in names else at
        self._go_to(min(where, len(rows) - 1))
        self.show_status()

    def _go_to(self, at: int) -> None:
        self._choices.at = max(0, at)
        self._choices.move("")

    def _with_marks(self, rows: Sequence[Choice]) -> list[Choice]:
        return [row._replace(glyph="▪" if row.value in self._marked else " ") for row in rows]

    def _draw_marks(self) -> None:
        self._choices.choices = self._with_marks(self._choices.choices)
        self._choices.repaint()
        self.show_status()

    def noticed(self, changes: Any) -> None:
        """Something was deleted or came back."""
        self._read()

    # Keys -------------------------------------------------------------------------------------

    def do_move(self, how: str) -> None:
        """Move the cursor."""
        self._choices.move(how)

    def do_pick(self, how: str) -> None:
        """Move while words are typed."""
        self._choices.move(how)

    def choose(self) -> None:
        """A double click opens."""
        self.do_open()

    def do_open(self) -> None:
        """The fields, to be read: what is deleted is restored before it is changed."""
        if (chosen := self._choices.chosen) is not None:
            from tui.screens.record import RecordScreen

            self.app.push_screen(RecordScreen(*chosen.value))

    def do_gone_mark(self) -> None:
        """Mark or unmark, and go on."""
        if (chosen := self._choices.chosen) is not None:
            self._marked ^= {chosen.value}
            self._draw_marks()
            self._choices.move("down")

    def do_gone_mark_all(self) -> None:
        """Mark all that is shown."""
        self._marked = {row.value for row in self._choices.choices}
        self._draw_marks()

    def do_gone_filter(self) -> None:
        """/ narrows to titles that hold the words."""
        self.ask_words(self._words, self._narrow, self._narrow_soon)

    def _narrow_soon(self, text: str) -> None:
        if self._wait is not None:
            self._wait.stop()
        self._wait = self.set_timer(_NARROWED_AFTER, lambda: self._narrow(text))

    def _narrow(self, text: str) -> None:
        if self._wait is not None:
            self._wait.stop()
            self._wait = None
        if text.strip() != self._words:
            self._words = text.strip()
            self._read()

    def _targets(self) -> list[Name]:
        if self._marked:
            return [row.value for row in self._choices.choices if row.value in self._marked]
        chosen = self._choices.chosen
        return [chosen.value] if chosen is not None else []

    def do_gone_restore(self) -> None:
        """Bring back what is marked, else what is under the cursor, as one step."""
        names = self._targets()
        if not names:
            return
        bench, scope = self.app.bench, self.app.bench.scope

        def work() -> str:
            from store.deleted import restore

            return restore(bench, scope, names)

        self.app.change(work, self._done)

    def do_gone_purge(self) -> None:
        """Remove for good what is marked, else what is under the cursor; asks, naming the count."""
        names = self._targets()
        if not names:
            return
        bench, scope = self.app.bench, self.app.bench.scope

        def work() -> str:
            from store.deleted import purge

            return purge(bench, scope, names)

        def asked(yes: bool | None) -> None:
            if yes:
                self.say(_("Purging …"))
                self.app.change(work, self._done)

        from tui.screens.confirm import ConfirmScreen

        words = ngettext(
            "Purge {n} record for good? Nothing brings it back, not even u.",
            "Purge {n} records for good? Nothing brings them back, not even u.",
            len(names),
        )
        self.app.push_screen(ConfirmScreen(words.format(n=len(names))), asked)

    def _done(self, words: str) -> None:
        self._marked = set()
        self.app.say(words)
        if self.is_attached:
            self._read()

    def cancel(self) -> bool:
        """Escape: the words, the marks, then the screen."""
        if self._words:
            self._narrow("")
        elif self._marked:
            self._marked = set()
            self._draw_marks()
        else:
            return super().cancel()
        return True


def _rows(bench: Workbench, found: Sequence[Gone]) -> list[Choice]:
    """Module, title; at the right who and when."""
    words = {m.id: _(m.words) for m in bench.modules.values()}
    wide = min(12, max((cells.width(words[g.module]) for g in found), default=0))
    rows = []
    for gone in found:
        by = "" if gone.actor.get("kind") == "user" else who(gone.actor)
        when = doing.moment(bench, gone.at)
        title = f"{cells.fit(words[gone.module], wide)}  {gone.title}"
        rows.append(Choice(title, (gone.collection, gone.id), f"{by} {when}".strip()))
    return rows
