"""In which order and amount it goes out, and what an acknowledgement clears."""

from __future__ import annotations

import orjson

from store.purge import purge_records
from store.stamps import act_as
from store.sync.outbox import outgoing
from tests.store.support import AGENT, content
from tests.sync.outbox import (
    T0,
    add,
    dirty,
    edit,
    remove,
    sent,
)

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
    [typed] = outgoing.acknowledged(out, T0)
    assert (typed[0], typed[2]) == ("tasks", "title")
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
