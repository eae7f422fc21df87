"""The read scope: one space as one person sees it, or the user level. No query without one."""

from __future__ import annotations

from typing import NamedTuple

from store.allowlist import allowed
from store.collections import Collection
from store.errors import ModuleNotInSpaceError, ScopeNotReadyError


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
                f"{collection.name} are not kept at this level.", hint="Choose a space first."
            )
        if collection.level == "space" and not self.allows(collection.module):
            raise ModuleNotInSpaceError(
                f"{collection.module} is not available in a {self.type} space.",
                kept="Nothing was changed.",
                hint=f"Widen this space with `manabench space widen {collection.module}`.",
            )


def user_level(viewer: int) -> Scope:
    """The scope of what follows the person and not a space."""
    return Scope(0, "", "user", viewer)
