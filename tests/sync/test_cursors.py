"""Cursors against what servers do at the edges of pages, of seconds and of their own clocks."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.stamps import micros
from store.sync.engine import cursors
from store.sync.engine.engine import Engine
from store.sync.status import status
from store.sync.wire import Malformed, decode_row
from tests.store.support import Clock
from tests.sync.loghouse import HouseRemote, LogHouse, link


@pytest.fixture
def house() -> LogHouse:
    return LogHouse(page=10)


@pytest.fixture
def here(make: Any, house: LogHouse) -> Any:
    bench = make(clock=Clock())
    link(bench)
    remote = HouseRemote(house)
    engine = Engine(bench, remote, clock=lambda: 0.0)

    class Here:
        def once(self) -> None:
            engine.once()

        def count(self) -> int:
            return int(bench.db.read("SELECT count(*) FROM notes")[0][0])

        def words(self) -> str:
            return "".join(one.error for one in status(bench).collections)

        def cursor(self) -> cursors.Cursor:
            return cursors.load(bench)["notes/notes"]

    found = Here()
    found.bench, found.remote, found.engine = bench, remote, engine
    return found


def fill(house: LogHouse, count: int, *, at: int | None = None, name: str = "n") -> None:
    for n in range(count):
        house.insert("notes", "notes", f"{name}{n}", {"title": f"{n}"}, at=at)


@pytest.mark.parametrize("count", [0, 1, 9, 10, 11, 20, 21, 35])
def test_every_number_of_rows_comes_whole(here, house, count):
    fill(house, count)
    here.once()
    assert here.count() == count
    assert here.cursor().rows >= count


def test_rows_of_one_instant_across_a_page_edge_all_come(here, house):
    fill(house, 8, name="a")
    instant = house.now + 10
    fill(house, 7, at=instant, name="b")
    house.now = instant
    fill(house, 8, name="c")
    here.once()
    assert here.count() == 23
    assert here.words() == ""


def test_more_rows_of_one_instant_than_a_page_holds_are_said_and_stepped_over(here, house):
    instant = house.now + 10
    fill(house, 25, at=instant, name="b")
    house.now = instant
    fill(house, 8, name="c")
    here.once()
    assert here.count() == 18
    assert "one instant" in here.words()
    here.once()
    assert "one instant" in here.words()


def test_rows_that_become_visible_behind_the_cursor_are_found(here, house):
    fill(house, 3)
    here.once()
    house.now += 5_000_000
    fill(house, 1, at=house.now - 8_000_000, name="late")
    here.once()
    assert here.count() == 4


def test_rows_that_a_long_stall_hid_are_found_by_the_further_look(here, house):
    fill(house, 3)
    here.once()
    house.now += 60_000_000
    fill(house, 1, name="now")
    here.once()
    fill(house, 1, at=house.now - 50_000_000, name="late")
    here.once()
    assert here.count() == 4
    here.engine._plan._near_at -= 301
    here.once()
    assert here.count() == 5


def test_a_slow_server_is_looked_back_at_further(here, house):
    rounds = here.engine._rounds
    assert rounds.overlap == 10
    rounds._slowest = 8.0
    assert rounds.overlap == 34
    rounds.calm()
    assert rounds.overlap == 22


def test_what_comes_twice_is_merged_once(here, house):
    fill(house, 5)
    here.once()
    from store.sync.inbox import incoming

    taken: list[int] = []
    original = incoming.receive

    def counting(*args: Any, **how: Any) -> Any:
        taken.append(len(args[3]))
        return original(*args, **how)

    incoming.receive = counting
    try:
        here.once()
        here.once()
    finally:
        incoming.receive = original
    assert taken == []


def test_an_id_that_a_server_gives_twice_hides_no_row(here, house):
    fill(house, 1)
    here.once()
    house.events = 0  # as after a backup of the server was brought back
    house.insert("notes", "notes", "other", {"title": "other"})
    here.once()
    assert here.count() == 2


def test_a_clock_that_went_back_is_said_and_everything_pulled_anew(here, house):
    fill(house, 3)
    here.once()
    house.now -= 3_600_000_000
    fill(house, 1, name="after")
    house.calls.clear()
    here.once()
    assert here.count() == 4
    assert any(call[0] == "pull" and call[3] == cursors.EPOCH for call in house.calls)
    assert micros(here.cursor().since) <= house.now


def test_an_answer_without_a_cursor_moves_none(here, house):
    fill(house, 2)
    here.once()
    before = here.cursor().since
    page = here.remote._page
    here.remote._page = lambda rows, until, **how: page(rows, until, **how)._replace(until="")
    fill(house, 1, name="more")
    here.once()
    assert here.count() == 3
    assert here.cursor().since == before


def test_the_place_is_kept_with_the_rows_or_not_at_all(here, house, monkeypatch):
    fill(house, 15)
    save = cursors.save
    calls: list[str] = []

    def breaking(connection: Any, cursor: cursors.Cursor) -> None:
        if cursor.name == "notes/notes":
            calls.append(cursor.until)
            if len(calls) == 2:
                raise KeyboardInterrupt
        save(connection, cursor)

    monkeypatch.setattr(cursors, "save", breaking)
    with pytest.raises(KeyboardInterrupt):
        here.once()
    assert here.count() == 10
    assert here.cursor().until == calls[0] != ""
    monkeypatch.setattr(cursors, "save", save)
    here.once()
    assert here.count() == 15
    assert here.cursor().until == ""


@given(st.integers(min_value=0, max_value=4_000_000_000_000_000))
def test_a_cursor_is_written_as_every_server_reads_it(moment):
    text = cursors.text(moment)
    assert micros(text) == moment
    assert text[10] == "T"
    assert text.endswith("Z")
    assert len(text) == 27


@pytest.mark.parametrize("text", ["", "soon", "2026-13-01T00:00:00Z", "9999-01-01T00:00:00Z"])
def test_a_cursor_that_cannot_be_read_means_the_beginning(text):
    assert cursors.before(text, 10_000_000) == cursors.EPOCH


def test_nanoseconds_are_cut_and_not_rounded():
    assert cursors.before("2026-11-22T11:29:04.203417999Z", 1) == "2026-11-22T11:29:04.203416Z"


def test_the_key_of_a_row_is_its_event_and_what_it_holds():
    row = {"table": "notes", "id": "n", "op": "insert", "data": {"title": "a"}, "eventId": "e"}
    one, same = decode_row(row), decode_row(dict(row))
    other = decode_row(row | {"data": {"title": "b"}})
    assert cursors.key_of(one) == cursors.key_of(same) != cursors.key_of(other)
    assert cursors.key_of(Malformed(b"x", "", "", "", "", "e")).startswith("e.")
