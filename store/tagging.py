"""Who bears which tag: the resolved membership that lists filter by.

A record's tags stand in two places that other clients do not keep in step: a list on the record
and junction rows. Evidence of (record, tag) is either one with its stamp; the newest decides,
present on a tie, and a list never written is no evidence. The write path calls ``refresh`` in its
transaction.
"""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Container, Iterable, Sequence
from typing import Any

import orjson

from store.collections import Collection, Registry
from store.errors import LockedError, UnreadableError
from store.records import PREFIX
from store.stamps import UNTRUSTED, Meta, micros
from store.vault import Vault, is_envelope

_NAMESPACE = uuid.UUID("6f0f6a3e-7a4d-5c1b-9d4e-6d616e616265")


def link_id(record: str, tag: str) -> str:
    """The id of the junction row of ``record`` and ``tag``, the same on every device."""
    return str(uuid.uuid5(_NAMESPACE, f"{record}\n{tag}"))


def listed(collection: Collection, doc: dict[str, Any], vault: Vault, record: str) -> Any:
    """The record's own list of tag ids; None if it was never written or does not open here."""
    link = collection.tag_link
    if link is None or not link.path:
        return None
    field, _, inner = link.path.partition(".")
    value = doc.get(field)
    if isinstance(value, str) and value.startswith(PREFIX):
        try:
            value = vault.open(collection.place, record, field, value)
        except (UnreadableError, LockedError):
            return None
    if inner:
        value = value.get(inner) if isinstance(value, dict) else None
    return value if isinstance(value, list) else None


def refresh(
    connection: sqlite3.Connection,
    vault: Vault,
    registry: Registry,
    collection: Collection,
    changed: Sequence[tuple[Container[str], int]],
    fresh: Sequence[int],
) -> None:
    """Resolve the tags of the records that ``changed`` may have retagged, given as the names of the
    changed fields and the row; ``fresh`` are the new ones among them, whose links may have come
    before them."""
    if collection.junction_of:
        owner, key = collection.junction_of
        if owner not in registry:
            return
        rows = connection.execute(
            f'SELECT DISTINCT r.pk FROM "{collection.name}" j JOIN "{owner}" r '
            f"ON r.id = json_extract(j.doc, '$.{key}') AND r.space = j.space "
            "WHERE j.pk IN (SELECT value FROM json_each(?))",
            (orjson.dumps([pk for _, pk in changed]).decode(),),
        )
        _resolve(connection, vault, registry[owner], [row[0] for row in rows])
    elif collection.tag_link is not None:
        field = collection.tag_link.path.partition(".")[0]
        touched = {pk for names, pk in changed if field and field in names}
        if fresh:
            rows = connection.execute(
                f'SELECT r.pk FROM "{collection.name}" r '
                "WHERE r.pk IN (SELECT value FROM json_each(?)) AND EXISTS "
                f'(SELECT 1 FROM "{collection.tag_link.junction}" '
                # The plus takes the column's affinity away, with which no index would serve.
                f"WHERE json_extract(doc, '$.{collection.tag_link.key}') = +r.id)",
                (orjson.dumps(fresh).decode(),),
            )
            touched |= {row[0] for row in rows}
        _resolve(connection, vault, collection, touched)


def _resolve(
    connection: sqlite3.Connection, vault: Vault, collection: Collection, records: Iterable[int]
) -> None:
    link = collection.tag_link
    if link is None:
        return
    field = link.path.partition(".")[0]
    for pk in records:
        record, doc_text, meta_text, space = connection.execute(
            f'SELECT id, doc, meta, space FROM "{collection.name}" WHERE pk = ?', (pk,)
        ).fetchone()
        doc = orjson.loads(doc_text)
        mine = listed(collection, doc, vault, record)
        evidence: dict[str, tuple[int, bool]] = {}
        stamp = Meta.load(meta_text).of(field, field in doc) if mine is not None else None
        when = micros(stamp.at) if stamp else UNTRUSTED
        for row_doc, row_meta, deleted in connection.execute(
            f'SELECT doc, meta, deleted_at FROM "{link.junction}" '
            f"WHERE json_extract(doc, '$.{link.key}') = ? AND space = ?",
            (record, space),
        ):
            row = orjson.loads(row_doc)
            tag = row.get("tagId") or row.get("labelId")
            if isinstance(tag, str):
                meta = Meta.load(row_meta)
                at = meta.own["deletedAt"].at if "deletedAt" in meta.own else meta.newest()
                found = (micros(at), deleted is None)
                evidence[tag] = max(found, evidence.get(tag, found))
        if mine is not None:
            _weigh(evidence, {t for t in mine if isinstance(t, str)}, when)
        elif is_envelope(doc.get(field)):
            # The list cannot be read now, because the vault is locked or the field damaged: what it
            # alone said before stays.
            for (tag,) in connection.execute(
                "SELECT tag FROM tagged WHERE record = ? AND collection = ?", (pk, collection.name)
            ):
                evidence.setdefault(tag, (UNTRUSTED, True))
        _store(connection, collection.name, pk, [t for t, (_, on) in evidence.items() if on])


def _weigh(evidence: dict[str, tuple[int, bool]], mine: set[str], when: int) -> None:
    for tag in mine | evidence.keys():
        at, on = evidence.get(tag, (UNTRUSTED - 1, False))
        present = tag in mine
        if when > at or (when == at and present):
            evidence[tag] = (when, present)
        elif when == at:
            evidence[tag] = (at, on or present)


def _store(connection: sqlite3.Connection, name: str, record: int, tags: Sequence[str]) -> None:
    connection.execute("DELETE FROM tagged WHERE record = ? AND collection = ?", (record, name))
    connection.executemany(
        "INSERT INTO tagged (collection, record, tag) VALUES (?, ?, ?)",
        [(name, record, tag) for tag in tags],
    )
