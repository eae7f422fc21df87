"""What must hold at the end of every run, whatever happened in it."""

from __future__ import annotations

from typing import Any

import orjson

from store.collections import Collection
from store.errors import ManabenchError
from store.records import wire_form
from store.stamps import EPOCH, Meta, canonical, micros
from store.sync.outbox import outgoing
from store.vault import is_envelope
from store.workbench import Workbench
from tests.simulation.acts import MARK
from tests.simulation.device import Device
from tests.simulation.homes import PERSONAL
from tests.simulation.web import Web
from tests.simulation.world import SHARED, TABLES, BrokenError, World

OWN = frozenset({"id", "spaceId", "authorId", "createdAt", "updatedAt", "userId"})
Content = dict[tuple[str, str], Any]
"""(collection, id) to "deleted", or to its fields in plaintext."""


def all_of(world: World) -> None:
    """Every check. Raises BrokenError for the first that does not hold."""
    content = {device.name: _contents(device) for device in world.devices}
    _replicas_are_equal(world, content)
    for web in () if world.plan.shape.hides_rows_from_browsers else world.webs:
        _browser_is_equal(world, web, content)
    for device in world.devices:
        _nothing_was_lost(device)
        _nothing_was_deleted_by_inference(world, device)
        _no_seed_over_a_choice(world, device)
        _sound(device)
    _nothing_readable_was_sent(world)


# Replicas -------------------------------------------------------------------------------------


def _contents(device: Device) -> dict[str, Content]:
    """Per space id ("" for the user level) everything a device holds."""
    bench = device.bench
    names = {0: ""} | dict(bench.db.read('SELECT pk, id FROM "spaces"'))
    found: dict[str, Content] = {id: {} for id in names.values()}
    for declared in bench.registry:
        if declared.name == "spaces":
            continue
        for row in bench.db.read(
            f'SELECT id, space, doc, large, meta, deleted_at FROM "{declared.name}"'
        ):
            found[names[row[1]]][declared.name, row[0]] = _record(bench, declared, row)
    for app, collection, *row in bench.db.read(
        "SELECT app, collection, id, space, doc, NULL, meta, deleted_at FROM foreign_records"
    ):
        declared = bench.registry.foreign(app, collection)
        found[names[row[1]]][declared.name, row[0]] = _record(bench, declared, row)
    return found


def _record(bench: Workbench, declared: Collection, row: Any) -> Any:
    id, _space, doc, large, meta, deleted = row
    if deleted is not None:
        return "deleted"
    values = orjson.loads(doc) | (orjson.loads(large) if large else {})
    stamps = Meta.load(meta)
    out = {}
    for name, value in values.items():
        plain = _plain(bench, declared, id, name, value)
        if plain is None or name in OWN or (name, plain) == ("visibility", "space"):
            continue
        stamp = stamps.of(name, True)
        out[name] = (plain, micros(stamp.at) if stamp else 0)
    return out


def _plain(bench: Workbench, declared: Collection, id: str, name: str, value: Any) -> Any:
    if is_envelope(value) and not declared.is_clear(name):
        try:
            return bench.vault.open(declared.place, id, name, value)
        except ManabenchError:
            return value
    return value


def _replicas_are_equal(world: World, content: dict[str, dict[str, Content]]) -> None:
    first: dict[str, str] = {}
    for device in world.devices:
        for space in (f"{device.person}'s", PERSONAL[device.person], SHARED):
            if space == SHARED and device.person not in world.server.members[SHARED]:
                continue
            other = first.setdefault(space, device.name)
            here, there = (
                content[name].get("" if space.endswith("'s") else space, {})
                for name in (device.name, other)
            )
            if space == SHARED and not device.name.startswith(other[:3]):
                here, there = _public(here), _public(there)
            for key in sorted(here.keys() | there.keys()):
                a, b = here.get(key), there.get(key)
                if key[1] in world.forged and None in (a, b) and device.name[:3] != other[:3]:
                    # Forged under the id of a record that one of two people has elsewhere: it is
                    # quarantined there, and the other cannot know that.
                    continue
                if a != b and not (a in (None, "deleted") and b in (None, "deleted")):
                    raise BrokenError(
                        "replicas differ" if not _only_times(a, b) else "stamps differ",
                        f"{space} {key}:\n  {device.name}: {a}\n  {other}: {b}",
                    )


def _public(content: Content) -> Content:
    """Without what another account cannot read."""
    return {
        key: record
        for key, record in content.items()
        if record == "deleted" or "visibility" not in record
    }


def _only_times(a: Any, b: Any) -> bool:
    if not isinstance(a, dict) or not isinstance(b, dict):
        return False
    return {k: v for k, (v, _) in a.items()} == {k: v for k, (v, _) in b.items()}


