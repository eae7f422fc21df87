"""The log in SQLite keeps the promises of every log."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from store.server.sqlite import File
from store.server.sqlite_changes import _OTHERS, _PAGE, _SAME, SqliteChanges
from store.server.sqlite_identity import SqliteIdentity
from store.server.wire import decode
from tests.server.contract_changes import NOW, ChangesContract, Log, insert
from tests.server.contract_private import PrivateContract


@pytest.fixture
def file(tmp_path: Path) -> File:
    return File(tmp_path / "server.db")


@pytest.fixture
def log(file: File) -> Iterator[Log]:
    identity = SqliteIdentity(file)
    log = Log(None, identity)  # type: ignore[arg-type]
    log.changes = SqliteChanges(file, now=lambda: log.now[0])
    yield log
    log.changes.close()
    identity.close()


class TestSqlite(ChangesContract, PrivateContract):
    """All of them."""


@pytest.mark.parametrize(
    ("query", "plan"),
    [
        (_PAGE, "SEARCH changes USING PRIMARY KEY (stream=? AND at>?)"),
        (_SAME, "SEARCH changes USING INDEX changes_by_mark (mark=? AND stream=?)"),
        (_OTHERS, "SEARCH changes USING INDEX changes_by_mark (mark>? AND mark<?)"),
    ],
)
def test_no_query_reads_more_than_it_is_about(file: File, log: Log, query: str, plan: str):
    values = [1] * query.count("?")
    found = file.read(lambda c: c.execute(f"EXPLAIN QUERY PLAN {query}", values).fetchall())
    assert [row[3] for row in found] == [plan]


def test_pushes_that_wait_share_a_transaction(file: File, log: Log):
    log.users("ann")
    busy, go, writes = threading.Event(), threading.Event(), list[int]()
    held = threading.Thread(target=file.write, args=[lambda _: (busy.set(), go.wait(30))])
    held.start()
    busy.wait(30)
    write = file.write
    file.write = lambda act: (writes.append(1), write(act))[1]  # type: ignore[method-assign]
    parcels = [decode(orjson.dumps({"changes": [insert(f"t{n}")]}), NOW).parcels for n in range(50)]
    waiting = [log.changes.push("ann", "one", "todo", one) for one in parcels]
    go.set()
    assert [future.result(30).rows for future in waiting] == [1] * 50
    held.join()
    assert len(writes) <= 3
    assert log.ids("ann") == [f"t{n}" for n in range(50)]


def test_a_push_that_nobody_waits_for_any_more_stops_no_other(file: File, log: Log):
    log.users("ann")
    busy, go = threading.Event(), threading.Event()
    held = threading.Thread(target=file.write, args=[lambda _: (busy.set(), go.wait(30))])
    held.start()
    busy.wait(30)
    parcels = decode(orjson.dumps({"changes": [insert("a")]}), NOW).parcels
    waiting = [log.changes.push("ann", "one", app, parcels) for app in ("a", "b", "todo")]
    waiting[1].cancel()
    go.set()
    held.join()
    assert waiting[2].result(30).rows == 1


def test_a_fault_of_the_database_is_told_and_stores_nothing(file: File, log: Log):
    log.users("ann")
    file.write(lambda connection: connection.execute("ALTER TABLE changes RENAME TO away"))
    with pytest.raises(sqlite3.OperationalError):
        log.push("ann", insert("a"))
    file.write(lambda connection: connection.execute("ALTER TABLE away RENAME TO changes"))
    log.push("ann", insert("b"))
    assert log.ids("ann") == ["b"]
