"""Undo and redo (law 12): the person's own steps in the space in view, guarded, nothing lost."""

from __future__ import annotations

import pytest

from store.errors import NotFoundError
from store.queries import Query
from store.stamps import act_as, system
from tests.store.acts import add, edit, redo, title, undo
from tests.store.support import AGENT, LATER, content, run

# -- which steps ------------------------------------------------------------------------------


def test_undo_walks_back_newest_first_and_says_what_it_undid(bench, clock):
    id = add(bench, "a")
    clock.tick()
    edit(bench, id, title="b")
    (outcome,) = undo(bench)
    assert (outcome.step.label, outcome.changed, outcome.left) == ("edit", 1, [])
    assert outcome.step.ours
    assert outcome.step.at == "2026-06-01T12:00:01.000Z"
    assert title(bench, id) == "a"
    (outcome,) = undo(bench)
    assert outcome.step.label == "add"
    assert bench.documents.count(bench.scope, Query("tasks")) == 0
    with pytest.raises(NotFoundError):
        undo(bench)


def test_a_seed_is_no_step_of_the_person(bench):
    assert bench.history.peek_undo(bench.scope) is None


def test_each_space_has_its_own_steps(bench):
    family = bench.spaces.create("Meyer", "family")
    personal = bench.scope
    mine = add(bench, "mine")
    bench.enter(family)
    theirs = add(bench, "theirs")
    undo(bench)
    assert bench.documents.get(bench.scope, "tasks", theirs).get("deletedAt")
    assert not bench.documents.get(personal, "tasks", mine).get("deletedAt")
    with pytest.raises(NotFoundError):
        undo(bench)
    assert bench.history.peek_undo(personal).label == "add"


def test_the_person_does_not_undo_an_agent_or_a_pull(bench):
    id = add(bench, "mine")
    with act_as(AGENT), bench.step("agent") as step:
        theirs = step.insert("tasks", {"title": "agent"})
    with act_as(system("rule")), bench.step("rule") as step:
        ruled = step.insert("tasks", {"title": "rule"})
    with bench.step("pull", kind="pull") as step:
        step.merge("tasks", "pulled", {"title": "pulled"}, LATER, origin="server-replay")
    (outcome,) = undo(bench, 5)
    assert outcome.step.label == "add"
    for kept in (theirs, ruled, "pulled"):
        assert not bench.documents.get(bench.scope, "tasks", kept).get("deletedAt")
    assert bench.documents.get(bench.scope, "tasks", id).get("deletedAt")


def test_an_import_is_one_step_of_its_own(bench):
    mine = add(bench)
    with bench.step("import 30 tasks", durable=False) as step:
        for number in range(30):
            step.merge("tasks", f"i{number}", {"title": str(number)}, LATER)
    (outcome,) = undo(bench)
    assert (outcome.step.label, outcome.changed) == ("import 30 tasks", 30)
    assert bench.documents.count(bench.scope, Query("tasks")) == 1
    redo(bench)
    assert bench.documents.count(bench.scope, Query("tasks")) == 31
    assert title(bench, mine) == "x"


def test_a_step_that_changed_nothing_is_no_step(bench):
    id = add(bench, "a")
    edit(bench, id, title="a")
    with bench.step("nothing"):
        pass
    assert bench.history.peek_undo(bench.scope).label == "add"


def test_undo_works_in_another_process_and_after_a_restart(make):
    bench = make("home")
    id = add(bench, "a")
    edit(bench, id, title="b")
    printed = run(
        "import sys; from pathlib import Path; from store.workbench import Workbench\n"
        "b = Workbench.open(Path(sys.argv[1]))\n"
        "(o,) = b.history.undo(b.scope)\n"
        "print(o.step.label, o.step.ours, b.documents.get(b.scope, 'tasks', sys.argv[2])['title'])",
        str(bench.home),
        id,
    )
    assert printed.split() == ["edit", "False", "a"]
    bench.close()
    again = make("home")
    assert title(again, id) == "a"
    assert redo(again)[0].step.ours is False
    assert title(again, id) == "b"
    undo(again, 2)
    assert again.documents.count(again.scope, Query("tasks")) == 0


# -- redo -------------------------------------------------------------------------------------


def test_a_new_step_ends_redo(bench):
    id = add(bench, "a")
    edit(bench, id, title="b")
    undo(bench)
    assert bench.history.peek_redo(bench.scope).label == "edit"
    edit(bench, id, title="c")
    assert bench.history.peek_redo(bench.scope) is None
    with pytest.raises(NotFoundError):
        redo(bench)
    undo(bench)
    assert title(bench, id) == "a"


