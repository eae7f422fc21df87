"""What a narrowed scope sees: filter, watch and viewer hold for every way of reading."""

from __future__ import annotations

from threading import Thread

import pytest

from store.errors import NotFoundError
from store.queries import Query

TASKS = Query("tasks")


@pytest.fixture
def mixed(bench):
    """A home with a task that bears the tag, one with another tag and one without any."""
    garden, office = bench.tags.add("garden"), bench.tags.add("office")
    with bench.step("add") as step:
        ids = {n: step.insert("tasks", {"title": n}) for n in ("roses", "report", "anything")}
        bench.tags.retag(step, "tasks", ids["roses"], add=[garden])
        bench.tags.retag(step, "tasks", ids["report"], add=[office])
    return bench, bench.scope._replace(filter=(garden,)), ids


READS = {
    "page": lambda d, s: {r["id"] for r in d.page(s, TASKS, limit=-1)},
    "table": lambda d, s: {row[1] for row in d.table(s, TASKS, ["title"])},
    "by_keys": lambda d, s: {r["id"] for r in d.by_keys(s, "tasks", range(100))},
    "titles": lambda d, s: {
        r["id"] for r in d.by_keys(s, "tasks", [k for k, _ in d.titles(s, TASKS)])
    },
    "among": lambda d, s: {
        r["id"] for r in d.by_keys(s, "tasks", d.among(s, TASKS, list(range(100)), 100))
    },
}


@pytest.mark.parametrize("read", READS)
def test_a_filter_hides_what_bears_only_other_tags(mixed, read):
    bench, narrow, ids = mixed
    assert READS[read](bench.documents, narrow) == {ids["roses"], ids["anything"]}


def test_a_filter_hides_it_from_reading_by_id_and_by_title_and_from_counts(mixed):
    bench, narrow, ids = mixed
    assert bench.documents.count(narrow, TASKS) == 2
    assert len(bench.documents.keys(narrow, TASKS)) == 2
    for name in ("get", "find"):
        with pytest.raises(NotFoundError):
            getattr(bench.documents, name)(narrow, "tasks", ids["report"])
    with pytest.raises(NotFoundError):
        bench.documents.find(narrow, "tasks", "report")


@pytest.mark.parametrize("read", ["page", "table", "by_keys"])
def test_a_watch_is_told_of_every_record_that_is_shown(mixed, read):
    bench, narrow, ids = mixed
    told: set[str] = set()
    watched = narrow._replace(watch=lambda name, _keys, found: told.update(found))
    READS[read](bench.documents, watched)
    assert told == {ids["roses"], ids["anything"]}


def test_a_watch_is_told_only_of_what_was_asked_for_by_title(mixed):
    bench, narrow, ids = mixed
    told: list[str] = []
    watched = narrow._replace(watch=lambda name, _keys, found: told.extend(found))
    bench.documents.find(watched, "tasks", "roses")
    assert told == [ids["roses"]]


def test_nobody_sees_no_private_record(bench):
    with bench.step("add") as step:
        id = step.insert("tasks", {"title": "mine", "visibility": "private"})
    assert bench.documents.get(bench.scope, "tasks", id)["title"] == "mine"
    with pytest.raises(NotFoundError):
        bench.documents.get(bench.scope._replace(viewer=0), "tasks", id)


def test_acting_in_a_space_moves_nobody_elses_view(bench):
    here, there = bench.scope, bench.spaces.scope(bench.spaces.create("Team", "team"))
    seen = []
    with bench.within(there):
        with bench.step("add") as step:
            id = step.insert("tasks", {"title": "over there"})
        thread = Thread(target=lambda: seen.append(bench.scope.id))
        thread.start()
        thread.join()
        assert bench.scope.id == there.id
    assert (bench.scope.id, seen) == (here.id, [here.id])
    assert bench.documents.get(there, "tasks", id)["title"] == "over there"
