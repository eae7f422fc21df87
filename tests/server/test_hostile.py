"""Strangers and careless clients over real connections: what they do costs them a connection, and
nobody else anything."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import http.client
import json
import logging
import os
import random
import resource
import secrets
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from store.server import connections, sync
from tests.harness import Manabench
from tests.server.contract_changes import insert
from tests.server.listening import PATIENCE, Socket, eventually
from tests.server.process import serving
from tests.server.running import Person, Running, running
from tests.server.syncing import EPOCH, Device, phone

Make = Callable[..., Person]
PULL = "GET /sync/todo/pull?collection=tasks&since=1970-01-01T00:00:00Z HTTP/1.1\r\nHost: x\r\n"


@pytest.fixture
def ann(people: Make) -> Device:
    return Device(people("ann"), "laptop")


@contextlib.contextmanager
def raw(url: str, *, narrow: bool = False) -> Iterator[socket.socket]:
    """A bare connection. narrow: the system takes as little as it can for one that is not read."""
    host, port = url.removeprefix("http://").split(":")
    with socket.socket() as made:
        if narrow:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        made.settimeout(PATIENCE)
        made.connect((host, int(port)))
        yield made


def ended(connection: socket.socket) -> bool:
    """Whether the server has ended a connection, what it sent before passed over."""
    try:
        while connection.recv(65536):
            pass
    except TimeoutError:
        return False
    except OSError:
        pass
    return True


def dripped(connection: socket.socket, drop: bytes, pause: float = 0.02) -> bool:
    """Whether the server ends a connection through which a drop comes again and again."""
    connection.settimeout(pause)
    limit = time.monotonic() + PATIENCE
    while time.monotonic() < limit:
        try:
            connection.sendall(drop)
            if not connection.recv(65536):
                return True
        except TimeoutError:
            continue
        except OSError:
            return True
    return False


# Slow ones ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("start", [b"", b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"])
@pytest.mark.parametrize("drop", [b"a", b"x: y\r\n"])
def test_headers_that_come_drop_by_drop_are_not_waited_for(
    shared: Running, monkeypatch: pytest.MonkeyPatch, start: bytes, drop: bytes
):
    monkeypatch.setattr(connections, "HEAD", 1.0)
    with raw(shared.url) as slow:
        if start:
            slow.sendall(start)
            assert slow.recv(65536).startswith(b"HTTP/1.1 200")
        slow.sendall(b"GET /health HTTP/1.1\r\n")
        began = time.monotonic()
        assert shared.nobody().get("/health").status_code == 200
        assert time.monotonic() - began < 5
        assert dripped(slow, drop)


def test_who_connects_and_says_nothing_is_sent_away(
    shared: Running, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(connections, "HEAD", 0.2)
    with raw(shared.url) as silent:
        assert ended(silent)


def test_a_body_that_goes_on_behind_its_answer_is_not_read_for_good(
    shared: Running, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(connections, "AFTER", 0.3)
    with raw(shared.url) as endless:
        endless.sendall(b"POST /nix HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\nx")
        assert endless.recv(65536).startswith(b"HTTP/1.1 404")
        assert dripped(endless, b"x")


def test_a_connection_that_is_used_is_kept(shared: Running, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(connections, "HEAD", 0.7)
    monkeypatch.setattr(connections, "AFTER", 0.7)
    used = http.client.HTTPConnection(shared.url.removeprefix("http://"), timeout=PATIENCE)
    used.connect()
    with contextlib.closing(used), used.sock as same:
        for _turn in range(4):
            used.request("GET", "/health")
            assert used.getresponse().read()
            assert used.sock is same
            time.sleep(0.25)


@pytest.mark.slow
def test_a_page_that_nobody_reads_is_thrown_away(
    shared: Running, ann: Device, monkeypatch: pytest.MonkeyPatch
):
    ann.push(*[insert(f"t{n}", text=secrets.token_hex(40_000)) for n in range(110)])
    monkeypatch.setattr(connections, "LOOK", 1.0)
    reader = phone(ann)
    words = PULL + "".join(f"{name}: {value}\r\n" for name, value in reader.headers.items())
    with raw(shared.url, narrow=True) as deaf:
        deaf.sendall(words.encode() + b"\r\n")
        time.sleep(0.5)
        assert len(reader.pull()) == 110  # others are served meanwhile
        time.sleep(2.5)
        got = 0
        with contextlib.suppress(ConnectionError):
            while part := deaf.recv(1 << 20):
                got += len(part)
        assert 0 < got < 8_000_000


def test_who_pings_and_never_reads_is_dropped(ann: Device, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(connections, "WAITING", 200_000)
    with raw(ann.person.url, narrow=True) as deaf:
        deaf.sendall(
            b"GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        assert deaf.recv(4096).startswith(b"HTTP/1.1 101")
        ping = b"\x89\xfd" + bytes(4) + bytes(125)
        with pytest.raises(OSError, match=r"reset|[Bb]roken pipe"):
            deaf.sendall(ping * 1_000_000)


def test_a_message_in_endless_pieces_is_ended(shared: Running, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(connections, "FRAGMENTS", 50)
    with raw(shared.url) as pieces:
        pieces.sendall(
            b"GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        assert pieces.recv(4096).startswith(b"HTTP/1.1 101")
        pieces.settimeout(5)  # less than it has to say who it is
        pieces.sendall(b"\x01\x80" + bytes(4) + (b"\x00\x80" + bytes(4)) * 60)
        assert ended(pieces)


# Many ---------------------------------------------------------------------------------------------


def test_beyond_what_there_is_room_for_a_connection_is_refused_and_the_others_live(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(connections, "room", lambda: 5)
    with running(tmp_path / "server") as server, contextlib.ExitStack() as stack:
        held = [stack.enter_context(raw(server.url)) for _ in range(5)]
        for one in held:
            one.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
            assert one.recv(65536).startswith(b"HTTP/1.1 200")
        with raw(server.url) as late:
            told = late.recv(65536)
            assert told.startswith(b"HTTP/1.1 503")
            assert b"Retry-After: 10" in told
            assert ended(late)
        held[0].close()
        nobody = server.nobody()
        assert eventually(lambda: nobody.get("/health").status_code == 200)


def resident(pid: int) -> int:
    """Bytes of memory that a process holds."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.slow
