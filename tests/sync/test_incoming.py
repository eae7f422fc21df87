"""A page from a server in the one write path: what it makes of records, stamps, history, marks."""

from __future__ import annotations

import pytest

from store.errors import LockedError
from store.stamps import EPOCH
from store.sync.wire import Change
from tests.store.support import EARLIER, UNOPENABLE, every_byte, sound
from tests.sync.pages import (
    ANN,
    NOW,
    T,
    account,
    actor,
    delete,
    envelope,
    insert,
    row,
    tasks,
)
from tests.sync.pages import update as changed


def add(bench, id, **fields):
    with bench.step("add") as step:
        return step.insert("tasks", fields, id=id)


def edit(bench, id, **fields):
    with bench.step("edit") as step:
        step.update("tasks", id, fields)


# -- stamps ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "at"),
    [
        ({"updatedAt": T[2], "createdAt": T[1]}, T[2]),
        ({"createdAt": T[1]}, T[1]),
        ({"updatedAt": "", "createdAt": T[1]}, T[1]),
        ({"updatedAt": 5, "createdAt": T[1]}, T[1]),
        ({}, ""),
        ({"updatedAt": "no time"}, "no time"),
    ],
)
def test_an_insert_is_dated_by_change_creation_or_the_oldest_time(bench, data, at):
    tasks(bench, insert("t1", "", title="x", order=1, **data))
    stored = row(bench, "t1")
    assert stored["values"] == {"title": "x", "order": 1}
    assert stored["at"] == {"title": at, "order": at}
    assert stored["dirty"] is None
    if at in ("", "no time"):
        # Older even than what nobody chose.
        tasks(bench, changed("t1", EPOCH, title="seed"))
        assert row(bench, "t1")["values"]["title"] == "seed"


def test_each_field_keeps_its_own_stamp_and_actor_as_they_came(bench):
    bob = ANN | {"principalId": "bob", "extra": [1]}
    one = "2026-05-02T11:00:00.000+01:00"
    first = changed("t1", one, title="x")._replace(actor=ANN)
    second = changed("t1", T[4], order=2)._replace(actor=bob)
    tasks(bench, first, second)
    assert row(bench, "t1")["at"] == {"title": one, "order": T[4]}
    assert set(row(bench, "t1")["origin"].values()) == {"server-replay"}
    assert actor(bench, "t1", "title") == ANN
    assert actor(bench, "t1", "order") == bob


@pytest.mark.parametrize(
    "bad", [None, "x", 5, {"kind": "robot"}, {"kind": "user", "x": "y" * 9999}]
)
def test_an_actor_that_says_nothing_becomes_a_legacy_one(bench, bad):
    tasks(bench, changed("t1", title="x")._replace(actor=bad))
    assert actor(bench, "t1", "title")["principalId"] == "legacy:user"


def test_several_changes_of_one_record_in_one_page_are_merged_in_order(bench):
    arrival = tasks(
        bench,
        insert("t1", T[1], title="a", order=1),
        changed("t1", T[3], title="c"),
        changed("t1", T[2], title="b"),
        changed("t1", T[5], order=2),
    )
    stored = row(bench, "t1")
    assert stored["values"] == {"title": "c", "order": 2}
    assert stored["at"] == {"title": T[3], "order": T[5]}
    assert (arrival.merged, arrival.older) == (1, 1)


def test_values_are_brought_to_wire_form(bench):
    tasks(bench, changed("t1", title="a\0b", order=3.0, estimatedDuration=2**60))
    assert row(bench, "t1")["values"] == {
        "title": "ab",
        "order": 3,
        "estimatedDuration": str(2**60),
    }


def test_creation_and_author_come_with_the_insert_even_after_an_update(bench):
    tasks(bench, changed("t1", T[4], title="x"))
    tasks(bench, insert("t1", T[1], title="first", authorId="ann"))
    record = bench.documents.get(bench.scope, "tasks", "t1")
    assert (record["createdAt"], record["title"]) == (T[1], "x")
    tasks(bench, insert("t1", T[0], title="again", authorId="bob"))
    assert bench.documents.get(bench.scope, "tasks", "t1")["createdAt"] == T[0]


def test_somebody_elses_private_record_is_kept_and_not_shown(bench):
    family = bench.spaces.create("Meyer", "team")
    scope = bench.spaces.scope(family)
    private = {"visibility": "private", "authorId": "bob"}
    tasks(bench, insert("t1", space=family, title="x", **private), insert("t2", space=family))
    rows = bench.db.read(
        "SELECT id, private > 0 FROM tasks WHERE space = ? ORDER BY id", (scope.number,)
    )
    assert rows == [("t1", 1), ("t2", 0)]


# -- deletions ------------------------------------------------------------------------------------


