"""The unknown survives (law 7): undeclared collections are kept, shown read-only, kept apart."""

from __future__ import annotations

import orjson
import pytest

from store.purge import purge_space
from store.queries import Query
from store.stamps import EPOCH
from tests.store.support import UNOPENABLE, every_byte


def put(bench, space, id, doc, *, app="moodlit", name="moods", private=0, deleted=None):
    """A row as pulling will write it: names from the wire are values, never DDL."""
    place = f"{app}/{name}"
    sealed = {
        field: value
        if isinstance(value, str) and value.startswith("enc:")
        else bench.vault.seal(place, id, field, value)
        for field, value in doc.items()
    }
    with bench.db.transaction() as connection:
        connection.execute(
            "INSERT INTO foreign_records (app, collection, id, space, author, private, created_at, "
            "updated_at, deleted_at, doc, meta) VALUES (?, ?, ?, ?, 1, ?, ?, ?, ?, ?, ?)",
            (
                *(app, name, id, space.number, private, EPOCH, EPOCH, deleted),
                orjson.dumps(sealed).decode(),
                '{"d":["1970-01-01T00:00:00.000Z",1,"server-replay"]}',
            ),
        )


@pytest.fixture
def two(bench):
    family = bench.spaces.create("Meyer", "family")
    return bench, bench.scope, bench.spaces.scope(family)


def test_undeclared_collections_are_listed_and_shown_opened(two):
    bench, personal, _ = two
    put(bench, personal, "m1", {"mood": "calm", "level": 3, "tags": ["a"]})
    put(bench, personal, "m2", {"mood": "wild"})
    put(bench, personal, "x", {"a": None}, app='we"ird', name="'; DROP TABLE tasks; --")
    assert bench.documents.foreign(personal) == [
        ("moodlit", "moods", 2),
        ('we"ird', "'; DROP TABLE tasks; --", 1),
    ]
    first, second = bench.documents.foreign_records(personal, "moodlit", "moods")
    assert (first["mood"], first["level"], first["tags"]) == ("calm", 3, ["a"])
    assert second["mood"] == "wild"
    assert len(bench.documents.foreign_records(personal, "moodlit", "moods", 1)) == 1
    assert bench.documents.count(personal, Query("tasks")) == 0


def test_they_are_kept_to_their_space_author_and_life(two):
    bench, personal, family = two
    put(bench, personal, "m1", {"mood": "mine"})
    put(bench, family, "m1", {"mood": "theirs"})
    put(bench, personal, "m2", {"mood": "hidden"}, private=99)
    put(bench, personal, "m3", {"mood": "gone"}, deleted=EPOCH)
    assert bench.documents.foreign(personal) == [("moodlit", "moods", 1)]
    shown = bench.documents.foreign_records(personal, "moodlit", "moods")
    assert [r["mood"] for r in shown] == ["mine"]
    shown = bench.documents.foreign_records(family, "moodlit", "moods")
    assert [r["mood"] for r in shown] == ["theirs"]
    assert bench.documents.foreign(bench.user_scope) == []


def test_they_survive_everything_else_untouched(make):
    bench = make("home")
    put(bench, bench.scope, "m1", {"mood": "calm", "sealed": UNOPENABLE})
    before = bench.db.read("SELECT * FROM foreign_records")
    with bench.step("add") as step:
        step.insert("tasks", {"title": "x"})
    bench.history.undo(bench.scope)
    bench.close()
    again = make("home")
    again.db.compact()
    assert again.db.read("SELECT * FROM foreign_records") == before
    (record,) = again.documents.foreign_records(again.scope, "moodlit", "moods")
    assert record["mood"] == "calm"
    assert record["sealed"].reason == "foreign key"


def test_they_are_sealed_whole_and_masked_while_locked(bench):
    put(bench, bench.scope, "m1", {"mood": "marker-word", "level": 77123456})
    bytes_ = every_byte(bench.home)
    assert b"marker-word" not in bytes_
    assert b"77123456" not in bytes_
    bench.vault.lock()
    (record,) = bench.documents.foreign_records(bench.scope, "moodlit", "moods")
    assert str(record["mood"]) == "(locked)"


def test_unknown_fields_of_a_declared_collection_are_sealed_kept_and_edited_beside(bench):
    unknown = {"newField": {"deep": ["marker-word"]}, "odd name!": 5, "n": None, "f": False}
    with bench.step("pull", kind="pull") as step:
        step.merge("tasks", "t1", {"title": "x", **unknown}, "2026-01-01")
    assert b"marker-word" not in every_byte(bench.home)
    with bench.step("edit") as step:
        step.update("tasks", "t1", {"title": "y"})
    record = bench.documents.get(bench.scope, "tasks", "t1")
    assert {name: record[name] for name in unknown} == unknown


def test_a_record_keeps_its_envelopes_when_its_collection_becomes_declared(bench):
    """The associated data names the wire identity, which does not change then."""
    foreign = bench.registry.foreign("todo", "tasks")
    assert foreign.place == bench.registry["tasks"].place
    assert foreign.fields == {}


def test_purging_a_space_takes_them_along(two):
    bench, personal, family = two
    put(bench, personal, "m1", {"mood": "kept"})
    put(bench, family, "m2", {"mood": "purged"})
    purge_space(bench, family)
    assert bench.documents.foreign(family) == []
    assert bench.documents.foreign(personal) == [("moodlit", "moods", 1)]
