"""Messages of the sync server as plain data, and the only place that reads and writes their JSON.

Two generations of the wire are understood: a field's time as ``at`` or ``updatedAt``, as text or
inside an object of its own. A row that is no change becomes ``Malformed`` and never an exception:
one bad row must not hide the good ones around it, nor stop the cursor behind it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from store.errors import ServerError
from store.words import N_, _

SCHEMA_VERSION = 1

MOST_ROWS = 1 << 40
"""More than any server holds: a count above it is no count."""

FAR_FUTURE = "2999-01-01T00:00:00Z"
"""``since`` of every push, so that the answer brings no rows: it is cut without saying so."""

LONGEST_ID = 2000
"""Characters of a record id that every server can index."""

DEEPEST = 100
"""Levels of lists and objects inside one value, as ``records.wire_form`` has it."""

_TABLE = b'"table"'
_LISTS = (b'"serverChanges"', b'"changes"')
_OPS = frozenset({"insert", "update", "delete"})
_LONGEST_NAME = 500
_NOTHING: Mapping[str, Any] = {}

_NO_OBJECT = N_("the row is no object")
_NO_NAME = N_("the row names no collection or no record")
_BAD_NAME = N_("a name in the row cannot be kept")
_BAD_OP = N_("the kind of change is unknown")
_BAD_SPACE = N_("the space is no text")
_BAD_DATA = N_("the values are no object")
_BAD_SLOT = N_("a field has no value and time")
_BAD_DELETED = N_("the time of the deletion is no text")
_TOO_DEEP = N_("a value is nested too deeply")
_NO_JSON = N_("the row is no JSON that can be read")


class Change(NamedTuple):
    """One change of one record as a server passes it on, checked for form and not for sense.

    op: ``insert`` (with ``data``), ``update`` (with ``fields``) or ``delete``. data: field to
    value. fields: field to (value, at); at is "" where none was sent. deleted: the stamp of a
    deletion, "" where none was sent. space: the wire id of its space, "" for none. actor and origin
    as they came. event: the server's id of this row, "" where it gave none.
    """

    table: str
    id: str
    op: str
    data: Mapping[str, Any]
    fields: Mapping[str, tuple[Any, str]]
    deleted: str
    space: str
    actor: Any
    origin: str
    event: str


class Malformed(NamedTuple):
    """A row that is no change: kept with its reason, never merged. raw is its JSON, or as much of
    it as is text; table, id, space and event as far as they could be read, else ""."""

    raw: bytes
    reason: str
    table: str = ""
    id: str = ""
    space: str = ""
    event: str = ""


class Page(NamedTuple):
    """One answer to a pull, or to a push. until: the server's cursor as text, as it came, "" where
    it gave none: then nobody may move a cursor. remaining: how many rows there are with those of
    this page, 0 where that was not told."""

    rows: list[Change | Malformed]
    until: str
    more: bool
    remaining: int = 0


# Reading --------------------------------------------------------------------------------------


def decode_page(body: bytes) -> Page:
    """The rows of an answer to a pull or push, or of one ``changes`` event of a stream.

    Raises ServerError where ``body`` is no such answer at all, and nothing else.
    """
    try:
        answer = orjson.loads(body)
        unread: list[bytes] = []
    except orjson.JSONDecodeError:
        from store.sync.salvage import pick

        answer, unread = pick(body)
    rows = _rows_of(answer)
    table = answer.get("table")
    table = table if isinstance(table, str) else ""
    decoded = [decode_row(row, table) for row in rows]
    decoded += [Malformed(raw, _NO_JSON) for raw in unread]
    until = answer.get("syncedUntil")
    left = answer.get("remaining")
    return Page(
        decoded,
        until if isinstance(until, str) else "",
        answer.get("hasMore") is True,
        left if type(left) is int and 0 < left < MOST_ROWS else 0,
    )


def names_of(body: bytes) -> Iterator[str]:
    """The collections that the rows of an answer name, found without reading the rest of it; a
    value of that name inside a row may add one that is none. Raises ServerError as above.
    """
    if not body.lstrip()[:1] == b"{" or not any(name in body for name in _LISTS):
        raise no_answer()
    at, told = body.find(_TABLE), set[bytes]()
    while at >= 0:
        end = body.find(b'"', start := body.find(b'"', at + len(_TABLE)) + 1)
        between = body[at + len(_TABLE) : start - 1]
        name = body[start:end]
        if start > 0 and end > start and name not in told and between.strip() == b":":
            told.add(name)
            text = name.decode("utf-8", "replace")
            if "\\" not in text and _is_name(text):
                yield text
        at = body.find(_TABLE, at + len(_TABLE))


def _rows_of(answer: Any) -> list[Any]:
    if isinstance(answer, dict):
        for name in ("serverChanges", "changes"):
            rows = answer.get(name, False)
            if isinstance(rows, list):
                return rows
            if rows is None:
                return []
    raise no_answer()


def no_answer() -> ServerError:
    """The error for a body that is not what a sync server answers."""
    return ServerError(
        _("The server's answer is not that of a sync server."),
        kept=_("Nothing was merged; what is unsent waits."),
        hint=_("Check the address of the sync server, and whether something stands in between."),
    )


def decode_row(row: Any, table: str = "") -> Change | Malformed:
    """One row; ``table`` is what the page said where the row names none. Never raises."""
    if row.__class__ is not dict:
        return Malformed(_raw(row), _NO_OBJECT)
    get = row.get
    table = get("table", table)
    id = get("id")
    if table.__class__ is not str or id.__class__ is not str or not table or not id:
        return _malformed(row, _NO_NAME)
    if not _is_name(table) or len(id) > LONGEST_ID or "\0" in id:
        return _malformed(row, _BAD_NAME)
    op = get("op")
    if op.__class__ is not str or op not in _OPS:
        return _malformed(row, _BAD_OP)
    data, slots = get("data"), get("fields")
    values: Mapping[str, Any] = _NOTHING
    fields: Mapping[str, tuple[Any, str]] = _NOTHING
    if data is not None and op != "delete":
        problem = _data_problem(data)
        if problem:
            return _malformed(row, problem)
        values = data
    if slots is not None:
        found = _slots(slots)
        if isinstance(found, str):
            return _malformed(row, found)
        fields = found
    deleted = get("deletedAt")
    if deleted is None and op == "delete":
        deleted = fields.get("deletedAt", ("", ""))[0]
    if deleted is None:
        deleted = ""
    elif deleted.__class__ is not str:
        return _malformed(row, _BAD_DELETED)
    space = _space(get("spaceId"), values, fields)
    if space is None:
        return _malformed(row, _BAD_SPACE)
    actor, origin, event = get("actor"), get("origin"), get("eventId")
    if actor.__class__ in (dict, list) and _deep(actor, DEEPEST):
        return _malformed(row, _TOO_DEEP)
    origin = origin if origin.__class__ is str else ""
    event = event if event.__class__ is str else ""
    return Change(table, id, op, values, fields, deleted, space, actor, origin, event)


def _data_problem(data: Any) -> str:
    """Why ``data`` of an insert cannot be read, "" where it can."""
    if data.__class__ is not dict:
        return _BAD_DATA
    for name, value in data.items():
        if not _is_name(name):
            return _BAD_NAME
        if value.__class__ in (dict, list) and _deep(value, DEEPEST):
            return _TOO_DEEP
    return ""


def _slots(slots: Any) -> dict[str, tuple[Any, str]] | str:
    """Field to (value, at), or what is wrong. A null slot says nothing and is left out; one without
    a value means null, which is how web clients send a field that was cleared."""
    if slots.__class__ is not dict:
        return _BAD_DATA
    fields: dict[str, tuple[Any, str]] = {}
    for name, slot in slots.items():
        if not _is_name(name):
            return _BAD_NAME
        if slot is None:
            continue
        if slot.__class__ is not dict:
            return _BAD_SLOT
        value, at = slot.get("value"), slot.get("at")
        if at.__class__ is not str or not at:
            at = _other_at(slot)
        if value.__class__ in (dict, list) and _deep(value, DEEPEST):
            return _TOO_DEEP
        fields[name] = (value, at)
    return fields


def _other_at(slot: Mapping[str, Any]) -> str:
    """A slot's time where ``at`` is no text: the older generation's name for it, or an object."""
    for found in (slot.get("updatedAt"), slot.get("at")):
        if isinstance(found, dict):
            found = found.get("at") or found.get("updatedAt")
        if isinstance(found, str) and found:
            return found
    return ""


def _space(top: Any, data: Mapping[str, Any], fields: Mapping[str, Any]) -> str | None:
    """The space of a change: on top, else in its data, else among its fields; "" for none, None
    for what is no text."""
    if top is None or top == "":
        top = data.get("spaceId")
        if (top is None or top == "") and "spaceId" in fields:
            top = fields["spaceId"][0]
        if top is None:
            return ""
    return top if top.__class__ is str else None


def _is_name(name: str) -> bool:
    return 0 < len(name) <= _LONGEST_NAME and "\0" not in name


def _deep(value: Any, left: int) -> bool:
    """Whether ``value`` has more than ``left`` levels of lists and objects."""
    if left <= 0:
        return True
    for one in value.values() if value.__class__ is dict else value:
        if one.__class__ in (dict, list) and _deep(one, left - 1):
            return True
    return False


def _malformed(row: Mapping[str, Any], reason: str) -> Malformed:
    table, id, space, event = (
        value if isinstance(value := row.get(name), str) else ""
        for name in ("table", "id", "spaceId", "eventId")
    )
    return Malformed(_raw(row), reason, table, id, space, event)


def _raw(row: Any) -> bytes:
    try:
        return orjson.dumps(row)
    except orjson.JSONEncodeError:  # nested more deeply than the writer goes
        from store.sync.salvage import written

        return written(row)


# Writing --------------------------------------------------------------------------------------


def encode_push(
    changes: Sequence[Mapping[str, Any]], client: str, since: str = FAR_FUTURE
) -> bytes:
    """The body of a push of ``changes``, which are already as the server takes them. since: from
    when the answer brings the rows of all collections; only a look for unknown ones wants any."""
    return orjson.dumps(
        {
            "clientId": client,
            "since": since,
            "schemaVersion": SCHEMA_VERSION,
            "changes": changes,
        }
    )
