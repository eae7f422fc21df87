"""Which record a part of a template becomes in a space, and whether it is there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from store.ids import derived
from store.records import dumps

if TYPE_CHECKING:
    from store.ai.templates.shape import Template
    from store.scope import Scope
    from store.workbench import Workbench

AGENTS = "agents"
MISSIONS = "aiMissions"
SCENES = "workbenchScenes"

State = Literal["absent", "live", "deleted"]


class Part(NamedTuple):
    """One part and its record. kind: agent, scene, mission or seed; module: whose record it is;
    name: its name in the template, which keeps its id whatever it is called."""

    kind: Literal["agent", "scene", "mission", "seed"]
    module: str
    name: str
    collection: str
    id: str


def parts(bench: Workbench, template: Template, scope: Scope) -> list[Part]:
    """Every part whose module is here, in the order of applying: what is read, then who reads."""
    source = _source(bench, template, scope)

    def part(kind: Any, module: str, name: str, collection: str) -> Part:
        return Part(kind, module, name, collection, derived(f"{source}/{kind}/{name}"))

    found = [
        part("seed", seed.module, f"{seed.module}:{seed.id}", bench.modules[seed.module].main)
        for seed in template.seeds
        if seed.module in bench.modules
    ]
    if template.scene:
        found.append(part("scene", "mana", "scene", SCENES))
    if template.agent and AGENTS in bench.registry:
        found.append(part("agent", "ai-agents", "agent", AGENTS))
    if MISSIONS in bench.registry:
        found += [part("mission", "ai-missions", m.id, MISSIONS) for m in template.missions]
    return found


def state(bench: Workbench, scope: Scope, part: Part) -> State:
    """Whether the record of a part is there, was deleted, or was never made."""
    return states(bench, scope, [part])[part.id]


def states(bench: Workbench, scope: Scope, known: Sequence[Part]) -> dict[str, State]:
    """The state of many parts by the ids of their records, with one query a collection."""
    found: dict[str, State] = {part.id: "absent" for part in known}
    for collection in {part.collection for part in known}:
        ids = [part.id for part in known if part.collection == collection]
        for id, deleted in bench.db.read(
            f'SELECT id, deleted_at FROM "{collection}" WHERE space = ? '
            "AND id IN (SELECT value FROM json_each(?))",
            (scope.number, dumps(ids)),
        ):
            found[id] = "live" if deleted is None else "deleted"
    return found


def applied(bench: Workbench, template: Template, scope: Scope) -> int:
    """The version that was applied to a space, 0 for none of which anything is left. Where another
    device applied it, the present version."""
    if "live" not in states(bench, scope, parts(bench, template, scope)).values():
        return 0
    version = _known(bench, template, scope).get("version")
    return version if isinstance(version, int) else template.version


def remember(bench: Workbench, template: Template, scope: Scope) -> None:
    """Keep which version was applied, and from which space its ids were derived: linking a space
    to an account gives the space another id, and a part stays the same part."""
    kept = {"version": template.version, "source": _source(bench, template, scope)}
    bench.device.set(_key(template, scope), kept)


def _source(bench: Workbench, template: Template, scope: Scope) -> str:
    known = _known(bench, template, scope).get("source")
    if isinstance(known, str) and known:
        return known
    # There is one personal space, and two devices may have it under two ids until they link.
    space = "personal" if scope.type == "personal" else scope.id
    return f"template/{template.id}/{space}"


def _known(bench: Workbench, template: Template, scope: Scope) -> dict[str, Any]:
    found = bench.device.get(_key(template, scope))
    return found if isinstance(found, dict) else {}


def _key(template: Template, scope: Scope) -> str:
    return f"template.applied:{scope.number}:{template.id}"


def missing(bench: Workbench, template: Template, scope: Scope) -> tuple[str, ...]:
    """The ids of modules that a template names and that are not there, or not allowed in the
    space."""
    return tuple(
        module
        for module in template.modules()
        if module not in bench.modules or not scope.allows(module)
    )
