"""What modules are asked while a step writes their records: before each write, and at the end.

Both are part of the step's one transaction, so what follows from a change is undone with it, and a
module that refuses leaves nothing half done.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from store.documents import Step
    from store.workbench import Workbench


class Asking:
    """The modules of one workbench that want to be asked, by the collection they list."""

    def __init__(self, bench: Workbench) -> None:
        self._bench = bench
        modules = bench.modules.values()
        self._before = {m.main: m.writing for m in modules if m.writing is not None}
        self._touching = {m.main: m.touching for m in modules if m.touching is not None}
        self._after = {m.main: m.written for m in modules if m.written is not None}

    def before(
        self, step: Step, collection: str, id: str, fields: Mapping[str, Any], *, new: bool
    ) -> Mapping[str, Any]:
        """The fields to write for those that were given; new: the record may not be there yet."""
        self.touching(step, collection, [id])
        ask = self._before.get(collection)
        if ask is None:
            return fields
        if new:
            there = f'SELECT 1 FROM "{collection}" WHERE id = ? AND space = ?'
            new = not self._bench.db.read(there, (id, step.number))
        return ask(self._bench, step, id, fields, new)

    def touching(self, step: Step, collection: str, ids: Sequence[str]) -> None:
        """Say that records are about to be changed by a person or an agent, undo included."""
        if (tell := self._touching.get(collection)) is not None:
            tell(self._bench, step, ids)

    def follows(self, collection: str) -> bool:
        """Whether a module wants to hear at the end which records of ``collection`` changed."""
        return collection in self._after

    def after(self, step: Step, changed: Mapping[tuple[str, int, str], list[str]]) -> None:
        """Tell modules which records changed, by collection, row and id of their space."""
        for (collection, number, space), ids in changed.items():
            with step.into(number, space):
                self._after[collection](self._bench, step, list(dict.fromkeys(ids)))