def test_an_agent_or_another_space_does_not_end_redo(bench):
    family = bench.spaces.create("Meyer", "family")
    id = add(bench, "a")
    edit(bench, id, title="b")
    undo(bench)
    with act_as(AGENT), bench.step("agent") as step:
        step.insert("tasks", {"title": "agent"})
    bench.enter(family)
    add(bench, "theirs")
    bench.enter(bench.spaces.personal())
    redo(bench)
    assert title(bench, id) == "b"


def test_as_many_redos_as_undos_give_the_identical_state(bench):
    tag, other = bench.tags.add("Home"), bench.tags.add("Work")
    id = add(bench, "a", metadata={"x": 1}, order=1)
    with bench.step("note") as step:
        note = step.insert("notes", {"title": "n", "content": "long"})
    with bench.step("tag") as step:
        bench.tags.tag(step, "tasks", [id], tag)
        bench.tags.tag(step, "notes", [note], tag)
    edit(bench, id, title="b", dueDate="2026-07-01", order=None)
    with bench.step("tag") as step:
        bench.tags.set_on(step, "tasks", id, [other])
    with bench.step("clear") as step:
        step.update("notes", note, {"content": None, "isPinned": True})
    with bench.step("delete") as step:
        step.delete("tasks", id)
    states = [content(bench)]
    steps = 0
    while bench.history.peek_undo(bench.scope):
        undo(bench)
        states.append(content(bench))
        steps += 1
    for count in range(1, steps + 1):
        redo(bench)
        assert content(bench) == states[steps - count]
    undo(bench, steps)
    assert content(bench) == states[-1]
    redo(bench, steps)
    assert content(bench) == states[0]


def test_many_changes_of_one_field_in_one_step_are_one_thing_to_undo(bench):
    with bench.step("add") as step:
        id = step.insert("tasks", {"title": "a"})
        for word in "bcd":
            step.update("tasks", id, {"title": word, "order": ord(word)})
    with bench.step("edit") as step:
        for word in "efg":
            step.update("tasks", id, {"title": word})
        step.update("tasks", id, {"description": word})
    (outcome,) = undo(bench)
    assert outcome.left == []
    assert title(bench, id) == "d"
    assert bench.documents.get(bench.scope, "tasks", id).get("description") is None
    undo(bench)
    assert bench.documents.count(bench.scope, Query("tasks")) == 0
    redo(bench, 2)
    assert title(bench, id) == "g"


def test_a_record_made_and_deleted_in_one_step_stays_gone_whatever_is_undone(bench):
    with bench.step("add and delete") as step:
        id = step.insert("tasks", {"title": "a"})
        step.delete("tasks", id)
    undo(bench)
    assert bench.documents.get(bench.scope, "tasks", id).get("deletedAt")
    redo(bench)
    assert bench.documents.get(bench.scope, "tasks", id).get("deletedAt")


# -- the guard --------------------------------------------------------------------------------


def later_write(bench, id, by, **fields):
    bench.clock.tick()
    if by == "merge":
        with bench.step("pull", kind="pull") as step:
            step.merge("tasks", id, fields, LATER, origin="server-replay")
    elif by == "agent":
        with act_as(AGENT), bench.step("agent") as step:
            step.update("tasks", id, fields)


@pytest.mark.parametrize("by", ["merge", "agent"])
def test_what_somebody_wrote_since_is_left_and_listed(bench, by):
    id = add(bench, "a", description="one", order=1)
    edit(bench, id, title="b", description="two", order=2)
    later_write(bench, id, by, title="theirs")
    (outcome,) = undo(bench)
    assert outcome.left == [("tasks", id, "title")]
    record = bench.documents.get(bench.scope, "tasks", id)
    assert (record["title"], record["description"], record["order"]) == ("theirs", "one", 1)


@pytest.mark.parametrize("by", ["merge", "agent"])
def test_redo_after_a_partial_undo_brings_back_what_was_undone_and_nothing_else(bench, by):
    id = add(bench, "a", description="one")
    edit(bench, id, title="b", description="two")
    later_write(bench, id, by, title="theirs")
    undo(bench)
    (outcome,) = redo(bench)
    record = bench.documents.get(bench.scope, "tasks", id)
    assert (record["title"], record["description"]) == ("theirs", "two")
    assert outcome.left == []
    undo(bench)
    record = bench.documents.get(bench.scope, "tasks", id)
    assert (record["title"], record["description"]) == ("theirs", "one")


