"""Receiving: applying pulled changes against decoding, checking and bare sqlite3 upserts of the
same rows with the same indexes; received envelopes stay as they are on both sides."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from store.stamps import instant
from store.sync.incoming import receive
from store.sync.wire import Change, decode_page
from store.vault.envelope import Cipher
from store.workbench import Workbench
from tests.bench.material import tasks
from tests.bench.measure import Line, scratch, timed

PAGE = 1000
ACTOR = {"kind": "user", "principalId": "user-1", "displayName": "Ann"}
COLUMNS = 12


def receiving(count: int) -> list[Line]:
    """Fresh records, then an update of each, then all of it again."""
    with scratch() as (folder, _):
        bench = Workbench.create(keyring=False)
        with bench.db.transaction():
            bench.vault.add_key("account", "a1", raw := os.urandom(32))
        first = list(_pages(count, Cipher("a1", raw), "insert"))
        second = list(_pages(count, Cipher("a1", raw), "update"))
        took = [timed(lambda pages=pages: _ours(bench, pages)) for pages in (first, second, first)]
        floors = _floors(folder / "bare.db", bench, (first, second))
        bench.close()
    words = (
        (f"applying {count:,} pulled inserts, rate", took[0], floors[0], "at least 0.50x"),
        ("  as many updates of two fields", took[1], floors[1], ""),
        ("  the inserts again, against the floor of new ones", took[2], floors[0], ""),
    )
    return [
        Line(what, count / ours, count / floor, floor / ours, aim, "/s")
        for what, ours, floor, aim in words
    ]


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


def _ours(bench: Workbench, pages: list[bytes]) -> None:
    for page in pages:
        receive(bench, "todo", "tasks", decode_page(page).rows)


def _floors(path: Path, bench: Workbench, batches: tuple[list[bytes], ...]) -> list[float]:
    """Seconds to decode and check the same pages and upsert rows as large as ours by sqlite3."""
    bare = sqlite3.connect(path, isolation_level=None)
    bare.execute("PRAGMA journal_mode=WAL")
    bare.execute("PRAGMA synchronous=NORMAL")
    for (sql,) in bench.db.read(
        "SELECT sql FROM sqlite_master WHERE tbl_name = 'tasks' AND sql IS NOT NULL "
        "AND type IN ('table', 'index') ORDER BY type DESC"
    ):
        bare.execute(sql)
    places = ",".join("?" * COLUMNS)
    sql = (
        f"INSERT INTO tasks VALUES ({places}) ON CONFLICT (id, space) DO UPDATE SET "
        "updated_at = excluded.updated_at, doc = excluded.doc, meta = excluded.meta"
    )
    now = instant(bench.clock())

    def work(pages: list[bytes]) -> None:
        for page in pages:
            rows = [
                (None, row.id, 1, 1, 0, now, now, None, *_columns(row, now), None, None)
                for row in decode_page(page).rows
                if isinstance(row, Change)
            ]
            bare.execute("BEGIN IMMEDIATE")
            bare.executemany(sql, rows)
            bare.execute("COMMIT")

    took = [timed(lambda pages=pages: work(pages)) for pages in batches]
    bare.close()
    return took


def _columns(row: Change, now: str) -> tuple[str, str]:
    """A document and stamps of the row's own size."""
    doc = row.data or {name: value for name, (value, _at) in row.fields.items()}
    meta = {"d": [now, 1, "server-replay"]}
    return orjson.dumps(doc).decode(), orjson.dumps(meta).decode()
