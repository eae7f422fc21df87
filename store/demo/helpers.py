"""The demo's agents and missions: one of each kind, as somebody set them up some days ago.

Nothing of them is due when the demo opens, and none of them has a model: the script runs as it is.
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from store.stamps import instant

if TYPE_CHECKING:
    from store.workbench import Workbench

_NAMESPACE = uuid.UUID("5a9d3c0e-6f4b-5d7e-8a21-2f0c7b9d4e61")
"""Of the ids, so that the demo is the same each time."""

_PLANNER: dict[str, Any] = {
    "name": "Hedda",
    "avatar": "\N{ROBOT FACE}",
    "role": "Keeps the week in order",
    "systemPrompt": (
        "You keep a household's week in order. Be brief. Suggest three things at most, and say "
        "for each why it is today's."
    ),
    "memory": (
        "- Mornings are for studio work, errands after four.\n"
        "- The allotment cannot wait when it is dry.\n"
    ),
    "maxTokensPerDay": 40_000,
}
_CLERK: dict[str, Any] = {
    "name": "Ludo",
    "avatar": "\N{MEMO}",
    "role": "Turns notes into tasks",
    "systemPrompt": "You read notes and write down what somebody promised, as tasks.",
    "maxTokensPerDay": 20_000,
}
_SCRIPT = [
    {
        "tool": "create_task",
        "arguments": {"title": "Plan the week", "dueDate": "monday", "priority": "high"},
        "rationale": "Monday starts with a plan.",
    },
    {
        "tool": "create_task",
        "arguments": {"title": "Water the allotment", "dueDate": "wednesday"},
        "rationale": "Midweek is when it is forgotten.",
    },
]


def _id(name: str) -> str:
    return str(uuid.uuid5(_NAMESPACE, name))


def set_up(bench: Workbench, now: datetime) -> None:
    """Add the agents and missions to the space in view, as one step of the clock's time.

    now: the moment the demo is around; what is scheduled comes after it.
    """
    planner, clerk = _id("planner"), _id("clerk")
    monday = (now + timedelta(days=(0 - now.weekday()) % 7 or 7)).replace(
        hour=7, minute=0, second=0, microsecond=0
    )
    last = instant(monday - timedelta(days=7))
    with bench.step("2 agents and 3 missions added") as step:
        step.insert("agents", _PLANNER, id=planner)
        step.insert("agents", _CLERK, id=clerk)
        step.insert(
            "aiMissions",
            {
                "title": "Start the week",
                "objective": "Put the standing tasks of a week on the list.",
                "script": _SCRIPT,
                "agentId": planner,
                "cadence": {"kind": "weekly", "dayOfWeek": 1, "atHour": 7},
                "nextRunAt": instant(monday),
                "iterations": [_run(last)],
            },
            id=_id("start the week"),
        )
        step.insert(
            "aiMissions",
            {
                "title": "Look back on the week",
                "objective": "Say in five lines what got done, what slipped, and what to drop.",
                "agentId": planner,
            },
            id=_id("look back"),
        )
        step.insert(
            "aiMissions",
            {
                "title": "Promises from notes",
                "objective": "Find what somebody promised in the notes of last week.",
                "conceptMarkdown": "Paused until a model is set up on this machine.",
                "agentId": clerk,
                "cadence": {"kind": "daily", "atHour": 18, "atMinute": 30},
                "nextRunAt": None,
                "state": "paused",
            },
            id=_id("promises"),
        )


def _run(at: str) -> dict[str, Any]:
    """A run that was looked at and approved."""
    id = _id(f"run {at}")
    steps = [
        {
            "id": f"{id}-{number}",
            "summary": call["tool"],
            "intent": {
                "kind": "toolCall",
                "toolName": call["tool"],
                "params": call["arguments"],
            },
            "status": "approved",
        }
        for number, call in enumerate(_SCRIPT)
    ]
    return {
        "id": id,
        "startedAt": at,
        "finishedAt": at,
        "plan": steps,
        "summary": "2 tasks added.",
        "overallStatus": "approved",
    }
