"""Reading: the first page of a long list, and the memory of the search index."""

from __future__ import annotations

import gc
import os
from pathlib import Path

import orjson

from store.queries import Query
from store.workbench import Workbench
from tests.bench.material import home
from tests.bench.measure import Line, compare, pairs, scratch, timed

PAGE = 50


def lists(count: int) -> list[Line]:
    """First page against the same key-set SQL page plus its decryption."""
    with scratch() as (folder, _):
        home(folder / "home", count)
        bench = Workbench.open()
        query = Query("tasks", filters=(bench.modules["todo"].filters[0].name,))
        scope = bench.scope
        statements: list[str] = []
        reader = bench.db._reader()
        reader.set_trace_callback(statements.append)
        bench.documents.page(scope, query, limit=PAGE)
        reader.set_trace_callback(None)
        page_sql = next(sql for sql in statements if 'FROM "tasks"' in sql and "ORDER BY" in sql)

        def floor() -> None:
            for row in reader.execute(page_sql).fetchall():
                document = orjson.loads(row[7])
                for name, value in document.items():
                    if isinstance(value, str) and value.startswith("enc:"):
                        bench.vault.open("todo/tasks", row[1], name, value)

        ours = pairs(lambda: bench.documents.page(scope, query, limit=PAGE), floor, 100)
        lines = [compare(f"first page of {count:,} tasks", *ours, "at most 3x")]
        keys = timed(lambda: bench.documents.keys(scope, query))
        lines.append(Line("  all their keys in order", keys * 1e3, keys * 1e3, 1.0, "", "ms"))
        bench.close()
    return lines


def resident() -> int:
    """Bytes of memory that this process holds now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def search(count: int) -> list[Line]:
    """Memory of the index against the raw text."""
    with scratch() as (folder, _):
        home(folder / "home", count, "notes")
        bench = Workbench.open()
        raw = sum(
            len(r.text("title").encode()) + len(r.text("content").encode())
            for r in bench.documents.across("notes")
        )
        gc.collect()
        before = resident()
        took = timed(bench.search.build)
        gc.collect()
        grown = resident() - before
        asked = timed(lambda: bench.search.find(bench.scope, "harb wint in:notes"))
        bench.close()
    return [
        Line(
            f"search index of {count:,} notes, memory",
            grown / 1e6,
            raw / 1e6,
            grown / raw,
            "at most 4x",
            "MB",
        ),
        Line("  built in", took, took, 1.0, "", "s"),
        Line("  one question", asked * 1e3, asked * 1e3, 1.0, "", "ms"),
    ]
