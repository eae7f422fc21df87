"""Ways to misbehave, each as a function that meets one request."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson

from tests.sync.hostile.server import Fault, Proceed, Request, Talk


def status(number: int, words: str, *, after: bool = False, **headers: str) -> Fault:
    """Refuse in one line of text; after: what was asked is done first."""

    def fault(talk: Talk, request: Request, proceed: Proceed) -> None:
        if after:
            proceed()
        talk.answer(number, words.encode() + b"\n", "text/plain; charset=utf-8", **headers)

    return fault


def unpaid(talk: Talk, request: Request, proceed: Proceed) -> None:
    """402, the one refusal that is JSON."""
    body = {"error": "sync_inactive", "message": "Cloud Sync ist nicht aktiv."}
    talk.answer(402, orjson.dumps(body))


def panic(talk: Talk, request: Request, proceed: Proceed) -> None:
    """The handler dies before it did anything."""
    talk.reset()


def panic_after(talk: Talk, request: Request, proceed: Proceed) -> None:
    """The handler dies after everything was stored."""
    proceed()
    talk.reset()


def part(stored: int, then: Fault) -> Fault:
    """Store the first changes of a push, then go on with another fault."""

    def fault(talk: Talk, request: Request, proceed: Proceed) -> None:
        sent = orjson.loads(request.body)
        body = orjson.dumps({**sent, "changes": sent["changes"][:stored]})
        talk.do(request._replace(body=body))
        then(talk, request, proceed)

    return fault


def rows(change: Callable[[list[Any]], list[Any]], **values: Any) -> Fault:
    """An honest answer with its rows changed, and some of its other values."""

    def fault(talk: Talk, request: Request, proceed: Proceed) -> None:
        number, body = proceed()
        answer = orjson.loads(body)
        answer["serverChanges"] = change(answer["serverChanges"])
        answer |= values
        talk.answer(number, orjson.dumps(answer))

    return fault


def nothing(talk: Talk, request: Request, proceed: Proceed) -> None:
    """200, no rows, a cursor of now: what an outage of the identity service looks like."""
    rows(lambda found: [])(talk, request, proceed)


def body(data: bytes, **headers: str) -> Fault:
    """200 with a body that is none."""

    def fault(talk: Talk, request: Request, proceed: Proceed) -> None:
        talk.answer(200, data, **headers)

    return fault


def cut(share: float) -> Fault:
    """An honest answer whose body ends early, and its connection with it."""

    def fault(talk: Talk, request: Request, proceed: Proceed) -> None:
        _number, whole = proceed()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(whole)}"
        talk.send(head.encode() + b"\r\n\r\n" + whole[: int(len(whole) * share)])
        talk.reset()

    return fault


def slow_headers(seconds: float) -> Fault:
    """Nothing for a while, then an honest answer."""

    def fault(talk: Talk, request: Request, proceed: Proceed) -> None:
        number, whole = proceed()
        talk.silence(seconds)
        talk.answer(number, whole)

    return fault


def silent(talk: Talk, request: Request, proceed: Proceed) -> None:
    """The connection stays open and nothing ever comes."""
    talk.silence(3600)


def closing_socket(talk: Talk, request: Request, proceed: Proceed) -> None:
    """A WebSocket that is accepted and closed at once."""
    from base64 import b64encode
    from hashlib import sha1

    key = request.headers["sec-websocket-key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
    accept = b64encode(sha1(key.encode(), usedforsecurity=False).digest()).decode()
    talk.send(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + accept.encode() + b"\r\n\r\n"
    )
    talk.send(b"\x88\x09\x03\xe8closing")
    talk.close()
