"""Nothing is deleted by inference, and nobody deletes very much by one key (law 4)."""

from __future__ import annotations

import pytest

from store.errors import HeldError, NotFoundError
from store.queries import Query
from store.stamps import act_as
from tests.store.support import AGENT, LATER, content


def fill(bench, count, collection="tasks"):
    with bench.step("fill", kind="seed") as step:
        return [step.insert(collection, {"title": str(n)}) for n in range(count)]


def delete(bench, ids, collection="tasks", **kw):
    with bench.step("delete", **kw) as step:
        for id in ids:
            step.delete(collection, id)
    return step


def live(bench, collection="tasks"):
    return bench.documents.count(bench.scope, Query(collection))


def waiting(bench):
    return len(bench.held.list(bench.scope))


@pytest.mark.parametrize(
    ("there", "gone", "held"),
    [
        (200, 20, False),
        (200, 21, True),
        (10, 5, False),
        (10, 6, True),
        (6, 6, True),
        (5, 5, False),
        (30, 6, False),
        (29, 6, True),
    ],
)
def test_more_than_twenty_or_more_than_five_over_a_fifth_are_held(bench, there, gone, held):
    ids = fill(bench, there)[:gone]
    if held:
        with pytest.raises(HeldError) as caught:
            delete(bench, ids)
        assert caught.value.exit_code == 5
        assert str(gone) in caught.value.message
        assert caught.value.kept
        assert caught.value.hint
    else:
        delete(bench, ids)
    assert live(bench) == (there if held else there - gone)
    assert waiting(bench) == (gone if held else 0)


def test_the_rest_of_the_step_proceeds(bench):
    ids = fill(bench, 30)
    notes = fill(bench, 1, "notes")

    def tidy():
        with bench.step("tidy") as step:
            for id in ids[:8]:
                step.delete("tasks", id)
            step.update("tasks", ids[9], {"title": "kept"})
            step.delete("notes", notes[0])

    with pytest.raises(HeldError, match="^8 "):
        tidy()
    assert waiting(bench) == 8
    assert live(bench) == 30
    assert live(bench, "notes") == 0
    assert bench.documents.get(bench.scope, "tasks", ids[9])["title"] == "kept"


def test_twenty_one_of_several_collections_are_twenty_one(bench):
    tasks, notes = fill(bench, 200)[:15], fill(bench, 200, "notes")[:15]

    def tidy():
        with bench.step("tidy") as step:
            for task, note in zip(tasks, notes, strict=True):
                step.delete("tasks", task)
                step.delete("notes", note)

    with pytest.raises(HeldError):
        tidy()
    assert (live(bench), live(bench, "notes"), waiting(bench)) == (200, 200, 30)


def test_accepting_deletes_as_one_step_that_can_be_undone(bench):
    ids = fill(bench, 30)
    with pytest.raises(HeldError):
        delete(bench, ids[:25])
    assert [w.title for w in bench.held.list(bench.scope)] == [str(n) for n in range(25)]
    assert bench.held.accept(bench.scope) == 25
    assert (live(bench), waiting(bench)) == (5, 0)
    (outcome,) = bench.history.undo(bench.scope)
    assert outcome.changed == 25
    assert live(bench) == 30
    bench.history.redo(bench.scope)
    assert live(bench) == 5


def test_refusing_leaves_every_record_as_it_is(bench):
    ids = fill(bench, 30)
    before = content(bench)
    with pytest.raises(HeldError):
        delete(bench, ids)
    assert bench.held.refuse(bench.scope) == 30
    assert content(bench) == before
    assert waiting(bench) == 0
    with pytest.raises(NotFoundError):
        bench.history.undo(bench.scope)


def test_a_person_who_confirmed_the_count_is_not_asked_again(bench):
    ids = fill(bench, 30)
    with pytest.raises(HeldError):
        delete(bench, ids)
    step = delete(bench, ids, confirmed=True)
    assert step.held == 0
    assert (live(bench), waiting(bench)) == (0, 0)


def test_asking_twice_holds_once(bench):
    ids = fill(bench, 30)
    for _ in range(2):
        with pytest.raises(HeldError):
            delete(bench, ids)
    assert waiting(bench) == 30


def test_an_agents_run_is_held_too(bench):
    ids = fill(bench, 30)
    with pytest.raises(HeldError), act_as(AGENT):
        delete(bench, ids)
    assert live(bench) == 30


def test_only_live_records_count(bench):
    ids = fill(bench, 40)
    for start in range(0, 40, 5):
        delete(bench, ids[start : start + 5], confirmed=True)
    more = fill(bench, 3)
    delete(bench, [*ids, *more])
    assert live(bench) == 0
    assert waiting(bench) == 0


def test_undoing_ones_own_step_is_exempt(bench):
    with bench.step("import") as step:
        for number in range(100):
            step.merge("tasks", f"t{number}", {"title": "x"}, LATER)
    bench.history.undo(bench.scope)
    assert (live(bench), waiting(bench)) == (0, 0)


def test_untagging_many_is_no_mass_deletion(bench):
    ids, tag = fill(bench, 60), bench.tags.add("Home")
    with bench.step("tag") as step:
        bench.tags.tag(step, "tasks", ids, tag)
    with bench.step("untag") as step:
        bench.tags.untag(step, "tasks", ids, tag)
    assert step.held == 0
    assert bench.tags.uses().get(tag, 0) == 0


def test_each_space_holds_its_own(bench):
    family = bench.spaces.create("Meyer", "family")
    ids = fill(bench, 30)
    with pytest.raises(HeldError):
        delete(bench, ids)
    bench.enter(family)
    assert waiting(bench) == 0
    assert bench.held.refuse(bench.scope) == 0
    bench.enter(bench.spaces.personal())
    assert waiting(bench) == 30


def test_a_deletion_asked_for_inside_another_space_is_done_there(bench):
    family = bench.spaces.create("Meyer", "family")
    scope = bench.spaces.scope(family)
    with bench.step("add", scope=scope) as step:
        id = step.insert("tasks", {"title": "theirs"})
    with bench.step("outer"), bench.step("inner", scope=scope) as step:
        step.delete("tasks", id)
    assert bench.documents.get(scope, "tasks", id).get("deletedAt")


def test_a_merge_that_does_not_name_a_record_does_not_delete_it(bench):
    ids = fill(bench, 3)
    with bench.step("pull", kind="pull") as step:
        assert step.merge_many("tasks", []) == 0
        step.merge("tasks", ids[0], {}, LATER)
    assert live(bench) == 3


def test_deleting_what_is_not_there_says_so_and_changes_nothing(bench):
    ids = fill(bench, 2)

    def delete_nobody():
        with bench.step("delete") as step:
            step.update("tasks", ids[0], {"title": "changed"})
            step.delete("tasks", "nobody")

    with pytest.raises(NotFoundError):
        delete_nobody()
    assert bench.documents.get(bench.scope, "tasks", ids[0])["title"] == "0"


def test_a_deletion_bears_its_author_and_time(bench, clock):
    (id,) = fill(bench, 1)
    clock.tick()
    with act_as(AGENT):
        delete(bench, [id])
    record = bench.documents.get(bench.scope, "tasks", id)
    assert record["deletedAt"] == "2026-06-01T12:00:01.000Z"
    assert record["title"] == "0"
    actor = bench.db.read(
        "SELECT a.json FROM steps s JOIN actors a ON a.n = s.actor WHERE label = 'delete'"
    )
    assert "agent:ada" in actor[0][0]
