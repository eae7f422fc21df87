"""What the tests of the gate share: a run, an agent with a policy, and tools that count."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from store.ai.runs import rows
from store.ai.runs.reference import RunRef
from store.ai.tools.calling import Calls
from store.ai.tools.catalogue import catalogue
from store.ai.tools.policy import preset
from store.scope import Scope
from store.tool import Answer, Param, Tool
from store.workbench import Workbench

RUN = "c0000000-0000-4000-8000-00000000000{}"
RAN: list[str] = []
"""The tools of the tests that did run, for good or in a rehearsal."""


def gate(
    bench: Workbench,
    policy: Any = "standard",
    *,
    scope: Scope | None = None,
    run: int = 1,
    **agent: Any,
) -> Calls:
    """An agent in a run. policy: a preset's name, a policy, or anything else."""
    scope = scope or bench.scope
    id = RUN.format(run)
    rows.begin(bench, id=id, mission="m", agent="a", space=scope.number, agent_name="Ada")
    if isinstance(policy, str):
        policy = preset(policy, catalogue(bench).values())
    ref = RunRef(id, "m", "Tidy up", "a", "Ada", scope.number, lambda: rows.cancelled(bench, id))
    return Calls(bench, ref, {"policy": policy, **agent}, scope=scope)


def add(bench: Workbench, collection: str, scope: Scope | None = None, **fields: Any) -> str:
    """A record that the person has; ``tags`` are names."""
    tags = fields.pop("tags", ())
    scope = scope or bench.scope
    with bench.within(scope), bench.step("add", scope=scope) as step:
        id = step.insert(collection, fields)
        known = {tag["name"]: tag["id"] for tag in bench.tags.list(scope)}
        if tags:
            wanted = [known.get(name) or bench.tags.add(name, step=step) for name in tags]
            bench.tags.retag(step, collection, id, add=wanted)
    return id


def equip(bench: Workbench, *tools: Tool) -> None:
    """Put tools into the catalogue of this home."""
    todo = bench.modules["todo"]
    bench.modules["todo"] = todo._replace(tools=(*todo.tools, *tools))


def counting(name: str, **kw: Any) -> Tool:
    """A tool that adds a task and says that it ran."""

    def run(bench: Workbench, given: Mapping[str, Any]) -> Answer:
        RAN.append(name)
        with bench.step("1 task added") as step:
            return Answer("added", {"id": step.insert("tasks", {"title": given["title"]})})

    return Tool(name, "Count.", run, (Param("title", "text", "A title.", required=True),), **kw)


WIPE = counting("wipe", destructive=True)
SEND = counting("send", outward=True)


def _peek(bench: Workbench, given: Mapping[str, Any]) -> Answer:
    RAN.append("peek")
    return Answer("seen", {})


PEEK = Tool("peek", "Look.", _peek, reads=True)
