"""Listening to a real server: a stream and a socket, each read in a thread of its own."""

from __future__ import annotations

import http.client
import json
import queue
import socket
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from types import TracebackType
from typing import Any
from urllib.parse import urlencode, urlsplit

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.server.syncing import Device

PATIENCE = 20.0


class Stream:
    """A stream of one device. ``headers_after``: seconds until the status line was here."""

    def __init__(self, device: Device, *tables: str, since: str = "") -> None:
        asked = {"collections": ",".join(tables), "since": since}
        query = urlencode({name: value for name, value in asked.items() if value})
        host = urlsplit(device.person.url).netloc
        self._connection = http.client.HTTPConnection(host, timeout=60)
        start = time.monotonic()
        self._connection.request(
            "GET", f"/sync/{device.app}/stream?{query}", headers=device.headers
        )
        # A socket of its own: the connection lets go of it where the answer is its last.
        self._socket = self._connection.sock.dup()
        self.answer = self._connection.getresponse()
        self.headers_after = time.monotonic() - start
        self._events: queue.Queue[tuple[str, Any]] = queue.Queue()
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def _read(self) -> None:
        name = ""
        try:
            for line in self.answer:
                key, _, value = line.decode().rstrip("\n").partition(": ")
                if key == "event":
                    name = value
                elif key == "data":
                    self._events.put((name, json.loads(value)))
        except (OSError, http.client.HTTPException, ValueError):
            pass
        self._events.put(("end", None))

    def next(self) -> tuple[str, Any]:
        """The next event: its name and its data; ("end", None) behind the last one."""
        return self._events.get(timeout=PATIENCE)

    def until(self, enough: Callable[[list[Any]], bool]) -> list[Any]:
        """The rows of the events that come, until there are enough."""
        rows: list[Any] = []
        while not enough(rows):
            name, data = self.next()
            assert name != "end", rows
            rows += data.get("changes", [])
        return rows

    def ids(self, count: int) -> list[str]:
        """The records of the next rows."""
        return [row["id"] for row in self.until(lambda rows: len(rows) >= count)]

    def __enter__(self) -> Stream:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._thread.join(PATIENCE)
        self._socket.close()
        self.answer.close()
        self._connection.close()


class Deaf(Stream):
    """A stream whose events nobody reads."""

    def _read(self) -> None:
        pass


class Socket:
    """A socket of one device, not yet authenticated."""

    def __init__(self, device: Device, app: str = "") -> None:
        self._device = device
        url = device.person.url.replace("http", "ws", 1) + "/ws" + (f"/{app}" if app else "")
        self._stack = ExitStack()
        self.raw = self._stack.enter_context(
            connect(url, proxy=None, open_timeout=PATIENCE, close_timeout=1)
        )

    def auth(self, **more: str) -> Socket:
        """Say who it is."""
        token = self._device.headers["Authorization"].removeprefix("Bearer ")
        self.send({"type": "auth", "token": token, **more})
        assert self.next() == {"type": "auth-ok"}
        return self

    def send(self, message: Any) -> None:
        """Send JSON, or text as it is."""
        self.raw.send(message if isinstance(message, str) else json.dumps(message))

    def next(self) -> Any:
        """The next message; ``{"closed": code, "reason": words}`` behind the last one."""
        try:
            return json.loads(self.raw.recv(timeout=PATIENCE))
        except ConnectionClosed as closed:
            end = closed.rcvd
            return {"closed": end.code, "reason": end.reason} if end else {"closed": 1006}

    def nothing_came(self) -> bool:
        """Whether no message came before the answer to a ping."""
        self.send({"type": "ping"})
        return bool(self.next() == {"type": "pong"})

    def __enter__(self) -> Socket:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()


def eventually(true: Callable[[], bool]) -> bool:
    """Whether something comes true before patience ends."""
    limit = time.monotonic() + PATIENCE
    while time.monotonic() < limit:
        if true():
            return True
        time.sleep(0.01)
    return False
