"""Tags: who bears which, whatever wrote it; groups, presets, merging, and the rule of filters."""

from __future__ import annotations

import pytest

from store.errors import AmbiguousError, InvalidValueError, NotFoundError
from store.queries import Query
from tests.store.acts import BEARERS, tag, tags_of
from tests.store.acts import add_to as add
from tests.store.support import EARLIER, content


def pull(bench, collection, id, fields, at):
    with bench.step("pull", kind="pull") as step:
        step.merge(collection, id, fields, at, origin="server-replay")


# -- tags themselves ----------------------------------------------------------------------------


def test_deleting_a_tag_keeps_its_records_and_undo_brings_every_bearer_back(bench):
    one = bench.tags.add("One")
    ids = {c: add(bench, c) for c in BEARERS}
    for collection, id in ids.items():
        tag(bench, collection, id, one)
    assert bench.tags.uses() == {one: 3}
    bench.tags.delete(one)
    for collection, id in ids.items():
        assert not bench.documents.get(bench.scope, collection, id).get("deletedAt")
        assert tags_of(bench, collection, id) == set()
    bench.history.undo(bench.scope)
    for collection, id in ids.items():
        assert tags_of(bench, collection, id) == {one}
    assert bench.tags.uses() == {one: 3}


def test_a_deleted_tag_comes_back_on_records_that_were_tagged_meanwhile(bench):
    one, two = bench.tags.add("One"), bench.tags.add("Two")
    id = add(bench)
    tag(bench, "tasks", id, one)
    bench.tags.delete(one)
    tag(bench, "tasks", id, two)
    with bench.step("restore") as step:
        step.restore("tags", one)
    assert tags_of(bench, "tasks", id) == {one, two}


def test_renaming_touches_no_record(bench):
    one = bench.tags.add("One")
    id = add(bench)
    tag(bench, "tasks", id, one)
    before = bench.db.read("SELECT doc, meta FROM tasks")
    bench.tags.change(one, {"name": "Uno", "color": "#ffffff", "icon": "star"})
    assert bench.db.read("SELECT doc, meta FROM tasks") == before
    assert bench.tags.find("uno")["icon"] == "star"


def test_merging_gives_every_bearer_the_other_tag_as_one_step(bench):
    one, two = bench.tags.add("One"), bench.tags.add("Two")
    ids = {c: add(bench, c) for c in BEARERS}
    for collection, id in ids.items():
        tag(bench, collection, id, one)
    tag(bench, "tasks", ids["tasks"], two)
    before = content(bench)
    assert bench.tags.merge(one, two) == 3
    for collection, id in ids.items():
        assert tags_of(bench, collection, id) == {two}
    assert [t["id"] for t in bench.tags.list()] == [two]
    bench.history.undo(bench.scope)
    assert content(bench) == before
    with pytest.raises(InvalidValueError):
        bench.tags.merge(one, one)


def test_names_are_unique_whatever_their_case_and_found_by_name_or_start_of_id(bench):
    one = bench.tags.add("  #Home ")
    assert bench.tags.list()[0]["name"] == "Home"
    for taken in ("home", "HOME", "+Home"):
        with pytest.raises(InvalidValueError):
            bench.tags.add(taken)
    with pytest.raises(InvalidValueError):
        bench.tags.add("  # ")
    assert bench.tags.find("#home")["id"] == one
    assert bench.tags.find(one[:8])["id"] == one
    with pytest.raises(NotFoundError):
        bench.tags.find("nothing")
    pull(bench, "tags", "twin", {"name": "HOME"}, EARLIER)
    with pytest.raises(AmbiguousError) as caught:
        bench.tags.find("hOmE")
    assert len(caught.value.candidates) == 2


def test_deleting_a_group_keeps_its_tags(bench):
    group = bench.tags.add_group("Places")
    one = bench.tags.add("Home", group=group)
    bench.tags.delete_group(group)
    assert bench.tags.groups() == []
    assert bench.tags.list()[0].get("groupId") is None
    bench.history.undo(bench.scope)
    assert bench.tags.find(one)["groupId"] == group


# -- the rule of filters ------------------------------------------------------------------------


