"""Doorbells: how news of the server are heard at once. Each is only a hint to pull.

A WebSocket where it stays open; the first servers close it within a millisecond, so after three
such closes it rests for five minutes and more. Else the event stream, one for each app in use,
whose headers may come only after half a minute, and which has to be opened anew every few minutes
because it never learns of new memberships. Else nothing: the engine looks by itself.
"""

from __future__ import annotations

import random as dice
import socket
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import orjson

from store.errors import ManabenchError
from store.sync.engine.cursors import SECOND, text

if TYPE_CHECKING:
    from store.sync.net.http import SessionLike

HEADERS, IDLE = 45.0, 75.0
"""Seconds to wait for the first line of a stream, and for the next: a heartbeat comes every 30."""

PING = 25.0
RENEW = 600.0
"""Seconds after which the server is shown a newer token."""

REOPEN = 240.0
"""Seconds after which a stream is opened anew."""

INSTANT = 2.0
"""Seconds; a WebSocket that ends sooner, and never said that it knows us, ended at once."""

CLOSES = 3
REST = 300.0
"""Seconds for which a WebSocket that does not stay open rests, at least."""

STREAMS = 6
"""Streams at most, for the apps with the most rows; each is a connection and a thread."""

FIRST_WAIT, LONGEST_WAIT = 1.0, 120.0
_LONGEST_LINE = 64_000_000

Ring = Callable[[str, Sequence[str]], None]


class Doorbell:
    """The doorbell of one account at one sync server. Safe to stop from any thread, and to start
    again after that. ahead: how many seconds the server's clock is ahead."""

    def __init__(
        self,
        session: SessionLike,
        base: str,
        *,
        ahead: Callable[[], float] = lambda: 0.0,
        random: Callable[[], float] = dice.random,
    ) -> None:
        self._session = session
        self._base = base.rstrip("/")
        self._ahead = ahead
        self._random = random
        self._guard = threading.Lock()
        self._run: _Run | None = None

    def __repr__(self) -> str:
        return f"<Doorbell {self._base}>"

    @property
    def kind(self) -> str:
        """By what it is heard just now: ``websocket``, ``stream`` or ""."""
        run = self._run
        return run.kind if run is not None else ""

    def start(self, ring: Ring, apps: Sequence[str], client: str = "") -> None:
        """Ring from now on, but not for the pushes of ``client``. Once it runs, only which apps
        are listened to can change."""
        with self._guard:
            if self._run is None or not self._run.is_alive:
                self._run = _Run(self._session, self._base, ring, client, self._ahead, self._random)
                self._run.apps = list(apps)[:STREAMS]
                self._run.start()
            self._run.apps = list(apps)[:STREAMS]

    def stop(self, seconds: float = 0.0) -> None:
        """Be silent; waits up to ``seconds`` for the threads to end."""
        with self._guard:
            run, self._run = self._run, None
        if run is not None:
            run.stop(seconds)


