"""Lists: pages by key hold every record once and in order, whatever the sort, filter and ties;
dirty marks and stamps are what sending will need."""

from __future__ import annotations

import uuid

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from store.errors import AmbiguousError, NotFoundError
from store.modules import installed
from store.queries import Query
from store.stamps import act_as
from tests.store.support import AGENT, EARLIER, LATER, NOON, Clock, throwaway

MODULES = installed()
ORDERS = [(m.main, sort.name) for m in MODULES.values() for sort in m.sorts]
FILTERS = [(m.main, f.name) for m in MODULES.values() for f in m.filters]
TIMES = ["2026-05-30", "2026-06-01", "2026-06-02T10:00:00.000Z", "2026-06-20", None, "junk"]


@pytest.fixture(scope="module")
def shared():
    with throwaway(Clock()) as bench:
        yield bench


row = st.fixed_dictionaries(
    {},
    optional={
        "title": st.sampled_from(["a", "B", "\u00e4", "", "b"]),
        "firstName": st.sampled_from(["a", "B", "\u00e4"]),
        "dueDate": st.sampled_from(TIMES),
        "priority": st.sampled_from(["low", "medium", "high", "urgent", "odd", None]),
        "isCompleted": st.sampled_from([True, False, None, 1, "yes"]),
        "completedAt": st.sampled_from(TIMES),
        "order": st.sampled_from([0, 1, -5, 1.5, None, "x", 10**12]),
        "isPinned": st.booleans(),
        "isArchived": st.booleans(),
        "createdAt": st.sampled_from(["2026-01-01T00:00:00.000Z", "2026-05-05T10:00:00.123Z"]),
        "deletedAt": st.sampled_from([EARLIER]),
    },
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(row, max_size=12), st.integers(1, 5), st.sampled_from(ORDERS), st.data())
def test_pages_hold_every_record_once_and_in_the_order_of_the_keys(shared, rows, size, order, data):
    """Rows are merged as they could come from elsewhere, junk included."""
    bench, (collection, sort) = shared, order
    with bench.step("fill", kind="pull") as step:
        for (old,) in bench.db.read(f'SELECT id FROM "{collection}" WHERE deleted_at IS NULL'):
            step.remove(collection, old)
        for fields in rows:
            step.merge(collection, str(uuid.uuid4()), fields, EARLIER)
    names = [f.name for m in MODULES.values() if m.main == collection for f in m.filters]
    chosen = data.draw(st.lists(st.sampled_from(names), max_size=1))
    query = Query(collection, sort, filters=tuple(chosen))
    pages, after = [], None
    while page := bench.documents.page(bench.scope, query, after, size):
        assert len(page) <= size
        pages += page
        after = page[-1]
    keys = [record.key for record in pages]
    assert len(keys) == len(set(keys)) == bench.documents.count(bench.scope, query)
    found = bench.documents.keys(bench.scope, query)
    memory = next(
        s.key for m in MODULES.values() for s in m.sorts if m.main == collection and s.name == sort
    )
    assert sorted(found) == sorted(keys)
    if memory is None:
        assert found == keys
    by_key = bench.documents.by_keys(bench.scope, collection, found)
    assert [r.key for r in by_key] == found
    table = bench.documents.table(bench.scope, query, ("visibility",))
    assert [line[0] for line in table] == keys


@pytest.mark.parametrize(("collection", "name"), FILTERS)
def test_every_filter_and_its_complement_is_a_subset(shared, collection, name):
    every = shared.documents.count(shared.scope, Query(collection, filters=()))
    assert shared.documents.count(shared.scope, Query(collection, filters=(name,))) <= every


def test_an_order_or_filter_that_is_not_there_says_so(bench):
    for query in (Query("tasks", "nothing"), Query("tasks", filters=("nothing",))):
        with pytest.raises(NotFoundError):
            bench.documents.page(bench.scope, query)


@pytest.mark.parametrize(("collection", "sort"), ORDERS)
def test_the_first_page_is_read_from_an_index(bench, collection, sort):
    """Otherwise 100,000 records would not open like ten."""
    module = next(m for m in MODULES.values() if m.main == collection)
    sql = next(s.sql for s in module.sorts if s.name == sort)
    plan = bench.db.read(
        f'EXPLAIN QUERY PLAN SELECT pk FROM "{collection}" WHERE space = 1 AND deleted_at IS NULL '
        f"ORDER BY {sql}, pk LIMIT 50"
    )
    told = " ".join(line[3] for line in plan)
    assert "USING" in told
    assert "TEMP B-TREE" not in told


# -- naming a record ----------------------------------------------------------------------------


def test_a_record_is_named_by_the_start_of_its_id_or_its_exact_title(bench):
    with bench.step("add") as step:
        step.insert("tasks", {"title": "Milk"}, id="abc-1")
        step.insert("tasks", {"title": "Bread"}, id="abd-2")
        step.insert("tasks", {"title": "Twin"}, id="x-1")
        step.insert("tasks", {"title": "Twin"}, id="y-1")
        step.insert("tasks", {"title": "longer"}, id="abc-12")
    find = bench.documents.find
    assert find(bench.scope, "tasks", "abd")["title"] == "Bread"
    assert find(bench.scope, "tasks", "abc-1")["title"] == "Milk"
    assert find(bench.scope, "tasks", "Milk")["id"] == "abc-1"
    for text in ("ab", "Twin"):
        with pytest.raises(AmbiguousError) as caught:
            find(bench.scope, "tasks", text)
        assert len(caught.value.candidates) in (2, 3)
        assert caught.value.exit_code == 3
    for text in ("milk", "zzz", "%", "abc-123"):
        with pytest.raises(NotFoundError):
            find(bench.scope, "tasks", text)


