"""An agent's name: one live agent of a space bears it, so that an act says who did it."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from store.ai.bootstrap import is_default
from store.errors import InvalidValueError
from store.queries import Query
from store.words import _

if TYPE_CHECKING:
    from store.scope import Scope
    from store.workbench import Workbench


def folded(name: str) -> str:
    """What two names share that nobody can tell apart."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def require_free(bench: Workbench, scope: Scope, name: str, own: str = "") -> str:
    """``name`` as it is kept, if no other live agent of the space is called so.

    own: the id of the agent that is to bear it. Default agents are made by no person and are asked
    nothing. Raises InvalidValueError for an empty name, DuplicateNameError.
    """
    clean = " ".join(name.split())
    if not clean:
        raise InvalidValueError(_("An agent needs a name."), kept=_("Nothing was changed."))
    if is_default(own):
        return clean
    wanted = folded(clean)
    for agent in bench.documents.page(scope, Query("agents", filters=("all",)), limit=-1):
        if agent["id"] != own and folded(agent.text("name")) == wanted:
            raise DuplicateNameError(
                _("An agent of this space is already called {name!r}.").format(name=clean),
                kept=_("Nothing was changed."),
                hint=_("Choose another name, or edit that agent."),
            )
    return clean


class DuplicateNameError(InvalidValueError):
    """Another live agent of the space bears the name."""

    code = "duplicate-name"
