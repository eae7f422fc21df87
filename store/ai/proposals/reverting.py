"""The way back from what agents did: one call, one run or a whole mission.

Every record that bears a stamp of the run is read with its history. A field goes back if what it
holds now is the run's, also after an undo or redo that restored just that; it gets the last value
that was not the run's. What anybody wrote since is left and listed, and so is what the run made and
somebody uses by now. The history is read by stamps and not by steps, so it works as well for a run
on another device, as far as the values before it are known here.

A revert is a step of the person: undo takes it back. While the vault is locked it works too, for it
only moves what is sealed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from store.ai.actors import of_run
from store.ai.proposals import changes
from store.ai.proposals.rehearsing import tried
from store.ai.proposals.using import in_use
from store.arrivals import DELETED, REPLAY
from store.changes import Incoming
from store.errors import NotFoundError
from store.guarding import NEVER, Current, Left, stored
from store.records import dumps
from store.scope import Scope
from store.stamps import micros
from store.told import phrase
from store.words import _

if TYPE_CHECKING:
    from store.collections import Collection
    from store.workbench import Workbench

_TOGETHER = 100
"""Actors looked for at once."""


class Reverted(NamedTuple):
    """What a revert did, or would do. changed: records that went back. left: fields that somebody
    wrote since. unknown: fields of which no earlier value is known here. back: fields and records
    that had gone back before. external: calls that reached out of this program, which nothing takes
    back. steps: how many steps of the history were the run's. changes: of a plan, field by field.
    """

    changed: int
    left: list[Left]
    external: list[str]
    steps: int
    back: int = 0
    unknown: list[Left] = []
    changes: tuple[changes.RecordChange, ...] = ()

    @property
    def again(self) -> bool:
        """Whether there is nothing left to do because it was all taken back before."""
        return not self.changed and self.back > 0


class _Version(NamedTuple):
    """A value that a field had: there at all, the value at rest, its stamp's time and actor."""

    had: int
    value: Any
    at: str
    actor: int


Ours = Callable[[str, _Version], bool]
"""Whether a version of a field is one that is to be taken back."""


def plan_revert(
    bench: Workbench, mission: str, iteration: str = "", step: int | None = None
) -> Reverted:
    """What ``revert`` would do now, with what would change; nothing is changed. NotFoundError."""

    def work() -> Reverted:
        start = changes.mark(bench)
        done = revert(bench, mission, iteration, step)
        return done._replace(changes=changes.since(bench, start))

    return tried(bench, work)


def revert(
    bench: Workbench, mission: str, iteration: str = "", step: int | None = None
) -> Reverted:
    """Take back what a mission did, or one run of it, or one call of a run by its number.

    mission may be empty for a run of a tool client. Raises NotFoundError where nothing of it is
    known here.
    """
    with bench.db.transaction():
        actors = of_run(bench, mission, iteration)
        if not actors:
            raise _nothing()
        steps = _steps(bench, actors, step)
        if step is not None and not steps:
            raise NotFoundError(
                _("Call {n} of this run changed nothing here.").format(n=step),
                kept=_("Nothing was changed."),
                hint=_("Calls that ran on another device are taken back with their whole run."),
            )
        way = _Way(bench, _ours(bench, actors, steps, step))
        for name, records in _involved(bench, actors, steps, step).items():
            way.take(bench.registry[name], records)
        way.leave_used()
        label = _label(mission, iteration, step)
        run = actors[0] if len(actors) == 1 and step is None else None
        changed = _write(bench, way, [n for n, _space in steps], run, label)
        external = _external(bench, mission, iteration, step)
        return Reverted(changed, way.left, external, len(steps), way.back, way.unknown)


def _nothing() -> NotFoundError:
    return NotFoundError(
        _("Nothing that it changed is known here."),
        kept=_("Nothing was changed."),
        hint=_("`manabench timeline` lists what agents did."),
    )


