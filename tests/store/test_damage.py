"""One damaged value is one marked field: lists still work, and nothing overwrites it unasked."""

from __future__ import annotations

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from store.errors import InvalidValueError
from store.history import Past
from store.moving import move
from store.queries import Query
from store.records import Masked
from tests.store.support import UNOPENABLE, content, throwaway

BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="


def add(bench, collection="tasks", **fields):
    with bench.step("add") as step:
        return step.insert(collection, fields)


def envelope(bench, id, name, collection="tasks", column="doc"):
    rows = bench.db.read(f"SELECT {column} FROM {collection} WHERE id = ?", (id,))
    return orjson.loads(rows[0][0])[name]


def damage(bench, id, name, value, collection="tasks", column="doc"):
    with bench.db.transaction() as connection:
        connection.execute(
            f"UPDATE {collection} SET {column} = json_set({column}, '$.' || ?, ?) WHERE id = ?",
            (name, value, id),
        )


@pytest.fixture(scope="module")
def shared():
    with throwaway() as bench:
        yield bench


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_one_flipped_letter_is_one_masked_field_and_the_list_still_works(shared, data):
    bench = shared
    id = add(bench, title="readable", description="will be damaged", order=1)
    whole = envelope(bench, id, "description")
    place = data.draw(st.integers(len("enc:"), len(whole) - 1))
    letter = data.draw(st.sampled_from(BASE64 + ":"))
    flipped = whole[:place] + letter + whole[place + 1 :]
    if flipped == whole:
        return
    damage(bench, id, "description", flipped)
    record = bench.documents.get(bench.scope, "tasks", id)
    assert isinstance(record["description"], Masked)
    assert record["description"].reason in ("damaged", "foreign key", "unknown format")
    assert (record["title"], record["order"]) == ("readable", 1)
    page = bench.documents.page(bench.scope, Query("tasks"), limit=-1)
    assert len(page) == bench.documents.count(bench.scope, Query("tasks"))
    table = bench.documents.table(bench.scope, Query("tasks"), ("title", "description"))
    assert sum(isinstance(row[3], Masked) for row in table) >= 1
    assert id in [hit.id for hit in bench.search.find(bench.scope, "readable", limit=1000)]
    with bench.step("edit") as step:
        step.update("tasks", id, {"title": "edited", "order": 2})
    assert envelope(bench, id, "description") == flipped
    damage(bench, id, "description", whole)
    assert bench.documents.get(bench.scope, "tasks", id)["description"] == "will be damaged"


@pytest.mark.parametrize("collection", ["tasks", "notes", "contacts"])
def test_a_damaged_title_does_not_hide_a_list(bench, collection):
    name = "firstName" if collection == "contacts" else "title"
    good, bad = add(bench, collection, **{name: "good"}), add(bench, collection, **{name: "bad"})
    damage(bench, bad, name, UNOPENABLE, collection)
    assert len(bench.documents.page(bench.scope, Query(collection))) == 2
    for sort in bench.modules[{"tasks": "todo"}.get(collection, collection)].sorts:
        query = Query(collection, sort.name)
        assert set(bench.documents.keys(bench.scope, query)) == {
            bench.documents.get(bench.scope, collection, id).key for id in (good, bad)
        }
    assert bench.documents.find(bench.scope, collection, "good")["id"] == good
    titles = dict(bench.documents.titles(bench.scope, Query(collection)))
    assert len(titles) == 2
    assert [h.id for h in bench.search.find(bench.scope, "good")] == [good]


def test_a_damaged_large_field_leaves_the_note(bench):
    id = add(bench, "notes", title="n", content="long text")
    damage(bench, id, "content", "enc:3:unknown", "notes", "large")
    record = bench.documents.get(bench.scope, "notes", id)
    assert record["title"] == "n"
    assert record["content"].reason == "unknown format"
    with bench.step("edit") as step:
        step.update("notes", id, {"title": "n2"})
    assert envelope(bench, id, "content", "notes", "large") == "enc:3:unknown"


