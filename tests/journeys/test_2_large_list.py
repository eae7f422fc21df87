"""Three tasks done in a list of a hundred thousand, and what a key costs there."""

from __future__ import annotations

import re
import statistics
import time

import pytest

from store.queries import Query
from tests.harness import keys
from tests.harness.program import Manabench
from tests.journeys.conftest import SMALL, Walk, workbench

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("size", SMALL)
def test_three_tasks_are_done_with_six_keys(large: Manabench, size: tuple[int, int]) -> None:
    walk = Walk(large, *size)
    with walk.journey("2 three done of 100,000"):
        walk.start().wait_for(lambda shown: shown.count("a thing to do") > 3)
        titles = re.findall(r"(\d{6}) a thing", walk.on.text)[:3]
        walk.press("space").sees("1 task done")
        walk.press("j", "space").on.settle()
        walk.press("j", "space").on.settle()
        walk.on.wait_for(lambda shown: shown.count("✓") == 3)
        walk.leave()
    with workbench(large.home) as bench:
        page = bench.documents.page(bench.scope, Query("tasks", filters=("completed",)))
        assert sorted(task["title"][:6] for task in page) == titles


def test_a_row_down_stays_below_its_bytes(large: Manabench) -> None:
    walk = Walk(large)
    walk.start().wait_for("a thing to do")
    walk.on.wait_for("100,000")
    costs = []
    for _ in range(60):
        mark = walk.on.mark()
        walk.on.press("j").settle(quiet=0.08)
        costs.append(walk.on.bytes_since(mark))
    assert statistics.median(costs) <= 1024
    assert statistics.mean(costs) <= 2048


def test_nothing_is_written_while_nobody_types(large: Manabench) -> None:
    walk = Walk(large)
    walk.start().wait_for("100,000")
    walk.on.settle(quiet=1.5)
    mark = walk.on.mark()
    time.sleep(3)
    walk.on.send(keys.mouse(35, 10, 10)).settle()
    assert walk.on.bytes_since(mark) == 0
