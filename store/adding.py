"""Adding what capture read: one step, whoever typed the line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from store import capture
from store.capture import Reading, SpaceName
from store.module import Module
from store.records import Masked
from store.told import counted

if TYPE_CHECKING:
    from store.documents import Step
    from store.scope import Scope
    from store.workbench import Workbench

CAPTURED = "todo"
"""The module that capture writes to."""

NEW_TAG_COLOR = "#3B82F6"


class Names(NamedTuple):
    """What a line can name: the spaces there are, and the tags of each by its id."""

    spaces: tuple[SpaceName, ...]
    tags: Mapping[str, tuple[str, ...]]


class Added(NamedTuple):
    """One record that was added: its id, and the space it lives in."""

    id: str
    space: SpaceName


def understands(module: Module) -> bool:
    """Whether a typed line is read by the grammar before it becomes a record of ``module``."""
    return module.id == CAPTURED


def names(bench: Workbench) -> Names:
    """The names that are readable now; sealed ones are left out."""
    spaces = tuple(
        SpaceName(space["id"], space.text("name"), space.text("slug"))
        for space in bench.spaces.list()
        if not isinstance(space.get("name"), Masked)
    )
    tags = {space.id: _tag_names(bench, bench.spaces.scope(space.id)) for space in spaces}
    return Names(spaces, tags)


def _tag_names(bench: Workbench, scope: Scope) -> tuple[str, ...]:
    known = bench.tags.list(scope)
    return tuple(tag.text("name") for tag in known if not isinstance(tag.get("name"), Masked))


def understood(text: str, now: datetime, names: Names, here: str) -> Reading:
    """What ``text`` says in the space with the id ``here``, with the tags of the space it names."""
    reading = capture.read(text, now, names.spaces, names.tags.get(here, ()))
    there = reading.meaning("space")
    if there and there != here:
        reading = capture.read(text, now, names.spaces, names.tags.get(there, ()))
    return reading


def add(bench: Workbench, scope: Scope, module: Module, readings: Sequence[Reading]) -> list[Added]:
    """Add a record for each reading, as one step of the space ``scope``, which undoes it there.

    New tags are made. Raises InvalidValueError without a title, ModuleNotInSpaceError where
    records of the module may not live in a space that was named, NotFoundError where it is gone.
    """
    known = {space["id"]: space for space in bench.spaces.list()}
    label = counted("add {n} {noun}", "add {n} {noun}s", len(readings), noun=module.noun)
    added = []
    with bench.step(label, scope=scope) as step:
        for reading in readings:
            target = bench.spaces.scope(reading.meaning("space") or scope.id)
            target.require(bench.registry[module.main])
            space = known[target.id]
            name = SpaceName(target.id, space.text("name"), space.text("slug"))
            with step.into(target.number, target.id):
                added.append(Added(_insert(bench, step, target, module, reading), name))
    return added


def _insert(bench: Workbench, step: Step, target: Scope, module: Module, reading: Reading) -> str:
    text = f"{reading.title}\n{reading.more}" if reading.more else reading.title
    fields: dict[str, Any] = dict(module.quick(text)) if module.quick else {"title": text}
    if due := reading.meaning("due"):
        fields["dueDate"] = due
    if priority := reading.meaning("priority"):
        fields["priority"] = priority
    id = step.insert(module.main, fields)
    if reading.tags:
        chosen = tag_ids(bench, step, target, reading.tags)
        bench.tags.retag(step, module.main, id, add=chosen)
    return id


def tag_ids(bench: Workbench, step: Step, target: Scope, wanted: Sequence[str]) -> list[str]:
    """The ids of the tags with these names; those that are not there are made."""
    known = bench.tags.list(target)
    ids = {tag.text("name").casefold(): str(tag["id"]) for tag in reversed(known)}
    for name in wanted:
        if name.casefold() not in ids:
            fields = {"name": name, "color": NEW_TAG_COLOR, "icon": None, "groupId": None}
            ids[name.casefold()] = step.insert("tags", {**fields, "sortOrder": len(ids)})
    return list(dict.fromkeys(ids[name.casefold()] for name in wanted))
