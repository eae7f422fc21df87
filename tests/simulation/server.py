"""A sync server as a plain model: rows in a list, clocks and memberships as numbers and sets.

It is as good or as bad as its ``Traits``: the kind one keeps every promise of the protocol's safe
improvements, the others lose rows behind cursors, cut answers and check nobody.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, NamedTuple

import orjson

SECOND = 1_000_000
DAY = 86_400 * SECOND
_ZERO = datetime(1970, 1, 1, tzinfo=UTC)


def iso(now: int) -> str:
    """Microseconds since 1970 as clients write them: three decimals."""
    moment = _ZERO + timedelta(microseconds=now)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def cursor(now: int) -> str:
    """The same as Go writes it: as many digits as needed, none for a whole second."""
    moment = _ZERO + timedelta(microseconds=now)
    digits = f"{moment.microsecond:06d}".rstrip("0")
    return f"{moment:%Y-%m-%dT%H:%M:%S}{'.' if digits else ''}{digits}Z"


def parse(text: str) -> int:
    """A cursor in microseconds; what does not parse is the epoch, without a word."""
    try:
        delta = datetime.fromisoformat(text) - _ZERO
    except (ValueError, TypeError):
        return 0
    return (delta.days * 86_400 + delta.seconds) * SECOND + delta.microseconds


class Traits(NamedTuple):
    """How this server behaves. page: rows of a full page. answer: rows of a push answer. late: up
    to how many microseconds a row stays invisible behind its time. equal: how likely all rows of a
    push bear one time. cache: seconds a list of memberships is believed. checks: whether writes of
    non-members are refused. atomic: whether a broken push leaves nothing. unique: whether times of
    rows only rise, and no cursor overtakes one. old: the wire's first generation.
    """

    page: int = 1000
    answer: int = 5000
    late: int = 0
    equal: float = 0.0
    cache: int = 0
    checks: bool = True
    atomic: bool = True
    unique: bool = True
    old: bool = False


KIND = Traits()


class Row:
    """One stored change."""

    __slots__ = ("app", "client", "created", "json", "n", "space", "table", "user", "visible")

    def __init__(self, n: int, app: str, user: str, client: str, change: dict[str, Any]) -> None:
        self.n = n
        self.app = app
        self.user = user
        self.client = client
        self.table = str(change["table"])
        self.space = _space_of(change)
        self.json = change
        self.created = self.visible = 0


def _space_of(change: dict[str, Any]) -> str:
    data, fields = change.get("data") or {}, change.get("fields") or {}
    inner = (fields.get("spaceId") or {}).get("value") if isinstance(fields, dict) else None
    return str(change.get("spaceId") or data.get("spaceId") or inner or "")


class RefusedError(Exception):
    """The server's refusal: status and words."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status
        self.words = words


