"""The unknown survives (law 7), and hostile rows change nothing but a list."""

from __future__ import annotations

import json

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from store.errors import ServerError
from store.queries import Query
from store.sync.inbox.incoming import receive
from store.sync.inbox.joining import join
from store.sync.waiting import quarantine
from store.sync.wire import Change, decode_page
from tests.store.support import UNOPENABLE, every_byte, sound, throwaway
from tests.sync.pages import ANN, T, account, delete, insert, tasks
from tests.sync.pages import update as changed


def moods(bench, *rows, **kw):
    return receive(bench, "moodlit", "moods", [r._replace(table="moods") for r in rows], **kw)


def stored(bench, id):
    (doc, meta, sealed, dirty, deleted) = bench.db.read(
        "SELECT doc, meta, sealed, dirty, deleted_at FROM foreign_records WHERE id = ?", (id,)
    )[0]
    return orjson.loads(doc), orjson.loads(meta), orjson.loads(sealed), dirty, deleted


def test_an_undeclared_collection_is_kept_sealed_with_its_stamps(bench):
    sealed = account(bench).seal1("marker-sealed")
    moods(bench, insert("m1", T[1], mood=sealed, level=3, text="marker-plain", visibility="space"))
    moods(bench, changed("m1", T[2], text="marker-new"), changed("m1", T[1], level=4))
    (record,) = bench.documents.foreign_records(bench.scope, "moodlit", "moods")
    assert (record["mood"], record["level"], record["text"]) == ("marker-sealed", 4, "marker-new")
    doc, meta, names, dirty, deleted = stored(bench, "m1")
    assert (doc["mood"], names, dirty, deleted) == (sealed, ["mood"], '["~level"]', None)
    assert meta["f"]["text"][0] == T[2]
    assert b"marker" not in every_byte(bench.home)
    moods(bench, delete("m1", T[3]), delete("m2", T[3]))
    assert stored(bench, "m1")[4] == stored(bench, "m2")[4] == T[3]
    assert bench.documents.foreign(bench.scope) == []
    sound(bench)


def test_how_an_unknown_field_came_is_remembered_when_it_changes(bench):
    moods(bench, insert("m1", T[1], a=UNOPENABLE, b="plain"))
    moods(bench, changed("m1", T[2], a="plain now", b=UNOPENABLE))
    assert stored(bench, "m1")[2] == ["b"]


def test_a_known_user_level_collection_is_kept_at_the_user_level(bench):
    rows = [insert("singleton", T[1], table="userContext", about={})]
    receive(bench, "profile", "userContext", rows)
    assert bench.db.read("SELECT space FROM foreign_records") == [(0,)]


def test_an_unknown_collection_is_no_change_the_second_time(bench):
    rows = [insert("m1", T[1], mood="x", when={"a": [1]}), insert("m2", T[1], mood="y")]
    moods(bench, *rows)
    before = bench.db.read("SELECT * FROM foreign_records")
    assert moods(bench, *rows)[:2] == (0, 2)
    assert bench.db.read("SELECT * FROM foreign_records") == before


# -- iterations ------------------------------------------------------------------------------------


def missions(bench, *rows):
    return receive(bench, "ai", "aiMissions", [r._replace(table="aiMissions") for r in rows])


def runs(bench):
    return bench.documents.get(bench.scope, "aiMissions", "m1")["iterations"]


def of_mission(bench):
    ((meta, dirty),) = bench.db.read("SELECT meta, dirty FROM aiMissions WHERE id = 'm1'")
    return orjson.loads(meta), dirty


def run_of(id, status="running", **kw):
    return {
        "id": id,
        "startedAt": f"2026-05-01T0{id[-1]}:00:00.000Z",
        "overallStatus": status,
        **kw,
    }


def test_iterations_of_two_devices_are_joined_and_written_back(bench):
    one, two = [run_of("r1", "approved")], [run_of("r1"), run_of("r2")]
    missions(bench, insert("m1", T[1], title="x", iterations=one))
    missions(bench, changed("m1", T[2], iterations=two))
    assert [(r["id"], r["overallStatus"]) for r in runs(bench)] == [
        ("r1", "approved"),
        ("r2", "running"),
    ]
    meta, dirty = of_mission(bench)
    assert meta["f"]["iterations"][0] == "2026-05-03T10:00:00.001Z"
    assert dirty == '["iterations"]'
    before = of_mission(bench)
    missions(bench, changed("m1", T[2], iterations=two), changed("m1", T[1], iterations=one))
    missions(bench, changed("m1", T[0], iterations=[]))
    assert of_mission(bench) == before


