"""What a template is: plain data that makes an agent, a scene, missions and first records.

Until it is applied, a template of the program is in English and told in the person's language, like
every other word of the program. Applying it writes those words down: from then on they are the
person's own records, in the language of that day. A template that came from a file keeps its words
as they are.

Every part has a name of its own in the template. With the space it gives the id of the record that
the part becomes, so whoever applies it, however often and on however many devices, makes each part
once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple

from store.words import _

Category = Literal["ai", "wellness", "work", "lifeEvent", "delight"]
CATEGORIES: tuple[Category, ...] = ("work", "ai", "wellness", "lifeEvent", "delight")
OWN = "own:"
"""What the id of a template from a file begins with, so that no file can pass for one of ours."""

Decision = Literal["auto", "propose", "deny"]


class Words(str):
    """A text of the program inside the values of a record or a call: told in the language of the
    day when the template is applied. Any other text there stays as it is."""


class AgentPart(NamedTuple):
    """The agent of a template.

    preset: the policy preset it begins with (cautious, standard, trusting). tools and modules:
    decisions of its own over those. tokens and money: what it may use in 24 hours, None for the
    usual. tags: names of the tags its view is narrowed by.
    """

    name: str
    avatar: str
    role: str
    prompt: str = ""
    memory: str = ""
    preset: str = "standard"
    tools: Mapping[str, Decision] = {}
    modules: Mapping[str, Decision] = {}
    default: Decision | None = None
    tokens: int | None = None
    money: float | None = None
    missions: int = 1
    tags: tuple[str, ...] = ()


class Card(NamedTuple):
    """One card of a scene: a module by its id, and its width (0: the program's)."""

    module: str
    width: int = 0
    maximized: bool = False


class ScenePart(NamedTuple):
    """The scene of a template. tags: names of the tags it is filtered by."""

    name: str
    cards: tuple[Card, ...]
    description: str = ""
    tags: tuple[str, ...] = ()


class ScriptStep(NamedTuple):
    """One fixed tool call of a mission that needs no model."""

    tool: str
    arguments: Mapping[str, Any]
    rationale: str = ""


class MissionPart(NamedTuple):
    """A mission of the template's agent.

    id: its name in the template. script: its calls; empty for a mission that a model plans.
    inputs: seeds of this template (module, id) that it is given to read. paused: whether it begins
    paused.
    """

    id: str
    title: str
    objective: str
    concept: str = ""
    cadence: Mapping[str, Any] = {"kind": "manual"}
    script: tuple[ScriptStep, ...] = ()
    inputs: tuple[tuple[str, str], ...] = ()
    paused: bool = True
    budget: Mapping[str, Any] = {}


class Seed(NamedTuple):
    """A first record: the module it belongs to, its name in the template, its fields as the
    module's form has them, and the names of its tags. A date may be typed (``+3d``, ``friday``)."""

    module: str
    id: str
    fields: Mapping[str, Any]
    tags: tuple[str, ...] = ()


class Template(NamedTuple):
    """A whole template. version: a whole number that rises with every change of its parts."""

    id: str
    version: int
    label: str
    tagline: str
    description: str
    category: Category
    icon: str
    color: str
    agent: AgentPart | None = None
    scene: ScenePart | None = None
    missions: tuple[MissionPart, ...] = ()
    seeds: tuple[Seed, ...] = ()

    @property
    def foreign(self) -> bool:
        """Whether it came from a file: its words stay as they are, and it is trusted with
        nothing."""
        return self.id.startswith(OWN)

    def modules(self) -> tuple[str, ...]:
        """The ids of the modules that its parts need, each once, in the order of the parts."""
        cards = [card.module for card in self.scene.cards] if self.scene else []
        agent = ["ai-agents"] if self.agent else []
        missions = ["ai-missions"] if self.missions else []
        seeds = [seed.module for seed in self.seeds]
        return tuple(dict.fromkeys([*agent, *missions, *cards, *seeds]))


def told(template: Template) -> Template:
    """The template in the person's language; one from a file as it is."""
    if template.foreign:
        return template
    agent, scene = template.agent, template.scene
    return template._replace(
        **_said(template, "label", "tagline", "description"),
        agent=agent and agent._replace(**_said(agent, "name", "role", "prompt", "memory")),
        scene=scene and scene._replace(**_said(scene, "name", "description")),
        missions=tuple(_mission(mission) for mission in template.missions),
        seeds=tuple(
            seed._replace(
                fields=each(seed.fields, _word), tags=tuple(_word(tag) for tag in seed.tags)
            )
            for seed in template.seeds
        ),
    )


def _mission(mission: MissionPart) -> MissionPart:
    return mission._replace(
        **_said(mission, "title", "objective", "concept"),
        script=tuple(
            step._replace(arguments=each(step.arguments, _word), **_said(step, "rationale"))
            for step in mission.script
        ),
    )


def _said(part: Any, *names: str) -> dict[str, Any]:
    return {name: _(getattr(part, name)) for name in names}


def _word(text: str) -> str:
    return _(str(text)) if isinstance(text, Words) else text


def each(value: Any, change: Callable[[str], str]) -> Any:
    """``value`` with ``change`` done to every text inside; keys stay."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, Mapping):
        return {key: each(inner, change) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [each(inner, change) for inner in value]
    return value
