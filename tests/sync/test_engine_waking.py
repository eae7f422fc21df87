"""When a waiting engine wakes: at once for a sign, and not at all while nothing happens."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from store.errors import NetworkError, StorageError
from store.sync.engine import engine as engines
from store.sync.engine import planning
from store.sync.engine.engine import Engine
from store.sync.engine.lock import taken
from store.sync.engine.waking import Alarm
from store.workbench import Workbench
from tests.sync.loghouse import HouseRemote, LogHouse, link

SOON = 5.0
"""Seconds that something may take on a busy machine which should take a moment."""


class Bell:
    """A doorbell that a test rings."""

    kind = "websocket"

    def start(self, ring: Any, apps: Any, client: str = "") -> None:
        self.ring = ring

    def stop(self) -> None:
        pass


class Running:
    """One engine in a thread, that counts how often it woke."""

    def __init__(self, bench: Workbench) -> None:
        self.bench = bench
        link(bench)
        self.remote = HouseRemote(LogHouse())
        self.bell = Bell()
        self.turns = 0
        self.engine = Engine(bench, self.remote, bell=self.bell, random=lambda: 0.5)
        turn = self.engine._turn

        def counted() -> float:
            self.turns += 1
            return turn()

        self.engine._turn = counted  # type: ignore[method-assign]
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self.engine.run, args=(self.stop,))
        self.thread.start()
        until(lambda: self.engine._next_poll)

    def away(self) -> None:
        """As after a long outage: the next try is far."""
        self.remote.fail["notes", "notes"] = NetworkError("gone")
        self.engine.nudge()
        until(lambda: self.engine._patience._failures)
        self.engine._patience._failures = 12
        self.engine._patience._until = self.engine._patience._tried + 300
        del self.remote.fail["notes", "notes"]

    def calls(self) -> int:
        return len(self.remote.house.calls)

    def end(self) -> None:
        self.stop.set()
        self.engine.nudge()
        self.thread.join(10)
        assert not self.thread.is_alive()


def until(holds: Callable[[], object], seconds: float = SOON) -> float:
    """Wait until something holds; how long that took."""
    began = time.monotonic()
    while not holds():
        assert time.monotonic() - began < seconds, "it never came"
        time.sleep(0.01)
    return time.monotonic() - began


def add(bench: Workbench, title: str) -> None:
    with bench.step("add") as step:
        step.insert("notes", {"title": title})


def unsent(bench: Workbench) -> int:
    return int(bench.db.read("SELECT count(*) FROM notes WHERE dirty IS NOT NULL")[0][0])


@pytest.fixture
def running(make: Any) -> Iterator[Running]:
    found = Running(make())
    try:
        yield found
    finally:
        found.end()


@pytest.mark.slow
def test_nothing_wakes_and_nothing_is_asked_while_nothing_happens(running):
    time.sleep(1.0)
    before = running.turns, running.calls(), time.thread_time()
    time.sleep(3.0)
    assert (running.turns, running.calls()) == before[:2]


def test_what_another_process_writes_goes_out_within_two_seconds(running):
    other = Workbench.open(running.bench.home)
    try:
        add(other, "from another process")
        assert until(lambda: not unsent(other)) < 2
    finally:
        other.close()


def test_after_a_long_outage_what_is_written_is_tried_at_once(running):
    running.away()
    add(running.bench, "typed")
    until(lambda: not unsent(running.bench))


def test_after_a_long_outage_the_key_that_syncs_does_not_wait(running):
    running.away()
    before = running.calls()
    running.engine.nudge()
    until(lambda: running.calls() > before)


def test_after_a_long_outage_a_doorbell_that_is_heard_brings_a_round(running):
    running.away()
    before = running.calls()
    running.bell.ring("", ())
    until(lambda: running.calls() > before)


def test_a_network_that_comes_brings_a_round(running, monkeypatch):
    running.away()
    before = running.calls()
    monkeypatch.setattr(running.engine._alarm, "_came", lambda: True)
    heard, told = _pair()
    with heard, told:
        network, running.engine._alarm._network = running.engine._alarm._network, heard
        told.send(b"x")
        running.engine._alarm.ring()
        until(lambda: running.calls() > before)
        running.engine._alarm._network = network


def _pair() -> Any:
    import socket

    return socket.socketpair()


def test_what_was_rung_before_the_sleep_ends_it():
    alarm = Alarm()
    alarm.ring()
    alarm.open()
    try:
        began = time.monotonic()
        alarm.wait(5.0)
        assert time.monotonic() - began < 1
        alarm.ring()
        alarm.ring()
        alarm.wait(5.0)
        assert time.monotonic() - began < 1
        alarm.wait(0.2)
        assert time.monotonic() - began >= 0.2
    finally:
        alarm.close()
    alarm.ring()  # of a thread that does not know yet


@pytest.mark.parametrize(("message", "came"), [(20, True), (24, True), (21, False), (16, False)])
def test_only_what_comes_is_a_sign_of_a_network(message, came):
    alarm = Alarm()
    heard, told = _pair()
    heard.setblocking(False)
    alarm._network = heard
    told.send((16).to_bytes(4, "little") + message.to_bytes(2, "little") + bytes(10))
    assert alarm._came() is came
    told.close()
    alarm.close()


def test_an_engine_that_cannot_begin_leaves_the_lock_to_others(make, monkeypatch):
    bench = make()
    link(bench)
    engine = Engine(bench, HouseRemote(LogHouse()))

    def broken() -> str:
        raise StorageError("the disk is full")

    monkeypatch.setattr(engine._client, "open", broken)
    with pytest.raises(StorageError):
        engine.once()
    assert not taken(bench)
    monkeypatch.undo()
    assert engine.once().words == ""


def test_a_sleep_that_was_the_machines_ends_all_patience(make, monkeypatch):
    bench = make()
    link(bench)
    engine = Engine(bench, HouseRemote(LogHouse()))
    engine._patience.failed(NetworkError("gone"), 0.0)
    jumps = iter([1000.0, 1000.0 + engines.ASLEEP + 1 + 60])
    monkeypatch.setattr(engines.time, "time", lambda: next(jumps))
    engine._wait(0.0)
    assert engine._patience.left <= 0
    assert planning.readiness(bench) == "idle"
