"""Home: the cards of the active scene, one of them open to all keys of a list."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from textual import on
from textual.widget import Widget

from store.words import _
from tui.asking.scenery import Base, Card, Scenery, scene_tags, scenery_at, settle
from tui.screens.lists import ListsScreen
from tui.screens.panel import Changes, Panel
from tui.screens.tabs import TabLine
from tui.shell.places import HOME
from tui.widgets import Segment
from tui.widgets.cards import CardRows, Cards

_SCENE = ("home", "everywhere", "always")
_CARDS = ("home", "rows", "one", "move", "everywhere", "always")
_REREAD = frozenset({"workbenchScenes", "tags", "spaces"})
"""Collections that say which cards stand here and what filters them."""


class HomeScreen(ListsScreen):
    """Cards side by side, or one between the titles of the others."""

    kind = HOME
    scopes = _CARDS

    def __init__(self, base: Base) -> None:
        super().__init__(base)
        self.cards = Cards()
        self.at = 0
        self._spare: list[CardRows] = []

    def body(self) -> Iterable[Widget]:
        """The notice of a tag filter, the cards; their lists are read unseen."""
        self._build()
        return [TabLine(id="notice", classes="hidden"), self.cards, *(p.rows for p in self.panels)]

    def home_focus(self) -> Widget:
        """Commanding, the cards have the focus: that draws the cursor of the open one."""
        return self.cards

    @property
    def panel(self) -> Panel:
        """The open card."""
        return self.panels[self.at]

    @property
    def module(self) -> Any:
        """The module of the open card; None where the scene has none that can be drawn."""
        return self.panel.module if self.panels else None

    @property
    def scenery(self) -> Scenery:
        """The scene in view."""
        return self.base.scenery or Scenery()

    # Building ---------------------------------------------------------------------------------

    def show_place(self, base: Base) -> None:
        """Show another scene or space from the start."""
        if base is not self.base:
            self.base = base
            for panel in self.panels:
                self._put_away(panel.rows)
            self._build()
        self.begin_place()
        self._show_cards()
        self.show_notice()
        self.show_status()
        self.show_hints()
        if not self.panels:
            self.ready()
            return
        self._begin(self.panel)
        # The open card's rows are painted before the others are read.
        self.call_after_refresh(self._fill_others, self.panel)

    def _build(self) -> None:
        place, items = self.base.place, self.base.items
        self.panels = []
        for card in self.scenery.cards:
            is_open = card.module == place.module
            self.panels.append(self._panel(card, items if is_open else ()))
        self.at = self._index(place.module)

    def _panel(self, card: Card, items: Any = ()) -> Panel:
        module = self.app.modules[card.module]
        place = self.base.place
        rows = self._free_rows()
        rows.name_words, rows.weight = _(module.words), card.weight
        tags = scene_tags(place, self.scenery)
        view = place.view_of(card.module)
        return Panel(self.app, module, view, rows, items=items, scene=tags, is_card=True)

    def _free_rows(self) -> CardRows:
        """Rows that no card has any more, else new ones: a mounted widget paints the screen."""
        if self._spare:
            return self._spare.pop(0)
        rows = CardRows(self.cards)
        if self.is_mounted:
            self.mount(rows)
        return rows

    def _put_away(self, rows: Any) -> None:
        rows.forget()
        self._spare.append(rows)

    def _index(self, module: str) -> int:
        return next((i for i, p in enumerate(self.panels) if p.module.id == module), 0)

    def _show_cards(self) -> None:
        self.scopes = _CARDS if self.panels else _SCENE
        rows = [panel.rows for panel in self.panels]
        self.cards.show(
            [row for row in rows if isinstance(row, CardRows)],
            self.at,
            zoomed=bool(self.base.place.zoomed),
            empty=self._empty_words(),
        )
        self.show_heads()

    def _empty_words(self) -> str:
        if not self.scenery.id:
            return _("This space has no scene.")
        words = _("No card stands in this scene.")
        if self.scenery.unknown:
            words = _("This version has none of the cards of this scene, or this space none.")
        keys = _("{scene_before} and {scene_next} lead to another scene, g and a letter to a list.")
        return f"{words} {self.app.keyed(keys)}"

    def _begin(self, panel: Panel) -> None:
        panel.restore()
        panel.show(keep=False)
        panel.ask_hidden(self.show_notice)

    def _fill_others(self, open_panel: Panel) -> None:
        for panel in self.panels:
            if panel is not open_panel and panel.source is None:
                self._begin(panel)

    def show_heads(self) -> None:
        """What each card shows and how many."""
        for panel in self.panels:
            if isinstance(panel.rows, CardRows):
                panel.rows.name_words = _(panel.module.words)
                words = [panel.filter_words(), panel.sort_words()]
                head = " ".join(word for word in words if word and word != panel.rows.name_words)
                self.cards.entitle(panel.rows, head, panel.counted)

    def segments(self) -> list[Segment]:
        """The scene; what else there is to say stands in the titles."""
        scenery = self.scenery
        name = scenery.name
        if scenery.scenes > 1:
            name += f" {scenery.number}/{scenery.scenes}"
        is_sorting = bool(self.panels) and self.panel.is_sorting
        return [
            Segment(_("sorting") if is_sorting else "", "status", 6),
            self.mark_segment(),
            Segment(name, "status", 4),
        ]

    # Changes ----------------------------------------------------------------------------------

    def noticed(self, changes: Changes) -> None:
        """Records changed; or the scene itself, its tags or what this space allows."""
        super().noticed(changes)
        if any(collection in _REREAD for collection, _space in changes):
            self._look_again()

    def _look_again(self) -> None:
        bench, place = self.app.bench, self.base.place

        def read() -> Scenery | None:
            return scenery_at(bench, place) if bench.scope.id == place.space else None

        def told(scenery: Scenery | None) -> None:
            if scenery is not None and place is self.base.place and scenery != self.base.scenery:
                self._scene_changed(scenery)

        self.app.desk.ask("look", read, told, self.app.fail, group="scenery", owner=self)

    def _scene_changed(self, scenery: Scenery) -> None:
        """Cards that stay keep their rows, cursor and marks."""
        self.base.scenery = scenery
        place = self.base.place
        settle(place, scenery)
        kept = {panel.module.id: panel for panel in self.panels}
        before, self.panels = self.panels, []
        tags, changed = scene_tags(place, scenery), []
        for card in scenery.cards:
            panel = kept.pop(card.module, None) or self._panel(card)
            if panel in before and panel.scene != tags:
                panel.scene = tags
                changed.append(panel)
            if isinstance(panel.rows, CardRows):
                panel.rows.weight = card.weight
            self.panels.append(panel)
        for panel in kept.values():
            self._put_away(panel.rows)
        self.at = self._index(place.module)
        self._show_cards()
        for panel in changed:
            panel.show()
            panel.ask_hidden(self.show_notice)
        for panel in self.panels:
            if panel.source is None:
                self._begin(panel)
        self.show_notice()
        self.show_status()
        self.show_hints()

    # Cards ------------------------------------------------------------------------------------

    def show_panel(self, panel: Panel) -> None:
        """Open the card of ``panel``."""
        self._open(self.panels.index(panel))

    def _open(self, index: int) -> None:
        if index == self.at or not 0 <= index < len(self.panels):
            return
        self.at = index
        self.base.place.module = self.panel.module.id
        self.cards.go(index)
        self.show_notice()
        self.show_status()
        self.show_hints()

    def do_card(self, number: str) -> None:
        """The card with this number."""
        if int(number) > len(self.panels):
            self.say(_("This scene has no card {n}.").format(n=number))
        elif int(number) - 1 == self.at:
            self.say(_("You are here already."))
        self._open(int(number) - 1)

    def do_card_beside(self, how: str) -> None:
        """The card after or before this one; Tab goes round, arrows stop at the ends."""
        step = 1 if how in ("next", "right") else -1
        if how in ("next", "before") and self.panels:
            self._open((self.at + step) % len(self.panels))
        else:
            self._open(self.at + step)

    @on(Cards.Chosen)
    def _card_clicked(self, event: Cards.Chosen) -> None:
        self._open(event.index)

    def do_zoom(self) -> None:
        """The open card alone, or all cards again."""
        place = self.base.place
        place.zoomed = not place.zoomed
        self.cards.zoom(on=place.zoomed)
        if place.zoomed:
            self.say(self.app.keyed(_("{zoom} shows the other cards again.")))

    def do_view_tags(self) -> None:
        """Show what tags hide: first what the card was narrowed to, then the scene's own filter,
        which the next time comes back."""
        place = self.base.place
        if self.panel.view.tags:
            self.panel.view.tags = []
            self.show_list()
            return
        if not self.scenery.tags:
            self.say(_("No tag filter hides anything here."))
            return
        place.shows_all = not place.shows_all
        for panel in self.panels:
            panel.scene = scene_tags(place, self.scenery)
            panel.show()
            panel.ask_hidden(self.show_notice)
        if place.shows_all:
            words = _("All is shown. {view_tags} filters by {tags} again.")
            self.say(self.app.keyed(words, tags=self.scenery.tag_names))
