"""Repair writes: few, and only where a peer with other rules would end with something else."""

from __future__ import annotations

import pytest

from store.purge import purge_records
from store.stamps import EPOCH
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


@pytest.mark.parametrize("kw", [{}, {"whole": True}, {"hydrating": True}])
@pytest.mark.parametrize("second", ["aaa", "zzz"])
def test_of_a_tie_of_two_others_the_winner_is_sent_again_once(bench, kw, second):
    """A web client that wrote twice in one millisecond keeps the later of the two, we the greater:
    it takes what it hears last."""
    rows = [insert("t1", T[1], title="mmm"), changed("t1", T[1], title=second)]
    tasks(bench, *rows, **kw)
    stored = row(bench, "t1")
    assert (stored["values"]["title"], stored["at"]["title"]) == (max("mmm", second), T[1])
    assert stored["dirty"] == ["~title"]
    with bench.db.transaction() as connection:
        connection.execute("UPDATE tasks SET dirty = NULL")
    tasks(bench, *rows, **kw)
    tasks(bench, changed("t1", T[1], title=stored["values"]["title"]))
    assert row(bench, "t1")["dirty"] is None
    sound(bench)


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
    assert row(bench, "t2")["dirty"] == ["~deletedAt"]
    for kw in ({"whole": True}, {"hydrating": True}):
        behind = [insert("t4", T[1], title="x"), delete("t4", T[3]), changed("t4", T[4], title="y")]
        tasks(bench, *[one._replace(id=f"t4-{[*kw][0]}") for one in behind], **kw)
        assert row(bench, f"t4-{[*kw][0]}")["dirty"] is None
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


def test_a_field_older_than_its_record_is_written_again_after_it(bench):
    """A web client that saw the record first would refuse it; all who mend it write the same."""
    add(bench, "t1", title="made here", order=1)
    tasks(bench, changed("t1", T[3], description="made apart"))
    stored = row(bench, "t1")
    lifted = "2026-06-01T12:00:00.001Z"
    assert (stored["values"]["description"], stored["at"]["description"]) == ("made apart", lifted)
    assert "description" in stored["dirty"]
    acknowledge(bench)
    tasks(bench, changed("t1", T[3], description="made apart"), whole=True)
    tasks(bench, changed("t1", lifted, description="made apart"))
    assert row(bench, "t1")["dirty"] is None
    sound(bench)


@pytest.mark.parametrize("kw", [{}, {"whole": True}, {"hydrating": True}])
def test_a_record_that_comes_later_dated_than_a_field_of_ours_has_it_written_again(bench, kw):
    add(bench, "t1", title="made here", description="typed here")
    tasks(bench, insert("t1", AHEAD, title="made apart"), **kw)
    stored = row(bench, "t1")
    lifted = AHEAD.replace(".000Z", ".001Z")
    assert (stored["values"]["description"], stored["at"]["description"]) == ("typed here", lifted)
    assert (stored["values"]["title"], stored["dirty"]) == ("made apart", ["description"])
    assert actor(bench, "t1", "description")["kind"] == "user"
    acknowledge(bench)
    tasks(bench, insert("t1", AHEAD, title="made apart"))
    assert row(bench, "t1")["dirty"] is None
    with bench.step("edit") as step:
        step.delete("tasks", "t1")
    tasks(bench, insert("t1", "2026-09-01T00:00:00.000Z", title="again"))
    assert row(bench, "t1")["at"]["description"] == lifted


def test_what_nobody_chose_is_not_dated_after_a_record(bench):
    tasks(bench, insert("t1", EPOCH, title="seed", order=1), insert("t2", T[1], title="x"))
    tasks(bench, insert("t1", T[2], title="chosen"))
    tasks(bench, changed("t2", EPOCH, order=2), changed("t2", "yesterday", description="y"))
    assert row(bench, "t1")["at"]["order"] == EPOCH
    assert row(bench, "t2")["at"] == {"title": T[1], "order": EPOCH, "description": "yesterday"}
    assert row(bench, "t1")["dirty"] is row(bench, "t2")["dirty"] is None


def test_a_field_that_was_never_written_is_dated_after_all_others(bench):
    """Web clients of the first generation date a record by whatever was written last."""
    tasks(bench, insert("t1", T[1], title="x"), changed("t1", AHEAD, order=1))
    edit(bench, "t1", description="y")
    assert row(bench, "t1")["at"]["description"] > AHEAD


def test_what_a_purge_took_comes_back_with_the_record(bench):
    """Somebody restores what was purged here: their values are taken, whatever their times."""
    rows = [insert("t1", T[5], title="x", order=1), insert("t2", T[5], title="x", order=1)]
    tasks(bench, *rows)
    purge_records(bench, bench.scope, "tasks", ["t1", "t2"])
    acknowledge(bench)
    tasks(bench, changed("t2", AHEAD, description="typed by who knew nothing of it"))
    back = "2026-06-03T12:00:00.000Z"
    tasks(bench, changed("t1", T[4], title="old"), changed("t1", back, deletedAt=None))
    again = [changed("t2", T[5], title="x"), changed("t2", back, deletedAt=None)]
    tasks(bench, *again)
    assert row(bench, "t1")["values"] == {"title": "old"}
    assert row(bench, "t2")["values"]["title"] == "x"
    tasks(bench, *rows, whole=True)
    assert row(bench, "t1")["values"] == {"title": "x", "order": 1}
