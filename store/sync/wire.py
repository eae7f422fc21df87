"""Messages of the sync server as plain data, and the only place that reads and writes their JSON.

Two generations of the wire are understood: a field's time as ``at`` or ``updatedAt``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple


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
    """A row that is no change: kept with its reason, never merged. raw is its JSON; table, id,
    space and event as far as they could be read, else ""."""

    raw: bytes
    reason: str
    table: str = ""
    id: str = ""
    space: str = ""
    event: str = ""


class Page(NamedTuple):
    """One answer to a pull, or to a push. until: the server's cursor as text, as it came."""

    rows: list[Change | Malformed]
    until: str
    more: bool
