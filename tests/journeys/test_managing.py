"""Spaces, tags, scenes and what waits, managed by keys alone on a real terminal."""

from __future__ import annotations

from contextlib import suppress

import pytest

from store.errors import HeldError
from tests.journeys.conftest import SMALL, Walk, workbench

pytestmark = pytest.mark.slow

CJK = "日本語の長い名前を持つ場所" * 4
WILD = "a\x1b[31mred\x07\u202e tail"


def begin(walk: Walk) -> None:
    walk.manabench("init", "--no-passphrase").ok()


def names(walk: Walk, *command: str) -> list[str]:
    return [record["name"] for record in walk.manabench(*command, "--json").data]


@pytest.mark.parametrize("walk", SMALL, indirect=True)
def test_a_second_space_is_made_used_deleted_and_brought_back(walk: Walk) -> None:
    begin(walk)
    walk.start().wait_for("Personal")
    walk.press("g", "S").sees("Spaces")
    walk.press("a").sees("New space:").type("Harbour").press("enter").sees("Type of Harbour")
    walk.type("team").press("enter").sees("Made the space")
    assert "Harbour" in walk.cursor_row()
    walk.press("enter").sees("Harbour (team)")
    walk.press("c").sees("Harbour · new task:").type("paint the crane").press("enter")
    walk.sees("○ paint the crane")
    walk.press("g", "S").sees("1 record")
    assert walk.cursor_row().startswith("▸ • Harbour")
    # From the space in view one gets to the personal one; what it held waits for undo.
    walk.press("d").sees("Deleted the space Harbour").sees_not("(team)")
    walk.press("u").sees("Undone: delete a space")
    walk.press("s").sees("Harbour").type("har").press("enter").sees("paint the crane")
    walk.leave()
    assert set(names(walk, "space", "list")) == {"Personal", "Harbour"}


def test_the_personal_space_says_why_it_stays(walk: Walk) -> None:
    begin(walk)
    walk.start().wait_for("Personal")
    walk.press("g", "S").sees("Personal  personal ")
    walk.press("d").sees("cannot be deleted")
    walk.press("t").sees("keeps its type").sees("Make another space")
    walk.leave()


def test_a_space_gets_another_name_type_and_its_context_document(walk: Walk) -> None:
    begin(walk)
    walk.manabench("tag", "add", "errand").ok()
    walk.manabench("space", "create", "Harbour", "--type", "team", "--tags", "personal").ok()
    walk.start().wait_for("Personal")
    walk.press("g", "S").sees("Harbour").press("j", "e").sees("Name:")
    walk.type(" North").press("enter").sees("now called Harbour North")
    walk.press("t").sees("Type of").type("club").press("enter").sees("a club space now")
    walk.press("m").sees("by its type").press("escape").sees("club · harbour")
    walk.press("i").sees("Name: Harbour")
    walk.press("j", "j", "j").on.settle()
    walk.press("q").sees("club · harbour")
    walk.press("u").sees("Undone").sees("team · harbour")
    walk.press("n").sees("Harbour North (team)").sees("No text yet")
    walk.leave()
    (note,) = walk.manabench("--space", "harbour", "note", "list", "--json").data
    assert note["isSpaceContext"] is True


@pytest.mark.parametrize("walk", SMALL, indirect=True)
def test_tags_merge_name_both_counts_and_come_apart_by_undo(walk: Walk) -> None:
    begin(walk)
    for task in ("one", "two", "three"):
        walk.manabench("task", "add", task).ok()
    for name in ("Errand", "errands", "chore"):
        walk.manabench("tag", "add", name).ok()
    walk.manabench("task", "tag", "one", "--tag", "Errand").ok()
    walk.manabench("task", "tag", "two", "three", "--tag", "errands").ok()

    def known() -> dict[str, int]:
        return {t["name"]: t["uses"] for t in walk.manabench("tag", "list", "--json").data}

    before = known()
    walk.start().wait_for("Personal")
    walk.press("g", "T").sees("chore")
    walk.press("j", "M").sees("errands (2 records)").sees("1 record")
    walk.type("err").press("enter").sees("2 records changed")
    assert "Errand " in walk.cursor_row()
    walk.press("u").sees("errands")
    walk.leave()
    assert known() == before