def test_a_deletion_is_stamped_by_its_own_value(bench):
    tasks(bench, insert("t1", title="x"), delete("t1", T[3]))
    stored = row(bench, "t1")
    assert stored["deleted"] == stored["at"]["deletedAt"] == T[3]
    tasks(bench, changed("t1", T[2], deletedAt=None))
    assert row(bench, "t1")["deleted"] == T[3]
    tasks(bench, changed("t1", T[4], deletedAt=None))
    assert row(bench, "t1")["deleted"] is None


def test_a_deletion_of_an_unknown_record_is_a_bare_tombstone(bench):
    tasks(bench, delete("t1", T[3]))
    assert row(bench, "t1")["values"] == {}
    assert row(bench, "t1")["deleted"] == T[3]
    tasks(bench, insert("t1", T[1], title="late"))
    assert row(bench, "t1")["deleted"] == T[3]
    assert row(bench, "t1")["values"] == {"title": "late"}


def test_a_deletion_without_a_time_is_the_oldest_and_still_one(bench):
    tasks(bench, insert("t1", title="x"), delete("t1", ""))
    stored = row(bench, "t1")
    assert (stored["deleted"], stored["at"]["deletedAt"]) == (EPOCH, "")
    tasks(bench, changed("t1", EPOCH, deletedAt=None))
    assert row(bench, "t1")["deleted"] is None


def test_the_legacy_deletion_carries_fields_too(bench):
    tasks(bench, insert("t1", title="x"))
    old = Change(
        "tasks",
        "t1",
        "delete",
        {},
        {"deletedAt": (T[3], T[4]), "order": (7, T[3])},
        "",
        "",
        None,
        "",
        "",
    )
    tasks(bench, old._replace(deleted=T[3]))
    assert row(bench, "t1")["deleted"] == row(bench, "t1")["at"]["deletedAt"] == T[3]
    assert row(bench, "t1")["values"]["order"] == 7


# -- the form at rest -----------------------------------------------------------------------------


def test_envelopes_stay_as_they_came_and_plaintext_is_sealed(bench):
    sealed = account(bench).seal1("marker-sealed")
    tasks(bench, insert("t1", title=sealed, description="marker-plain", unknown="marker-unknown"))
    assert envelope(bench, "t1", "title") == sealed
    assert envelope(bench, "t1", "description").startswith("enc:2:")
    assert envelope(bench, "t1", "unknown").startswith("enc:2:")
    assert row(bench, "t1")["values"]["description"] == "marker-plain"
    tasks(bench, changed("t1", T[4], unknown=UNOPENABLE, description="enc: is no envelope"))
    assert envelope(bench, "t1", "unknown") == UNOPENABLE
    data = every_byte(bench.home)
    assert not [word for word in (b"marker-plain", b"marker-unknown", b"is no env") if word in data]


def test_a_value_that_was_sealed_anew_is_no_change_but_takes_the_old_ones_place(bench):
    old = account(bench, "a1").seal1("same")
    tasks(bench, insert("t1", T[1], title=old))
    before = bench.db.read("SELECT count(*) FROM history")
    new = account(bench, "a2").seal1("same")
    arrival = tasks(bench, changed("t1", T[1], title=new))
    assert (arrival.merged, arrival.unchanged, arrival.conflicts) == (0, 1, 0)
    assert envelope(bench, "t1", "title") == new
    assert bench.db.read("SELECT count(*) FROM history") == before
    tasks(bench, changed("t1", T[1], title=old))
    assert envelope(bench, "t1", "title") == new


def test_ones_own_value_that_comes_back_sealed_is_no_change(bench):
    cipher = account(bench)
    add(bench, "t1", title="mine")
    before = bench.db.read("SELECT * FROM tasks")
    echo = insert("t1", NOW, title=cipher.seal1("mine"))
    assert tasks(bench, echo, whole=True)[:2] == (0, 1)
    assert bench.db.read("SELECT * FROM tasks") == before


def test_a_readable_value_beats_an_unreadable_one_of_its_time(bench):
    tasks(bench, insert("t1", T[1], title=UNOPENABLE))
    sealed = account(bench).seal1("readable")
    tasks(bench, changed("t1", T[1], title=sealed))
    assert row(bench, "t1")["values"]["title"] == "readable"
    tasks(bench, changed("t1", T[1], title=UNOPENABLE))
    assert row(bench, "t1")["values"]["title"] == "readable"


# -- history and undo ------------------------------------------------------------------------------


