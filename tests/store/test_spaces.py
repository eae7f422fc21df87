"""Spaces, scenes and moving: what a person makes, names, lays out and carries over."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.errors import (
    AmbiguousError,
    GuardError,
    InvalidValueError,
    LockedError,
    NotFoundError,
)
from store.moving import move
from store.queries import Query
from store.spaces import RESERVED, slug_of
from tests.store.support import content

TYPES = ("brand", "club", "family", "team", "practice")


# -- spaces -----------------------------------------------------------------------------------


def test_the_personal_space_is_there_from_the_first_start(bench):
    (personal,) = bench.spaces.list()
    assert (personal["type"], personal["slug"]) == ("personal", "personal")
    assert bench.scope.id == personal["id"] == bench.spaces.personal()
    assert bench.spaces.find("personal")["id"] == personal["id"]


@pytest.mark.parametrize("type", TYPES)
def test_a_space_has_a_type_a_name_a_slug_and_a_home_scene(bench, type):
    id = bench.spaces.create("  Family Meyer ", type)
    space = bench.spaces.find("family-meyer")
    assert (space["id"], space["name"], space["type"]) == (id, "Family Meyer", type)
    bench.enter(id)
    (scene,) = bench.scenes.list()
    assert scene["id"] == f"seed-home-{id}"
    assert [card["appId"] for card in scene["openApps"]] == ["todo", "calendar", "notes"]


def test_a_space_of_another_type_or_without_a_name_is_not_made(bench):
    for name, type in (("x", "personal"), ("x", "clan"), (" ", "team")):
        with pytest.raises(InvalidValueError):
            bench.spaces.create(name, type)
    assert len(bench.spaces.list()) == 1


def test_slugs_are_unique_and_never_reserved(bench):
    slugs = []
    for _ in range(3):
        slugs.append(bench.spaces.find(bench.spaces.create("Crew", "team"))["slug"])
    assert slugs == ["crew", "crew-2", "crew-3"]
    assert bench.spaces.find(bench.spaces.create("Admin", "team"))["slug"] not in RESERVED
    assert bench.spaces.find(bench.spaces.create("日本", "team"))["slug"]
    for slug in ("crew", "admin", "Upper", "a b", "-a", "a--b", "x" * 31):
        with pytest.raises(InvalidValueError):
            bench.spaces.create("Other", "team", slug=slug)


@given(st.text())
def test_a_slug_is_short_and_has_only_small_letters_digits_and_single_dashes(name):
    slug = slug_of(name)
    assert len(slug) <= 30
    assert set(slug) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert "--" not in slug
    assert not slug.startswith("-")


def test_renaming_and_undo(bench):
    id = bench.spaces.create("Crew", "team")
    bench.spaces.rename(id, "Team", "team-x")
    assert bench.spaces.find("team-x")["name"] == "Team"
    bench.history.undo(bench.scope)
    assert bench.spaces.find("crew")["name"] == "Crew"


def test_a_name_that_means_two_spaces_is_ambiguous(bench):
    bench.spaces.create("Crew", "team", slug="one")
    bench.spaces.create("Crew", "team", slug="two")
    with pytest.raises(AmbiguousError) as caught:
        bench.spaces.find("Crew")
    assert len(caught.value.candidates) == 2
    with pytest.raises(NotFoundError):
        bench.spaces.find("nothing")


def test_a_space_is_found_by_its_id_while_locked(bench):
    id = bench.spaces.create("Crew", "team")
    bench.vault.lock()
    assert bench.spaces.find(id)["id"] == id
    assert bench.enter(id).type == "team"
    with pytest.raises(LockedError):
        bench.spaces.create("More", "team")
    assert len(bench.spaces.list()) == 2


def test_creating_a_space_is_undone_in_the_space_it_was_made_from(bench):
    before = content(bench)
    id = bench.spaces.create("Crew", "team")
    bench.history.undo(bench.scope)
    assert content(bench) == before
    bench.history.redo(bench.scope)
    bench.enter(id)
    assert len(bench.scenes.list()) == 1


def test_a_space_has_one_context_document(bench):
    with bench.step("add") as step:
        id = step.insert("notes", {"title": "About us", "isSpaceContext": True})
        step.insert("notes", {"title": "other"})
    assert bench.spaces.context(bench.scope)["id"] == id
    assert bench.spaces.context(bench.spaces.scope(bench.spaces.create("X", "team"))) is None


# -- scenes -----------------------------------------------------------------------------------


def test_scenes_are_made_renamed_reordered_and_deleted_but_never_the_last(bench):
    home = bench.scenes.list()[0]["id"]
    one, two = bench.scenes.add("One", ["notes"]), bench.scenes.add("Two")
    assert [s["id"] for s in bench.scenes.list()] == [home, one, two]
    bench.scenes.reorder([two, home])
    assert [s["id"] for s in bench.scenes.list()] == [two, home, one]
    assert [s["order"] for s in bench.scenes.list()] == [0, 1, 2]
    bench.scenes.change(one, {"name": "Uno"})
    assert bench.scenes.find("uno")["id"] == one
    for id in (home, one):
        bench.scenes.delete(id)
    with pytest.raises(GuardError):
        bench.scenes.delete(two)
    assert [s["id"] for s in bench.scenes.list()] == [two]
    bench.history.undo(bench.scope, 2)
    assert len(bench.scenes.list()) == 3
    with pytest.raises(InvalidValueError):
        bench.scenes.add("  ")


def test_cards_are_added_moved_and_removed(bench):
    id = bench.scenes.add("Mine")

    def cards():
        return [c["appId"] for c in bench.scenes.find(id)["openApps"]]

    for card in ("todo", "notes", "contacts"):
        bench.scenes.add_card(id, card)
    bench.scenes.move_card(id, "contacts", 1)
    assert cards() == ["contacts", "todo", "notes"]
    bench.scenes.remove_card(id, "todo")
    assert cards() == ["contacts", "notes"]
    for wrong in ("notes", "nothing"):
        with pytest.raises(InvalidValueError):
            bench.scenes.add_card(id, wrong)
    with pytest.raises(NotFoundError):
        bench.scenes.remove_card(id, "todo")


def test_a_copy_of_a_scene_keeps_filter_lens_cards_and_what_nobody_knows(bench):
    id = bench.scenes.add("Mine", ["notes"])
    bench.scenes.set_filter(id, ["t1", "t2"])
    bench.scenes.change(id, {"viewingAsAgentId": "ada", "wallpaper": {"color": "red"}})
    copy = bench.scenes.find(bench.scenes.duplicate(id))
    original = bench.scenes.find(id)
    for name in ("openApps", "scopeTagIds", "viewingAsAgentId", "wallpaper"):
        assert copy[name] == original[name]
    assert copy["name"] != original["name"]
    bench.scenes.set_filter(id, [])
    assert not bench.scenes.find(id).get("scopeTagIds")
    assert bench.scenes.find(copy["id"])["scopeTagIds"] == ["t1", "t2"]


def test_the_active_scene_is_a_choice_of_this_machine_and_never_of_the_record(make):
    bench = make("home")
    two = bench.scenes.add("Two")
    before = bench.db.read('SELECT doc, meta FROM "workbenchScenes"')
    bench.scenes.use(two)
    assert bench.db.read('SELECT doc, meta FROM "workbenchScenes"') == before
    assert bench.scenes.active()["id"] == two
    bench.close()
    again = make("home")
    assert again.scenes.active()["id"] == two
    again.scenes.delete(two)
    assert again.scenes.active()["name"] == "Home"


# -- moving -----------------------------------------------------------------------------------


def test_moving_copies_with_a_new_id_relinks_and_deletes_as_one_step(bench):
    target = bench.spaces.scope(bench.spaces.create("Meyer", "family"))
    home, odd = bench.tags.add("Home"), bench.tags.add("Odd")
    with bench.step("there", scope=target) as step:
        theirs = step.insert("tags", {"name": "HOME"})
    with bench.step("add") as step:
        project = step.insert("todoProjects", {"name": "P"})
        id = step.insert(
            "tasks",
            {"title": "x", "projectId": project, "unknown": [1], "metadata": {"k": 1}},
        )
        step.insert("reminders", {"taskId": id, "minutesBefore": 10})
        for tag in (home, odd):
            bench.tags.tag(step, "tasks", [id], tag)
    new = move(bench, bench.scope, "tasks", id, target)
    copy = bench.documents.get(target, "tasks", new)
    assert new != id
    assert (copy["title"], copy["unknown"], copy.get("projectId")) == ("x", [1], None)
    assert copy["metadata"]["k"] == 1
    names = {t["id"]: t["name"] for t in bench.tags.list(target)}
    assert {names[t] for t in copy.tags} == {"HOME", "Odd"}
    assert theirs in copy.tags
    (reminder,) = bench.documents.page(target, Query("reminders"))
    assert reminder["taskId"] == new
    assert bench.documents.get(bench.scope, "tasks", id)["deletedAt"]
    assert bench.documents.page(bench.scope, Query("reminders")) == []
    assert len(bench.tags.list()) == 2


def test_moving_into_the_space_it_is_in_changes_nothing(bench):
    with bench.step("add") as step:
        id = step.insert("tasks", {"title": "x"})
    before = content(bench)
    assert move(bench, bench.scope, "tasks", id, bench.scope) == id
    assert content(bench) == before


def test_moving_while_locked_is_refused_and_changes_nothing(bench):
    target = bench.spaces.scope(bench.spaces.create("Meyer", "family"))
    with bench.step("add") as step:
        id = step.insert("tasks", {"title": "x"})
    bench.vault.lock()
    with pytest.raises(LockedError):
        move(bench, bench.scope, "tasks", id, target)
    bench.vault.unlock_quietly()
    assert bench.documents.get(bench.scope, "tasks", id).get("deletedAt") is None
    assert bench.documents.count(target, Query("tasks")) == 0


@pytest.mark.parametrize("collection", ["tasks", "notes", "contacts"])
def test_large_and_private_values_come_along(bench, collection):
    target = bench.spaces.scope(bench.spaces.create("Meyer", "family"))
    values = {"visibility": "private", "content": "long" * 1000, "x": {"deep": [None]}}
    with bench.step("add") as step:
        id = step.insert(collection, values)
    new = move(bench, bench.scope, collection, id, target)
    moved = bench.documents.get(target, collection, new)
    assert {name: moved[name] for name in values} == values
