"""A value typed here that lost before the writer of the winner could have seen it is kept."""

from __future__ import annotations

import pytest

from store.errors import LockedError, NotFoundError
from store.purge import purge_records
from store.records import Masked
from store.stamps import act_as
from store.sync.waiting import conflicts
from tests.store.support import AGENT, every_byte, sound
from tests.sync.pages import AHEAD, ANN, NOW, acknowledge, delete, insert, row, tasks
from tests.sync.pages import update as changed


def add(bench, id="t1", **fields):
    with bench.step("add") as step:
        return step.insert("tasks", {"title": "mine", **fields}, id=id)


def told(bench, **kw):
    return [(c.id, c.field, c.mine, c.theirs) for c in conflicts.waiting(bench, **kw)]


def clash(bench):
    """The number of one conflict of two titles."""
    add(bench)
    tasks(bench, changed("t1", AHEAD, title="theirs"))
    (one,) = conflicts.waiting(bench)
    return one.n


# -- what is one -----------------------------------------------------------------------------------


def test_what_was_not_acknowledged_and_lost_is_a_conflict(bench):
    add(bench, order=1)
    assert tasks(bench, changed("t1", AHEAD, title="theirs", priority="low")).conflicts == 1
    (one,) = conflicts.waiting(bench)
    assert (one.collection, one.space, one.id, one.field) == (
        "tasks",
        bench.scope.id,
        "t1",
        "title",
    )
    assert (one.mine, one.theirs, one.at, one.their_at) == ("mine", "theirs", NOW, AHEAD)
    assert one.actor["principalId"] == "guest"
    assert one.their_actor == ANN
    assert conflicts.count(bench) == conflicts.count(bench, bench.scope) == 1
    assert conflicts.count(bench, bench.user_scope) == 0


def test_what_lost_is_kept_sealed(bench):
    add(bench, title="marker-word")
    tasks(bench, changed("t1", AHEAD, title="theirs"))
    assert told(bench) == [("t1", "title", "marker-word", "theirs")]
    assert b"marker-word" not in every_byte(bench.home)


@pytest.mark.parametrize(("seconds", "count"), [(59, 1), (61, 0)])
def test_a_minute_after_the_acknowledgement_it_is_history_only(bench, clock, seconds, count):
    add(bench)
    acknowledge(bench)
    clock.tick(seconds)
    assert tasks(bench, changed("t1", AHEAD, title="theirs")).conflicts == count
    past = bench.history.of(bench.scope, "tasks", "t1")
    assert "mine" in [p.value for p in past if p.field == "title"]


def test_what_nobody_typed_here_is_none(bench):
    with act_as(AGENT):
        add(bench)
    tasks(bench, insert("t2", NOW, title="pulled"))
    rows = [changed("t1", AHEAD, title="theirs"), changed("t2", AHEAD, title="theirs")]
    assert tasks(bench, *rows).conflicts == 0


def test_before_the_first_hydration_nothing_is(bench):
    add(bench)
    assert tasks(bench, changed("t1", AHEAD, title="theirs"), hydrating=True).conflicts == 0
    add(bench, "t2")
    assert tasks(bench, delete("t2", AHEAD), hydrating=True).conflicts == 0


def test_the_same_text_or_an_older_one_is_none(bench):
    add(bench)
    rows = [
        changed("t1", "2026-05-01T00:00:00.000Z", title="older"),
        changed("t1", AHEAD, title="mine"),
    ]
    assert tasks(bench, *rows).conflicts == 0


def test_a_value_sent_again_after_it_was_acknowledged_is_none(bench, clock):
    add(bench)
    acknowledge(bench)
    clock.tick(3600)
    tasks(bench, changed("t1", "2026-05-01T00:00:00.000Z", title="older"))
    assert row(bench, "t1")["dirty"] == ["~title"]
    assert tasks(bench, changed("t1", AHEAD, title="theirs")).conflicts == 0
    assert row(bench, "t1")["dirty"] is None


