"""Template files: JSON, versioned, small, and trusted with nothing.

    {"format": "manabench.template", "v": 1, "id", "version", "label", "tagline", "description",
     "category": "ai|wellness|work|lifeEvent|delight", "icon", "color": "#rrggbb",
     "agent":    {"name", "avatar", "role", "systemPrompt", "memory", "policy", "maxTokensPerDay",
                  "maxMoneyPerDay", "maxConcurrentMissions", "tags": [name]},
     "scene":    {"name", "description", "openApps": [{"appId", "widthPx", "maximized"}],
                  "tags": [name]},
     "missions": [{"stableId", "title", "objective", "conceptMarkdown", "cadence", "budget",
                   "script": [{"tool", "arguments", "rationale"}],
                   "inputs": [{"module", "stableId"}]}],
     "seeds":    {module: [{"stableId", "data": {field: value}, "tags": [name]}]}}

All but format, v, id and label may be missing. Tags have names, inputs name seeds of the same file:
nothing in it is the id of anybody's record. An agent from a file gets the cautious policy whatever
the file says, and its missions begin paused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import orjson

from store.ai.templates.shape import (
    OWN,
    AgentPart,
    Card,
    MissionPart,
    ScenePart,
    ScriptStep,
    Seed,
    Template,
)
from store.errors import InvalidValueError
from store.words import _

if TYPE_CHECKING:
    from store.ai.templates.model import Agent, File, Mission

LARGEST = 1_000_000
"""Bytes that a template file may have."""

DEEPEST = 12
"""How deeply values may be nested."""


def read(data: bytes) -> Template:
    """The template that a file holds; its id begins with ``own:``. Raises InvalidValueError, which
    names the first field that is wrong and never what stands in it."""
    if len(data) > LARGEST:
        raise _broken(_("it is larger than 1 MB"))
    try:
        found = orjson.loads(data)
    except orjson.JSONDecodeError:
        raise _broken(_("it is not JSON")) from None
    if not isinstance(found, dict) or found.get("format") != "manabench.template":
        raise _broken(_("it is no template"))
    if found.get("v") != 1:
        raise _broken(_("it was written by a newer version"))
    return _template(_checked(found))


def read_kept(found: Any) -> list[Template]:
    """The templates that this device keeps; what cannot be read is left out."""
    out = []
    for one in found if isinstance(found, list) else ():
        try:
            out.append(_template(_checked(one)))
        except InvalidValueError:
            continue
    return out


def write(template: Template) -> bytes:
    """The file of a template, with a line for each field, so that two versions can be compared."""
    form = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    return orjson.dumps(as_json(template), option=form)


def _checked(found: Any) -> File:
    from pydantic import ValidationError

    from store.ai.templates.model import File

    _require_shallow(found)
    try:
        return File.model_validate(found)
    except ValidationError as error:
        place = ".".join(str(part) for part in error.errors(include_input=False)[0]["loc"])
        words = _("the field {name} is wrong") if place else _("its parts do not fit together")
        raise _broken(words.format(name=place[:80])) from None


def _require_shallow(value: Any) -> None:
    """Raises InvalidValueError for values nested too deeply; without recursion itself."""
    level = [value]
    for _depth in range(DEEPEST):
        level = [
            inner
            for one in level
            if isinstance(one, dict | list)
            for inner in (one.values() if isinstance(one, dict) else one)
        ]
        if not level:
            return
    raise _broken(_("its values are nested too deeply"))


def _broken(why: str) -> InvalidValueError:
    return InvalidValueError(
        _("This template file cannot be used: {why}.").format(why=why),
        kept=_("Nothing was changed."),
        hint=_("`manabench template export` writes files that can."),
    )


# From the file's form ---------------------------------------------------------------------------


def _template(file: File) -> Template:
    scene = file.scene
    return Template(
        OWN + file.id.removeprefix(OWN),
        file.version,
        file.label,
        file.tagline,
        file.description,
        file.category,
        file.icon,
        file.color,
        agent=_agent(file.agent) if file.agent else None,
        scene=ScenePart(
            scene.name,
            tuple(
                {c.appId: Card(c.appId, c.widthPx, c.maximized) for c in scene.openApps}.values()
            ),
            scene.description,
            tuple(scene.tags),
        )
        if scene
        else None,
        missions=tuple(_mission(mission) for mission in file.missions),
        seeds=tuple(
            Seed(module, seed.stableId, seed.data, tuple(seed.tags))
            for module, seeds in file.seeds.items()
            for seed in seeds
        ),
    )


def _agent(agent: Agent) -> AgentPart:
    policy = agent.policy
    return AgentPart(
        agent.name,
        agent.avatar,
        agent.role,
        agent.systemPrompt,
        agent.memory,
        policy.preset,
        policy.tools,
        policy.defaultsByModule,
        policy.defaultForAi,
        agent.maxTokensPerDay,
        agent.maxMoneyPerDay,
        agent.maxConcurrentMissions,
        tuple(agent.tags),
    )


def _mission(mission: Mission) -> MissionPart:
    return MissionPart(
        mission.stableId,
        mission.title,
        mission.objective,
        mission.conceptMarkdown,
        mission.cadence.model_dump(exclude_none=True),
        tuple(ScriptStep(call.tool, call.arguments, call.rationale) for call in mission.script),
        tuple((one.module, one.stableId) for one in mission.inputs),
        True,
        mission.budget.model_dump(exclude_none=True),
    )


# To the file's form -----------------------------------------------------------------------------


def as_json(template: Template) -> dict[str, Any]:
    """A template as its file has it, without what is empty."""
    agent, scene = template.agent, template.scene
    out: dict[str, Any] = {
        "format": "manabench.template",
        "v": 1,
        **template._asdict(),
        "agent": agent and _agent_json(agent),
        "scene": scene
        and {
            "name": scene.name,
            "description": scene.description,
            "openApps": [
                _some({"appId": c.module, "widthPx": c.width, "maximized": c.maximized})
                for c in scene.cards
            ],
            "tags": list(scene.tags),
        },
        "missions": [_mission_json(mission) for mission in template.missions],
        "seeds": _seeds_json(template.seeds),
    }
    return _some(out)


def _agent_json(agent: AgentPart) -> dict[str, Any]:
    policy = {
        "preset": agent.preset,
        "tools": dict(agent.tools),
        "defaultsByModule": dict(agent.modules),
        "defaultForAi": agent.default,
    }
    return _some(
        {
            "name": agent.name,
            "avatar": agent.avatar,
            "role": agent.role,
            "systemPrompt": agent.prompt,
            "memory": agent.memory,
            "policy": _some(policy),
            "maxTokensPerDay": agent.tokens,
            "maxMoneyPerDay": agent.money,
            "maxConcurrentMissions": agent.missions,
            "tags": list(agent.tags),
        }
    )


def _mission_json(mission: MissionPart) -> dict[str, Any]:
    return _some(
        {
            "stableId": mission.id,
            "title": mission.title,
            "objective": mission.objective,
            "conceptMarkdown": mission.concept,
            "cadence": dict(mission.cadence),
            "script": [
                _some(call._asdict() | {"arguments": dict(call.arguments)})
                for call in mission.script
            ],
            "inputs": [{"module": module, "stableId": seed} for module, seed in mission.inputs],
            "budget": dict(mission.budget),
        }
    )


def _seeds_json(seeds: Sequence[Seed]) -> dict[str, Any]:
    out: dict[str, list[Any]] = {}
    for seed in seeds:
        entry = {"stableId": seed.id, "data": dict(seed.fields)}
        out.setdefault(seed.module, []).append(entry | _some({"tags": list(seed.tags)}))
    return out


def _some(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Without what is empty; a limit of 0 is kept, because it stops everything."""
    keep = ("maxTokensPerDay", "maxMoneyPerDay")
    return {
        name: value
        for name, value in fields.items()
        if value or (name in keep and value is not None)
    }
