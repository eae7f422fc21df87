"""The log in SQLite keeps the promises of every log."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from store.server.sqlite import File
from store.server.sqlite_changes import _COUNT, _PAGE, SqliteChanges
from store.server.sqlite_identity import SqliteIdentity
from store.server.sqlite_push import _OTHERS, _SAME
from store.server.wire import decode
from tests.server.contract_changes import NOW, ChangesContract, Log, insert
from tests.server.contract_forget import ForgetContract
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


class TestSqlite(ChangesContract, PrivateContract, ForgetContract):
    """All of them."""


@pytest.mark.parametrize(
    ("query", "plan"),
    [
        (_PAGE, "SEARCH changes USING PRIMARY KEY (stream=? AND at>?)"),
        (_COUNT, "SEARCH changes USING PRIMARY KEY (stream=? AND at>?)"),
        (_SAME, "SEARCH changes USING INDEX changes_by_mark (mark=? AND stream=?)"),
        (_OTHERS, "SEARCH changes USING INDEX changes_by_mark (mark>? AND mark<?)"),
    ],
)
def test_no_query_reads_more_than_it_is_about(file: File, log: Log, query: str, plan: str):
    values = [1] * query.count("?")
    found = file.read(lambda c: c.execute(f"EXPLAIN QUERY PLAN {query}", values).fetchall())
    assert [row[3] for row in found] == [plan]


def test_pulling_costs_what_it_delivers_however_long_the_log_is(file: File, log: Log):
    log.users("ann", "bob")

    def steps(user: str, since: int, limit: int) -> int:
        """Steps of SQLite's machine."""
        count = [0]

        def act(connection: sqlite3.Connection) -> None:
            connection.set_progress_handler(lambda: count.__setitem__(0, count[0] + 1), 1)
            try:
                log.changes._page(connection, user, "reader", "todo", ["tasks"], since, limit)
            finally:
                connection.set_progress_handler(None, 0)

        file.read(act)
        return count[0]

    def grow(rows: int) -> int:
        """Push rows of two people in turn; the cursor 100 rows before the end of Ann's."""
        for _push in range(rows // 500):
            for user in ("bob", "ann"):
                log.now[0] += 1_000_000
                log.push(user, *[insert(f"{log.now[0]}-{n}", title="x" * 50) for n in range(500)])
        return log.changes._now() + 399

    cursor = grow(500)
    little = [steps("ann", cursor, 1000), steps("ann", 0, 100)]
    cursor = grow(10_000)
    assert len(log.page("ann", cursor).rows) == 100
    assert [steps("ann", cursor, 1000), steps("ann", 0, 100)] == pytest.approx(little, rel=0.05)
    assert steps("ann", 0, 1000) == pytest.approx(10 * little[1], rel=0.2)


def test_what_is_forgotten_is_nowhere_in_the_files(file: File, log: Log):
    log.users("ann", "bob")
    for user in ("ann", "bob"):
        log.push(user, *[insert(f"{n}", text=f"words of {user}") for n in range(3000)])
    log.identity.change(lambda rows: rows.remove_user("ann"))
    log.changes.forget_user("ann").result(30)
    kept = b"".join(path.read_bytes() for path in file.path.parent.iterdir())
    assert b"words of ann" not in kept
    assert kept.count(b"words of bob") >= 3000


def test_forgetting_that_was_cut_short_goes_on_at_the_next_start(file: File, log: Log):
    log.users("ann")
    log.push("ann", *[insert(f"{n}") for n in range(10)])
    log.identity.change(lambda rows: rows.remove_user("ann"))  # and the power fails
    again = SqliteChanges(file)
    again.close()
    assert file.read(lambda c: c.execute("SELECT count(*) FROM changes").fetchone()) == (0,)


def test_numbers_of_streams_that_another_process_forgot_are_not_used(file: File, log: Log):
    log.users("ann", "bob")
    log.push("bob", insert("b"))
    log.push("ann", insert("a"))
    other = File(file.path)
    changes = SqliteChanges(other)
    SqliteIdentity(other).change(lambda rows: rows.remove_user("ann"))
    changes.forget_user("ann").result(30)
    changes.push("bob", "one", "notes", decode(b'{"changes":[]}', NOW).parcels).result(30)
    parcels = decode(orjson.dumps({"changes": [insert("n")]}), NOW).parcels
    changes.push("bob", "one", "notes", parcels).result(30)
    changes.close()
    other.close()
    log.users("ann")
    log.push("ann", insert("again"))
    assert log.ids("ann") == ["again"]
    assert log.ids("bob", app="notes") == ["n"]


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
