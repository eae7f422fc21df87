"""What clients push and what they get back, as bytes: checked once, encoded once.

A pushed change becomes the JSON of the row that everybody else will receive, all but its event id;
it is stored so and spliced into answers, never parsed again. All of a push is checked before any of
it is stored. Errors that older clients know are plain text in the words they know.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from zlib import crc32

import orjson

from store.server.errors import Refusal, plain
from store.stamps import instant, micros

SCHEMA_VERSION = 1
"""The newest version of a changeset that is understood."""

AHEAD = timedelta(hours=24)
"""How far a stamp may lie ahead of this server's clock. One further ahead would win for good."""

NAME_LENGTH = 200
ID_LENGTH = 2000
OPS = frozenset(("insert", "update", "delete"))
PRIVATE = "private"
SHOWN = ("visibility", "visibilityChangedAt", "visibilityChangedBy")


def refused(status: int, code: str, message: str, changes: Sequence[int]) -> Refusal:
    """A push of which nothing is stored, because of these of its changes; the message is completed
    with the first of them."""
    told = {"error": code, "message": f"{message} in change {changes[0]}", "change": changes[0]}
    return Refusal(status, told | {"changes": list(changes)})


class Parcel(NamedTuple):
    """One change, checked. number: its place in the push. mark: a number to find it by. space: the
    wire id of its space, "" for none. row: its JSON as others get it, without the event id.
    visibility: what the change says of it, None for nothing. stamped: whether every value in it has
    its time, so that a repeated one can be known as the same."""

    number: int
    table: str
    id: str
    mark: int
    space: str
    row: bytes
    visibility: str | None
    stamped: bool


class Push(NamedTuple):
    """A whole push. since: what the answer should start behind, in microseconds."""

    client: str
    since: int
    parcels: list[Parcel]


# Reading ------------------------------------------------------------------------------------


def decode(body: bytes, now: datetime) -> Push:
    """A push as it came, checked to the last change. Raises Refusal."""
    document = _json(body)
    if document is None:
        document = {}
    if not isinstance(document, dict):
        raise plain(400, "invalid JSON: a changeset is an object")
    client = document.get("clientId") or ""
    since = document.get("since") or ""
    version = document.get("schemaVersion", SCHEMA_VERSION)
    changes = document.get("changes")
    changes = [] if changes is None else changes
    if not (isinstance(client, str) and isinstance(since, str) and isinstance(changes, list)):
        raise plain(400, "invalid JSON: clientId, since or changes is of the wrong type")
    if type(version) is not int:
        raise plain(400, "invalid JSON: schemaVersion is no number")
    if version > SCHEMA_VERSION:
        raise plain(400, f"unsupported schemaVersion {version} (max {SCHEMA_VERSION})")
    return Push(client, moment(since), _parcels(changes, now))


