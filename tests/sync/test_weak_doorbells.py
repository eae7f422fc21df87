"""Doorbells of running servers that do not ring, ring wrongly or fall off: each is only a hint, so
what they get wrong costs a moment and never a row."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import orjson
import pytest

from store.sync.engine import planning
from store.sync.engine.engine import Engine
from store.sync.net import live
from store.sync.net.live import Doorbell
from tests.simulation import homes
from tests.simulation.homes import PERSONAL
from tests.simulation.running import surroundings
from tests.sync.hostile import faults
from tests.sync.hostile.here import NOW, Here, Session
from tests.sync.hostile.server import Hostile, Proceed, Request, Talk

MINE = PERSONAL["ann"]


@pytest.fixture
def server() -> Iterator[Hostile]:
    with Hostile() as made:
        made.model.make_space(MINE, "personal", "ann")
        yield made


@pytest.fixture
def rung(server: Hostile, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[str, Any]]]:
    """What a doorbell rang while a test runs."""
    monkeypatch.setattr(live, "FIRST_WAIT", 0.02)
    heard: list[tuple[str, Any]] = []
    bell = Doorbell(Session(server), server.base)
    bell.start(lambda app, names: heard.append((app, list(names))), ["notes"])
    yield heard
    bell.stop(5)


def until(holds: Callable[[], object], seconds: float = 5.0) -> bool:
    """Whether something comes to be in time."""
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def count(server: Hostile, kind: str) -> int:
    return sum(request.kind == kind for request in server.seen)


def event(talk: Talk, request: Request, proceed: Proceed) -> None:
    """A stream that tells of one change and then says nothing."""
    row = {"table": "notes", "id": "n1", "op": "insert", "data": {"title": "from the stream"}}
    data = {"table": "notes", "changes": [row], "syncedUntil": "2026-01-01T00:00:00Z"}
    talk.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
    talk.send(b"event: changes\ndata: " + orjson.dumps(data | {"hasMore": False}) + b"\n\n")
    talk.silence(3600)


def test_a_websocket_that_closes_at_once_gives_way_to_the_stream(server, rung):
    server.fail("ws", faults.closing_socket, -1)
    server.fail("stream", event, -1)
    assert until(lambda: rung)
    sockets = count(server, "ws")
    assert 0 < sockets <= 3
    time.sleep(0.3)
    assert count(server, "ws") == sockets


def test_a_server_without_any_doorbell_is_not_hammered(server, rung):
    server.fail("ws", faults.closing_socket, -1)
    server.fail("stream", faults.panic, -1)
    assert until(lambda: count(server, "stream") >= 2)
    time.sleep(0.5)
    assert len(server.seen) < 15
    assert [app for app, names in rung if names] == []


@pytest.mark.slow
def test_rows_arrive_beside_a_stream_that_says_nothing(server, tmp_path, monkeypatch):
    monkeypatch.setattr(planning, "LIVE_QUICK", 0.2)
    templates = homes.Templates()
    with surroundings(templates.root / "config"):
        bench = homes.reopened(
            templates.copy("ann", 0, homes.FRESH, tmp_path / "home"), "ann", None
        )
        here, stop = Here(server, bench), threading.Event()
        server.fail("ws", faults.closing_socket, -1)
        server.fail("stream", faults.silent, -1)
        engine = Engine(bench, here.remote, bell=Doorbell(here.session, server.base))
        thread = threading.Thread(target=engine.run, args=(stop,))
        thread.start()
        try:
            assert until(lambda: count(server, "pull") > 10)
            here.theirs("n1", f"at {NOW}")
            assert until(lambda: here.titles() == {f"at {NOW}"}, 20)
        finally:
            stop.set()
            engine.nudge()
            thread.join(10)
            here.remote.close()
            bench.close()
            templates.close()


def test_what_a_stream_tells_is_only_a_reason_to_look(server, rung):
    server.fail("ws", faults.closing_socket, -1)
    server.fail("stream", event, -1)
    assert until(lambda: ("notes", ["notes"]) in rung)
    assert all(isinstance(name, str) for _, names in rung for name in names)
