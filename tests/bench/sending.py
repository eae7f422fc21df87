"""Sending: 100,000 local changes to bodies of pushes and their marks cleared, without a network.

The floor reads the same rows by bare sqlite3, opens what lies sealed in them, seals the same
fields, encodes the same changesets and takes the same marks away.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import orjson

from store.sync import account
from store.sync.compare.digest import digest
from store.sync.outbox import outgoing
from store.workbench import Workbench
from tests.bench.material import notes, tasks
from tests.bench.measure import Line, scratch, timed

KEY = bytes(range(32))
BATCH = 200


def sending(count: int) -> list[Line]:
    """New tasks as inserts, titles edited one by one as updates, and notes with their bodies."""
    lines = []
    with scratch() as (folder, _):
        bench = _linked()
        with bench.step("import", durable=False) as step:
            step.merge_many("tasks", tasks(count))
        lines.append(_line(folder, bench, "tasks", f"sending {count:,} new tasks"))
        lines.append(_digest(bench, count))
        with bench.step("edit", durable=False) as step:
            for replica in tasks(count // 5):
                step.update("tasks", replica.id, {"title": "another title"})
        lines.append(_line(folder, bench, "tasks", f"sending {count // 5:,} edited titles"))
        with bench.step("import", durable=False) as step:
            step.merge_many("notes", notes(count // 5))
        lines.append(_line(folder, bench, "notes", f"sending {count // 5:,} new notes"))
        bench.close()
    return lines


def _linked() -> Workbench:
    bench = Workbench.create(keyring=False)
    bench.vault.add_key("account", "a1", KEY)
    words = dict.fromkeys(("email", "name", "identity", "sync"), "x")
    account.keep(bench, user="u1", signed_in=True, linked=True, **words)
    with bench.db.transaction() as connection:
        connection.execute("INSERT INTO memberships (space, state) SELECT pk, 'linked' FROM spaces")
    _send(bench)
    return bench


def _send(bench: Workbench) -> list[bytes]:
    bodies = []
    for batch in outgoing.batches(bench, count=BATCH):
        bodies.append(outgoing.encode(batch, "client"))
        outgoing.acknowledge(bench, batch)
    return bodies


def _line(folder: Path, bench: Workbench, collection: str, what: str) -> Line:
    """Ours against the floor, three times each in turn; the marks are put back in between."""
    marks = bench.db.read(f'SELECT dirty, pk FROM "{collection}" WHERE dirty IS NOT NULL')
    schema = [
        row[0]
        for row in bench.db.read(
            "SELECT sql FROM sqlite_master WHERE tbl_name = ? AND sql IS NOT NULL "
            "AND type IN ('table', 'index') ORDER BY type DESC",
            (collection,),
        )
    ]
    rows = bench.db.read(f'SELECT * FROM "{collection}"')
    (folder / "bare.db").unlink(missing_ok=True)
    bare = sqlite3.connect(folder / "bare.db", isolation_level=None)
    bare.execute("PRAGMA journal_mode=WAL")
    bare.execute("PRAGMA synchronous=NORMAL")
    for sql in schema:
        bare.execute(sql)
    bare.execute("BEGIN")
    bare.executemany(f'INSERT INTO "{collection}" VALUES ({",".join("?" * 12)})', rows)
    bare.execute("COMMIT")
    ours, floor = [], []
    for _turn in range(3):
        bodies: list[bytes] = []
        ours.append(timed(lambda: bodies.extend(_send(bench))))  # noqa: B023
        floor.append(_floor(bench, bare, collection, bodies))
        with bench.db.transaction() as connection:
            connection.executemany(f'UPDATE "{collection}" SET dirty = ? WHERE pk = ?', marks)
        bare.executemany(f'UPDATE "{collection}" SET dirty = ? WHERE pk = ?', marks)
    with bench.db.transaction() as connection:
        connection.execute(f'UPDATE "{collection}" SET dirty = NULL')
    bare.close()
    best, bottom = min(ours), min(floor)
    count = len(marks)
    return Line(what, count / best, count / bottom, bottom / best, "at least 0.50x", "/s")


def _floor(
    bench: Workbench, bare: sqlite3.Connection, collection: str, bodies: list[bytes]
) -> float:
    """Seconds of the same work done bare, from the changesets as they were sent."""
    sets = [orjson.loads(body) for body in bodies]
    secrets = [[_sealed(bench, change) for change in one["changes"]] for one in sets]
    seal, opened, place = bench.vault.seal1, bench.vault.open, bench.registry[collection].place

    def work() -> None:
        last = -1
        for one, values in zip(sets, secrets, strict=True):
            found = bare.execute(
                "SELECT pk, id, space, author, private, created_at, deleted_at, doc, meta, dirty, "
                f'large FROM "{collection}" WHERE dirty IS NOT NULL AND pk > ? LIMIT {BATCH}',
                (last,),
            ).fetchall()
            last = found[-1][0]
            for row, of in zip(found, values, strict=True):
                kept = orjson.loads(row[7])
                if row[10]:
                    kept.update(orjson.loads(row[10]))
                for name, value in of:
                    opened(place, row[1], name, kept[name])
                    seal(value)
            orjson.dumps(one)
            bare.execute("BEGIN IMMEDIATE")
            bare.executemany(
                f'UPDATE "{collection}" SET dirty = NULL WHERE pk = ?', [row[:1] for row in found]
            )
            bare.execute("COMMIT")

    return timed(work)


def _sealed(bench: Workbench, change: dict[str, Any]) -> list[tuple[str, Any]]:
    values = change.get("data") or {n: s["value"] for n, s in change["fields"].items()}
    return [
        (name, bench.vault.open1(value))
        for name, value in values.items()
        if isinstance(value, str) and value.startswith("enc:1:")
    ]


def _digest(bench: Workbench, count: int) -> Line:
    space = bench.spaces.scope(bench.spaces.personal()).number
    rows = bench.db.read("SELECT id, doc FROM tasks")

    def floor() -> None:
        for id, doc in rows:
            for name, value in orjson.loads(doc).items():
                if isinstance(value, str) and value.startswith("enc:"):
                    bench.vault.open("todo/tasks", id, name, value)

    ours, bare = timed(lambda: digest(bench, space)), timed(floor)
    what = f"  digest of {count:,} tasks (floor: opening them)"
    return Line(what, ours, bare, ours / bare, "a few s", "s")
