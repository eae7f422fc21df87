"""The digest is equal exactly where the content is, whatever way it came there."""

from __future__ import annotations

import random
import time

import orjson
import pytest

from store.errors import LockedError
from store.sync import wire
from store.sync.compare.digest import digest, digests
from store.sync.compare.folding import digest_of_rows
from store.sync.inbox import incoming
from tests.bench.material import tasks
from tests.sync.outbox import linked, sent, shared

T0 = "2026-06-01T12:00:00.000Z"


def rows(changes):
    """Pushed changes as a server passes them on: (app, table, row) in the order they were sent."""
    body = {"serverChanges": [{**c, "eventId": f"e{n}"} for n, c in enumerate(changes)]}
    return wire.decode_page(orjson.dumps(body)).rows


APPS = {
    "tags": ("tags", "tagGroups", "userTagPresets"),
    "mana": ("workbenchScenes",),
    "todo": ("tasks", "projects", "taskLabels", "reminders", "boardViews"),
    "notes": ("notes", "noteTags"),
    "contacts": ("contacts", "contactTags"),
    "ai": ("agents", "aiMissions", "agentKontextDocs"),
    "odd": ("things",),
}


def pages(changes):
    by_table: dict[tuple[str, str], list] = {}
    for row in rows(changes):
        app = next(app for app, tables in APPS.items() if row.table in tables)
        by_table.setdefault((app, row.table), []).append(row)
    return [(app, table, found) for (app, table), found in by_table.items()]


def busy(bench, clock):
    """A home with a bit of everything; returns what it sent."""
    out = []
    with bench.step("fill", confirmed=True) as step:
        step.insert("todoProjects", {"name": "garden"}, id="p1")
        for n in range(12):
            step.insert("tasks", {"title": f"task {n}", "order": n, "projectId": "p1"}, id=f"t{n}")
        tag = step.insert("tags", {"name": "red"}, id="g1")
        bench.tags.retag(step, "tasks", "t1", add=(tag,))
        step.insert("notes", {"title": "n", "content": "text " * 50}, id="n1")
    with bench.step("add", scope=bench.user_scope) as step:
        step.insert("userTagPresets", {"name": "mine", "tags": [{"name": "a"}]}, id="u1")
    out += sent(bench)
    clock.tick()
    with bench.step("edit", confirmed=True) as step:
        step.update("tasks", "t1", {"description": "more", "order": 7, "projectId": None})
        step.update("notes", "n1", {"content": "other"})
        step.delete("tasks", "t3")
        step.delete("tasks", "t4")
    out += sent(bench)
    clock.tick()
    with bench.step("restore") as step:
        step.restore("tasks", "t4")
    return out + sent(bench)


@pytest.fixture
def two(make, clock):
    a, b = linked(make("a")), linked(make("b"))
    return a, b


def test_it_follows_content_and_nothing_else(two, clock):
    a, b = two
    assert digests(a) == digests(b)
    changes = busy(a, clock)
    assert digests(a) != digests(b)
    for app, table, found in pages(changes):
        incoming.receive(b, app, table, found)
    assert digests(a) == digests(b)
    with b.step("there") as step:
        step.update("tasks", "t1", {"title": "x"})
    assert digests(a) != digests(b)
    with b.step("and back") as step:
        step.update("tasks", "t1", {"title": "task 1"})
    assert digests(a) == digests(b)


def test_it_knows_no_order(two, clock):
    a, b = two
    found = pages(busy(a, clock))
    chance = random.Random(5)
    chance.shuffle(found)
    for app, table, some in found:
        chance.shuffle(some)
        for row in some:
            incoming.receive(b, app, table, [row])
    assert digests(a) == digests(b)


@pytest.mark.parametrize(
    "change",
    [
        lambda step: step.update("tasks", "t1", {"title": "other"}),
        lambda step: step.update("tasks", "t1", {"order": 99}),
        lambda step: step.update("tasks", "t1", {"unknown": [1, {"a": None}]}),
        lambda step: step.update("tasks", "t1", {"visibility": "private"}),
        lambda step: step.update("notes", "n1", {"content": "changed"}),
        lambda step: step.delete("tasks", "t5"),
        lambda step: step.restore("tasks", "t3"),
        lambda step: step.insert("tasks", {"title": "task 5", "order": 5}, id="t99"),
    ],
)
def test_every_kind_of_difference_shows(make, clock, change):
    bench = linked(make("a"))
    busy(bench, clock)
    before = digests(bench)
    clock.tick()
    with bench.step("change", confirmed=True) as step:
        change(step)
    after = digests(bench)
    personal = bench.scope.number
    assert before[personal] != after[personal]
    assert before[0] == after[0]


