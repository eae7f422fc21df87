"""Real weaknesses of running servers, one test each: the client loses nothing and says what it saw.

The server is ``hostile``: real HTTP on loopback, misbehaving on request. The client is the real
engine over the real ``HttpRemote``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from store.errors import ManabenchError, NetworkError, ServerError, SignedOutError, UnpaidError
from store.sync import http
from store.sync.engine import Engine, Report
from store.sync.http import HttpRemote
from store.workbench import Workbench
from tests.simulation import homes
from tests.simulation.homes import PERSONAL
from tests.simulation.running import surroundings
from tests.simulation.server import KIND, Traits, iso
from tests.sync.hostile import faults
from tests.sync.hostile.server import Hostile

MINE, SHARED = PERSONAL["ann"], "sp-shared"
NOW = 1_790_000_000_000_000


class Session:
    """A session whose tokens are numbered."""

    def __init__(self, server: Hostile) -> None:
        self.tokens = 0
        self.identity = self
        self.spaces = server.spaces

    def jwt(self, fresh: bool = False) -> str:
        self.tokens += fresh or not self.tokens
        return f"token-{self.tokens}"


class Here:
    """One home, its engine, and the server it talks to."""

    def __init__(self, server: Hostile, bench: Workbench) -> None:
        self.server = server
        self.bench = bench
        self.session = Session(server)
        self.remote = HttpRemote(self.session, server.base)
        self.engine = Engine(bench, self.remote)

    def sync(self) -> Report:
        return self.engine.once()

    def fails(self, kind: type[ManabenchError]) -> ManabenchError:
        with pytest.raises(kind) as caught:
            self.engine.once()
        return caught.value

    def add(self, title: str = "mine", **fields: Any) -> str:
        with self.bench.step("add") as step:
            return step.insert("notes", {"title": title, **fields})

    def theirs(self, id: str, title: str, **more: Any) -> None:
        """Another device of the same account writes a note."""
        data = {"title": title, "createdAt": iso(NOW), "spaceId": MINE}
        self.server.write(
            "notes", {"id": id, "op": "insert", "data": data, "spaceId": MINE, **more}
        )

    def titles(self) -> set[str]:
        rows = self.bench.db.read("SELECT id FROM notes WHERE deleted_at IS NULL")
        found = [self.bench.documents.get(self.bench.scope, "notes", id) for (id,) in rows]
        return {record.text("title") for record in found}

    def waiting(self) -> int:
        """Records that no server has acknowledged."""
        return int(self.bench.db.read("SELECT count(*) FROM notes WHERE dirty IS NOT NULL")[0][0])

    def quarantined(self) -> list[str]:
        return [reason for (reason,) in self.bench.db.read("SELECT reason FROM quarantine")]

    def state(self) -> str:
        from store.sync.status import status

        return status(self.bench).state

    def words(self) -> str:
        from store.sync.status import status

        found = status(self.bench)
        return " ".join([found.words, *(one.error for one in found.collections)])


@pytest.fixture(scope="module")
def templates() -> Iterator[homes.Templates]:
    made = homes.Templates()
    with surroundings(made.root / "config"):
        made.copy("ann", 0, made.root / "warm")
    yield made
    made.close()


@pytest.fixture
def make(templates: homes.Templates, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """``make(traits)``: a server and a home that knows it."""
    opened: list[Any] = []
    root = tmp_path_factory.mktemp("weak")

    def start(traits: Traits = KIND) -> Here:
        server = Hostile(traits)
        server.__enter__()
        opened.append(lambda: server.__exit__(None, None, None))
        server.model.make_space(MINE, "personal", "ann")
        home = templates.copy("ann", 0, root / str(len(opened)))
        bench = homes.reopened(home, "ann", None)
        here = Here(server, bench)
        opened.extend([bench.close, here.remote.close])
        return here

    with surroundings(templates.root / "config"):
        yield start
        for close in reversed(opened):
            close()


@pytest.fixture
def here(make: Any) -> Here:
    """A kind server, until a test tells it otherwise."""
    made: Here = make()
    return made


# Rows that hide --------------------------------------------------------------------------------


def test_rows_that_become_visible_behind_the_cursor_arrive(make):
    here = make(KIND._replace(late=300_000, unique=False))
    for n in range(6):
        here.theirs(f"late{n}", f"late {n}")
        here.sync()
    for row in here.server.model.rows["notes", "notes"]:
        row.visible = 0
    here.sync()
    assert here.titles() == {f"late {n}" for n in range(6)}


def test_a_push_answer_that_is_cut_moves_no_cursor(make):
    here = make(KIND._replace(answer=2))
    for n in range(7):
        here.theirs(f"n{n}", f"theirs {n}")
    here.add()
    here.sync()
    assert here.titles() == {"mine", *(f"theirs {n}" for n in range(7))}


def test_rows_of_one_time_at_the_edge_of_a_page_are_not_skipped(make):
    here = make(KIND._replace(page=4))
    for n in range(7):
        here.theirs(f"n{n}", f"theirs {n}")
    rows = here.server.model.rows["notes", "notes"]
    for row in rows[3:5]:
        row.created = rows[3].created
    here.sync()
    assert here.titles() == {f"theirs {n}" for n in range(7)}


def test_more_rows_of_one_time_than_a_page_holds_are_said(make):
    here = make(KIND._replace(page=4))
    for n in range(9):
        here.theirs(f"n{n}", f"theirs {n}")
    rows = here.server.model.rows["notes", "notes"]
    for row in rows:
        row.created = rows[0].created
    here.theirs("after", "after")
    here.sync()
    assert "after" in here.titles()
    assert "one instant" in here.words()


def test_an_outage_that_answers_200_and_nothing_hides_no_row(here):
    here.sync()
    here.theirs("n1", "during the outage")
    here.server.fail("pull", faults.nothing, -1)
    here.sync()
    assert here.titles() == set()
    here.server.heal()
    here.sync()
    assert here.titles() == {"during the outage"}


def test_a_home_brought_back_from_a_backup_gets_its_own_rows_again(here, tmp_path):
    here.sync()
    here.bench.db.copy_to(tmp_path / "backup.db")
    here.add("after the backup")
    here.sync()
    path = here.bench.db.path
    here.bench.close()
    path.unlink()
    for extra in path.parent.glob(f"{path.name}-*"):
        extra.unlink()
    path.write_bytes((tmp_path / "backup.db").read_bytes())
    bench = homes.reopened(path.parent, "ann", None)
    back = Here(here.server, bench)
    try:
        back.sync()
        assert back.titles() == {"after the backup"}
    finally:
        back.remote.close()
        bench.close()


def test_a_server_that_went_back_in_time_is_given_nothing_up(here):
    here.add("kept")
    here.sync()
    here.server.model.rows.clear()
    here.server.fail("pull", faults.rows(lambda rows: rows, syncedUntil="2020-01-01T00:00:00Z"), -1)
    here.sync()
    here.server.heal()
    here.sync()
    assert here.titles() == {"kept"}
    assert "not on the server" in here.words() or "went back" in here.words()


# Rows that lie ---------------------------------------------------------------------------------


@pytest.mark.parametrize("space", ["_personal:bob", "sp-nowhere", "a,b"])
def test_rows_forged_into_spaces_that_are_not_ours_are_set_apart(here, space):
    here.theirs("forged", "forged", spaceId=space)
    here.theirs("good", "good")
    here.sync()
    assert here.titles() == {"good"}
    assert here.quarantined() == ["space"]


def test_a_row_that_would_carry_a_record_to_another_space_is_set_apart(here):
    here.server.model.make_space(SHARED, "team", "ann")
    id = here.add()
    here.sync()
    fields = {"title": {"value": "stolen", "at": iso(NOW)}}
    here.server.write("notes", {"id": id, "op": "update", "fields": fields, "spaceId": SHARED})
    here.sync()
    assert here.titles() == {"mine"}
    assert here.quarantined() == ["moved"]


def test_a_time_in_the_next_century_does_not_win_for_ever(here):
    id = here.add()
    fields = {"title": {"value": "for ever", "at": "2150-01-01T00:00:00.000Z"}}
    here.server.write("notes", {"id": id, "op": "update", "fields": fields, "spaceId": MINE})
    here.sync()
    assert here.titles() == {"mine"}


BROKEN_ROWS = [
    {"table": "notes", "id": "x", "op": "upsert", "data": {"title": "x"}},
    {"table": "notes", "op": "insert", "data": {"title": "no id"}},
    {"table": "notes", "id": "x", "op": "insert", "data": "text"},
    {"table": "notes", "id": "x", "op": "update", "fields": {"title": "no slot"}},
    {"table": "notes", "id": 7, "op": "delete"},
    "no object",
    None,
]


@pytest.mark.parametrize("broken", BROKEN_ROWS, ids=range(len(BROKEN_ROWS)))
def test_a_row_that_is_no_change_does_not_hide_the_others(here, broken):
    here.theirs("good", "good")
    here.server.fail(
        "pull", faults.rows(lambda rows: [broken, *rows, broken] if rows else rows), -1
    )
    here.sync()
    assert here.titles() == {"good"}
    assert {reason.partition(":")[0] for reason in here.quarantined()} == {"malformed"}


def test_an_update_whose_values_the_server_dropped_changes_nothing(here):
    id = here.add()
    here.sync()
    here.server.write("notes", {"id": id, "op": "update", "data": {"title": "dropped"}})
    here.sync()
    assert here.titles() == {"mine"}


def test_rows_that_come_twice_and_out_of_order_change_nothing(here):
    here.theirs("n1", "first")
    fields = {"title": {"value": "second", "at": iso(NOW + 1000)}}
    here.server.write("notes", {"id": "n1", "op": "update", "fields": fields, "spaceId": MINE})
    here.server.fail("pull", faults.rows(lambda rows: [*reversed(rows), *rows]), -1)
    here.sync()
    assert here.titles() == {"second"}


# Pushes that break -----------------------------------------------------------------------------


def test_a_panic_before_anything_was_stored_loses_nothing(here):
    here.add()
    here.server.fail("push", faults.panic)
    here.fails(NetworkError)
    assert (here.waiting(), here.state()) == (1, "offline")
    here.sync()
    assert here.waiting() == 0
    assert len(here.server.rows()) == 1


def test_a_panic_after_everything_was_stored_is_sent_again(here):
    here.add()
    here.server.fail("push", faults.panic_after)
    here.fails(NetworkError)
    assert here.waiting() == 1
    here.sync()
    assert here.waiting() == 0
    assert {row["id"] for row in here.server.rows()} == {here.server.rows()[0]["id"]}
    here.sync()
    assert here.titles() == {"mine"}


def test_500_in_the_middle_of_a_push_leaves_the_rest_to_be_sent(here):
    for n in range(10):
        here.add(f"n{n}")
    broken = faults.part(4, faults.status(500, "failed to record change: ERROR"))
    here.server.fail("push", broken)
    try:
        here.sync()
    except ServerError:
        here.sync()
    assert here.waiting() == 0
    assert len({row["id"] for row in here.server.rows()}) == 10


def test_a_500_that_passes_is_not_held_against_the_change(here):
    here.sync()
    here.add()
    here.server.fail("push", faults.status(500, "failed to record change: deadlock detected"))
    for _turn in range(3):
        try:
            here.sync()
        except ServerError:
            continue
    assert here.waiting() == 0
    assert here.bench.db.read("SELECT words FROM aside") == []


def test_a_refused_change_does_not_block_the_others(here):
    ids = [here.add(f"n{n}") for n in range(8)]
    here.server.fail("push", refuse(ids[3]), -1)
    here.sync()
    assert {row["id"] for row in here.server.rows()} == {*ids} - {ids[3]}
    aside = here.bench.db.read("SELECT words FROM aside")
    assert len(aside) == 1
    assert "no such thing" in aside[0][0]
    here.server.heal()
    with here.bench.step("edit") as step:
        step.update("notes", ids[3], {"title": "mended"})
    here.sync()
    assert here.waiting() == 0


def refuse(id: str) -> faults.Fault:
    """Refuse every push that holds a record, naming no row."""

    def fault(talk: Any, request: Any, proceed: Any) -> None:
        if id.encode() in request.body:
            talk.text(400, "no such thing")
        else:
            number, body = proceed()
            talk.answer(number, body)

    return fault


def test_a_change_that_kills_the_server_is_found_and_set_aside(here):
    ids = [here.add(f"n{n}") for n in range(4)]

    def deadly(talk: Any, request: Any, proceed: Any) -> None:
        if ids[2].encode() in request.body:
            talk.reset()
        else:
            number, body = proceed()
            talk.answer(number, body)

    here.server.fail("push", deadly, -1)
    for _turn in range(5):
        try:
            here.sync()
        except NetworkError:
            continue
        break
    assert {row["id"] for row in here.server.rows()} == {*ids} - {ids[2]}
    assert here.bench.db.read("SELECT count(*) FROM aside") == [(1,)]


def test_a_body_that_is_too_large_is_sent_in_parts(here):
    for n in range(12):
        here.add(f"n{n}", content="x" * 100_000)

    def narrow(talk: Any, request: Any, proceed: Any) -> None:
        if len(request.body) > 500_000:
            talk.text(400, "invalid JSON: http: request body too large")
        else:
            number, body = proceed()
            talk.answer(number, body)

    here.server.fail("push", narrow, -1)
    here.sync()
    assert here.waiting() == 0
    assert len(here.server.rows()) == 12


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