@pytest.mark.parametrize("by", ["merge", "agent"])
def test_what_somebody_wrote_after_an_undo_is_left_by_redo(bench, by):
    id = add(bench, "a")
    edit(bench, id, title="b")
    undo(bench)
    later_write(bench, id, by, title="theirs")
    (outcome,) = redo(bench)
    assert outcome.left == [("tasks", id, "title")]
    assert title(bench, id) == "theirs"


@pytest.mark.parametrize("by", ["merge", "agent"])
def test_a_record_that_somebody_worked_on_is_not_deleted_by_undoing_its_making(bench, by):
    id = add(bench, "a")
    other = add(bench, "other")
    later_write(bench, id, by, description="theirs")
    undo(bench)
    (outcome,) = undo(bench)
    assert outcome.left == [("tasks", id, "description")]
    assert not bench.documents.get(bench.scope, "tasks", id).get("deletedAt")
    assert bench.documents.get(bench.scope, "tasks", other).get("deletedAt")


def test_only_the_record_that_somebody_worked_on_is_left(bench):
    with bench.step("add") as step:
        ids = [step.insert("tasks", {"title": str(n)}) for n in range(4)]
    later_write(bench, ids[1], "agent", title="theirs")
    (outcome,) = undo(bench)
    assert outcome.left == [("tasks", ids[1], "title")]
    gone = [bool(bench.documents.get(bench.scope, "tasks", id).get("deletedAt")) for id in ids]
    assert gone == [True, False, True, True]


def test_somebody_who_writes_the_same_value_counts_as_a_writer(bench):
    """Guards compare stamps, never values."""
    id = add(bench, "a")
    edit(bench, id, title="b")
    later_write(bench, id, "merge", title="b")
    (outcome,) = undo(bench)
    assert outcome.left == [("tasks", id, "title")]
    assert title(bench, id) == "b"


def test_a_deletion_by_somebody_is_not_undone_with_ones_own_edit(bench):
    id = add(bench, "a")
    edit(bench, id, title="b")
    with bench.step("pull", kind="pull") as step:
        step.merge("tasks", id, {"deletedAt": LATER}, LATER)
    undo(bench)
    record = bench.documents.get(bench.scope, "tasks", id)
    assert record["deletedAt"] == LATER
    assert record["title"] == "a"


def test_somebodys_later_deletion_is_not_taken_back_with_ones_own_restore(bench):
    id = add(bench, "a")
    with bench.step("delete") as step:
        step.delete("tasks", id)
    with bench.step("pull", kind="pull") as step:
        step.merge("tasks", id, {"deletedAt": LATER}, LATER)
    (outcome,) = undo(bench)
    assert outcome.left == [("tasks", id, "deletedAt")]
    assert bench.documents.get(bench.scope, "tasks", id)["deletedAt"] == LATER


def test_a_record_that_somebody_restored_is_not_deleted_by_undoing_its_making(bench):
    id = add(bench, "a")
    with act_as(AGENT), bench.step("agent") as step:
        step.delete("tasks", id)
    with act_as(AGENT), bench.step("agent") as step:
        step.restore("tasks", id)
    (outcome,) = undo(bench)
    assert not bench.documents.get(bench.scope, "tasks", id).get("deletedAt")
    assert outcome.left == [("tasks", id, "deletedAt")]


def test_undo_and_redo_of_a_making_can_be_repeated(bench):
    id = add(bench, "a")
    for _ in range(4):
        assert undo(bench)[0].left == []
        assert bench.documents.get(bench.scope, "tasks", id).get("deletedAt")
        assert redo(bench)[0].left == []
        assert not bench.documents.get(bench.scope, "tasks", id).get("deletedAt")


def test_undo_beats_a_clock_that_went_back(bench, clock):
    id = add(bench, "a")
    edit(bench, id, title="b")
    clock.tick(-86_400 * 1000)
    undo(bench)
    assert title(bench, id) == "a"
    redo(bench)
    assert title(bench, id) == "b"
    stamps = [p.at for p in bench.history.of(bench.scope, "tasks", id) if p.field == "title"]
    assert stamps == sorted(stamps, reverse=True)
    assert len(set(stamps)) == len(stamps)