def test_an_empty_field_and_a_missing_one_are_the_same(make, clock):
    bench = linked(make("a"))
    with bench.step("add") as step:
        step.insert("tasks", {"title": "x"}, id="t1")
    before = digests(bench)
    with bench.step("there and back") as step:
        step.update("tasks", "t1", {"description": "y", "visibility": "private"})
    with bench.step("there and back") as step:
        step.update("tasks", "t1", {"description": None, "visibility": "space"})
    assert digests(bench) == before


def test_foreign_records_count(two):
    a, b = two
    row = {
        "table": "things",
        "id": "x",
        "op": "insert",
        "data": {"name": "n", "secret": a.vault.seal1("s"), "updatedAt": T0},
    }
    incoming.receive(a, "odd", "things", rows([row]))
    assert digests(a) != digests(b)
    row["data"]["secret"] = a.vault.seal1("s")
    incoming.receive(b, "odd", "things", rows([row]))
    assert digests(a) == digests(b)


def test_it_says_nothing_while_locked(make):
    bench = linked(make("a"))
    bench.vault.lock()
    with pytest.raises(LockedError):
        digest(bench, 0)
    with pytest.raises(LockedError):
        digest_of_rows(bench, [])


# What a server's rows come to ------------------------------------------------------------------


def test_the_rows_of_a_server_come_to_the_same(make, clock):
    bench = linked(make("a"))
    changes = sent(bench) + busy(bench, clock)
    found = pages(changes)
    chance = random.Random(3)
    chance.shuffle(found)
    for _app, _table, some in found:
        some += some
        chance.shuffle(some)
    before = bench.db.read("SELECT count(*) FROM history")
    assert digest_of_rows(bench, found) == digests(bench)
    assert bench.db.read("SELECT count(*) FROM history") == before


def test_a_row_that_is_missing_on_the_server_shows(make, clock):
    bench = linked(make("a"))
    changes = sent(bench) + busy(bench, clock)
    lost = [c for c in changes if c["id"] != "t7"]
    theirs, mine = digest_of_rows(bench, pages(lost)), digests(bench)
    personal = bench.scope.number
    assert theirs[personal] != mine[personal]
    assert theirs[0] == mine[0]


def test_rows_that_would_not_be_merged_here_do_not_count(make, clock):
    bench = linked(make("a"))
    changes = sent(bench) + busy(bench, clock)
    stray = {"table": "tasks", "op": "insert", "data": {"title": "forged", "updatedAt": T0}}
    strays = [
        {**stray, "id": "f1", "spaceId": "not-mine"},
        {**stray, "id": "f2", "spaceId": "_personal:somebody"},
        {**stray, "id": "t1", "spaceId": shared(bench)},
        {"table": "tasks"},
    ]
    changes += sent(bench)
    assert digest_of_rows(bench, pages(changes)) == digests(bench)
    found = pages(changes)
    found.append(("todo", "tasks", rows(strays)))
    assert digest_of_rows(bench, found) == digests(bench)


def test_two_devices_that_edit_apart_end_alike_and_like_the_server(two, clock):
    a, b = two
    server = sent(a) + busy(a, clock)
    for app, table, found in pages(server):
        incoming.receive(b, app, table, found)
    sent(b)
    clock.tick()
    with a.step("mine") as step:
        step.update("tasks", "t1", {"title": "from a", "order": 1})
    clock.tick()
    with b.step("theirs", confirmed=True) as step:
        step.update("tasks", "t1", {"title": "from b"})
        step.delete("tasks", "t6")
    from_a, from_b = sent(a), sent(b)
    server += from_a + from_b
    for app, table, found in pages(from_a):
        incoming.receive(b, app, table, found)
    for app, table, found in pages(from_b):
        incoming.receive(a, app, table, found)
    server += sent(a) + sent(b)
    assert digests(a) == digests(b) == digest_of_rows(a, pages(server))


@pytest.mark.slow
def test_a_large_home_takes_seconds(make):
    bench = linked(make("a"))
    with bench.step("import", durable=False) as step:
        step.merge_many("tasks", tasks(20_000))
    start = time.perf_counter()
    digest(bench, bench.scope.number)
    assert time.perf_counter() - start < 5