class _Run:
    """From one start to the stop that follows it."""

    def __init__(
        self,
        session: SessionLike,
        base: str,
        ring: Ring,
        client: str,
        ahead: Callable[[], float],
        random: Callable[[], float],
    ) -> None:
        self._session = session
        self._base = base
        self._ring = ring
        self._client = client
        self._ahead = ahead
        self._random = random
        self.apps: list[str] = []
        self.kind = ""
        self._stopped = threading.Event()
        self._guard = threading.Lock()
        self._sockets: set[Any] = set()
        self._instant = 0
        self._rests_until = 0.0
        self._thread = threading.Thread(target=self._listen, name="bench-bell", daemon=True)

    @property
    def is_alive(self) -> bool:
        return self._thread.is_alive()

    def start(self) -> None:
        self._thread.start()

    def stop(self, seconds: float) -> None:
        """End every read by ending its connection."""
        self._stopped.set()
        with self._guard:
            sockets = list(self._sockets)
        for one in sockets:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        if seconds and self._thread is not threading.current_thread():
            self._thread.join(seconds)

    def _hold(self, one: Any) -> bool:
        """Note a connection, so that ``stop`` can end it; False if it is too late."""
        with self._guard:
            self._sockets.add(one)
        if self._stopped.is_set():
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        return not self._stopped.is_set()

    def _let_go(self, one: Any) -> None:
        with self._guard:
            self._sockets.discard(one)

    def _listen(self) -> None:
        failures = 0
        while not self._stopped.is_set():
            began = time.monotonic()
            if began >= self._rests_until:
                self._by_websocket()
            else:
                self._by_streams()
            heard, self.kind = self.kind, ""
            if heard and not self._stopped.is_set():
                self._ring("", ())  # a server that went away is noticed at once
            lived = time.monotonic() - began
            failures = 0 if lived > 10 else failures + 1
            wait = min(FIRST_WAIT * 2 ** min(failures, 10), LONGEST_WAIT) if failures else 0.1
            if began < self._rests_until <= time.monotonic():
                wait = 0.1
            self._stopped.wait(wait * (0.5 + self._random()))

    # WebSocket ----------------------------------------------------------------------------------

    def _by_websocket(self) -> None:
        """Listen until it ends. One that will not do rests."""
        from websockets.exceptions import InvalidHandshake, InvalidURI, WebSocketException
        from websockets.sync.client import connect

        began, known = time.monotonic(), False
        try:
            url = f"ws{self._base.removeprefix('http')}/ws"
            with connect(url, open_timeout=10, close_timeout=1, max_size=1_000_000) as link:
                if not self._hold(link.socket):
                    return
                try:
                    known = self._hear(link)
                finally:
                    self._let_go(link.socket)
        except (InvalidHandshake, InvalidURI, ImportError):
            self._instant = CLOSES  # there is none, or a proxy in between that is not spoken
        except (WebSocketException, OSError, ManabenchError):
            known = known or self.kind == "websocket"
        if known and time.monotonic() - began > INSTANT:
            self._instant = 0
            return
        self._instant += 1
        if self._instant >= CLOSES and not self._stopped.is_set():
            self._instant = 0
            self._rests_until = time.monotonic() + REST * (1 + self._random())

    def _hear(self, link: Any) -> bool:
        """Read until the end; whether the server ever said that it knows us."""
        from websockets.exceptions import ConnectionClosed

        shown = self._show(link)
        while not self._stopped.is_set():
            try:
                message = link.recv(timeout=PING)
            except TimeoutError:
                if not self.kind:
                    return False
                if time.monotonic() - shown > RENEW:
                    shown = self._show(link)
                link.send('{"type":"ping"}')
                continue
            except ConnectionClosed:
                break
            found = _object(message)
            if found.get("type") == "auth-ok" and not self.kind:
                self.kind = "websocket"
                self._ring("", ())
            elif found.get("type") == "spaces-changed":
                self._ring("", ("spaces",))
            elif found.get("type") == "sync-available":
                self._told(found.get("appId"), found.get("tables"))
            elif found.get("type") == "error":
                break
        return self.kind == "websocket"

    def _show(self, link: Any) -> float:
        """Show the server who listens; returns when."""
        message = {"type": "auth", "token": self._session.jwt(), "clientId": self._client}
        link.send(orjson.dumps(message).decode())
        return time.monotonic()

    def _told(self, app: object, tables: object) -> None:
        if isinstance(app, str) and isinstance(tables, list):
            self._ring(app, [name for name in tables if isinstance(name, str)])

    # Streams ------------------------------------------------------------------------------------

    def _by_streams(self) -> None:
        """Listen to a stream for each app for some minutes, or until they all ended."""
        until = time.monotonic() + REOPEN * (0.75 + self._random() / 2)
        until = min(until, max(self._rests_until, time.monotonic() + 1))
        ended = threading.Event()
        threads = [
            threading.Thread(target=self._stream, args=(app, ended), daemon=True)
            for app in self.apps
        ]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            left = until - time.monotonic()
            if left <= 0 or self._stopped.wait(min(left, 1.0)):
                break
        ended.set()
        with self._guard:
            sockets = list(self._sockets)
        for one in sockets:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        for thread in threads:
            thread.join(1.0)

    def _stream(self, app: str, ended: threading.Event) -> None:
        """Read one app's stream until it ends, of itself or because ``ended``."""
        with suppress(OSError, HTTPException, ManabenchError, ValueError):
            parts = urlsplit(self._base)
            kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
            connection = kind(parts.hostname or "", parts.port, timeout=HEADERS)
            try:
                connection.connect()
                if not self._hold(connection.sock) or ended.is_set():
                    return
                self._read_stream(connection, parts.path, app)
            finally:
                self._let_go(connection.sock)
                connection.close()

    def _read_stream(self, connection: HTTPConnection, path: str, app: str) -> None:
        since = text(int((time.time() + self._ahead() - 10) * SECOND))
        headers = {
            "Authorization": f"Bearer {self._session.jwt()}",
            "Accept": "text/event-stream",
        }
        if self._client:
            headers["X-Client-Id"] = self._client
        where = f"{path}/sync/{quote(app, safe='')}/stream?since={quote(since, safe='')}"
        connection.request("GET", where, headers=headers)
        response = connection.getresponse()
        with response:
            if response.status != 200:
                return
            self.kind = self.kind or "stream"
            self._ring("", ())
            if connection.sock is not None:
                connection.sock.settimeout(IDLE)
            event = ""
            while line := response.readline(_LONGEST_LINE):
                name, _colon, value = line.rstrip(b"\r\n").partition(b":")
                if name == b"event":
                    event = value.strip().decode("latin-1")
                elif name == b"data" and event == "changes":
                    self._told(app, [_object(value).get("table")])


def _object(message: str | bytes) -> dict[str, Any]:
    """A message as an object; an empty one for what is none."""
    try:
        found = orjson.loads(message)
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}
