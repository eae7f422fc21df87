"""One list as a screen shows it: a module's records, how they are narrowed, the rows they fill."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from store.module import Module
from store.queries import Query
from store.words import _
from tui.asking import doing
from tui.asking.source import ListSource, query_of
from tui.shell.places import View
from tui.widgets import Item, Rows

if TYPE_CHECKING:
    from tui.shell.manabench import Manabench

_NARROW = 60
"""Columns below which the key comes first, for the end may be cut."""

Changes = dict[tuple[str, str], set[str] | None]


class Panel:
    """``items``: its first rows if they were read already. ``scene``: the tags of the scene, which
    narrow it unless its view has tags of its own."""

    def __init__(
        self,
        app: Manabench,
        module: Module,
        view: View,
        rows: Rows,
        *,
        items: Sequence[Item] = (),
        scene: Sequence[str] = (),
        is_card: bool = False,
    ) -> None:
        self.app = app
        self.module = module
        self.view = view
        self.rows = rows
        self.scene = tuple(scene)
        self.is_card = is_card
        self.is_deleted = False
        self.source: ListSource | None = None
        self.counted = ""
        self.hidden = ""
        self._items = items

    @property
    def text(self) -> str:
        """The typed text that narrows it: part of the view, so a later start has it too."""
        return self.view.text

    @text.setter
    def text(self, text: str) -> None:
        self.view.text = text

    def wanted(self) -> Query:
        """Which records are shown, in which order."""
        return query_of(self.view, self.module, deleted=self.is_deleted, scene=self.scene)

    def show(self, *, keep: bool = True) -> None:
        """Read the query as it stands now; ``keep`` leaves cursor and marks on their records."""
        titles = self.source.titles if self.source is not None else None
        self.source = ListSource(
            self.app.desk,
            self.app.bench,
            self.module,
            self.wanted(),
            text=self.text,
            width=lambda: self.rows.size.width,
            titles=titles,
            items=self._items,
            grouped=self.view.grouped,
        )
        items, self._items = self._items, ()
        self.rows.set_source(self.source, self.empty_words(), keep=keep, first=items)

    def restore(self) -> None:
        """Go, with what is read next, to where the list stood."""
        if self.view.rows:
            self.rows.restore(self.view.rows)

    def mark_place(self) -> None:
        """Write down in the view where the list stands, once it stands."""
        if self.rows.state == "ready":
            self.view.rows = self.rows.place()

    def noticed(self, changes: Changes, space: str) -> None:
        """Records were changed, here or elsewhere: only their rows are read again."""
        key = (self.module.main, space)
        if key not in changes or self.source is None:
            return
        self.source.titles = None
        ids = changes[key]
        # Behind what is being read: a row that changed then keeps the place it is read into.
        self.app.desk.ask("rows", lambda: None, lambda _: self.rows.reload(ids), owner=self.rows)

    def go_to_record(self, id: str) -> None:
        """The cursor to a record that somebody brought back, unless it is gone again."""
        bench, scope, main = self.app.bench, self.app.bench.scope, self.module.main

        def key() -> int | None:
            record = bench.documents.get(scope, main, id)
            return None if record.get("deletedAt") else record.key

        def seek(found: int | None) -> None:
            if found is not None:
                self.rows.seek(found)

        self.app.desk.ask("rows", key, seek, self.app.fail, owner=self.rows)

    def ask_hidden(self, tell: Any) -> None:
        """Read how many records the tags hide; ``tell`` is called with ``hidden`` set anew."""
        source = self.source
        if source is None or not source.query.tags:
            self.hidden = ""
            tell()
            return
        bench, scope, tags = self.app.bench, self.app.bench.scope, source.query.tags

        def told(found: tuple[int, int, str]) -> None:
            hidden, everything, names = found
            words = _("{hidden} of {all} hidden by {tags} · {view_tags} shows all")
            if self.app.size.width < _NARROW:
                words = _("{view_tags} shows all · {hidden} of {all} hidden by {tags}")
            said = self.app.keyed(words, hidden=hidden, all=everything, tags=names)
            self.hidden = said if everything else ""
            if self.source is source:
                tell()

        self.app.desk.ask(
            "look",
            lambda: (*source.hidden(), doing.tag_names(bench, scope, tags)),
            told,
            self.app.fail,
            group=f"hidden {self.module.id}",
            owner=self.rows,
        )

    # Words ------------------------------------------------------------------------------------

    def filter_words(self) -> str:
        """The filter in view, with the typed text."""
        name = self.wanted().filters
        chosen = [f for f in self.module.filters if (f.name,) == name]
        words = _(chosen[0].words) if chosen else _("Deleted")
        return f"{words} /{self.text}" if self.text else words

    def sort_words(self) -> str:
        """The order in view where it is not the usual one."""
        sort = self.view.sort
        found = next((s for s in self.module.sorts[1:] if s.name == sort), None)
        return "↓" + _(found.words) if found is not None else ""

    @property
    def is_sorting(self) -> bool:
        """Whether the rows still stand in their first order."""
        return "+" in self.counted and self.source is not None and self.source.sort_key is not None

    def empty_words(self) -> str:
        """Why nothing is shown and which key to press."""
        keyed = self.app.keyed
        if self.text:
            return _("Nothing here holds “{text}”. Escape shows all.").format(text=self.text)
        if self.wanted().tags:
            return keyed(_("Nothing here bears these tags. {view_tags} shows all."))
        if self.is_deleted:
            return keyed(_("Nothing is deleted here. {view_deleted} goes back."))
        filters = self.module.filters
        chosen = next((f for f in filters if f.name == self.view.filter), filters[0])
        words = _(self.module.empty)
        if chosen is not filters[0]:
            words = keyed(
                _("Nothing is in “{filter}”. {view_filter} chooses another."),
                filter=_(chosen.words),
            )
        if self.is_card:
            return words + " " + keyed(_("{add} adds one."))
        return words + "\n" + keyed(_("{add} adds one, {capture} captures, {help} lists the keys."))
