"""Streams over real HTTP: at once, whole, to all who should hear, and to nobody else."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable

import pytest

from store.server import stream
from store.server.hub import LISTENERS, NAMES, Hub, Listener
from tests.server.contract_changes import insert
from tests.server.listening import Deaf, Stream, eventually
from tests.server.running import Person, Running, running
from tests.server.syncing import EPOCH, Device, family, join, phone, remove

Make = Callable[..., Person]


@pytest.fixture
def ann(people: Make) -> Device:
    return Device(people("ann"), "laptop")


def test_silent_sse_headers_leave_at_once_on_a_quiet_account(ann: Device):
    with Stream(ann, "tasks") as quiet:
        assert quiet.answer.status == 200
        assert quiet.answer.headers["Content-Type"].startswith("text/event-stream")
        assert quiet.headers_after < stream.HEARTBEAT / 2


def test_silent_sse_a_heartbeat_comes_while_nothing_happens(
    ann: Device, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(stream, "HEARTBEAT", 0.1)
    with Stream(ann) as quiet:
        assert [quiet.next() for _ in range(3)] == [("heartbeat", {})] * 3


def test_what_lies_behind_the_cursor_comes_to_the_end_and_whole(ann: Device):
    ann.push(*[insert(f"t{n}") for n in range(2500)])
    other = phone(ann)
    with Stream(other, "tasks", "projects", since=EPOCH) as events:
        pages = [events.next()[1] for _ in range(3)]
    assert [len(page["changes"]) for page in pages] == [1000, 1000, 500]
    assert [page["hasMore"] for page in pages] == [True, True, False]
    assert {page["table"] for page in pages} == {"tasks"}
    assert [row for page in pages for row in page["changes"]] == other.pull()
    assert pages[-1]["syncedUntil"] == other.since["tasks"]


def test_an_event_stays_small_enough_to_wait_for_a_slow_reader(ann: Device):
    ann.push(*[insert(f"t{n}", text="x" * 400_000) for n in range(7)])
    with Stream(phone(ann), "tasks", since=EPOCH) as events:
        pages = [events.next()[1] for _ in range(3)]
    assert [len(page["changes"]) for page in pages] == [3, 3, 1]
    assert [page["hasMore"] for page in pages] == [True, True, False]


def test_a_live_push_of_many_pages_comes_to_the_end(ann: Device):
    with Stream(phone(ann)) as events:
        assert eventually(lambda: events.answer.status == 200)
        ann.push(insert("first"))
        events.ids(1)
        ann.push(*[insert(f"t{n}") for n in range(2500)])
        assert events.ids(2500) == [f"t{n}" for n in range(2500)]


def test_what_is_pushed_while_it_opens_is_not_lost(ann: Device):
    other = phone(ann)
    for n in range(15):
        pushing = threading.Thread(target=ann.push, args=[insert(f"t{n}")])
        pushing.start()
        with Stream(other, "tasks", since=other.since.get("tasks", EPOCH)) as events:
            assert events.ids(1) == [f"t{n}"]
        pushing.join()
        other.pull()


def test_fan_out_every_member_hears_and_nobody_else(people: Make, ann: Device):
    bob, eve = Device(people("bob"), "bob"), Device(people("eve"), "eve")
    space = family(ann.person, bob.person)
    with Stream(bob) as bobs, Stream(eve) as eves, Stream(ann) as anns, Stream(phone(ann)) as more:
        ann.push(insert("a", 0, space))
        ann.push(insert("b", 0, space, visibility="private"))
        bob.push(insert("c", 0, space))
        eve.push(insert("d"))
        ann.push(insert("e", 0, space))
        assert bobs.ids(2) == ["a", "e"]
        assert anns.ids(1) == ["c"]
        assert more.ids(4) == ["a", "b", "c", "e"]
        phone(eve).push(insert("f"))
        assert eves.ids(1) == ["f"]


def test_only_the_collections_asked_for_and_the_app_asked_for(ann: Device):
    other = phone(ann)
    notes = Device(ann.person, "laptop", "notes")
    with Stream(other, "tasks") as some, Stream(other) as all_of_them:
        ann.push(insert("p") | {"table": "projects"})
        notes.push(insert("n"))
        ann.push(insert("a"))
        assert some.ids(1) == ["a"]
        assert all_of_them.ids(2) == ["p", "a"]


def test_removed_member_hears_no_more_and_is_told_to_look(people: Make, ann: Device):
    bob = Device(people("bob"), "bob")
    space = family(ann.person, bob.person)
    with Stream(bob, "tasks") as events:
        ann.push(insert("a", 0, space))
        assert events.ids(1) == ["a"]
        remove(ann.person, bob.person, space)
        assert events.next() == ("spaces", {})
        ann.push(insert("b", 0, space))
        phone(bob).push(insert("own"))
        assert events.ids(1) == ["own"]
        join(ann.person, bob.person, space)
        assert events.next() == ("spaces", {})
        ann.push(insert("c", 0, space))
        assert events.ids(1) == ["c"]


def test_it_ends_with_the_session(ann: Device):
    with Stream(ann) as events:
        ann.person.post("/api/v1/auth/logout")
        assert events.next() == ("end", None)


def test_a_stream_that_is_left_leaves_nothing_behind(shared: Running, ann: Device):
    hub = shared.context.hub
    assert eventually(lambda: len(hub) == 0)
    for _ in range(5):
        with Stream(ann), Stream(ann, "tasks"):
            assert eventually(lambda: len(hub) == 2)
    assert eventually(lambda: len(hub) == 0)


@pytest.mark.slow
def test_cursor_race_a_stream_beside_four_writers_delivers_everything(shared: Running, ann: Device):
    writers = [Device(shared.again(ann.person.email), f"writer {n}") for n in range(4)]

    def write(number: int) -> None:
        for n in range(40):
            writers[number].push(*[insert(f"{number}-{n}-{k}") for k in range(5)])

    with Stream(phone(ann), "tasks") as events:
        threads = [threading.Thread(target=write, args=[n]) for n in range(4)]
        for thread in threads:
            thread.start()
        got = events.ids(800)
        for thread in threads:
            thread.join()
    assert len(got) == len(set(got)) == 800


def test_a_reader_that_stops_reading_is_dropped(
    shared: Running, ann: Device, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(stream, "SENDING", 0.2)
    hub = shared.context.hub
    assert eventually(lambda: len(hub) == 0)
    ann.push(*[insert(f"t{n}", text=secrets.token_hex(40_000)) for n in range(110)])
    with Deaf(phone(ann), "tasks", since=EPOCH):
        assert eventually(lambda: len(hub) == 1)
        assert eventually(lambda: len(hub) == 0)


def test_the_server_goes_down_while_streams_are_open(tmp_path):
    with running(tmp_path / "server") as server:
        device = Device(server.person("ann@example.org"), "laptop")
        events = Stream(device, "tasks").__enter__()
    assert events.next() == ("end", None)
    events.__exit__(None, None, None)


# The hub ----------------------------------------------------------------------------------------


async def test_a_slow_reader_costs_only_names_and_is_dropped_for_too_many():
    hub = Hub()
    slow, other = Listener("ann"), Listener("ann", app="notes")
    hub.add(slow)
    hub.add(other)
    for _ in range(10_000):
        hub.tell("todo", {"ann": {"tasks"}, "bob": {"tasks"}}, "ann", "one")
    assert slow.take() == ({"todo": {"tasks"}}, False)
    assert other.take() == ({}, False)
    hub.tell("todo", {"ann": {f"t{n}" for n in range(NAMES + 1)}}, "ann", "one")
    assert slow.ended == "too slow"
    assert not other.ended
    hub.remove(slow)
    hub.remove(other)
    hub.remove(other)
    assert len(hub) == 0


async def test_too_many_listeners_of_one_user_push_out_the_oldest():
    hub = Hub()
    many = [Listener("ann") for _ in range(LISTENERS + 1)]
    for one in many:
        hub.add(one)
    assert [one.ended for one in many] == ["too many"] + [""] * LISTENERS


async def test_who_begins_to_listen_while_the_server_goes_down_is_sent_away():
    hub = Hub()
    hub.end_all("server goes down")
    late = Listener("ann")
    hub.add(late)
    assert late.ended
