"""The read scope: one space as one person sees it, or the user level. No query without one."""

from __future__ import annotations

from typing import NamedTuple

from store.allowlist import allowed
from store.collections import Collection
from store.errors import ModuleNotInSpaceError, ScopeNotReadyError
from store.words import _


class Scope(NamedTuple):
    """number is the space's row, 0 for the user level; viewer the person's row in principals;
    extra the modules that a setting allows in this space beyond its type's table."""

    number: int
    id: str
    type: str
    viewer: int
    extra: frozenset[str] = frozenset()

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
