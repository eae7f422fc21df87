"""What agents may spend in a space within 24 hours: two numbers in its record, absent for no limit.

See ``budget`` for how they hold.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from store.ai.tools.destructive import answers_for
from store.errors import GuardError, InvalidValueError
from store.module import readable
from store.words import N_, _

if TYPE_CHECKING:
    from store.records import Record
    from store.workbench import Workbench

TOKENS, MONEY = "tokensPerDay", "moneyPerDay"
"""Their names in the space's ``metadata.ai``; money is in US dollars."""


def of_space(space: Record) -> dict[str, Any]:
    """The limits that a space has, by name."""
    meta = space.get("metadata")
    ai = meta.get("ai") if isinstance(meta, Mapping) else None
    found = ai if isinstance(ai, Mapping) else {}
    return {name: found[name] for name in (TOKENS, MONEY) if found.get(name) is not None}


def set_space(
    bench: Workbench, space: Record, limits: Mapping[str, float | None]
) -> dict[str, Any]:
    """Set limits of a space by name, None to take one off; returns those it has then.

    In a shared space only its owner and its admins may. Raises GuardError, InvalidValueError.
    """
    if any(value is not None and not 0 <= value < float("inf") for value in limits.values()):
        raise InvalidValueError(
            _("A budget is a number from 0 on."),
            kept=_("Nothing was changed."),
            hint=_("0 lets no agent work there."),
        )
    if not answers_for(bench, space):
        raise GuardError(
            _("Only an owner or admin of the space may change its budget."),
            kept=_("Nothing was changed."),
            hint=_("Ask one of them."),
        )
    meta: dict[str, Any] = dict(readable(space, "metadata") or {})
    ai = meta.get("ai")
    merged = {**(ai if isinstance(ai, dict) else {}), **limits}
    meta["ai"] = {name: value for name, value in merged.items() if value is not None}
    with bench.step(N_("set what agents may spend in a space")) as step:
        step.update("spaces", space["id"], {"metadata": meta})
    return of_space(bench.documents.get(bench.user_scope, "spaces", space["id"]))