def _json(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        if not body.strip():
            raise plain(400, "invalid JSON: EOF") from None
        return _lenient_json(body, str(error))


def _lenient_json(body: bytes, why: str) -> Any:
    """What older servers took as well: lone surrogates, and something behind the first value."""
    try:
        text = body.decode().lstrip(" \t\r\n")
        value, _ = json.JSONDecoder(parse_constant=_refuse_constant).raw_decode(text)
        # A lone surrogate becomes U+FFFD, as it does in every other server.
        fixed = json.dumps(value, ensure_ascii=False).encode("utf-16", "surrogatepass")
        return orjson.loads(fixed.decode("utf-16", "replace"))
    except (ValueError, RecursionError):
        raise plain(400, f"invalid JSON: {why}") from None


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number")


def _parcels(changes: list[Any], now: datetime) -> list[Parcel]:
    limit = instant(now + AHEAD)
    parcels, ahead = [], []
    for number, change in enumerate(changes):
        if type(change) is not dict:
            raise plain(400, f"invalid JSON: no object in change {number}")
        try:
            parcel, stamps = _parcel(number, change)
        except _BadShape as bad:
            raise plain(400, f"{bad} in change {number}") from None
        except orjson.JSONEncodeError:
            # It is read deeper than it is written.
            raise plain(400, f"nested too deep in change {number}") from None
        if not stamps and change["op"] == "update":
            continue  # it says nothing
        parcels.append(parcel)
        for at in stamps:
            # Stamps of one form compare as text; only the others are worth reading.
            if (at > limit or len(at) != 24) and at and _instant(at) > _instant(limit):
                ahead.append(number)
                break
    if ahead:
        raise refused(409, "clock", "a stamp more than 24 h ahead of this server's clock", ahead)
    return parcels


def _instant(at: str) -> int:
    """Microseconds of any time that can be read, the years beyond 2099 included."""
    try:
        read = datetime.fromisoformat(at)
    except ValueError:
        return 0
    read = read if read.tzinfo else read.replace(tzinfo=UTC)
    return (read - _ZERO) // timedelta(microseconds=1)


class _BadShape(Exception):  # noqa: N818 - never leaves this file
    """What is wrong with one change."""


def _parcel(number: int, change: dict[str, Any]) -> tuple[Parcel, list[str]]:
    """A checked change and the stamps in it."""
    get = change.get
    op, table, record, space = get("op"), get("table"), get("id"), get("spaceId")
    if type(op) is not str or op not in OPS:
        raise _BadShape(f'invalid op "{str(op)[:40]}"')
    if type(table) is not str or type(record) is not str or not table or not record:
        raise _BadShape("missing table or id")
    if len(table) > NAME_LENGTH or len(record) > ID_LENGTH or "\0" in table or "\0" in record:
        raise _BadShape("unusable table or id")
    version, actor, origin = get("schemaVersion", SCHEMA_VERSION), get("actor"), get("origin")
    if type(version) is not int or type(origin) not in _TEXT:
        raise _BadShape("schemaVersion or origin of the wrong type")
    data, fields = get("data"), get("fields")
    if type(data) not in _OBJECT or type(fields) not in _OBJECT:
        raise _BadShape("data or fields of the wrong type")
    entries = _entries(fields) if fields else {}
    if not space:
        space = _space_within(data, entries) if space is None or space == "" else None
    if type(space) is not str or len(space) > NAME_LENGTH:
        raise _BadShape("unusable spaceId")
    row: dict[str, Any] = {"schemaVersion": version, "table": table, "id": record, "op": op}
    visibility = None
    if op == "insert":
        stamps = []
        if data:
            row["data"] = data
            stamps = [_dated(data)]
            visibility = data.get("visibility")
    elif op == "update":
        stamps = _update(row, data, entries)
        visibility = entries["visibility"]["value"] if "visibility" in entries else None
    else:
        stamps = _delete(row, entries, get("deletedAt"))
    if space:
        row["spaceId"] = space
    if actor is not None:
        row["actor"] = actor
    if origin:
        row["origin"] = origin
    stamped = "" not in stamps and bool(stamps)
    says = visibility if type(visibility) is str else None
    json_ = orjson.dumps(row)
    mark = mark_of(record, json_)
    return Parcel(number, table, record, mark, space, json_, says, stamped), stamps


_TEXT = (str, type(None))
_OBJECT = (dict, type(None))


def _update(row: dict[str, Any], data: Any, entries: dict[str, Any]) -> list[str]:
    """Put the fields of an update into its row; their stamps."""
    if not entries and data:
        # Stored so, nobody would ever see it.
        raise _BadShape("update with data and without fields")
    row["fields"] = entries
    return [entry["at"] for entry in entries.values()]


def _delete(row: dict[str, Any], entries: dict[str, Any], deleted: Any) -> list[str]:
    """Put the stamp of a deletion into its row, which carries nothing else."""
    if deleted is None and "deletedAt" in entries:
        deleted = entries["deletedAt"]["value"]
    if type(deleted) not in _TEXT:
        raise _BadShape("deletedAt of the wrong type")
    if deleted:
        row["deletedAt"] = deleted
    return [deleted or ""]


def _entries(fields: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Fields as every reader knows them: ``{value, at}``, whichever name the time came by."""
    entries = {}
    for name, entry in fields.items():
        if type(entry) is not dict:
            raise _BadShape(f'field "{name[:80]}" without an entry')
        at = entry.get("at") or entry.get("updatedAt") or ""
        if type(at) is not str:
            raise _BadShape(f'field "{name[:80]}" with a time of the wrong type')
        entries[name] = {"value": entry.get("value"), "at": at}
    return entries


def _space_within(data: Any, entries: dict[str, Any]) -> str:
    """The space that an older client names only among the fields."""
    found = data.get("spaceId") if data else None
    if "spaceId" in entries and not (found and type(found) is str):
        found = entries["spaceId"]["value"]
    return found if type(found) is str else ""


def mark_of(record: str, row: bytes) -> int:
    """A number to find a change by, and all changes of its record, which lie within ``SPAN`` of
    each other. Others may share it, so whoever finds by it looks again."""
    return (crc32(record.encode()) >> 1) << 32 | crc32(row)


SPAN = 0xFFFFFFFF


def notice(row: bytes) -> bytes:
    """What others still get of the change by which a record was made private."""
    change = orjson.loads(row)
    data = change.pop("data", {})
    if data:
        at = _dated(data)
        change["fields"] = {n: {"value": data[n], "at": at} for n in SHOWN if n in data}
    change["op"] = "update"
    change["fields"] = {n: entry for n, entry in change["fields"].items() if n in SHOWN}
    return orjson.dumps(change)


def says_visibility(row: bytes | dict[str, Any]) -> tuple[str | None, int]:
    """What a row says of visibility, None for nothing, with the stamp of that in microseconds."""
    change = orjson.loads(row) if isinstance(row, bytes) else row
    if change["op"] == "insert":
        data = change.get("data", {})
        value, at = data.get("visibility"), _dated(data)
    else:
        entry = change.get("fields", {}).get("visibility", {})
        value, at = entry.get("value"), entry.get("at", "")
    return (value, micros(at)) if isinstance(value, str) else (None, 0)


def _dated(data: dict[str, Any]) -> str:
    """The stamp of an insert: it has one for all of its fields."""
    at = data.get("updatedAt") or data.get("createdAt")
    return at if isinstance(at, str) else ""


# Cursors ------------------------------------------------------------------------------------

_ZERO = datetime(1970, 1, 1, tzinfo=UTC)


def moment(text: str) -> int:
    """A cursor in microseconds, cut; 0, the beginning, for what cannot be read."""
    try:
        # An unencoded plus arrives as a blank.
        read = datetime.fromisoformat(text.strip().replace(" ", "+"))
    except ValueError:
        return 0
    read = read if read.tzinfo else read.replace(tzinfo=UTC)
    return max(0, (read - _ZERO) // timedelta(microseconds=1))


def cursor(at: int) -> str:
    """``at`` as RFC 3339 with six decimals, so that cursors also compare as text."""
    return f"{_ZERO + timedelta(microseconds=at):%Y-%m-%dT%H:%M:%S.%f}Z"


# Answering ----------------------------------------------------------------------------------


def with_event(at: int, tail: bytes, row: bytes) -> bytes:
    """A stored row as it is sent. Its event id is made of its time, so it never changes, and of
    what all ids of this log end with; it has the form of a UUID, version 8."""
    time = b"%015x" % at
    return b'{"eventId":"%s-%s-8%s-%s",%s' % (time[:8], time[8:12], time[12:], tail, row[1:])


def answer(rows: Sequence[bytes], until: int, more: bool, *, remaining: int | None = None) -> bytes:
    """The answer to a push or a pull; ``hasMore`` stands in it only where it is true, ``remaining``
    only where it was asked for."""
    return b'{"serverChanges":[%s],"conflicts":[],"syncedUntil":"%s"%s%s}\n' % (
        b",".join(rows),
        cursor(until).encode(),
        b',"hasMore":true' if more else b"",
        b"" if remaining is None else b',"remaining":%d' % remaining,
    )


def event(table: str, rows: Sequence[bytes], until: int, more: bool) -> bytes:
    """One ``changes`` event of a stream; ``hasMore`` always stands in it."""
    return (
        b'event: changes\ndata: {"table":%s,"changes":[%s],"syncedUntil":"%s","hasMore":%s}\n\n'
        % (
            orjson.dumps(table),
            b",".join(rows),
            cursor(until).encode(),
            b"true" if more else b"false",
        )
    )
