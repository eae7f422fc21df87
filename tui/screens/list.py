"""The main screen: the records of one module in one space."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from textual import on
from textual.widget import Widget

from store.module import Module
from store.queries import Query
from store.words import _, ngettext
from tui import doing, fieldtext
from tui.drafting import Spot
from tui.screens.acts import Acts
from tui.screens.narrowing import Narrowing
from tui.screens.place import PlaceScreen
from tui.screens.tabs import TabLine
from tui.source import ListSource, query_of
from tui.widgets import Item, Rows, Segment

_KEYS_WAIT = 1.0
"""Seconds after which keys act although no row has come."""


class ListScreen(Narrowing, Acts, PlaceScreen):
    """Rows with a cursor, filter tabs above them."""

    scopes = ("rows", "one", "move", "everywhere", "always")
    waits = True

    def __init__(self, items: Sequence[Item] = ()) -> None:
        """items: the first rows, if they were read before the screen was made."""
        super().__init__()
        self._items = items
        self.follows = False
        self.is_deleted = False
        self._text = ""
        self._source: ListSource | None = None
        self._counted = ""

    @property
    def module(self) -> Module:
        """The module whose records are shown."""
        return self.app.modules[self.app.place.module]

    @property
    def rows(self) -> Rows:
        """The list itself."""
        return self.query_one(Rows)

    def body(self) -> Iterable[Widget]:
        """Tabs, the notice of a filter, rows."""
        return [TabLine(), TabLine(id="notice", classes="hidden"), Rows()]

    def opened(self) -> None:
        """Show the place that was restored."""
        self.show_place()
        self._offer_drafts()
        self.app.call_later(self.app.list_is_open)

    def again(self) -> dict[str, Any]:
        """An open line for something new is opened again after unlocking."""
        spot = self.app.drafter.spot
        is_new = spot is not None and spot.place.startswith("add/")
        return {"add": spot.place.rsplit("/", 1)[1]} if spot is not None and is_new else {}

    def home_focus(self) -> Widget:
        """Commanding, the list has the focus: that draws its cursor."""
        return self.rows

    # What is shown ----------------------------------------------------------------------------

    def show_place(self) -> None:
        """Show ``app.place`` from the start: another space, module or filter."""
        self.hold_keys()
        self.is_deleted = False
        self._text = ""
        self._source = None
        self.app.status = doing.Status()
        self.app.look_around()
        if self.app.place.rows:
            self.rows.restore(self.app.place.rows)
        self.show_list(keep=False)

    def hold_keys(self) -> None:
        """Keys wait for the rows that they are meant for, but not for ever."""
        self.is_ready = False
        self.set_timer(_KEYS_WAIT, self.ready)

    def show_list(self, *, keep: bool = True) -> None:
        """Show the query as it stands now; with ``keep`` cursor and marks stay on their records."""
        titles = self._source.titles if self._source is not None else None
        self._source = ListSource(
            self.app.desk,
            self.app.bench,
            self.module,
            self.query_now(),
            text=self._text,
            width=lambda: self.size.width,
            titles=titles,
            items=self._items,
        )
        self._items = ()
        self.rows.set_source(self._source, self._empty_words(), keep=keep)
        self._show_tabs()
        self._show_hidden()
        self.show_status()

    def query_now(self) -> Query:
        """Which records are shown, in which order."""
        return query_of(self.app.place, self.module, deleted=self.is_deleted)

    def _empty_words(self) -> str:
        if self._text:
            return _("Nothing here holds “{text}”. Escape shows all.").format(text=self._text)
        if self.app.place.tags:
            return _("Nothing here bears these tags. v t shows all.")
        if self.is_deleted:
            return _("Nothing is deleted here. v d goes back.")
        filters = self.module.filters
        chosen = next((f for f in filters if f.name == self.app.place.filter), filters[0])
        words = _(self.module.empty)
        if chosen is not filters[0]:
            words = _("Nothing is in “{filter}”. v f chooses another.").format(
                filter=_(chosen.words)
            )
        return words + "\n" + _("a adds one, c captures, ? lists the keys.")

    def _show_tabs(self) -> None:
        names = [(_(f.words), f.name) for f in self.module.filters if f.shown]
        chosen = self.query_now().filters
        tabs = [(words, (name,) == chosen) for words, name in names]
        if self.is_deleted:
            tabs = [(_("Deleted"), True)]
        self.query_one(TabLine).show(_(self.module.words), tabs)

    def segments(self) -> list[Segment]:
        """Module and filter, counts."""
        marks = len(self.rows.marked_ids) if self.is_mounted else 0
        marked = ngettext("{n} marked", "{n} marked", marks).format(n=marks) if marks else ""
        place = self.app.place
        chosen = [f for f in self.module.filters if (f.name,) == self.query_now().filters]
        shown = _(chosen[0].words) if chosen else _("Deleted")
        if self._text:
            shown += f" /{self._text}"
        if place.sort and place.sort != self.module.sorts[0].name:
            shown += " ↓" + next(_(s.words) for s in self.module.sorts if s.name == place.sort)
        is_sorting = self._source is not None and self._source.sort_key is not None
        return [
            Segment(_("sorting") if is_sorting and "+" in self._counted else "", "status", 6),
            Segment(marked, "status_strong", 2),
            Segment(f"{_(self.module.words)}/{shown}", "status", 4),
            Segment(self._counted, "status", 5),
        ]

    @on(Rows.Counted)
    def _rows_counted(self, event: Rows.Counted) -> None:
        self._counted = event.text
        self.show_status()
        if event.text:
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
        self.app.open_record(self.module.main, event.id)

    def noticed(self, changes: dict[tuple[str, str], set[str] | None]) -> None:
        """Somebody, perhaps this process, changed records: only their rows are read again."""
        space = self.app.bench.scope.id
        if any(collection in ("spaces", "tags") for collection, _space in changes):
            self.app.look_around()
        key = (self.module.main, space)
        if key not in changes:
            return
        if self._source is not None:
            self._source.titles = None
        ids = changes[key]
        # Behind what is being read: a row that changed then keeps the place it is read into.
        self.app.desk.ask("rows", lambda: None, lambda _: self.rows.reload(ids), owner=self)
        if self.follows and ids is not None and len(ids) == 1:
            self.follows = False
            self._go_to_record(next(iter(ids)))
        if self.app.place.tags:
            self._show_hidden()

    def _go_to_record(self, id: str) -> None:
        """What undo or redo brought back is where one looks next."""
        bench, scope, main = self.app.bench, self.app.bench.scope, self.module.main

        def key() -> int | None:
            record = bench.documents.get(scope, main, id)
            return None if record.get("deletedAt") else record.key

        self.app.desk.ask(
            "rows",
            key,
            lambda found: self.rows.seek(found) if found is not None else None,
            self.app.fail,
            owner=self,
        )

    def mark_place(self) -> None:
        """Write down in ``app.place`` where the list stands."""
        self.app.place.rows = self.rows.place()

    # Moving -----------------------------------------------------------------------------------

    def do_move(self, how: str) -> None:
        """One of the moves of the registry."""
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
            self.say(_("There is nothing here to do that to. a adds."))
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
        """A record was added from here; the cursor goes to it if it is of this list."""
        if module is self.module:
            self.rows.seek(key)

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
        drafts = sorted(self.app.drafts.values(), key=lambda d: d.at, reverse=True)
        if not drafts:
            return
        draft = drafts[0]
        at = doing.moment(self.app.bench, draft.at)
        if draft.place.startswith("add/"):
            self.say(_("Unfinished line of {at}: a goes on with it.").format(at=at), "warn")
        elif draft.id:
            self.say(_("Unfinished text of {at}: open its record.").format(at=at), "warn")


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
