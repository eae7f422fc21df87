"""Push and pull: POST /sync/{app}, GET /sync/{app}/pull.

What a client must know of them: errors are one line of text, those that older servers do not have
are JSON ``{error, message, change, changes}``; ``error`` is clock (409), not_a_member, read_only or
private (403), and ``changes`` are the places in the push of which nothing is stored.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING

from store.server.errors import Refusal, plain
from store.server.tokens import BadToken, Claims
from store.server.wire import NAME_LENGTH, answer, decode, moment

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute
    from starlette.types import ASGIApp

    from store.server.context import Context

PAGE = 1000
"""Rows of one pull."""

DELTA = 5000
"""Rows of one answer to a push; ``hasMore`` says that it was cut."""

BODY = 10_485_760
"""Bytes of a push. A larger one is read to its end, up to ``DRAINED``, and thrown away: a client
that is cut off while it sends would not see the answer."""

DRAINED = 8 * BODY
HELD = 25 * BODY
"""Bytes of all pushes that are at work; one that does not fit is asked to come later."""

SILENCE = 30.0
"""Seconds that a push may go without a byte."""

UPLOAD = 300.0
"""Seconds that a push may take to arrive."""

INLINE = 200_000
"""Bytes of a push that is decoded on the loop; a larger one goes to a thread."""

MOST_TOKENS = 10_000


def routes(context: Context) -> list[BaseRoute]:
    """The routes of push and pull."""
    from starlette.routing import Route

    door, endpoints = Door(context), Sync(context)
    return [
        Route("/sync/{app}", door.guard(endpoints.push), methods=["POST"]),
        get("/sync/{app}/pull", door.guard(endpoints.pull)),
    ]


def get(path: str, endpoint: Callable[[Request], Awaitable[ASGIApp]]) -> BaseRoute:
    """A route for GET alone: HEAD is no way to ask what only a body says."""
    from starlette.routing import Route

    route = Route(path, endpoint, methods=["GET"])
    route.methods = {"GET"}
    return route


class Door:
    """Who asks. A token is verified once; that its session lives is looked up each time."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._known: dict[bytes, Claims] = {}

    async def claims(self, header: str) -> Claims:
        """Whom an Authorization header names. Raises Refusal."""
        mark = sha256(header.encode()).digest()
        known = self._known.get(mark)
        try:
            if known is not None and known.expires > time.time():
                if not await self._context.alive(known.session):
                    raise BadToken("session has ended")
                return known
            claims = await self._context.claims(header)
        except BadToken as bad:
            self._known.pop(mark, None)
            raise plain(401, f"unauthorized: {bad.words}") from None
        if len(self._known) >= MOST_TOKENS:
            self._known.clear()
        self._known[mark] = claims
        return claims

    def guard(
        self, act: Callable[[Request, Claims, str], Awaitable[ASGIApp]]
    ) -> Callable[[Request], Awaitable[ASGIApp]]:
        """An endpoint of ``act``, which gets who asks and the app."""

        async def endpoint(request: Request) -> ASGIApp:
            claims = await self.claims(request.headers.get("authorization", ""))
            app = request.path_params["app"]
            if len(app) > NAME_LENGTH or "\0" in app:
                raise plain(400, "unusable app")
            return await act(request, claims, app)

        return endpoint


class Sync:
    """The two endpoints."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._bodies = Bodies()

    async def push(self, request: Request, claims: Claims, app: str) -> Response:
        """Store a push and answer with what others changed meanwhile."""
        async with self._bodies.of(request) as body:
            return await self._push(request, claims, app, body)

    async def _push(self, request: Request, claims: Claims, app: str, body: bytes) -> Response:
        context = self._context
        now = datetime.now(UTC)
        if len(body) < INLINE:
            push = decode(body, now)
        else:
            push = await context.read(decode, body, now)
        client = client_of(request) or push.client
        if len(client) > NAME_LENGTH:
            raise plain(400, "unusable client id")
        until = -1
        if push.parcels:
            stored = await asyncio.wrap_future(
                context.changes.push(claims.user, client, app, push.parcels)
            )
            context.hub.tell(app, stored.told, claims.user, client)
            until = stored.until
        if until >= 0 and push.since >= until:
            return _answer(answer([], until, more=False))
        rows = await context.read(
            context.changes.read, claims.user, client, app, None, push.since, DELTA
        )
        return _answer(answer(*rows))

    async def pull(self, request: Request, claims: Claims, app: str) -> Response:
        """One page of a collection. ``count=1``: ``remaining`` says how many rows there are with
        those of this page, for whoever shows how far it is."""
        asked = request.query_params
        collection, since = asked.get("collection"), asked.get("since")
        if not collection or not since:
            raise plain(400, "missing collection or since parameter")
        context, client, start = self._context, client_of(request), moment(since)
        log, user = context.changes, claims.user
        rows = await context.read(log.read, user, client, app, [collection], start, PAGE)
        if asked.get("count") != "1":
            return _answer(answer(*rows))
        left = len(rows.rows)
        if rows.more:
            left += await context.read(log.count, user, client, app, [collection], rows.until)
        return _answer(answer(*rows, remaining=left))


def client_of(request: Request) -> str:
    """The client id in the header, "" for none."""
    return request.headers.get("x-client-id", "")


def _answer(body: bytes) -> Response:
    from starlette.responses import Response

    return Response(body, headers={"Vary": "Origin"}, media_type="application/json")


class Bodies:
    """The bodies of all pushes at work, which hold no more than ``HELD`` together."""

    def __init__(self) -> None:
        self._held = 0

    @asynccontextmanager
    async def of(self, request: Request) -> AsyncIterator[bytes]:
        """The body of a push. Raises Refusal where it is too large, does not come, or does not fit
        beside the others."""
        from starlette.requests import ClientDisconnect

        parts: list[bytes] = []
        try:
            try:
                size = await self._read(request, parts)
            except TimeoutError:
                words = "invalid JSON: i/o timeout"
                raise Refusal(400, words, {"Connection": "close"}) from None
            except ClientDisconnect:
                raise plain(400, "invalid JSON: unexpected EOF") from None
            if size > BODY:
                words = "invalid JSON: http: request body too large"
                raise Refusal(400, words, {"Connection": "close"})
            yield parts[0] if len(parts) == 1 else b"".join(parts)
        finally:
            self._held -= sum(map(len, parts))

    async def _read(self, request: Request, parts: list[bytes]) -> int:
        """Read into ``parts`` what is not too much; returns how much came."""
        size = 0
        loop = asyncio.get_running_loop()
        last = loop.time() + UPLOAD
        async with asyncio.timeout(SILENCE) as patience:
            async for part in request.stream():
                size += len(part)
                if size <= BODY:
                    if self._held + len(part) > HELD:
                        words = "too much is being sent at once; nothing was stored"
                        raise Refusal(503, words, {"Retry-After": "10"})
                    self._held += len(part)
                    parts.append(part)
                elif size > DRAINED:
                    break
                patience.reschedule(min(loop.time() + SILENCE, last))
        return size
