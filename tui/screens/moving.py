"""``m``: where records of this module can go, in one list: the projects, then other spaces."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from store.module import Module
from store.words import _, ngettext
from tui.asking import carrying

if TYPE_CHECKING:
    from tui.shell.manabench import Manabench


class Moving:
    """Mixed into screens that show records, beside ``Repeating``."""

    if TYPE_CHECKING:
        app: Manabench
        module: Module
        is_deleted: bool
        say: Callable[..., None]
        act_on: Callable[..., None]

        def targets(self) -> list[str]: ...
        def _change(self, work: Callable[[], Any]) -> None: ...

    def do_move_to(self) -> None:
        """Ask where to; a new name makes a project."""
        from tui.screens.pick import Choice, PickScreen, matching

        ids = self.targets()
        if ids and self.is_deleted:
            self.say(_("This is deleted. Space brings it back; then it can be edited."), "warn")
        if not ids or self.is_deleted:
            return
        bench, scope, module = self.app.bench, self.app.bench.scope, self.module
        has_projects = carrying.act_of(module) is not None

        def new(text: str) -> Choice:
            words = _("new project: {name}").format(name=text)
            return Choice(words, (carrying.PROJECT, "+" + text), "", "+")

        title = ngettext("Move {n} record to", "Move {n} records to", len(ids))
        self.app.push_screen(
            PickScreen(
                title.format(n=len(ids)),
                matching(lambda: carrying.choices(bench, scope, module)),
                unknown=new if has_projects else None,
            ),
            lambda choice: self._move_chosen(ids, choice),
        )

    def _move_chosen(self, ids: Sequence[str], choice: Any) -> None:
        if choice is None:
            return
        kind, value = choice.value
        bench, scope, module = self.app.bench, self.app.bench.scope, self.module
        act = carrying.act_of(module)
        if kind == carrying.SPACE:
            self.act_on(ids, lambda them: carrying.to_space(bench, scope, module.main, them, value))
        elif act is not None:
            self.act_on(ids, lambda them: act.run(bench, them, value))
