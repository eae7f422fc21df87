"""What is done to spaces, tags, scenes and held deletions: one step each, and nothing gets lost."""

from __future__ import annotations

import pytest

from store import allowlist
from store.colors import COLORS, color_name, color_of
from store.errors import GuardError, HeldError, InvalidValueError, NotFoundError
from store.purge import purge_records
from store.queries import Query
from tests.store.acts import add_to as add
from tests.store.acts import tag, tags_of
from tests.store.support import content


@pytest.fixture
def strict(monkeypatch):
    """Family spaces know no contacts, practices no notes."""
    table = dict(allowlist.MODULES)
    table["family"] = table["family"] - {"contacts"}
    table["practice"] = table["practice"] - {"notes"}
    monkeypatch.setattr(allowlist, "MODULES", table)


# -- spaces -----------------------------------------------------------------------------------


def test_a_space_of_another_type_keeps_what_it_holds_in_reach(bench, strict):
    team = bench.spaces.create("Crew", "team")
    scope = bench.spaces.scope(team)
    with bench.step("add", scope=scope) as step:
        ada = step.insert("contacts", {"firstName": "Ada"})
    before = content(bench)
    assert bench.spaces.retype(team, "family") == ["contacts"]
    scope = bench.spaces.scope(team)
    assert (scope.type, scope.extra) == ("family", {"contacts"})
    assert bench.documents.get(scope, "contacts", ada)["firstName"] == "Ada"
    bench.history.undo(bench.scope)
    assert content(bench) == before
    assert bench.spaces.scope(team).type == "team"


def test_deleted_records_count_too_for_they_may_come_back(bench, strict):
    team = bench.spaces.create("Crew", "team")
    with bench.step("add", scope=bench.spaces.scope(team)) as step:
        note = step.insert("notes", {"title": "x"})
    with bench.step("delete", scope=bench.spaces.scope(team)) as step:
        step.delete("notes", note)
    assert bench.spaces.retype(team, "practice") == ["notes"]


def test_a_type_takes_only_what_the_space_never_used(bench, strict):
    team = bench.spaces.create("Crew", "team")
    assert bench.spaces.retype(team, "family") == []
    assert not bench.spaces.scope(team).allows("contacts")


def test_what_was_allowed_by_hand_stays_so_in_another_type(bench, strict):
    family = bench.spaces.create("Meyer", "family")
    bench.spaces.widen(family, "contacts")
    assert bench.spaces.retype(family, "practice") == []
    assert bench.spaces.scope(family).extra == {"contacts"}
    assert bench.spaces.retype(family, "family") == []
    assert bench.spaces.scope(family).allows("contacts")


@pytest.mark.parametrize("type", ["personal", "clan", ""])
def test_no_space_becomes_personal_or_of_an_unknown_type(bench, type):
    team = bench.spaces.create("Crew", "team")
    with pytest.raises(InvalidValueError):
        bench.spaces.retype(team, type)
    assert bench.spaces.scope(team).type == "team"


def test_the_personal_space_keeps_its_type(bench):
    with pytest.raises(GuardError) as caught:
        bench.spaces.retype(bench.spaces.personal(), "team")
    assert caught.value.hint
    assert bench.scope.type == "personal"


def test_the_scope_in_view_follows_what_its_space_allows_through_undo_too(bench, strict):
    family = bench.spaces.create("Meyer", "family")
    bench.enter(family)
    assert not bench.scope.allows("contacts")
    bench.spaces.widen(family, "contacts")
    assert bench.scope.allows("contacts")
    bench.history.undo(bench.scope)
    assert not bench.scope.allows("contacts")
    bench.spaces.retype(family, "practice")
    assert bench.scope.type == "practice"
    bench.history.undo(bench.scope)
    assert bench.scope.type == "family"


def test_a_space_and_the_tags_it_begins_with_are_one_step(bench):
    work = bench.tags.add_group("Work")
    bench.tags.add("sales", group=work, color="#112233")
    before = content(bench)
    id = bench.spaces.create("Crew", "team", tags=bench.tags.source("personal"))
    scope = bench.spaces.scope(id)
    (copy,) = bench.tags.list(scope)
    assert (copy["name"], copy["color"]) == ("sales", "#112233")
    assert bench.tags.groups(scope)[0]["name"] == "Work"
    bench.history.undo(bench.scope)
    assert content(bench) == before


