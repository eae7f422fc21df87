"""What goes out, in which operation, order and amount; and what an acknowledgement clears."""

from __future__ import annotations

import orjson
import pytest

from store.changes import Incoming
from store.errors import UnreadableError
from store.purge import purge_records
from store.stamps import EPOCH, act_as
from store.sync import outgoing
from store.sync.composing import unsent
from tests.store.support import AGENT, UNOPENABLE, content
from tests.sync.outbox import KEY, dirty, linked, of, opened, sent, shared

T0 = "2026-06-01T12:00:00.000Z"
T1 = "2026-06-01T12:00:01.000Z"
T2 = "2026-06-01T12:00:02.000Z"


@pytest.fixture
def out(bench):
    """A linked home with nothing to send."""
    linked(bench)
    sent(bench)
    return bench


def add(bench, collection="tasks", id="t1", **fields):
    with bench.step("add") as step:
        return step.insert(collection, {"title": "one", **fields}, id=id)


def edit(bench, id="t1", collection="tasks", **fields):
    with bench.step("edit") as step:
        step.update(collection, id, fields)


def remove(bench, id="t1", collection="tasks"):
    with bench.step("delete", confirmed=True) as step:
        step.delete(collection, id)


def bring_back(bench, id="t1", collection="tasks"):
    with bench.step("restore") as step:
        step.restore(collection, id)


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
    mine, theirs = sent(out)
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
    assert outgoing.oldest(out) == T0
    sent(out)
    assert outgoing.pending(out) == []
    assert outgoing.oldest(out) == ""


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


# Batches ---------------------------------------------------------------------------------------


def test_the_oldest_change_goes_first_and_parents_before_their_children(out, clock):
    add(out, "todoProjects", "p1", name="x")
    clock.tick()
    add(out, projectId="p1")
    clock.tick()
    edit(out, "p1", "todoProjects", name="y")
    add(out, "todoProjects", "p2", name="z")
    assert [c["id"] for c in sent(out)] == ["p1", "t1", "p2"]


def test_batches_are_cut_by_count_and_by_bytes(out):
    for n in range(25):
        add(out, id=f"t{n}", description="x" * 1000)
    sizes = [len(b.changes) for b in outgoing.batches(out, count=10)]
    assert sizes == [10, 10, 5]
    bodies = [outgoing.encode(b, "c") for b in outgoing.batches(out, size=10_000)]
    assert len(bodies) > 2
    assert all(len(body) < 12_000 for body in bodies)


def test_a_record_larger_than_any_server_takes_goes_out_in_parts(out):
    fields = {f"part{n}": "ä" * 470_000 for n in range(12)}
    add(out, **fields)
    batches = list(outgoing.batches(out))
    assert len(batches) > 1
    assert all(len(outgoing.encode(b, "c")) < 10_000_000 for b in batches)
    assert all(c["op"] == "update" for b in batches for c in b.changes)
    outgoing.acknowledge(out, batches[0])
    assert dirty(out, "tasks", "t1") not in (None, "*")
    for batch in batches[1:]:
        outgoing.acknowledge(out, batch)
    assert dirty(out, "tasks", "t1") is None
    told = {name for b in batches for c in b.changes for name in c["fields"]}
    assert fields.keys() | {"title", "createdAt"} <= told


def test_a_batch_says_which_change_belongs_to_which_record(out, clock):
    add(out)
    add(out, id="t2")
    sent(out)
    clock.tick()
    edit(out, title="x")
    with act_as(AGENT):
        edit(out, priority="low")
    edit(out, "t2", title="y")
    [batch] = outgoing.batches(out)
    assert batch.of == [0, 0, 1]
    assert batch.records == 2
    one, two = outgoing.halves(batch)
    assert ([c["id"] for c in one.changes], one.of) == (["t1", "t1"], [0, 0])
    assert ([c["id"] for c in two.changes], two.of) == (["t2"], [0])
    outgoing.acknowledge(out, two)
    assert [c["id"] for c in sent(out)] == ["t1", "t1"]


