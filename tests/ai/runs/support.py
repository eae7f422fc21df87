"""What the tests of runs share: agents and missions, and a look at what they left."""

from __future__ import annotations

from typing import Any

from store.workbench import Workbench

ADD = {
    "tool": "create_task",
    "arguments": {"title": "Water the plants"},
    "rationale": "They look dry.",
}
AUTO = {"tools": {}, "defaultForAi": "auto", "mode": "act", "preset": "trusting"}
"""A policy under which every call is carried out at once."""


def agent(bench: Workbench, name: str = "Ada", **fields: Any) -> str:
    """A new agent; the person made it here, so it may act."""
    with bench.step("agent") as step:
        return step.insert("agents", {"name": name, **fields})


def mission(bench: Workbench, *script: dict[str, Any], agent: str = "", **fields: Any) -> str:
    """A new mission with a script, by hand unless ``cadence`` says otherwise."""
    given: dict[str, Any] = {"title": "Weekly", "objective": "Keep order", **fields}
    given |= {"script": list(script)} if script else {}
    given |= {"agentId": agent} if agent else {}
    with bench.step("mission") as step:
        return step.insert("aiMissions", given)


def every(minutes: int) -> dict[str, Any]:
    return {"kind": "interval", "everyMinutes": minutes}


def record(bench: Workbench, id: str) -> Any:
    return bench.documents.get(bench.scope, "aiMissions", id)


def tasks(bench: Workbench) -> list[str]:
    """The titles of the tasks, in no order."""
    from store.queries import Query

    found = bench.documents.page(bench.scope, Query("tasks"), limit=-1)
    return sorted(task.text("title") for task in found)