def _label(mission: str, iteration: str, step: int | None) -> str:
    if step is not None:
        return phrase("revert a call")
    return phrase("revert a run") if iteration or not mission else phrase("revert a mission")


def _steps(bench: Workbench, actors: Sequence[int], step: int | None) -> list[tuple[int, int]]:
    """(number, space) of the steps that these actors made on this device, oldest first."""
    return bench.db.read(
        "SELECT n, space FROM steps WHERE kind = 'agent' AND (? IS NULL OR target = ?) "
        "AND actor IN (SELECT value FROM json_each(?)) ORDER BY n",
        (step, step, dumps(list(actors))),
    )


def _ours(
    bench: Workbench, actors: Sequence[int], steps: Sequence[tuple[int, int]], step: int | None
) -> Ours:
    """By whom a version was written; for a single call by the stamps that it left."""
    if step is None:
        wrote = frozenset(actors)
        return lambda _field, version: version.actor in wrote
    stamps: set[tuple[str, str]] = set()
    whole: set[str] = set()
    for at, prior in bench.db.read(
        "SELECT wrote, prior FROM history WHERE step IN (SELECT value FROM json_each(?))",
        (dumps([n for n, _space in steps]),),
    ):
        if prior is None:
            whole.add(at)
            continue
        for field, entry in orjson.loads(prior).items():
            stamps.add((field, (entry[5] if len(entry) > 5 else None) or at))
    mine = frozenset(actors)
    return lambda field, version: (
        version.actor in mine and ((field, version.at) in stamps or version.at in whole)
    )


def _involved(
    bench: Workbench, actors: Sequence[int], steps: Sequence[tuple[int, int]], step: int | None
) -> dict[str, list[int]]:
    """The records that bear, or bore, a stamp of these actors, by collection; those that link a
    record and a tag last."""
    found: dict[str, set[int]] = {}
    if step is not None:
        rows = bench.db.read(
            "SELECT DISTINCT collection, record FROM history "
            "WHERE step IN (SELECT value FROM json_each(?))",
            (dumps([n for n, _space in steps]),),
        )
    else:
        rows = _bearing(bench, actors)
    for name, record in rows:
        if name in bench.registry:
            found.setdefault(name, set()).add(record)
    links = [name for name in found if bench.registry[name].junction_of is not None]
    order = [*(name for name in found if name not in links), *links]
    return {name: sorted(found[name]) for name in order}


def _bearing(bench: Workbench, actors: Sequence[int]) -> list[tuple[str, int]]:
    """(collection, row) of records that bear a stamp of these actors, or bore one. Whole tables are
    looked through, once for all actors: what an agent wrote here has one origin, what came has
    another, and most rows have neither."""
    rows: list[tuple[str, int]] = []
    for start in range(0, len(actors), _TOGETHER):
        stamps = [f'%",{int(actor)},"%' for actor in actors[start : start + _TOGETHER]]

        def bears(column: str, stamps: list[str] = stamps) -> str:
            those = " OR ".join([f"{column} LIKE ?"] * len(stamps))
            by_path = " OR ".join(f"instr({column}, '\"{path}\"')" for path in ("agent", REPLAY))
            return f"({by_path}) AND ({those})"

        rows += bench.db.read(
            f"SELECT DISTINCT collection, record FROM history WHERE {bears('prior')}", stamps
        )
        for declared in bench.registry:
            rows += bench.db.read(
                f'SELECT ?, pk FROM "{declared.name}" WHERE {bears("meta")}',
                (declared.name, *stamps),
            )
    return rows


