"""The run in whose name a call is made, as the gate and what stands behind it know it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from store.ai.runs.rows import Run


class RunRef(NamedTuple):
    """The run in whose name calls are made. id: the iteration's; mission: "" for a tool client;
    space: its row; cancelled: asked before each call."""

    id: str
    mission: str
    mission_title: str
    agent: str
    agent_name: str
    space: int
    cancelled: Callable[[], bool] = lambda: False


def ref(run: Run, cancelled: Callable[[], bool]) -> RunRef:
    """The reference of a run of a mission."""
    return RunRef(
        run.id, run.mission, run.mission_title, run.agent, run.agent_name, run.space, cancelled
    )
