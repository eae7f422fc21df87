"""Whose a change is: the space that it names, the record that is there, or nobody's here."""

from __future__ import annotations

import pytest

from store.sync import account
from store.sync.inbox.incoming import receive, retry_quarantined
from store.sync.waiting import quarantine
from tests.sync.pages import T, delete, insert, row, tasks
from tests.sync.pages import update as changed


@pytest.fixture
def two(bench):
    """A home with the account of "ann", and a shared space."""
    account.keep(bench, user="ann")
    return bench, bench.scope.number, bench.spaces.scope(bench.spaces.create("Meyer", "team"))


def where(bench, id, table="tasks"):
    return [n for (n,) in bench.db.read(f'SELECT space FROM "{table}" WHERE id = ?', (id,))]


def reasons(bench):
    return [one.reason for one in quarantine.waiting(bench)]


def test_the_top_level_name_comes_first_then_the_data_then_the_fields(two):
    bench, personal, family = two
    here = bench.scope.id
    tasks(
        bench,
        insert("t1", space=family.id, title="x", spaceId=here),
        insert("t2", title="x", spaceId=family.id),
        changed("t3", title="x", spaceId=family.id),
        changed("t4", title="x"),
    )
    assert [where(bench, f"t{n}") for n in (1, 2, 3, 4)] == [
        *([family.number] for _ in range(3)),
        [personal],
    ]
    assert all("spaceId" not in row(bench, f"t{n}")["values"] for n in (1, 2, 3))


@pytest.mark.parametrize("sentinel", ["_personal:ann", "_personal:guest"])
def test_ones_own_placeholder_is_the_personal_space(two, sentinel):
    bench, personal, _ = two
    tasks(bench, insert("t1", space=sentinel, title="x"))
    assert where(bench, "t1") == [personal]


@pytest.mark.parametrize("name", ["_personal:bob", "nobody-knows-it", "a,b", "'; DROP TABLE tasks"])
def test_a_space_that_is_not_ours_is_quarantined(two, name):
    bench, _, _ = two
    arrival = tasks(bench, insert("t1", space=name, title="marker"), insert("t2", title="good"))
    assert (arrival.merged, arrival.quarantined) == (1, 1)
    assert where(bench, "t1") == []
    assert reasons(bench) == ["space"]


def test_a_change_without_a_space_belongs_to_its_record(two):
    bench, _, family = two
    tasks(bench, insert("t1", T[1], space=family.id, title="x"))
    tasks(bench, changed("t1", T[2], title="y"), delete("t1", T[3]))
    assert where(bench, "t1") == [family.number]
    assert row(bench, "t1")["deleted"] == T[3]


def test_a_record_of_another_space_is_never_touched(two):
    bench, personal, family = two
    tasks(bench, insert("t1", T[1], title="mine"))
    forged = [
        changed("t1", T[5], space=family.id, title="forged"),
        delete("t1", T[5], space=family.id),
        changed("t1", T[5], title="forged", spaceId=family.id),
    ]
    assert tasks(bench, *forged).quarantined == 3
    assert where(bench, "t1") == [personal]
    assert row(bench, "t1")["values"] == {"title": "mine"}
    assert set(reasons(bench)) == {"moved"}


def test_of_one_new_record_in_two_spaces_of_one_page_the_second_is_quarantined(two):
    bench, personal, family = two
    here = bench.scope.id
    tasks(bench, insert("t1", space=here, title="x"), insert("t1", space=family.id, title="y"))
    assert where(bench, "t1") == [personal]
    assert reasons(bench) == ["moved"]


def test_the_user_level_ignores_spaces_but_takes_nothing_from_shared_ones(two):
    bench, _, family = two
    preset = {"table": "userTagPresets", "name": "P", "tags": []}
    rows = [
        insert("p1", space="_personal:ann", **preset),
        insert("p2", space="left-long-ago", **preset),
        insert("p3", **preset),
        insert("p4", space=family.id, **preset),
    ]
    receive(bench, "tags", "userTagPresets", rows)
    assert [where(bench, f"p{n}", "userTagPresets") for n in (1, 2, 3, 4)] == [[0], [0], [0], []]
    assert reasons(bench) == ["level"]


def test_who_a_user_level_record_follows_is_no_field_of_it(two):
    bench, _, _ = two
    rows = [insert("p1", table="userTagPresets", name="P", userId="ann", authorId="bob")]
    receive(bench, "tags", "userTagPresets", rows)
    assert row(bench, "p1", "userTagPresets")["values"] == {"name": "P"}
    tasks(bench, insert("t1", title="x", userId="ann"))
    assert row(bench, "t1")["values"] == {"title": "x", "userId": "ann"}


def test_what_comes_of_a_space_we_left_concerns_nobody_here(two):
    bench, _, family = two
    tasks(bench, insert("t1", T[1], space=family.id, title="x"))
    with bench.db.transaction() as connection:
        connection.execute(
            "INSERT INTO memberships (space, state) VALUES (?, 'hidden')", (family.number,)
        )
    arrival = tasks(bench, changed("t1", T[2], space=family.id, title="y"))
    assert (arrival.merged, arrival.quarantined) == (0, 0)
    assert row(bench, "t1")["values"] == {"title": "x"}


def test_joining_a_space_makes_its_rows_good(two):
    bench, _, _ = two
    tasks(bench, insert("t1", space="new", title="x"), insert("t2", space="other", title="y"))
    with bench.step("join") as step:
        step.insert("spaces", {"type": "team", "name": "New", "slug": "new"}, id="new")
    assert retry_quarantined(bench) == 1
    assert row(bench, "t1")["values"] == {"title": "x"}
    assert [(one.id, one.reason) for one in quarantine.waiting(bench)] == [("t2", "space")]


def test_rows_of_another_collection_in_the_page_go_to_their_own(two):
    bench, _, _ = two
    tasks(bench, insert("t1", title="x"), insert("n1", table="boardViews", name="Board"))
    assert row(bench, "n1", "boardViews")["values"] == {"name": "Board"}
