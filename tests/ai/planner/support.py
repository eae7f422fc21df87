"""A home with an agent, a mission and a model behind the scripted server."""

from __future__ import annotations

from typing import Any

from store.ai.planner import models
from store.ai.planner.loop import Outcome, plan
from store.ai.planner.models import Kind, Model
from store.ai.runs import rows, running
from store.ai.tools.calling import Calls
from store.workbench import Workbench
from tests.ai.served import Server


class World:
    """One agent with one mission; ``run`` goes the whole way, ``plan`` only through the planner."""

    def __init__(
        self, bench: Workbench, url: str, kind: Kind = "openai", key: str = "", **model: Any
    ) -> None:
        self.bench = bench
        self.scope = bench.scope
        models.add(bench, Model("house", kind, url, "scripted", **model), key)
        with bench.step("set up") as step:
            self.agent_id = step.insert(
                "agents",
                {
                    "name": "Ada",
                    "role": "keeps order",
                    "systemPrompt": "You like short lists.",
                    "memory": "Milk is bought on Mondays.",
                    "state": "active",
                },
            )
            self.mission_id = step.insert(
                "aiMissions",
                {
                    "title": "Triage",
                    "objective": "Sort the open tasks.",
                    "conceptMarkdown": "Nothing old stays open.",
                    "state": "active",
                    "cadence": {"kind": "manual"},
                    "agentId": self.agent_id,
                },
            )

    def add(self, collection: str, **fields: Any) -> str:
        with self.bench.step("add") as step:
            return str(step.insert(collection, fields))

    def change(self, collection: str, id: str, **fields: Any) -> None:
        with self.bench.step("change") as step:
            step.update(collection, id, fields)

    def mission(self, **fields: Any) -> None:
        self.change("aiMissions", self.mission_id, **fields)

    def agent(self, **fields: Any) -> None:
        self.change("agents", self.agent_id, **fields)

    def task(self, title: str, **fields: Any) -> str:
        return self.add("tasks", title=title, **fields)

    def run(self) -> rows.Run:
        """The mission, as a person starts it."""
        return running.run(self.bench, self.mission_id)

    def plan(self, **kw: Any) -> Outcome:
        """The planner alone, in a run that began and is not ended."""
        bench = self.bench
        mission = bench.documents.get(self.scope, "aiMissions", self.mission_id)
        agent = bench.documents.get(self.scope, "agents", self.agent_id)
        begun = rows.begin(
            bench,
            id=f"run-{len(rows.of_mission(bench, self.mission_id))}",
            mission=self.mission_id,
            agent=self.agent_id,
            space=self.scope.number,
            mission_title="Triage",
            agent_name="Ada",
        )
        assert begun is not None
        stopped = kw.get("cancelled", lambda: False)
        self.calls = Calls(bench, running.ref(begun, stopped), agent, scope=self.scope)
        self.begun = begun
        return plan(bench, begun, mission, agent, self.calls, **kw)

    def steps(self) -> list[tuple[str, str]]:
        """(tool, status) of the newest run's steps."""
        run = rows.of_mission(self.bench, self.mission_id)[0]
        return [(step.tool, step.status) for step in run.steps]


def world(bench: Workbench, server: Server, **model: Any) -> World:
    return World(bench, server.url, **model)
