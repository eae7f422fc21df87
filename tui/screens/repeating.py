"""``.``: the last act done here, once more, on the row under the cursor or on the marked ones.

Here is one module in one space. What was typed or chosen for the act is part of it, so the same
tag, date, colour or project is given without being asked for again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from store.module import Module
from store.words import _
from tui.shell.saying import Again

if TYPE_CHECKING:
    from tui.shell.manabench import Manabench

Work = Callable[[Sequence[str]], str]
"""Does an act to the records with these ids, as one step, and says what it did."""


class Repeating:
    """Mixed into screens that show records, beside ``Acts``."""

    if TYPE_CHECKING:
        app: Manabench
        module: Module
        say: Callable[..., None]

        def targets(self) -> list[str]: ...
        def _change(self, work: Callable[[], Any]) -> None: ...

    def act_on(self, ids: Sequence[str], work: Work) -> None:
        """Do ``work`` to ``ids``, off the loop, and keep it for ``.``."""
        self.keep_act(lambda screen, again: screen._change(lambda: work(again)))
        self._change(lambda: work(ids))

    def keep_act(self, again: Again) -> None:
        """What ``.`` does from now on in this module of this space."""
        self.app.repeats[self._here()] = again

    def do_repeat(self) -> None:
        """The last act here, once more."""
        again = self.app.repeats.get(self._here())
        if again is None:
            self.say(_("Nothing was done here yet that could be repeated."))
            return
        if ids := self.targets():
            again(self, ids)

    def _here(self) -> tuple[str, str]:
        return (self.app.bench.scope.id, self.module.id)
