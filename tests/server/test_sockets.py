"""Sockets over real connections: they stay open, and tell every member of the change's space."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from typing import Any

import pytest

from store.server import sockets
from tests.server.contract_changes import insert
from tests.server.listening import Socket, eventually
from tests.server.running import Person, Running, running
from tests.server.syncing import Device, family, join, phone, remove

Make = Callable[..., Person]


@pytest.fixture
def ann(people: Make) -> Device:
    return Device(people("ann"), "laptop")


def available(*tables: str, app: str = "todo") -> dict[str, Any]:
    """What a socket is told of a push."""
    return {"type": "sync-available", "appId": app, "tables": list(tables)}


@pytest.mark.parametrize("path", ["", "todo"])
def test_closing_websocket_it_stays_open(ann: Device, path: str):
    with Socket(ann, path) as socket:
        socket.send({"type": "ping"})
        assert socket.next() == {"type": "pong"}
        socket.auth()
        for n in range(3):
            phone(ann).push(insert(f"t{n}"))
            assert socket.next() == available("tasks")
        assert socket.nothing_came()


def test_fan_out_every_member_of_the_space_is_told_and_nobody_else(people: Make, ann: Device):
    bob, vic, eve = (Device(people(name), name) for name in ("bob", "vic", "eve"))
    space = family(ann.person, bob.person)
    join(ann.person, vic.person, space, "viewer")
    with (
        Socket(ann) as anns,
        Socket(bob) as bobs,
        Socket(vic, "todo") as vics,
        Socket(eve) as eves,
        Socket(bob, "notes") as notes,
    ):
        for socket in (anns, bobs, vics, eves, notes):
            socket.auth()
        ann.push(insert("a", 0, space), insert("b", 0, space) | {"table": "projects"})
        for socket in (anns, bobs, vics):
            assert socket.next() == available("projects", "tasks")
        ann.push(insert("c"), insert("d", 0, space, visibility="private"))
        assert anns.next() == available("tasks")
        for socket in (bobs, vics, eves, notes):
            assert socket.nothing_came()


def test_removed_member_is_told_no_more(people: Make, ann: Device):
    bob = Device(people("bob"), "bob")
    space = family(ann.person, bob.person)
    with Socket(bob) as socket:
        socket.auth()
        remove(ann.person, bob.person, space)
        assert socket.next() == {"type": "spaces-changed"}
        ann.push(insert("a", 0, space))
        assert socket.nothing_came()
        join(ann.person, bob.person, space)
        assert socket.next() == {"type": "spaces-changed"}
        ann.push(insert("b", 0, space))
        assert socket.next() == available("tasks")


def test_a_client_that_names_itself_is_not_told_of_its_own_pushes(ann: Device):
    with Socket(ann) as named, Socket(ann) as unnamed:
        named.auth(clientId="laptop")
        unnamed.auth()
        ann.push(insert("a"))
        assert unnamed.next() == available("tasks")
        assert named.nothing_came()
        phone(ann).push(insert("b"))
        assert named.next() == available("tasks")


def test_a_push_that_stores_nothing_wakes_nobody(ann: Device):
    with Socket(ann) as socket:
        socket.auth()
        phone(ann).push(insert("a"))
        assert socket.next() == available("tasks")
        phone(ann).push(insert("a"))
        ann.send({"changes": [insert("b", 0, "nowhere")]})
        assert socket.nothing_came()


@pytest.mark.parametrize("noise", ["", "no json", "[1]", "null", '{"type":"banana"}', '{"x":1}'])
def test_what_is_no_message_is_passed_over(ann: Device, noise: str):
    with Socket(ann) as socket:
        socket.send(noise)
        socket.raw.send(b"\x00\xff")
        socket.auth()
        socket.send(noise)
        assert socket.nothing_came()


def test_a_token_is_asked_for_and_a_bad_one_ends_it(ann: Device):
    with Socket(ann) as socket:
        socket.send({"type": "auth"})
        assert socket.next() == {"type": "error", "tables": ["missing token"]}
        socket.auth()
    for token in ("nonsense", 7, ["x"]):
        with Socket(ann) as socket:
            socket.send({"type": "auth", "token": token})
            assert socket.next() == {"type": "error", "tables": ["invalid token"]}
            assert socket.next() == {"closed": 1008, "reason": "invalid token"}


def test_a_newer_token_is_taken_and_somebody_elses_is_not(people: Make, ann: Device):
    with Socket(ann) as socket:
        socket.auth()
        socket.auth()
        token = people("bob").bearer()["Authorization"].removeprefix("Bearer ")
        socket.send({"type": "auth", "token": token})
        assert socket.next() == {"type": "error", "tables": ["invalid token"]}
        assert socket.next()["closed"] == 1008


def test_who_does_not_say_who_it_is_is_sent_away(ann: Device, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sockets, "PATIENCE", 0.1)
    with Socket(ann) as socket:
        assert socket.next() == {"closed": 1008, "reason": "auth timeout"}


def test_it_ends_with_the_session(ann: Device):
    with Socket(ann) as socket:
        socket.auth()
        ann.person.post("/api/v1/auth/logout")
        assert socket.next() == {"closed": 1008, "reason": "session has ended"}


def test_a_session_that_another_process_ended_is_noticed(
    shared: Running, ann: Device, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(sockets, "LOOK", 0.1)
    with Socket(ann) as socket:
        socket.auth()
        shared.context.identity.change(lambda rows: rows.remove_user(ann.person.id))
        assert socket.next()["closed"] == 1008


def test_a_socket_that_is_left_leaves_nothing_behind(shared: Running, ann: Device):
    hub = shared.context.hub
    assert eventually(lambda: len(hub) == 0)
    for _ in range(5):
        with Socket(ann) as one, Socket(ann, "todo") as two:
            one.auth()
            two.auth()
            assert len(hub) == 2
            one.raw.socket.close()
    assert eventually(lambda: len(hub) == 0)


@pytest.mark.slow
def test_a_reader_that_stops_reading_is_dropped(
    shared: Running, ann: Device, monkeypatch: pytest.MonkeyPatch
):
    hub, loops = shared.context.hub, list[asyncio.AbstractEventLoop]()
    add = hub.add
    monkeypatch.setattr(
        hub, "add", lambda listener: (loops.append(asyncio.get_running_loop()), add(listener))
    )
    monkeypatch.setattr(sockets, "SENDING", 0.2)
    # Names that no compression makes small.
    told = {ann.person.id: [secrets.token_hex(90) for _ in range(900)]}

    def dropped() -> bool:
        # Its own library stops reading once a few messages wait for somebody to take them.
        loops[0].call_soon_threadsafe(hub.tell, "todo", told, "", "")
        return len(hub) == 0

    with Socket(ann) as socket:
        socket.auth()
        assert eventually(dropped)


def test_the_server_goes_down_while_sockets_are_open(tmp_path: Any):
    with running(tmp_path / "server") as server:
        device = Device(server.person("ann@example.org"), "laptop")
        socket = Socket(device).auth()
    with socket:
        assert socket.next()["closed"] in (1001, 1012)
