"""What must hold at the end of every run, whatever happened in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

from store.collections import Collection
from store.errors import ManabenchError
from store.records import wire_form
from store.stamps import EPOCH, Meta, canonical, micros
from store.sync.compare.digest import digest
from store.sync.outbox import outgoing
from store.sync.waiting import authority
from store.vault import is_envelope
from store.workbench import Workbench
from tests.simulation.acts import MARK
from tests.simulation.device import Device
from tests.simulation.homes import PERSONAL
from tests.simulation.server import SECOND
from tests.simulation.web import Web
from tests.simulation.world import SHARED, TABLES, BrokenError, World

OWN = frozenset({"id", "spaceId", "authorId", "createdAt", "updatedAt", "userId"})
FRESH = 50 * SECOND
"""How long after it was sent a value that loses is a conflict, a little less than promised."""

FORGED = frozenset({"title", "content", "x y"})
"""The fields of forged rows."""

Content = dict[tuple[str, str], Any]
"""(collection, id) to "deleted", or to its fields in plaintext."""


def all_of(world: World) -> None:
    """Every check. Raises BrokenError for the first that does not hold."""
    _nothing_readable_was_sent(world)
    for device in world.devices:
        _nothing_was_deleted_by_inference(world, device)
        _no_seed_over_a_choice(world, device)
        _nothing_was_lost(device)
        _losers_are_archived(world, device)
        _nothing_planted_acts(world, device)
        _sound(device)
    content = {device.name: _contents(device) for device in world.devices}
    _replicas_are_equal(world, content)
    _digests_are_equal(world)
    for web in () if world.plan.shape.hides_rows_from_browsers else world.webs:
        try:
            _browser_is_equal(world, web, content)
        except BrokenError:
            # Of a record of which it lost the beginning a browser refuses what it should have had.
            if not world.plan.shape.loses_rows_of_browsers:
                raise
            web.start_anew()
            _browser_is_equal(world, web, content)


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
                lacks = device if a is None else world.named(other)
                if key[1] in world.forged and None in (a, b) and _is_quarantined(lacks, key):
                    # Forged under the id of a record that one of two people has elsewhere, and the
                    # other cannot know that.
                    continue
                if a != b and not (a in (None, "deleted") and b in (None, "deleted")):
                    raise BrokenError(
                        "replicas differ" if not _only_times(a, b) else "stamps differ",
                        f"{space} {key}:\n  {device.name}: {a}\n  {other}: {b}",
                    )


def _is_quarantined(device: Device, key: tuple[str, str]) -> bool:
    """Whether rows of a record wait for a look."""
    return bool(
        device.bench.db.read("SELECT 1 FROM quarantine WHERE collection = ? AND id = ?", key)
    )


def _digests_are_equal(world: World) -> None:
    """What people compare by eye says the same as a comparison record by record."""
    first: dict[tuple[str, str], tuple[str, str]] = {}
    for device in world.devices:
        for number, id in [(0, ""), *device.bench.db.read('SELECT pk, id FROM "spaces"')]:
            if id == SHARED and device.person not in world.server.members[SHARED]:
                continue
            text = digest(device.bench, number)
            other, theirs = first.setdefault((device.person, id), (device.name, text))
            if text != theirs:
                raise BrokenError("digests differ", f"{id}: {device.name} {text}, {other} {theirs}")


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
            if key[1] in world.forged and _is_as_forged(device, key, ours, theirs):
                continue
            if key not in theirs and _never_sent(world, key[1]):
                continue
            if _is_anothers_secret(ours.get(key), theirs.get(key)):
                continue
            raise BrokenError(
                "browser differs",
                f"{key}:\n  {device.name}: {ours.get(key)}\n  {web.name}: {theirs.get(key)}",
            )


def _is_as_forged(device: Device, key: tuple[str, str], ours: Any, theirs: Any) -> bool:
    """Whether a record differs only by what was forged of it: a browser believes every row,
    whoever wrote it, into whatever space and at whatever time."""
    if _is_quarantined(device, key):
        return True
    return _unforged(ours.get(key)) == _unforged(theirs.get(key))


def _is_anothers_secret(ours: Any, theirs: Any) -> bool:
    """Whether two differ only by what somebody else made private, which a browser replaces by what
    it cannot read, and we do not."""
    if not ours or not theirs or ours.get("visibility") != "private":
        return False
    sealed = {name for name, value in theirs.items() if is_envelope(value)}
    kept, read = ({n: v for n, v in one.items() if n not in sealed} for one in (ours, theirs))
    return bool(sealed) and kept == read


def _unforged(record: Any) -> dict[str, Any]:
    return {name: value for name, value in (record or {}).items() if name not in FORGED}


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


def _losers_are_archived(world: World, device: Device) -> None:
    """A value typed here that was not sent, or a moment ago, and that lost against another one from
    elsewhere, waits as a conflict. What was there before a home first met its server is none."""
    if world.plan.shape.fresh or world.plan.shape.guests:
        return
    bench = device.bench
    archived = set(bench.db.read("SELECT collection, record, field FROM conflicts"))
    for collection, record, n, text, at in bench.db.read(
        "SELECT h.collection, h.record, h.n, h.prior, s.at FROM history h "
        "JOIN steps s ON s.n = h.step WHERE s.kind = 'pull' AND instr(h.prior, '\"user\"')"
    ):
        for name, entry in orjson.loads(text).items():
            if name == "deletedAt" or len(entry) < 5 or entry[4] != "user":
                continue
            if (collection, record, name) in archived:
                continue
            declared = bench.registry[collection]
            ((id, doc, large),) = bench.db.read(
                f'SELECT id, doc, large FROM "{collection}" WHERE pk = ?', (record,)
            )
            sent = world.sent().get((id, name, entry[2]))
            if sent is not None and not 0 <= micros(at) - micros(sent) < FRESH:
                continue
            then = [entry[1], *_after(bench, collection, record, name, n, doc, large)]
            lost, *later = [canonical(_plain(bench, declared, id, name, one)) for one in then]
            # A conflict ends when the value that lost stands again.
            if lost not in later:
                raise BrokenError(
                    "a loser without a conflict",
                    f"{device.name} {collection} {id} {name}: {lost!r} {later}",
                )


def _after(
    bench: Workbench, collection: str, record: int, name: str, n: int, doc: str, large: str | None
) -> Iterator[Any]:
    """The values that a field had from one change in history on."""
    for (text,) in bench.db.read(
        "SELECT prior FROM history WHERE collection = ? AND record = ? AND n > ? "
        "AND prior IS NOT NULL ORDER BY n",
        (collection, record, n),
    ):
        entry = orjson.loads(text).get(name)
        if entry is not None:
            yield entry[1] if len(entry) > 1 else None
    yield (orjson.loads(doc) | (orjson.loads(large) if large else {})).get(name)


def _nothing_was_deleted_by_inference(world: World, device: Device) -> None:
    if inferred := device.dead() - world.gone:
        raise BrokenError("deleted by nobody", f"{device.name} {sorted(inferred)}")


def _nothing_planted_acts(world: World, device: Device) -> None:
    """Agents that came from elsewhere wait for a look, wherever they were planted."""
    if not world.planted:
        return
    bench = device.bench
    rows = bench.db.read(
        "SELECT 'agents', space, id FROM agents WHERE id GLOB 'agent[0-9]*' AND deleted_at IS NULL"
    )
    waiting = {(held.space, held.id) for held in authority.waiting(bench)}
    for collection, space, id in rows:
        acts = authority.may_act(bench, "ai", collection, space, id)
        if acts or (space, id) not in waiting:
            raise BrokenError("acts unseen", f"{device.name} {id} in {space}: {acts}")


def _no_seed_over_a_choice(world: World, device: Device) -> None:
    """What somebody of this home chose stands, or what somebody chose later; in a record that is
    deleted a choice waits for its return."""
    books = [one.book for one in world.devices if one.person == device.person]
    known = {entry[:4] for book in books for entry in book}
    for space, id, name in sorted(world.chosen):
        if (space, "workbenchScenes", id, name) not in known:
            continue  # forgotten by a backup that was put back before it was sent
        for doc, meta in device.bench.db.read(
            'SELECT r.doc, r.meta FROM "workbenchScenes" r JOIN "spaces" s ON s.pk = r.space '
            "WHERE r.id = ? AND s.id = ? AND r.deleted_at IS NULL",
            (id, space),
        ):
            stamp = Meta.load(meta).of(name, name in orjson.loads(doc))
            if stamp is None or stamp.at == EPOCH or _is_seed(device.bench, stamp.actor):
                raise BrokenError("a seed over a choice", f"{device.name} {space} {id} {name}")


def _is_seed(bench: Workbench, actor: int) -> bool:
    rows = bench.db.read("SELECT json FROM actors WHERE n = ?", (actor,))
    return bool(orjson.loads(rows[0][0])["principalId"] == "system:bootstrap")


def _sound(device: Device) -> None:
    """Records and steps belong together, and nothing waits that nobody can see."""
    bench = device.bench
    lost = bench.db.read(
        "SELECT n, label FROM steps s WHERE NOT EXISTS (SELECT 1 FROM history WHERE step = s.n)"
    )
    if lost and not device.purged:
        raise BrokenError("a step without changes", f"{device.name} {lost}")
    if waits := outgoing.pending(bench):
        raise BrokenError("unsent at the end", f"{device.name} {waits}")


def _nothing_readable_was_sent(world: World) -> None:
    """No marked word left a device in the clear, but in a shared space."""
    mark = MARK.encode()
    for sent in world.wire:
        if b"enc:2:" in sent.body:
            raise BrokenError("sealed under a key of the home's own", f"{sent.device}")
        if mark not in sent.body:
            continue
        for change in orjson.loads(sent.body)["changes"]:
            data = change.get("data") or {}
            shared = SHARED in (change.get("spaceId"), data.get("spaceId"))
            private = data.get("visibility") == "private" or change["id"] in sent.private
            if (not shared or private) and mark in orjson.dumps(change):
                raise BrokenError("readable on the wire", f"{sent.device}: {change}")
