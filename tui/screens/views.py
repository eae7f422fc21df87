"""``v f`` and ``v g``: the module's filters and a person's own ones, and the headings of a list."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from store.module import Module
from store.words import _
from tui.asking import viewing
from tui.asking.viewing import Saved

if TYPE_CHECKING:
    from tui.screens.pick import Choice
    from tui.shell.manabench import Manabench

_FILTER, _OWN, _SAVE, _BACK = "filter", "own", "save", "back"


class Views:
    """Mixed into the screens that show lists."""

    _forgotten: dict[str, Saved] | None = None

    if TYPE_CHECKING:
        app: Manabench
        module: Module
        is_deleted: bool
        _text: str
        ask_line: Callable[..., None]
        say: Callable[..., None]
        show_list: Callable[..., None]

    def do_view_filter(self) -> None:
        """One of the module's filters or of one's own; another name keeps what is shown now."""
        from tui.screens.pick import Choice, PickScreen, matching

        bench, module, space = self.app.bench, self.module, self.app.bench.scope.id
        forgotten = list((self._forgotten or {}).values())

        def offered() -> list[Choice]:
            own = viewing.here(bench, module.id, space)
            return [
                *(Choice(_(f.words), (_FILTER, f.name)) for f in module.filters),
                *(Choice(one.name, (_OWN, one), _("saved"), "★") for one in own),
                *(Choice(one.name, (_BACK, one), _("bring back"), "↺") for one in forgotten),
            ]

        def new(text: str) -> Choice:
            words = _("save what is shown as “{name}”").format(name=text)
            return Choice(words, (_SAVE, text), "", "+")

        self.app.push_screen(
            PickScreen(
                _("Show"),
                matching(offered),
                numbered=True,
                unknown=new,
                hint=_("a filter, or a name for what is shown"),
            ),
            self._view_chosen,
        )

    def _view_chosen(self, choice: Choice | None) -> None:
        if choice is None:
            return
        kind, value = choice.value
        view = self.app.place.view
        if kind == _SAVE:
            saved = Saved.of(value, view, self._text, self.app.bench.scope.id)
            self._keep_view(saved)
            return
        self.is_deleted = False
        if kind == _FILTER:
            view.filter = value
        else:
            self._text = value.into(view)
        self.show_list()
        if kind == _BACK:
            (self._forgotten or {}).pop(value.name, None)
            self._keep_view(value)

    def _keep_view(self, saved: Saved) -> None:
        bench, id = self.app.bench, self.module.id
        self.app.change(lambda: viewing.save(bench, id, saved))

    def do_view_rename(self) -> None:
        """Choose one of one's own filters and type another name for it."""

        def ask(saved: Saved) -> None:
            bench, id = self.app.bench, self.module.id
            self.ask_line(
                _("Name:"),
                lambda text: self.app.change(lambda: viewing.rename(bench, id, saved.name, text)),
                text=saved.name,
            )

        self._pick_own(_("Rename"), ask)

    def do_view_forget(self) -> None:
        """Choose one of one's own filters and delete it."""

        def forget(saved: Saved) -> None:
            bench, id = self.app.bench, self.module.id
            self._forgotten = {**(self._forgotten or {}), saved.name: saved}
            self.app.change(lambda: viewing.forget(bench, id, saved.name))

        self._pick_own(_("Delete"), forget)

    def _pick_own(self, title: str, take: Callable[[Saved], None]) -> None:
        from tui.screens.pick import Choice, PickScreen, matching

        bench, id, space = self.app.bench, self.module.id, self.app.bench.scope.id

        def offered() -> list[Choice]:
            return [Choice(one.name, one, "", "★") for one in viewing.here(bench, id, space)]

        def chosen(choice: Any) -> None:
            if choice is not None:
                take(choice.value)

        self.app.push_screen(PickScreen(title, matching(offered), numbered=True), chosen)

    def do_view_group(self) -> None:
        """The headings, on or off; they stand in the module's first order only."""
        view, sorts = self.app.place.view, self.module.sorts
        if self.module.group is None:
            self.say(_("{module} have no groups.").format(module=_(self.module.words)))
            return
        view.grouped = not view.grouped
        if view.grouped and view.sort not in ("", sorts[0].name):
            view.sort = sorts[0].name
        self.show_list()
        self.say(_("Groups: on") if view.grouped else _("Groups: off"))

    def choose_tab(self, index: int) -> None:
        """The filter of the tab ``index``."""
        shown = [f for f in self.module.filters if f.shown]
        if index < len(shown):
            self._view_chosen_name(shown[index].name)

    def _view_chosen_name(self, name: str) -> None:
        self.app.place.view.filter = name
        self.is_deleted = False
        self.show_list()
