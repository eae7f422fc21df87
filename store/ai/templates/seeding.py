"""First records of a template, for whatever module has them.

One way for all modules: the fields are those of its main collection, completed by their defaults,
and a date or a list of things to tick is read as the module's form reads it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from store import when
from store.adding import tag_ids
from store.errors import InvalidValueError
from store.module import Module, checklist
from store.sync.waiting.authority import acts
from store.words import _

if TYPE_CHECKING:
    from store.ai.templates.shape import Seed
    from store.documents import Step
    from store.scope import Scope
    from store.workbench import Workbench

_NEVER = frozenset({"tags", "tagIds", "visibility", "iterations", "grant"})
"""Fields that a template does not fill: tags have names there, and who sees a record is the
person's choice."""


def fields_of(bench: Workbench, module: Module, seed: Seed) -> dict[str, Any]:
    """The values of the record that ``seed`` becomes.

    Raises InvalidValueError for a field the module does not have or a value it does not take.
    """
    collection = bench.registry[module.main]
    if acts(collection.app, collection.wire):
        # An agent, a mission or an automation is no first record: it would act by itself.
        raise InvalidValueError(
            _("{module} records cannot be first records.").format(module=module.id),
            kept=_("This record was not made."),
        )
    declared = collection.fields
    kinds = {field.name: field.kind for field in module.fields}
    out = {name: f.default for name, f in declared.items() if f.default is not None}
    out.pop("visibility", None)
    for name, value in seed.fields.items():
        if name not in declared or name in _NEVER or kinds.get(name) == "link":
            raise InvalidValueError(
                _("{module} records have no field {name}.").format(module=module.id, name=name),
                kept=_("This record was not made."),
            )
        out[name] = _typed(bench, kinds.get(name, ""), value)
    return out


def _typed(bench: Workbench, kind: str, value: Any) -> Any:
    if kind == "date" and isinstance(value, str) and value:
        return when.read(value, when.local(bench.now()))
    if kind == "lines" and isinstance(value, list):
        lines = [line for line in value if isinstance(line, str)]
        return checklist(lines, None, bench.now())
    return dict(value) if isinstance(value, Mapping) else value


def plant(bench: Workbench, step: Step, scope: Scope, seed: Seed, id: str) -> None:
    """Make the record of a seed with the id ``id``.

    Raises InvalidValueError, ModuleNotInSpaceError, LockedError; nothing of it is made then.
    """
    module = bench.modules[seed.module]
    fields = fields_of(bench, module, seed)
    tagged = bench.registry[module.main].tag_link is not None
    step.insert(module.main, fields, id=id)
    if seed.tags and tagged:
        chosen = tag_ids(bench, step, scope, seed.tags)
        bench.tags.retag(step, module.main, id, add=chosen)
