"""What a step of the past changed, field by field, also where later ones wrote the same fields.

The values before are the history's priors of the step; those after are what the next step that
wrote the field found there, else what stands there now.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import orjson

from store.ai.proposals import changes
from store.ai.proposals.changes import RecordChange
from store.guarding import Written
from store.records import PREFIX, Record

if TYPE_CHECKING:
    from store.workbench import Workbench

MOST = 200
"""Records of one step that are told; a step of an agent changes few."""

FEW = 50
"""Records of one step that are listed."""


def of_step(bench: Workbench, step: int) -> tuple[RecordChange, ...]:
    """What the step with row number ``step`` changed, in the order in which it did; which tags
    it gave or took is not told. Raises LockedError."""
    written: dict[tuple[str, int], Written] = {}
    for name, record, wrote, prior in bench.db.read(
        "SELECT collection, record, wrote, prior FROM history WHERE step = ? ORDER BY n", (step,)
    ):
        if name in bench.registry and bench.registry[name].junction_of is None:
            written.setdefault((name, record), Written()).add(wrote, prior)
    places = list(written)[:MOST]
    found = changes.records_at(bench, places)
    told = []
    for place in places:
        if (record := found.get(place)) is None:
            continue
        then = Record({**record, **_later(bench, place, step, record)}, record.key)
        if (change := changes.told(bench, place, then, written[place])) is not None:
            told.append(change)
    return tuple(told)


def records(bench: Workbench, step: int) -> list[tuple[str, Record]]:
    """The first records that a step changed, each with its collection, as they are now."""
    rows = bench.db.read(
        "SELECT DISTINCT collection, record FROM history WHERE step = ? ORDER BY n LIMIT ?",
        (step, FEW),
    )
    places = [
        (name, record)
        for name, record in rows
        if name in bench.registry and bench.registry[name].junction_of is None
    ]
    found = changes.records_at(bench, places)
    return [(place[0], found[place]) for place in places if place in found]


def space_of(bench: Workbench, step: int) -> int:
    """The number of the space that a step belongs to; 0 if it is not known."""
    rows = bench.db.read("SELECT space FROM steps WHERE n = ?", (step,))
    return int(rows[0][0]) if rows else 0


def _later(
    bench: Workbench, place: tuple[str, int], step: int, record: Mapping[str, Any]
) -> dict[str, Any]:
    """The opened values that fields of a record had after ``step``, of those that were written
    since."""
    declared = bench.registry[place[0]]
    later: dict[str, tuple[int, Any]] = {}
    for (prior,) in bench.db.read(
        "SELECT prior FROM history WHERE collection = ? AND record = ? AND prior IS NOT NULL "
        "AND step <> ? AND n > (SELECT max(n) FROM history WHERE step = ? "
        "AND collection = ? AND record = ?) ORDER BY n",
        (*place, step, step, *place),
    ):
        for name, entry in orjson.loads(prior).items():
            had, value = (*entry, None)[:2]  # of a field that was not there only that is kept
            later.setdefault(name, (had, value))
    found: dict[str, Any] = {}
    for name, (had, value) in later.items():
        sealed = had and isinstance(value, str) and value.startswith(PREFIX)
        if sealed and not declared.is_clear(name):
            value = changes.opened(bench, declared, str(record["id"]), name, value)
        found[name] = value if had else None
    return found
