"""Real weaknesses of running servers, one test each: the client loses nothing and says what it saw.

Rows that hide, rows that lie, pushes that break; what a refusal means and answers that are none are
in ``test_weak_answers``, doorbells in ``test_weak_doorbells``.
"""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from store.errors import NetworkError, ServerError
from tests.simulation import homes
from tests.simulation.server import KIND, iso
from tests.sync.hostile import faults
from tests.sync.hostile.here import MINE, NOW, Here

SHARED = "sp-shared"


# Rows that hide --------------------------------------------------------------------------------


def test_rows_that_become_visible_behind_the_cursor_arrive(hostile):
    here = hostile(KIND._replace(late=300_000, unique=False))
    for n in range(6):
        here.theirs(f"late{n}", f"late {n}")
        here.sync()
    for row in here.server.model.rows["notes", "notes"]:
        row.visible = 0
    here.sync()
    assert here.titles() == {f"late {n}" for n in range(6)}


def test_a_push_answer_that_is_cut_moves_no_cursor(hostile):
    here = hostile(KIND._replace(answer=2))
    for n in range(7):
        here.theirs(f"n{n}", f"theirs {n}")
    here.add()
    here.sync()
    assert here.titles() == {"mine", *(f"theirs {n}" for n in range(7))}


def test_rows_of_one_time_at_the_edge_of_a_page_are_not_skipped(hostile):
    here = hostile(KIND._replace(page=4))
    for n in range(7):
        here.theirs(f"n{n}", f"theirs {n}")
    rows = here.server.model.rows["notes", "notes"]
    for row in rows[3:5]:
        row.created = rows[3].created
    here.sync()
    assert here.titles() == {f"theirs {n}" for n in range(7)}


def test_more_rows_of_one_time_than_a_page_holds_are_said(hostile):
    here = hostile(KIND._replace(page=4))
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


def test_all_changes_that_a_refusal_names_are_set_aside_in_one_go(here):
    ids = [here.add(f"n{n}") for n in range(9)]
    bad = {ids[1], ids[4], ids[7]}

    def fault(talk: Any, request: Any, proceed: Any) -> None:
        changes = orjson.loads(request.body)["changes"]
        named = [n for n, change in enumerate(changes) if change["id"] in bad]
        if named:
            words = {"error": "invalid", "message": "no such thing", "changes": named}
            talk.answer(422, orjson.dumps(words))
        else:
            number, body = proceed()
            talk.answer(number, body)

    here.server.fail("push", fault, -1)
    here.sync()
    assert {row["id"] for row in here.server.rows()} == {*ids} - bad
    rows = here.bench.db.read("SELECT id, words FROM aside a JOIN notes n ON n.pk = a.record")
    assert {id for id, _words in rows} == bad
    assert all("no such thing" in words for _id, words in rows)
    sent = [orjson.loads(request.body)["changes"] for request in here.server.seen if request.body]
    assert [len(changes) for changes in sent if {c["id"] for c in changes} & {*ids}] == [9, 6]


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
