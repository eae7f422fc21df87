"""The server over HTTP, against a small real one on loopback that answers as it is told."""

from __future__ import annotations

import logging
import threading
import traceback
from collections.abc import Callable, Iterator
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from store.errors import NetworkError, ServerError, SignedOutError, UnpaidError
from store.sync.engine.faults import OUTAGE, TOO_LARGE
from store.sync.net.http import HttpRemote

EMPTY = b'{"serverChanges":[],"conflicts":[],"syncedUntil":"2026-11-22T11:29:04.203417355Z"}\n'
SECRET = "eyJ-very-secret"

Answer = Callable[[Any], None]


class Server(ThreadingHTTPServer):
    """Answers in the order of ``answers``, the last one again and again."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers: list[Answer] = [say(200, EMPTY)]
        self.seen: list[tuple[str, str, dict[str, str], bytes]] = []

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def _any(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.seen.append((self.command, self.path, dict(self.headers), body))
        answers = self.server.answers
        (answers.pop(0) if len(answers) > 1 else answers[0])(self)

    do_GET = do_POST = _any  # noqa: N815 - names of the standard library

    def log_message(self, *_args: Any) -> None:
        pass


def say(status: int, body: bytes, **headers: str) -> Answer:
    """Answer so."""

    def answer(handler: Handler) -> None:
        handler.send_response_only(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def hang_up(handler: Handler) -> None:
    """Close without a word, as a server does with a connection that lay idle."""
    handler.close_connection = True


class Session:
    def __init__(self) -> None:
        self.made = 0
        self.identity: Any = None

    def jwt(self, fresh: bool = False) -> str:
        self.made += fresh or not self.made
        return f"{SECRET}-{self.made}"


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as found:
        thread = threading.Thread(target=found.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield found
        found.shutdown()
        thread.join()


@pytest.fixture
def remote(server: Server) -> Iterator[HttpRemote]:
    found = HttpRemote(Session(), f"{server.base}/")
    yield found
    found.close()


def test_a_pull_asks_in_the_form_that_every_server_reads(server, remote):
    page = remote.pull("t&d", "a b", "2026-11-22T11:29:04.203417Z", "client-1")
    method, path, headers, _body = server.seen[0]
    parts = urlsplit(path)
    assert (method, parts.path) == ("GET", "/sync/t%26d/pull")
    assert "since=2026-11-22T11%3A29%3A04.203417Z" in parts.query
    assert parse_qs(parts.query)["collection"] == ["a b"]
    assert headers["X-Client-Id"] == "client-1"
    assert headers["Authorization"] == f"Bearer {SECRET}-1"
    assert (page.rows, page.until, page.more) == ([], "2026-11-22T11:29:04.203417355Z", False)


def test_a_push_is_sent_once_and_a_pull_twice_where_the_connection_was_closed(server, remote):
    remote.pull("notes", "notes", "", "c")
    server.answers = [hang_up, say(200, EMPTY)]
    remote.pull("notes", "notes", "", "c")
    assert len(server.seen) == 3
    server.answers = [hang_up, say(200, EMPTY)]
    with pytest.raises(NetworkError):
        remote.push("notes", b"{}", "c")
    assert [seen[0] for seen in server.seen] == ["GET", "GET", "GET", "POST"]


def test_a_refused_token_is_renewed_once(server, remote):
    server.answers = [say(401, b"unauthorized: token is expired"), say(200, EMPTY)]
    remote.push("notes", b"{}", "c")
    assert [seen[2]["Authorization"][-1] for seen in server.seen] == ["1", "2"]
    server.answers = [say(401, b"unauthorized: unknown key ID: nope")]
    with pytest.raises(SignedOutError):
        remote.push("notes", b"{}", "c")
    assert len(server.seen) == 4


REFUSALS = [
    (say(401, b"unauthorized: fetch JWKS: connection refused"), ServerError, 503, OUTAGE),
    (say(402, b'{"error":"sync_inactive","message":"off"}'), UnpaidError, 402, "sync_inactive"),
    (say(413, b"no"), ServerError, 413, TOO_LARGE),
    (say(400, b"invalid JSON: http: request body too large"), ServerError, 400, TOO_LARGE),
    (say(400, b"invalid JSON: read tcp: i/o timeout"), ServerError, 400, TOO_LARGE),
    (say(409, b'{"error":"clock","message":"ahead in change 3"}'), ServerError, 409, "clock"),
    (say(500, b"failed"), ServerError, 500, ""),
    (say(302, b"", Location="http://elsewhere.example"), ServerError, 302, ""),
    (say(200, b"<html>Welcome to the hotel</html>"), ServerError, 0, ""),
    (say(200, b""), ServerError, 0, ""),
]


@pytest.mark.parametrize(("answer", "kind", "status", "code"), REFUSALS, ids=range(len(REFUSALS)))
def test_every_refusal_is_told_apart(server, remote, answer, kind, status, code):
    server.answers = [answer]
    with pytest.raises(kind) as caught:
        remote.push("notes", b"{}", "c")
    assert (caught.value.status, caught.value.code_given) == (status, code)
    assert caught.value.kept


def test_how_long_to_wait_is_heard(server, remote):
    server.answers = [say(429, b"slowly", Retry_After="7")]
    with pytest.raises(ServerError):
        remote.pull("notes", "notes", "", "c")
    assert remote.wait == 7.0
    server.answers = [say(429, b"slowly", Retry_After="soon" * 9)]
    with pytest.raises(ServerError):
        remote.pull("notes", "notes", "", "c")
    assert remote.wait == 0.0


@pytest.mark.parametrize("ahead", [-86_400, 0, 7200])
def test_the_date_of_an_answer_tells_how_far_the_clock_is_off(server, ahead):
    now = 1_790_000_000.5
    server.answers = [say(200, EMPTY, Date=formatdate(int(now) + ahead, usegmt=True))]
    remote = HttpRemote(Session(), server.base, wall=lambda: now)
    remote.pull("notes", "notes", "", "c")
    assert abs(remote.clock() - ahead) <= 0.5
    server.answers = [say(200, EMPTY, Date="yesterday")]
    remote.pull("notes", "notes", "", "c")
    assert abs(remote.clock() - ahead) <= 0.5
    remote.close()


def test_an_answer_that_took_long_says_nothing_about_the_clock(server):
    times = iter([0.0, 30.0])
    server.answers = [say(200, EMPTY, Date=formatdate(1_790_000_000, usegmt=True))]
    remote = HttpRemote(Session(), server.base, wall=lambda: next(times))
    remote.pull("notes", "notes", "", "c")
    assert remote.clock() == 0.0
    remote.close()


def test_a_page_of_somebody_else_sets_no_clock(server):
    now = 1_790_000_000.5
    date = formatdate(int(now) + 86_400, usegmt=True)
    server.answers = [say(200, b"<html>Welcome to the hotel</html>", Date=date)]
    remote = HttpRemote(Session(), server.base, wall=lambda: now)
    with pytest.raises(ServerError):
        remote.pull("notes", "notes", "", "c")
    assert remote.clock() == 0.0
    remote.close()


@pytest.mark.parametrize("base", ["http://127.0.0.1:1", "http://nowhere.invalid", "http://[", "x:"])
def test_a_server_that_is_not_there_is_an_error_of_the_network(base):
    remote = HttpRemote(Session(), base)
    with pytest.raises(NetworkError) as caught:
        remote.pull("notes", "notes", "", "c")
    assert caught.value.hint
    remote.close()


def test_no_token_reaches_a_log_a_traceback_or_a_name(server, remote, caplog):
    caplog.set_level(logging.DEBUG)
    server.answers = [say(500, b"failed"), hang_up]
    told = [repr(remote), repr(Session())]
    for _try in range(2):
        try:
            remote.push("notes", b"{}", "c")
        except (ServerError, NetworkError) as error:
            told += [str(error), error.kept, error.hint, repr(error)]
            told.append("".join(traceback.format_exception(error)))
    assert SECRET not in "".join(told) + caplog.text


def test_words_of_a_server_come_as_one_harmless_line(server, remote):
    server.answers = [say(400, b"\x1b[31mred\n" + b"x" * 5000)]
    with pytest.raises(ServerError) as caught:
        remote.push("notes", b"{}", "c")
    assert "\x1b" not in caught.value.words
    assert len(caught.value.words) <= 160
