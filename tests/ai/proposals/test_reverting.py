"""What agents did is taken back: exactly, guarded against whoever wrote since, and undoable."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from store.ai.proposals import inbox
from store.ai.proposals.reverting import plan_revert, revert
from store.ai.runs import rows
from store.errors import NotFoundError
from store.workbench import Workbench
from tests.ai.proposals.staged import AGENT, MISSION, RUN, act, equip, propose, read, task
from tests.store.support import Clock, content, sound, throwaway

OTHER = "c0000000-0000-4000-8000-000000000002"


@pytest.fixture
def bench(clock: Clock) -> Iterator[Workbench]:
    with throwaway(clock) as home:
        with equip(home).step("tag") as step:
            step.insert("tags", {"name": "garden"})
        yield home
        sound(home)


def edit(bench: Workbench, id: str, **fields: object) -> None:
    with bench.step("edit") as step:
        step.update("tasks", id, fields)


def test_a_run_is_taken_back_whole(bench, clock):
    id, other = task(bench, priority="low"), task(bench, "other")
    before = content(bench)
    clock.tick()
    act(bench, "t_edit", id=id, title="x", priority="high")
    act(bench, "t_edit", step=1, id=id, title="y")
    act(bench, "t_tag", step=2, id=id, tag="garden")
    act(bench, "t_add", step=3, title="new", tag="garden")
    act(bench, "t_delete", step=4, ids=[other])
    plan = plan_revert(bench, MISSION, RUN)
    assert {change.kind for change in plan.changes} == {"changed", "deleted", "restored"}
    assert content(bench) != before
    done = revert(bench, MISSION, RUN)
    assert content(bench) == before
    assert (done.left, done.unknown, done.steps) == ([], [], 5)
    assert done.changed == plan.changed


def test_one_call_is_taken_back_alone_and_what_came_over_it_is_left(bench, clock):
    id = task(bench, priority="low")
    act(bench, "t_edit", id=id, title="x", priority="high")
    clock.tick()
    act(bench, "t_edit", step=1, id=id, title="y")
    done = revert(bench, MISSION, RUN, 0)
    assert (read(bench, id)["title"], read(bench, id)["priority"]) == ("y", "low")
    assert done.left == [("tasks", id, "title")]
    revert(bench, MISSION, RUN, 1)
    assert read(bench, id)["title"] == "x"
    with pytest.raises(NotFoundError):
        revert(bench, MISSION, RUN, 7)


def test_what_somebody_wrote_since_is_left_and_listed(bench, clock):
    id = task(bench, priority="low")
    act(bench, "t_edit", id=id, title="x", priority="high")
    clock.tick()
    edit(bench, id, title="mine")
    done = revert(bench, MISSION, RUN)
    assert (read(bench, id)["title"], read(bench, id)["priority"]) == ("mine", "low")
    assert done.left == [("tasks", id, "title")]


def test_a_record_that_the_run_made_and_somebody_changed_stays_with_its_tags(bench, clock):
    made = act(bench, "t_add", title="new", tag="garden").data["id"]
    clock.tick()
    edit(bench, made, description="mine")
    done = revert(bench, MISSION, RUN)
    assert (done.changed, done.left) == (0, [("tasks", made, "description")])
    assert read(bench, made).get("deletedAt") is None
    assert len(read(bench, made).tags) == 1


def test_a_tag_that_the_run_made_stays_while_somebody_uses_it(bench, clock):
    mine, its = task(bench), task(bench, "other")
    tag = act(bench, "t_new_tag", tag="urgent").data["id"]
    act(bench, "t_tag", step=1, id=its, tag="urgent")
    clock.tick()
    with bench.step("tag") as step:
        bench.tags.retag(step, "tasks", mine, add=[tag])
    done = revert(bench, MISSION, RUN)
    assert done.left == [("tags", tag, "name")]
    assert [t["id"] for t in bench.tags.list()] == [bench.tags.find("garden")["id"], tag]
    assert (read(bench, mine).tags, read(bench, its).tags) == ((tag,), ())
    with bench.step("untag") as step:
        bench.tags.retag(step, "tasks", mine, remove=[tag])
    assert revert(bench, MISSION, RUN).left == []
    assert [t.text("name") for t in bench.tags.list()] == ["garden"]


def test_a_tag_that_only_the_run_used_goes_with_what_it_made(bench, clock):
    act(bench, "t_new_tag", tag="urgent")
    act(bench, "t_add", step=1, title="new", tag="urgent")
    assert revert(bench, MISSION, RUN).left == []
    assert [t.text("name") for t in bench.tags.list()] == ["garden"]


def test_a_task_that_the_run_made_stays_with_its_tags_while_a_reminder_is_for_it(bench, clock):
    act(bench, "t_new_tag", tag="urgent")
    made = act(bench, "t_add", step=1, title="new", tag="urgent").data["id"]
    clock.tick()
    with bench.step("remind") as step:
        step.insert("reminders", {"taskId": made, "minutesBefore": 10})
    left = revert(bench, MISSION, RUN).left
    assert ("tasks", made, "title") in left
    assert {name for name, _id, _field in left} == {"tasks", "tags"}
    assert len(read(bench, made).tags) == 1


def test_an_edit_that_was_undone_since_does_not_stand_in_the_way(bench, clock):
    id = task(bench)
    act(bench, "t_edit", id=id, title="x")
    clock.tick()
    edit(bench, id, title="mine")
    bench.history.undo(bench.scope)
    assert read(bench, id)["title"] == "x"
    assert revert(bench, MISSION, RUN).left == []
    assert read(bench, id)["title"] == "water the beans"


def test_what_a_person_wrote_between_two_calls_comes_back(bench, clock):
    id = task(bench)
    act(bench, "t_edit", id=id, title="x")
    clock.tick()
    edit(bench, id, title="mine")
    clock.tick()
    act(bench, "t_edit", step=1, id=id, title="y")
    revert(bench, MISSION, RUN)
    assert read(bench, id)["title"] == "mine"


def test_reverting_twice_changes_nothing_and_says_so(bench, clock):
    id = task(bench)
    act(bench, "t_edit", id=id, title="x")
    act(bench, "t_add", step=1, title="new")
    first = revert(bench, MISSION, RUN)
    assert first.changed == 2
    assert not first.again
    now = content(bench)
    second = revert(bench, MISSION, RUN)
    assert (second.changed, second.left, second.again) == (0, [], True)
    assert content(bench) == now


def test_undo_takes_a_revert_back_and_it_can_be_made_again(bench, clock):
    id = task(bench)
    act(bench, "t_edit", id=id, title="x")
    made = act(bench, "t_add", step=1, title="new").data["id"]
    done = content(bench)
    revert(bench, MISSION, RUN)
    undone = content(bench)
    bench.history.undo(bench.scope)
    assert content(bench) == done
    bench.history.redo(bench.scope)
    assert content(bench) == undone
    bench.history.undo(bench.scope)
    again = revert(bench, MISSION, RUN)
    assert again.changed == 2
    assert content(bench) == undone
    assert read(bench, made)["deletedAt"]


def test_a_mission_is_taken_back_with_all_its_runs_and_nothing_of_others(bench, clock):
    id = task(bench, priority="low")
    act(bench, "t_edit", id=id, title="x")
    clock.tick()
    act(bench, "t_edit", run=OTHER, id=id, title="y", priority="high")
    revert(bench, MISSION, OTHER)
    assert read(bench, id)["title"] == "x"
    revert(bench, MISSION)
    assert (read(bench, id)["title"], read(bench, id)["priority"]) == ("water the beans", "low")
    with pytest.raises(NotFoundError):
        revert(bench, "nobody")
    with pytest.raises(NotFoundError):
        revert(bench, "")


def test_a_revert_works_while_the_vault_is_locked(bench, clock):
    id = task(bench)
    act(bench, "t_edit", id=id, title="x")
    bench.vault.lock()
    assert revert(bench, MISSION, RUN).changed == 1
    bench.vault.unlock_quietly()
    assert read(bench, id)["title"] == "water the beans"


def test_what_left_the_program_is_named_as_not_to_be_taken_back(bench, clock):
    space = bench.scope.number
    rows.begin(bench, id=RUN, mission=MISSION, agent=AGENT, space=space)
    one = propose(bench, "t_send", text="hello")
    rows.add_step(bench, RUN, "t_send", {"text": "hello"}, "staged", "", one.id)
    act(bench, "t_add", step=1, title="new")
    assert plan_revert(bench, MISSION, RUN).external == []
    inbox.approve(bench, [one.id])
    assert plan_revert(bench, MISSION, RUN).external == ["t_send"]
    assert revert(bench, MISSION).external == ["t_send"]
    assert plan_revert(bench, MISSION, RUN, 1).external == []