class Server:
    """Rows, spaces and who belongs to them."""

    def __init__(self, time: Callable[[], int], traits: Traits, random: Random) -> None:
        self.time = time
        self.traits = traits
        self.random = random
        self.rows: dict[tuple[str, str], list[Row]] = defaultdict(list)
        self.count = 0
        self.spaces: dict[str, dict[str, Any]] = {}
        self.members: dict[str, dict[str, str]] = defaultdict(dict)
        self._believed: dict[str, tuple[int, frozenset[str]]] = {}
        self._last = 0

    # Spaces ---------------------------------------------------------------------------------

    def make_space(self, id: str, type: str, owner: str) -> None:
        self.spaces[id] = {"id": id, "name": f"Space {id}", "slug": id, "type": type}
        self.members[id][owner] = "owner"

    def listed(self, user: str) -> list[dict[str, Any]]:
        return [
            {**space, "role": self.members[id][user], "members": len(self.members[id])}
            for id, space in self.spaces.items()
            if user in self.members[id]
        ]

    def _sees(self, user: str) -> frozenset[str]:
        until, spaces = self._believed.get(user, (0, frozenset()))
        if self.time() >= until:
            spaces = frozenset(id for id, members in self.members.items() if user in members)
            self._believed[user] = self.time() + self.traits.cache * SECOND, spaces
        return spaces

    # Changes --------------------------------------------------------------------------------

    def push(
        self, app: str, user: str, client: str, changes: list[dict[str, Any]], *, upto: int = -1
    ) -> None:
        """Store changes, or only the first ``upto`` of them. Raises RefusedError."""
        for number, change in enumerate(changes):
            if change.get("op") not in ("insert", "update", "delete"):
                raise RefusedError(400, f'invalid op "{change.get("op")}" in change {number}')
            if not change.get("table") or not change.get("id"):
                raise RefusedError(400, f"missing table or id in change {number}")
        if upto >= 0 and self.traits.atomic:
            return
        together = self.random.random() < self.traits.equal
        created = 0
        for number, change in enumerate(changes if upto < 0 else changes[:upto]):
            self.count += 1
            row = Row(self.count, app, user, client, self._passed_on(change))
            if self.traits.checks and not self._may_write(row):
                raise RefusedError(403, "not a member of this space")
            # More rows of one time than a page holds are out of anybody's reach.
            if not together or number % max(1, self.traits.page // 2) == 0:
                created = self._moment()
            row.created = created
            late = self.random.randrange(self.traits.late) if self.traits.late else 0
            row.visible = row.created + late
            self.rows[app, row.table].append(row)

    def _may_write(self, row: Row) -> bool:
        space = row.space
        return not space or space not in self.spaces or row.user in self.members[space]

    def _moment(self) -> int:
        # Each change has a transaction of its own, so that a push bears rising times; only the kind
        # server sees to it that those of two pushes rise, too.
        now = self.time()
        if self.traits.unique or now <= self._last <= now + 2000:
            now = max(now, self._last + 1)
        self._last = now
        return now

    def _passed_on(self, change: dict[str, Any]) -> dict[str, Any]:
        """A change as readers get it: what the op does not carry is dropped."""
        out = {"eventId": f"e{self.count}", "schemaVersion": 1}
        out |= {name: change[name] for name in ("table", "id", "op")}
        op = change["op"]
        if op == "insert" and change.get("data"):
            out["data"] = change["data"]
        if op == "update" and change.get("fields"):
            # Of a field's time only the name of this server's generation is known to it.
            at = "updatedAt" if self.traits.old else "at"
            out["fields"] = {
                name: {"value": entry.get("value"), at: entry.get(at, "")}
                for name, entry in change["fields"].items()
            }
        if op == "delete" and change.get("deletedAt"):
            out["deletedAt"] = change["deletedAt"]
        for name in ("actor",) if self.traits.old else ("actor", "origin"):
            if change.get(name) is not None:
                out[name] = change[name]
        if space := _space_of(change):
            out["spaceId"] = space
        return out

    def pull(
        self, app: str, table: str, user: str, client: str, since: str, *, outage: bool = False
    ) -> dict[str, Any]:
        """One page as the answer's JSON."""
        after, now = parse(since), self.time()
        sees = frozenset[str]() if outage else self._sees(user)
        found = [
            row
            for row in self.rows[app, table]
            if row.created > after
            and row.visible <= now
            and row.client != client
            and (row.user == user or row.space in sees)
        ]
        found.sort(key=lambda row: row.created)
        page = found[: self.traits.page]
        more = len(found) > len(page)
        until = page[-1].created if more else max(now, page[-1].created if page else 0)
        if self.traits.unique and not more:
            until = max(self._last, page[-1].created if page else 0)
        return _answer([row.json for row in page], until, more)

    def delta(self, app: str, user: str, client: str, since: str) -> dict[str, Any]:
        """What a push is answered with: rows of all tables, cut without a word."""
        after, now = parse(since), self.time()
        if after > now:
            return _answer([], now, False)
        sees = self._sees(user)
        found = [
            row
            for (of, _), rows in self.rows.items()
            if of == app
            for row in rows
            if row.created > after
            and row.visible <= now
            and row.client != client
            and (row.user == user or row.space in sees)
        ]
        found.sort(key=lambda row: row.created)
        return _answer([row.json for row in found[: self.traits.answer]], now, False)


def _answer(rows: list[dict[str, Any]], until: int, more: bool) -> dict[str, Any]:
    answer: dict[str, Any] = {"serverChanges": rows, "conflicts": [], "syncedUntil": cursor(until)}
    if more:
        answer["hasMore"] = True
    return answer


def as_json(answer: dict[str, Any]) -> bytes:
    return orjson.dumps(answer) + b"\n"
