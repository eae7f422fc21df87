"""The SQL of what a scope lets see: its space, nobody else's private records, an agent's filter."""

from __future__ import annotations

from typing import Any

from store.records import dumps
from store.scope import Scope


def seen(scope: Scope, collection: str) -> tuple[str, dict[str, Any]]:
    """The condition on the table of ``collection``, and what is bound in it."""
    values = {"space": scope.number, "viewer": scope.viewer, "collection": collection}
    condition = "space = :space AND (private = 0 OR private = :viewer)"
    if scope.filter:
        condition += f" AND {bearing(':filter', bare=True)}"
        values["filter"] = dumps(list(scope.filter))
    return condition, values


def bearing(tags: str, *, bare: bool) -> str:
    """A record bears one of the tags in the JSON list bound as ``tags``; with ``bare``, or it bears
    no live tag at all, as all do of a collection that has none."""
    mine = "SELECT 1 FROM tagged t WHERE t.record = pk AND t.collection = :collection AND t.tag IN"
    bears = f"EXISTS ({mine} (SELECT value FROM json_each({tags})))"
    if not bare:
        return bears
    live = '(SELECT id FROM "tags" WHERE deleted_at IS NULL AND space = :space)'
    return f"({bears} OR NOT EXISTS ({mine} {live}))"
