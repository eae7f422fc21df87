"""What web clients expect to be there: a ``userContext`` of each person, a ``kontextDoc`` of each
space. They are seeds: their ids follow from their cause and their stamps are the oldest there
are, so that nothing a person wrote ever loses against one.
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import orjson

from store.server import answers
from store.server.errors import Refusal
from store.server.wire import decode

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

    from store.server.context import Context
    from store.server.storage import ChangeStorage

CLIENT = "system:bootstrap"
OLDEST = "1970-01-01T00:00:00.000Z"
_ACTOR = {"kind": "system", "principalId": CLIENT, "displayName": "Bootstrap"}
_NAMES = uuid.UUID("5d0f3a52-3f0e-5c39-9b60-0c7f1f0f6f11")
_PAGE = 1000


def routes(context: Context) -> list[BaseRoute]:
    """Every endpoint of this part."""
    from starlette.routing import Route

    async def bootstrap(request: Request) -> Response:
        claims = await context.bearer(request)
        spaces = await context.view(lambda rows: rows.memberships(claims.user))
        made = await context.write(
            bootstrapped, context.changes, claims.user, [one.organization for one in spaces]
        )
        return answers.json({"ok": True, "bootstrapped": made})

    return [Route("/api/v1/me/bootstrap-singletons", bootstrap, methods=["POST"])]


def bootstrapped(changes: ChangeStorage, user: str, spaces: list[str]) -> dict[str, Any]:
    """Write what is missing; says for each whether it was written now. Runs in a thread."""
    mine = any(row["id"] == "singleton" for row in _rows(changes, user, "profile", "userContext"))
    there = {row.get("spaceId") for row in _rows(changes, user, "kontext", "kontextDoc")}
    return {
        "userContext": not mine and _push(changes, user, "profile", _user_context(user)),
        "spaces": {
            space: space not in there and _push(changes, user, "kontext", _document(space))
            for space in spaces
        },
    }


def _rows(changes: ChangeStorage, user: str, app: str, table: str) -> list[dict[str, Any]]:
    """All changes of a collection that the user may read."""
    found: list[dict[str, Any]] = []
    since, more = 0, True
    while more:
        page = changes.read(user, "", app, [table], since, _PAGE)
        found += [orjson.loads(row) for row in page.rows]
        since, more = page.until, page.more
    return found


def _push(changes: ChangeStorage, user: str, app: str, change: dict[str, Any]) -> bool:
    body = orjson.dumps({"clientId": CLIENT, "changes": [change]})
    parcels = decode(body, datetime.now(UTC)).parcels
    try:
        return changes.push(user, CLIENT, app, parcels).result().rows > 0
    except Refusal:  # a viewer of the space, or a member no more
        return False


def _change(table: str, id: str, data: dict[str, Any], **more: str) -> dict[str, Any]:
    data = {"id": id, **data, "createdAt": OLDEST, "updatedAt": OLDEST}
    head = {"table": table, "id": id, "op": "insert", "schemaVersion": 1, "data": data}
    return head | {"actor": _ACTOR, "origin": "system"} | more


def _user_context(user: str) -> dict[str, Any]:
    empty: dict[str, Any] = {name: {} for name in ("about", "routine", "nutrition", "leisure")}
    empty |= {"interests": [], "goals": [], "social": {}, "freeform": ""}
    empty |= {"interview": {"answeredIds": [], "skippedIds": []}, "userId": user}
    return _change("userContext", "singleton", empty)


def _document(space: str) -> dict[str, Any]:
    id = str(uuid.uuid5(_NAMES, space))
    return _change("kontextDoc", id, {"content": "", "spaceId": space}, spaceId=space)
