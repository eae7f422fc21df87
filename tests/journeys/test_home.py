"""Home: the cards of the active scene, by keys, at every size."""

from __future__ import annotations

import pytest

from tests.journeys.conftest import Walk, workbench

pytestmark = pytest.mark.slow

WIDE = (120, 36)
NARROW = [(80, 24), (60, 20), (40, 15)]


def filled(walk: Walk) -> Walk:
    """Thirty tasks, four notes, a person; a second scene with all of them and a card of a module
    that does not exist, whose tasks are filtered by a tag."""
    with workbench(walk.manabench.home) as bench:
        todo, notes, contacts = (bench.modules[m].quick for m in ("todo", "notes", "contacts"))
        assert todo is not None
        assert notes is not None
        assert contacts is not None
        with bench.step("fill") as step:
            made = [step.insert("tasks", todo(f"heron {n:02}")) for n in reversed(range(30))][::-1]
            for n in range(4):
                step.insert("notes", notes(f"ledger {n}"))
            step.insert("contacts", contacts("Ada Brook"))
            family = bench.tags.add("family", step=step)
            work = bench.tags.add("work", step=step)
            bench.tags.tag(step, "tasks", made[:2], family)
            bench.tags.tag(step, "tasks", made[2:5], work)
        scene = bench.scenes.add("Study", ["todo", "notes", "contacts"])
        bench.scenes.set_filter(scene, [family])
        cards = [{"appId": "orrery", "widthPx": 300}, *bench.scenes.find(scene)["openApps"]]
        bench.scenes.change(scene, {"openApps": cards})
        bench.scenes.add("Bare", [])
    return walk


@pytest.mark.parametrize("walk", [WIDE], indirect=True)
def test_from_a_hundred_columns_cards_stand_side_by_side(walk: Walk) -> None:
    filled(walk).start().wait_for("heron 29").wait_for("ledger 3")
    walk.sees("1 Tasks 30 [Open]").sees("2 Notes 4")
    walk.press("tab").on.settle()
    assert next(line for line in walk.on.screen if "▸" in line).split("▸")[1].split()[0] == "ledger"
    walk.press("e").sees("Title:").press("escape", "1").on.settle()
    assert "heron" in walk.cursor_row()
    walk.leave()


@pytest.mark.parametrize("walk", NARROW, indirect=True)
def test_below_one_card_is_open_and_the_others_are_titles_with_counts(walk: Walk) -> None:
    filled(walk).start().wait_for("1 Tasks 30").wait_for("2 Notes 4")
    assert "ledger" not in walk.on.text
    walk.press("2").sees("ledger 3").sees("1 Tasks 30").sees_not("heron")
    walk.press("j").press("h").sees("heron").sees_not("ledger")
    walk.press("l").sees("ledger 3").press("shift+tab").sees("heron")
    walk.press("7").sees("This scene has no card 7")
    if walk.cols <= 40:
        assert b"\x1b[38" not in walk.on.raw()
    walk.leave()


@pytest.mark.parametrize("walk", [WIDE, *NARROW], indirect=True)
def test_every_act_of_a_list_works_on_a_card(walk: Walk) -> None:
    filled(walk).start().wait_for("Tasks 30").wait_for("Notes 4")
    walk.press("space").sees("1 task done").press("u").sees("Undone")
    walk.press("/").type("heron 1").press("enter").sees("/heron 1").sees_not("heron 2 ")
    walk.sees("Tasks 12")
    walk.press("x", "x").sees("2 marked").press("d").sees("Deleted 2 records")
    walk.press("escape").sees("28")
    walk.press("2").sees("ledger").press("a").sees("new note")
    walk.type("tide table").press("enter").sees("Notes 5").sees("tide table")
    walk.press("d").sees("Deleted 1 record").press("1").sees("heron")
    # What undo brings back is where one looks next, in whichever card.
    walk.press("u").sees("tide table").on.settle()
    assert "tide table" in next(line for line in walk.on.screen if "▸" in line)
    walk.press("enter").sees_not("Tasks").sees("tide table").press("q").sees("Tasks 28")
    walk.leave()


@pytest.mark.parametrize("walk", [WIDE, *NARROW], indirect=True)
def test_a_scene_is_filtered_by_its_tags_and_says_what_that_hides(walk: Walk) -> None:
    filled(walk).start().wait_for("heron 29")
    # A record without any tag passes; one with other tags only does not.
    walk.press(">").sees("3 of 30 hidden by").sees("v t shows all").sees("1 Tasks 27")
    walk.press("v", "t").sees("1 Tasks 30").sees_not("hidden by")
    walk.press("v", "t").sees("3 of 30 hidden by").sees("1 Tasks 27")
    # The module that does not exist has no card; the others are numbered without it.
    walk.press("3").sees("Ada Brook").sees("0 of 1 hidden")
    assert "orrery" not in walk.on.text
    walk.leave()
    with workbench(walk.manabench.home) as bench:
        scene = bench.scenes.find("Study")
        assert scene["openApps"][0] == {"appId": "orrery", "widthPx": 300}
        active = bench.scenes.active()
        assert active is not None
        assert active["id"] == scene["id"]


