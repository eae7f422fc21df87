"""What a run made and somebody uses since: a tag on another record, a task that has a reminder.

Taking such a record back would take something from whoever uses it, although nobody wrote to the
record itself. So whatever stays after a revert keeps what it refers to.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from store.arrivals import DELETED
from store.changes import Incoming
from store.collections import COMMON
from store.records import dumps

if TYPE_CHECKING:
    from store.collections import Collection
    from store.workbench import Workbench

Place = tuple[str, str]
"""A record: its collection and its id."""

Planned = Mapping[Place, Incoming]
Incomings = Mapping[tuple[str, int, str], list[Incoming]]
"""What a revert would write: by record; by collection, space and the space's id."""


class _Reference(NamedTuple):
    """A field of a live record that names a record which would go. owns: of a row that links a
    record and a tag, the field that names the record."""

    place: Place
    field: str
    target: str
    owns: bool


def in_use(bench: Workbench, incoming: Incomings) -> dict[str, Place]:
    """The records that would be deleted although something that stays refers to them, by id, each
    with one that does. Links of a record that stays for this reason stay with it."""
    planned = {
        (name, change.id): change
        for (name, _number, _space), group in incoming.items()
        for change in group
    }
    spaces = frozenset(number for _name, number, _space in incoming)
    going = {id for (_name, id), change in planned.items() if DELETED in change.fields}
    if not going:
        return {}
    references = [
        found
        for declared in bench.registry
        if declared.level == "space"
        for found in _references(bench, declared, spaces, going)
    ]
    kept: dict[str, Place] = {}
    while True:
        more = {
            one.target: one.place
            for one in references
            if one.target not in kept and _stays(one, planned, kept)
        }
        more |= {
            one.place[1]: one.place
            for one in references
            if one.owns and one.target in kept and one.place[1] in going - kept.keys()
        }
        if not more:
            return kept
        kept |= more


def _stays(one: _Reference, planned: Planned, kept: Mapping[str, Place]) -> bool:
    """Whether a reference is still there after the revert."""
    change = planned.get(one.place)
    if change is None or one.place[1] in kept:
        return True
    return DELETED not in change.fields and one.field not in change.fields


def _references(
    bench: Workbench, declared: Collection, spaces: frozenset[int], going: set[str]
) -> list[_Reference]:
    """The live records of a collection that name one of these, by a link that is kept readable."""
    owner = declared.junction_of[1] if declared.junction_of else ""
    found = []
    for field, kind in declared.fields.items():
        if not kind.clear or kind.kind not in ("id", "list") or field in COMMON:
            continue
        path = f"json_extract(r.doc, '$.{field}')"
        source = f'"{declared.name}" r'
        if kind.kind == "list":
            each = f"CASE json_type(r.doc, '$.{field}') WHEN 'array' THEN {path} END"
            source += f", json_each({each}) e"
            path = "e.value"
        for id, target in bench.db.read(
            f"SELECT r.id, {path} FROM {source} WHERE r.deleted_at IS NULL "
            "AND r.space IN (SELECT value FROM json_each(?)) "
            f"AND {path} IN (SELECT value FROM json_each(?))",
            (dumps(sorted(spaces)), dumps(sorted(going))),
        ):
            found.append(_Reference((declared.name, id), field, target, field == owner))
    return found
