"""What devices tell each other: equal where they hold the same, different only where that is sure,
and nothing that waits, wakes or goes round in circles."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from store.errors import ServerError
from store.sync.compare import devices
from store.sync.compare.announcing import Devices
from store.sync.engine import cursors, planning
from store.sync.engine.clientid import known_id
from store.sync.engine.engine import Engine
from store.sync.engine.names import DEVICES
from store.sync.status import status, tell
from tests.store.support import Clock
from tests.sync import loghouse
from tests.sync.loghouse import PERSONAL, LogHouse
from tests.sync.people import shared_server, someone

__all__ = ["shared_server", "someone"]


class Device(loghouse.Device):
    """A home whose engine runs as it does in an open program, one turn at a time."""

    def __init__(self, bench: Any, house: LogHouse, clock: Clock, name: str) -> None:
        super().__init__(bench, house)
        self.time = clock
        devices.rename(bench, name)
        self.start()

    def start(self) -> None:
        """An engine anew, as a program that is opened has it."""
        self.engine.close()

        def seconds() -> float:
            return self.time().timestamp()

        told = Devices(self.bench, self.remote, seconds)
        self.engine = Engine(
            self.bench, self.remote, clock=seconds, random=lambda: 0.5, devices=told
        )

    def turn(self) -> None:
        """What a poll does."""
        self.engine._due.set()
        self.engine._turn()

    def told(self) -> list[dict[str, Any]]:
        """The rows that this device sent to the others."""
        return [c for app, changes in self.remote.pushes for c in changes if app == DEVICES[0]]

    def verdicts(self) -> dict[str, str]:
        """What the screen says of the others' personal space."""
        _digest, others = devices.standing(self.bench)[PERSONAL]
        return {one.name: one.verdict for one in others}


@pytest.fixture
def house() -> LogHouse:
    return LogHouse()


@pytest.fixture
def three(make: Any, house: LogHouse, clock: Clock) -> list[Device]:
    names = ("laptop", "phone", "tower")
    return [Device(make(clock=clock), house, clock, name) for name in names]


def minutes(count: float, *those: Device, step: float = 15) -> None:
    """Let time pass for open programs, each of which polls every ``step`` seconds."""
    for _turn in range(int(count * 60 / step)):
        those[0].time.tick(step)
        those[0].remote.house.now += int(step * 1_000_000)
        for one in those:
            one.turn()


def test_three_homes_see_each_other_equal_and_then_are_quiet(three, house):
    laptop, phone, tower = three
    laptop.add("from the laptop")
    minutes(12, *three)
    assert laptop.verdicts() == {"phone": "same", "tower": "same"}
    assert phone.verdicts() == {"laptop": "same", "tower": "same"}
    rows, pushes = len(house.rows), [len(one.remote.pushes) for one in three]
    minutes(3 * 60, *three, step=60)
    assert (len(house.rows), [len(one.remote.pushes) for one in three]) == (rows, pushes)


def test_telling_is_bounded_however_often_somebody_types(three):
    minutes(12, *three)
    before = [len(one.told()) for one in three]
    for n in range(30):
        three[n % 3].add(f"note {n}")
        minutes(1, *three, step=20)
    minutes(12, *three)
    assert all(1 <= len(one.told()) - old <= 9 for one, old in zip(three, before, strict=True))
    assert three[0].verdicts() == {"phone": "same", "tower": "same"}


def test_what_is_told_is_sealed_and_is_no_record(three, house):
    laptop, phone, _tower = three
    laptop.add("secret")
    minutes(12, *three)
    row = laptop.told()[-1]
    assert row["id"] == known_id(laptop.bench)
    assert row["data"]["name"].startswith("enc:1:")
    assert row["data"]["digests"].startswith("enc:1:")
    assert not {"laptop", PERSONAL} & set(orjson.dumps(row["data"]).decode().split('"'))
    bench = phone.bench
    planning.want_whole(bench, planning.ASKED)
    minutes(2, *three)
    assert bench.db.read("SELECT count(*) FROM foreign_records") == [(0,)]
    assert not [c for c in status(bench).collections if c.app == DEVICES[0]]
    assert status(bench).pending == 0
    assert "laptop" not in str(bench.db.read("SELECT value FROM sync_state"))