def test_nothing_names_no_record(bench):
    """An empty argument of a script must not mean the only record there is."""
    with bench.step("add") as step:
        step.insert("tasks", {"title": "only"})
    with pytest.raises(NotFoundError):
        bench.documents.find(bench.scope, "tasks", "")


# -- what sending will need ---------------------------------------------------------------------


def dirty(bench, id, collection="tasks"):
    value = bench.db.read(f'SELECT dirty FROM "{collection}" WHERE id = ?', (id,))[0][0]
    return value if value in (None, "*") else set(orjson.loads(value))


def acknowledge(bench, id):
    with bench.db.transaction() as connection:
        connection.execute("UPDATE tasks SET dirty = NULL WHERE id = ?", (id,))


def test_every_local_write_is_marked_for_sending(bench):
    with bench.step("add") as step:
        id = step.insert("tasks", {"title": "x", "order": 1})
    assert dirty(bench, id) == "*"
    with bench.step("edit") as step:
        step.update("tasks", id, {"title": "y"})
    assert dirty(bench, id) == "*"
    acknowledge(bench, id)
    with bench.step("edit") as step:
        step.update("tasks", id, {"title": "z"})
    assert dirty(bench, id) == {"title"}
    with bench.step("edit") as step:
        step.update("tasks", id, {"order": 1, "unknown": 1})
    assert dirty(bench, id) == {"title", "unknown"}
    acknowledge(bench, id)
    bench.history.undo(bench.scope)
    assert dirty(bench, id) == {"unknown"}
    acknowledge(bench, id)
    with bench.step("delete") as step:
        step.delete("tasks", id)
    assert dirty(bench, id) == {"deletedAt"}


def test_collections_that_are_never_sent_are_never_marked(bench):
    family = bench.spaces.create("Meyer", "family")
    bench.spaces.rename(family, "Meier")
    assert dirty(bench, family, "spaces") is None


def test_stamps_are_instants_with_three_decimals_actor_and_origin(bench, clock):
    with bench.step("add") as step:
        id = step.insert("tasks", {"title": "x", "order": 1})
    clock.tick()
    with act_as(AGENT), bench.step("edit") as step:
        step.update("tasks", id, {"title": "y"})
    found = {p.field: p for p in bench.history.of(bench.scope, "tasks", id) if p.current}
    assert found["title"].at == "2026-06-01T12:00:01.000Z"
    assert (found["title"].actor, found["title"].origin) == (AGENT, "agent")
    assert (found["order"].at, found["order"].origin) == ("2026-06-01T12:00:00.000Z", "user")
    record = bench.documents.get(bench.scope, "tasks", id)
    assert record["createdAt"] == found["order"].at
    assert record["updatedAt"] == found["title"].at
    assert clock.time.replace(second=0) == NOON


def test_a_new_record_has_one_stamp_for_all_its_fields(bench):
    """Only then it can go out as an insert, which loses the single times."""
    with bench.step("add") as step:
        id = step.insert("tasks", {"title": "x", "order": 1, "metadata": {}, "unknown": 1})
    (meta,) = bench.db.read("SELECT meta FROM tasks WHERE id = ?", (id,))[0]
    assert "f" not in orjson.loads(meta)


def test_a_deletion_bears_its_own_stamp_as_its_value(bench):
    with bench.step("pull", kind="pull") as step:
        step.merge("tasks", "t1", {"title": "x"}, EARLIER)
        step.merge("tasks", "t1", {"deletedAt": LATER}, EARLIER)
    meta = orjson.loads(bench.db.read("SELECT meta FROM tasks")[0][0])
    assert bench.documents.get(bench.scope, "tasks", "t1")["deletedAt"] == LATER
    assert meta["f"]["deletedAt"][0] == LATER


def test_a_deletion_of_something_unknown_is_kept_as_a_bare_tombstone(bench):
    with bench.step("pull", kind="pull") as step:
        step.merge("tasks", "t1", {"deletedAt": LATER}, LATER)
        step.merge("tasks", "t1", {"title": "late"}, EARLIER)
    assert bench.documents.count(bench.scope, Query("tasks")) == 0
    assert bench.documents.get(bench.scope, "tasks", "t1")["deletedAt"] == LATER


def test_what_one_step_adds_stands_in_the_order_it_was_given():
    clock = Clock()

    def ticking():
        clock.tick(0.001)
        return clock()

    with throwaway(ticking) as bench:
        titles = [f"heron {n}" for n in range(6)]
        with bench.step("a paste") as step:
            for title in titles:
                step.insert("tasks", {"title": title})
        shown = bench.documents.page(bench.scope, Query("tasks"))
        assert [task["title"] for task in shown] == titles
