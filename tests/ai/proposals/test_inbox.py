"""What waits, and what a person's decision does: exactly what was shown, once, or nothing."""

from __future__ import annotations

from store.ai.proposals import inbox
from tests.ai.proposals.staged import SENT, propose, read, task


def test_what_an_agent_asks_for_waits_with_its_diff_and_changes_nothing(bench):
    id = task(bench)
    made = propose(bench, "t_edit", id=id, title="other")
    (one,) = inbox.pending(bench)
    assert one == made
    assert (one.tool, one.arguments) == ("t_edit", {"id": id, "title": "other"})
    assert [(f.before, f.after) for f in one.changes[0].fields] == [("water the beans", "other")]
    assert (one.agent_name, one.mission_title, one.rationale) == ("Ada", "Tidy up", "because")
    assert read(bench, id)["title"] == "water the beans"
    assert inbox.count(bench, bench.scope.number) == 1


def test_approving_does_what_was_shown_as_the_agent_and_only_once(bench, clock):
    id = task(bench)
    one = propose(bench, "t_edit", id=id, title="other")
    clock.tick()
    assert inbox.approve(bench, [one.id]) == ([one.id], [], [])
    assert read(bench, id)["title"] == "other"
    past = bench.history.of(bench.scope, "tasks", id)
    assert past[0].actor == one.actor
    assert past[0].origin == "agent"
    again = inbox.approve(bench, [one.id])
    assert again.done == []
    assert again.failed[0][0] == one.id
    assert inbox.get(bench, one.id).state == "approved"
    assert inbox.pending(bench) == []


def test_a_record_changed_since_the_look_makes_it_stale_and_nothing_is_written(bench, clock):
    id = task(bench, description="a")
    one = propose(bench, "t_append", id=id, text="b")
    clock.tick()
    with bench.step("edit") as step:
        step.update("tasks", id, {"description": "mine "})
    assert inbox.approve(bench, [one.id]) == ([], [one.id], [])
    assert read(bench, id)["description"] == "mine "
    now = inbox.look(bench, one.id)
    assert now.stale
    assert now.changes[0].fields[0].after == "mine b"
    assert inbox.approve(bench, [one.id]).done == [one.id]
    assert read(bench, id)["description"] == "mine b"


def test_what_was_seen_counts_and_not_what_another_process_looked_at_since(bench, clock):
    id = task(bench, description="a")
    one = propose(bench, "t_append", id=id, text="b")
    with bench.step("edit") as step:
        step.update("tasks", id, {"description": "mine "})
    inbox.look(bench, one.id)  # somebody else's look
    assert inbox.approve(bench, [one.id], {one.id: one.shown}).stale == [one.id]
    assert read(bench, id)["description"] == "mine "


def test_one_that_fails_does_not_stop_the_rest(bench):
    id = task(bench)
    bad = propose(bench, "t_send", text="boom")
    good = propose(bench, "t_edit", step=1, id=id, title="y")
    decided = inbox.approve(bench, [bad.id, good.id])
    assert decided.done == [good.id]
    assert [one for one, _why in decided.failed] == [bad.id]
    assert read(bench, id)["title"] == "y"


def test_calls_of_one_run_on_one_record_are_approved_together(bench, clock):
    id = task(bench, description="a")
    found = [
        propose(bench, "t_edit", id=id, title="x"),
        propose(bench, "t_append", step=1, id=id, text="b"),
    ]
    clock.tick()
    assert inbox.approve(bench, [one.id for one in found]).done == [one.id for one in found]
    assert (read(bench, id)["title"], read(bench, id)["description"]) == ("x", "ab")


def test_ten_tasks_are_tagged_with_a_new_tag_without_one_look_more(bench):
    ids = [task(bench, f"t{n}") for n in range(10)]
    for step, id in enumerate(ids):
        propose(bench, "add_tag_to_task", step=step, taskId=id, tag="garden")
    waiting = sorted(inbox.pending(bench), key=lambda one: one.step)
    assert [len(one.changes) for one in waiting] == [2, *[1] * 9]  # the first one makes the tag
    for one in waiting[:3]:
        assert inbox.approve(bench, [one.id]).done == [one.id]
    looked = inbox.look_all(bench, [one.id for one in waiting[3:]])
    assert not any(one.stale for one in looked)
    assert len(inbox.approve(bench, [one.id for one in reversed(looked)]).done) == 7
    assert {len(read(bench, id).tags) for id in ids} == {1}
    assert len(bench.tags.list()) == 1