def test_iterations_that_hold_all_there_is_are_a_plain_value(bench):
    missions(bench, insert("m1", T[1], iterations=[run_of("r1")]))
    missions(bench, changed("m1", T[2], iterations=[run_of("r1", "failed"), run_of("r2")]))
    meta, dirty = of_mission(bench)
    assert (meta["d"][0], dirty) == (T[2], None)


words = st.sampled_from(["planned", "staged", "approved", "running", "awaiting-review", "odd"])
steps = st.builds(
    lambda n, s, x: {"id": f"r-{n}", "status": s, "x": x},
    st.integers(0, 2),
    words,
    st.integers(0, 2),
)
iterations = st.lists(
    st.one_of(
        st.builds(
            lambda n, o, p, c: {"id": f"r{n}", "overallStatus": o, "plan": p, "cancelRequested": c},
            st.integers(0, 2),
            words,
            st.lists(steps, max_size=3),
            st.sampled_from([True, False, None]),
        ),
        st.sampled_from(["no run", 5, None, {"no": "id"}]),
    ),
    max_size=3,
)


@given(iterations, iterations, iterations)
def test_joining_is_commutative_associative_and_idempotent(a, b, c):
    assert join(a, b) == join(b, a)
    assert join(join(a, b), c) == join(a, join(b, c))
    assert join(join(a, b), a) == join(a, b)
    assert join(join(a, b), join(a, b)) == join(a, b)


# -- hostile rows ----------------------------------------------------------------------------------

odd = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**70), 2**70),
        st.floats(),
        st.text(max_size=6),
        st.sampled_from(
            ["\0", "\ud800", "enc:1:x.y", "enc:2:", "enc:9:z", T[1], "2150-01-01", "x" * 3000]
        ),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=2), st.dictionaries(st.text(max_size=4), inner, max_size=2)
    ),
    max_leaves=5,
)
names = st.sampled_from(
    [
        "title",
        "metadata",
        "visibility",
        "createdAt",
        "updatedAt",
        "deletedAt",
        "spaceId",
        "authorId",
    ]
    + ["id", "dueDate", "priority", "order", "tagIds", "", "$", 'a"b', "é"]
)
hostile = st.builds(
    Change,
    st.sampled_from(["tasks", "notes", 'x"y', "taskLabels", "é"]),
    st.sampled_from(["t1", "t2", "é", "a\0b", "\ud800", "x" * 3000]),
    st.sampled_from(["insert", "update", "delete"]),
    st.dictionaries(names, odd, max_size=4),
    st.dictionaries(
        names, st.tuples(odd, st.sampled_from(["", T[1], T[2], "x", "9999-01-01"])), max_size=3
    ),
    st.sampled_from(["", T[3], "x"]),
    st.sampled_from(["", "_personal:guest", "_personal:bob", "\ud800", "a\0"]),
    odd,
    st.text(max_size=3),
    st.text(max_size=3),
)


@pytest.fixture(scope="module")
def victim():
    with throwaway() as bench:
        yield bench


@pytest.mark.slow
@settings(max_examples=150, suppress_health_check=list(HealthCheck))
@given(st.lists(hostile, min_size=1, max_size=4), st.booleans())
def test_nothing_that_a_row_holds_escapes(victim, rows, whole):
    tasks(victim, *rows, whole=whole)
    quarantine.waiting(victim)
    for module in victim.modules.values():
        for record in victim.documents.page(victim.scope, Query(module.main), limit=-1):
            assert victim.documents.title(module.main, record) is not None


def test_the_home_is_sound_after_all_of_it(victim):
    assert victim.db.read("PRAGMA integrity_check") == [("ok",)]
    quarantine.retry(victim)
    for one in quarantine.waiting(victim):
        quarantine.opened(victim, one.n)


@settings(max_examples=100, suppress_health_check=list(HealthCheck))
@given(st.lists(odd, max_size=3), st.sampled_from([b"", b"]", b"\xff", b'{"id":']))
def test_what_a_server_answers_may_be_anything(victim, rows, tail):
    body = json.dumps({"serverChanges": rows, "syncedUntil": 5}).encode("utf-8", "replace") + tail
    try:
        page = decode_page(body)
    except ServerError:
        return
    receive(victim, "todo", "tasks", page.rows)


def test_a_good_row_among_bad_ones_is_merged(bench):
    good = {"table": "tasks", "id": "t1", "op": "insert", "data": {"title": "x"}, "actor": ANN}
    bad = [5, {"id": 5}, {**good, "op": "upsert"}, {**good, "data": []}, {**good, "id": ""}]
    page = decode_page(orjson.dumps({"serverChanges": [*bad, good, *bad], "syncedUntil": ""}))
    arrival = tasks(bench, *page.rows)
    assert (arrival.merged, arrival.quarantined) == (1, 5)
    assert tasks(bench, *page.rows).quarantined == 0
