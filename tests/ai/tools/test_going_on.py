"""Calls that go on from a record which another call of the run would make, and nobody approved."""

from __future__ import annotations

from store.ai.proposals import inbox
from tests.ai.tools.test_calling import OPEN
from tests.ai.tools.worlds import gate


def test_a_model_goes_on_from_a_record_that_waits_to_be_made(bench):
    calls = gate(bench, OPEN | {"tools": {"create_task": "propose"}})
    made = calls.call("create_task", {"title": "repot the fern"})
    id = made.for_model()["data"]["id"]
    done = calls.call("complete_task", {"taskId": id})
    assert done.status == "proposed", "although the policy would let it run"
    assert not bench.db.read("SELECT 1 FROM tasks")
    first, second = made.proposal, done.proposal
    alone = inbox.approve(bench, [second])
    assert alone.failed[0][0] == second
    assert "create_task" in alone.failed[0][1]
    assert inbox.get(bench, second).state == "pending", "it may be approved once the task is there"
    assert "create_task" in inbox.look(bench, second).trouble
    shown = {one.id: one.shown for one in inbox.look_all(bench, [second, first])}
    assert inbox.approve(bench, [second, first], shown).done == [first, second]
    task = bench.documents.get(bench.scope, "tasks", id)
    assert (task["title"], task["isCompleted"]) == ("repot the fern", True)


def test_what_goes_on_from_a_rejected_record_fails_and_makes_nothing(bench):
    calls = gate(bench)
    made = calls.call("create_task", {"title": "repot the fern"})
    done = calls.call("complete_task", {"taskId": made.data["id"]})
    assert made.status == done.status == "proposed"
    inbox.reject(bench, [made.proposal])
    assert [id for id, _why in inbox.approve(bench, [done.proposal]).failed] == [done.proposal]
    assert inbox.get(bench, done.proposal).state == "failed"
    assert calls.call("complete_task", {"taskId": made.data["id"]}).status == "failed"
    assert not bench.db.read("SELECT 1 FROM tasks")


def test_a_record_that_waits_to_be_made_cannot_be_read_nor_be_of_another_kind(bench):
    calls = gate(bench)
    note = calls.call("create_note", {"title": "a", "content": "b"}).data["id"]
    said = calls.call("get_note", {"noteId": note})
    assert said.status == "failed"
    assert "approval" in said.message
    assert calls.call("complete_task", {"taskId": note}).status == "failed"