def test_an_envelope_opens_only_in_the_field_and_record_it_was_made_for(bench):
    one, two = add(bench, title="one", description="d"), add(bench, title="two")
    damage(bench, two, "title", envelope(bench, one, "title"))
    damage(bench, one, "description", envelope(bench, one, "title"))
    assert bench.documents.get(bench.scope, "tasks", two)["title"].reason == "damaged"
    assert bench.documents.get(bench.scope, "tasks", one)["description"].reason == "damaged"
    assert bench.documents.get(bench.scope, "tasks", one)["title"] == "one"


def test_a_person_may_replace_a_damaged_value_and_undo_brings_the_damaged_one_back(bench):
    id = add(bench, title="x", description="d")
    damage(bench, id, "description", UNOPENABLE)
    with bench.step("edit") as step:
        step.update("tasks", id, {"description": "new"})
    assert bench.documents.get(bench.scope, "tasks", id)["description"] == "new"
    pasts: list[Past] = bench.history.of(bench.scope, "tasks", id)
    assert Masked("foreign key") in [p.value for p in pasts if p.field == "description"]
    bench.history.undo(bench.scope)
    assert envelope(bench, id, "description") == UNOPENABLE


def test_a_mask_is_never_written_as_a_value(bench):
    id = add(bench, title="x", description="d")
    damage(bench, id, "description", UNOPENABLE)
    record = bench.documents.get(bench.scope, "tasks", id)
    with pytest.raises(InvalidValueError), bench.step("edit") as step:
        step.update("tasks", id, {"description": record["description"]})
    with pytest.raises(InvalidValueError), bench.step("edit") as step:
        step.update("tasks", id, {"metadata": {"copy": record["description"]}})
    assert envelope(bench, id, "description") == UNOPENABLE


def test_a_record_that_does_not_open_whole_is_not_moved(bench):
    """A copy would lose the value."""
    family = bench.spaces.scope(bench.spaces.create("Meyer", "family"))
    id = add(bench, title="x", description="d")
    damage(bench, id, "description", UNOPENABLE)
    before = content(bench)
    with pytest.raises(Exception, match="cannot be read"):
        move(bench, bench.scope, "tasks", id, family)
    assert content(bench) == before


def test_a_space_whose_name_does_not_open_is_still_there(bench):
    family = bench.spaces.create("Meyer", "family")
    damage(bench, family, "name", UNOPENABLE, "spaces")
    damage(bench, family, "slug", UNOPENABLE, "spaces")
    assert len(bench.spaces.list()) == 2
    assert bench.enter(family).id == family
    assert bench.spaces.find(family)["id"] == family


def test_tags_scenes_and_presets_that_do_not_open_do_not_break_their_lists(bench):
    tag = bench.tags.add("Home")
    scene = bench.scenes.list()[0]["id"]
    preset = bench.tags.make_preset("P", [{"name": "x"}])
    for collection, id in (("tags", tag), ("workbenchScenes", scene), ("userTagPresets", preset)):
        damage(bench, id, "name", UNOPENABLE, collection)
    assert len(bench.tags.list()) == len(bench.scenes.list()) == len(bench.tags.presets()) == 1
    bench.tags.add("Work")
    assert bench.scenes.active()["id"] == scene
    family = bench.spaces.scope(bench.spaces.create("Meyer", "family"))
    bench.tags.copy(bench.scope, family)
    copies = [t["name"] for t in bench.tags.list(family)]
    assert "Work" in copies
    assert not any("foreign" in str(name) for name in copies)


def test_a_device_choice_or_draft_that_does_not_open_counts_as_none(bench):
    bench.device.set("place", 1)
    bench.drafts.save("capture", "text")
    with bench.db.transaction() as connection:
        connection.execute("UPDATE device SET value = ?", (UNOPENABLE,))
        connection.execute("UPDATE drafts SET text = ?", (UNOPENABLE,))
    assert bench.device.get("place", "default") == "default"
    assert bench.drafts.load("capture") is None
    assert bench.drafts.all() == []
