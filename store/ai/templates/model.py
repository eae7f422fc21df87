"""The template file's own form, checked field by field. Loads pydantic, so it is imported late.

What is not named here is left out: a file can bring nothing that nobody has looked at.
"""

# ruff: noqa: N815 - the names of the fields are those of the file
from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

FORMAT = "manabench.template"
V = 1

MOST_SEEDS = 200
MOST_MISSIONS = 50
MOST_CALLS = 100

Name = Annotated[str, Field(min_length=1, max_length=200)]
Line = Annotated[str, Field(max_length=1000)]
Long = Annotated[str, Field(max_length=20_000)]
Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,99}\z")]
Color = Annotated[str, Field(pattern=r"^#[0-9A-Fa-f]{6}\z")]
Decision = Literal["auto", "propose", "deny"]
Decisions = Annotated[dict[Id, Decision], Field(max_length=500)]
Tags = Annotated[list[Annotated[str, Field(min_length=1, max_length=100)]], Field(max_length=50)]
Data = Annotated[dict[Annotated[str, Field(max_length=64)], Any], Field(max_length=60)]
Amount = Annotated[int, Field(ge=0, le=10**12)]


class Strict(BaseModel):
    """Values must be of their type as they stand; unknown fields are left out."""

    model_config = ConfigDict(extra="ignore", strict=True, frozen=True)


class Policy(Strict):
    """What an agent may do, as its record has it."""

    preset: Annotated[str, Field(max_length=40)] = "standard"
    tools: Decisions = {}
    defaultsByModule: Decisions = {}
    defaultForAi: Decision | None = None


class Agent(Strict):
    """The agent of a template."""

    name: Name
    avatar: Annotated[str, Field(max_length=16)] = ""
    role: Line = ""
    systemPrompt: Long = ""
    memory: Long = ""
    policy: Policy = Policy()
    maxTokensPerDay: Amount | None = None
    maxMoneyPerDay: Annotated[float, Field(ge=0, le=10**6, allow_inf_nan=False)] | None = None
    maxConcurrentMissions: Annotated[int, Field(ge=1, le=10)] = 1
    tags: Tags = []


class Card(Strict):
    """One card of a scene."""

    appId: Id
    widthPx: Annotated[int, Field(ge=0, le=9999)] = 0
    maximized: bool = False


class Scene(Strict):
    """The scene of a template."""

    name: Name
    description: Line = ""
    openApps: Annotated[list[Card], Field(max_length=40)] = []
    tags: Tags = []


class Cadence(Strict):
    """When a mission runs: one of five kinds, each with its own numbers."""

    kind: Literal["manual", "interval", "daily", "weekly", "cron"] = "manual"
    everyMinutes: Annotated[int, Field(ge=5, le=527_040)] | None = None
    atHour: Annotated[int, Field(ge=0, le=23)] | None = None
    atMinute: Annotated[int, Field(ge=0, le=59)] | None = None
    dayOfWeek: Annotated[int, Field(ge=0, le=6)] | None = None
    expression: Annotated[str, Field(max_length=100)] | None = None

    @model_validator(mode="after")
    def _whole(self) -> Cadence:
        needs = {
            "interval": ("everyMinutes",),
            "daily": ("atHour",),
            "weekly": ("dayOfWeek", "atHour"),
            "cron": ("expression",),
        }
        if any(getattr(self, name) is None for name in needs.get(self.kind, ())):
            raise ValueError("cadence")
        if self.kind == "cron":
            from cronsim import CronSim, CronSimError

            from store import when

            try:
                CronSim(self.expression or "", when.now())
            except CronSimError:
                raise ValueError("cron") from None
        return self


class Call(Strict):
    """One step of a script."""

    tool: Id
    arguments: Data = {}
    rationale: Line = ""


class Input(Strict):
    """A seed of the same template that a mission reads."""

    module: Id
    stableId: Id


class Budget(Strict):
    """What one run of a mission may use."""

    tokensPerRun: Amount | None = None
    moneyPerRun: Annotated[float, Field(ge=0, le=10**6, allow_inf_nan=False)] | None = None
    seconds: Annotated[int, Field(ge=1, le=86_400)] | None = None


class Mission(Strict):
    """A mission of the template's agent."""

    stableId: Id
    title: Name
    objective: Long = ""
    conceptMarkdown: Long = ""
    cadence: Cadence = Cadence()
    script: Annotated[list[Call], Field(max_length=MOST_CALLS)] = []
    inputs: Annotated[list[Input], Field(max_length=50)] = []
    budget: Budget = Budget()


class Seed(Strict):
    """A first record."""

    stableId: Id
    data: Data
    tags: Tags = []


class File(Strict):
    """A whole template file."""

    format: Literal["manabench.template"]
    v: Literal[1]
    id: Annotated[str, Field(pattern=r"^(own:)?[a-z0-9][a-z0-9._-]{0,63}\z")]
    version: Annotated[int, Field(ge=1, le=10**6)] = 1
    label: Name
    tagline: Line = ""
    description: Long = ""
    category: Literal["ai", "wellness", "work", "lifeEvent", "delight"] = "work"
    icon: Annotated[str, Field(max_length=16)] = ""
    color: Color = "#3B82F6"
    agent: Agent | None = None
    scene: Scene | None = None
    missions: Annotated[list[Mission], Field(max_length=MOST_MISSIONS)] = []
    seeds: Annotated[
        dict[Id, Annotated[list[Seed], Field(max_length=MOST_SEEDS)]], Field(max_length=50)
    ] = {}

    @model_validator(mode="after")
    def _apart(self) -> File:
        if sum(map(len, self.seeds.values())) > MOST_SEEDS:
            raise ValueError("seeds")
        names = [mission.stableId for mission in self.missions]
        names += [f"{module}:{seed.stableId}" for module, all in self.seeds.items() for seed in all]
        if len(set(names)) != len(names):
            raise ValueError("stableId")
        return self