def test_a_thousand_idle_connections_cost_little_and_delay_nobody(
    manabench: Manabench, tmp_path: Path
):
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.ExitStack() as stack:
        # Started with what most systems give, which is too little; the test needs as much.
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(256, limits[1]), limits[1]))
        stack.callback(resource.setrlimit, resource.RLIMIT_NOFILE, limits)
        served = stack.enter_context(serving(manabench, tmp_path / "server"))
        resource.setrlimit(resource.RLIMIT_NOFILE, (limits[1], limits[1]))
        nobody = served.nobody()
        assert nobody.get("/health").status_code == 200
        before = resident(served.child.pid)
        for _ in range(1000):
            one = stack.enter_context(raw(served.url))
            one.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
            assert one.recv(65536).startswith(b"HTTP/1.1 200")
        assert resident(served.child.pid) - before < 1000 * 30_000
        began = time.monotonic()
        assert nobody.get("/health").status_code == 200
        assert time.monotonic() - began < 2


async def test_two_hundred_pushes_at_once_are_all_stored_once(ann: Device):
    async with httpx2.AsyncClient(
        base_url=ann.person.url, timeout=60, trust_env=False, limits=httpx2.Limits()
    ) as client:

        async def push(number: int) -> int:
            body = {"changes": [insert(f"{number}-{k}") for k in range(3)]}
            answer = await client.post("/sync/todo", json=body, headers=ann.headers)
            return answer.status_code

        assert await asyncio.gather(*map(push, range(200))) == [200] * 200
    ids = phone(ann).ids()
    assert len(ids) == len(set(ids)) == 600


