"""What the engine tells, and when it looks again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from store.errors import NetworkError
from store.sync.engine import planning
from store.sync.status import status
from store.workbench import Workbench
from tests.store.support import Clock
from tests.sync.loghouse import Device, LogHouse


@pytest.fixture
def house() -> LogHouse:
    return LogHouse()


@pytest.fixture
def device(make: Any, house: LogHouse) -> Device:
    return Device(make(clock=Clock()), house)


def test_what_may_not_act_is_counted_once_and_again_after_it_changed(device, house, monkeypatch):
    from store.sync.waiting import authority

    counted: list[int] = []
    waiting = authority.waiting

    def counting(bench: Workbench) -> Any:
        counted.append(1)
        return waiting(bench)

    monkeypatch.setattr(authority, "waiting", counting)
    device.once()
    assert status(device.bench).waiting.authority == 0
    before = len(counted)
    assert status(device.bench).waiting.authority == 0
    assert len(counted) == before
    house.insert("ai", "agents", "a1", {"name": "Ada", "policy": {}})
    planning.want_whole(device.bench, planning.ASKED)
    device.once()
    assert status(device.bench).waiting.authority == 1


def test_looks_come_quickly_while_something_happens_and_slowly_later(device):
    plan = device.engine._plan
    plan.active()
    assert (plan.rest(live=False), plan.rest(live=True)) == (1, 15)
    device.now += 120
    assert (plan.rest(live=False), plan.rest(live=True)) == (20, 20)
    device.now += 7200
    assert (plan.rest(live=False), plan.rest(live=True)) == (60, 120)
    plan.typed()
    assert plan.rest(live=False) == 1


def test_a_doorbell_that_a_stranger_rings_asks_for_no_more_than_names(device):
    plan = device.engine._plan
    hints = {("notes", "notes"), ("", "x"), ("x", ""), ("x" * 500, "y")}
    hints |= {("notes", f"n{n}") for n in range(1000)}
    assert len(plan.hinted(hints)) <= planning.MOST_HINTS
    assert all(app and name and len(app) <= 100 for app, name in plan.hinted(hints))


@contextmanager
def another(path: Path, clock: Any) -> Iterator[Workbench]:
    bench = Workbench.open(path, clock=clock)
    try:
        yield bench
    finally:
        bench.close()


def test_every_process_reads_the_same_status(device):
    device.add("waits")
    device.remote.fail["push", "notes"] = NetworkError("gone")
    with pytest.raises(NetworkError):
        device.once()
    with another(device.bench.home, device.bench.clock) as other:
        assert status(other) == status(device.bench)
