"""Refusals of running servers, each with its meaning, and answers that are none: nothing is lost
and what happened is said. The other weaknesses are in ``test_weaknesses``."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from store.errors import NetworkError, ServerError, SignedOutError, UnpaidError
from store.sync.net import http
from tests.sync.hostile import faults

# Refusals that mean something --------------------------------------------------------------------


def test_402_keeps_what_waits_and_says_so(here):
    here.add()
    here.server.fail("push", faults.unpaid, -1)
    error = here.fails(UnpaidError)
    assert "nicht aktiv" in error.hint
    assert (here.waiting(), here.state()) == (1, "unpaid")
    here.server.heal()
    here.sync()
    assert here.waiting() == 0


def test_401_is_answered_with_a_new_token(here):
    here.add()
    here.server.fail("push", faults.status(401, "unauthorized: token is expired"))
    here.sync()
    assert here.waiting() == 0
    assert here.session.tokens == 2


def test_401_for_a_fresh_token_is_the_end_of_the_session(here):
    here.add()
    here.server.fail("push", faults.status(401, "unauthorized: unknown key ID"), -1)
    here.fails(SignedOutError)
    assert (here.waiting(), here.state()) == (1, "out")


def test_401_while_keys_cannot_be_fetched_is_an_outage(here):
    here.add()
    words = "unauthorized: fetch JWKS: dial tcp: connect: connection refused"
    here.server.fail("push", faults.status(401, words), -1)
    error = here.fails(ServerError)
    assert not isinstance(error, SignedOutError)
    assert (here.waiting(), here.state(), here.session.tokens) == (1, "offline", 1)


def test_a_collection_that_always_fails_does_not_stop_the_others(here):
    here.theirs("n1", "arrives")

    def broken(talk: Any, request: Any, proceed: Any) -> None:
        if request.query.get("collection") == "tags":
            talk.text(500, "failed to get changes: json: cannot unmarshal object")
        else:
            number, body = proceed()
            talk.answer(number, body)

    here.server.fail("pull", broken, -1)
    here.sync()
    assert here.titles() == {"arrives"}
    assert "cannot unmarshal" in here.words()


# Bodies that are none ---------------------------------------------------------------------------

BODIES = [
    b"",
    b"null",
    b"[]",
    b"{}",
    b"<html>It works!</html>",
    b'{"serverChanges": 7, "syncedUntil": "2026-01-01T00:00:00Z"}',
    b'{"serverChanges": [], "syncedUntil": ',
    b"\xff\xfe" * 50,
    b"[" * 100_000,
]


@pytest.mark.parametrize("body", BODIES, ids=range(len(BODIES)))
def test_a_body_that_is_no_answer_moves_no_cursor(here, body):
    here.sync()
    here.theirs("n1", "behind it")
    here.add()
    here.server.fail("pull", faults.body(body), -1)
    try:
        here.sync()
    except (NetworkError, ServerError):
        pass
    else:
        assert here.words().strip()
    here.server.heal()
    here.sync()
    assert here.titles() == {"mine", "behind it"}


@pytest.mark.parametrize("share", [0.0, 0.5, 0.95])
def test_an_answer_that_breaks_off_is_asked_for_again(here, share):
    here.theirs("n1", "behind it")
    here.server.fail("pull", faults.cut(share), -1)
    here.fails(NetworkError)
    here.server.heal()
    here.sync()
    assert here.titles() == {"behind it"}


def test_an_answer_to_a_push_that_breaks_off_acknowledges_nothing(here):
    here.add()
    here.server.fail("push", faults.cut(0.5))
    here.fails(NetworkError)
    assert here.waiting() == 1
    here.sync()
    assert here.waiting() == 0


def test_an_endless_answer_ends(here, monkeypatch):
    monkeypatch.setattr(http, "LARGEST", 2_000_000)

    def endless(talk: Any, request: Any, proceed: Any) -> None:
        talk.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            talk.send(b"10000\r\n" + b" " * 0x10000 + b"\r\n")

    here.server.fail("pull", endless, -1)
    assert "too long" in str(here.fails(NetworkError))


def test_headers_that_take_their_time_are_waited_for(here):
    here.theirs("n1", "slow")
    here.server.fail("pull", faults.slow_headers(0.5))
    here.sync()
    assert here.titles() == {"slow"}


def test_a_server_that_says_nothing_is_given_up_on(here, monkeypatch):
    monkeypatch.setattr(http, "READ", 0.3)
    here.add()
    here.server.fail("push", faults.silent)
    here.fails(NetworkError)
    assert (here.waiting(), here.state()) == (1, "offline")


def test_an_idle_connection_that_was_closed_costs_nothing(here):
    here.sync()

    def closing(talk: Any, request: Any, proceed: Any) -> None:
        talk.close()

    here.theirs("n1", "arrives")
    here.server.fail("pull", closing)
    here.sync()
    assert here.titles() == {"arrives"}


def test_a_cursor_that_does_not_move_ends_the_pull_and_is_said(here):
    for n in range(3):
        here.theirs(f"n{n}", f"theirs {n}")

    def stuck(rows: list[Any]) -> list[Any]:
        return rows

    still = {"syncedUntil": "1970-01-01T00:00:00Z", "hasMore": True}
    here.server.fail("pull", faults.rows(stuck, **still), -1)
    here.sync()
    assert "does not move" in here.words()
    here.server.heal()
    here.sync()
    assert here.titles() == {f"theirs {n}" for n in range(3)}


def test_cursors_are_compared_as_times_and_not_as_text(here):
    here.sync()
    odd = {"syncedUntil": "2026-11-22T11:29:04.2Z"}
    here.server.fail("pull", faults.rows(lambda rows: rows, **odd), -1)
    here.sync()
    here.server.heal()
    here.theirs("n1", "arrives")
    here.sync()
    assert here.titles() == {"arrives"}


def test_what_was_sent_is_in_the_form_that_both_generations_read(here):
    id = here.add("text")
    here.sync()
    with here.bench.step("edit") as step:
        step.update("notes", id, {"color": "#ef4444"})
    here.sync()
    bodies = [orjson.loads(r.body) for r in here.server.seen if r.kind == "push" and r.body]
    changes = [change for body in bodies for change in body["changes"]]
    insert = next(change for change in changes if (change["op"], change["id"]) == ("insert", id))
    update = next(change for change in changes if change["op"] == "update")
    assert insert["data"]["title"].startswith("enc:1:")
    assert insert["data"]["createdAt"]
    assert insert["data"]["updatedAt"]
    slot = update["fields"]["color"]
    assert slot["at"] == slot["updatedAt"]
    assert all(
        body["schemaVersion"] == 1 and body["since"] > "2900" for body in bodies if body["changes"]
    )
