"""The schema of the file: newer ones are refused or left alone, older ones brought forward."""

from __future__ import annotations

import shutil
import sqlite3

import pytest

from store import schema
from store.collections import Collection, clear, local
from store.database import SCHEMA
from store.errors import NewerSchemaError, StorageError
from store.workbench import Workbench
from tests.store.support import content


def add(bench, title="x", **kw):
    with bench.step("add", **kw) as step:
        return step.insert("tasks", {"title": title})


def set_version(path, version, *, mode="WAL"):
    raw = sqlite3.connect(path / "manabench.db", isolation_level=None)
    raw.execute(f"PRAGMA journal_mode={mode}")
    raw.execute(f"PRAGMA user_version={version}")
    raw.close()


def snapshot(folder):
    return {p.name: p.read_bytes() for p in sorted(folder.iterdir()) if p.is_file()}


# -- versions ---------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["WAL", "DELETE"])
def test_a_database_of_a_newer_major_is_refused_and_not_one_byte_of_it_changes(make, mode):
    bench = make("home")
    add(bench)
    bench.close()
    set_version(bench.home, SCHEMA + 1000, mode=mode)
    before = snapshot(bench.home)
    with pytest.raises(NewerSchemaError) as caught:
        Workbench.open(bench.home)
    assert caught.value.exit_code == 5
    assert caught.value.kept
    assert caught.value.hint
    assert snapshot(bench.home) == before


def test_a_newer_major_that_stands_only_in_the_log_is_refused_untouched(make, tmp_path):
    bench = make("home")
    add(bench)
    bench.close()
    raw = sqlite3.connect(bench.home / "manabench.db", isolation_level=None)
    raw.execute(f"PRAGMA user_version={SCHEMA + 1000}")
    shutil.copytree(bench.home, tmp_path / "crashed")
    raw.close()
    (tmp_path / "crashed" / "manabench.db-shm").unlink(missing_ok=True)
    before = snapshot(tmp_path / "crashed")
    assert before["manabench.db-wal"]
    with pytest.raises(NewerSchemaError):
        Workbench.open(tmp_path / "crashed")
    after = snapshot(tmp_path / "crashed")
    for name in ("manabench.db", "manabench.db-wal"):
        assert after[name] == before[name]


def test_a_newer_minor_opens_works_and_keeps_its_number(make):
    bench = make("home")
    id = add(bench)
    bench.close()
    set_version(bench.home, SCHEMA + 7)
    again = make("home")
    assert again.documents.get(again.scope, "tasks", id)["title"] == "x"
    add(again)
    again.close()
    third = make("home")
    assert third.db.read("PRAGMA user_version") == [(SCHEMA + 7,)]


def test_a_newer_minors_shape_of_a_collection_is_left_alone(make):
    bench = make("home")
    with bench.db.transaction() as connection:
        connection.execute("UPDATE shapes SET shape = 'newer' WHERE name = 'tasks'")
        connection.execute("DROP INDEX IF EXISTS tasks_due")
    bench.close()
    set_version(bench.home, SCHEMA + 1)
    again = make("home")
    assert again.db.read("SELECT shape FROM shapes WHERE name = 'tasks'") == [("newer",)]
    add(again)


def test_a_process_that_finds_the_major_changed_under_it_stops_writing(make):
    bench = make("home")
    id = add(bench)
    set_version(bench.home, SCHEMA + 1000)
    before = bench.db.read("SELECT count(*) FROM history")
    for write in (
        lambda: add(bench),
        lambda: bench.drafts.save("capture", "x"),
        lambda: bench.device.set("place", 1),
        lambda: bench.history.undo(bench.scope),
    ):
        with pytest.raises(NewerSchemaError, match="updated elsewhere"):
            write()
    assert bench.db.read("SELECT count(*) FROM history") == before
    assert bench.documents.get(bench.scope, "tasks", id)["title"] == "x"


def test_an_older_schema_is_brought_forward_after_a_restore_point_that_opens(make, tmp_path):
    bench = make("home")
    id = add(bench)
    before = content(bench)
    bench.close()
    set_version(bench.home, SCHEMA - 1)
    again = make("home")
    assert again.db.read("PRAGMA user_version") == [(SCHEMA,)]
    assert content(again) == before
    (point,) = (bench.home / "restore-points").glob("*.db")
    assert point.stat().st_mode & 0o077 == 0
    restored = tmp_path / "restored"
    restored.mkdir()
    shutil.copy(point, restored / "manabench.db")
    third = make("restored")
    assert third.documents.get(third.scope, "tasks", id)["title"] == "x"
    assert content(third) == before


def test_restore_points_do_not_pile_up(make):
    for number in range(schema.KEEP_RESTORE_POINTS + 2):
        bench = make("home")
        add(bench, str(number))
        bench.close()
        set_version(bench.home, SCHEMA - 1)
    last = make("home")
    found = list((last.home / "restore-points").glob("*.db"))
    assert len(found) == schema.KEEP_RESTORE_POINTS


def test_a_migration_that_fails_leaves_the_file_as_it_was(make, monkeypatch):
    bench = make("home")
    add(bench)
    bench.close()
    set_version(bench.home, SCHEMA - 1)

    def fails(*args):
        raise sqlite3.OperationalError("database or disk is full")

    with bench_of(bench.home) as raw:
        before = list(raw.iterdump())
    monkeypatch.setattr(schema, "_migrations", fails)
    with pytest.raises(StorageError):
        Workbench.open(bench.home)
    monkeypatch.undo()
    with bench_of(bench.home) as raw:
        assert list(raw.iterdump()) == before
        assert raw.execute("PRAGMA user_version").fetchone() == (SCHEMA - 1,)


def bench_of(path):
    from contextlib import closing

    return closing(sqlite3.connect(path / "manabench.db"))


def test_a_collection_that_the_file_lacks_is_made_when_it_is_opened(make, monkeypatch):
    bench = make("home")
    id = add(bench)
    bench.close()
    todo = bench.modules["todo"]
    toys = Collection("toys", "todo", "toys", "toys", {"name": local(), "size": clear("number")})

    widened = {**bench.modules, "todo": todo._replace(collections=(*todo.collections, toys))}
    monkeypatch.setattr("store.workbench.installed", lambda: widened)
    again = make("home")
    with again.step("add") as step:
        toy = step.insert("toys", {"name": "ball", "size": 3})
    assert again.documents.get(again.scope, "toys", toy)["name"] == "ball"
    assert again.documents.get(again.scope, "tasks", id)["title"] == "x"
    monkeypatch.undo()
    # A program without the module leaves its records alone.
    again.close()
    without = make("home")
    assert without.db.read('SELECT count(*) FROM "toys"') == [(1,)]
    (outcome,) = without.history.undo(without.scope)
    assert outcome.left
    assert without.db.read('SELECT count(*) FROM "toys" WHERE deleted_at IS NULL') == [(1,)]


def test_a_changed_order_of_a_collection_replaces_its_index(make, monkeypatch):
    bench = make("home")
    add(bench)
    bench.close()
    notes = bench.modules["notes"]
    kept = tuple(
        c._replace(indexes={"changed": "updated_at"}) if c.name == "notes" else c
        for c in notes.collections
    )
    monkeypatch.setattr(
        "store.workbench.installed",
        lambda: {**bench.modules, "notes": notes._replace(collections=kept)},
    )
    again = make("home")
    found = again.db.read(
        "SELECT sql FROM sqlite_master WHERE type = 'index' AND name LIKE 'notes_changed%'"
    )
    assert len(found) == 1
    assert "updated_at" in found[0][0]
