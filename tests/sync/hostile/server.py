"""The server of the simulator behind real HTTP/1.1 on loopback, one thread a connection.

Sockets and nothing above them, because half of what it has to do no web framework would: reset in
the middle of a request, headers that take a minute, bodies shorter than they say.
"""

from __future__ import annotations

import os
import socket
import struct
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from random import Random
from types import TracebackType
from typing import Any, NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

import orjson

from store.sync.net.remote import RemoteSpace
from tests.simulation.server import KIND, RefusedError, Server, Traits, as_json

_WORDS = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 402: "Payment Required"}


class Request(NamedTuple):
    """One request as it came."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def kind(self) -> str:
        """push, pull, stream or ws."""
        if self.path.startswith("/ws"):
            return "ws"
        return {"pull": "pull", "stream": "stream"}.get(self.path.split("/")[-1], "push")

    @property
    def app(self) -> str:
        """The app in the path."""
        return unquote(self.path.split("/")[2]) if self.path.count("/") > 1 else ""

    @property
    def client(self) -> str:
        """The caller's client id."""
        return self.headers.get("x-client-id", "")


class Talk:
    """The server's side of one connection."""

    def __init__(
        self,
        connection: socket.socket,
        stopping: threading.Event,
        do: Callable[[Request], tuple[int, bytes]],
    ) -> None:
        self.connection = connection
        self.stopping = stopping
        self.do = do

    def send(self, data: bytes) -> None:
        self.connection.sendall(data)

    def answer(
        self, status: int, body: bytes, kind: str = "application/json", **headers: str
    ) -> None:
        lines = [f"HTTP/1.1 {status} {_WORDS.get(status, 'X')}", f"Content-Type: {kind}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        if "Content_Length" not in headers:
            lines.append(f"Content-Length: {len(body)}")
        self.send("\r\n".join(lines).encode() + b"\r\n\r\n" + body)

    def text(self, status: int, words: str) -> None:
        self.answer(status, words.encode() + b"\n", "text/plain; charset=utf-8")

    def reset(self) -> None:
        """What a client sees of a panic: the connection is gone."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def close(self) -> None:
        """End the connection now, whatever still reads from it."""
        os.close(self.connection.detach())

    def silence(self, seconds: float) -> None:
        """Say nothing for a while, or until the server ends."""
        self.stopping.wait(seconds)


Proceed = Callable[[], tuple[int, bytes]]
Fault = Callable[[Talk, Request, Proceed], None]
"""Answers a request in a way of its own; ``proceed`` does what was asked and gives status and body
of the honest answer."""


class Hostile:
    """The server. ``base`` is its URL, ``seen`` every request; one account, ``ann``."""

    def __init__(self, traits: Traits = KIND) -> None:
        self.model = Server(lambda: time.time_ns() // 1000, traits, Random(1))
        self.seen: list[Request] = []
        self._faults: list[tuple[str, Fault, int]] = []
        self._guard = threading.RLock()
        self._stopping = threading.Event()
        self._talks: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.base = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        thread = threading.Thread(target=self._accept, daemon=True)
        thread.start()
        self._threads.append(thread)

    def __enter__(self) -> Hostile:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._stopping.set()
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for talk in list(self._talks):
            with suppress(OSError):
                talk.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(timeout=5)

    # What a test arranges -------------------------------------------------------------------

    def fail(self, kind: str, fault: Fault, times: int = 1) -> None:
        """Meet the next ``times`` requests of a kind with ``fault``; -1 for all."""
        self._faults.append((kind, fault, times))

    def heal(self) -> None:
        """Drop all faults."""
        self._faults.clear()

    def spaces(self) -> list[RemoteSpace]:
        """What the identity service would list."""
        return [
            RemoteSpace(
                s["id"],
                s["name"],
                s["slug"],
                s["type"],
                s["role"],
                s["members"],
                {"type": s["type"]},
            )
            for s in self.model.listed("ann")
        ]

    def rows(self, app: str = "notes", table: str = "notes") -> list[dict[str, Any]]:
        """What was stored."""
        return [row.json for row in self.model.rows[app, table]]

    def write(
        self, table: str, *changes: dict[str, Any], app: str = "notes", user: str = "ann"
    ) -> None:
        """Somebody else's push, from another client."""
        self.model.push(app, user, f"{user}-elsewhere", [{"table": table, **c} for c in changes])

    # Serving --------------------------------------------------------------------------------

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._talks.add(connection)
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            thread.start()
            self._threads.append(thread)

    def _serve(self, connection: socket.socket) -> None:
        talk = Talk(connection, self._stopping, self._do)
        try:
            with connection, connection.makefile("rb") as reader:
                while (request := _read(reader)) is not None:
                    self.seen.append(request)
                    self._meet(talk, request)
                    if connection.fileno() < 0:
                        return
        except (OSError, ValueError):
            return
        finally:
            self._talks.discard(connection)

    def _meet(self, talk: Talk, request: Request) -> None:
        def proceed() -> tuple[int, bytes]:
            return self._do(request)

        fault = self._chosen(request.kind)
        if fault is not None:
            fault(talk, request, proceed)
            return
        status, body = proceed()
        talk.answer(status, body) if status == 200 else talk.text(status, body.decode())

    def _chosen(self, kind: str) -> Fault | None:
        with self._guard:
            for number, (of, fault, times) in enumerate(self._faults):
                if of == kind:
                    if times == 1:
                        del self._faults[number]
                    elif times > 1:
                        self._faults[number] = of, fault, times - 1
                    return fault
        return None

    def _do(self, request: Request) -> tuple[int, bytes]:
        """Do what was asked; (status, body)."""
        with self._guard:
            return self._done(request)

    def _done(self, request: Request) -> tuple[int, bytes]:
        if request.kind == "pull":
            query = request.query
            return 200, as_json(
                self.model.pull(
                    request.app, query["collection"], "ann", request.client, query["since"]
                )
            )
        if request.kind != "push":
            return 404, b"404 page not found"
        if len(request.body) > 10_485_760:
            return 400, b"invalid JSON: http: request body too large"
        sent = orjson.loads(request.body)
        try:
            self.model.push(request.app, "ann", request.client, sent.get("changes") or [])
        except RefusedError as refusal:
            return refusal.status, refusal.words.encode()
        since = str(sent.get("since"))
        return 200, as_json(self.model.delta(request.app, "ann", request.client, since))


def _read(reader: Any) -> Request | None:
    line = reader.readline().decode("latin-1").split()
    if len(line) < 2:
        return None
    headers = {}
    while (header := reader.readline().decode("latin-1").strip()) != "":
        name, _, value = header.partition(":")
        headers[name.lower()] = value.strip()
    body = reader.read(int(headers.get("content-length", 0)))
    parts = urlsplit(line[1])
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    return Request(line[0], parts.path, query, headers, body)