def test_nothing_is_told_while_something_waits_or_is_typed(three):
    laptop = three[0]
    refused = ServerError("no", status=500)
    laptop.add("waits")
    laptop.remote.fail["push", "notes"] = refused
    minutes(3, laptop)
    Devices(laptop.bench, laptop.remote).look(quiet=0)
    assert laptop.told() == []
    laptop.remote.fail.clear()
    for n in range(10):
        laptop.add(f"typed {n}")
        minutes(0.25, laptop)
    assert laptop.told() == []
    minutes(6, laptop)
    assert len(laptop.told()) == 1


def test_a_digest_from_before_a_change_is_old_and_not_different(three):
    laptop, phone, tower = three
    minutes(12, *three)
    laptop.add("news")
    minutes(12, laptop, tower)
    assert laptop.verdicts() == {"phone": "older", "tower": "same"}
    minutes(12, *three)
    assert laptop.verdicts() == {"phone": "same", "tower": "same"}


def test_what_only_one_device_holds_is_called_different_and_by_all(three):
    laptop, phone, tower = three
    minutes(12, *three)
    with phone.bench.db.transaction() as connection:
        row = "SELECT min(pk) FROM workbenchScenes WHERE deleted_at IS NULL"
        connection.execute(
            f"UPDATE workbenchScenes SET deleted_at = '2026-06-01T00:00:00.000Z' WHERE pk = ({row})"
        )
        phone.bench.db.touch("workbenchScenes", PERSONAL, None)
    minutes(12, *three)
    assert laptop.verdicts() == {"phone": "differs", "tower": "same"}
    assert phone.verdicts() == {"laptop": "older", "tower": "older"}
    tower.add("news")
    minutes(12, *three)
    assert laptop.verdicts() == {"phone": "differs", "tower": "same"}
    assert phone.verdicts() == {"laptop": "differs", "tower": "differs"}


def test_a_server_that_refuses_is_left_alone_until_the_next_start(three):
    laptop = three[0]
    asked = laptop.remote.house.calls
    laptop.remote.fail[DEVICES] = ServerError("unknown app", status=404)
    minutes(30, laptop)
    assert len([c for c in asked if c[:2] == ("pull", DEVICES[0])]) == 1
    assert (laptop.told(), status(laptop.bench).state) == ([], "idle")
    laptop.remote.fail.clear()
    minutes(30, laptop)
    assert laptop.told() == []
    laptop.start()
    minutes(2, laptop)
    assert len(laptop.told()) == 1


def test_a_doorbell_of_another_device_is_heard_without_a_pull_of_records(three, house):
    laptop, phone, _tower = three
    minutes(12, laptop)
    phone.once()
    before = len(house.calls)
    laptop.engine._next_poll = laptop.time().timestamp() + 999
    laptop.engine.ring(*DEVICES[:1], [DEVICES[1]])
    laptop.engine._turn()
    kinds = {call[:2] for call in house.calls[before:]}
    assert kinds == {("pull", DEVICES[0])}
    assert "/".join(DEVICES) not in cursors.load(laptop.bench)
    assert "phone" in laptop.verdicts()


def test_a_device_that_was_copied_is_another_and_one_that_is_gone_is_left_out(three, clock):
    laptop, phone, tower = three
    minutes(12, *three)
    with phone.bench.db.transaction() as connection:
        connection.execute("DELETE FROM sync_state WHERE key = 'client'")
    phone.start()
    minutes(12, *three)
    names = [peer.name for peer in devices.peers(laptop.bench)]
    assert len(names) == 3
    assert [name.partition("-")[0] for name in names] == ["phone", "phone", "tower"]
    clock.tick(55 * 86_400)
    minutes(12, laptop, phone)
    clock.tick(10 * 86_400)
    minutes(12, laptop)
    assert [peer.name for peer in devices.peers(laptop.bench)] == ["phone"]