def test_a_backlog_is_read_in_pages(out, monkeypatch):
    with out.step("import", durable=False) as step:
        for n in range(500):
            step.merge("tasks", f"t{n}", {"title": "x"}, T0)
    monkeypatch.setattr(outgoing, "WINDOW", 50)
    monkeypatch.setattr(outgoing, "PAGE", 40)
    rows = []
    read = out.db.read
    monkeypatch.setattr(
        out.db, "read", lambda *a: rows.append(found := read(*a)) or found, raising=True
    )
    first = next(outgoing.batches(out, count=20))
    assert len(first.changes) == 20
    assert max(len(found) for found in rows) <= 50
    assert len({c["id"] for b in outgoing.batches(out, count=20) for c in b.changes}) == 500


# Acknowledgement ---------------------------------------------------------------------------------


def test_what_is_written_while_a_push_is_under_way_stays_dirty(out, clock):
    add(out, priority="high")

    def meanwhile(batch):
        clock.tick()
        edit(out, priority="low", description="new")

    sent(out, between=meanwhile)
    assert orjson.loads(dirty(out, "tasks", "t1")) == ["description", "priority"]
    [change] = sent(out)
    assert set(change["fields"]) == {"priority", "description"}
    assert dirty(out, "tasks", "t1") is None


def test_a_field_added_to_an_empty_record_in_the_same_moment_stays_dirty(out):
    with out.step("add") as step:
        step.insert("tasks", {}, id="t1")
    sent(out, between=lambda batch: edit(out, title="late"))
    assert orjson.loads(dirty(out, "tasks", "t1")) == ["title"]


def test_a_deletion_while_a_push_is_under_way_is_still_sent(out, clock):
    add(out)
    sent(out, between=lambda batch: (clock.tick(), remove(out)))
    [change] = sent(out)
    assert change["op"] == "delete"


def test_a_purge_while_a_push_is_under_way_forgets_nothing(out, clock):
    add(out)
    clock.tick()
    remove(out)
    sent(out, between=lambda batch: purge_records(out, out.scope, "tasks", ["t1"]))
    assert sent(out) == []


def test_an_acknowledged_value_that_a_person_typed_is_remembered_for_a_minute(out, clock):
    add(out)
    with out.step("import") as step:
        step.merge("tasks", "t2", {"title": "imported"}, T0)
    sent(out)
    rows = out.db.read('SELECT collection, field, at, "when" FROM acked')
    assert rows == [("tasks", "title", T0, T0)]
    clock.tick(61)
    add(out, id="t3")
    sent(out)
    assert len(out.db.read("SELECT * FROM acked")) == 1


def test_an_acknowledgement_of_a_record_that_is_gone_is_no_error(out):
    add(out)
    [batch] = outgoing.batches(out)
    with out.db.transaction() as connection:
        connection.execute("DELETE FROM tasks")
    outgoing.acknowledge(out, batch)


def test_pushing_changes_nothing_that_a_person_sees(out):
    add(out, description="x")
    before = content(out)
    steps = out.db.read("SELECT count(*) FROM steps")
    sent(out)
    assert content(out) == before
    assert out.db.read("SELECT count(*) FROM steps") == steps


# Sending again ----------------------------------------------------------------------------------


def test_after_a_new_account_key_sealed_values_go_out_again_with_their_own_stamps(out, clock):
    add(out, priority="high")
    add(out, id="t2", priority="low")
    remove(out, "t2")
    with out.step("project") as step:
        step.insert("todoProjects", {"name": "plain"}, id="p1")
    before = {c["id"]: c for c in sent(out)}
    steps = out.db.read("SELECT count(*) FROM steps")
    clock.tick(3600)
    out.vault.add_key("account", "a2", bytes(32))
    assert outgoing.reseal(out) >= 1
    changes = sent(out)
    [again] = of(changes, "t1")
    assert set(again["fields"]) == {"title"}
    assert again["fields"]["title"]["at"] == T0
    assert (again["actor"], again["origin"]) == (before["t1"]["actor"], "user")
    assert out.vault.is_current1(again["fields"]["title"]["value"])
    assert opened(out, again["fields"]["title"]["value"]) == "one"
    assert of(changes, "t2") == of(changes, "p1") == []
    assert out.db.read("SELECT count(*) FROM steps") == steps
    assert sent(out) == []