def test_marked_tags_are_grouped_painted_ordered_and_deleted_as_one_step_each(walk: Walk) -> None:
    begin(walk)
    for name in ("one", "two", "three"):
        walk.manabench("tag", "add", name).ok()
    walk.start().wait_for("Personal")
    walk.press("g", "T").sees("three")
    walk.press("x", "x").sees("2 marked")
    walk.press("m").sees("Group").type("Work").press("enter").sees("Moved 2 tags")
    walk.sees("2 tags").sees("In no group")
    walk.press("g", "g", "j", "p").sees("Colour").type("red").press("enter").sees("colour is red")
    walk.press("J").on.settle()
    assert "one" in walk.cursor_row()
    walk.press("k", "x", "x").sees("2 marked")
    walk.press("d").sees("Deleted 2 tags").press("u").sees("Undone: delete tags")
    walk.leave()
    known = {tag["name"]: tag for tag in walk.manabench("tag", "list", "--json").data}
    assert known["one"]["color"] == "#EF4444"
    assert known["one"]["groupId"] == known["two"]["groupId"]
    assert known["one"]["sortOrder"] > known["two"]["sortOrder"]
    assert known["three"].get("groupId") is None


def test_enter_on_a_tag_shows_the_records_that_bear_it(walk: Walk) -> None:
    begin(walk)
    walk.manabench("tag", "add", "errand").ok()
    walk.manabench("task", "add", "bare").ok()
    walk.manabench("note", "add", "ledger").ok()
    walk.manabench("note", "tag", "ledger", "--tag", "errand").ok()
    walk.start().wait_for("Personal")
    walk.press("g", "T").sees("errand").press("enter").sees("ledger").sees_not("bare")
    walk.leave()


def test_a_preset_is_made_applied_and_begins_new_spaces(walk: Walk) -> None:
    begin(walk)
    walk.manabench("tag", "add", "errand").ok()
    walk.manabench("space", "create", "Harbour", "--type", "team", "--tags", "none").ok()
    walk.start().wait_for("Personal")
    walk.press("g", "T").sees("errand").press("N").sees("New preset:")
    walk.type("usual").press("enter").sees("Presets:")
    assert walk.cursor_row().startswith("▸ • usual")
    walk.press("s").sees("Harbour").type("har").press("enter").sees("Harbour (team)")
    walk.press("g", "T").sees("usual").press("space").sees("Added 1 tag").sees("■ errand")
    walk.press("g", "S").sees("Spaces").press("a").type("Crew").press("enter").sees("Type of Crew")
    walk.type("club").press("enter").sees("the preset usual").press("enter").sees("1 tag came")
    walk.leave()


@pytest.mark.parametrize("walk", SMALL, indirect=True)
def test_a_scene_is_copied_gets_a_card_and_another_place(walk: Walk) -> None:
    begin(walk)
    walk.start().wait_for("Personal")
    walk.press("g", "L").sees("calendar").sees("not in this")
    walk.press("n").sees("Home copy")
    walk.press("m").sees("Card").type("con").press("enter").sees("Added the card")
    assert "Contacts" in walk.cursor_row()
    walk.press("K", "+").sees("%")
    walk.press("g", "g").on.settle()
    walk.press("J").on.settle()
    assert "Home" in walk.cursor_row()
    walk.leave()
    copy, home = walk.manabench("scene", "list", "--json").data
    assert (copy["name"], home["name"]) == ("Home copy", "Home")
    assert [c["appId"] for c in copy["openApps"]] == ["todo", "calendar", "contacts", "notes"]
    assert copy["openApps"][2]["widthPx"] == 450
    assert [c["appId"] for c in home["openApps"]] == ["todo", "calendar", "notes"]
    walk.manabench("undo", "4").ok()
    assert names(walk, "scene", "list") == ["Home", "Home copy"]


def test_a_scene_is_used_filtered_renamed_and_never_the_last_one_deleted(walk: Walk) -> None:
    begin(walk)
    walk.manabench("tag", "add", "errand").ok()
    walk.start().wait_for("Personal")
    walk.press("g", "L").sees("Home").press("d").sees("last scene of a space cannot")
    walk.press("a").sees("New scene:").type("Work").press("enter").sees("m adds cards")
    walk.press("t").sees("errand").press("enter").sees("✓ errand").press("escape").sees("#errand")
    walk.press("e").sees("Name:").type(" day").press("enter").sees("now called Work day")
    walk.press("enter").sees("Work day 2/2")
    walk.press("g", "L").sees("Scenes")
    assert walk.cursor_row().startswith("▸ • Work day")
    walk.press("d").sees("Deleted the scene").press("u").sees("Work day")
    walk.leave()
    assert names(walk, "scene", "list") == ["Home", "Work day"]


