"""What one change makes of one record: its new row, and the prior values that history keeps.

Pure but for sealing: no query, no clock of its own. ``documents`` reads before and writes after.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from store.collections import COMMON, Collection
from store.errors import LockedError, NotFoundError, UnreadableError
from store.records import PREFIX, check, dumps, loads, require_size, wire_form
from store.rows import Existing, Prior, Row
from store.stamps import EPOCH, Meta, Stamp, Version, canonical, later, micros, next_at, wins
from store.vault import Vault
from store.words import _

NEW = "*"
"""The dirty mark of a record that no server has seen."""

AGAIN = "~"
"""Before a name in a dirty mark: a server had this value once and gets it again. Nobody typed it
since, so it is no unsent edit."""

_FIXED = frozenset({"id", "spaceId", "createdAt", "authorId", "updatedAt"})


class Incoming:
    """One record's new values.

    at: None for a local change; else the times its source gave them. create: make the record if it
    is not there. raw: values are already in their form at rest, moved and never sealed again.
    restores: per field, the stamp whose value this brings back, which undo's guard follows.
    """

    __slots__ = ("at", "create", "fields", "id", "raw", "restores")

    def __init__(
        self,
        id: str,
        fields: dict[str, Any],
        *,
        at: str | Mapping[str, str] | None = None,
        create: bool = False,
        raw: bool = False,
        restores: Mapping[str, str] | None = None,
    ) -> None:
        self.id = id
        self.fields = fields
        self.at = at
        self.create = create
        self.raw = raw
        self.restores = restores or {}


class Context:
    """What all records of one call share: collection, writer, time, and how to seal."""

    __slots__ = (
        "actor",
        "author",
        "clear",
        "clock",
        "collection",
        "large",
        "origin",
        "place",
        "principal",
        "vault",
        "wall",
    )

    def __init__(
        self,
        collection: Collection,
        vault: Vault,
        clock: datetime,
        actor: int,
        origin: str,
        author: int,
        principal: Callable[[str], int],
    ) -> None:
        self.collection = collection
        self.vault = vault
        self.clock = clock
        self.wall = next_at(clock, None)
        self.actor = actor
        self.origin = origin
        self.author = author
        self.principal = principal
        self.place = collection.place
        self.large = frozenset(collection.large)
        self.clear = COMMON | {name for name, field in collection.fields.items() if field.clear}

    def at_rest(self, record: str, name: str, value: Any) -> Any:
        """``value`` as it is stored. Raises LockedError, InvalidValueError."""
        if value is None or name in self.clear:
            if value.__class__ in _GROWS:
                require_size(name, value if value.__class__ is str else dumps(value))
            return value
        text = self.vault.seal(self.place, record, name, value)
        require_size(name, text)
        return text

    def opened(self, record: str, name: str, value: Any) -> tuple[Any, bool]:
        """(plaintext, True), or (the envelope, False) where it does not open."""
        if value.__class__ is str and name not in self.clear and value.startswith(PREFIX):
            try:
                return self.vault.open(self.place, record, name, value), True
            except (UnreadableError, LockedError):
                return value, False
        return value, True


_GROWS = (str, list, dict)


def inserted(context: Context, incoming: Incoming, key: int, space: int) -> tuple[Row, Prior]:
    """The row of a new record and its history."""
    fields, at = incoming.fields, incoming.at
    default = context.wall if at is None else at if isinstance(at, str) else _usual(at)
    own: dict[str, Stamp] = {}
    doc: dict[str, Any] = {}
    large: dict[str, Any] = {}
    deleted = None
    record = incoming.id
    for name, value in fields.items():
        if name in _FIXED or (at is None and _says_nothing(name, value)):
            continue
        mine = at.get(name, EPOCH) if isinstance(at, Mapping) else default
        if name == "deletedAt":
            deleted = None if value is None else _deleted_at(value, mine)
            removal = mine if deleted is None else deleted
            own[name] = Stamp(removal, context.actor, context.origin)
            continue
        if not incoming.raw:
            value = wire_form(value)
            if at is None:
                check(context.collection, name, value)
            value = context.at_rest(record, name, value)
        (large if name in context.large else doc)[name] = value
        if mine != default:
            own[name] = Stamp(mine, context.actor, context.origin)
    meta = Meta(Stamp(default, context.actor, context.origin), own)
    author = context.author
    if at is not None and isinstance(fields.get("authorId"), str):
        author = context.principal(fields["authorId"])
    row = (
        key,
        record,
        space,
        author,
        author if doc.get("visibility") == "private" else 0,
        fields.get("createdAt") or default,
        meta.newest(),
        deleted,
        dumps(doc),
        meta.dump(),
        NEW if context.collection.app else None,
        dumps(large) if large else None,
    )
    return row, Prior(key, default, None)


def updated(
    context: Context, incoming: Incoming, found: Existing
) -> tuple[Row, Prior | None] | None:
    """The changed row and its history, if it has any; None where nothing wins or differs."""
    doc, large = loads(found.doc), loads(found.large)
    meta = Meta.load(found.meta)
    deleted = found.deleted_at
    local = incoming.at is None and not incoming.raw
    if local and doc.get("visibility") == "private" and found.author != context.author:
        # Somebody else's private record is not there for the person of this device.
        raise NotFoundError(
            _("No such record: {id}.").format(id=incoming.id[:8]), kept=_("Nothing was changed.")
        )
    prior: dict[str, list[Any]] = {}
    wrote, wall = "", context.wall
    for name, value in incoming.fields.items():
        if name in _FIXED:
            continue
        target = large if name in context.large else doc
        if name == "deletedAt":
            present, held = deleted is not None, deleted
        else:
            present, held = name in target, target.get(name)
        stamp = meta.of(name, present)
        base = stamp.at if stamp else None
        if stamp is None and name != "deletedAt" and later(newest := meta.newest(), wall):
            base = newest
        decided = _decide(context, incoming, name, value, held, present, stamp, base)
        if decided is None:
            continue
        at, new = decided
        entry = [1, held, *stamp] if stamp else [0, held, None, None, None]
        prior[name] = [*entry, at, incoming.restores.get(name)]
        meta.own[name] = Stamp(at, context.actor, context.origin)
        if name == "deletedAt":
            deleted = new
        else:
            target[name] = new
        wrote = at if not wrote or later(at, wrote) else wrote
    if not prior:
        return None
    if not context.large or found.large is not None:
        fold(meta, [*doc, *large])
    row = (
        found.author if doc.get("visibility") == "private" else 0,
        meta.newest(),
        deleted,
        dumps(doc),
        meta.dump(),
        _dirty(context.collection, found.dirty, prior),
        dumps(large) if large else None,
        found.pk,
    )
    return row, remembered(context.collection, found.pk, wrote, prior)


def remembered(
    collection: Collection, record: int, wrote: str, prior: Mapping[str, list[Any]]
) -> Prior | None:
    """The row of history for what was overwritten; None where only fields without one were."""
    kept = {n: trim(e, wrote) for n, e in prior.items() if n not in collection.unkept}
    return Prior(record, wrote, dumps(kept)) if kept or not prior else None


def _decide(
    context: Context,
    incoming: Incoming,
    name: str,
    value: Any,
    held: Any,
    present: bool,
    stamp: Stamp | None,
    base: str | None,
) -> tuple[str, Any] | None:
    """(time, value at rest) if the incoming value is to be written, else None.

    base: what a time given here has to be later than. A field that was never written counts as old
    as the newest one of its record, because peers may date it so.
    """
    if incoming.raw:
        at = next_at(context.clock, base)
        return at, (at if name == "deletedAt" and value is not None else value)
    if incoming.at is None:
        return _decide_local(context, incoming.id, name, value, held, present, base)
    at = incoming.at if isinstance(incoming.at, str) else incoming.at.get(name, EPOCH)
    if name == "deletedAt" and value is not None:
        at = value = _deleted_at(value, at)
    value = wire_form(value)
    if stamp is not None:
        ours = micros(stamp.at)
        theirs = micros(at)
        if theirs < ours:
            return None
        if theirs == ours:
            plain, readable = context.opened(incoming.id, name, held)
            if plain.__class__ is value.__class__ is str and plain == value:
                return None
            if not wins(Version(value, at), Version(plain, stamp.at, readable)):
                return None
    return at, context.at_rest(incoming.id, name, value)


def _decide_local(
    context: Context,
    record: str,
    name: str,
    value: Any,
    held: Any,
    present: bool,
    base: str | None,
) -> tuple[str, Any] | None:
    if name == "deletedAt":
        if (value is None) == (held is None):
            return None
        at = next_at(context.clock, base)
        return at, (at if value is not None else None)
    value = wire_form(value)
    check(context.collection, name, value)
    if held is None and _says_nothing(name, value):
        return None
    if present and held is not None:
        plain, readable = context.opened(record, name, held)
        if readable and canonical(plain) == canonical(value):
            return None
        if value is None and not readable and not context.vault.unlocked:
            context.at_rest(record, name, "")  # to empty a sealed field is a protected write too
    at = next_at(context.clock, base)
    return at, context.at_rest(record, name, value)


def _says_nothing(name: str, value: Any) -> bool:
    """Whether a field that is not there says the same. Only of local writes: a replica's null has
    a time, and an older value that arrives after it must lose."""
    return value is None or (name == "visibility" and value == "space")


def _deleted_at(value: Any, at: str) -> str:
    return value if isinstance(value, str) else at


def _usual(at: Mapping[str, str]) -> str:
    """The time most fields share, the later of two as frequent."""
    if not at:
        return EPOCH
    return max(Counter(at.values()).items(), key=lambda pair: (pair[1], pair[0]))[0]


def fold(meta: Meta, names: list[str]) -> None:
    """Make the stamp that every field now bears the default, to keep meta short."""
    if len(meta.own) < len(names) or not names:
        return
    first = meta.own.get(names[0])
    if first is not None and all(meta.own.get(name) == first for name in names):
        meta.default = first
        for name in names:
            meta.own.pop(name, None)


def _dirty(collection: Collection, before: str | None, names: Mapping[str, Any]) -> str | None:
    if not collection.app or before == NEW:
        return before
    fields = set(loads(f'{{"f":{before}}}')["f"]) if before else set()
    fields -= {f"{AGAIN}{name}" for name in names}
    return dumps(sorted(fields | set(names)))


def trim(entry: list[Any], wrote: str) -> list[Any]:
    """One field's entry of a prior, without what its row says and without trailing nulls."""
    if entry[5] == wrote:
        entry[5] = None
    while entry and entry[-1] is None:
        entry.pop()
    return entry
