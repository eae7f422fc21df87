"""Missions run while the workbench is open, beside the screen, and in one pane of two."""

from __future__ import annotations

import pytest

from store.ai.runs import iterations, rows
from tests.ai.runs.support import ADD, AUTO, agent, every, mission, tasks
from tests.journeys.conftest import workbench

pytestmark = pytest.mark.slow


def filled(home):
    """A home with a mission that is due; its id."""
    with workbench(home) as bench:
        id = mission(bench, ADD, agent=agent(bench, policy=AUTO), cadence=every(5))
        iterations.note(bench, bench.scope, id, {"nextRunAt": "2020-01-01T00:00:00.000Z"})
    return id


def test_a_due_mission_runs_once_though_two_panes_are_open(manabench):
    id = filled(manabench.home)
    panes = [manabench.terminal(), manabench.terminal()]
    for pane in panes:
        pane.wait_for("Water the plants")
    with workbench(manabench.home) as bench:
        (run,) = rows.of_mission(bench, id)
        assert run.state == "approved"
        assert tasks(bench) == ["Water the plants"]
        # and what is made while they are open is noticed
        more = {**ADD, "arguments": {"title": "Feed the cat"}}
        new = mission(bench, more, agent=agent(bench, "Ben"), cadence=every(5))
        iterations.note(bench, bench.scope, new, {"nextRunAt": "2020-01-01T00:00:00.000Z"})
        for pane in panes:
            pane.wait_for("1 proposal")
            pane.press("q")
            assert pane.wait_exit() == 0
        (run,) = rows.of_mission(bench, new)
        assert run.state == "awaiting-review"