class _Way:
    """The way back, record by record.

    incoming: what is written, by collection, space and the space's id.
    """

    def __init__(self, bench: Workbench, ours: Ours) -> None:
        self._bench = bench
        self._ours = ours
        self._kept: set[tuple[str, str]] = set()
        self.incoming: dict[tuple[str, int, str], list[Incoming]] = {}
        self.left: list[Left] = []
        self.unknown: list[Left] = []
        self.back = 0

    def take(self, collection: Collection, records: Sequence[int]) -> None:
        """Find the way back of these records. Those that link follow those that they link."""
        created = dict(
            self._bench.db.read(
                f'SELECT pk, created_at FROM "{collection.name}" '
                "WHERE pk IN (SELECT value FROM json_each(?))",
                (dumps(list(records)),),
            )
        )
        for current in stored(self._bench.db, collection, records).values():
            if collection.junction_of is not None:
                owner, key = collection.junction_of
                if (owner, current.value(key)) in self._kept:
                    continue
            past = _Past(self._bench, current, created[current.key] or "")
            if past.is_made_by(self._ours):
                change = self._unmade(current, past)
            else:
                change = self._undone(current, past)
            if change is not None:
                place = (collection.name, current.space, current.space_id)
                self.incoming.setdefault(place, []).append(change)

    def leave_used(self) -> None:
        """Leave what the run made and something that stays refers to; each is listed with the
        field by which it is known."""
        used = in_use(self._bench, self.incoming)
        for (name, _number, _space), group in self.incoming.items():
            declared = self._bench.registry[name]
            for change in [one for one in group if one.id in used]:
                group.remove(change)
                if declared.junction_of is None:
                    self.left.append((name, change.id, declared.title))

    def _unmade(self, current: Current, past: _Past) -> Incoming | None:
        """A record that the run made is deleted, unless somebody wrote to it since."""
        name = current.collection.name
        if current.deleted_at is not None:
            self.back += 1
            return None
        others = [
            field
            for field in (*current.fields(), DELETED)
            if (version := past.standing(field)) is not None
            and version.at != NEVER
            and not self._ours(field, version)
        ]
        if not others:
            return Incoming(current.id, {DELETED: True}, raw=True)
        self.left += [(name, current.id, field) for field in others]
        self._kept.add((name, current.id))
        return None

    def _undone(self, current: Current, past: _Past) -> Incoming | None:
        fields: dict[str, Any] = {}
        restores: dict[str, str] = {}
        for field in past.fields():
            if not any(self._ours(field, version) for version in past.versions(field)):
                continue
            place = (current.collection.name, current.id, field)
            standing = past.standing(field)
            if standing is None or not self._ours(field, standing):
                if past.went_back(field, self._ours):
                    self.back += 1
                else:
                    self.left.append(place)
                continue
            target = past.before(field, self._ours)
            if target is None:
                self.unknown.append(place)
                continue
            fields[field] = target.value if target.had else None
            restores[field] = target.at
        return Incoming(current.id, fields, raw=True, restores=restores) if fields else None


