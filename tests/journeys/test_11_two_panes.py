"""Two panes on one home: what is done in one shows in the other, whose cursor stays where it is."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.harness import Manabench
from tests.journeys.conftest import Walk, workbench

pytestmark = pytest.mark.slow

SOON = 0.150
"""Seconds from the key in one pane to the text in the other."""

TRIES = 6


def floor(path: Path) -> float:
    """Seconds that a disk with much to do adds to one commit, measured as a write and its sync."""
    import os

    start = time.perf_counter()
    with path.open("wb") as file:
        file.write(b"x" * 8192)
        file.flush()
        os.fsync(file.fileno())
    return time.perf_counter() - start


def panes(manabench: Manabench) -> tuple[Walk, Walk]:
    with workbench(manabench.home) as bench:
        quick = bench.modules["todo"].quick
        assert quick is not None
        for n in range(12):
            with bench.step("fill") as step:
                step.insert("tasks", quick(f"heron {n:02}"))
    return Walk(manabench), Walk(manabench)


def opened(*panes: Walk) -> None:
    for pane in panes:
        pane.start().wait_for("heron 11").wait_for("Tasks 12")
        pane.on.settle(quiet=0.5)


def test_an_edit_in_one_pane_shows_in_the_other_at_once(
    manabench: Manabench, tmp_path: Path
) -> None:
    one, two = panes(manabench)
    with one.journey("11 two panes"), two.journey("11 two panes"):
        opened(one, two)
        two.press("j", "j", "j").on.settle()
        cursor = two.cursor_row()
        took, disk = [], []
        for n in range(TRIES):
            disk.append(floor(tmp_path / "sync"))
            one.press("e").sees("Title:").press("ctrl+u").type(f"egret {n}").on.settle()
            before = time.perf_counter()
            one.on.send(b"\r")
            two.on.wait_for(f"egret {n}", limit=5)
            took.append(time.perf_counter() - before)
            assert two.cursor_row() == cursor
        one.leave()
        two.leave()
    assert min(took) <= SOON + 3 * min(disk), took
    tasks = manabench("task", "list", "--json").data
    assert f"egret {TRIES - 1}" in {task["title"] for task in tasks}


def test_the_cursor_stays_on_its_record_while_rows_come_and_go(manabench: Manabench) -> None:
    one, two = panes(manabench)
    opened(one, two)
    two.press("j", "j", "j", "j").on.settle()
    cursor = two.cursor_row()
    one.press("a").sees("new task").type("bittern").press("enter").sees("○ bittern")
    two.sees("bittern").sees("Tasks 13")
    assert two.cursor_row() == cursor
    one.press("g", "g", "d").sees("Deleted 1 record")
    two.sees("Tasks 12")
    assert two.cursor_row() == cursor
    # What each pane looks at is its own: another scene, module or space here moves nothing there.
    one.press("g", "n").sees("Notes belong here")
    one.press("q").sees("Tasks 12").press("2").sees("Notes belong here")
    two.on.settle()
    assert two.cursor_row() == cursor
    one.leave()
    two.leave()
