"""Server-sent events: GET /sync/{app}/stream?collections=a,b&since=T.

Headers leave at once. Then comes what lies behind ``since`` in the collections asked for, to the
end, and whatever changes later, in them or, without any, in all. Rows are whole, as in a pull.
``heartbeat`` comes every 30 seconds; ``spaces`` says that this person is a member of more or fewer
spaces than before, or in another role, so that it is time to list them.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from store.server.hub import Listener
from store.server.sync import PAGE, Door, client_of
from store.server.wire import event, moment

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

    from store.server.context import Context
    from store.server.storage import Rows
    from store.server.tokens import Claims

HEARTBEAT = 30.0
"""Seconds between two heartbeats; the session is looked at as often."""

MOST_COLLECTIONS = 500

_BEAT = b"event: heartbeat\ndata: {}\n\n"
_SPACES = b"event: spaces\ndata: {}\n\n"


def routes(context: Context) -> list[BaseRoute]:
    """The route of the stream."""
    from starlette.routing import Route

    streams = Streams(context)
    return [Route("/sync/{app}/stream", Door(context).guard(streams.open), methods=["GET"])]


class Streams:
    """The endpoint."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def open(self, request: Request, claims: Claims, app: str) -> Response:
        """A stream that ends with the session, with the server, or with the client's patience."""
        from starlette.responses import StreamingResponse

        asked = request.query_params
        names = [name for name in asked.get("collections", "").split(",") if name]
        listener = Listener(claims.user, app, client_of(request), claims.session)
        events = self._events(
            listener, dict.fromkeys(names[:MOST_COLLECTIONS], moment(asked.get("since", "")))
        )
        headers = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no", "Vary": "Origin"}
        return StreamingResponse(events, headers=headers, media_type="text/event-stream")

    async def _events(self, listener: Listener, cursors: dict[str, int]) -> AsyncIterator[bytes]:
        """cursors: where each collection stands; none for whatever changes from now on."""
        hub, asked = self._context.hub, bool(cursors)
        # It listens before it looks, so that nothing falls between.
        hub.add(listener)
        try:
            start = (await self._read(listener, [], 0)).until
            waiting = set(cursors)
            beat = asyncio.get_running_loop().time() + HEARTBEAT
            while not listener.ended:
                for table in sorted(waiting):
                    async for page in self._pages(listener, table, cursors, start):
                        yield page
                left = beat - asyncio.get_running_loop().time()
                if left <= 0 or not await listener.wait(left):
                    if not await self._context.alive(listener.session):
                        return
                    beat += HEARTBEAT
                    yield _BEAT
                told, moved = listener.take()
                if moved:
                    yield _SPACES
                news = told.get(listener.app, set())
                waiting = news & cursors.keys() if asked else news
        finally:
            hub.remove(listener)

    async def _pages(
        self, listener: Listener, table: str, cursors: dict[str, int], start: int
    ) -> AsyncIterator[bytes]:
        """All pages of a collection behind where it stands."""
        more = True
        while more and not listener.ended:
            rows = await self._read(listener, [table], cursors.get(table, start))
            cursors[table], more = rows.until, rows.more
            if rows.rows:
                yield event(table, *rows)

    async def _read(self, listener: Listener, tables: list[str], since: int) -> Rows:
        context = self._context
        return await context.read(
            context.changes.read,
            listener.user,
            listener.client,
            listener.app,
            tables,
            since,
            PAGE,
        )