def test_a_lost_tie_is_a_conflict(bench):
    add(bench)
    assert tasks(bench, changed("t1", NOW, title="zzz")).conflicts == 1
    assert told(bench) == [("t1", "title", "mine", "zzz")]


def test_of_several_winners_in_turn_the_last_is_shown_beside_what_was_typed(bench):
    add(bench)
    later = "2026-06-03T12:00:00.000Z"
    tasks(bench, changed("t1", AHEAD, title="b"), changed("t1", later, title="c"))
    (one,) = conflicts.waiting(bench)
    assert (one.mine, one.theirs, one.their_at) == ("mine", "c", later)


def test_an_edit_that_meets_a_deletion_is_a_conflict(bench):
    add(bench)
    assert tasks(bench, delete("t1", AHEAD)).conflicts == 1
    (one,) = conflicts.waiting(bench)
    assert (one.field, one.mine, one.theirs) == ("deletedAt", None, AHEAD)
    conflicts.keep_mine(bench, [one.n])
    assert row(bench, "t1")["deleted"] is None
    assert row(bench, "t1")["at"]["deletedAt"] > AHEAD


def test_a_deletion_that_meets_an_edit_is_a_conflict(bench):
    tasks(bench, insert("t1", "2026-05-01T00:00:00.000Z", title="x"), insert("t2", title="y"))
    with bench.step("delete") as step:
        step.delete("tasks", "t1")
        step.delete("tasks", "t2")
    assert (
        tasks(bench, changed("t1", AHEAD, title="edited"), changed("t2", AHEAD, order=1)).conflicts
        == 2
    )
    two, one = conflicts.waiting(bench)
    assert (one.field, one.mine, one.theirs, one.their_at) == ("deletedAt", NOW, None, AHEAD)
    conflicts.keep_mine(bench, [two.n])
    assert row(bench, "t2")["deleted"] == NOW
    conflicts.keep_theirs(bench, [one.n])
    assert row(bench, "t1")["deleted"] is None
    assert row(bench, "t1")["values"]["title"] == "edited"


def test_an_acknowledged_record_is_deleted_without_a_conflict(bench, clock):
    add(bench)
    acknowledge(bench)
    clock.tick(61)
    assert tasks(bench, delete("t1", AHEAD)).conflicts == 0


def test_the_newest_of_two_losers_is_kept_and_the_other_is_history(bench, clock):
    clash(bench)
    clock.tick(2 * 24 * 3600)
    with bench.step("edit") as step:
        step.update("tasks", "t1", {"title": "mine again"})
    tasks(bench, changed("t1", "2026-06-09T12:00:00.000Z", title="theirs again"))
    assert told(bench) == [("t1", "title", "mine again", "theirs again")]


# -- what is done ----------------------------------------------------------------------------------


def test_keeping_mine_is_a_step_that_can_be_undone(bench):
    n = clash(bench)
    assert conflicts.keep_mine(bench, [n]) == 1
    stored = row(bench, "t1")
    assert stored["values"]["title"] == "mine"
    assert stored["at"]["title"] > AHEAD
    assert "title" in stored["dirty"]
    assert told(bench) == []
    bench.history.undo(bench.scope)
    assert row(bench, "t1")["values"]["title"] == "theirs"
    sound(bench)


def test_keeping_theirs_changes_nothing(bench):
    n = clash(bench)
    before = bench.db.read("SELECT * FROM tasks")
    assert conflicts.keep_theirs(bench, [n]) == 1
    assert bench.db.read("SELECT * FROM tasks") == before
    assert told(bench) == []
    sound(bench)


@pytest.mark.parametrize("purged", [False, True])
def test_one_that_was_left_waits_again_unless_its_record_was_purged(bench, purged):
    n = clash(bench)
    left = conflicts.only_forgotten(bench, [n])
    assert conflicts.keep_theirs(bench, [n]) == 1
    if purged:
        purge_records(bench, bench.scope, "tasks", ["t1"])
    assert conflicts.bring_back(bench, left) == (0 if purged else 1)
    assert told(bench) == ([] if purged else [("t1", "title", "mine", "theirs")])


