"""From a scene with its agent, missions and records to a template that others can apply.

What leaves is what a person chose to give: no id of anybody's record, no key, no grant, no run, no
name of a model, and no memory of the agent unless it is asked for. Private records stay.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from store.ai.templates.parts import AGENTS, MISSIONS
from store.ai.templates.shape import (
    OWN,
    AgentPart,
    Card,
    Decision,
    MissionPart,
    ScenePart,
    ScriptStep,
    Seed,
    Template,
)
from store.errors import InvalidValueError
from store.module import Module, alphabetical, checklist_lines
from store.queries import Query
from store.records import Masked, Record
from store.sync.waiting.authority import acts
from store.words import _, ngettext

if TYPE_CHECKING:
    from store.scope import Scope
    from store.workbench import Workbench

Chosen = Literal["none", "tagged", "all"]
RECORDS: tuple[Chosen, ...] = ("none", "tagged", "all")

MOST_RECORDS = 200
"""Records that a template takes along."""

_ID = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
    r"|(?:legacy|default):[\w:-]+|(?:seed|self)-[\w:-]+"
)
"""What the id of a record looks like: random, derived, or one of the fixed ones."""
_DECISIONS: tuple[Decision, ...] = ("auto", "propose", "deny")


class Exported(NamedTuple):
    """A template, and what of the scene did not come along."""

    template: Template
    warnings: tuple[str, ...]


def export(
    bench: Workbench,
    scene: Record,
    *,
    records: Chosen = "none",
    memory: bool = False,
    missions: bool = True,
    version: int = 1,
) -> Exported:
    """The template that makes a scene like this one.

    records: which become seeds: none, those that bear a tag of the scene's filter, or all of its
    cards. memory: the agent's memory too. Raises InvalidValueError where there are more than
    MOST_RECORDS, or ``tagged`` is asked of a scene without a tag filter.
    """
    return _Exporting(bench, scene, records, memory).run(missions, version)


class _Exporting:
    """One scene on its way into a file."""

    def __init__(self, bench: Workbench, scene: Record, records: Chosen, memory: bool) -> None:
        self.bench = bench
        self.scope: Scope = bench.scope
        self.scene = scene
        self.records = records
        self.memory = memory
        self.warnings: list[str] = []
        self.tags = {tag["id"]: tag.text("name") for tag in bench.tags.list()}
        self.seeds: dict[tuple[str, str], Seed] = {}

    def run(self, missions: bool, version: int) -> Exported:
        """Gather the parts."""
        name = self.scene.text("name") or _("Scene")
        self._gather()
        agent = self._agent()
        template = Template(
            OWN + (_slug(name) or "scene"),
            version,
            name[:200],
            "",
            self.scene.text("description")[:1000],
            "work",
            agent.text("avatar")[:16] if agent else "",
            "#3B82F6",
            agent=self._agent_part(agent) if agent else None,
            scene=ScenePart(
                name[:200],
                self._cards(),
                self.scene.text("description")[:1000],
                self._names(self.scene.get("scopeTagIds")),
            ),
            missions=self._missions(agent) if agent and missions else (),
            seeds=tuple(self.seeds.values()),
        )
        return Exported(template, tuple(self.warnings))

    # Scene and agent --------------------------------------------------------------------------

    def _cards(self) -> tuple[Card, ...]:
        cards = self.scene.get("openApps")
        found = {}
        for card in cards if isinstance(cards, list) else ():
            if isinstance(card, dict) and isinstance(module := card.get("appId"), str):
                width = card.get("widthPx")
                wide = width if isinstance(width, int) and 0 <= width <= 9999 else 0
                found[module] = Card(module, wide, card.get("maximized") is True)
        return tuple(found.values())

    def _names(self, ids: object) -> tuple[str, ...]:
        known = [self.tags.get(id, "") for id in ids] if isinstance(ids, list) else []
        return tuple(name for name in known if name)

    def _agent(self) -> Record | None:
        id = self.scene.get("viewingAsAgentId")
        if not isinstance(id, str) or AGENTS not in self.bench.registry:
            return None
        agents = self.bench.documents.page(self.scope, Query(AGENTS, filters=("all",)), limit=-1)
        return next((agent for agent in agents if agent["id"] == id), None)

    def _agent_part(self, agent: Record) -> AgentPart:
        policy = agent.get("policy")
        known: Mapping[str, Any] = policy if isinstance(policy, Mapping) else {}
        default = known.get("defaultForAi")
        preset = known.get("preset")
        at_once = agent.get("maxConcurrentMissions")
        return AgentPart(
            agent.text("name")[:200],
            agent.text("avatar")[:16],
            agent.text("role")[:1000],
            agent.text("systemPrompt")[:20_000],
            agent.text("memory")[:20_000] if self.memory else "",
            preset if isinstance(preset, str) else "",
            _decisions(known.get("tools")),
            _decisions(known.get("defaultsByModule")),
            default if default in _DECISIONS else None,
            _amount(agent.get("maxTokensPerDay")),
            _amount(agent.get("maxMoneyPerDay")),
            at_once if isinstance(at_once, int) and 1 <= at_once <= 10 else 1,
            self._names(agent.get("scopeTagIds")),
        )

    # Missions ---------------------------------------------------------------------------------

    def _missions(self, agent: Record) -> tuple[MissionPart, ...]:
        query = Query(MISSIONS, filters=("all",))
        found = [
            mission
            for mission in self.bench.documents.page(self.scope, query, limit=-1)
            if mission.get("agentId") == agent["id"]
            and mission.get("state") != "archived"
            and mission.get("visibility") != "private"
        ]
        names: dict[str, int] = {}
        return tuple(self._mission(mission, names) for mission in reversed(found))

    def _mission(self, mission: Record, names: dict[str, int]) -> MissionPart:
        title = mission.text("title")[:200] or _("Untitled")
        slug = _slug(title) or "mission"
        names[slug] = names.get(slug, 0) + 1
        cadence = mission.get("cadence")
        budget = mission.get("budget")
        return MissionPart(
            slug if names[slug] == 1 else f"{slug}-{names[slug]}",
            title,
            mission.text("objective")[:20_000],
            mission.text("conceptMarkdown")[:20_000],
            cadence if isinstance(cadence, Mapping) else {"kind": "manual"},
            self._script(mission.get("script"), title),
            self._inputs(mission.get("inputs")),
            True,
            budget if isinstance(budget, Mapping) else {},
        )

    def _script(self, script: object, title: str) -> tuple[ScriptStep, ...]:
        """The calls of a script without those that name a record by its id: it is nobody else's."""
        kept, left = [], 0
        for call in script if isinstance(script, list) else ():
            arguments = call.get("arguments") if isinstance(call, dict) else None
            tool = call.get("tool") if isinstance(call, dict) else None
            if not isinstance(arguments, dict) or not isinstance(tool, str):
                continue
            if self._names_a_record(tool, arguments):
                left += 1
                continue
            why = call.get("rationale")
            kept.append(ScriptStep(tool, arguments, why[:1000] if isinstance(why, str) else ""))
        if left:
            self.warnings.append(
                ngettext(
                    "{n} call of a script names a record of yours and was left out.",
                    "{n} calls of a script name records of yours and were left out.",
                    left,
                ).format(n=left)
            )
        return tuple(kept)

    def _names_a_record(self, tool: str, arguments: Mapping[str, Any]) -> bool:
        from store.ai.tools.catalogue import catalogue

        known = catalogue(self.bench).get(tool)
        ids = {param.name for param in known.params if param.kind == "id"} if known else set()
        return any(name in arguments for name in ids) or _holds_id(arguments)

    def _inputs(self, inputs: object) -> tuple[tuple[str, str], ...]:
        """Linked records that came along as seeds."""
        found, left = [], 0
        for link in inputs if isinstance(inputs, list) else ():
            module, id = (link.get("module"), link.get("id")) if isinstance(link, dict) else (0, 0)
            seed = self.seeds.get((str(module), str(id)))
            if seed is None:
                left += 1
            else:
                found.append((seed.module, seed.id))
        if left:
            self.warnings.append(
                ngettext(
                    "{n} linked record is not in the file.",
                    "{n} linked records are not in the file.",
                    left,
                ).format(n=left)
            )
        return tuple(found)

    # Records ----------------------------------------------------------------------------------

    def _gather(self) -> None:
        """Make seeds of the chosen records. Raises InvalidValueError."""
        tags = self.scene.get("scopeTagIds")
        wanted = (
            tuple(tag for tag in tags if isinstance(tag, str)) if isinstance(tags, list) else ()
        )
        if self.records == "none":
            return
        if self.records == "tagged" and not wanted:
            raise InvalidValueError(
                _("This scene has no tag filter."),
                kept=_("Nothing was exported."),
                hint=_("Set one with `manabench scene filter`, or take all records or none."),
            )
        private = unreadable = 0
        for card in self._cards():
            module = self.bench.modules.get(card.module)
            if module is None or not self.scope.allows(module.id):
                continue
            main = self.bench.registry[module.main]
            if acts(main.app, main.wire):
                continue
            for record in self._records(module, wanted):
                if record.get("visibility") == "private":
                    private += 1
                elif any(isinstance(value, Masked) for value in record.values()):
                    unreadable += 1
                else:
                    self._seed(module, record)
        if private:
            self.warnings.append(
                ngettext(
                    "{n} private record was left out.",
                    "{n} private records were left out.",
                    private,
                ).format(n=private)
            )
        if unreadable:
            self.warnings.append(
                ngettext(
                    "{n} record cannot be read and was left out.",
                    "{n} records cannot be read and were left out.",
                    unreadable,
                ).format(n=unreadable)
            )

    def _records(self, module: Module, tags: tuple[str, ...]) -> list[Record]:
        filters = tuple(f.name for f in module.filters if f.name == "all")
        query = Query(module.main, filters=filters)
        if self.records == "tagged":
            if self.bench.registry[module.main].tag_link is None:
                return []
            query = query._replace(tags=tags, untagged_pass=False)
        room = MOST_RECORDS - len(self.seeds)
        found = self.bench.documents.page(self.scope, query, limit=room + 1)
        if len(found) > room:
            raise InvalidValueError(
                _("A template takes at most {n} records along.").format(n=MOST_RECORDS),
                kept=_("Nothing was exported."),
                hint=_("Take those with the tags of the scene's filter, or none."),
            )
        return [self.bench.documents.get(self.scope, module.main, one["id"]) for one in found]

    def _seed(self, module: Module, record: Record) -> None:
        data: dict[str, Any] = {}
        for field in module.fields:
            value = record.get(field.name)
            if value in (None, "", [], False) or field.kind in ("tags", "link"):
                continue
            if field.name == "visibility":
                continue
            data[field.name] = checklist_lines(value) if field.kind == "lines" else value
        stable = f"{module.noun}-{len(self.seeds) + 1}"
        names = tuple(name for tag in sorted(record.tags) if (name := self.tags.get(tag, "")))
        self.seeds[(module.id, record["id"])] = Seed(module.id, stable, data, names)


def _slug(name: str) -> str:
    slug = re.sub(r"[^a-z0-9]+", "-", alphabetical(name))
    return slug.strip("-")[:40].strip("-")


def _decisions(found: object) -> dict[str, Decision]:
    if not isinstance(found, Mapping):
        return {}
    return {str(name): said for name, said in found.items() if said in _DECISIONS}


def _amount(value: object) -> Any:
    fine = isinstance(value, int | float) and not isinstance(value, bool) and value >= 0
    return value if fine else None


def _holds_id(value: object) -> bool:
    if isinstance(value, str):
        return bool(_ID.fullmatch(value.strip()))
    if isinstance(value, Mapping):
        return any(_holds_id(inner) for inner in value.values())
    return isinstance(value, list) and any(_holds_id(inner) for inner in value)