@pytest.mark.parametrize("collection", BEARERS)
def test_a_filter_lets_the_untagged_pass_and_the_tagged_with_one_of_its_tags(bench, collection):
    one, two, three = (bench.tags.add(n) for n in ("One", "Two", "Three"))
    dead = bench.tags.add("Dead")
    ids = {name: add(bench, collection) for name in ("none", "one", "two", "three", "both", "dead")}
    tag(bench, collection, ids["one"], one)
    tag(bench, collection, ids["two"], two)
    tag(bench, collection, ids["three"], three)
    tag(bench, collection, ids["both"], one)
    tag(bench, collection, ids["both"], three)
    tag(bench, collection, ids["dead"], dead)
    bench.tags.delete(dead)

    def passing(*tags, untagged=True):
        query = Query(collection, filters=("all",), tags=tags, untagged_pass=untagged)
        found = {r["id"] for r in bench.documents.page(bench.scope, query)}
        assert bench.documents.count(bench.scope, query) == len(found)
        assert len(bench.documents.keys(bench.scope, query)) == len(found)
        return {name for name, id in ids.items() if id in found}

    assert passing() == set(ids)
    assert passing(one, two) == {"none", "dead", "one", "two", "both"}
    assert passing(three) == {"none", "dead", "three", "both"}
    assert passing(one, untagged=False) == {"one", "both"}
    assert passing("nothing", untagged=False) == set()


# -- presets ------------------------------------------------------------------------------------


def test_a_preset_is_applied_as_fresh_copies_with_new_ids(bench):
    group = bench.tags.add_group("Places", color="#123456")
    bench.tags.add("Home", color="#ff0000", icon="house", group=group)
    bench.tags.add("Work", group=group)
    preset = bench.tags.preset(bench.tags.preset_from("Mine"))
    family = bench.spaces.create("Meyer", "family")
    scope = bench.spaces.scope(family)
    assert bench.tags.apply(preset["tags"], scope) == 2
    copies = {t["name"]: t for t in bench.tags.list(scope)}
    originals = {t["name"]: t for t in bench.tags.list()}
    assert copies.keys() == originals.keys() == {"Home", "Work"}
    for name, copy in copies.items():
        assert copy["id"] != originals[name]["id"]
        assert copy["color"] == originals[name]["color"]
        assert copy.get("icon") == originals[name].get("icon")
        assert copy["groupId"] not in (None, group)
    assert [g["name"] for g in bench.tags.groups(scope)] == ["Places"]
    # A frozen set: later changes of the tags do not reach it, and applying again adds nothing.
    bench.tags.change(originals["Home"]["id"], {"name": "House"})
    assert {t["name"] for t in bench.tags.preset("Mine")["tags"]} == {"Home", "Work"}
    assert bench.tags.apply(preset["tags"], scope) == 0


def test_there_is_one_default_preset(bench):
    one, two = (bench.tags.make_preset(n, [{"name": "x"}]) for n in ("One", "Two"))
    assert [p["id"] for p in bench.tags.presets() if p.get("isDefault")] == [one]
    bench.tags.change_preset(two, {"isDefault": True})
    assert [p["id"] for p in bench.tags.presets() if p.get("isDefault")] == [two]
    assert bench.tags.presets()[0]["id"] == two
    bench.history.undo(bench.scope)
    assert [p["id"] for p in bench.tags.presets() if p.get("isDefault")] == [one]
    bench.tags.delete_preset(one)
    assert [p["id"] for p in bench.tags.presets()] == [two]
    with pytest.raises(InvalidValueError):
        bench.tags.make_preset("two", [])


def test_tags_are_copied_from_the_personal_space(bench):
    bench.tags.add("Home", group=bench.tags.add_group("Places"))
    personal = bench.scope
    family = bench.spaces.scope(bench.spaces.create("Meyer", "family"))
    assert bench.tags.copy(personal, family) == 1
    (copy,) = bench.tags.list(family)
    assert copy["name"] == "Home"
    assert copy["id"] != bench.tags.list(personal)[0]["id"]
    assert bench.tags.copy(personal, family) == 0
    # Names, not ids: a tag named alike is left as it is.
    assert len(bench.tags.groups(family)) == 1