@pytest.mark.parametrize("walk", [(80, 24), (60, 20)], indirect=True)
def test_scenes_are_reached_by_number_and_by_neighbour_and_may_be_empty(walk: Walk) -> None:
    filled(walk).start().wait_for("heron 29")
    walk.press("g", "3").sees("Bare 3/3").sees("No card stands in this scene")
    walk.press("j", "space", "x", "a", "tab", "2", "z")
    walk.press("c").sees("new task").type("from nowhere").press("enter").sees("Added to")
    walk.press("?").sees("Everywhere").press("escape")
    walk.press(">").sees("Home 1/3").sees("heron").press("b").sees("Bare 3/3")
    walk.press("<").sees("Study 2/3").press("g", "9").sees("no such scene")
    walk.press("g", "t").sees("Tasks/Open").press("q").sees("Study 2/3")
    walk.press("b").sees("Tasks/Open").press("g", "h").sees("Study 2/3")
    walk.press("q")
    assert walk.on.wait_exit() == 0


@pytest.mark.parametrize("walk", [WIDE, (80, 24)], indirect=True)
def test_one_card_alone_and_escape_still_does_what_it_does(walk: Walk) -> None:
    filled(walk).start().wait_for("heron 29").wait_for("Notes 4")
    walk.press("z").sees_not("Notes 4")
    walk.press("x").sees("1 marked").press("escape").sees_not("1 marked")
    walk.press("/").type("heron 07").press("enter").sees_not("heron 11")
    walk.press("escape").sees_not("/heron 07")
    shown = walk.on.settle().text
    assert shown.count("heron") > 10  # the cursor stays on its record, so which ones is open
    assert "Notes 4" not in shown
    walk.press("2").sees("ledger").sees_not("heron")
    walk.press("z").sees("Tasks 30")
    walk.leave()


@pytest.mark.parametrize("walk", [WIDE, (80, 24), (40, 15)], indirect=True)
def test_a_later_start_stands_where_one_left(walk: Walk) -> None:
    filled(walk).start().wait_for("1 Tasks 30")
    walk.press(">").sees("3 of 30 hidden").press("2").sees("ledger").press("j", "j").on.settle()
    cursor = next(line for line in walk.on.screen if "▸" in line).split("▸")[1].split()[:2]
    walk.leave()
    walk.start().wait_for("3 Contacts 1").wait_for("ledger")
    walk.on.settle()
    now = next(line for line in walk.on.screen if "▸" in line).split("▸")[1].split()[:2]
    assert now == cursor
    walk.press("g", "c").sees("Ada Brook").sees("Contacts [All]")
    walk.leave()
    walk.start().wait_for("Ada Brook").wait_for("Contacts [All]")
    walk.press("q").sees("3 Contacts 1")
    walk.leave()


def test_an_empty_card_is_one_line_that_says_what_belongs_there(walk: Walk) -> None:
    walk.manabench("init", "--no-passphrase").ok()
    walk.start().wait_for("Tasks belong here").wait_for("a adds")
    walk.sees("2 Notes 0")
    walk.leave()


def test_a_scene_changed_elsewhere_is_drawn_anew_and_the_cursor_stays(walk: Walk) -> None:
    filled(walk).start().wait_for("heron 29").wait_for("Notes 4")
    walk.press("j", "j").on.settle()
    before = walk.cursor_row()
    walk.manabench("scene", "card", "add", "contacts", "--scene", "Home").ok()
    walk.sees("3 Contacts 1")
    assert walk.cursor_row() == before
    walk.manabench("scene", "rename", "Home", "Hearth").ok()
    walk.sees("Hearth 1/3")
    walk.manabench("scene", "card", "remove", "todo", "--scene", "Hearth").ok()
    walk.sees_not("heron").sees("1 Notes 4")
    walk.leave()


def test_each_space_has_its_own_last_scene(walk: Walk) -> None:
    filled(walk)
    walk.manabench("space", "create", "Harbour", "--type", "team").ok()
    walk.start().wait_for("heron 29")
    walk.press(">").sees("Study 2/3")
    walk.press("s").sees("Harbour").type("har").press("enter").sees("Harbour (team)")
    walk.sees("Tasks belong here").sees_not("Study")
    walk.press("s").sees("Personal").type("pers").press("enter").sees("Study 2/3")
    walk.press("b").sees("Harbour (team)")
    walk.leave()
    walk.start().wait_for("Harbour (team)")
    walk.press("s").sees("Personal").type("pers").press("enter").sees("Study 2/3")
    walk.leave()
