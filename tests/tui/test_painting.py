"""What stands on the terminal is what the screen in view would draw, whatever was there before."""

from __future__ import annotations

import random
from itertools import chain

import pytest

from tests.harness import Manabench, Terminal

pytestmark = pytest.mark.slow

MOVES = [
    *("s enter", "s 1 enter", "s 2 enter", ": escape", "? q", "g t", "g h", "g n", "> <"),
    *("tab", "j j", "k", "G", "z", "u", "U", "space", "v s", "/ o escape", "g s o q", "enter q"),
    *("b", "f escape", "c escape", "a x enter", "s enter s enter", ": escape g t g h"),
]


def _cells(term: Terminal, rows: int) -> list[object]:
    return [term.styles(row) for row in range(rows)]


def _two_spaces(manabench: Manabench) -> None:
    manabench("init", "--no-passphrase").ok()
    manabench("space", "create", "Harbour", "--type", "team").ok()
    manabench("task", "add", "oil the lock of the boat house").ok()
    for title in ("paint the crane", "order rope"):
        manabench("--space", "harbour", "task", "add", title).ok()
    manabench("--space", "harbour", "note", "add", "Opening hours").ok()


@pytest.mark.parametrize(("cols", "rows"), [(80, 24), (110, 30)])
def test_nothing_of_a_screen_that_went_stays(manabench: Manabench, cols: int, rows: int) -> None:
    _two_spaces(manabench)
    term = manabench.terminal(cols=cols, rows=rows)
    term.wait_for("boat house").settle()
    dice = random.Random(cols)
    for _round in range(10):
        moves = dice.choices(MOVES, k=3)
        gap = dice.choice((0.002, 0.02, 0.05))
        term.press(*chain.from_iterable(move.split() for move in moves), gap=gap)
        term.settle(0.3)
        before = _cells(term, rows)
        term.press("ctrl+l").settle()
        assert before == _cells(term, rows), f"painted otherwise after {moves}"


def test_a_change_below_sends_nothing_to_the_screen_above(manabench: Manabench) -> None:
    _two_spaces(manabench)
    term = manabench.terminal()
    term.wait_for("boat house").settle()
    term.press("?").wait_for("On a row").settle(0.5)
    mark = term.mark()
    manabench("task", "add", "something new").ok()
    term.settle(0.6)
    assert term.bytes_since(mark) == 0
    term.press("q").wait_for("something new")


def test_the_line_opens_without_painting_the_whole_screen(manabench: Manabench) -> None:
    _two_spaces(manabench)
    term = manabench.terminal()
    term.wait_for("boat house").settle()
    whole = term.mark()
    term.press("ctrl+l").settle()
    whole = term.bytes_since(whole)
    mark = term.mark()
    term.press("a").wait_for("new task").settle()
    assert term.bytes_since(mark) < whole / 2
