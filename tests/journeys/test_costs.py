"""What keys cost in bytes, and that a fault of the program shows no value."""

from __future__ import annotations

import statistics
import sys
from pathlib import Path

import pytest

from tests.journeys.conftest import Walk, workbench

pytestmark = pytest.mark.slow

BROKEN = """
import tui.screens.lists as screen
def broken(self):
    secret = "marker-7f3a " + str(self.rows.cursor_item)
    raise ValueError(secret)
screen.ListsScreen.do_mark = broken
from tui.main import main
import sys
sys.argv = ["manabench"]
main()
"""


def begun(walk: Walk) -> Walk:
    with workbench(walk.manabench.home) as bench:
        quick = bench.modules["todo"].quick
        assert quick is not None
        with bench.step("fill") as step:
            for n in range(200):
                step.insert("tasks", quick(f"heron number {n:03}"))
    return walk


def test_a_character_costs_little(walk: Walk) -> None:
    begun(walk).start().wait_for("heron")
    walk.press("a").sees("new task")
    assert statistics.median(walk.cost(c) for c in "ordinary") <= 600
    walk.on.press("escape")
    walk.on.press("enter").wait_for("Description")
    walk.on.press("j", "j", "j", "j", "j", "e").settle()
    assert statistics.median(walk.cost(c) for c in "ordinary") <= 600


def test_other_keys_and_screens_stay_below_their_budgets(walk: Walk) -> None:
    begun(walk).start().wait_for("heron")
    for keys in (("x",), ("pagedown",), ("d",), ("u",), ("space",), ("*",), ("escape",)):
        assert walk.cost(*keys) <= 12 * 1024, keys
    for keys in (("enter",), ("q",), ("?",), ("q",), ("t",), ("escape",), (":",), ("escape",)):
        assert walk.cost(*keys) <= 25 * 1024, keys


def test_a_fault_of_ours_tells_its_place_and_no_value(walk: Walk, tmp_path: Path) -> None:
    begun(walk)
    script = tmp_path / "broken.py"
    script.write_text(BROKEN)
    walk.term = walk.manabench.on_terminal([sys.executable, str(script)])
    walk.sees("heron").press("a").sees("new task").type("half a word").press("escape")
    walk.sees("Kept as a draft")
    drawn = walk.on.settle().mark()
    walk.press("x")
    assert walk.on.wait_exit() == 1
    assert walk.on.unrestored() == []
    said = walk.on.raw(drawn)
    assert b"fault of its own (ValueError)" in said
    assert b"marker-7f3a" not in walk.on.raw()
    assert b"heron" not in said
    assert "broken" in (walk.manabench.home.path / "crash.txt").read_text()
    assert walk.manabench.home.find("heron", "marker-7f3a", "half a word") == []
    with workbench(walk.manabench.home) as bench:
        assert [d.text for d in bench.drafts.all()] == ["half a word"]
