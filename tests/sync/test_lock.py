"""One engine for one home, whatever processes there are: real ones, ended the hard way too."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import pytest

from store import locations
from store.errors import GuardError, LockedError, NetworkError
from store.sync import desk
from store.sync.engine import clientid
from store.sync.engine.clientid import Client
from store.sync.engine.engine import Engine
from store.sync.engine.faults import LostLockError
from store.sync.engine.lock import FILE, EngineLock, taken
from store.sync.status import tell
from tests.store.support import script
from tests.sync.loghouse import HouseRemote, LogHouse, link

HOLD = """
import sys
from pathlib import Path
from store.workbench import Workbench
from store.sync.engine.lock import EngineLock
bench = Workbench.open(Path(sys.argv[1]))
print(EngineLock(bench).take(), flush=True)
sys.stdin.read()
"""


def test_another_process_waits_and_takes_over_when_the_first_is_killed(bench):
    import subprocess

    other = script(HOLD, str(bench.home), stdin=subprocess.PIPE)
    try:
        assert other.stdout.readline().strip() == "True"
        lock = EngineLock(bench)
        assert taken(bench)
        assert not lock.take()
        other.kill()
        other.wait(10)
        assert lock.take()
        lock.free()
    finally:
        other.kill()
        other.communicate()


def test_the_lock_is_for_this_person_alone_and_free_again_afterwards(bench):
    lock = EngineLock(bench)
    assert not taken(bench)
    assert lock.take()
    assert (bench.home / FILE).stat().st_mode & 0o777 == 0o600
    assert taken(bench)
    lock.free()
    lock.free()
    assert not taken(bench)


def test_who_slept_through_the_loss_of_the_lock_writes_nothing_any_more(bench):
    first, second = EngineLock(bench), EngineLock(bench)
    assert first.take()
    fd, first._fd = first._fd, None
    import os

    os.close(fd)
    assert second.take()
    first._fd = second._fd  # as if it still held a lock
    with pytest.raises(LostLockError), bench.db.transaction() as connection:
        first.check(connection)
    with bench.db.transaction() as connection:
        second.check(connection)
    second.free()


def test_a_freed_engine_cannot_commit_what_it_has_under_way(bench):
    house = LogHouse()
    link(bench)
    remote = HouseRemote(house)
    engine = Engine(bench, remote)
    with bench.step("add") as step:
        step.insert("notes", {"title": "waits"})
    push = remote.push

    def slow(app: str, body: bytes, client: str) -> Any:
        page = push(app, body, client)
        if b"waits" in body or b'"notes"' in body:
            engine._stop.set()
            engine.nudge()
        return page

    remote.push = slow
    with pytest.raises(LostLockError):
        engine.once()
    assert bench.db.read("SELECT count(*) FROM notes WHERE dirty IS NOT NULL") == [(1,)]


# One command beside an open workbench ------------------------------------------------------------


class Beside:
    """An engine that runs elsewhere, here in a thread with a home object of its own."""

    def __init__(self, make: Any, house: LogHouse) -> None:
        self.bench = make()
        link(self.bench)
        self.remote = HouseRemote(house)
        self.engine = Engine(self.bench, self.remote)
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self.engine.run, args=(self.stop,))
        self.thread.start()
        while not self.engine._lock.held:
            time.sleep(0.01)

    def end(self) -> None:
        self.stop.set()
        self.engine.nudge()
        self.thread.join(10)
        assert not self.thread.is_alive()


@pytest.fixture
def beside(make: Any) -> Any:
    found = Beside(make, LogHouse())
    yield found
    found.end()


def test_a_round_is_asked_of_the_engine_that_runs(beside):
    from store.workbench import Workbench

    other = Workbench.open(beside.bench.home)
    try:
        with other.step("add") as step:
            step.insert("notes", {"title": "from the command line"})
        beside.remote.house.insert("notes", "notes", "n1", {"title": "from elsewhere"})
        report = other.sync.once()
        assert report.words == ""
        assert other.db.read("SELECT count(*) FROM notes") == [(2,)]
        assert other.db.read("SELECT count(*) FROM notes WHERE dirty IS NOT NULL") == [(0,)]
    finally:
        other.close()


def test_what_went_wrong_there_is_said_here(beside):
    from store.workbench import Workbench

    other = Workbench.open(beside.bench.home)
    try:
        beside.engine._patience._until = float("inf")  # as after many failures
        beside.remote.fail["notes", "notes"] = NetworkError("gone")
        with pytest.raises(NetworkError):
            other.sync.once()
    finally:
        other.close()


def test_an_engine_that_does_not_answer_is_not_waited_for_for_ever(bench, monkeypatch):
    link(bench)
    monkeypatch.setattr(desk, "PATIENCE", 0.2)
    lock = EngineLock(bench)
    lock.take()
    tell(bench, progress=[0, 0])
    with pytest.raises(GuardError, match="does not answer"):
        bench.sync.once()
    lock.free()


# The name under which this home writes ------------------------------------------------------------


def test_the_same_home_keeps_its_name_and_a_copy_gets_another(bench, tmp_path):
    folder = tmp_path / "config"
    first = Client(bench, folder)
    first.open()
    assert not first.renewed
    again = Client(bench, folder)
    assert again.open() == first.id
    bench.db.copy_to(tmp_path / "manabench.db")
    copy = type(bench)(tmp_path)
    try:
        other = Client(copy, folder)
        assert other.open() != first.id
        assert other.renewed
    finally:
        copy.close()
    assert Client(bench, folder).open() == first.id


def test_a_database_that_went_back_is_noticed_by_the_counter(bench, tmp_path):
    folder = tmp_path / "config"
    first = Client(bench, folder)
    first.open()
    before = bench.db.read("SELECT value FROM sync_state WHERE key = 'client'")
    with bench.db.transaction() as connection:
        first.count(connection)
    first.remember()
    assert Client(bench, folder).open() == first.id
    with bench.db.transaction() as connection:
        connection.execute("UPDATE sync_state SET value = ? WHERE key = 'client'", before[0])
    back = Client(bench, folder)
    assert back.open() != first.id
    assert back.renewed


def test_two_engines_in_turn_count_on_from_each_other(bench):
    link(bench)
    house = LogHouse()
    one, two = Engine(bench, HouseRemote(house)), Engine(bench, HouseRemote(house))
    counted = []
    for engine in (one, two, two, one, two):
        with bench.step("add") as step:
            step.insert("notes", {"title": "one more"})
        engine.once()
        counted.append(engine._client._counter)
    assert counted == sorted(set(counted))


def test_a_crash_between_the_two_counters_costs_nothing(bench, tmp_path):
    folder = tmp_path / "config"
    first = Client(bench, folder)
    first.open()
    with bench.db.transaction() as connection:
        first.count(connection)
    assert Client(bench, folder).open() == first.id


def test_another_machine_is_another_name(bench, tmp_path, monkeypatch):
    folder = tmp_path / "config"
    first = Client(bench, folder)
    first.open()
    monkeypatch.setattr(locations, "machine", lambda: "elsewhere")
    assert Client(bench, folder).open() != first.id


def test_the_counter_lies_outside_the_home_and_only_for_this_person(bench, tmp_path):
    folder = tmp_path / "config"
    Client(bench, folder).open()
    (file,) = (folder / clientid.FOLDER).iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    assert not list(Path(bench.home).rglob(f"{clientid.FOLDER}*"))


def test_a_locked_home_refuses_a_round(bench):
    link(bench)
    engine = Engine(bench, HouseRemote(LogHouse()))
    bench.vault.lock()
    with pytest.raises(LockedError):
        engine.once()
