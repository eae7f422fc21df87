"""The engine over a faithful log: what goes out, what comes in, what a failure leaves behind."""

from __future__ import annotations

from typing import Any

import pytest

from store.errors import GuardError, NetworkError, ServerError, SignedOutError, UnpaidError
from store.sync.compare import verifying
from store.sync.engine import cursors, planning
from store.sync.engine.engine import Engine
from store.sync.engine.faults import CancelledError
from store.sync.engine.patience import Patience
from store.sync.status import status
from store.workbench import Workbench
from tests.store.support import Clock
from tests.sync.loghouse import Device, LogHouse

LATE = 30
"""Seconds after which a server should show what it took."""


@pytest.fixture
def house() -> LogHouse:
    return LogHouse()


@pytest.fixture
def device(make: Any, house: LogHouse, clock: Clock) -> Device:
    return Device(make(clock=clock), house)


def note(house: LogHouse, id: str, title: str, **how: Any) -> None:
    house.insert("notes", "notes", id, {"title": title}, **how)


def test_two_homes_of_one_account_end_equal(make, house):
    one, two = Device(make(clock=Clock()), house), Device(make(clock=Clock()), house)
    one.add("from one")
    two.add("from two")
    one.once()
    report = two.once()
    one.once()
    assert one.titles() == two.titles() == ["from one", "from two"]
    assert (report.pulled > 0, report.words) == (True, "")
    assert all(each.same for each in verifying.compare(one.bench, one.remote))


def test_a_round_without_news_writes_nothing(device):
    device.once()
    device.once()
    before = device.bench.db.read("SELECT sum(n) FROM counters")
    pushed = len(device.remote.pushes)
    device.once()
    assert device.bench.db.read("SELECT sum(n) FROM counters") == before
    assert len(device.remote.pushes) == pushed


def test_names_that_nobody_listed_are_found_and_pulled(device, house):
    house.insert("plants", "beds", "b1", {"soil": "loam"})
    house.insert("plants", "plants", "p1", {"name": "fern"})
    device.once()
    found = device.bench.db.read("SELECT collection, id FROM foreign_records ORDER BY id")
    assert found == [("beds", "b1"), ("plants", "p1")]


def test_apps_that_hold_nothing_cost_one_call_each(device, house):
    device.once()
    pulled = {call[1] for call in house.calls if call[0] == "pull"}
    assert "plants" not in pulled
    assert {call[1] for call in house.calls if call[0] == "push"} >= {"plants", "notes"}


def test_a_server_whose_pushes_bring_no_rows_is_asked_for_every_known_name(device, house):
    note(house, "n1", "there")
    page = device.remote._page
    device.remote._page = lambda rows, until, *, more: page(
        rows if house.calls[-1][0] == "pull" else [], until, more=more
    )
    house.insert("plants", "plants", "p1", {"name": "fern"})
    device.once()
    assert device.bench.db.read("SELECT id FROM foreign_records") == [("p1",)]


def test_one_failing_collection_does_not_stop_the_others(device, house):
    note(house, "n1", "arrives")
    device.remote.fail["tags", "tags"] = ServerError("500", status=500, words="broken row")
    report = device.once()
    assert device.titles() == ["arrives"]
    assert "broken row" in report.words
    assert status(device.bench).state == "idle"
    del device.remote.fail["tags", "tags"]
    assert device.once().words == ""


def test_a_round_that_broke_off_goes_on_where_it_stopped(device, house):
    house.page = 10
    for n in range(35):
        note(house, f"n{n}", f"{n:02}")
    told = []

    def stop(done: int, _total: int) -> None:
        told.append(done)
        if done >= 20:
            raise CancelledError("enough")

    with pytest.raises(CancelledError):
        device.engine.once(stop)
    assert device.cursor().until
    assert 0 < len(device.titles()) < 35
    house.calls.clear()
    device.once()
    assert len(device.titles()) == 35
    assert device.pulls()[0][3] > "2026-06-01T12:00:00.009"


def test_an_offline_round_keeps_what_waits_and_says_so(device):
    device.add("waits")
    device.remote.fail["push", "notes"] = NetworkError("gone")
    with pytest.raises(NetworkError):
        device.once()
    found = status(device.bench)
    assert (found.state, found.pending > 0) == ("offline", True)
    assert "wait" in found.words
    del device.remote.fail["push", "notes"]
    device.once()
    assert status(device.bench).pending == 0


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (UnpaidError("402", status=402), "unpaid"),
        (SignedOutError("401", status=401), "out"),
        (ServerError("503", status=503), "offline"),
        (ServerError("no answer"), "offline"),
    ],
)
def test_what_ends_a_round_is_told(device, error, state):
    device.add("waits")
    device.remote.fail["push", "notes"] = error
    with pytest.raises(ServerError):
        device.once()
    assert status(device.bench).state == state


