"""What people do on simulated devices: each act is a function of its device and of its dice.

An act that makes no sense just now does nothing, so that steps can be left out when a failing run
is made smaller. Words that must not be read on the wire begin with ``MARK``.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from store.documents import Replica
from store.errors import ManabenchError
from store.moving import move
from store.purge import purge_records
from store.scope import Scope
from tests.simulation.device import Device
from tests.simulation.server import DAY, iso

MARK = "zq~"
"""No envelope has a tilde."""
CLEAR: dict[str, Callable[[Random], dict[str, Any]]] = {
    "notes": lambda r: {"isPinned": r.random() < 0.5, "color": r.choice(["#ef4444", None])},
    "tasks": lambda r: {
        "priority": r.choice(["low", "high"]),
        "order": r.randrange(4),
        "isCompleted": r.random() < 0.5,
    },
    "contacts": lambda r: {"company": r.choice(["ACME", "Sons"]), "isFavorite": r.random() < 0.5},
}
SEALED = {
    "notes": ("title", "content", "metadata"),
    "tasks": ("title", "description", "subtasks"),
    "contacts": ("firstName", "notes"),
}
TITLE = {"notes": "title", "tasks": "title", "contacts": "firstName"}


def value(random: Random, field: str) -> Any:
    """A value of a sealed field; often one of few, so that two devices write the same."""
    if random.random() < 0.3:
        text = f"{MARK} {random.choice('abc')}"
    else:
        text = f"{MARK}{random.getrandbits(32):08x}"
    if field == "metadata":
        return {"key": text, "n": random.choice([1, 1.5, True, None, []])}
    if field == "subtasks":
        return [{"id": "s1", "title": text, "isCompleted": False}]
    return random.choice([text, text, text, "", None, f"{MARK} e\u0301\u00e9 \U0001f600 {text}"])


def values(random: Random, collection: str, *, some: bool) -> dict[str, Any]:
    """Fields of a new record, or ``some`` of them for an edit."""
    found = {name: value(random, name) for name in SEALED[collection]} | CLEAR[collection](random)
    if some:
        names = random.sample(sorted(found), random.choice([1, 1, 2, 3]))
        return {name: found[name] for name in names}
    return {k: v for k, v in found.items() if v is not None}


def place(device: Device, random: Random) -> Scope:
    """A space of the device, the personal one more often."""
    bench = device.bench
    spaces = [space["id"] for space in bench.spaces.list()]
    personal = bench.spaces.personal()
    chosen = personal if random.random() < 0.5 else random.choice(sorted(spaces))
    return bench.spaces.scope(chosen)


def choose_collection(scope: Scope, random: Random) -> str:
    """A collection that the space's type allows."""
    module = {"notes": "notes", "tasks": "todo", "contacts": "contacts"}
    return random.choice([name for name in SEALED if scope.allows(module[name])])


def pick(
    device: Device, random: Random, *, deleted: bool = False, collection: str = ""
) -> tuple[Scope, str, str] | None:
    """A record of the device, any space."""
    scope = place(device, random)
    name = collection or choose_collection(scope, random)
    state = "NOT NULL" if deleted else "NULL"
    rows = device.bench.db.read(
        f'SELECT id FROM "{name}" WHERE space = ? AND deleted_at IS {state} '
        "AND (private = 0 OR private = ?) ORDER BY id",
        (scope.number, scope.viewer),
    )
    return (scope, name, random.choice(rows)[0]) if rows else None


def _pinned(device: Device, random: Random) -> tuple[Scope, str, str] | None:
    """A record that others are likely to work on too: the first of all."""
    found = pick(device, random)
    if found is None or random.random() < 0.4:
        return found
    scope, name, _ = found
    rows = device.bench.db.read(
        f'SELECT min(id) FROM "{name}" WHERE space = ? AND deleted_at IS NULL '
        "AND (private = 0 OR private = ?)",
        (scope.number, scope.viewer),
    )
    return scope, name, rows[0][0]


def add(device: Device, random: Random) -> str:
    scope = place(device, random)
    name = choose_collection(scope, random)
    fields = values(random, name, some=False)
    if random.random() < 0.15:
        fields["visibility"] = "private"
    with device.bench.step("add", scope=scope) as step:
        id = step.insert(name, fields)
    device.write(scope.id, name, id, fields)
    return f"{name} {id[:8]} in {scope.id}: {fields}"


def edit(device: Device, random: Random) -> str:
    found = _pinned(device, random)
    if found is None:
        return ""
    scope, name, id = found
    fields = values(random, name, some=True)
    if random.random() < 0.05:
        fields["visibility"] = random.choice(["private", "space"])
    with device.bench.step("edit", scope=scope) as step:
        step.update(name, id, fields)
    device.write(scope.id, name, id, fields)
    return f"{name} {id[:8]}: {fields}"


def delete(device: Device, random: Random) -> str:
    found = _pinned(device, random)
    if found is None:
        return ""
    scope, name, id = found
    device.world.gone.add(id)
    with device.bench.step("delete", scope=scope) as step:
        step.delete(name, id)
    return f"{name} {id[:8]}"


def restore(device: Device, random: Random) -> str:
    found = pick(device, random, deleted=True)
    if found is None:
        return ""
    scope, name, id = found
    with device.bench.step("restore", scope=scope) as step:
        step.restore(name, id)
    return f"{name} {id[:8]}"


def undo(device: Device, random: Random) -> str:
    scope = place(device, random)
    try:
        outcomes = device.bench.history.undo(scope, random.choice([1, 1, 2, 3]))
    except ManabenchError as error:
        return str(error)
    return "; ".join(f"{one.step.label} {one.changed}" for one in outcomes)