def test_where_tags_of_a_new_space_come_from(bench):
    assert bench.tags.source("") == bench.tags.source("none") == []
    bench.tags.add("mine")
    bench.tags.make_preset("usual", [{"name": "x"}, "rubbish", {"color": "#000000"}])
    assert [t["name"] for t in bench.tags.source("")] == ["x"]
    assert [t["name"] for t in bench.tags.source("usual")] == ["x"]
    assert [t["name"] for t in bench.tags.source("personal")] == ["mine"]
    assert bench.tags.source("none") == []
    with pytest.raises(NotFoundError):
        bench.tags.source("nothing")


def test_a_context_document_is_made_once_and_where_it_belongs(bench):
    crew = bench.spaces.create("Crew", "team")
    note = bench.spaces.make_context(crew)
    assert bench.spaces.make_context(crew) == note
    scope = bench.spaces.scope(crew)
    assert bench.documents.get(scope, "notes", note)["title"] == "Crew"
    assert bench.spaces.context(bench.scope) is None
    bench.history.undo(scope)
    assert bench.spaces.context(scope) is None


# -- scenes -----------------------------------------------------------------------------------


def names(bench):
    return [scene["name"] for scene in bench.scenes.list()]


def test_a_scene_moves_to_a_place_and_back_by_undo(bench):
    for name in ("One", "Two", "Three"):
        bench.scenes.add(name)
    last = bench.scenes.find("Three")["id"]
    bench.scenes.move(last, 1)
    assert names(bench) == ["Three", "Home", "One", "Two"]
    bench.scenes.move(last, 99)
    assert names(bench) == ["Home", "One", "Two", "Three"]
    bench.history.undo(bench.scope)
    assert names(bench) == ["Three", "Home", "One", "Two"]
    with pytest.raises(NotFoundError):
        bench.scenes.move("nothing", 1)


def test_the_width_of_a_card_changes_nothing_else_of_it(bench):
    id = bench.scenes.add("Mine", ["todo", "calendar"])
    cards = [{"appId": "todo"}, {"appId": "calendar", "maximized": True, "tint": "x"}]
    bench.scenes.change(id, {"openApps": cards})
    bench.scenes.set_width(id, "calendar", 320)
    assert bench.scenes.find(id)["openApps"] == [cards[0], {**cards[1], "widthPx": 320}]
    bench.scenes.set_width(id, "calendar", 0)
    assert bench.scenes.find(id)["openApps"] == cards
    with pytest.raises(NotFoundError):
        bench.scenes.set_width(id, "nothing", 1)


# -- tags -------------------------------------------------------------------------------------


def test_several_tags_merge_into_one_as_one_step(bench):
    one, two, three = (bench.tags.add(n) for n in ("One", "Two", "Three"))
    task, note = add(bench), add(bench, "notes")
    tag(bench, "tasks", task, one)
    tag(bench, "notes", note, two)
    before = content(bench)
    assert bench.tags.merge_all([one, two], three) == 2
    assert tags_of(bench, "tasks", task) == tags_of(bench, "notes", note) == {three}
    assert [t["id"] for t in bench.tags.list()] == [three]
    bench.history.undo(bench.scope)
    assert content(bench) == before


def test_a_merge_into_one_of_the_merged_changes_nothing(bench):
    one, two = bench.tags.add("One"), bench.tags.add("Two")
    before = content(bench)
    with pytest.raises(InvalidValueError):
        bench.tags.merge_all([one, two], two)
    assert content(bench) == before


def test_tags_and_groups_are_put_in_order(bench):
    ids = [bench.tags.add(n) for n in "abcd"]
    bench.tags.put_in_order([ids[2], ids[0], "nobody", ids[2]])
    assert [t["name"] for t in bench.tags.list()] == ["c", "a", "b", "d"]
    bench.tags.move(ids[3], 2)
    assert [t["name"] for t in bench.tags.list()] == ["c", "d", "a", "b"]
    groups = [bench.tags.add_group(n) for n in "xy"]
    bench.tags.put_in_order(reversed(groups), "tagGroups")
    assert [g["name"] for g in bench.tags.groups()] == ["y", "x"]
    bench.history.undo(bench.scope)
    assert [g["name"] for g in bench.tags.groups()] == ["x", "y"]


