"""WebSockets: /ws for all apps of a person, /ws/{app} for one. Each message is only a hint to pull.

    client  {type: auth, token, clientId?}    server  {type: auth-ok}
    client  {type: ping}                      server  {type: pong}
                                              server  {type: sync-available, appId, tables}
                                              server  {type: spaces-changed}
                                              server  {type: error, tables: [words]}

The first must come within 10 seconds and may come again, with a newer token. A client that names
its id is not told of its own pushes. What is no such message is passed over.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import orjson

from store.server.hub import DOWN, Listener
from store.server.tokens import BadToken

if TYPE_CHECKING:
    from starlette.routing import BaseRoute
    from starlette.websockets import WebSocket

    from store.server.context import Context
    from store.server.tokens import Claims

PATIENCE = 10.0
"""Seconds until a socket must have said who it is."""

SENDING = 5.0
"""Seconds that a message may take to leave; a reader that is slower is dropped."""

LOOK = 30.0
"""Seconds between two looks at whether the session still lives."""

LONGEST = 32 * 1024

POLICY, GOING_AWAY, TOO_BIG = 1008, 1001, 1009


def routes(context: Context) -> list[BaseRoute]:
    """The routes of both sockets."""
    from starlette.routing import WebSocketRoute

    async def endpoint(socket: WebSocket) -> None:
        await Talk(context, socket, socket.path_params.get("app", "")).run()

    return [WebSocketRoute("/ws", endpoint), WebSocketRoute("/ws/{app}", endpoint)]


class Talk:
    """One open socket."""

    def __init__(self, context: Context, socket: WebSocket, app: str) -> None:
        self._context = context
        self._socket = socket
        self._app = app
        self._listener: Listener | None = None
        self._close: tuple[int, str] | None = None
        self._known = asyncio.Event()

    async def run(self) -> None:
        """Until either side ends it."""
        await self._socket.accept()
        tasks = [asyncio.create_task(self._hear()), asyncio.create_task(self._tell())]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            if self._listener is not None:
                self._context.hub.remove(self._listener)
            for task in tasks:
                task.cancel()
            outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, Exception) and not _gone(outcome):
                raise outcome
        if self._close is not None:
            await self._end(*self._close)

    # What comes -------------------------------------------------------------------------------

    async def _hear(self) -> None:
        """Read until the client leaves, or says something that ends the talk."""
        limit = asyncio.get_running_loop().time() + PATIENCE
        while self._close is None:
            try:
                async with asyncio.timeout_at(None if self._listener else limit):
                    message = await self._socket.receive()
            except TimeoutError:
                self._close = (POLICY, "auth timeout")
                return
            if message["type"] == "websocket.disconnect":
                return
            text = message.get("text") or ""
            if len(text) > LONGEST:
                self._close = (TOO_BIG, "")
                return
            frame = _frame(text)
            if frame.get("type") == "ping":
                await self._send({"type": "pong"})
            elif frame.get("type") == "auth":
                await self._auth(frame.get("token"), frame.get("clientId"))

    async def _auth(self, token: Any, client: Any) -> None:
        if not token:
            await self._send({"type": "error", "tables": ["missing token"]})
            return
        try:
            if not isinstance(token, str):
                raise BadToken("no text")
            claims = await self._context.claims_of(token)
            if self._listener is not None and self._listener.user != claims.user:
                raise BadToken("of somebody else")
        except BadToken:
            await self._send({"type": "error", "tables": ["invalid token"]})
            self._close = (POLICY, "invalid token")
            return
        self._listen(claims, client if isinstance(client, str) else "")
        await self._send({"type": "auth-ok"})

    def _listen(self, claims: Claims, client: str) -> None:
        if self._listener is not None:
            self._listener.session = claims.session
            return
        self._listener = Listener(claims.user, self._app, client, claims.session)
        self._context.hub.add(self._listener)
        self._known.set()

    # What goes --------------------------------------------------------------------------------

    async def _tell(self) -> None:
        """Pass on what the hub tells, until it says that this is over."""
        await self._known.wait()
        if self._listener is not None:
            await self._pass_on(self._listener)

    async def _pass_on(self, listener: Listener) -> None:
        while not listener.ended:
            if not await listener.wait(LOOK):
                if not await self._context.alive(listener.session):
                    listener.end("session ended")
                continue
            told, moved = listener.take()
            for app, tables in told.items():
                message = {"type": "sync-available", "appId": app, "tables": sorted(tables)}
                await self._send(message)
            if moved:
                await self._send({"type": "spaces-changed"})
        self._close = (GOING_AWAY if listener.ended == DOWN else POLICY, listener.ended)

    async def _send(self, message: dict[str, Any]) -> None:
        async with asyncio.timeout(SENDING):
            await self._socket.send_text(orjson.dumps(message).decode())

    async def _end(self, code: int, reason: str) -> None:
        from starlette.websockets import WebSocketDisconnect

        try:
            async with asyncio.timeout(SENDING):
                await self._socket.close(code, reason)
        except (TimeoutError, RuntimeError, OSError, WebSocketDisconnect):
            pass  # it is gone already


def _gone(error: Exception) -> bool:
    """Whether this says no more than that the other side left, or does not read."""
    from starlette.websockets import WebSocketDisconnect

    return isinstance(error, WebSocketDisconnect | TimeoutError | OSError | RuntimeError)


def _frame(text: str) -> dict[str, Any]:
    """A message, empty for what is none."""
    try:
        frame = orjson.loads(text)
    except orjson.JSONDecodeError:
        return {}
    return frame if isinstance(frame, dict) else {}
