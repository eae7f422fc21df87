"""What narrows the list: a filter of the module, an order, tags, a typed text, the deleted ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from store.module import Module
from store.words import _
from tui.asking import doing
from tui.screens.views import Views

if TYPE_CHECKING:
    from tui.shell.manabench import Manabench

_NARROWED_AFTER = 0.05
"""Seconds without a key after which the list is narrowed to the typed text."""


class Narrowing(Views):
    """Mixed into the list screen, which shows what is chosen by ``show_list``."""

    _wait: Any = None

    if TYPE_CHECKING:
        app: Manabench
        module: Module
        is_deleted: bool
        _text: str
        ask_words: Callable[..., None]
        say: Callable[..., None]
        show_list: Callable[..., None]
        set_timer: Callable[..., Any]

    def do_filter(self) -> None:
        """/ narrows the list while it is typed; Enter keeps it, Escape shows all."""
        self.ask_words(self._text, self._filter, self._narrow_soon)

    def _narrow_soon(self, text: str) -> None:
        if self._wait is not None:
            self._wait.stop()
        self._wait = self.set_timer(_NARROWED_AFTER, lambda: self._filter(text))

    def _filter(self, text: str) -> None:
        if self._wait is not None:
            self._wait.stop()
            self._wait = None
        if text.strip() != self._text:
            self._text = text.strip()
            self.show_list()

    def do_view_sort(self) -> None:
        """One of the module's orders."""
        self._choose(_("Sort"), [(s.words, s.name) for s in self.module.sorts], "sort")

    def _choose(self, title: str, named: list[tuple[str, str]], part: str) -> None:
        from tui.screens.pick import Choice, PickScreen, matching

        def chosen(choice: Choice | None) -> None:
            if choice is not None:
                setattr(self.app.place, part, choice.value)
                self.is_deleted = False
                self.show_list()

        choices = [Choice(_(words), name) for words, name in named]
        self.app.push_screen(PickScreen(title, matching(lambda: choices), numbered=True), chosen)

    def do_view_deleted(self) -> None:
        """The deleted records of this module, and back."""
        self.is_deleted = not self.is_deleted
        self.show_list(keep=False)
        if self.is_deleted:
            self.say(self.app.keyed(_("{main_act} restores; {view_deleted} goes back.")))

    def do_view_tags(self) -> None:
        """Show what the tag filter hid."""
        if not self.app.place.tags:
            self.say(_("No tag filter hides anything here."))
            return
        self.app.place.tags = []
        self.show_list()

    def do_tag_filter(self) -> None:
        """Show only records with a tag; another choice adds a tag to the filter."""
        from tui.screens.pick import PickScreen, matching

        bench, scope, main = self.app.bench, self.app.bench.scope, self.module.main

        def chosen(choice: Any) -> None:
            if choice is not None:
                tags = self.app.place.tags
                tags.remove(choice.value) if choice.value in tags else tags.append(choice.value)
                self.show_list()

        self.app.push_screen(
            PickScreen(_("Only"), matching(lambda: doing.tag_choices(bench, scope, main, []))),
            chosen,
        )
