"""Server-sent events: GET /sync/{app}/stream?collections=a,b&since=T.

Headers leave at once. Then comes what lies behind ``since`` in the collections asked for, to the
end, and whatever changes later, in them or, without any, in all. Rows are whole, as in a pull.
``heartbeat`` comes every 30 seconds; ``spaces`` says that this person is a member of more or fewer
spaces than before, or in another role, so that it is time to list them.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import TYPE_CHECKING

from store.server.hub import Listener
from store.server.sync import PAGE, Door, client_of, get
from store.server.wire import event, moment

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.routing import BaseRoute
    from starlette.types import Receive, Scope, Send

    from store.server.context import Context
    from store.server.storage import Rows
    from store.server.tokens import Claims

HEARTBEAT = 30.0
"""Seconds between two heartbeats; the session is looked at as often."""

MOST_COLLECTIONS = 500

EVENT = 1_000_000
"""Bytes of an event, more or less: what waits for somebody who reads slowly is two of them."""

SENDING = 120.0
"""Seconds that one event, a page at most, may take to leave."""

_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-cache"),
    (b"x-accel-buffering", b"no"),
    (b"vary", b"Origin"),
]
_BEAT = b"event: heartbeat\ndata: {}\n\n"
_SPACES = b"event: spaces\ndata: {}\n\n"


def routes(context: Context) -> list[BaseRoute]:
    """The route of the stream."""
    streams = Streams(context)
    return [get("/sync/{app}/stream", Door(context).guard(streams.open))]


class Events:
    """The answer that goes on. It ends with its source, with the client, or with a client that
    does not read: then without an end, so that nobody takes it for whole."""

    def __init__(self, source: AsyncGenerator[bytes, None]) -> None:
        self._source = source

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        tasks = [asyncio.create_task(self._send(send)), asyncio.create_task(_left(receive))]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, Exception) and not isinstance(outcome, TimeoutError | OSError):
                raise outcome

    async def _send(self, send: Send) -> None:
        async with aclosing(self._source) as source:
            async for event in source:
                async with asyncio.timeout(SENDING):
                    await send({"type": "http.response.body", "body": event, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _left(receive: Receive) -> None:
    """Until the client is gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


class Streams:
    """The endpoint."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def open(self, request: Request, claims: Claims, app: str) -> Events:
        """A stream that ends with the session, with the server, or with the client's patience."""
        asked = request.query_params
        names = [name for name in asked.get("collections", "").split(",") if name]
        listener = Listener(claims.user, app, client_of(request), claims.session)
        events = self._events(
            listener, dict.fromkeys(names[:MOST_COLLECTIONS], moment(asked.get("since", "")))
        )
        return Events(events)

    async def _events(
        self, listener: Listener, cursors: dict[str, int]
    ) -> AsyncGenerator[bytes, None]:
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
            EVENT,
        )