def test_a_device_that_is_forgotten_leaves_every_list_until_it_tells_again(three):
    laptop, phone, tower = three
    minutes(12, *three)
    gone = next(p for p in devices.peers(laptop.bench) if p.name == "tower")
    laptop.time.tick(60)
    Devices(laptop.bench, laptop.remote).forget(gone.id)
    minutes(3, laptop, phone)
    for one in (laptop, phone):
        assert "tower" not in [peer.name for peer in devices.peers(one.bench)]
    tower.add("lives")
    minutes(12, *three)
    assert [peer.name for peer in devices.peers(phone.bench)] == ["laptop", "tower"]


def test_rows_that_make_no_sense_are_passed_over(three, house):
    laptop = three[0]
    seal = laptop.bench.vault.seal1
    at = "2026-06-01T12:00:00.000Z"
    good = {"name": seal("odd"), "digests": seal({PERSONAL: "ff"})}
    for id, data in {
        "a": {"updatedAt": at},
        "b": {**good, "updatedAt": "soon"},
        "c": {**good, "name": "plain", "updatedAt": at},
        "d": {**good, "name": "enc:1:broken", "updatedAt": at},
        "e": {**good, "digests": seal(["no"]), "updatedAt": at},
        "f": {**good, "digests": seal({PERSONAL: 7}), "name": seal("\x1b[31m\nx"), "updatedAt": at},
    }.items():
        house.add(DEVICES[0], {"table": DEVICES[1], "id": id, "op": "insert", "data": data})
    house.add(DEVICES[0], {"table": DEVICES[1], "id": "g", "op": "update", "fields": {}})
    house.add(DEVICES[0], {"table": "others", "id": "h", "op": "insert", "data": good})
    minutes(3, laptop)
    assert [(peer.name, dict(peer.digests)) for peer in devices.peers(laptop.bench)] == [
        ("[31mx", {})
    ]


def test_what_another_version_kept_of_itself_is_passed_over(three):
    laptop = three[0]
    minutes(1, laptop)
    for odd in ({"held": 3}, {"new": {}}, [], {"held": {"": [1]}, "told": {}}):
        tell(laptop.bench, own=laptop.bench.vault.seal1(odd))
        assert devices.own_state(laptop.bench) == devices.Own({}, {})
    minutes(6, laptop)
    assert len(laptop.told()) == 2


# Over HTTP ---------------------------------------------------------------------------------------


@pytest.mark.slow
def test_two_homes_on_a_real_server_compare_each_other(someone, make):
    person = someone()
    laptop, phone = make(), make()
    for bench, name in ((laptop, "laptop"), (phone, "phone")):
        person.log_in(bench)
        devices.rename(bench, name)
        bench.enter(bench.spaces.personal())
    with laptop.step("add") as step:
        step.insert("notes", {"title": "for both"})
    for bench in (laptop, phone, laptop, phone):
        bench.sync.once()
    found = laptop.sync.verify()
    assert all(one.same and not one.apart for one in found)
    for one in found:
        ((name, verdict),) = [(each.name, each.verdict) for each in one.others]
        assert (name, verdict) == ("phone", "same")
    with laptop.step("add") as step:
        step.insert("notes", {"title": "news"})
    found = {one.space: one for one in laptop.sync.verify()}
    there = found[laptop.spaces.personal()]
    assert (there.same, there.apart) == (True, False)
    assert [one.verdict for one in there.others] == ["older"]
    assert [one.verdict for one in found[""].others] == ["same"]
    phone.sync.verify()
    assert {one.verdict for each in laptop.sync.verify() for one in each.others} == {"same"}
    before = [bench.db.read("SELECT count(*) FROM foreign_records") for bench in (laptop, phone)]
    laptop.sync.full()
    assert before == [[(0,)], [(0,)]]
    assert laptop.db.read("SELECT count(*) FROM foreign_records") == [(0,)]
    assert status(laptop).pending == 0
