"""The doorbell and the running engine against a real server, and against one whose WebSocket closes
at once, as the first servers' does."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from store.sync.desk import Owned
from store.sync.engine.engine import Engine
from store.sync.net import live
from store.sync.net.http import HttpRemote
from store.sync.net.live import Doorbell
from store.sync.sign.identity import IdentityClient
from store.sync.status import status
from store.workbench import Workbench
from tests.server.running import PASSWORD, Running, running
from tests.sync.loghouse import link

PATIENCE = 15.0
EMAIL = "ada@example.org"


class Session:
    """A signed-in person without a home: a cookie that makes tokens."""

    def __init__(self, server: Running) -> None:
        self.identity = IdentityClient(server.url, "")
        self.person = self.identity.sign_in(EMAIL, PASSWORD)

    def jwt(self, fresh: bool = False) -> str:
        return self.identity.token()

    def close(self) -> None:
        self.identity.close()


class Live:
    """One home whose engine runs in a thread."""

    def __init__(self, server: Running, bench: Workbench) -> None:
        self.bench = bench
        self.session = Session(server)
        personal = next(s for s in self.session.identity.spaces() if s.type == "personal")
        link(bench, self.session.person.id, personal.id)
        self.remote = Owned(HttpRemote(self.session, server.url), self.session)
        self.bell = Doorbell(self.session, server.url, ahead=self.remote.clock)
        self.engine = Engine(bench, self.remote, bell=self.bell)
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self.engine.run, args=(self.stop,))

    def start(self) -> None:
        self.thread.start()

    def end(self) -> None:
        self.stop.set()
        self.engine.nudge()
        if self.thread.ident is not None:
            self.thread.join(PATIENCE)
            assert not self.thread.is_alive()
        self.bell.stop(PATIENCE)
        self.remote.close()

    def add(self, title: str) -> str:
        with self.bench.step("add") as step:
            return step.insert("notes", {"title": title})

    def has(self, id: str) -> bool:
        return bool(self.bench.db.read("SELECT 1 FROM notes WHERE id = ?", (id,)))


def until(found: Callable[[], Any], seconds: float = PATIENCE) -> float:
    """Wait until ``found()``; how long that took."""
    began = time.monotonic()
    while not found():
        assert time.monotonic() - began < seconds, "it never came"
        time.sleep(0.002)
    return time.monotonic() - began


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path / "server") as found:
        found.add_user(EMAIL, name="Ada")
        yield found


@pytest.fixture
def two(server: Running, make: Any) -> Iterator[tuple[Live, Live]]:
    found = Live(server, make()), Live(server, make())
    try:
        yield found
    finally:
        for one in found:
            one.end()


@pytest.mark.slow
def test_what_is_written_on_one_is_heard_on_the_other_at_once(two):
    one, other = two
    for each in two:
        each.start()
    until(lambda: one.bell.kind == other.bell.kind == "websocket")
    until(lambda: status(other.bench).state == "idle")
    took = []
    for n in range(10):
        heard = threading.Event()
        unsubscribe = other.bench.db.subscribe(
            lambda changes, heard=heard: (
                heard.set() if any(name == "notes" for name, _s in changes) else None
            )
        )
        began = time.monotonic()
        id = one.add(f"n{n}")
        assert heard.wait(PATIENCE)
        took.append(time.monotonic() - began)
        assert other.has(id)
        unsubscribe()
    print("written -> heard, ms:", [round(t * 1000) for t in took])
    assert sorted(took)[len(took) // 2] < 0.5
    assert status(other.bench).live == "websocket"


@pytest.mark.slow
def test_streams_ring_where_no_websocket_stays_open(server, make, monkeypatch):
    one, other = Live(server, make()), Live(server, make())
    monkeypatch.setattr(live._Run, "_by_websocket", _closes)
    try:
        for each in (one, other):
            each.start()
        until(lambda: other.bell.kind == "stream")
        until(lambda: status(other.bench).state == "idle")
        id = one.add("by stream")
        until(lambda: other.has(id))
    finally:
        for each in (one, other):
            each.end()


def _closes(run: Any) -> None:
    run._rests_until = time.monotonic() + 300


def test_a_websocket_that_closes_at_once_rests_after_three_times():
    from websockets.sync.server import serve

    opened: list[float] = []

    def close(link: Any) -> None:
        opened.append(time.monotonic())
        link.close()

    class Known:
        identity: Any = None

        def jwt(self, fresh: bool = False) -> str:
            return "token"

    with serve(close, "127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        port = server.socket.getsockname()[1]
        bell = Doorbell(Known(), f"http://127.0.0.1:{port}", random=lambda: 0.0)
        live_first, live.FIRST_WAIT = live.FIRST_WAIT, 0.01
        try:
            bell.start(lambda app, names: None, [])
            until(lambda: len(opened) >= live.CLOSES)
            run = bell._run
            until(lambda: run._rests_until > time.monotonic() + live.REST - 60)
            time.sleep(0.2)
            assert len(opened) == live.CLOSES
            assert bell.kind == ""
        finally:
            live.FIRST_WAIT = live_first
            bell.stop(PATIENCE)
            server.shutdown()
            thread.join(PATIENCE)


@pytest.mark.slow
def test_an_engine_that_is_stopped_lets_go_at_once(two):
    one, _other = two
    one.start()
    until(lambda: one.engine._lock.held)
    until(lambda: status(one.bench).state == "idle")
    one.stop.set()
    began = time.monotonic()
    one.engine.nudge()
    assert not one.engine._lock.held
    one.thread.join(PATIENCE)
    assert time.monotonic() - began < 2


@pytest.mark.slow
def test_nothing_happens_while_the_vault_is_locked(two):
    one, other = two
    one.start()
    until(lambda: status(one.bench).state == "idle")
    one.bench.vault.lock()
    one.engine.nudge()
    until(lambda: not one.engine._lock.held)
    other.add("unheard")
    other.engine.once()
    time.sleep(0.3)
    assert status(one.bench).state == "locked"
    assert one.bench.db.read("SELECT count(*) FROM notes") == [(0,)]
