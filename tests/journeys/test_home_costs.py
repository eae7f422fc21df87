"""What a key on Home costs in bytes, and how soon its first frame has real rows."""

from __future__ import annotations

import statistics

import pytest

from tests.journeys.conftest import Walk
from tests.journeys.test_home import filled

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("walk", [(120, 36)], indirect=True)
def test_another_card_beside_costs_a_kilobyte_at_most(walk: Walk) -> None:
    filled(walk).start().wait_for("heron 29").wait_for("Notes 4")
    walk.press(">").sees("Ada Brook").on.settle(quiet=0.5)
    costs = {key: walk.cost(key) for key in ("tab", "shift+tab", "3", "1", "l", "h")}
    assert max(costs.values()) <= 1024, costs


@pytest.mark.parametrize("walk", [(80, 24)], indirect=True)
def test_below_a_card_costs_what_its_rows_need(walk: Walk) -> None:
    filled(walk).start().wait_for("heron").wait_for("Notes 4")
    walk.on.settle(quiet=0.5)
    # Twenty rows go and five come, or the other way round.
    costs = {key: walk.cost(key) for key in ("2", "1", "tab", "shift+tab")}
    assert max(costs.values()) <= 2048, costs
    assert statistics.median(walk.cost("j") for _ in range(12)) <= 1024


@pytest.mark.parametrize("walk", [(80, 24)], indirect=True)
def test_scenes_lists_and_home_cost_what_a_key_may(walk: Walk) -> None:
    filled(walk).start().wait_for("heron").wait_for("Notes 4")
    walk.on.settle(quiet=0.5)
    # A machine with much to do paints what is half read too; the best of a few is the key's cost.
    costs: dict[str, list[int]] = {}
    for _ in range(4):
        for keys in (">", "<", "z", "z", "g t", "q"):
            costs.setdefault(keys, []).append(walk.cost(*keys.split()))
    assert max(min(found) for found in costs.values()) <= 12 * 1024, costs


@pytest.mark.parametrize("walk", [(80, 24), (120, 36)], indirect=True)
def test_the_first_frame_is_home_with_real_rows(walk: Walk) -> None:
    filled(walk).start().wait_for("heron").settle()
    first = walk.on.first(lambda shown: "Tasks" in shown)
    rows = walk.on.first(lambda shown: shown.count("heron") >= 10)
    assert first is not None
    assert rows is not None
    assert rows.at - first.at < 0.02
