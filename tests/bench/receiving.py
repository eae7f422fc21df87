"""Receiving: applying pulled changes against decoding, checking and bare sqlite3 upserts of the
same rows with the same indexes; received envelopes stay as they are on both sides."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from store.sync.inbox.incoming import receive
from store.sync.wire import decode_page
from store.vault.envelope import Cipher
from store.workbench import Workbench
from tests.bench.material import tasks
from tests.bench.measure import Line, scratch, timed

PAGE = 1000
ACTOR = {"kind": "user", "principalId": "user-1", "displayName": "Ann"}
COLUMNS = 12


def receiving(count: int) -> list[Line]:
    """Fresh records, then an update of each, then all of it again; page by page in turn with the
    floor, so that both see the same machine."""
    with scratch() as (folder, _):
        bench = Workbench.create(keyring=False)
        raw = os.urandom(32)
        with bench.db.transaction():
            bench.vault.add_key("account", "a1", raw)
        cipher = Cipher("a1", raw)
        bare = _bare(folder / "bare.db", bench)
        first = list(_pages(count, cipher, "insert"))
        second = list(_pages(count, cipher, "update"))
        took = [_race(bench, bare, pages) for pages in (first, second, first)]
        bare.close()
        bench.close()
    words = (
        (f"applying {count:,} pulled inserts, rate", "at least 0.50x"),
        ("  as many updates of two fields, history kept", ""),
        ("  the inserts again", ""),
    )
    return [
        Line(what, count / ours, count / floor, floor / ours, aim, "/s")
        for (what, aim), (ours, floor) in zip(words, took, strict=True)
    ]


def _race(bench: Workbench, bare: sqlite3.Connection, pages: list[bytes]) -> tuple[float, float]:
    """Seconds of ours and of the floor, which upserts the very rows that ours made."""
    ours = floor = 0.0
    for page in pages:
        ours += timed(lambda page=page: receive(bench, "todo", "tasks", decode_page(page).rows))
        ids = orjson.dumps([row["id"] for row in orjson.loads(page)["serverChanges"]]).decode()
        rows = bench.db.read(
            "SELECT * FROM tasks WHERE id IN (SELECT value FROM json_each(?))", (ids,)
        )
        floor += timed(lambda page=page, rows=rows: _upsert(bare, page, rows))
    return ours, floor


def _pages(count: int, cipher: Cipher, op: str) -> Iterator[bytes]:
    """Answers of a server with ``PAGE`` rows each, as a client of the same account wrote them."""
    space = {"spaceId": "_personal:guest", "actor": ACTOR, "origin": "user", "schemaVersion": 1}
    rows: list[dict[str, Any]] = []
    for number, task in enumerate(tasks(count)):
        row = {"eventId": f"e-{op}-{number}", "table": "tasks", "id": task.id, "op": op, **space}
        values = dict(task.fields)
        for name in ("title", "description"):
            if name in values:
                values[name] = cipher.seal1(values[name])
        if op == "insert":
            row["data"] = values | {"createdAt": task.at, "updatedAt": task.at}
        else:
            at = "2026-11-20T10:00:00.000Z"
            new = {"title": cipher.seal1(f"new {number}"), "isCompleted": True}
            row["fields"] = {name: {"value": v, "at": at} for name, v in new.items()}
        rows.append(row)
        if len(rows) == PAGE:
            yield _page(rows)
            rows = []
    if rows:
        yield _page(rows)


def _page(rows: list[dict[str, Any]]) -> bytes:
    return orjson.dumps({"serverChanges": rows, "conflicts": [], "syncedUntil": ""})


def _bare(path: Path, bench: Workbench) -> sqlite3.Connection:
    """The same table and indexes in a file of nobody's."""
    bare = sqlite3.connect(path, isolation_level=None)
    bare.execute("PRAGMA journal_mode=WAL")
    bare.execute("PRAGMA synchronous=NORMAL")
    for (sql,) in bench.db.read(
        "SELECT sql FROM sqlite_master WHERE tbl_name = 'tasks' AND sql IS NOT NULL "
        "AND type IN ('table', 'index') ORDER BY type DESC"
    ):
        bare.execute(sql)
    return bare


def _upsert(bare: sqlite3.Connection, page: bytes, rows: list[Any]) -> None:
    """Decode and check a page, and write what is to stand there then."""
    assert len(decode_page(page).rows) >= len(rows)
    bare.execute("BEGIN IMMEDIATE")
    bare.executemany(
        f"INSERT INTO tasks VALUES ({','.join('?' * COLUMNS)}) ON CONFLICT (id, space) DO UPDATE "
        "SET private = excluded.private, updated_at = excluded.updated_at, doc = excluded.doc, "
        "deleted_at = excluded.deleted_at, meta = excluded.meta, dirty = excluded.dirty",
        rows,
    )
    bare.execute("COMMIT")
