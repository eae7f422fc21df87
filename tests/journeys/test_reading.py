"""A note is read, searched, edited where it stands; its past is looked at; boxes are ticked."""

from __future__ import annotations

import asyncio
import statistics

import pytest

from tests.journeys.conftest import SMALL, Walk, floor, workbench
from tests.screens.driving import driven
from tui.shell import warming

pytestmark = pytest.mark.slow

TEXT = "\n\n".join(
    ["# Tides", "> slack water", *(f"paragraph {n:03} of the heron book" for n in range(120))]
)
BUDGET = 12 * 1024
GAP = 0.050
"""Seconds that the loop may be away at most, on an idle machine."""


def written(walk: Walk, content: str = TEXT) -> None:
    with workbench(walk.manabench.home) as bench, bench.step("fill") as step:
        step.insert("notes", {"title": "travel", "content": content})


def reading(walk: Walk, content: str = TEXT) -> Walk:
    written(walk, content)
    walk.start().wait_for("a adds")
    walk.press("g", "n").sees("travel").press("enter")
    return walk


@pytest.mark.parametrize("walk", SMALL, indirect=True)
def test_enter_reads_and_the_text_is_folded_and_scrolled(walk: Walk) -> None:
    reading(walk).sees("slack water").sees("│ slack").sees("═════")
    mark = walk.on.mark()
    walk.press("pagedown").on.settle()
    assert walk.on.bytes_since(mark) <= BUDGET
    walk.press("pagedown").sees_not("slack water")
    walk.press("G").sees("paragraph 119").sees("100 %")
    walk.on.resize(walk.cols - 6, walk.rows - 2)
    walk.sees("paragraph 119").press("g", "g").sees("slack water")
    walk.press("q").sees("travel")
    walk.leave()


def test_words_are_found_and_the_place_is_kept_while_editing(walk: Walk) -> None:
    reading(walk).sees("slack water").press("/").type("graph 07")
    walk.sees("paragraph 070").sees("1/10").press("enter").sees("Enter: next")
    walk.press("enter").sees("2/10").press("N").sees("1/10")
    walk.press("e").on.settle()
    walk.type("seen: ").press("ctrl+s").sees("Saved").sees("seen: paragraph 070")
    walk.press("escape").sees_not("1/10")
    assert "seen: paragraph 070" in walk.on.text
    walk.press("enter").sees("▸Title").press("q").sees("seen: paragraph 070")
    walk.press("i").sees("History").sees("+ seen: paragraph 070").sees("- paragraph 070")
    walk.press("j").on.settle()
    while "paragraph 070" in walk.cursor_row() or "• " in walk.cursor_row():
        walk.press("j").on.settle()
    walk.press("space").sees("Taken back").press("q").sees_not("seen:")
    walk.leave()
    assert walk.manabench("note", "show", "travel", "--json").data["content"] == TEXT


def test_what_is_selected_is_copied_cut_and_typed_over(walk: Walk) -> None:
    reading(walk, "alpha beta\ngamma").sees("alpha beta").press("e").on.settle()
    for _ in range(5):
        walk.on.send(b"\x1b[1;2C")
    walk.press("ctrl+c").sees("5 characters")
    assert b"\x1b]52;c;YWxwaGE=" in walk.on.raw()
    walk.type("delta").sees("delta beta")
    walk.on.send(b"\x1b[1;2H")
    walk.press("ctrl+x").sees_not("delta")
    walk.press("ctrl+end", "ctrl+v").sees("gammadelta")
    cost = []
    for letter in "ordinary":
        walk.on.settle()
        mark = walk.on.mark()
        walk.type(letter)
        cost.append(walk.on.settle(quiet=0.1).bytes_since(mark))
    assert statistics.median(cost) <= 600
    walk.press("ctrl+c").sees("Saved")
    walk.leave()
    found = walk.manabench("note", "show", "travel", "--json").data["content"]
    assert found == " beta\ngammadeltaordinary"


def test_a_box_is_ticked_where_it_stands_and_the_long_text_is_a_key_away(walk: Walk) -> None:
    items = [
        {"id": str(n), "title": f"thing {n}", "isCompleted": False, "order": n} for n in range(3)
    ]
    with workbench(walk.manabench.home) as bench, bench.step("fill") as step:
        fields = bench.modules["todo"].quick("packing")
        step.insert("tasks", {**fields, "description": "# Why\n\nrain", "subtasks": items})
    walk.start().wait_for("packing")
    walk.press("enter").sees("[ ] thing 1")
    walk.press(*"jjjjjj", "j", "space").sees("[x] thing 1")
    walk.press("j", "space").sees("[x] thing 2").press("u").sees("[ ] thing 2")
    walk.press("z").sees("Why\n ═══").press("q").sees("Subtasks")
    walk.leave()
    stored = walk.manabench("task", "show", "packing", "--json").data
    assert [i["isCompleted"] for i in stored["subtasks"]] == [False, True, False]
    assert stored.get("isCompleted") is not True


@pytest.mark.parametrize("walk", [(40, 15)], indirect=True)
def test_a_hostile_note_is_only_read(walk: Walk) -> None:
    hostile = (
        "\x1b]0;owned\x07\x9b2J"
        + "[" * 9_000
        + "\n\n"
        + "> " * 500
        + "שלום 日本語 👩‍👩‍👧\n\nlast words"
    )
    reading(walk, hostile).sees("[[[[").press("G").sees("last words")
    assert walk.on.emulator.titles == [] or "owned" not in str(walk.on.emulator.titles)
    walk.leave()


async def test_a_megabyte_is_read_without_a_gap(walk: Walk) -> None:
    words = "Some **strong** words [link](https://a.example/) `code` and more."
    page = f"# Head\n\n{words}\n\n- one\n- two\n\n"
    written(walk, page * (900_000 // len(page)) + "\n\nthe last words\n")
    gaps, machine = [], await floor()
    async with driven(walk.manabench.home) as on:
        await on.press("g", "n")
        await on.sees("travel")
        await asyncio.to_thread(warming.warm)  # as two seconds after the start
        for _attempt in range(3):
            await on.pilot.resize_terminal(80, 24)
            await on.settle()
            on.heart.reset()
            await on.pilot.press("enter")
            await on.sees("strong words")
            await on.pilot.press("G")
            await on.sees("the last words")
            await on.pilot.resize_terminal(60, 20)
            await on.settle()
            await on.sees("9 %")
            await on.pilot.press("g", "g")
            await on.sees("travel")
            gaps.append(on.heart.worst)
            if gaps[-1] < max(GAP, 4 * machine):
                break  # another program may take the machine away once, not three times
            await on.press("q")
    assert min(gaps) < max(GAP, 4 * machine), (gaps, machine)