def test_many_tags_chosen_by_hand_are_deleted_at_once_and_come_back_with_their_bearers(bench):
    ids = [bench.tags.add(str(n)) for n in range(12)]
    task = add(bench)
    tag(bench, "tasks", task, ids[0])
    bench.tags.delete_all(ids)
    assert bench.tags.list() == []
    assert bench.held.count(bench.scope) == 0
    bench.history.undo(bench.scope)
    assert len(bench.tags.list()) == 12
    assert tags_of(bench, "tasks", task) == {ids[0]}


def test_bearers_are_counted_by_collection_without_the_untagged(bench):
    one, two = bench.tags.add("One"), bench.tags.add("Two")
    tasks = [add(bench) for _ in range(3)]
    for id in tasks[:2]:
        tag(bench, "tasks", id, one)
    tag(bench, "notes", add(bench, "notes"), two)
    assert bench.tags.bearers([one]) == {"tasks": 2}
    assert bench.tags.bearers([one, two]) == {"tasks": 2, "notes": 1}
    assert bench.tags.bearers([bench.tags.add("Three")]) == {}


def test_two_presets_never_get_the_same_name(bench):
    one, _two = (bench.tags.make_preset(n, [{"name": "x"}]) for n in ("One", "Two"))
    with pytest.raises(InvalidValueError):
        bench.tags.change_preset(one, {"name": "two"})
    bench.tags.change_preset(one, {"name": "ONE"})


def test_colours_are_known_by_name_and_by_digits():
    assert color_of("Red") == COLORS["red"]
    assert color_of("#A1b2C3") == color_of("A1b2C3") == "#A1b2C3"
    assert color_of(" ") == ""
    assert color_name(COLORS["red"].lower()) == "red"
    assert color_name("#a1b2c3") == "#a1b2c3"
    for wrong in (None, 7, "red", "#12", "#zzzzzz"):
        assert color_name(wrong) == ""
    for wrong in ("#12", "reddish", "#12345g"):
        with pytest.raises(InvalidValueError):
            color_of(wrong)


# -- held deletions ---------------------------------------------------------------------------


@pytest.fixture
def waiting(bench):
    """Eight of ten tasks wait to be deleted."""
    with bench.step("fill", kind="seed") as step:
        ids = [step.insert("tasks", {"title": str(n)}) for n in range(10)]

    def delete():
        with bench.step("delete") as step:
            for id in ids[:8]:
                step.delete("tasks", id)

    with pytest.raises(HeldError):
        delete()
    return bench.held.list(bench.scope)


def live(bench):
    return bench.documents.count(bench.scope, Query("tasks"))


def test_some_of_what_waits_is_accepted_as_one_step(bench, waiting):
    assert bench.held.accept(bench.scope, [w.n for w in waiting[:3]]) == 3
    assert (live(bench), bench.held.count(bench.scope)) == (7, 5)
    bench.history.undo(bench.scope)
    assert live(bench) == 10
    assert [w.title for w in bench.held.list(bench.scope)] == ["3", "4", "5", "6", "7"]


def test_some_of_what_waits_is_refused_and_stays(bench, waiting):
    before = content(bench)
    assert bench.held.refuse(bench.scope, [waiting[0].n, 999]) == 1
    assert content(bench) == before
    assert [w.title for w in bench.held.list(bench.scope)] == list("1234567")


def test_whoever_watches_hears_of_what_waits(bench, waiting):
    heard = []
    bench.db.subscribe(lambda changes: heard.append(set(changes)))
    bench.held.refuse(bench.scope, [waiting[0].n])
    bench.held.accept(bench.scope)
    key = ("held", bench.scope.id)
    assert all(key in changes for changes in heard)
    assert len(heard) == 2


def test_what_was_purged_meanwhile_waits_no_more(bench, waiting):
    purge_records(bench, bench.scope, "tasks", [waiting[0].id])
    assert len(bench.held.list(bench.scope)) == 7
    assert bench.held.accept(bench.scope) == 7
    assert bench.held.count(bench.scope) == 0