@pytest.mark.parametrize("walk", SMALL, indirect=True)
def test_what_waits_is_looked_at_accepted_or_kept(walk: Walk) -> None:
    with workbench(walk.manabench.home) as bench:
        with bench.step("fill", kind="seed") as step:
            ids = [step.insert("tasks", {"title": f"heron {n}"}) for n in range(8)]
        with suppress(HeldError), bench.step("delete") as step:
            for id in ids:
                step.delete("tasks", id)
    walk.start().wait_for("8 held")
    walk.press("g", "i").sees("heron 7")
    walk.press("enter").sees("Title").press("q").sees("heron 7")
    walk.press("r").sees("Kept 1 record").sees("7 held")
    assert "heron 1" in walk.cursor_row()
    walk.press("x", "x", "space").sees("Deleted 2 records").sees("5 held")
    walk.press("u").sees("Undone: delete what was held")
    walk.press("*", "space").sees("Deleted 5 records").sees("Nothing waits")
    walk.press("escape").on.settle()
    walk.leave()
    assert {t["title"] for t in walk.manabench("task", "list", "--json").data} == {
        "heron 0",
        "heron 1",
        "heron 2",
    }


@pytest.mark.parametrize("walk", SMALL, indirect=True)
def test_names_that_would_paint_over_the_screen_are_only_names(walk: Walk) -> None:
    with workbench(walk.manabench.home) as bench:
        group = bench.tags.add_group(WILD)
        for name in (CJK, WILD):
            bench.tags.add(name, group=group)
            bench.scenes.add(name, ["todo"])
            bench.spaces.create(name, "team")
    walk.start().wait_for("Personal")
    for keys, sign in ((("g", "T"), "Tags"), (("g", "S"), "Spaces"), (("g", "L"), "Scenes")):
        walk.press(*keys).sees(sign).sees("日本語")
        walk.sees("red")
        mark = walk.on.mark()
        walk.press("G", "k", "k", "j").on.settle()
        assert b"\x1b[31mred" not in walk.on.raw(mark)
        assert all(len(line) <= walk.cols for line in walk.on.screen)
        walk.press("q").on.settle()
    walk.leave()


def test_empty_places_say_what_belongs_there(walk: Walk) -> None:
    begin(walk)
    walk.start().wait_for("Personal")
    walk.press("g", "T").sees("Tags belong here").press("d").sees("nothing here")
    walk.press("x", "M", "J").on.settle()
    walk.press("g", "i").sees("Nothing waits for a look").press("space").sees("nothing here")
    walk.press("/").type("xyz").press("enter").sees("Nothing here holds")
    walk.press("escape").sees("Nothing waits").press("escape").on.settle()
    walk.leave()


def test_a_name_half_typed_is_offered_again(walk: Walk) -> None:
    begin(walk)
    walk.start().wait_for("Personal")
    walk.press("g", "S").sees("Spaces").press("a").sees("New space:")
    walk.type("Harb").press("escape").sees("Kept as a draft")
    walk.press("a").sees("New space:").sees("Harb").type("our").press("enter").sees("Type of Harb")
    walk.press("escape").on.settle()
    walk.press("a").sees("Harbour").press("enter").sees("Type of Harbour")
    walk.type("team").press("enter").sees("Made the space Harbour")
    walk.press("a").sees("New space:").sees_not("New space:  Harbour").press("escape")
    walk.leave()


def test_a_change_elsewhere_shows_at_once_and_the_cursor_stays_on_its_tag(walk: Walk) -> None:
    begin(walk)
    for name in ("one", "two"):
        walk.manabench("tag", "add", name).ok()
    walk.start().wait_for("Personal")
    walk.press("g", "T").sees("two").press("j").on.settle()
    assert "two" in walk.cursor_row()
    walk.manabench("tag", "delete", "one").ok()
    walk.manabench("tag", "add", "three").ok()
    walk.sees("three").sees_not(" one")
    assert "two" in walk.cursor_row()
    walk.leave()


def test_moving_the_cursor_costs_less_than_a_kilobyte(walk: Walk) -> None:
    begin(walk)
    with workbench(walk.manabench.home) as bench:
        for n in range(12):
            bench.tags.add(f"tag {n:02}")
    walk.start().wait_for("Personal")
    mark = walk.on.mark()
    walk.press("g", "T").sees("tag 11").on.settle()
    assert walk.on.bytes_since(mark) <= 25_000
    costs = []
    for _turn in range(8):
        mark = walk.on.mark()
        walk.press("j").on.settle()
        costs.append(walk.on.bytes_since(mark))
    assert sorted(costs)[4] <= 1000, costs
    walk.leave()