def _browser_is_equal(world: World, web: Web, content: dict[str, dict[str, Content]]) -> None:
    device = next(one for one in world.devices if one.person == web.user)
    names = {declared.wire: declared.name for declared in device.bench.registry if declared.app}
    theirs: dict[tuple[str, str], Any] = {}
    for (app, table, id), item in web.items.items():
        if not item.deleted and (app, table) in TABLES:
            theirs[names[table], id] = {
                name: plain
                for name, value in item.fields.items()
                if name not in OWN
                and (plain := wire_form(web.plain(value))) is not None
                and (name, plain) != ("visibility", "space")
            }
    tables = {names[table] for _, table in TABLES}
    ours = {
        key: {name: value for name, (value, _) in record.items()}
        for space in ("", PERSONAL[web.user], SHARED)
        for key, record in content[device.name].get(space, {}).items()
        if record != "deleted" and key[0] in tables
    }
    for key in sorted(ours.keys() | theirs.keys()):
        if ours.get(key) != theirs.get(key):
            # A browser believes every row, whoever wrote it and into whatever space.
            # What it dropped as long deleted, a late change brings back to it.
            if (
                key[1] in world.forged
                or key in web.dropped
                or (key not in theirs and _never_sent(world, key[1]))
            ):
                continue
            raise BrokenError(
                "browser differs",
                f"{key}:\n  {device.name}: {ours.get(key)}\n  {web.name}: {theirs.get(key)}",
            )


def _never_sent(world: World, id: str) -> bool:
    """Whether nobody ever sent a record: seeds that every device makes for itself need not be."""
    return id.startswith("seed-") and not any(id.encode() in sent.body for sent in world.wire)


# Laws -----------------------------------------------------------------------------------------


def _nothing_was_lost(device: Device) -> None:
    """Every value its person committed is current, in history, or in an archive."""
    bench = device.bench
    kept: dict[tuple[str, str], set[tuple[str, bytes]]] = {}
    for space, collection, id, name, value in device.book:
        if value is None or (name, value) == ("visibility", "space"):
            continue  # as good as nothing
        key = collection, id
        if key not in kept:
            kept[key] = _ever(bench, collection, id)
        if (name, canonical(value)) not in kept[key]:
            raise BrokenError("a value was lost", f"{device.name} {space} {key} {name}={value!r}")


def _ever(bench: Workbench, collection: str, id: str) -> set[tuple[str, bytes]]:
    """Every (field, value) that a record has, had, or lost with."""
    declared = bench.registry[collection]
    found: set[tuple[str, bytes]] = set()

    def keep(name: str, value: Any) -> None:
        found.add((name, canonical(_plain(bench, declared, id, name, value))))

    for pk, doc, large in bench.db.read(
        f'SELECT pk, doc, large FROM "{collection}" WHERE id = ?', (id,)
    ):
        for name, value in (orjson.loads(doc) | (orjson.loads(large) if large else {})).items():
            keep(name, value)
        for (prior,) in bench.db.read(
            "SELECT prior FROM history WHERE collection = ? AND record = ? AND prior IS NOT NULL",
            (collection, pk),
        ):
            for name, entry in orjson.loads(prior).items():
                if entry and entry[0]:
                    keep(name, entry[1] if len(entry) > 1 else None)
        for name, mine in bench.db.read(
            "SELECT field, mine FROM conflicts WHERE collection = ? AND record = ?",
            (collection, pk),
        ):
            keep(name, orjson.loads(mine) if mine else None)
    return found


def _nothing_was_deleted_by_inference(world: World, device: Device) -> None:
    for declared in device.bench.registry:
        if declared.junction_of:
            continue
        for (id,) in device.bench.db.read(
            f'SELECT id FROM "{declared.name}" WHERE deleted_at IS NOT NULL'
        ):
            if id not in world.gone:
                raise BrokenError("deleted by nobody", f"{device.name} {declared.name} {id}")


def _no_seed_over_a_choice(world: World, device: Device) -> None:
    for space, id, name in world.chosen:
        for doc, meta in device.bench.db.read(
            'SELECT r.doc, r.meta FROM "workbenchScenes" r JOIN "spaces" s ON s.pk = r.space '
            "WHERE r.id = ? AND s.id = ?",
            (id, space),
        ):
            stamp = Meta.load(meta).of(name, name in orjson.loads(doc))
            known = any(entry[:4] == (space, "workbenchScenes", id, name) for entry in device.book)
            if known and (stamp is None or stamp.at == EPOCH):
                raise BrokenError("a seed over a choice", f"{device.name} {space} {id} {name}")


def _sound(device: Device) -> None:
    """Records and steps belong together, and nothing waits that nobody can see."""
    bench = device.bench
    lost = bench.db.read(
        "SELECT n, label FROM steps s WHERE NOT EXISTS (SELECT 1 FROM history WHERE step = s.n)"
    )
    if lost:
        raise BrokenError("a step without changes", f"{device.name} {lost}")
    if waits := outgoing.pending(bench):
        raise BrokenError("unsent at the end", f"{device.name} {waits}")


def _nothing_readable_was_sent(world: World) -> None:
    """No marked word left a device in the clear, but in a shared space."""
    mark = MARK.encode()
    for sent in world.wire:
        if mark not in sent.body:
            continue
        for change in orjson.loads(sent.body)["changes"]:
            data = change.get("data") or {}
            shared = SHARED in (change.get("spaceId"), data.get("spaceId"))
            private = data.get("visibility") == "private"
            if (not shared or private) and mark in orjson.dumps(change):
                raise BrokenError("readable on the wire", f"{sent.device}: {change}")
