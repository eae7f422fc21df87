"""What the engine tells, and when it looks again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from store.errors import NetworkError
from store.stamps import instant
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


def test_what_no_server_gets_is_counted_apart_from_what_waits_to_be_sent(device):
    device.once()
    assert (status(device.bench).kept_back, status(device.bench).pending) == (0, 0)
    with device.bench.db.transaction() as connection:
        connection.execute("UPDATE memberships SET state = 'hidden'")
    device.add("stays here")
    assert (status(device.bench).kept_back, status(device.bench).pending) == (1, 0)


def test_what_waits_for_the_accounts_key_is_told_until_it_is_there(make, house, monkeypatch):
    bench = make(clock=Clock())
    with monkeypatch.context() as patch:
        patch.setattr(type(bench.vault), "add_key", lambda *_given: None)
        device = Device(bench, house)
    device.add("sealed")
    device.add("sealed, too")
    device.once()
    [words] = [words for words in status(bench).notes if "key" in words]
    assert words.startswith(f"{status(bench).pending} records are not sent")
    assert "manabench login --recovery" in words
    with another(bench.home, bench.clock) as other:
        assert status(other).notes == status(bench).notes
    bench.vault.add_key("account", "late", bytes(32))
    device.once()
    assert status(bench).notes == ()
    assert status(bench).pending == 0


def test_times_more_than_a_day_ahead_are_told_until_they_have_come(device, house):
    now = device.bench.clock()
    for days in (0, 3):
        at = instant(now + timedelta(days=days))
        house.insert("notes", "notes", f"n{days}", {"title": "theirs", "updatedAt": at})
    device.once()
    [words] = status(device.bench).notes
    assert "1 record bears a time more than a day ahead" in words
    assert "set that clock right" in words
    device.bench.clock.tick(2.5 * 86_400)
    assert status(device.bench).notes == ()


def test_what_comes_back_of_ones_own_is_not_counted_as_fetched(device, house):
    for n in range(3):
        device.add(f"mine {n}")
    assert device.once().pushed >= 3
    planning.want_whole(device.bench, planning.ASKED)
    before = len(device.pulls())
    assert device.once()[:2] == (0, 0)
    assert any(device.engine._client.id not in call for call in device.pulls()[before:])
    house.insert("notes", "notes", "n1", {"title": "theirs"})
    planning.want_whole(device.bench, planning.ASKED)
    assert device.once()[:2] == (0, 1)
