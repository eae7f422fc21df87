"""Going away and coming back: to a list, to Home, to a space that is no more, to a locked home."""

from __future__ import annotations

import pytest

from tests.journeys.conftest import Walk, workbench

pytestmark = pytest.mark.slow


def _two_spaces(walk: Walk) -> None:
    walk.manabench("init", "--no-passphrase").ok()
    walk.manabench("space", "create", "Harbour", "--type", "team").ok()
    for title in ("paint the boat", "oil the lock", "buy rope"):
        walk.manabench("task", "add", title).ok()
    walk.manabench("--space", "harbour", "task", "add", "paint the crane").ok()


def test_a_typed_filter_and_the_home_behind_it_outlive_a_restart(walk: Walk) -> None:
    _two_spaces(walk)
    walk.manabench("note", "add", "Opening hours").ok()
    walk.start().wait_for("2 Notes 1")
    walk.press("2").sees("Opening hours")
    walk.press("g", "t").sees("Tasks/Open").press("/").type("paint").press("enter")
    walk.sees_not("buy rope").leave()
    walk.start().wait_for("paint the boat")
    walk.sees("/paint").sees_not("buy rope")
    walk.press("escape").sees("buy rope")
    walk.press("q").sees("2 Notes 1")
    assert "Opening hours" in walk.cursor_row()
    walk.leave()


def test_a_list_that_is_opened_again_still_says_how_many(walk: Walk) -> None:
    _two_spaces(walk)
    walk.start().wait_for("buy rope")
    walk.press("g", "t").sees("Tasks/Open │ 3")
    walk.press("g", "t").on.settle()
    walk.sees("Tasks/Open │ 3")
    walk.press("b").on.settle()
    walk.sees("Tasks/Open │ 3").leave()


def test_a_list_begins_at_its_first_row(walk: Walk) -> None:
    with workbench(walk.manabench.home) as bench, bench.step("fill") as step:
        for n in range(70):
            step.insert("contacts", {"firstName": f"Person {70 - n:03}"})
    walk.start().wait_for("? keys")
    walk.press("g", "c").sees("Person 001")
    assert "Person 001" in walk.cursor_row()
    walk.leave()


def test_an_unfinished_line_is_offered_in_its_space(walk: Walk) -> None:
    _two_spaces(walk)
    walk.start().wait_for("paint the boat")
    walk.press("s").type("har").press("enter").sees("paint the crane")
    walk.press("a").sees("new task").type("half a line").press("escape").sees("Kept as a draft")
    walk.press("s").type("per").press("enter").sees("paint the boat")
    walk.on.settle()
    walk.sees_not("Unfinished").leave()
    walk.start().wait_for("in Harbour: s leads there")
    walk.press("j").sees_not("Unfinished")
    walk.press("s").type("har").press("enter").sees("a goes on with it")
    walk.press("a").sees("half a line").press("escape").leave()


def test_a_space_that_another_process_deleted_is_left_with_words(walk: Walk) -> None:
    _two_spaces(walk)
    walk.start().wait_for("paint the boat")
    walk.press("s").type("har").press("enter").sees("paint the crane")
    with workbench(walk.manabench.home) as bench:
        space = bench.spaces.find("harbour")
        bench.spaces.delete(space["id"])
    walk.sees("Harbour was deleted").sees("paint the boat").sees_not("crane")
    walk.press("a").sees("new task").type("one more").press("enter").sees("○ one more")
    walk.leave()


def test_the_lock_screen_says_which_home_and_who_keeps_the_key(walk: Walk) -> None:
    _two_spaces(walk)
    walk.start().wait_for("paint the boat")
    walk.press("L").sees("Locked").sees(str(walk.manabench.home.path)).sees("asked")
    walk.press("enter", "a").sees("new task").type("x").press("enter").sees("○ x")
    walk.leave()


def test_what_is_typed_while_the_home_is_made_is_kept(walk: Walk) -> None:
    walk.start().wait_for("begin; this machine")
    walk.on.press("enter", gap=0).press("a", gap=0.05)
    walk.on.type("buy milk", gap=0.03).press("enter")
    walk.sees("○ buy milk").leave()


def test_while_a_note_is_typed_the_keys_of_typing_are_shown(walk: Walk) -> None:
    walk.manabench("init", "--no-passphrase").ok()
    walk.manabench("note", "add", "Opening hours").ok()
    walk.start().wait_for("2 Notes 1")
    walk.press("g", "n").sees("Opening hours").press("enter").sees("e edit")
    walk.press("e").sees("Esc keep").sees_not("e edit")
    walk.type("from nine").press("escape").sees("from nine").sees("Saved")
    walk.press("q").sees("Opening hours").press("q").leave()