def test_history_keeps_what_was_current_and_nothing_else(bench):
    tasks(bench, insert("t1", T[1], title="a"), changed("t1", T[2], title="b"))
    tasks(bench, changed("t1", T[4], title="d"), changed("t1", T[5], title="e"))
    tasks(bench, changed("t1", T[3], title="never current"))
    tasks(bench, insert("t1", T[1], title="a"), changed("t1", T[5], title="e"), whole=True)
    past = bench.history.of(bench.scope, "tasks", "t1")
    assert [(p.value, p.current) for p in past if p.field == "title"] == [("e", True), ("b", False)]
    sound(bench)


def test_undo_leaves_what_was_overwritten_from_elsewhere_and_says_so(bench, clock):
    add(bench, "t1", title="mine", order=1)
    clock.tick()
    edit(bench, "t1", title="edited", order=2)
    tasks(bench, changed("t1", "2026-06-01T13:00:00.000Z", title="theirs"))
    (outcome,) = bench.history.undo(bench.scope)
    assert outcome.left == [("tasks", "t1", "title")]
    assert row(bench, "t1")["values"] == {"title": "theirs", "order": 1}
    bench.history.redo(bench.scope)
    assert row(bench, "t1")["values"] == {"title": "theirs", "order": 2}


def test_a_pull_is_no_step_to_undo_and_ends_no_redo(bench, clock):
    add(bench, "t1", title="mine")
    clock.tick()
    edit(bench, "t1", order=1)
    bench.history.undo(bench.scope)
    tasks(bench, insert("t2", title="theirs"), changed("t1", T[1], title="old"))
    assert bench.history.peek_redo(bench.scope) is not None
    bench.history.redo(bench.scope)
    bench.history.undo(bench.scope, 2)
    assert row(bench, "t2")["deleted"] is None


def test_undo_goes_on_after_ones_own_value_won_a_tie(bench, clock):
    add(bench, "t1", title="before")
    clock.tick()
    edit(bench, "t1", title="zzz")
    at = row(bench, "t1")["at"]["title"]
    tasks(bench, changed("t1", at, title="aaa"))
    assert row(bench, "t1")["at"]["title"] > at
    (outcome,) = bench.history.undo(bench.scope)
    assert outcome.left == []
    assert row(bench, "t1")["values"]["title"] == "before"


def test_drafts_stay(bench):
    add(bench, "t1", title="mine")
    bench.drafts.save("place", "tasks", "t1", "title", NOW, "half a thought")
    tasks(bench, changed("t1", "2026-06-01T13:00:00.000Z", title="theirs"))
    assert bench.db.read("SELECT count(*) FROM drafts") == [(1,)]


# -- the transaction -------------------------------------------------------------------------------


def test_the_page_and_what_goes_with_it_are_one_transaction(bench):
    def fails(connection):
        connection.execute("INSERT INTO sync_state VALUES ('cursor', '1')")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        tasks(bench, insert("t1", title="x"), changed("t2", space="nowhere", title="y"), also=fails)
    for table in ("tasks", "quarantine", "sync_state"):
        assert bench.db.read(f"SELECT count(*) FROM {table}") == [(0,)]
    tasks(bench, insert("t1", title="x"), also=lambda c: c.execute("DELETE FROM seen"))
    assert row(bench, "t1")["values"] == {"title": "x"}


def test_nothing_is_merged_while_locked(bench):
    bench.vault.lock()
    with pytest.raises(LockedError) as caught:
        tasks(bench, insert("t1", title="x"))
    assert caught.value.kept
    assert caught.value.hint
    assert bench.db.read("SELECT count(*) FROM tasks") == [(0,)]


def test_watchers_hear_of_what_came(bench):
    told = []
    bench.db.subscribe(told.append)
    tasks(bench, insert("t1", title="x"))
    assert told == [{("tasks", bench.scope.id): {"t1"}}]
    tasks(bench, insert("t1", title="x"))
    assert len(told) == 1


def test_a_page_of_nothing_says_nothing(bench):
    empty = Change("tasks", "t1", "update", {}, {}, "", "", None, "", "")
    assert tasks(bench, empty).unchanged == 1
    assert row(bench, "t1") == {}
    assert bench.db.read("SELECT count(*) FROM steps WHERE kind = 'pull'") == [(0,)]


def test_tags_are_resolved_from_what_arrives(bench):
    from store.sync.inbox.incoming import receive
    from store.tagging import link_id

    tag = bench.tags.add("One")
    link = insert(link_id("t1", tag), T[2], table="taskLabels", taskId="t1", tagId=tag)
    receive(bench, "todo", "taskLabels", [link])
    tasks(bench, insert("t1", EARLIER, title="x", metadata={"labelIds": []}))
    assert set(bench.documents.get(bench.scope, "tasks", "t1").tags) == {tag}
    tasks(bench, changed("t1", T[3], metadata={"labelIds": []}))
    assert set(bench.documents.get(bench.scope, "tasks", "t1").tags) == set()
