"""Marks, tags, filters, history: each act is one step, whatever the number of rows."""

from __future__ import annotations

import pytest

from tests.journeys.conftest import SIZES, Walk, workbench

pytestmark = pytest.mark.slow


def begun(walk: Walk) -> Walk:
    with workbench(walk.manabench.home) as bench:
        quick = bench.modules["todo"].quick
        assert quick is not None
        with bench.step("fill") as step:
            for n in range(30):
                kind = "boat" if n % 5 in (1, 3) else "shed"
                step.insert("tasks", quick(f"{kind} {n:02}"))
    return walk


@pytest.mark.parametrize("walk", SIZES, indirect=True)
def test_twelve_filtered_rows_are_marked_tagged_and_undone_as_one_step(walk: Walk) -> None:
    begun(walk)
    with walk.journey("3 mark, tag, undo"):
        walk.start().wait_for("boat")
        walk.press("/").type("boat").press("enter").sees_not("shed")
        walk.press("*").sees("12 marked")
        walk.press("t").sees("a tag, or a new name").type("summer").press("enter")
        walk.sees("Tagged 12 records").on.settle()
        assert walk.on.text.count("boat") >= 12
        with workbench(walk.manabench.home) as bench:
            assert list(bench.tags.uses().values()) == [12]
        walk.press("u").sees("Undone: tag 12")
        walk.leave()
    with workbench(walk.manabench.home) as bench:
        assert bench.tags.list() == []


def test_a_tag_filter_says_what_it_hides_and_how_to_see_it(walk: Walk) -> None:
    begun(walk).start().wait_for("boat")
    walk.press("x", "x", "t").sees("a tag, or a new name").type("summer").press("enter")
    walk.sees("Tagged 2 records")
    walk.press(":").type("only tags").sees("filter by tags").press("enter")
    walk.sees("Only").sees("summer").press("enter")
    walk.sees("28 of 30 hidden by #summer")
    walk.press("v", "t").sees_not("hidden by")
    walk.leave()


def test_history_shows_old_values_and_takes_one_back(walk: Walk) -> None:
    begun(walk).start().wait_for("boat")
    walk.press("e").sees("Title:").press("ctrl+u").type("renamed").press("enter")
    walk.sees("○ renamed").press("i").sees("Title: renamed")
    walk.press("j").on.settle()
    while "renamed" in walk.cursor_row() or "Title" not in walk.cursor_row():
        walk.press("j")
    walk.press("space").sees("Taken back").press("q").sees_not("renamed")
    walk.leave()


def test_palette_finds_acts_records_and_rows(walk: Walk) -> None:
    begun(walk).start().wait_for("boat")
    walk.press(":").type("boat 18").sees("boat 18").press("enter").sees("Description")
    walk.press("q", ":").type("3").sees("Row 3").press("enter")
    assert walk.on.settle().row_of("▸") == 5  # status, tabs, heading, then the third row
    walk.press(":").type("q").press("enter")
    assert walk.on.wait_exit() == 0
