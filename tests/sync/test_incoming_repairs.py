"""Repair writes: few, and only where a peer with other rules would end with something else."""

from __future__ import annotations

import pytest

from tests.store.support import sound
from tests.sync.pages import AHEAD, NOW, T, acknowledge, actor, delete, insert, row, tasks
from tests.sync.pages import update as changed


def add(bench, id, **fields):
    with bench.step("add") as step:
        return step.insert("tasks", fields, id=id)


def edit(bench, id, **fields):
    with bench.step("edit") as step:
        step.update("tasks", id, fields)


@pytest.mark.parametrize(("theirs", "winner"), [("aaa", "mine"), ("zzz", "zzz")])
def test_a_tie_with_ones_own_value_is_ended_one_millisecond_later(bench, theirs, winner):
    add(bench, "t1", title="mine")
    tasks(bench, changed("t1", NOW, title=theirs))
    stored = row(bench, "t1")
    assert stored["values"]["title"] == winner
    assert stored["at"]["title"] == "2026-06-01T12:00:00.001Z"
    assert actor(bench, "t1", "title")["principalId"] == "system:sync"
    assert "title" in stored["dirty"]
    before = bench.db.read("SELECT * FROM tasks")
    tasks(
        bench, changed("t1", NOW, title=theirs), changed("t1", stored["at"]["title"], title=winner)
    )
    after = bench.db.read("SELECT doc, meta FROM tasks")
    assert after == [(before[0][8], before[0][9])]


def test_a_tie_of_two_others_is_decided_and_not_repaired(bench):
    tasks(bench, insert("t1", T[1], title="aaa"))
    tasks(bench, changed("t1", T[1], title="zzz"))
    stored = row(bench, "t1")
    assert (stored["values"]["title"], stored["at"]["title"], stored["dirty"]) == (
        "zzz",
        T[1],
        None,
    )


def test_an_older_value_that_is_news_has_the_current_one_sent_again_once(bench):
    tasks(bench, insert("t1", T[5], title="new"))
    arrival = tasks(bench, changed("t1", T[3], title="old"))
    assert (arrival.older, arrival.merged) == (1, 0)
    stored = row(bench, "t1")
    assert (stored["dirty"], stored["at"]["title"]) == (["~title"], T[5])
    with bench.db.transaction() as connection:
        connection.execute("UPDATE tasks SET dirty = NULL")
    tasks(bench, changed("t1", T[3], title="old"))
    assert row(bench, "t1")["dirty"] is None
    tasks(bench, changed("t1", T[2], title="another old one"))
    assert row(bench, "t1")["dirty"] == ["~title"]
    sound(bench)


def test_an_older_value_that_is_no_news_is_not_answered(bench):
    tasks(bench, insert("t1", T[1], title="a"))
    tasks(bench, changed("t1", T[5], title="b"))
    tasks(bench, insert("t1", T[1], title="a"))
    assert row(bench, "t1")["dirty"] is None
    for kw in ({"whole": True}, {"hydrating": True}):
        tasks(bench, changed("t1", T[3], title="old"), **kw)
        assert row(bench, "t1")["dirty"] is None
    tasks(bench, changed("t1", T[4], title="b"))
    assert row(bench, "t1")["dirty"] is None
    tasks(bench, delete("t1", T[6]))
    tasks(bench, changed("t1", T[2], title="old"))
    assert row(bench, "t1")["dirty"] is None


def test_an_edit_of_what_is_sent_again_is_an_unsent_edit(bench):
    tasks(bench, insert("t1", T[5], title="new"), changed("t1", T[3], title="old"))
    assert row(bench, "t1")["dirty"] == ["~title"]
    edit(bench, "t1", title="typed", order=1)
    assert row(bench, "t1")["dirty"] == ["order", "title"]


def test_what_was_overwritten_is_no_longer_sent(bench):
    add(bench, "t1", title="mine", order=1)
    later = "2026-06-01T13:00:00.000Z"
    tasks(bench, changed("t1", later, title="theirs"))
    assert row(bench, "t1")["dirty"] == ["order"]
    tasks(bench, changed("t1", later, order=2))
    assert row(bench, "t1")["dirty"] is None


def test_within_a_page_too_only_news_is_answered(bench):
    first, second = insert("t1", T[1], title="a"), changed("t1", T[4], title="b")
    tasks(bench, first, second, first, second)
    assert row(bench, "t1")["dirty"] is None
    tasks(bench, changed("t1", T[6], title="c"), changed("t1", T[5], title="news"))
    assert row(bench, "t1")["dirty"] == ["~title"]


def test_an_older_deletion_has_the_restore_sent_again_and_the_reverse(bench):
    tasks(bench, insert("t1", T[1], title="x"), insert("t2", T[1], title="x"))
    tasks(bench, changed("t1", T[5], deletedAt=None), delete("t2", T[5]))
    tasks(bench, delete("t1", T[3]), changed("t2", T[3], deletedAt=None), delete("t2", T[4]))
    assert row(bench, "t1")["dirty"] == row(bench, "t2")["dirty"] == ["~deletedAt"]
    assert (row(bench, "t1")["deleted"], row(bench, "t2")["deleted"]) == (None, T[5])


def test_a_deletion_is_sent_again_behind_a_value_that_travels_after_it(bench, clock):
    """A web client that forgot its tombstone takes the value for a new record."""
    tasks(bench, insert("t1", T[1], title="x"), insert("t2", T[1], title="x"))
    tasks(bench, delete("t1", T[3]), delete("t2", T[3]))
    assert (row(bench, "t1")["dirty"], row(bench, "t2")["dirty"]) == (None, None)
    tasks(bench, changed("t1", T[4], title="written by who knew nothing of it"))
    assert row(bench, "t1")["dirty"] == ["~deletedAt"]
    tasks(bench, changed("t2", T[4], title="y"), whole=True)
    assert row(bench, "t2")["dirty"] is None
    add(bench, "t3", title="mine")
    acknowledge(bench)
    clock.tick(120)
    tasks(bench, delete("t3", T[3]))
    assert row(bench, "t3")["dirty"] == ["~deletedAt"]
    assert row(bench, "t3")["deleted"] == T[3]


def test_a_deletion_and_a_restore_of_one_time_end_alive(bench, clock):
    tasks(bench, insert("t1", T[1], title="x"), insert("t2", T[1], title="x"))
    rows = [delete("t1", T[3]), changed("t1", T[3], deletedAt=None)]
    tasks(bench, *rows)
    tasks(bench, rows[0])
    assert (row(bench, "t1")["deleted"], row(bench, "t1")["dirty"]) == (None, None)
    with bench.step("delete") as step:
        step.delete("tasks", "t2")
    tasks(bench, changed("t2", NOW, deletedAt=None))
    stored = row(bench, "t2")
    assert (stored["deleted"], stored["dirty"]) == (None, ["deletedAt"])
    assert stored["at"]["deletedAt"] == "2026-06-01T12:00:00.001Z"


def test_a_field_that_was_never_written_is_dated_after_its_record(bench):
    """A web client dates it by the record, and would refuse what a slow clock wrote."""
    tasks(bench, insert("t1", AHEAD, title="x"))
    edit(bench, "t1", order=1)
    assert row(bench, "t1")["at"]["order"] > AHEAD
    add(bench, "t2", title="x")
    edit(bench, "t2", order=1)
    assert set(row(bench, "t2")["at"].values()) == {NOW}
