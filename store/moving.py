"""Moving a record to another space: copy with a new id and re-linking, then delete, as one step.

The old space keeps what it had received before; nobody can take that back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from store.ids import new_id
from store.module import readable
from store.records import Masked
from store.scope import Scope
from store.words import N_

if TYPE_CHECKING:
    from store.documents import Step
    from store.workbench import Workbench

_OWN = frozenset({"id", "spaceId", "authorId", "createdAt", "updatedAt", "deletedAt"})


def move(bench: Workbench, source: Scope, collection: str, id: str, target: Scope) -> str:
    """Move a record; returns its new id.

    Tags come along by name and are made where missing; links to other records of the old space do
    not. Records that belong to it, such as its reminder, move with it. Raises NotFoundError,
    ModuleNotInSpaceError, LockedError; UnreadableError where a value does not open, for a copy
    would lose it.
    """
    declared = bench.registry[collection]
    target.require(declared)
    if source.number == target.number:
        return id
    record = bench.documents.get(source, collection, id)
    links = {name for name, field in declared.fields.items() if field.kind == "id"}
    names = {
        t["id"]: t.text("name")
        for t in bench.tags.list(source)
        if not isinstance(t.get("name"), Masked)
    }
    new = new_id()
    with bench.step(N_("move to another space"), scope=source) as step:
        fields = {
            name: readable(record, name)
            for name in record
            if name not in _OWN and name not in links
        }
        link = declared.tag_link
        if link is not None and link.path:
            field, _, inner = link.path.partition(".")
            if inner and isinstance(fields.get(field), dict):
                fields[field] = {k: v for k, v in fields[field].items() if k != inner}
            elif not inner:
                fields.pop(field, None)
        with step.into(target.number, target.id):
            step.insert(collection, fields, id=new)
            theirs = {t.text("name").casefold(): t["id"] for t in bench.tags.list(target)}
            for name in [names[t] for t in record.tags if t in names]:
                if name.casefold() not in theirs:
                    theirs[name.casefold()] = step.insert("tags", {"name": name})
                bench.tags.retag(step, collection, new, add=(theirs[name.casefold()],))
        _bring_along(bench, source, collection, id, new, target, step)
        step.remove(collection, id)
    return new


def _bring_along(
    bench: Workbench,
    source: Scope,
    collection: str,
    id: str,
    new: str,
    target: Scope,
    step: Step,
) -> None:
    """Move the records that name ``id`` as theirs: a reminder of its task."""
    key = f"{collection.removesuffix('s')}Id"
    for other in bench.registry:
        if key not in other.fields or other.junction_of or other.level != "space":
            continue
        rows = bench.db.read(
            f"SELECT id FROM \"{other.name}\" WHERE json_extract(doc, '$.{key}') = ? "
            "AND space = ? AND deleted_at IS NULL",
            (id, source.number),
        )
        for (owned,) in rows:
            record = bench.documents.get(source, other.name, owned)
            fields = {n: readable(record, n) for n in record if n not in _OWN} | {key: new}
            with step.into(target.number, target.id):
                step.insert(other.name, fields)
            step.remove(other.name, owned)
