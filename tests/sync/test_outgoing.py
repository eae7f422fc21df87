"""What goes out, in which operation, and what waits."""

from __future__ import annotations

import pytest

from store.changes import Incoming
from store.purge import purge_records
from store.stamps import EPOCH, act_as
from store.sync.outbox import outgoing
from store.sync.status import status
from tests.store.support import AGENT, UNOPENABLE
from tests.sync.outbox import (
    T0,
    T1,
    T2,
    add,
    bring_back,
    dirty,
    edit,
    linked,
    of,
    opened,
    remove,
    sent,
    shared,
)

# Operations -------------------------------------------------------------------------------------


def test_a_record_with_one_stamp_goes_out_as_an_insert_that_carries_it(out):
    add(out, priority="high")
    [change] = sent(out)
    data = change.pop("data")
    space = out.spaces.personal()
    assert change == {
        "table": "tasks",
        "id": "t1",
        "op": "insert",
        "spaceId": space,
        "actor": {"kind": "user", "principalId": "guest", "displayName": "Du"},
        "origin": "user",
    }
    assert data.pop("title").startswith("enc:1:")
    assert data == {
        "id": "t1",
        "priority": "high",
        "spaceId": space,
        "authorId": "guest",
        "createdAt": T0,
        "updatedAt": T0,
    }


def test_a_new_record_with_two_stamps_goes_out_as_updates_with_every_field(out, clock):
    add(out, priority="high")
    clock.tick()
    edit(out, priority="low")
    [change] = sent(out)
    assert change["op"] == "update"
    fields = change["fields"]
    assert fields["priority"] == {"value": "low", "at": T1, "updatedAt": T1}
    assert fields["title"]["at"] == fields["title"]["updatedAt"] == T0
    assert {"createdAt", "authorId", "spaceId"} <= fields.keys()
    assert dirty(out, "tasks", "t1") is None


def test_only_changed_fields_of_a_known_record_go_out(out, clock):
    add(out, priority="high")
    sent(out)
    clock.tick()
    edit(out, priority="low")
    [change] = sent(out)
    assert change["fields"] == {"priority": {"value": "low", "at": T1, "updatedAt": T1}}


def test_each_actor_and_origin_is_a_change_of_its_own(out, clock):
    add(out)
    sent(out)
    clock.tick()
    edit(out, title="mine")
    with act_as({**AGENT, "rationale": "because the note said so"}):
        edit(out, priority="low", dueDate="2026-07-01")
    mine, theirs = sorted(sent(out), key=lambda change: change["origin"], reverse=True)
    assert set(mine["fields"]) == {"title"}
    assert set(theirs["fields"]) == {"priority", "dueDate"}
    assert (mine["origin"], theirs["origin"]) == ("user", "agent")
    assert theirs["actor"] == {**AGENT, "rationale": ""}


def test_a_cleared_field_is_an_explicit_null(out, clock):
    add(out, dueDate="2026-07-01", description="x")
    sent(out)
    clock.tick()
    edit(out, dueDate=None, description=None)
    [change] = sent(out)
    assert change["fields"] == {
        name: {"value": None, "at": T1, "updatedAt": T1} for name in ("dueDate", "description")
    }


def test_a_deletion_carries_nothing_but_its_time_and_goes_last(out, clock):
    add(out)
    sent(out)
    clock.tick()
    with out.step("both", confirmed=True) as step:
        step.update("tasks", "t1", {"priority": "low"})
        step.delete("tasks", "t1")
    edited, deleted = sent(out)
    assert set(edited["fields"]) == {"priority"}
    assert (deleted["op"], deleted["deletedAt"]) == ("delete", T1)
    assert not {"data", "fields"} & deleted.keys()
    assert dirty(out, "tasks", "t1") is None


def test_a_new_record_that_was_deleted_goes_out_with_its_values_and_then_its_deletion(out, clock):
    add(out)
    clock.tick()
    remove(out)
    first, last = sent(out)
    assert opened(out, first["fields"]["title"]["value"]) == "one"
    assert last["op"] == "delete"
    assert sent(out) == []


def test_a_purged_record_sends_only_its_deletion(out, clock):
    add(out, description="secret")
    clock.tick()
    remove(out)
    purge_records(out, out.scope, "tasks", ["t1"])
    [change] = sent(out)
    assert change["op"] == "delete"


def test_a_restored_record_goes_out_whole_because_peers_may_have_purged_it(out, clock):
    add(out, priority="high")
    clock.tick()
    remove(out)
    sent(out)
    clock.tick()
    bring_back(out)
    [change] = sent(out)
    assert change["op"] == "update"
    assert {"title", "priority", "createdAt", "spaceId", "deletedAt"} <= change["fields"].keys()
    assert change["fields"]["deletedAt"] == {"value": None, "at": T2, "updatedAt": T2}
    assert change["fields"]["priority"]["at"] == T0


def test_the_return_of_a_record_comes_after_its_other_fields(out, clock):
    add(out)
    clock.tick()
    remove(out)
    sent(out)
    with act_as(AGENT):
        bring_back(out)
    with act_as({**AGENT, "principalId": "agent:bob"}):
        edit(out, priority="low")
    changes = sent(out)
    assert len(changes) == 3
    assert "deletedAt" in changes[-1]["fields"]


