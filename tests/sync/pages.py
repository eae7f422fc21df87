"""Pages as a server sends them, and what a home makes of them, in short words."""

from __future__ import annotations

import os
from typing import Any

import orjson

from store.stamps import Meta, instant
from store.sync.inbox.incoming import Arrival, receive
from store.sync.wire import Change
from store.vault.envelope import Cipher
from store.workbench import Workbench
from tests.store.support import NOON

ANN = {"kind": "user", "principalId": "ann", "displayName": "Ann"}
T = [f"2026-05-0{day}T10:00:00.000Z" for day in range(1, 10)]
"""Nine days before the homes' noon."""
NOW = instant(NOON)
AHEAD = "2026-06-02T12:00:00.000Z"


def insert(
    id: str, at: str = T[1], *, space: str = "", table: str = "tasks", **data: Any
) -> Change:
    """A new record, dated as our own senders date it."""
    dated = {"createdAt": at, "updatedAt": at} if at else {}
    return Change(table, id, "insert", data | dated, {}, "", space, ANN, "user", "")


def update(
    id: str, at: str = T[2], *, space: str = "", table: str = "tasks", **fields: Any
) -> Change:
    """Fields of a record, all written at one time."""
    slots = {name: (value, at) for name, value in fields.items()}
    return Change(table, id, "update", {}, slots, "", space, ANN, "user", "")


def delete(id: str, at: str = T[3], *, space: str = "", table: str = "tasks") -> Change:
    return Change(table, id, "delete", {}, {}, at, space, ANN, "user", "")


def tasks(bench: Workbench, *rows: Any, **kw: Any) -> Arrival:
    """One page of tasks."""
    return receive(bench, "todo", "tasks", rows, **kw)


def row(bench: Workbench, id: str, table: str = "tasks") -> dict[str, Any]:
    """A stored row as a person could read it: opened values, stamps, deletion, dirty mark."""
    found = bench.db.read(
        f'SELECT doc, large, meta, deleted_at, dirty FROM "{table}" WHERE id = ?', (id,)
    )
    if not found:
        return {}
    doc, large, text, deleted, dirty = found[0]
    declared, meta = bench.registry[table], Meta.load(text)
    values = orjson.loads(doc) | (orjson.loads(large) if large else {})
    for name, value in values.items():
        if isinstance(value, str) and value.startswith("enc:") and not declared.is_clear(name):
            values[name] = bench.vault.open(declared.place, id, name, value)
    stamps = {name: meta.of(name, True) for name in values}
    if (removal := meta.of("deletedAt", deleted is not None)) is not None:
        stamps["deletedAt"] = removal
    return {
        "values": values,
        "at": {name: stamp.at for name, stamp in stamps.items() if stamp},
        "origin": {name: stamp.origin for name, stamp in stamps.items() if stamp},
        "deleted": deleted,
        "dirty": orjson.loads(dirty) if dirty and dirty != "*" else dirty,
    }


def actor(bench: Workbench, id: str, field: str, table: str = "tasks") -> Any:
    """Who wrote a field."""
    (text,) = bench.db.read(f'SELECT meta FROM "{table}" WHERE id = ?', (id,))[0]
    stamp = Meta.load(text).of(field, True)
    assert stamp is not None
    return orjson.loads(bench.db.read("SELECT json FROM actors WHERE n = ?", (stamp.actor,))[0][0])


def acknowledge(bench: Workbench, at: str = NOW, table: str = "tasks") -> None:
    """As if the server had taken everything: no field is dirty, each was acknowledged at ``at``."""
    with bench.db.transaction() as connection:
        for pk, doc, dirty in connection.execute(
            f'SELECT pk, doc, dirty FROM "{table}" WHERE dirty IS NOT NULL'
        ).fetchall():
            names = list(orjson.loads(doc)) if dirty == "*" else orjson.loads(dirty)
            connection.execute(
                'INSERT INTO acked ("when", fields) VALUES (?, ?)',
                (at, orjson.dumps({table: [[names, [pk]]]}).decode()),
            )
        connection.execute(f'UPDATE "{table}" SET dirty = NULL')


def account(bench: Workbench, key_id: str = "a1", raw: bytes = b"") -> Cipher:
    """Give a home an account's master key; returns it, to seal as a web client does."""
    raw = raw or os.urandom(32)
    with bench.db.transaction():
        bench.vault.add_key("account", key_id, raw)
    return Cipher(key_id, raw)


def envelope(bench: Workbench, id: str, field: str, table: str = "tasks") -> Any:
    """What stands in a field at rest."""
    (doc,) = bench.db.read(f'SELECT doc FROM "{table}" WHERE id = ?', (id,))[0]
    return orjson.loads(doc).get(field)
