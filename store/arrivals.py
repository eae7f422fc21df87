"""What changes from elsewhere make of one stored record: the merge rule, field by field.

The order of two values is a function of the two alone (see ``stamps``), so every replica that saw
the same changes holds the same, whatever their order. Pure but for sealing and opening: no query,
and no clock but that of the stamps. ``documents`` reads before and writes after.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from store.collections import COMMON, Collection
from store.errors import InvalidValueError, UnreadableError
from store.records import PREFIX, dumps, wire_form
from store.rows import Prior, Row, is_foreign
from store.stamps import EPOCH, UNTRUSTED, Meta, Stamp, canonical, micros
from store.vault import Vault, is_envelope

REPLAY = "server-replay"
"""The origin of every value that came from elsewhere, whatever it bore there: its actor says who
wrote it, so nothing is lost, and any other origin proves that a value was written here."""

OLDEST = ""
"""The time of a value that came without one; like every text that is no time, older than all."""

DELETED = "deletedAt"

Join = Callable[[Any, Any], Any]


class Arrived:
    """One change of one record from elsewhere, its values in wire form.

    times: when its fields were written, one for all or one a field. removal: what it says of the
    record's life, as (``deletedAt`` or None, its stamp). created and author: when and by whom the
    record was made, "" where it does not say. dated: the time by which peers date the record as a
    whole, "" where only fields came. marked: the change is made here and has to be sent.
    """

    __slots__ = (
        *("actor", "author", "created", "dated", "fields", "id", "marked", "origin", "removal"),
        "times",
    )

    def __init__(
        self,
        id: str,
        fields: Mapping[str, Any],
        times: str | Mapping[str, str],
        actor: int,
        *,
        removal: tuple[str | None, str] | None = None,
        created: str = "",
        author: int = 0,
        dated: str = OLDEST,
        origin: str = REPLAY,
        marked: bool = False,
    ) -> None:
        self.id = id
        self.fields = fields
        self.times = times
        self.actor = actor
        self.removal = removal
        self.created = created
        self.author = author
        self.dated = dated
        self.origin = origin
        self.marked = marked

    def at(self, name: str) -> str:
        """When field ``name`` was written."""
        return self.times if isinstance(self.times, str) else self.times.get(name, OLDEST)


class Clash(NamedTuple):
    """A value typed here that lost before the writer of the winner could have seen it. ``mine`` is
    its form at rest; of a record's life (``deletedAt``) None says that it was alive."""

    record: int
    field: str
    mine: Any
    at: str
    actor: int
    their_at: str
    their_actor: int


class Merging:
    """What all records of one collection and call share.

    hydrating: nothing is a conflict yet. whole: all is pulled again, so nothing old is news. sync:
    the actor of repair writes. recent: whether a field was acknowledged a moment ago. joins: fields
    whose values are joined, not chosen between.
    """

    def __init__(
        self,
        collection: Collection,
        vault: Vault,
        *,
        sync: int,
        nobody: int = 0,
        hydrating: bool = False,
        whole: bool = False,
        recent: Callable[[int, str], bool] = lambda _record, _field: False,
        joins: Mapping[str, Join] | None = None,
    ) -> None:
        self.collection = collection
        self.vault = vault
        self.place = collection.place
        self.large = frozenset(collection.large)
        self.clear = COMMON | {name for name, field in collection.fields.items() if field.clear}
        self.foreign = is_foreign(collection)
        self.sync = sync
        self.nobody = nobody
        self.quiet = hydrating
        self.settled = hydrating or whole
        self.recent = recent
        self.joins = joins or {}

    def at_rest(self, record: str, name: str, value: Any) -> Any:
        """``value`` as it is stored: an envelope stays what it is, the rest is sealed where it is
        protected. Raises LockedError."""
        if value is None or name in self.clear or is_envelope(value):
            return value
        return self.vault.seal(self.place, record, name, value)

    def opened(self, record: str, name: str, value: Any) -> tuple[Any, bool]:
        """(plaintext in wire form, True), or (the envelope, False) where it does not open. Raises
        LockedError: what is decided without the keys would be decided wrongly."""
        if value.__class__ is str and name not in self.clear and value.startswith(PREFIX):
            if not is_envelope(value):
                return value, True
            try:
                return wire_form(self.vault.open(self.place, record, name, value)), True
            except (UnreadableError, InvalidValueError):
                return value, False
        return value, True

    def alike(self, record: str, name: str, a: Any, b: Any) -> bool:
        """Whether two values at rest say the same; False where one of them does not open."""
        if a.__class__ is b.__class__ is str and a == b:
            return True
        plain_a, readable_a = self.opened(record, name, a)
        plain_b, readable_b = self.opened(record, name, b)
        return readable_a and readable_b and canonical(plain_a) == canonical(plain_b)


def sane(at: str) -> str:
    """A time as columns hold it: lists order by them, so what is no time counts as the epoch."""
    return at if micros(at) != UNTRUSTED else EPOCH


def fresh(merging: Merging, arrived: Arrived, key: int, space: int) -> tuple[Row, Prior]:
    """The row and history of a record that nobody here knew, made by one change."""
    record, fields, times = arrived.id, arrived.fields, arrived.times
    default = times if isinstance(times, str) else _usual(times, fields)
    clear, large_names, seal = merging.clear, merging.large, merging.vault.seal
    doc: dict[str, Any] = {}
    large: dict[str, Any] = {}
    came: list[str] = []
    for name, value in fields.items():
        if value is not None and name not in clear:
            if value.__class__ is str and is_envelope(value):
                came.append(name)
            else:
                value = seal(merging.place, record, name, value)
        (large if name in large_names else doc)[name] = value
    own: dict[str, Stamp] = {}
    if default is not times:
        for name in fields:
            if (at := arrived.at(name)) != default:
                own[name] = Stamp(at, arrived.actor, arrived.origin)
    deleted = None
    if arrived.removal is not None:
        deleted, at = arrived.removal
        own[DELETED] = Stamp(at, arrived.actor, arrived.origin)
        if not fields:
            default = at
    meta = Meta(Stamp(default, arrived.actor, arrived.origin), own)
    author = arrived.author or merging.nobody
    row = (
        key,
        record,
        space,
        author,
        author if doc.get("visibility") == "private" else 0,
        arrived.created or sane(default),
        sane(meta.newest() if own else default),
        deleted,
        dumps(doc),
        meta.dump(),
        None,
        dumps(sorted(came)) if merging.foreign else dumps(large) if large else None,
    )
    return row, Prior(key, default, None)


def _usual(times: Mapping[str, str], fields: Mapping[str, Any]) -> str:
    """The time that most fields share, the later of two as frequent."""
    if not fields:
        return OLDEST
    counted = Counter(times.get(name, OLDEST) for name in fields)
    return max(counted.items(), key=lambda pair: (pair[1], pair[0]))[0]
