"""Which destructive tools a space allows to agents: a list in its record, empty unless somebody
who answers for the space put a name there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from store.ai.tools.catalogue import catalogue
from store.errors import GuardError, NotFoundError
from store.module import readable
from store.words import N_, _

if TYPE_CHECKING:
    from store.records import Record
    from store.workbench import Workbench

MOST = 50
"""Names that a space keeps at most."""

_ANSWERING = ("owner", "admin")
"""Roles that may allow something destructive in a shared space."""


def allowed(bench: Workbench, space: int) -> frozenset[str]:
    """The destructive tools that agents may use in the space with this row; none where the list is
    not there, not readable, or not a list of names."""
    found = bench.documents.by_keys(bench.user_scope, "spaces", [space])
    return frozenset(_listed(found[0]) if found else ())


def _listed(space: Record) -> list[str]:
    meta = space.get("metadata")
    ai = meta.get("ai") if isinstance(meta, dict) else None
    names = ai.get("allowDestructive") if isinstance(ai, dict) else None
    if not isinstance(names, list) or len(names) > MOST:
        return []
    return [name for name in names if isinstance(name, str)]


def allow(bench: Workbench, space: int, tool: str, *, on: bool = True) -> list[str]:
    """Let agents use a destructive tool in a space, or no longer; returns the names allowed then.

    In a shared space only its owner and its admins may add one; anybody may take one away. Raises
    NotFoundError, GuardError.
    """
    known = catalogue(bench)
    if on and (tool not in known or not known[tool].destructive):
        raise NotFoundError(
            _("There is no destructive tool called {name!r}.").format(name=tool),
            kept=_("Nothing was changed."),
            hint=_("`manabench tools` lists them."),
        )
    records = bench.documents.by_keys(bench.user_scope, "spaces", [space])
    if not records:
        raise NotFoundError(_("There is no such space."), kept=_("Nothing was changed."))
    record = records[0]
    if on and not answers_for(bench, record):
        raise GuardError(
            _("Only an owner or admin of the space may allow this."),
            kept=_("Nothing was changed."),
            hint=_("Ask one of them."),
        )
    before = _listed(record)
    after = [name for name in before if name != tool] + ([tool] if on else [])
    if len(after) > MOST:
        raise GuardError(
            _("A space allows at most {most} destructive tools.").format(most=MOST),
            kept=_("Nothing was changed."),
        )
    if after != before:
        meta: dict[str, Any] = dict(readable(record, "metadata") or {})
        ai = meta.get("ai")
        meta["ai"] = {**(ai if isinstance(ai, dict) else {}), "allowDestructive": after}
        with bench.step(N_("choose the destructive tools of a space")) as step:
            step.update("spaces", record["id"], {"metadata": meta})
    return after


def answers_for(bench: Workbench, space: Record) -> bool:
    """Whether whoever works here may loosen what holds agents in a space."""
    if space.get("type") == "personal":
        return True
    rows = bench.db.read("SELECT role FROM memberships WHERE space = ?", (space.key,))
    # Without a membership the space never left this device, and is its maker's alone.
    return not rows or rows[0][0] in _ANSWERING
