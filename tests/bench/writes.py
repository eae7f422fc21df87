"""Writing: a bulk import and a single durable write against bare sqlite3."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from store.workbench import Workbench
from tests.bench.material import tasks
from tests.bench.measure import Line, compare, pairs, scratch, timed

COLUMNS = 12


def writes(count: int) -> list[Line]:
    """Bulk rate and bytes, and the cost of one committed write."""
    lines = []
    with scratch() as (folder, _):
        bench = Workbench.create(keyring=False)
        material = tasks(count)

        def bulk() -> None:
            with bench.step("import", durable=False) as step:
                step.merge_many("tasks", material)

        ours = timed(bulk)
        schema = [
            row[0]
            for row in bench.db.read(
                "SELECT sql FROM sqlite_master WHERE tbl_name = 'tasks' AND sql IS NOT NULL "
                "AND type IN ('table', 'index') ORDER BY type DESC"
            )
        ]
        rows = bench.db.read('SELECT * FROM "tasks"')
        floor, bare = _bare_bulk(folder / "bare.db", bench, schema, rows, material)
        lines.append(
            Line(
                f"bulk import of {count:,} tasks, rate",
                count / ours,
                count / floor,
                floor / ours,
                "at least 0.40x",
                "/s",
            )
        )
        bench.db.compact()
        size = (bench.home / "manabench.db").stat().st_size / 1e6
        bare.execute("VACUUM")
        floor_size = (folder / "bare.db").stat().st_size / 1e6
        lines.append(Line("  its bytes", size, floor_size, size / floor_size, "at most 1.5x", "MB"))
        lines.append(_single(bench, bare))
        bench.close()
    return lines


def _bare_bulk(
    path: Path, bench: Workbench, schema: list[str], rows: list[Any], material: list[Any]
) -> tuple[float, sqlite3.Connection]:
    """Seconds for the same documents with the same indexes and seals, by executemany."""
    bare = sqlite3.connect(path, isolation_level=None)
    bare.execute("PRAGMA journal_mode=WAL")
    bare.execute("PRAGMA synchronous=NORMAL")
    for sql in schema:
        bare.execute(sql)
    seal = bench.vault.seal
    clear = bench.registry["tasks"].is_clear

    def work() -> None:
        for replica in material:
            for name, value in replica.fields.items():
                if not clear(name):
                    seal("todo/tasks", replica.id, name, value)
        bare.execute("BEGIN IMMEDIATE")
        bare.executemany(f"INSERT INTO tasks VALUES ({','.join('?' * COLUMNS)})", rows)
        bare.execute("COMMIT")

    return timed(work), bare


def _single(bench: Workbench, bare: sqlite3.Connection) -> Line:
    bare.execute("PRAGMA synchronous=FULL")
    row = bench.db.read('SELECT * FROM "tasks" LIMIT 1')[0]
    insert = f"INSERT INTO tasks VALUES ({','.join('?' * COLUMNS)})"
    numbers = iter(range(10**9))

    def ours() -> None:
        with bench.step("add") as step:
            step.insert("tasks", {"title": "one more thing to do", "dueDate": "2026-12-01"})

    def floor() -> None:
        bare.execute(insert, (None, f"bare-{next(numbers)}", *row[2:]))

    return compare("one durable write (synchronous=FULL)", *pairs(ours, floor, 200), "below 3x")