def test_a_deleted_record_sends_no_edits_and_they_go_out_when_it_returns(out, clock):
    add(out)
    clock.tick()
    remove(out)
    sent(out)
    clock.tick()
    edit(out, priority="urgent")
    assert outgoing.pending(out) == []
    assert sent(out) == []
    bring_back(out)
    assert {c["op"] for c in sent(out)} == {"update"}
    assert dirty(out, "tasks", "t1") is None


def test_user_level_records_bear_a_user_and_no_space(out):
    with out.step("add", scope=out.user_scope) as step:
        step.insert("userTagPresets", {"name": "mine", "tags": []}, id="p1")
    [change] = sent(out)
    assert "spaceId" not in change
    assert change["data"]["userId"] == "guest"
    assert not {"spaceId", "authorId", "visibility"} & change["data"].keys()


def test_collections_and_links_go_by_their_names_on_the_wire(out):
    with out.step("add") as step:
        step.insert("todoProjects", {"name": "garden"}, id="p1")
        step.insert("tasks", {"title": "one", "projectId": "p1"}, id="t1")
        tag = step.insert("tags", {"name": "red"})
        out.tags.retag(step, "tasks", "t1", add=(tag,))
    changes = sent(out)
    assert {c["table"] for c in changes} == {"projects", "tasks", "taskLabels", "tags"}
    link = next(c for c in changes if c["table"] == "taskLabels")
    assert (link["data"]["taskId"], link["data"]["tagId"]) == ("t1", tag)


def test_a_seed_goes_out_with_the_oldest_time(bench):
    linked(bench)
    scene = next(c for c in sent(bench) if c["table"] == "workbenchScenes")
    assert scene["data"]["updatedAt"] == EPOCH
    assert scene["origin"] == "system"


# What waits -----------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["local", "hidden", None])
def test_records_of_a_space_that_is_not_on_the_server_wait(out, state):
    space = shared(out)
    with out.step("add", scope=out.spaces.scope(space)) as step:
        step.insert("notes", {"title": "ours"}, id="n1")
    number = out.spaces.scope(space).number
    with out.db.transaction() as connection:
        if state is None:
            connection.execute("DELETE FROM memberships WHERE space = ?", (number,))
        else:
            connection.execute("UPDATE memberships SET state = ? WHERE space = ?", (state, number))
    assert of(sent(out), "n1") == []
    assert ("notes", "notes", 1) in outgoing.waiting(out)
    assert outgoing.pending(out) == []


def test_pending_counts_records_by_their_names_on_the_wire(out, clock):
    add(out)
    add(out, "todoProjects", "p1", name="x")
    assert outgoing.pending(out) == [("todo", "tasks", 1), ("todo", "projects", 1)]
    assert status(out).oldest == T0
    sent(out)
    assert outgoing.pending(out) == []
    assert status(out).oldest == ""


def test_a_locked_vault_still_sends_what_needs_no_key(out, clock):
    add(out)
    sent(out)
    clock.tick()
    edit(out, priority="low")
    add(out, id="t2")
    out.vault.lock()
    box = outgoing.batches(out)
    found = [change for batch in box for change in batch.changes]
    assert [c["id"] for c in found] == ["t1"]
    assert box.locked == 1
    assert out.vault.unlock_quietly()
    assert {c["id"] for c in sent(out)} == {"t1", "t2"}


def test_a_damaged_value_is_set_aside_with_words_and_blocks_nothing(out):
    add(out)
    add(out, id="t2")
    with out.db.transaction() as connection:
        connection.execute(
            "UPDATE tasks SET doc = json_set(doc, '$.title', substr(doc ->> 'title', 1, 30)) "
            "WHERE id = 't1'"
        )
    assert [c["id"] for c in sent(out)] == ["t2"]
    [(words,)] = out.db.read("SELECT words FROM aside")
    assert "damaged" in words
    assert outgoing.pending(out) == []


def test_a_value_under_a_key_from_elsewhere_goes_back_as_it_came(out, clock):
    add(out)
    sent(out)
    with out.step("put back") as step:
        step.put_back("tasks", [Incoming("t1", {"title": UNOPENABLE}, raw=True)])
    [change] = sent(out)
    assert change["fields"]["title"]["value"] == UNOPENABLE


@pytest.mark.parametrize("id", ["x" * 2001, "nul\0"])
def test_a_record_whose_id_no_server_can_keep_is_set_aside(out, id):
    add(out, id=id)
    assert sent(out) == []
    assert out.db.read("SELECT count(*) FROM aside") == [(1,)]


def test_what_was_refused_blocks_nothing_and_is_tried_again_when_it_changes(out, clock):
    add(out)
    add(out, id="t2")
    [batch] = outgoing.batches(out)
    outgoing.set_aside(out, batch.marks[0], "no")
    assert [c["id"] for c in sent(out)] == ["t2"]
    assert sent(out) == []
    clock.tick()
    edit(out, priority="low")
    assert [c["id"] for c in sent(out)] == ["t1"]
    assert out.db.read("SELECT * FROM aside") == []


def test_what_was_set_aside_is_tried_again_on_request(out):
    add(out)
    [batch] = outgoing.batches(out)
    outgoing.set_aside(out, batch.marks[0], "no")
    assert sent(out) == []
    assert outgoing.retry_aside(out) == 1
    assert [c["id"] for c in sent(out)] == ["t1"]