def test_marks_for_sending_again_are_no_unsent_edits(out):
    add(out)
    sent(out)
    outgoing.reseal(out)
    mark = dirty(out, "tasks", "t1")
    assert mark is not None
    assert unsent(mark) == set()
    edit(out, title="mine")
    assert unsent(dirty(out, "tasks", "t1")) == {"title"}
    [change] = of(sent(out), "t1")
    assert opened(out, change["fields"]["title"]["value"]) == "mine"
    assert dirty(out, "tasks", "t1") is None


def test_a_received_envelope_under_the_old_key_is_sealed_under_the_new_one(out):
    old = out.vault.seal1("from another device")
    add(out)
    with out.step("put back") as step:
        step.put_back("tasks", [Incoming("t1", {"title": old, "unknown": old}, raw=True)])
    sent(out)
    out.vault.add_key("account", "a2", bytes(32))
    outgoing.reseal(out)
    [again] = of(sent(out), "t1")
    for name in ("title", "unknown"):
        value = again["fields"][name]["value"]
        assert out.vault.is_current1(value)
        assert opened(out, value) == "from another device"


def test_the_test_key_is_the_accounts(out):
    assert out.vault.raw_key("a1") == KEY
    with pytest.raises(UnreadableError):
        out.vault.open1(UNOPENABLE)


def test_everything_can_go_out_again_whole_after_a_server_lost_it(out, clock):
    add(out, priority="high")
    add(out, id="t2")
    clock.tick()
    edit(out, priority="low")
    remove(out, "t2")
    first = sent(out)
    clock.tick()
    edit(out, title="not sent yet")
    assert resend_all(out) >= 2
    assert unsent(dirty(out, "tasks", "t1")) == {"title"}
    changes = sent(out)
    [one] = of(changes, "t1")
    assert {"title", "priority", "createdAt", "spaceId"} <= one["fields"].keys()
    assert one["fields"]["priority"]["at"] == T1
    again = of(changes, "t2")
    assert again[-1]["deletedAt"] == of(first, "t2")[-1]["deletedAt"]
    assert opened(out, again[0]["fields"]["title"]["value"]) == "one"
    assert sent(out) == []
    assert digest_of_rows(out, pages(changes)) == digests(out)


def test_an_edit_while_everything_goes_out_again_stays_dirty(out, clock):
    add(out)
    sent(out)
    resend_all(out)
    clock.tick()
    sent(out, between=lambda batch: edit(out, priority="low"))
    assert unsent(dirty(out, "tasks", "t1")) == {"priority"}
    assert set(sent(out)[0]["fields"]) == {"priority"}


def test_a_stamp_that_a_server_refuses_for_its_future_comes_back_to_the_present(out, clock):
    clock.tick(3 * 86400)
    add(out, priority="high")
    clock.tick()
    edit(out, title="two")
    clock.tick(-3 * 86400)
    [batch] = outgoing.batches(out)
    assert outgoing.restamp(out, batch.marks) == 1
    [change] = sent(out)
    assert change["fields" if "fields" in change else "data"]
    assert max(stamps_of(change)) < "2026-06-02"
    assert sent(out) == []
    out.history.undo(out.scope)
    assert out.documents.get(out.scope, "tasks", "t1")["title"] == "one"
    [batch] = outgoing.batches(out)
    assert outgoing.restamp(out, batch.marks) == 0


def stamps_of(change):
    if "data" in change:
        return [change["data"]["updatedAt"]]
    return [slot["at"] for slot in change["fields"].values()]
