"""Rows that were not merged: kept once, sealed whole, with a reason."""

from __future__ import annotations

import orjson
import pytest

from store.errors import LockedError, NotFoundError
from store.purge import purge_records, purge_space
from store.records import Masked
from store.sync.waiting import quarantine
from store.sync.wire import Change, Malformed
from tests.store.support import every_byte
from tests.sync.pages import AHEAD, insert, tasks
from tests.sync.pages import update as changed


def rows(bench):
    return [(one.id, one.reason) for one in quarantine.waiting(bench)]


def test_a_row_is_sealed_whole_and_told_with_its_reason(bench):
    one = insert("t1", space="nowhere", title="marker-word")._replace(event="e1")
    assert tasks(bench, one).quarantined == 1
    (waiting,) = quarantine.waiting(bench)
    assert (waiting.app, waiting.collection, waiting.space, waiting.id) == (
        *("todo", "tasks", "nowhere", "t1"),
    )
    assert waiting.noticed == "2026-06-01T12:00:00.000Z"
    assert "member" in quarantine.words(waiting.reason)
    assert quarantine.opened(bench, waiting.n)["data"]["title"] == "marker-word"
    assert b"marker-word" not in every_byte(bench.home)
    bench.vault.lock()
    assert rows(bench) == [("t1", "space")]
    assert quarantine.opened(bench, waiting.n) == Masked("locked")


def test_a_row_is_kept_once_under_however_many_events(bench):
    one = insert("t1", space="nowhere", title="x")
    for event in ("e1", "e2", ""):
        tasks(bench, one._replace(event=event))
    tasks(bench, one, one)
    assert quarantine.count(bench) == 1
    tasks(bench, insert("t1", space="nowhere", title="y"))
    assert quarantine.count(bench) == 2


@pytest.mark.parametrize("raw", [b'{"id": 5}', b"\xff\xfe\0", b"", b"[" * 500])
def test_what_is_no_change_is_kept_too(bench, raw):
    bad = Malformed(raw, "the row is no object")
    assert tasks(bench, bad, insert("t1", title="good"), bad).merged == 1
    (waiting,) = quarantine.waiting(bench)
    assert waiting.reason == "malformed: the row is no object"
    assert quarantine.words(waiting.reason).endswith("the row is no object")
    text = quarantine.opened(bench, waiting.n)
    assert text == raw.decode("utf-8", "replace").replace("\0", "")


@pytest.mark.parametrize("name", ["\ud800", "a\0b", "x" * 5000, "'; DROP TABLE tasks", 'a"b'])
def test_no_name_in_what_is_no_change_does_harm(bench, name):
    bad = Malformed(b"{}", "r", table=name, id=name, space=name, event=name)
    assert tasks(bench, bad, bad).quarantined == 1
    (waiting,) = quarantine.waiting(bench)
    assert quarantine.opened(bench, waiting.n) == "{}"
    quarantine.drop(bench, [waiting.n])


def test_a_value_that_cannot_be_kept_sets_its_row_aside(bench):
    deep: object = 1
    for _ in range(300):
        deep = [deep]
    arrival = tasks(
        bench,
        changed("t1", title=float("inf")),
        changed("t2", metadata=deep),
        changed("\ud800", title="x"),
        changed("t4", title="good"),
    )
    assert (arrival.merged, arrival.quarantined) == (1, 3)
    assert {reason for _, reason in rows(bench)} == {"value"}
    for one in quarantine.waiting(bench):
        assert quarantine.opened(bench, one.n) is not None


def test_what_waits_can_be_dropped_and_tried_again(bench):
    tasks(bench, *[insert(f"t{n}", space=f"s{n}", title="x") for n in range(3)])
    first, second, third = quarantine.waiting(bench)
    quarantine.drop(bench, [first.n])
    with pytest.raises(NotFoundError):
        quarantine.drop(bench, [second.n, first.n])
    assert quarantine.count(bench) == 2
    assert quarantine.retry(bench) == 0
    assert {one.noticed for one in quarantine.waiting(bench)} == {second.noticed}
    with bench.step("join") as step:
        for name in ("s1", "s2"):
            step.insert("spaces", {"type": "team", "name": name, "slug": name}, id=name)
    second, third = quarantine.waiting(bench)
    assert quarantine.retry(bench, [third.n]) == 1
    assert rows(bench) == [("t1", "space")]
    assert bench.db.read("SELECT id FROM tasks") == [("t2",)]
    assert quarantine.retry(bench) == 1


def test_trying_again_needs_the_key(bench):
    tasks(bench, insert("t1", space="nowhere", title="x"))
    bench.vault.lock()
    with pytest.raises(LockedError):
        quarantine.retry(bench)
    assert quarantine.count(bench) == 1


def test_when_a_row_was_first_noticed_is_kept(bench, clock):
    tasks(bench, insert("t1", space="nowhere", title="x"))
    clock.tick(3600)
    tasks(bench, insert("t1", space="nowhere", title="x"))
    quarantine.retry(bench)
    assert [one.noticed for one in quarantine.waiting(bench)] == ["2026-06-01T12:00:00.000Z"]


def test_purging_takes_what_is_about_the_record_or_space(bench):
    family = bench.spaces.create("Meyer", "team")
    scope = bench.spaces.scope(family)
    tasks(bench, insert("t1", title="x"), insert("t2", title="y"))
    tasks(bench, changed("t1", AHEAD, space=family), changed("t1", AHEAD, space=family, title="f"))
    tasks(bench, changed("t2", AHEAD, space=family, title="f"))
    purge_records(bench, bench.scope, "tasks", ["t1"])
    assert rows(bench) == [("t2", "moved")]
    purge_space(bench, scope)
    assert rows(bench) == []


def test_a_row_of_an_undeclared_collection_is_kept_under_its_own_names(bench):
    from store.sync.inbox.incoming import receive

    odd = Change("'; DROP", "x", "insert", {"a": 1}, {}, "", "nowhere", None, "", "")
    receive(bench, 'we"ird', "'; DROP", [odd])
    (waiting,) = quarantine.waiting(bench)
    assert (waiting.app, waiting.collection) == ('we"ird', "'; DROP")
    assert orjson.dumps(quarantine.opened(bench, waiting.n))