def redo(device: Device, random: Random) -> str:
    try:
        outcomes = device.bench.history.redo(place(device, random), random.choice([1, 1, 2]))
    except ManabenchError as error:
        return str(error)
    return "; ".join(f"{one.step.label} {one.changed}" for one in outcomes)


def tag(device: Device, random: Random) -> str:
    """Give a record a tag, take one away, or both at once."""
    found = _pinned(device, random)
    if found is None:
        return ""
    scope, name, id = found
    bench = device.bench
    bench.enter(scope.id)
    tags = sorted(t["id"] for t in bench.tags.list(scope))
    if not tags or random.random() < 0.3:
        word = f"{MARK}tag{random.randrange(4)}{random.getrandbits(16):x}"
        tags.append(bench.tags.add(word))
        device.write(scope.id, "tags", tags[-1], {"name": word})
    chosen = random.choice(tags)
    with bench.step("tag", scope=scope) as step:
        if random.random() < 0.6:
            bench.tags.tag(step, name, [id], chosen)
        else:
            bench.tags.untag(step, name, [id], chosen)
    return f"{chosen[:8]} on {name} {id[:8]}"


def untag_all(device: Device, random: Random) -> str:
    """Delete a tag; its records stay."""
    scope = place(device, random)
    tags = sorted(t["id"] for t in device.bench.tags.list(scope))
    if not tags:
        return ""
    chosen = random.choice(tags)
    device.world.gone.add(chosen)
    device.bench.enter(scope.id)
    device.bench.tags.delete(chosen)
    return f"tag {chosen[:8]}"


def scene(device: Device, random: Random) -> str:
    """Change a scene that every device seeded by itself."""
    scope = place(device, random)
    bench = device.bench
    bench.enter(scope.id)
    id = f"seed-home-{scope.id}"
    fields = {"name": f"{MARK}scene{random.getrandbits(16):x}"}
    if random.random() < 0.4:
        fields = {"openApps": [{"appId": random.choice(["todo", "notes"])}]}  # type: ignore[dict-item]
    bench.scenes.change(id, fields)
    device.write(scope.id, "workbenchScenes", id, fields)
    device.world.chosen.update((scope.id, id, name) for name in fields)
    return f"{id}: {fields}"


def preset(device: Device, random: Random) -> str:
    """Something of the user level."""
    name = f"{MARK}preset{random.getrandbits(16):x}"
    with device.bench.step("preset", scope=device.bench.user_scope) as step:
        id = step.insert("userTagPresets", {"name": name, "tags": [{"name": f"{MARK}x"}]})
    device.write("", "userTagPresets", id, {"name": name})
    return name


def import_(device: Device, random: Random) -> str:
    """The same file, imported here and there: derived ids, the source's own times."""
    scope = device.bench.spaces.scope(device.bench.spaces.personal())
    count = random.choice([1, 2, 3, 10])
    at = iso(device.world.start - random.randrange(30) * DAY)
    replicas = [
        Replica(f"import-{n}", {"title": f"{MARK}import{n}", "isPinned": False}, at)
        for n in range(count)
    ]
    with device.bench.step("import", kind="import", scope=scope) as step:
        step.merge_many("notes", replicas)
    return f"{count} notes of {at}"


def carry(device: Device, random: Random) -> str:
    """Move a record to another space."""
    found = pick(device, random)
    spaces = sorted(space["id"] for space in device.bench.spaces.list())
    if found is None or len(spaces) < 2:
        return ""
    scope, name, id = found
    target = device.bench.spaces.scope(random.choice([s for s in spaces if s != scope.id]))
    if not target.allows({"tasks": "todo"}.get(name, name)):
        return ""
    device.world.gone.add(id)
    new = move(device.bench, scope, name, id, target)
    return f"{name} {id[:8]} from {scope.id} to {target.id} as {new[:8]}"


def purge(device: Device, random: Random) -> str:
    """Remove a record's values from this device for good."""
    found = _pinned(device, random)
    if found is None:
        return ""
    scope, name, id = found
    device.world.gone.add(id)
    device.forget(name, id)
    purge_records(device.bench, scope, name, [id])
    return f"{name} {id[:8]}"


def many(device: Device, random: Random) -> str:
    """Delete so many at once that the rest of the world must be asked."""
    scope = place(device, random)
    name = choose_collection(scope, random)
    rows = device.bench.db.read(
        f'SELECT id FROM "{name}" WHERE space = ? AND deleted_at IS NULL AND private = 0',
        (scope.number,),
    )
    chosen = [id for (id,) in rows][: random.choice([3, 8, 30])]
    device.world.gone.update(chosen)
    with device.bench.step("delete", scope=scope, confirmed=True) as step:
        for id in chosen:
            step.delete(name, id)
    return f"{len(chosen)} {name} of {scope.id}"


ACTS: dict[str, tuple[Callable[[Device, Random], str], int]] = {
    "add": (add, 20),
    "edit": (edit, 34),
    "delete": (delete, 8),
    "restore": (restore, 6),
    "undo": (undo, 5),
    "redo": (redo, 3),
    "tag": (tag, 6),
    "untag": (untag_all, 1),
    "scene": (scene, 4),
    "preset": (preset, 2),
    "import": (import_, 3),
    "carry": (carry, 3),
    "many": (many, 1),
    "purge": (purge, 1),
}
"""Each act and how often it comes up."""

DELETES = frozenset({"undo", "redo", "carry", "tag"})
"""Acts that delete what they do not name: to undo an insert is to delete, to redo a deletion too.
"""
