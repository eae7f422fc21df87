"""Applying a template: its agent, scene, missions and first records, as one step of the person.

    told -> parts -> for each: there? leave it : make it -> one step, which one undo takes back

Nothing that is there is overwritten, and nothing is made twice. What was deleted stays deleted
while anything else of the template is left, unless it is asked for again. A part that cannot be
made is told and the others are made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from store.adding import tag_ids
from store.ai.templates import policies, seeding
from store.ai.templates.parts import (
    AGENTS,
    MISSIONS,
    SCENES,
    Part,
    missing,
    parts,
    remember,
    state,
    states,
)
from store.ai.templates.shape import MissionPart, Template, told
from store.errors import InvalidValueError, ModuleNotInSpaceError
from store.ids import derived_from
from store.queries import Query
from store.words import N_, _

if TYPE_CHECKING:
    from store.documents import Step
    from store.scope import Scope
    from store.workbench import Workbench

OutcomeKind = Literal["created", "skipped-exists", "skipped-deleted", "failed", "missing"]


class Options(NamedTuple):
    """What of a template is applied. active: missions begin active instead of paused; never those
    of a template from a file. again: what was deleted is brought back too."""

    scene: bool = True
    missions: bool = True
    seeds: bool = True
    active: bool = False
    again: bool = False


class Outcome(NamedTuple):
    """What became of one part. name: its name in the template; id: its record, empty where there is
    none; words: what it is called; error: why it failed, told."""

    kind: Literal["agent", "scene", "mission", "seed"]
    module: str
    name: str
    outcome: OutcomeKind
    id: str = ""
    words: str = ""
    error: str = ""


class Result(NamedTuple):
    """What applying made. was_existing: the agent was there before, under this name or as this
    part. n: the step, 0 where nothing was written."""

    agent: str
    was_existing: bool
    scene: str
    missions: tuple[str, ...]
    outcomes: tuple[Outcome, ...]
    warnings: tuple[str, ...]
    n: int = 0

    def count(self, outcome: OutcomeKind) -> int:
        """How many parts ended so."""
        return sum(one.outcome == outcome for one in self.outcomes)


def apply(bench: Workbench, template: Template, options: Options | None = None) -> Result:
    """Apply ``template`` to the space in view.

    Raises LockedError and GuardError before anything is written.
    """
    return _Applying(bench, template, options or Options()).run()


class _Applying:
    """One template on its way into one space."""

    def __init__(self, bench: Workbench, template: Template, options: Options) -> None:
        self.bench = bench
        self.template = told(template)
        self.scope: Scope = bench.scope
        self.outcomes: list[Outcome] = []
        self.warnings: list[str] = []
        self.agent = self.scene = ""
        self.was_existing = False
        self.missions: list[str] = []
        self.parts = {(part.kind, part.name): part for part in parts(bench, template, self.scope)}
        there = states(bench, self.scope, list(self.parts.values())).values()
        # Applying what is wholly gone, by undo or by hand, asks for all of it.
        self.options = options._replace(again=options.again or "live" not in there)

    def run(self) -> Result:
        """Do it, as one step."""
        lacking = missing(self.bench, self.template, self.scope)
        if lacking:
            self.warnings.append(
                _("Not here yet: {modules}. The rest is applied.").format(
                    modules=", ".join(lacking)
                )
            )
        with self.bench.step(N_("apply a template"), scope=self.scope) as step:
            if self.options.seeds:
                self._plant(step)
            if self.template.agent:
                self._make_agent(step)
            if self.template.scene and self.options.scene:
                self._make_scene(step)
            if self.options.missions:
                self._make_missions(step)
        if any(one.outcome == "created" for one in self.outcomes):
            remember(self.bench, self.template, self.scope)
        return Result(
            self.agent,
            self.was_existing,
            self.scene,
            tuple(self.missions),
            tuple(self.outcomes),
            tuple(self.warnings),
            step.n,
        )

    # Parts ------------------------------------------------------------------------------------

    def _make(self, step: Step, part: Part | None, words: str, make: Any) -> str:
        """Make one part unless it is there or was deleted; returns the id of its live record."""
        if part is None:
            return ""
        there = state(self.bench, self.scope, part)
        if there == "live" or (there == "deleted" and not self.options.again):
            self._note(part, "skipped-exists" if there == "live" else "skipped-deleted", words)
            return part.id if there == "live" else ""
        try:
            with derived_from(part.id):
                make(step, part)
        except (InvalidValueError, ModuleNotInSpaceError) as error:
            self._note(part, "failed", words, error.message)
            return ""
        self._note(part, "created", words)
        return part.id

    def _note(self, part: Part, outcome: OutcomeKind, words: str, error: str = "") -> None:
        id = "" if outcome in ("failed", "missing") else part.id
        self.outcomes.append(Outcome(part.kind, part.module, part.name, outcome, id, words, error))

    def _plant(self, step: Step) -> None:
        for seed in self.template.seeds:
            part = self.parts.get(("seed", f"{seed.module}:{seed.id}"))
            words = _words(seed.fields)
            if part is None or not self.scope.allows(seed.module):
                self.outcomes.append(
                    Outcome("seed", seed.module, f"{seed.module}:{seed.id}", "missing", words=words)
                )
                continue
            self._make(
                step,
                part,
                words,
                lambda step, part, seed=seed: seeding.plant(
                    self.bench, step, self.scope, seed, part.id
                ),
            )

    def _make_agent(self, step: Step) -> None:
        agent = self.template.agent
        part = self.parts.get(("agent", "agent"))
        if agent is None or part is None or not self.scope.allows(part.module):
            return
        self.was_existing = state(self.bench, self.scope, part) == "live"
        if not self.was_existing and (known := self._called(agent.name)):
            self.agent, self.was_existing = known, True
            self.outcomes.append(
                Outcome("agent", part.module, "agent", "skipped-exists", known, agent.name)
            )
            self.warnings.append(_("An agent with this name is there and is used as it is."))
            return

        def make(step: Step, part: Part) -> None:
            fields: dict[str, Any] = {
                "name": agent.name,
                "avatar": agent.avatar,
                "role": agent.role,
                "systemPrompt": agent.prompt or None,
                "memory": agent.memory or None,
                "policy": policies.of(self.bench, agent, foreign=self.template.foreign),
                "maxTokensPerDay": agent.tokens,
                "maxMoneyPerDay": agent.money,
                "maxConcurrentMissions": agent.missions,
                "state": "active",
            }
            if agent.tags:
                fields["scopeTagIds"] = tag_ids(self.bench, step, self.scope, agent.tags)
            kept = {name: value for name, value in fields.items() if value is not None}
            step.insert(AGENTS, kept, id=part.id)

        self.agent = self._make(step, part, agent.name, make)
        if self.agent and self.was_existing:
            self.warnings.append(_("The agent is there and is used as it is."))

    def _called(self, name: str) -> str:
        """The id of the live agent that bears ``name``, empty for none."""
        from store.ai.names import folded

        agents = self.bench.documents.page(self.scope, Query(AGENTS, filters=("all",)), limit=-1)
        return next((a["id"] for a in agents if folded(a.text("name")) == folded(name)), "")

    def _make_scene(self, step: Step) -> None:
        scene = self.template.scene
        part = self.parts.get(("scene", "scene"))
        if scene is None or part is None:
            return
        cards = [
            {"appId": card.module}
            | ({"widthPx": card.width} if card.width else {})
            | ({"maximized": True} if card.maximized else {})
            for card in scene.cards
            if card.module in self.bench.modules and self.scope.allows(card.module)
        ]
        if not cards:
            words = _("None of the scene's cards is here yet, so it was left out.")
            self.outcomes.append(
                Outcome("scene", part.module, "scene", "missing", words=scene.name, error=words)
            )
            self.warnings.append(words)
            return

        def make(step: Step, part: Part) -> None:
            fields: dict[str, Any] = {"name": scene.name, "openApps": cards}
            fields["order"] = len(self.bench.scenes.list())
            if scene.description:
                fields["description"] = scene.description
            if self.agent:
                fields["viewingAsAgentId"] = self.agent
            if scene.tags:
                fields["scopeTagIds"] = tag_ids(self.bench, step, self.scope, scene.tags)
            step.insert(SCENES, fields, id=part.id)

        self.scene = self._make(step, part, scene.name, make)

    def _make_missions(self, step: Step) -> None:
        if self.template.missions and not self.agent:
            self.warnings.append(_("Without its agent the missions were left out."))
            return
        for mission in self.template.missions:
            part = self.parts.get(("mission", mission.id))

            def make(step: Step, part: Part, mission: MissionPart = mission) -> None:
                step.insert(MISSIONS, self._mission(mission), id=part.id)

            if id := self._make(step, part, mission.title, make):
                self.missions.append(id)

    def _mission(self, mission: MissionPart) -> dict[str, Any]:
        paused = self.template.foreign or (mission.paused and not self.options.active)
        fields: dict[str, Any] = {
            "title": mission.title,
            "objective": mission.objective,
            "conceptMarkdown": mission.concept,
            "cadence": dict(mission.cadence),
            "inputs": [link for pair in mission.inputs if (link := self._input(*pair))],
            "agentId": self.agent,
            "state": "paused" if paused else "active",
        }
        if mission.script:
            fields["script"] = [
                {"tool": call.tool, "arguments": dict(call.arguments)}
                | ({"rationale": call.rationale} if call.rationale else {})
                for call in mission.script
            ]
        if mission.budget:
            fields["budget"] = dict(mission.budget)
        return fields

    def _input(self, module: str, seed: str) -> dict[str, str] | None:
        part = self.parts.get(("seed", f"{module}:{seed}"))
        if part is None or state(self.bench, self.scope, part) != "live":
            return None
        return {"module": module, "table": part.collection, "id": part.id}


def _words(fields: Any) -> str:
    """What a seed is called, whatever its module calls the field."""
    for name in ("title", "name", "firstName", "company"):
        if isinstance(value := fields.get(name), str) and value:
            return value
    return ""
