"""What the list of a module and Home share: panels, one of them in view, that all keys act on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual import on

from store.module import Module
from store.words import _, ngettext, number
from tui.asking import doing, fieldtext
from tui.screens.acts import Acts
from tui.screens.narrowing import Narrowing
from tui.screens.panel import Changes, Panel
from tui.screens.place import PlaceScreen
from tui.screens.tabs import TabLine
from tui.shell.drafting import Spot
from tui.widgets import Rows, Segment

if TYPE_CHECKING:
    from tui.asking.scenery import Base
    from tui.asking.source import ListSource

_KEYS_WAIT = 1.0
"""Seconds after which keys act although no row has come."""


class ListsScreen(Narrowing, Acts, PlaceScreen):
    """A base screen: the lowest one while the workbench is unlocked.

    Subclasses give ``kind``, ``panel``, ``show_place`` and ``show_heads`` (the words round the
    rows). ``panels`` are all lists that it shows.
    """

    kind = ""
    waits = True

    def __init__(self, base: Base) -> None:
        """base: the place, which is the app's by now, and the first rows."""
        super().__init__()
        self.base = base
        self.panels: list[Panel] = []
        self.follows = False

    # The panel in view ------------------------------------------------------------------------

    @property
    def panel(self) -> Panel:
        """The list that keys act on."""
        raise NotImplementedError

    @property
    def module(self) -> Module:
        """The module whose records are in view."""
        return self.panel.module

    @property
    def rows(self) -> Rows:
        """The rows that have the cursor."""
        return self.panel.rows

    @property
    def is_deleted(self) -> bool:
        """Whether the deleted records are shown."""
        return self.panel.is_deleted

    @is_deleted.setter
    def is_deleted(self, is_deleted: bool) -> None:
        self.panel.is_deleted = is_deleted

    @property
    def _text(self) -> str:
        return self.panel.text

    @_text.setter
    def _text(self, text: str) -> None:
        self.panel.text = text

    @property
    def _source(self) -> ListSource | None:
        return self.panel.source

    def panel_of(self, rows: Rows) -> Panel | None:
        """The panel that fills ``rows``."""
        return next((panel for panel in self.panels if panel.rows is rows), None)

    def show_panel(self, panel: Panel) -> None:
        """Bring another panel into view."""

    def show_place(self, base: Base) -> None:
        """Show another place of this kind from the start."""
        raise NotImplementedError

    def show_heads(self) -> None:
        """The words round the rows."""
        raise NotImplementedError

    # Life -------------------------------------------------------------------------------------

    def opened(self) -> None:
        """Show the place that was restored."""
        self.show_place(self.base)
        if self.base.begins:
            self.app.call_later(self.app.list_is_open)

    def again(self) -> dict[str, Any]:
        """An open line for something new is opened again after unlocking."""
        spot = self.app.drafter.spot
        is_new = spot is not None and spot.place.startswith("add/")
        return {"add": spot.place.rsplit("/", 1)[1]} if spot is not None and is_new else {}

    def hold_keys(self) -> None:
        """Keys wait for the rows that they are meant for, but not for ever."""
        self.is_ready = False
        self.set_timer(_KEYS_WAIT, self.ready)

    def begin_place(self) -> None:
        """What every other place begins with."""
        self.hold_keys()
        self.app.look_around()
        if self.app.offered_in != self.base.place.space:
            self.app.offered_in = self.base.place.space
            self._offer_drafts()

    def mark_place(self) -> None:
        """Write down in ``app.place`` where the lists stand."""
        for panel in self.panels:
            panel.mark_place()

    def show_list(self, *, keep: bool = True) -> None:
        """Show the query in view as it stands now; ``keep`` leaves cursor and marks."""
        self.panel.show(keep=keep)
        self.show_heads()
        self._show_hidden()
        self.show_status()

    def _show_hidden(self) -> None:
        self.panel.ask_hidden(self.show_notice)

    def show_notice(self) -> None:
        """What the tags hide of the list in view."""
        notice = self.query_one("#notice", TabLine)
        hidden = self.panel.hidden if self.panels else ""
        if hidden:
            notice.say(hidden)
        notice.set_class(not hidden, "hidden")

    def mark_segment(self) -> Segment:
        """How many rows are marked, for the status line."""
        marks = len(self.rows.marked_ids) if self.is_mounted and self.panels else 0
        marked = ngettext("{n} marked", "{n} marked", marks).format(n=number(marks))
        return Segment(marked if marks else "", "status_strong", 2)

    @on(Rows.Counted)
    def _rows_counted(self, event: Rows.Counted) -> None:
        panel = self.panel_of(event.rows)
        if panel is None:
            return
        panel.counted = event.text
        self.show_heads()
        self.show_status()
        if event.text and panel is self.panel:
            self.ready()

    @on(Rows.MarksChanged)
    def _marks_changed(self) -> None:
        self.show_status()

    @on(Rows.Failed)
    def _rows_failed(self, event: Rows.Failed) -> None:
        self.ready()
        self.app.fail(event.error)

    @on(Rows.Opened)
    def _row_opened(self, event: Rows.Opened) -> None:
        if (panel := self.panel_of(event.rows)) is not None:
            self.app.open_record(panel.module.main, event.id)

    def noticed(self, changes: Changes) -> None:
        """Somebody, perhaps this process, changed records: each panel reads its own again."""
        space = self.app.bench.scope.id
        if any(collection in ("spaces", "tags", "held") for collection, _space in changes):
            self.app.look_around()
        if any(collection == "spaces" for collection, _space in changes):
            self.app.check_space()
        for panel in self.panels:
            ids = changes.get((panel.module.main, space), set())
            if ids is not None and not ids:
                continue
            panel.noticed(changes, space)
            if self.follows and ids is not None and len(ids) == 1:
                # What undo or redo brought back is where one looks next.
                self.follows = False
                self.show_panel(panel)
                panel.go_to_record(next(iter(ids)))
            if panel.wanted().tags:
                panel.ask_hidden(self.show_notice)

    # Moving -----------------------------------------------------------------------------------

    def do_move(self, how: str) -> None:
        """One of the moves of the registry."""
        self.forget_reminder()
        move(self.rows, how)

    def do_open(self) -> None:
        """The fields of the record under the cursor."""
        self.rows.open_cursor()

    def go_to_row(self, row: int) -> None:
        """``:42``."""
        self.rows.home()
        self.rows.move(row)

    # Marks and targets --------------------------------------------------------------------------

    def targets(self) -> list[str]:
        """The marked records, else the one under the cursor."""
        marked = self.rows.marked_ids
        if self.rows.is_marking:
            self.say(_("Still marking; try again in a moment."), "warn")
            return []
        if marked:
            return marked
        if self.rows.cursor_id is None:
            self.say(self.app.keyed(_("There is nothing here to do that to. {add} adds.")))
            return []
        return [self.rows.cursor_id]

    def acted(self) -> None:
        """Marks have done their work."""
        self.rows.clear_marks()

    def do_mark(self) -> None:
        """Mark or unmark, and go on to the next row."""
        self.rows.toggle_mark()
        self.rows.move(1)

    def do_mark_to_here(self) -> None:
        """From the last mark to the cursor."""
        self.rows.mark_to_here()

    def do_mark_all(self) -> None:
        """Everything shown."""
        self.rows.mark_all()

    def cancel(self) -> bool:
        """Escape: the text filter, then the marks, then the deleted view."""
        if not self.panels:
            return False
        if self._text:
            self._filter("")
        elif self.rows.marked_ids:
            self.rows.clear_marks()
        elif self.is_deleted:
            self.do_view_deleted()
        else:
            return False
        return True

    # Adding and editing ---------------------------------------------------------------------------

    def do_add(self) -> None:
        """One line becomes a record of this module in this space."""
        self.app.add_line(self, self.module, "")

    def added(self, module: Module, key: int) -> None:
        """A record was added from here; the cursor goes to it if it is of a list here."""
        for panel in self.panels:
            if panel.module is module:
                panel.rows.seek(key)

    def do_edit(self) -> None:
        """The title, in the line; other fields are edited where they all stand."""
        item = self.rows.cursor_item
        if item is None:
            return
        from tui.screens.record import RecordScreen

        field = fieldtext.title_field(self.module)
        if not field:
            self.app.push_screen(RecordScreen(self.module.main, item.id, edit=""))
            return
        scope, bench = self.app.bench.scope, self.app.bench
        main, id = self.module.main, item.id

        def ask(found: tuple[Any, dict[str, str]]) -> None:
            record, stamps = found
            old = record.text(field)
            spot = Spot(f"field/{main}/{id}/{field}", main, id, field, old, stamps.get(field, ""))
            draft = self.app.drafts.get(spot.place)
            self.ask_line(
                _("Title:"),
                lambda text: self.app.change(
                    lambda: doing.write(bench, scope, main, id, field, text.strip()), spot=spot
                ),
                text="" if draft else old,
                spot=spot,
            )

        self.app.desk.ask(
            "look", lambda: doing.one(bench, scope, main, id), ask, self.app.fail, owner=self
        )

    def do_editor(self) -> None:
        """The long text of the record in $EDITOR."""
        if (id := self.rows.cursor_id) is not None:
            self.app.edit_record_outside(self.module, id, "")

    def _offer_drafts(self) -> None:
        """Once for each space that is entered; at the start also what waits in another one."""
        if not (drafts := list(self.app.drafts.values())):
            return
        from tui.asking import resuming

        bench, begins = self.app.bench, self.base.begins

        def find() -> tuple[str, dict[str, str]]:
            offer = resuming.offered(bench, drafts, elsewhere=begins)
            return resuming.words(bench, offer) if offer is not None else ("", {})

        def told(found: tuple[str, dict[str, str]]) -> None:
            words, names = found
            if words and self.app.screen is self and not self.says_something:
                self.remind(self.app.keyed(words, **names))

        self.app.desk.ask("look", find, told, self.app.fail, group="drafts", owner=self)


def move(widget: Any, how: str) -> None:
    """One of the registry's moves on a list or on fields."""
    if how in ("down", "up"):
        widget.move(1 if how == "down" else -1)
    elif how in ("page_down", "page_up"):
        widget.half_page(1 if how == "page_down" else -1)
    elif how == "first":
        widget.home()
    else:
        widget.end()