def test_several_looked_at_together_are_shown_one_after_the_other(bench, clock):
    id = task(bench, description="a")
    found = [propose(bench, "t_append", step=n, id=id, text=str(n)) for n in range(3)]
    assert [one.changes[0].fields[0].after for one in found] == ["a0", "a01", "a012"]
    alone = inbox.look(bench, found[2].id)
    assert (alone.stale, alone.changes[0].fields[0].after) == (True, "a2")
    clock.tick()
    with bench.step("edit") as step:
        step.update("tasks", id, {"description": "mine"})
    looked = inbox.look_all(bench, [one.id for one in found])
    assert [one.changes[0].fields[0].after for one in looked] == ["mine0", "mine01", "mine012"]
    inbox.reject(bench, [found[0].id])
    assert inbox.approve(bench, [one.id for one in looked[1:]]).stale == [
        looked[1].id,
        looked[2].id,
    ]
    assert read(bench, id)["description"] == "mine"


def test_a_call_that_fails_on_the_way_takes_nothing_else_with_it(bench):
    id = task(bench, description="a")
    bad = propose(bench, "t_done", ids=[id])
    good = propose(bench, "t_append", step=1, id=id, text="b")
    todo = bench.modules["todo"]

    def broken(bench, arguments):
        with bench.step("half") as step:
            step.update("tasks", id, {"description": "half"})
        raise ValueError

    tools = [t._replace(run=broken) if t.name == "t_done" else t for t in todo.tools]
    bench.modules["todo"] = todo._replace(tools=tuple(tools))
    first, second = inbox.look_all(bench, [bad.id, good.id])
    assert first.trouble == "The tool failed: ValueError."
    assert second.changes[0].fields[0].after == "ab"
    decided = inbox.approve(bench, [bad.id, good.id])
    assert decided.done == [good.id]
    assert read(bench, id)["description"] == "ab"


def test_a_record_that_was_changed_elsewhere_in_it_needs_a_new_look_all_the_same(bench, clock):
    id = task(bench)
    one = propose(bench, "t_edit", id=id, priority="high")
    clock.tick()
    with bench.step("rename") as step:
        step.update("tasks", id, {"title": "do not touch"})
    assert inbox.get(bench, one.id).stale
    assert inbox.approve(bench, [one.id]).stale == [one.id]
    now = inbox.look(bench, one.id)
    assert now.changes[0].title == "do not touch"
    assert not inbox.get(bench, one.id).stale
    assert inbox.approve(bench, [one.id]).done == [one.id]


def test_deletions_that_would_be_held_are_carried_out_because_they_were_shown(bench):
    ids = [task(bench, f"t{n}") for n in range(25)]
    one = propose(bench, "t_delete", ids=ids)
    assert one.risk == "high"
    assert len(one.changes) == 25
    assert inbox.approve(bench, [one.id]).done == [one.id]
    assert bench.held.count(bench.scope) == 0
    assert all(read(bench, id)["deletedAt"] for id in ids)


def test_rejecting_changes_nothing(bench):
    id = task(bench)
    one = propose(bench, "t_edit", id=id, title="other")
    assert inbox.reject(bench, [one.id], "not now") == 1
    assert read(bench, id)["title"] == "water the beans"
    now = inbox.get(bench, one.id)
    assert (now.state, now.feedback) == ("rejected", "not now")
    assert inbox.reject(bench, [one.id]) == 0


def test_an_outward_call_is_never_rehearsed_and_never_sent_twice(bench):
    one = propose(bench, "t_send", text="hello")
    inbox.look(bench, one.id)
    assert SENT == []
    assert inbox.approve(bench, [one.id]).done == [one.id]
    assert SENT == ["hello"]
    bad = propose(bench, "t_send", step=1, text="boom")
    decided = inbox.approve(bench, [bad.id])
    assert decided.failed
    assert "secret" not in decided.failed[0][1]
    assert inbox.approve(bench, [bad.id]).done == []
    assert SENT == ["hello", "boom"]
