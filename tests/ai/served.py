"""A server that speaks the OpenAI wire over real HTTP on loopback and answers by a script.

    with serving(call("list_tasks", filter="open"), say("Nothing is due.")) as server:
        ...                      # a client talks to server.url
    server.requests[0].body["tools"]

Answers are used up in order; when they end, ``afterwards`` is given again and again. An answer may
be a function of the request, for scripts that depend on what was asked. A client that asks for a
stream gets one. Requests of other makers' clients are answered in their shape (``dialects``).
Nothing here knows the program under test: any process may be the client.
"""

from __future__ import annotations

import json
import select
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any

from tests.ai import dialects

MODEL = "scripted"
STEP = 0.02
"""Seconds between two looks whether the client is still there."""
_numbers = count(1)


@dataclass(frozen=True)
class Answer:
    """One answer. ``calls``: pairs of a tool's name and its arguments, as an object or, to say it
    wrongly, as the very text; ``ids`` are theirs where they matter. ``usage``: tokens in and out;
    None leaves them out."""

    text: str = ""
    calls: tuple[tuple[str, dict[str, Any] | str], ...] = ()
    usage: tuple[int, int] | None = (100, 20)
    ids: tuple[str, ...] = ()
    finish: str = ""
    status: int = 200
    retry_after: str = ""
    body: Any = None
    """JSON in place of a completion."""
    raw: bytes | None = None
    """The body's very bytes."""
    socket: bytes | None = None
    """Bytes in place of all HTTP; the connection is closed after them."""
    wait: float = 0
    """Seconds until the first byte."""
    over: float = 0
    """Seconds over which the body is sent."""
    cut: int | None = None
    """Bytes of the body after which the server hangs up."""

    def after(self, seconds: float) -> Answer:
        """The same, its first byte late."""
        return replace(self, wait=seconds)

    def without_usage(self) -> Answer:
        """The same, telling no tokens."""
        return replace(self, usage=None)


def say(text: str, **kw: Any) -> Answer:
    """A closing text, no calls."""
    return Answer(text=text, **kw)


def call(name: str, **arguments: Any) -> Answer:
    """One tool call."""
    return Answer(calls=((name, arguments),))


def calls(*pairs: tuple[str, dict[str, Any] | str], text: str = "", **kw: Any) -> Answer:
    """Several tool calls in one turn."""
    return Answer(text=text, calls=pairs, **kw)


def refusal(status: int, words: str = "refused", *, retry_after: str = "") -> Answer:
    """An error of the server in the shape of the wire."""
    error = {"error": {"message": words, "type": "error", "code": None, "param": None}}
    return Answer(status=status, body=error, retry_after=retry_after)


def hang_up(after: int = 40) -> Answer:
    """The head and some bytes of a long answer, then nothing."""
    return Answer(text="x" * 500, cut=after)


def garbage() -> Answer:
    """Bytes that are no HTTP."""
    return Answer(socket=b"\x00\xff\x16\x03\x01 this is no answer \r\n\r\n")


def no_json() -> Answer:
    """A page where a completion should be."""
    return Answer(raw=b"<html><body>Bad gateway</body></html>")


def wrong_json(body: Any) -> Answer:
    """JSON that is no completion."""
    return Answer(body=body)


def huge(size: int) -> Answer:
    """A completion whose text has ``size`` letters."""
    return Answer(text="y" * size)


Scripted = Answer | Callable[["Request"], Answer]


@dataclass
class Request:
    """What a client sent. ``left``: seconds after which it hung up before its answer was
    there; None if it waited. ``done``: the answer was sent whole."""

    method: str
    path: str
    headers: dict[str, str]
    body: dict[str, Any]
    text: str
    at: float
    left: float | None = None
    done: bool = False

    @property
    def messages(self) -> list[dict[str, Any]]:
        return list(self.body.get("messages", ()))

    @property
    def tools(self) -> list[str]:
        """The names of the tools offered."""
        return [tool["function"]["name"] for tool in self.body.get("tools", ())]

    def said(self, role: str) -> str:
        """All texts of one role, in order."""
        found = []
        for message in self.messages:
            if message["role"] == role:
                content = message.get("content") or ""
                parts = content if isinstance(content, list) else [{"text": content}]
                found += [str(part.get("text", "")) for part in parts]
        return "\n".join(found)

    def results(self) -> list[dict[str, Any]]:
        """What the tools answered, in the order of the messages."""
        found = []
        for message in self.messages:
            if message["role"] == "tool":
                content = message["content"]
                if isinstance(content, list):
                    content = "".join(part["text"] for part in content)
                found.append(json.loads(content))
        return found


@dataclass
class Server:
    """The running server: its address and all it was asked."""

    url: str
    script: list[Scripted]
    afterwards: Answer
    requests: list[Request] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    news: threading.Condition = field(default_factory=threading.Condition)
    ending: bool = False

    def next(self, request: Request) -> Answer:
        with self.lock:
            found = self.script.pop(0) if self.script else self.afterwards
        return found if isinstance(found, Answer) else found(request)

    def note(self, request: Request) -> None:
        with self.news:
            self.requests.append(request)
            self.news.notify_all()

    def wait(self, count: int, seconds: float = 10) -> None:
        """Until ``count`` requests have come. AssertionError if they do not."""
        with self.news:
            assert self.news.wait_for(lambda: len(self.requests) >= count, seconds), (
                f"{len(self.requests)} of {count} requests came"
            )

    @property
    def completions(self) -> list[Request]:
        """The requests for a completion, in order."""
        return [r for r in self.requests if r.path.endswith("/chat/completions")]


