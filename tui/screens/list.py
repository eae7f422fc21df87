"""The list of one module in one space."""

from __future__ import annotations

from collections.abc import Iterable

from textual.widget import Widget

from store.words import _
from tui.asking.scenery import Base
from tui.screens.lists import ListsScreen, move
from tui.screens.panel import Panel
from tui.screens.tabs import TabLine
from tui.shell.places import LIST
from tui.widgets import Rows, Segment

__all__ = ["ListScreen", "move"]


class ListScreen(ListsScreen):
    """Rows with a cursor, filter tabs above them."""

    kind = LIST
    scopes = ("rows", "one", "move", "everywhere", "always")

    def body(self) -> Iterable[Widget]:
        """Tabs, the notice of a filter, rows."""
        self.panels = [self._panel(Rows())]
        return [TabLine(), TabLine(id="notice", classes="hidden"), self.rows]

    def home_focus(self) -> Widget:
        """Commanding, the list has the focus: that draws its cursor."""
        return self.rows

    @property
    def panel(self) -> Panel:
        """The only one."""
        return self.panels[0]

    def show_place(self, base: Base) -> None:
        """Show the list of another module or space."""
        self.base = base
        self.panels = [self._panel(self.rows)]
        self.begin_place()
        self.panel.restore()
        self.show_list(keep=False)

    def _panel(self, rows: Rows) -> Panel:
        place = self.base.place
        module = self.app.modules[place.module]
        return Panel(self.app, module, place.view, rows, items=self.base.items)

    def show_heads(self) -> None:
        """The module and its filters."""
        names = [(_(f.words), f.name) for f in self.module.filters if f.shown]
        chosen = self.panel.wanted().filters
        tabs = [(words, (name,) == chosen) for words, name in names]
        if self.is_deleted:
            tabs = [(_("Deleted"), True)]
        self.query_one(TabLine).show(_(self.module.words), tabs)

    def segments(self) -> list[Segment]:
        """Module and filter, counts."""
        panel = self.panel
        shown = " ".join(filter(None, [panel.filter_words(), panel.sort_words()]))
        return [
            Segment(_("sorting") if panel.is_sorting else "", "status", 6),
            self.mark_segment(),
            Segment(f"{_(self.module.words)}/{shown}", "status", 4),
            Segment(panel.counted, "status", 5),
        ]