def test_a_change_that_the_server_names_is_set_aside_alone(device):
    ids = [device.add(f"n{n}") for n in range(9)]
    sent: list[int] = []

    def refuse(app: str, changes: list[dict[str, Any]]) -> None:
        sent.append(len(changes))
        for n, change in enumerate(changes):
            if change["id"] == ids[4]:
                raise ServerError("400", status=400, words=f"not this one in change {n}")

    device.remote.refuse = refuse
    device.once()
    assert device.bench.db.read("SELECT words FROM aside") == [("not this one",)]
    assert {row.change["id"] for row in device.remote.house.rows} >= {*ids} - {ids[4]}
    assert len([n for n in sent if n]) <= 7
    assert status(device.bench).waiting.aside == 1


def test_a_change_that_breaks_the_connection_is_found_after_some_tries(device):
    ids = [device.add(f"n{n}") for n in range(5)]

    def refuse(app: str, changes: list[dict[str, Any]]) -> None:
        if any(change["id"] == ids[2] for change in changes):
            raise NetworkError("reset")

    device.remote.refuse = refuse
    for _try in range(2):
        with pytest.raises(NetworkError):
            device.once()
    assert device.bench.db.read("SELECT count(*) FROM aside") == [(0,)]
    device.once()
    assert device.bench.db.read("SELECT count(*) FROM aside") == [(1,)]
    assert {row.change["id"] for row in device.remote.house.rows} >= {*ids} - {ids[2]}


def test_an_outage_sets_nothing_aside(device):
    device.add("waits")

    def refuse(app: str, changes: list[dict[str, Any]]) -> None:
        raise ServerError("500", status=500, words="all is broken")

    device.remote.refuse = refuse
    with pytest.raises(ServerError):
        device.once()
    assert device.bench.db.read("SELECT count(*) FROM aside") == [(0,)]


@pytest.mark.parametrize("error", [ServerError("500", status=500), NetworkError("gone")])
def test_a_failed_look_at_the_spaces_hides_nothing_and_is_made_up_for(device, house, error):
    device.once()
    device.remote.spaces_error = error
    house.now += 3_600_000_000
    device.bench.clock.tick(3600)
    device.once()
    house.insert("notes", "notes", "n1", {"title": "hidden"}, at=house.now - 1_800_000_000)
    assert device.titles() == []
    device.remote.spaces_error = None
    device.once()
    assert device.titles() == ["hidden"]
    members = "SELECT state FROM memberships"
    assert device.bench.db.read(members) == [("linked",)]


def test_a_week_later_everything_is_pulled_anew_with_our_own_rows(device, house):
    device.add("ours")
    device.once()
    pk = device.bench.db.read("SELECT pk FROM notes")[0][0]
    device.bench.clock.tick(8 * 86_400)
    house.now += 8 * 86_400_000_000
    house.calls.clear()
    device.once()
    whole = [call for call in device.pulls() if call[3] == cursors.EPOCH]
    assert len(whole) == 1
    assert whole[0][4] != device.engine._client.id
    assert device.titles() == ["ours"]
    past = "SELECT count(*) FROM history WHERE collection = 'notes' AND record = ?"
    assert device.bench.db.read(past, (pk,)) == [(1,)]


def test_a_joined_space_is_pulled_from_its_start_and_again_once_every_server_knows(device, house):
    device.once()
    other = device.remote.listed[0]._replace(id="org-family", slug="family", type="family")
    device.remote.listed.append(other)
    house.calls.clear()
    device.once()
    assert len([call for call in device.pulls() if call[3] == cursors.EPOCH]) == 1
    row = {"table": "notes", "id": "old", "op": "insert", "data": {"title": "old"}}
    house.add("notes", row | {"spaceId": "org-family"}, at=house.now - 3_600_000_000)
    device.once()
    assert device.titles() == []
    device.bench.clock.tick(400)
    device.once()
    assert device.bench.db.read("SELECT id FROM notes") == [("old",)]
    house.calls.clear()
    device.bench.clock.tick(400)
    device.once()
    assert [call for call in device.pulls() if call[3] == cursors.EPOCH] == []


def test_a_copied_file_takes_a_new_name_and_gets_its_own_rows_again(device, house, tmp_path):
    device.once()
    device.bench.db.copy_to(tmp_path / "copy.db")
    device.add("after the copy")
    device.once()
    first = device.engine._client.id
    device.bench.close()
    path = device.bench.db.path
    for old in path.parent.glob(f"{path.name}*"):
        old.unlink()
    path.write_bytes((tmp_path / "copy.db").read_bytes())
    again = Workbench.open(path.parent, clock=device.bench.clock)
    try:
        engine = Engine(again, device.remote)
        engine.once()
        assert engine._client.id != first
        assert again.db.read("SELECT count(*) FROM notes") == [(1,)]
    finally:
        again.close()


def test_records_that_the_server_lost_are_said_and_sent_again_on_request(device, house, clock):
    device.add("kept")
    device.once()
    house.rows.clear()
    clock.tick(LATE)
    planning.want_whole(device.bench, planning.ASKED)
    device.once()
    assert device.titles() == ["kept"]
    assert "not on the server" in device.words()
    device.once()
    assert "not on the server" in device.words()
    assert device.bench.sync.resend() >= 1
    device.once()
    assert any(row.table == "notes" for row in house.rows)
    planning.want_whole(device.bench, planning.ASKED)
    device.once()
    assert "not on the server" not in device.words()


