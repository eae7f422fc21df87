"""Stamps: when a field was written, by whom and by which path; and who wins when two differ.

The order of two changes is a function of the changes alone, never of a local clock: the later
instant wins; at equal instants a value that opens beats one that does not, then the greater
canonical JSON; equal plaintext changes nothing. A clock only ever chooses the time of a new local
write, and never one that would lose against what it replaces.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

EPOCH = "1970-01-01T00:00:00.000Z"
"""The time of what nobody chose: seeds, defaults and generated records."""

_YEAR_2100 = 4_102_444_800_000_000

UNTRUSTED = -(2**62)
"""The instant of a time that cannot be trusted, before every other."""

ORIGINS = ("user", "agent", "system", "migration", "server-replay")

PURGED = "purged"
"""In place of an origin: the value of this stamp was purged here and is not the null it leaves. It
never travels, for of a purged record only the deletion does."""

Actor = dict[str, str]


class Stamp(NamedTuple):
    """One field's stamp. ``at`` is kept as it came; ``actor`` is a row number of ``actors``."""

    at: str
    actor: int
    origin: str


def instant(moment: datetime) -> str:
    """``moment`` as peers compare it: UTC, exactly three decimals, ``Z``."""
    moment = moment.astimezone(UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def micros(at: str) -> int:
    """``at`` in microseconds since 1970, cut not rounded; UNTRUSTED where it cannot be trusted.

    What does not parse, or lies at or after the year 2100, is older than everything else.
    """
    if at.__class__ is str and len(at) < _LONGEST:
        return _micros(at)
    return UNTRUSTED


_LONGEST = 64
"""Characters that a time may have."""


@lru_cache(maxsize=8192)
def _micros(at: str) -> int:
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        return UNTRUSTED
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    delta = moment - _ZERO
    value = (delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds
    return value if value < _YEAR_2100 else UNTRUSTED


_ZERO = datetime(1970, 1, 1, tzinfo=UTC)


def later(a: str, b: str) -> bool:
    """Whether ``a`` is the later instant."""
    return a != b and micros(a) > micros(b)


def next_at(wall: datetime, stored: str | None) -> str:
    """The hybrid clock: the later of the wall clock and the stored stamp plus one millisecond.

    A wall clock outside 1970 to 2099 cannot be right; time then begins just after the epoch, so
    that what a person writes still beats what nobody chose.
    """
    now = instant(wall)
    ours = micros(now)
    if ours <= 0:
        now, ours = _FIRST, 1000
    held = UNTRUSTED if stored is None else micros(stored)
    if ours > held:
        return now
    return instant(_ZERO + timedelta(milliseconds=min(held // 1000 + 1, _YEAR_2100 // 1000 - 1)))


_FIRST = "1970-01-01T00:00:00.001Z"


def next_ms(at: str) -> str:
    """The stamp one millisecond after ``at``, by which a repair write ends a dispute; empty where
    there is none, because ``at`` cannot be trusted or is the last one that can."""
    held = micros(at)
    if held == UNTRUSTED or held // 1000 + 1 >= _YEAR_2100 // 1000:
        return ""
    return instant(_ZERO + timedelta(milliseconds=held // 1000 + 1))


def canonical(value: Any) -> bytes:
    """The JSON by which ties are broken: sorted keys, no spaces, UTF-8."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


class Version(NamedTuple):
    """One side of a merge. ``readable`` is False where the envelope does not open here, and
    ``value`` then holds the envelope itself, so that the order stays total."""

    value: Any
    at: str
    readable: bool = True


def wins(incoming: Version, stored: Version) -> bool:
    """Whether ``incoming`` replaces ``stored``. Never true of equal values at one instant."""
    a, b = micros(incoming.at), micros(stored.at)
    if a != b:
        return a > b
    if incoming.readable != stored.readable:
        return incoming.readable
    return canonical(incoming.value) > canonical(stored.value)


# Actors -------------------------------------------------------------------------------------

_SYSTEM_NAMES = {
    "system:projection": "Projektion",
    "system:rule": "Regel",
    "system:migration": "Migration",
    "system:stream": "Event-Stream",
    "system:mission-runner": "Mission-Runner",
    "system:bootstrap": "Bootstrap",
    "system:articles-import-worker": "Artikel-Import",
    "system:import": "Import",
    "system:sync": "Sync",
}
_UNKNOWN = "Unbekannt"
GUEST = "guest"


def user(principal: str = GUEST, name: str = "Du") -> Actor:
    """The person."""
    return {"kind": "user", "principalId": principal, "displayName": name}


def system(source: str) -> Actor:
    """A named part of the program: ``system("bootstrap")``."""
    principal = f"system:{source}"
    return {
        "kind": "system",
        "principalId": principal,
        "displayName": _SYSTEM_NAMES.get(principal, source),
    }


def normalise_actor(actor: object) -> Actor:
    """Any actor that ever stood on the wire in today's form; a valid one comes back unchanged."""
    if not isinstance(actor, Mapping) or actor.get("kind") not in ("user", "ai", "system"):
        return user("legacy:user", _UNKNOWN)
    named = isinstance(actor.get("principalId"), str) and isinstance(actor.get("displayName"), str)
    if named:
        return actor  # type: ignore[return-value]
    kind = actor["kind"]
    if kind == "user":
        return user("legacy:user", "Du")
    if kind == "ai":
        texts = {
            k: actor[k] if isinstance(actor.get(k), str) else ""
            for k in ("missionId", "iterationId", "rationale")
        }
        return {
            "kind": "ai",
            "principalId": "legacy:ai-default",
            "displayName": _UNKNOWN,
            **texts,
        }
    if isinstance(actor.get("source"), str):
        return system(actor["source"])
    return {"kind": "system", "principalId": "legacy:system", "displayName": _UNKNOWN}


def origin_of(actor: Actor) -> str:
    """By which path a value came that ``actor`` writes here."""
    if actor["kind"] == "ai":
        return "agent"
    if actor["kind"] == "system":
        return "migration" if actor["principalId"] == "system:migration" else "system"
    return "user"


_acting: ContextVar[Actor | None] = ContextVar("acting", default=None)


def acting() -> Actor | None:
    """Who writes now, if anybody but the person was named."""
    return _acting.get()


@contextmanager
def act_as(actor: Actor) -> Iterator[None]:
    """Everything written inside is ``actor``'s."""
    token = _acting.set(actor)
    try:
        yield
    finally:
        _acting.reset(token)


# Field meta ---------------------------------------------------------------------------------


class Meta:
    """All stamps of one record: one default, and the fields that differ from it.

    The default holds for every field present in the document that is not named on its own.
    """

    __slots__ = ("default", "own")

    def __init__(self, default: Stamp, own: dict[str, Stamp] | None = None) -> None:
        self.default = default
        self.own = own if own is not None else {}

    @classmethod
    def load(cls, text: str) -> Meta:
        """Read what ``dump`` wrote."""
        raw = orjson.loads(text)
        own = {name: Stamp(*stamp) for name, stamp in raw.get("f", {}).items()}
        return cls(Stamp(*raw["d"]), own)

    def dump(self) -> str:
        """``{"d": [at, actor, origin], "f": {field: [at, actor, origin]}}``."""
        raw: dict[str, Any] = {"d": tuple(self.default)}
        if self.own:
            raw["f"] = {name: tuple(stamp) for name, stamp in self.own.items()}
        return orjson.dumps(raw).decode()

    def of(self, name: str, present: bool) -> Stamp | None:
        """The stamp of field ``name``; None if it was never written."""
        return self.own.get(name) or (self.default if present else None)

    def newest(self) -> str:
        """The latest time of any field: what ``updatedAt`` means."""
        best = self.default.at
        latest = micros(best)
        for at, _actor, _origin in self.own.values():
            if at != best and (when := micros(at)) > latest:
                best, latest = at, when
        return best
