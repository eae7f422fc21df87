"""Who is in which space, for a sync server that runs elsewhere: it proves itself by a service key.

The key is what stands in ``service.key`` in the data folder, at least 16 characters. Without that
file there is no such server, and every call is refused.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from store.server import answers
from store.server.errors import bearer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

    from store.server.context import Context

HEADER = "x-service-key"
BASE = "/api/v1/internal"


def routes(context: Context) -> list[BaseRoute]:
    """Every endpoint of this part."""
    from starlette.routing import Route

    key = context.settings.service_key.encode()

    def guarded(
        act: Callable[[Context, Request], Awaitable[Response]],
    ) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            given = request.headers.get(HEADER, "").encode()
            if not key or not hmac.compare_digest(given, key):
                raise bearer("invalid service key" if given else "missing service key")
            return await act(context, request)

        return endpoint

    return [
        Route(f"{BASE}/users/{{user}}/memberships", guarded(memberships)),
        Route(f"{BASE}/org/{{org}}/member/{{user}}", guarded(member)),
    ]


async def memberships(context: Context, request: Request) -> Response:
    """The spaces of a user with the role in each; none for a user who is not known."""
    user = request.path_params["user"]
    found = await context.view(lambda rows: rows.memberships(user))
    told = [{"organizationId": one.organization, "role": one.role} for one in found]
    return answers.json({"userId": user, "memberships": told})


async def member(context: Context, request: Request) -> Response:
    """Whether a user is in a space, and in which role."""
    org, user = request.path_params["org"], request.path_params["user"]
    found = await context.view(lambda rows: rows.member_of(org, user))
    return answers.json({"isMember": found is not None, "role": found.role if found else ""})