@contextmanager
def serving(
    *script: Scripted, afterwards: Answer | None = None, model: str = MODEL
) -> Iterator[Server]:
    """The server for as long as the block lasts. Its URL ends in ``/v1``."""
    server = Server("", list(script), afterwards or say("Done."))
    connections: set[socket.socket] = set()
    handler = type("Bound", (_Handler,), {"house": server, "open": connections, "model": model})
    http = _Http(("127.0.0.1", 0), handler)
    server.url = f"http://127.0.0.1:{http.server_address[1]}/v1"
    thread = threading.Thread(target=http.serve_forever, args=(0.02,), name="served")
    thread.start()
    try:
        yield server
    finally:
        server.ending = True
        http.shutdown()
        thread.join()
        for connection in list(connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        http.server_close()


class _Http(ThreadingHTTPServer):
    daemon_threads = False
    block_on_close = True
    request_queue_size = 32

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients hang up in tests on purpose."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # head and body are two writes
    house: Server
    open: set[socket.socket]
    model: str

    def setup(self) -> None:
        super().setup()
        self.open.add(self.connection)

    def finish(self) -> None:
        self.open.discard(self.connection)
        super().finish()

    def log_message(self, *_args: Any) -> None:
        """Nothing is printed."""

    def do_GET(self) -> None:
        self._take()
        listed = {"object": "list", "data": [{"id": self.model, "object": "model"}]}
        self._send(Answer(body=listed))

    def do_POST(self) -> None:
        request = self._take()
        answer = self.house.next(request)
        began = time.monotonic()
        if answer.wait and not self._rest(answer.wait):
            request.left = time.monotonic() - began
            self.close_connection = True
            return
        if answer.socket is not None:
            self.wfile.write(answer.socket)
            self.close_connection = True
            return
        request.done = self._send(answer, request)
        if not request.done:
            request.left = time.monotonic() - began

    def _take(self) -> Request:
        raw = self.rfile.read(int(self.headers.get("content-length") or 0))
        text = raw.decode()
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = json.loads(text) if text else {}
        request = Request(self.command, self.path, headers, body, text, time.monotonic())
        self.house.note(request)
        return request

    def _rest(self, seconds: float) -> bool:
        """Wait; False if the client or the server went meanwhile."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            ready, _w, _x = select.select([self.connection], [], [], min(STEP, left))
            if ready:
                with suppress(OSError):
                    if self.connection.recv(1, socket.MSG_PEEK):
                        time.sleep(min(STEP, left))
                        continue
                return False
            if self.house.ending:
                return False
        return True

    def _send(self, answer: Answer, request: Request | None = None) -> bool:
        streamed = bool(request and request.body.get("stream")) and answer.status == 200
        streamed = streamed and answer.raw is None and answer.body is None
        if streamed:
            assert request is not None
            body = _stream(answer, self.model, request.body)
        elif answer.raw is not None:
            body = answer.raw
        else:
            shape = dialects.of_path(self.path) or _completion
            content = shape(answer, self.model) if answer.body is None else answer.body
            body = json.dumps(content).encode()
        self.send_response(answer.status)
        kind = "text/event-stream" if streamed else "application/json"
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        if answer.retry_after:
            self.send_header("retry-after", answer.retry_after)
        self.end_headers()
        if answer.cut is not None:
            self.wfile.write(body[: answer.cut])
            self.close_connection = True
            return False
        return self._pour(body, answer.over)

    def _pour(self, body: bytes, over: float) -> bool:
        pieces = 10 if over else 1
        size = max(1, -(-len(body) // pieces))
        for start in range(0, len(body), size):
            if over and not self._rest(over / pieces):
                self.close_connection = True
                return False
            self.wfile.write(body[start : start + size])
        return True


def _completion(answer: Answer, model: str) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": answer.text or None}
    if answer.calls:
        message["tool_calls"] = _calls(answer)
    finish = answer.finish or ("tool_calls" if answer.calls else "stop")
    whole: dict[str, Any] = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1_780_000_000,
        "model": model,
        "choices": [{"index": 0, "message": message, "finish_reason": finish}],
    }
    if answer.usage:
        whole["usage"] = _usage(answer.usage)
    return whole


def _calls(answer: Answer) -> list[dict[str, Any]]:
    return [
        {
            "id": answer.ids[place] if answer.ids else f"call_{next(_numbers)}",
            "type": "function",
            "function": {
                "name": name,
                "arguments": given if isinstance(given, str) else json.dumps(given),
            },
        }
        for place, (name, given) in enumerate(answer.calls)
    ]


def _usage(tokens: tuple[int, int]) -> dict[str, int]:
    read, written = tokens
    return {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}


def _stream(answer: Answer, model: str, asked: dict[str, Any]) -> bytes:
    """The completion as server-sent events, its text and arguments in two pieces each."""
    head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": model}

    def chunk(delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
        return head | {"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}

    half = len(answer.text) // 2
    events = [chunk({"role": "assistant", "content": ""})]
    events += [chunk({"content": part}) for part in (answer.text[:half], answer.text[half:])]
    for number, made in enumerate(_calls(answer)):
        function = made["function"]
        first, rest = function["arguments"][:3], function["arguments"][3:]
        begun = made | {"index": number, "function": function | {"arguments": first}}
        events.append(chunk({"tool_calls": [begun]}))
        more = {"index": number, "function": {"arguments": rest}}
        events.append(chunk({"tool_calls": [more]}))
    events.append(chunk({}, answer.finish or ("tool_calls" if answer.calls else "stop")))
    if answer.usage and (asked.get("stream_options") or {}).get("include_usage"):
        events.append(head | {"choices": [], "usage": _usage(answer.usage)})
    lines = [b"data: " + json.dumps(event).encode() + b"\n\n" for event in events]
    return b"".join([*lines, b"data: [DONE]\n\n"])
