"""Replicas converge: real homes that merge the same values in any order, split and repetition hold
the same content afterwards (laws 7 and 8)."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from store.documents import Replica
from store.stamps import EPOCH
from store.workbench import Workbench
from tests.store.support import AGENT, EARLIER, LATER, UNOPENABLE, content, stored, throwaway
from tests.store.test_stamps import SAME, UNTRUSTED, json_values, texts
from tests.store.test_stamps import stamps as any_stamp

few_stamps = st.one_of(
    st.sampled_from(["2026-01-01T00:00:00.000Z", "2026-01-02T00:00:00.000Z", *SAME, *UNTRUSTED]),
    any_stamp,
)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "title": texts,
    "metadata": json_values,
    "unknown": json_values,
    "priority": st.sampled_from(["low", "high", None]),
    "order": st.sampled_from([None, 0, 1, True, 1.5, "1"]),
    "visibility": st.sampled_from(["space", "private", None]),
}


@st.composite
def replicas(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, str]]:
    chosen = draw(
        st.lists(st.sampled_from([*VALUES, "deletedAt"]), min_size=1, max_size=4, unique=True)
    )
    at = {name: draw(few_stamps) for name in chosen}
    fields = {name: draw(VALUES[name]) for name in chosen if name != "deletedAt"}
    if "deletedAt" in chosen:
        # A deletion's value is its stamp; a restore has one of its own.
        fields["deletedAt"] = draw(st.sampled_from([None, at["deletedAt"]]))
    return fields, at


@pytest.fixture(scope="module")
def three() -> Iterator[list[Workbench]]:
    with throwaway() as a, throwaway() as b, throwaway() as c:
        yield [a, b, c]


def take(bench: Workbench, record: str, changes: list[tuple[dict[str, Any], Any]]) -> None:
    with bench.step("pull", kind="pull", durable=False) as step:
        for fields, at in changes:
            step.merge("tasks", record, fields, at)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(replicas(), min_size=2, max_size=4), st.randoms(use_true_random=False))
def test_any_order_split_and_repetition_ends_the_same(three, changes, random):
    record = str(uuid.uuid4())
    whole, shuffled, split = three
    take(whole, record, changes)
    other = changes * 2
    random.shuffle(other)
    take(shuffled, record, other)
    single = [({n: v}, {n: at[n]}) for fields, at in changes for n, v in fields.items()]
    random.shuffle(single)
    for one in single:
        take(split, record, [one])
    assert stored(whole, "tasks", record) == stored(shuffled, "tasks", record)
    assert stored(whole, "tasks", record) == stored(split, "tasks", record)


@settings(max_examples=25)
@given(replicas())
def test_what_was_merged_once_changes_nothing_again(three, change):
    bench, record = three[0], str(uuid.uuid4())
    take(bench, record, [change])
    before = bench.db.read("SELECT count(*) FROM history")
    with bench.step("pull", kind="pull") as step:
        assert step.merge("tasks", record, *change) is False
    assert bench.db.read("SELECT count(*) FROM history") == before
    assert step.n == 0


@settings(max_examples=25)
@given(st.lists(replicas(), min_size=1, max_size=3))
def test_one_batch_is_the_same_as_one_after_another(three, changes):
    record = str(uuid.uuid4())
    take(three[0], record, changes)
    with three[1].step("pull", kind="pull") as step:
        step.merge_many("tasks", [Replica(record, fields, at) for fields, at in changes])
    assert stored(three[0], "tasks", record) == stored(three[1], "tasks", record)


PAIRS = [
    ({"deletedAt": None}, LATER, {"deletedAt": EARLIER}, EARLIER),
    ({"visibility": "space"}, LATER, {"visibility": "private"}, EARLIER),
    ({"title": None}, LATER, {"title": "older"}, EARLIER),
    ({"order": True}, EARLIER, {"order": 1}, EARLIER),
    ({"metadata": {"a": True}}, EARLIER, {"metadata": {"a": 1}}, EARLIER),
    ({"title": "e\u0301"}, EARLIER, {"title": "\u00e9"}, EARLIER),
    ({"deletedAt": EARLIER}, EARLIER, {"title": "x"}, LATER),
    ({"title": "x" * 200_000}, EARLIER, {"title": "x" * 200_001}, EARLIER),
    ({"unknown": 2**60}, EARLIER, {"unknown": str(2**60)}, EARLIER),
    ({"unknown": 3.0}, EARLIER, {"unknown": 3}, EARLIER),
]


@pytest.mark.parametrize(("first", "first_at", "second", "second_at"), PAIRS)
def test_two_values_that_look_alike_or_say_nothing_converge(
    three, first, first_at, second, second_at
):
    record = str(uuid.uuid4())
    changes = [({"priority": "low"}, EPOCH), (first, first_at), (second, second_at)]
    orders = list(itertools.permutations(changes))
    results = []
    for number, order in enumerate(orders):
        bench = three[number % 3]
        take(bench, f"{record}-{number}", list(order))
        results.append(stored(bench, "tasks", f"{record}-{number}"))
    assert all(result == results[0] for result in results)


def test_an_unreadable_value_loses_a_tie_and_an_older_one_never_replaces_it(bench):
    with bench.step("add") as step:
        step.merge("tasks", "t1", {"title": "mine"}, EARLIER)
    with bench.db.transaction() as connection:
        connection.execute(
            "UPDATE tasks SET doc = json_set(doc, '$.title', ?) WHERE id = 't1'", (UNOPENABLE,)
        )
    take(bench, "t1", [({"title": "older"}, EPOCH)])
    assert bench.documents.get(bench.scope, "tasks", "t1")["title"].reason == "foreign key"
    take(bench, "t1", [({"title": "a"}, EARLIER)])
    assert bench.documents.get(bench.scope, "tasks", "t1")["title"] == "a"


def test_a_merge_keeps_the_actor_the_origin_and_the_text_of_the_time(bench):
    at = "2026-01-01T01:00:00.123456+01:00"
    with bench.step("pull", kind="pull") as step:
        step.merge("tasks", "t1", {"title": "x"}, at, actor=AGENT, origin="server-replay")
    (past,) = bench.history.of(bench.scope, "tasks", "t1")
    assert (past.at, past.actor, past.origin) == (at, AGENT, "server-replay")


def test_equal_plaintext_changes_nothing_not_even_the_actor(bench):
    with bench.step("add") as step:
        step.merge("tasks", "t1", {"title": "x"}, EARLIER)
    before = bench.db.read("SELECT doc, meta FROM tasks")
    with bench.step("pull", kind="pull") as step:
        assert not step.merge("tasks", "t1", {"title": "x"}, EARLIER, actor=AGENT, origin="agent")
    assert bench.db.read("SELECT doc, meta FROM tasks") == before


# -- seeds ------------------------------------------------------------------------------------


def all_replicas(bench: Workbench) -> dict[str, list[Replica]]:
    """Everything a home holds with its own times, as another device would receive it."""
    found: dict[str, list[Replica]] = {}
    for declared in bench.registry:
        for (id,) in bench.db.read(f'SELECT id FROM "{declared.name}"'):
            row = stored(bench, declared.name, id)
            past = {
                p.field: p.at
                for p in bench.history.of(
                    bench.scope if declared.level == "space" else bench.user_scope,
                    declared.name,
                    id,
                )
                if p.current
            }
            values = {name: value for name, (value, _) in row["values"].items()}
            found.setdefault(declared.name, []).append(Replica(id, values, past))
    return found


def test_a_fresh_home_merged_into_a_used_one_changes_nothing(make):
    used, fresh = make("used"), make("fresh")
    home = used.scenes.list()[0]["id"]
    used.scenes.change(home, {"name": "My desk"})
    used.scenes.set_filter(home, ["t1"])
    used.scenes.add("Second")
    used.spaces.rename(used.spaces.personal(), "Me")
    with used.step("add") as step:
        step.insert("tasks", {"title": "x"})
    before = content(used)
    for collection, records in all_replicas(fresh).items():
        with used.step("pull", kind="pull") as step:
            assert step.merge_many(collection, records) == 0, collection
    assert content(used) == before


def test_seeds_do_not_bring_back_a_scene_that_was_deleted_or_emptied(make):
    used, fresh = make("used"), make("fresh")
    home = used.scenes.list()[0]["id"]
    used.scenes.change(home, {"openApps": []})
    used.scenes.add("Mine")
    used.scenes.delete(home)
    for collection, records in all_replicas(fresh).items():
        with used.step("pull", kind="pull") as step:
            step.merge_many(collection, records)
    assert [scene["name"] for scene in used.scenes.list()] == ["Mine"]
    used.enter(used.spaces.personal())
    assert [scene["name"] for scene in used.scenes.list()] == ["Mine"]


def test_bootstraps_can_run_again_and_again(bench):
    family = bench.spaces.create("Meyer", "family")
    bench.enter(family)
    before = bench.db.read("SELECT count(*) FROM history"), content(bench)
    for space in (family, bench.spaces.personal()):
        bench.enter(space)
        with bench.step("seed", kind="seed") as step:
            bench.spaces.bootstrap(step, space)
    assert (bench.db.read("SELECT count(*) FROM history"), content(bench)) == before
    assert [s["id"] for s in bench.scenes.list()] == [f"seed-home-{bench.scope.id}"]


def test_what_nobody_chose_is_stamped_at_the_epoch_by_the_system(bench):
    scene = bench.scenes.list()[0]
    for past in bench.history.of(bench.scope, "workbenchScenes", scene["id"]):
        assert past.at == EPOCH
        assert past.actor["kind"] == past.origin == "system"
