"""``y`` and ``o`` on records: copy them in one of the forms, open the links that they hold."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from store.words import _, ngettext

if TYPE_CHECKING:
    from store.module import Module
    from tui.shell.manabench import Manabench


class Copying:
    """Mixed into screens with ``module`` and ``targets()``: the cursor's record or the marks."""

    if TYPE_CHECKING:
        app: Manabench
        module: Module
        say: Callable[..., None]

        def targets(self) -> list[str]: ...

    def do_yank(self, form: str) -> None:
        """y and t, i, m, j or l. Marks stay: nothing was done to the records."""
        from store import copies
        from tui import clipboard

        ids = self.targets()
        if not ids:
            return
        bench, scope, module = self.app.bench, self.app.bench.scope, self.module

        def taken(found: tuple[str, int]) -> None:
            text, count = found
            words = _(copies.FORMS[form].words)
            what = ngettext("{form}", "{form} of {n} records", count).format(form=words, n=count)
            clipboard.copy(self.app, text, what)

        self.app.desk.ask(
            "look",
            lambda: copies.copied(bench, scope, module, ids, form),
            taken,
            self.app.fail,
            owner=self,
        )

    def do_links(self) -> None:
        """o: open the record's link; of several the one that is picked."""
        from store import links

        ids = self.targets()
        if not ids:
            return
        bench, scope, module = self.app.bench, self.app.bench.scope, self.module

        def look() -> list[str]:
            found: dict[str, None] = {}
            for id in ids:
                record = bench.documents.get(scope, module.main, id)
                found.update(dict.fromkeys(links.links_of(module, record)))
            return list(found)

        self.app.desk.ask("look", look, self._found_links, self.app.fail, owner=self)

    def _found_links(self, found: list[str]) -> None:
        if not found:
            self.say(_("There is no link in it."))
        elif len(found) == 1:
            self.app.open_link(found[0])
        else:
            from tui.screens.pick import Choice, PickScreen, matching

            def taken(choice: Any) -> None:
                if choice is not None:
                    self.app.open_link(choice.value)

            choices = [Choice(link, link) for link in found]
            self.app.push_screen(PickScreen(_("Open"), matching(lambda: choices)), taken)