def test_pushes_that_do_not_fit_beside_each_other_are_asked_to_wait(
    ann: Device, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(sync, "HELD", 50_000)
    full = json.dumps({"changes": [insert("a", text="x" * 60_000)]}).encode()
    answer = ann.send(full)
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "10"
    assert "at once" in answer.text
    head = "POST /sync/todo HTTP/1.1\r\nHost: x\r\nContent-Length: 49000\r\n"
    words = head + "".join(f"{name}: {value}\r\n" for name, value in ann.headers.items())
    with raw(ann.person.url) as held:
        held.sendall(words.encode() + b"\r\n" + b" " * 45_000)
        time.sleep(0.5)  # of two at once, either may be the one that does not fit
        more = {"changes": [insert("b", text="x" * 6_000)]}
        assert eventually(lambda: ann.send(more).status_code == 503)
    rest = {"changes": [insert("c", text="x" * 40_000)]}
    assert eventually(lambda: ann.send(rest).status_code == 200)
    assert "a" not in phone(ann).ids()


# Odd ones -----------------------------------------------------------------------------------------

_ODD = [
    b"\x00\x01\x02\r\n\r\n",
    b"GET\r\n\r\n",
    b"GET / HTTP/9.9\r\n\r\n",
    b"GET / HTTP/1.1\r\n\r\n",  # no Host
    b"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\n a: folded\r\n\r\n",
    b"GET /\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /%ff%fe%00 HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /sync/%00/pull?collection=%ff&since=%00 HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET http://elsewhere/health HTTP/1.1\r\nHost: x\r\n\r\n",
    b"CONNECT elsewhere:443 HTTP/1.1\r\nHost: x\r\n\r\n",
    b"TRACE /health HTTP/1.1\r\nHost: x\r\nCookie: secret\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"BREW /health HTTP/1.1\r\nHost: x\r\n\r\n",
    b"PUT /sync/todo HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /health HTTP/1.1\r\nHost: x\r\nA: " + b"b" * 100_000 + b"\r\n\r\n",
    b"GET /health HTTP/1.1\r\nHost: x\r\n" + b"a: b\r\n" * 20_000 + b"\r\n",
    b"GET /api/auth/token HTTP/1.1\r\nHost: x\r\nCookie: mana.session_token=\xff\xfe;;=,\r\n\r\n",
    b"GET /sync/todo/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \xff\xfe\r\n\r\n",
    b"POST /sync/todo HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    b"POST /sync/todo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    b"POST /sync/todo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
    b"POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
    b"POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n{",
    b"GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
    b"GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n",
    b"GET /nix HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
]


def test_no_odd_request_makes_a_fault_or_writes_the_log(
    shared: Running, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setattr(connections, "HEAD", 3.0)
    monkeypatch.setattr("store.server.answers.PATIENCE", 0.5)
    dice = random.Random(4)
    noise = [bytes(dice.choices(range(256), k=300)) for _ in range(20)]
    for odd in [*_ODD, *noise]:
        with raw(shared.url) as stranger:
            with contextlib.suppress(ConnectionError):
                stranger.sendall(odd)
                stranger.shutdown(socket.SHUT_WR)
            answer = bytearray()
            with contextlib.suppress(ConnectionError):
                while part := stranger.recv(65536):
                    answer += part
        assert not answer or answer[9:12] in (b"200", b"400", b"401", b"403", b"404", b"405"), (
            odd[:80],
            answer[:200],
        )
        assert b"Traceback" not in answer
        assert b"secret" not in answer
    assert shared.nobody().get("/health").status_code == 200
    told = [one for one in caplog.records if one.name.startswith("manabench")]
    assert not [one.getMessage() for one in told if one.levelno >= logging.WARNING]


def test_nothing_that_is_compressed_is_inflated(ann: Device):
    bomb = gzip.compress(b" " * 50_000_000, mtime=0)
    answer = ann.send(bomb, **{"Content-Encoding": "gzip"})
    assert answer.status_code == 400
    with Socket(ann) as plain:
        assert "Sec-WebSocket-Extensions" not in plain.raw.response.headers
        plain.auth()


@pytest.mark.parametrize(
    "value", [b"1" + b"0" * 400, b"1" * 5000, b"-" + b"9" * 400, b"1e999", b"Infinity", b"-NaN"]
)
def test_a_number_that_no_reader_knows_is_refused(ann: Device, value: bytes):
    body = b'{"changes":[{"table":"tasks","id":"a","op":"insert","data":{"n":%s}}]}' % value
    assert ann.send(body).status_code == 400
    assert phone(ann).ids() == []


def test_text_that_is_none_is_refused_or_passed_over(ann: Device):
    body = b'{"changes":[{"table":"tasks","id":"\xff\xfe","op":"insert","data":{}}]}'
    assert ann.send(body).status_code == 400
    with Socket(ann) as talk:
        talk.auth()
        talk.send("é" * 100)
        assert talk.nothing_came()
    with raw(ann.person.url) as bad:
        bad.sendall(
            b"GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        assert bad.recv(4096).startswith(b"HTTP/1.1 101")
        bad.sendall(b"\x81\x82" + bytes(4) + b"\xff\xfe")
        assert ended(bad)
    page: Any = phone(ann).page(since=EPOCH)
    assert page["serverChanges"] == []
