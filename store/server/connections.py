"""What one connection may cost: how slow it may be, how much may wait for it; how many there are.

The web server below has no such bounds of its own: a stranger who sends a byte a minute, or asks
and never reads, would hold a socket and what waits to leave through it for good.
"""

from __future__ import annotations

import asyncio
import resource
from typing import Any

HEAD = 20.0
"""Seconds for all headers of a request, from its first byte or from the connection on."""

AFTER = 120.0
"""Seconds for what is left of a body whose request is answered already."""

LOOK = 30.0
"""Seconds between two looks at a connection whose client reads more slowly than is written."""

LEAST = 16_384
"""Bytes that such a client has to take between two looks, some 4 kbit/s; else it is dropped."""

WAITING = 1_048_576
"""Bytes of a socket that may wait to leave while its client goes on sending."""

FRAGMENTS = 1000
"""Frames of one message."""

RESERVE = 100
"""Descriptors that are not for connections: the database, its readers, the log."""

MOST_DESCRIPTORS = 65_536

_FULL = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain; charset=utf-8\r\n"
    b"Retry-After: 10\r\nContent-Length: 21\r\nConnection: close\r\n\r\ntoo many connections\n"
)


def room() -> int:
    """How many connections there may be: what the system lets this process have, asked for in
    full, without the reserve."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, MOST_DESCRIPTORS)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft = wanted
    allowed = MOST_DESCRIPTORS if soft == resource.RLIM_INFINITY else soft
    return max(allowed - RESERVE, RESERVE)


class Watch:
    """Ends a connection whose client does not take what waits for it. It runs while more waits
    than the transport wants to hold, and once more when the connection is being closed."""

    def __init__(self, loop: asyncio.AbstractEventLoop, transport: asyncio.Transport) -> None:
        self._loop = loop
        self._transport = transport
        self._before = 0
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        """Look from now on."""
        if self._timer is None:
            self._before = self._transport.get_write_buffer_size()
            self._timer = self._loop.call_later(LOOK, self._look)

    def end(self) -> None:
        """Look no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        self._timer = None
        left = self._transport.get_write_buffer_size()
        if left > 0 and left > self._before - LEAST:
            self._transport.abort()
        elif left > 0:
            self.begin()


class Watched(asyncio.Protocol):
    """Mixed into the protocol of a connection, before it."""

    _watch: Watch | None = None
    _limit: asyncio.TimerHandle | None = None
    _carried: asyncio.Transport

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._carried = transport
        self._watch = Watch(asyncio.get_running_loop(), transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self.expect_nothing()
        if self._watch is not None:
            self._watch.end()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._watch is not None:
            self._watch.begin()

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._watch is not None and not self._carried.is_closing():
            self._watch.end()

    def expect(self, seconds: float) -> None:
        """Close it after so long, unless what is expected came; a later call prolongs nothing."""
        if self._limit is None:
            self._limit = asyncio.get_running_loop().call_later(seconds, self.close)

    def expect_nothing(self) -> None:
        """What was expected came."""
        if self._limit is not None:
            self._limit.cancel()
            self._limit = None

    def close(self) -> None:
        """Close it once what waits has left, and do not wait for good."""
        self._carried.close()
        if self._watch is not None and self._carried.get_write_buffer_size():
            self._watch.begin()


def http(most: int) -> type[asyncio.Protocol]:
    """The protocol of HTTP connections, of which there are at most so many, sockets included."""
    import h11
    from uvicorn.protocols.http.h11_impl import H11Protocol

    class Http(Watched, H11Protocol):
        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            if len(self.connections) > most:
                transport.write(_FULL)
                self.close()
            else:
                self.expect(HEAD)

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            if self.transport.is_closing() or self.transport.get_protocol() is not self:
                self.expect_nothing()
            elif self.conn.their_state is h11.IDLE:
                self.expect(HEAD)
            elif self.cycle is not None and self.cycle.response_complete:
                self.expect(AFTER)
            else:
                self.expect_nothing()

        def send_400_response(self, msg: str) -> None:
            # Nonsense in the middle of a body: whoever reads that body must not answer as well.
            if self.cycle is not None and not self.cycle.response_complete:
                self.cycle.disconnected = True
                self.cycle.message_event.set()
            if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
                super().send_400_response(msg)
            self.close()

        def handle_websocket_upgrade(self, event: h11.Request) -> None:
            self.expect_nothing()
            super().handle_websocket_upgrade(event)

        def on_response_complete(self) -> None:
            super().on_response_complete()
            if self.transport.is_closing():
                self.close()

        def timeout_keep_alive_handler(self) -> None:
            super().timeout_keep_alive_handler()
            self.close()

    return Http


def sockets() -> type[asyncio.Protocol]:
    """The protocol of a WebSocket once it is one."""
    from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

    class Socket(Watched, WebSocketsSansIOProtocol):
        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            # A ping is answered at once, read or not.
            if self.transport.get_write_buffer_size() > WAITING or len(self.frames) > FRAGMENTS:
                self.transport.abort()

    return Socket