class _Past:
    """Every version of every field of one record, oldest first, the present one last."""

    def __init__(self, bench: Workbench, current: Current, created: str) -> None:
        self._created = created
        self._made = ""
        self._versions: dict[str, list[_Version]] = {}
        self._restored: dict[str, dict[str, str]] = {}
        for wrote, prior in bench.db.read(
            "SELECT wrote, prior FROM history WHERE record = ? AND collection = ? ORDER BY n",
            (current.key, current.collection.name),
        ):
            if prior is None:
                self._made = wrote or ""
                continue
            for field, entry in orjson.loads(prior).items():
                had, value, at, actor, _origin, mine, of = entry + [None] * (7 - len(entry))
                version = _Version(had, value, at or NEVER, actor or 0)
                self._versions.setdefault(field, []).append(version)
                if of is not None:
                    self._restored.setdefault(field, {})[mine or wrote] = of
        for field in dict.fromkeys((*current.fields(), *self._versions, DELETED)):
            present = current.present(field)
            if field == DELETED:
                present = current.deleted_at is not None
            stamp = current.meta.of(field, present)
            if stamp is not None:
                value = current.deleted_at if field == DELETED else current.value(field)
                version = _Version(1, value, stamp.at, stamp.actor)
                self._versions.setdefault(field, []).append(version)

    def fields(self) -> Iterable[str]:
        """Every field that was ever written."""
        return self._versions

    def versions(self, field: str) -> list[_Version]:
        """All versions of a field."""
        return self._versions[field]

    def is_made_by(self, ours: Ours) -> bool:
        """Whether the record began with a version that is to be taken back. Others tell by its
        creation when it began, so a record that was only overwritten is never taken for new."""
        if not self._made or micros(self._made) != micros(self._created):
            return False
        first = [
            (field, versions[0])
            for field, versions in self._versions.items()
            if versions[0].at == self._made
        ]
        return bool(first) and all(ours(field, version) for field, version in first)

    def standing(self, field: str) -> _Version | None:
        """The version whose value the field has now: the present one, or the one that undo, redo
        or a revert brought back with it."""
        versions = self._versions.get(field)
        if not versions:
            return None
        return versions[self._origin(field, len(versions) - 1)]

    def before(self, field: str, ours: Ours) -> _Version | None:
        """The last version before the standing one that is not to be taken back; None where none
        is known here."""
        versions = self._versions[field]
        place = self._origin(field, len(versions) - 1)
        while place >= 0 and ours(field, versions[place]):
            place = self._origin(field, place - 1)
        return versions[place] if place >= 0 else None

    def went_back(self, field: str, ours: Ours) -> bool:
        """Whether the present value was brought back from before those that are taken back."""
        versions = self._versions[field]
        last = max(n for n, version in enumerate(versions) if ours(field, version))
        place = self._origin(field, len(versions) - 1)
        return place < last

    def _origin(self, field: str, place: int) -> int:
        """Where the value of a version was first: its own place unless it was brought back."""
        versions, restored = self._versions[field], self._restored.get(field, {})
        seen = set()
        while place >= 0 and versions[place].at in restored and place not in seen:
            seen.add(place)
            wanted = restored[versions[place].at]
            earlier = [n for n in range(place) if versions[n].at == wanted]
            if not earlier:
                break
            place = earlier[-1]
        return place


def _write(bench: Workbench, way: _Way, steps: Sequence[int], run: int | None, label: str) -> int:
    """Write what goes back as one step of the person. The steps that were taken back remember that
    step, and it remembers the actor whose whole run it took back, which may have no steps here."""
    way.incoming = {place: group for place, group in way.incoming.items() if group}
    if not way.incoming:
        return 0
    place = next(((n, id) for _name, n, id in way.incoming if n), (0, ""))
    scope = Scope(place[0], place[1], "", bench.viewer)
    with bench.step(label, scope=scope, confirmed=True) as step:
        for (name, number, space), group in way.incoming.items():
            with step.into(number, space):
                step.put_back(name, group)
    if step.n:
        connection = bench.db.connection()
        connection.execute(
            "UPDATE steps SET undone = ? WHERE n IN (SELECT value FROM json_each(?))",
            (step.n, dumps(list(steps))),
        )
        connection.execute("UPDATE steps SET target = ? WHERE n = ?", (run, step.n))
        bench.db.touch("runs", place[1], None)
    return step.written


def _external(bench: Workbench, mission: str, iteration: str, step: int | None) -> list[str]:
    """The tools of calls that reached out of this program and were carried out."""
    from store.ai.runs import rows
    from store.ai.tools.catalogue import catalogue

    tools = catalogue(bench)
    outward = {name for name, tool in tools.items() if tool.outward}
    if not outward:
        return []
    if mission:
        runs = [r for r in rows.of_mission(bench, mission, -1) if iteration in ("", r.id)]
    else:
        try:
            runs = [rows.get(bench, iteration)]
        except NotFoundError:
            runs = []
    return [
        call.tool
        for run in runs
        for call in run.steps
        if call.tool in outward and call.status == "approved" and step in (None, call.number)
    ]
