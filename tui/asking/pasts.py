"""Values of the past as text, for the screen of a history and for the command line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from store.errors import ManabenchError
from store.module import FormField
from store.records import Masked
from store.words import _
from tui.asking import fieldtext

if TYPE_CHECKING:
    from store.history import Past
    from store.scope import Scope
    from store.workbench import Workbench


def fields_of(bench: Workbench, module: Any) -> dict[str, FormField]:
    """The fields of a module by name; that of the tags by where the record keeps their list.

    module: or anything else with ``main`` and ``fields``.
    """
    fields = {f.name: f for f in module.fields}
    link = bench.registry[module.main].tag_link
    tags = next((f for f in module.fields if f.kind == "tags"), None)
    if link is not None and link.path and tags is not None:
        name, _dot, inner = link.path.partition(".")
        fields[name] = tags._replace(name=name, choices=(inner,) if inner else ())
    return fields


def _tags_in(field: FormField, value: Any) -> list[str]:
    inner = value.get(field.choices[0]) if field.choices and isinstance(value, dict) else value
    return [tag for tag in inner if isinstance(tag, str)] if isinstance(inner, list) else []


def says_nothing(field: FormField, past: Past, older: Sequence[Past]) -> bool:
    """Whether a value that holds more than tags changed nothing about them, where ``older`` are the
    values before it."""
    if field.kind != "tags":
        return False
    if isinstance(past.value, Masked):
        return True
    before = next((p.value for p in older if p.field == field.name), None)
    return _tags_in(field, past.value) == _tags_in(field, before)


def text_of(bench: Workbench, scope: Scope, field: FormField, value: Any) -> str:
    """A value for reading: linked records and tags by what they are called."""
    if field.kind == "link" and isinstance(value, str) and value:
        return _title(bench, scope, field.link, value)
    if field.kind == "tags" and not isinstance(value, Masked):
        return " ".join("#" + _title(bench, scope, "tags", t) for t in _tags_in(field, value))
    return fieldtext.shown(field, value)


def _title(bench: Workbench, scope: Scope, collection: str, id: str) -> str:
    """What a linked record is called, deleted or not; of one that is not here, what it was."""
    try:
        record = bench.documents.get(scope, collection, id)
    except ManabenchError:
        return _("{id} (not here)").format(id=id[:8])
    return bench.documents.title(collection, record)