def test_records_that_the_server_shows_late_are_not_called_lost(device, house, clock):
    device.add("kept")
    device.once()
    rows = house.rows[:]
    house.rows.clear()
    planning.want_whole(device.bench, planning.ASKED)
    device.once()
    assert "not on the server" not in device.words()
    clock.tick(LATE)
    planning.want_whole(device.bench, planning.ASKED)
    device.once()
    assert "not on the server" in device.words()
    house.rows[:] = rows
    planning.want_whole(device.bench, planning.ASKED)
    device.once()
    assert "not on the server" not in device.words()


def test_a_clock_that_is_off_is_corrected_for_what_is_written_next(device):
    device.remote.ahead = 3600.0
    device.once()
    id = device.add("late")
    (at,) = device.bench.db.read("SELECT updated_at FROM notes WHERE id = ?", (id,))[0]
    assert at.startswith("2026-06-01T13:00")
    device.remote.ahead = 1.0
    device.once()
    assert device.bench.writer.clock() == device.bench.clock()


def test_a_short_pause_that_the_server_asks_for_is_waited_out(device):
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        del device.remote.fail["push", "notes"]

    device.add("waits")
    device.remote.fail["push", "notes"] = ServerError("429", status=429)
    device.remote.wait = 7.0
    engine = Engine(device.bench, device.remote, sleep=sleep)
    assert engine.once().pushed >= 1
    assert slept == [7.0]


def test_tries_after_failures_come_at_growing_and_bounded_distances():
    waits: dict[str, list[float]] = {}
    for error in (
        NetworkError("gone"),
        ServerError("503", status=503),
        UnpaidError("402", status=402),
    ):
        for chance in (0.0, 1.0):
            patience = Patience(lambda: 0.0, lambda: chance)  # noqa: B023
            waits[f"{type(error).__name__} {chance:.0f}"] = [
                patience.failed(error, 0.0) for _try in range(12)
            ]
    assert waits["NetworkError 1"][:4] == [1, 2, 4, 8]
    assert waits["NetworkError 0"][:4] == [0.5, 1, 2, 4]
    assert max(waits["NetworkError 1"]) == 20
    assert max(waits["ServerError 1"]) == 300
    assert min(waits["UnpaidError 0"]) >= 300


def test_a_server_that_asks_for_a_pause_gets_it_and_one_that_is_away_does_not():
    patience = Patience(lambda: 0.0, lambda: 1.0)
    assert patience.failed(ServerError("429", status=429), 60.0) == 60
    patience.soon()
    assert patience.left == 60
    assert patience.failed(NetworkError("gone"), 60.0) == 2


def test_a_sign_of_the_server_brings_the_next_try_but_not_many():
    now = [0.0]
    patience = Patience(lambda: now[0], lambda: 1.0)
    for _try in range(12):
        patience.trying()
        patience.failed(NetworkError("gone"), 0.0)
    patience.soon()
    assert patience.left == 2
    now[0] = 1.5
    patience.soon()
    assert patience.left == 0.5
    patience.now()
    assert patience.left <= 0
    patience.trying()
    assert patience.failed(NetworkError("gone"), 0.0) == 20
    patience.soon(anew=True)
    assert patience.failed(NetworkError("gone"), 0.0) == 1


@pytest.mark.parametrize("still", [False, True])
def test_stamps_from_the_future_that_a_server_refuses_are_brought_back(device, still):
    device.bench.clock.tick(40 * 86_400)
    ids = [device.add(f"n{n}") for n in range(3)]
    if still:
        device.remote.ahead = -40.0 * 86_400
    else:
        device.bench.clock.tick(-40 * 86_400)
    ids.append(device.add("the last"))
    limit = "2026-06-03"

    def refuse(app: str, changes: list[dict[str, Any]]) -> None:
        for n, change in enumerate(changes):
            if str(change.get("data", {}).get("updatedAt", "")) > limit or any(
                slot["at"] > limit for slot in change.get("fields", {}).values()
            ):
                raise ServerError("409", status=409, code_given="clock", words=f"in change {n}")

    device.remote.refuse = refuse
    report = device.once()
    assert report.pushed >= 4
    assert {row.change["id"] for row in device.remote.house.rows} >= {*ids}
    assert device.bench.db.read("SELECT count(*) FROM aside") == [(0,)]


def test_only_one_engine_works_at_a_time(device):
    other = Engine(device.bench, device.remote)
    assert other._lock.take()
    with pytest.raises(GuardError):
        device.once()
    other._lock.free()
    device.once()


def test_progress_counts_up_and_a_locked_home_pulls_nothing(device, house):
    for n in range(5):
        device.add(f"n{n}")
    told: list[tuple[int, int]] = []
    device.engine.once(lambda done, total: told.append((done, total)))
    assert told[0][0] == 0
    assert told[0][1] >= 5
    assert max(done for done, _total in told) >= 5
    device.bench.vault.lock()
    assert planning.readiness(device.bench) == "locked"
    assert status(device.bench).state == "locked"
