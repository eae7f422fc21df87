"""The read scope: one space as one person sees it, or the user level. No query without one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from store.allowlist import allowed
from store.collections import Collection
from store.errors import ModuleNotInSpaceError, ScopeNotReadyError
from store.words import _


class Scope(NamedTuple):
    """number is the space's row, 0 for the user level; viewer the person's row in principals, 0 for
    nobody, who sees no private record; extra the modules that a setting allows in this space beyond
    its type's table.

    filter: tags by which an agent's view is narrowed: of records that can bear tags it sees those
    that bear one of these and those without any. watch(collection, row numbers, ids) is told of
    every record that is read. Both hold for every read, whoever makes it.
    """

    number: int
    id: str
    type: str
    viewer: int
    extra: frozenset[str] = frozenset()
    filter: tuple[str, ...] = ()
    watch: Callable[[str, Sequence[int], Sequence[str]], None] | None = None

    def unwatched(self) -> Scope:
        """The same scope for a reading that nobody is shown."""
        return self._replace(watch=None) if self.watch is not None else self

    def allows(self, module: str) -> bool:
        """Whether records of ``module`` may live here."""
        return not self.number or module in self.extra or allowed(self.type, module)

    def require(self, collection: Collection) -> None:
        """Raises ScopeNotReadyError for the wrong level, ModuleNotInSpaceError for the module."""
        if (collection.level == "space") != bool(self.number):
            raise ScopeNotReadyError(
                _("{name} are not kept at this level.").format(name=collection.name),
                hint=_("Choose a space first."),
            )
        if collection.level == "space" and not self.allows(collection.module):
            raise ModuleNotInSpaceError(
                _("{module} is not available in a {type} space.").format(
                    module=collection.module, type=self.type
                ),
                kept=_("Nothing was changed."),
                hint=_("Widen this space with `manabench space widen {module}`.").format(
                    module=collection.module
                ),
            )


def user_level(viewer: int) -> Scope:
    """The scope of what follows the person and not a space."""
    return Scope(0, "", "user", viewer)
