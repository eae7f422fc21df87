"""Which modules a space of each type offers, as plain data.

The lists are those of compatible clients with two additions: ``todo``, which they keep to personal
spaces, is offered in all of ours, because a family and a team have tasks too; and so are agents and
their missions, because every type of space has a default agent. A space widens its
list with its own setting ``modules``. The list guards screens and commands of this program only;
records of other modules are kept and synced all the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

ALWAYS = frozenset({"core", "mana", "tags", "todo", "ai-agents", "ai-missions"})
"""Spaces, scenes, tags, tasks, agents and missions are offered everywhere."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


MODULES: Mapping[str, frozenset[str]] = {
    "brand": _words(
        "social-relay mail contacts calendar storage landing website presi cards picture quotes "
        "news-research research-lab ai-agents companion times notes photos invoices activity "
        "goals comic"
    ),
    "club": _words(
        "contacts calendar events mail storage research-lab club-members club-finance invoices "
        "finance landing website presi cards quotes companion times notes photos activity goals "
        "comic"
    ),
    "family": _words(
        "contacts calendar events mail storage website recipes places presi cards photos notes "
        "companion goals activity wetter wisekeep firsts comic"
    ),
    "team": _words(
        "contacts calendar events storage mail website news-research research-lab presi cards "
        "picture notes quotes invoices companion ai-agents times activity goals comic"
    ),
    "practice": _words(
        "contacts calendar storage mail website invoices finance times notes presi cards quotes "
        "companion research-lab activity goals comic"
    ),
}
"""By space type; a type that is missing here, ``personal`` first of all, offers everything."""


def allowed(space_type: str, module: str, widened: Iterable[str] = ()) -> bool:
    """Whether a space of ``space_type`` with the setting ``widened`` offers ``module``."""
    listed = MODULES.get(space_type)
    return listed is None or module in ALWAYS or module in listed or module in widened