def test_a_third_value_takes_the_place_of_both(bench):
    n = clash(bench)
    conflicts.write(bench, n, "both")
    assert row(bench, "t1")["values"]["title"] == "both"
    assert told(bench) == []


def test_one_is_over_when_what_was_typed_here_stands_again(bench):
    clash(bench)
    assert conflicts.drop_moot(bench) == 0
    with bench.step("the same by hand") as step:
        step.update("tasks", "t1", {"title": "mine"})
    bench.vault.lock()
    assert conflicts.drop_moot(bench) == 0
    bench.vault.unlock_quietly()
    assert conflicts.drop_moot(bench) == 1
    assert told(bench) == []


def test_one_that_is_not_there_says_so(bench):
    for act in (conflicts.keep_mine, conflicts.keep_theirs):
        with pytest.raises(NotFoundError):
            act(bench, [7])
    with pytest.raises(NotFoundError):
        conflicts.write(bench, 7, "x")


def test_while_locked_they_are_masked_and_can_be_kept(bench):
    n = clash(bench)
    bench.vault.lock()
    assert told(bench) == [("t1", "title", Masked("locked"), Masked("locked"))]
    with pytest.raises(LockedError):
        conflicts.write(bench, n, "typed")
    assert conflicts.count(bench) == 1
    conflicts.keep_mine(bench, [n])
    bench.vault.unlock_quietly()
    assert row(bench, "t1")["values"]["title"] == "mine"


def test_they_are_kept_to_their_spaces(bench):
    family = bench.spaces.create("Meyer", "team")
    scope = bench.spaces.scope(family)
    clash(bench)
    with bench.step("add", scope=scope) as step:
        step.insert("tasks", {"title": "ours"}, id="f1")
    tasks(bench, changed("f1", AHEAD, title="theirs", space=family))
    bench.spaces.widen(family, "todo")
    scope = bench.spaces.scope(family)
    assert told(bench, scope=scope) == [("f1", "title", "ours", "theirs")]
    assert len(told(bench)) == 2
    assert conflicts.keep_mine(bench, [c.n for c in conflicts.waiting(bench)]) == 2
    assert row(bench, "f1")["values"]["title"] == "ours"


def test_a_watcher_hears_of_them(bench):
    add(bench)
    heard = []
    bench.db.subscribe(heard.append)
    tasks(bench, changed("t1", AHEAD, title="theirs"))
    assert ("conflicts", bench.scope.id) in heard[0]


def test_purging_a_record_takes_them_along(bench):
    clash(bench)
    sealed = bench.db.read("SELECT mine FROM conflicts")[0][0][10:60].encode()
    assert sealed in every_byte(bench.home)
    purge_records(bench, bench.scope, "tasks", ["t1"])
    assert conflicts.count(bench) == 0
    assert sealed not in every_byte(bench.home)


def test_what_was_purged_does_not_come_back_with_a_pull(bench):
    values = {"title": "secret", "metadata": {"a": 1}, "isCompleted": True}
    tasks(bench, insert("t1", NOW, **values))
    purge_records(bench, bench.scope, "tasks", ["t1"])
    tasks(bench, insert("t1", NOW, **values), whole=True)
    stored = row(bench, "t1")
    assert set(stored["values"].values()) == {None}
    assert (stored["deleted"] is not None, stored["dirty"]) == (True, ["deletedAt"])
    # Unless somebody brings the record itself back.
    restore = changed("t1", NOW, **values)
    restore = restore._replace(fields={**restore.fields, "deletedAt": (None, AHEAD)})
    tasks(bench, restore)
    assert (row(bench, "t1")["values"], row(bench, "t1")["deleted"]) == (values, None)
