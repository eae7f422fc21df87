"""Identity in SQLite keeps the promises of every identity storage, and guards its file."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from store.errors import NewerSchemaError, StorageError
from store.server.settings import DATABASE, KEY_FILE, Settings, prepare
from store.server.sqlite import SHAPE, File
from store.server.sqlite_identity import SqliteIdentity
from store.server.storage import IdentityStorage
from store.server.tokens import Tokens
from tests.server.contract_identity import ANN, IdentityContract


class TestSqlite(IdentityContract):
    @pytest.fixture
    def storage(self, tmp_path: Path) -> Iterator[IdentityStorage]:
        identity = SqliteIdentity(File(tmp_path / DATABASE))
        yield identity
        identity.close()


def test_everything_is_for_this_user_alone(tmp_path):
    data = prepare(tmp_path / "data")
    file = File(data / DATABASE)
    file.write(lambda connection: None)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in data.iterdir()}
    file.close()
    assert stat.S_IMODE(data.stat().st_mode) == 0o700
    assert set(modes.values()) == {0o600}
    assert {DATABASE, KEY_FILE} <= set(modes)


def test_a_database_of_a_newer_program_is_not_touched(tmp_path):
    path = tmp_path / DATABASE
    File(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute(f"PRAGMA user_version = {SHAPE + 1}")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(NewerSchemaError):
        File(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"no database at all" * 100, None])
def test_a_file_that_is_no_server_is_not_touched(tmp_path, content):
    path = tmp_path / DATABASE
    if content:
        path.write_bytes(content)
    else:
        with sqlite3.connect(path) as connection:
            connection.execute("CREATE TABLE notes (text)")
        connection.close()
    with pytest.raises(StorageError) as refused:
        File(path)
    assert "touched" in refused.value.kept
    if content:
        assert path.read_bytes() == content


def test_a_lost_key_file_is_told_and_not_replaced(tmp_path):
    data = prepare(tmp_path / "data")
    File(data / DATABASE).close()
    (data / KEY_FILE).unlink()
    with pytest.raises(StorageError, match="missing"):
        prepare(data)
    assert not (data / KEY_FILE).exists()


def test_another_key_file_is_told_from_the_first_one(tmp_path):
    data = prepare(tmp_path / "data")
    identity = SqliteIdentity(File(data / DATABASE))
    Tokens(Settings(data), identity)
    (data / KEY_FILE).unlink()
    (data / DATABASE).rename(data / "aside")
    prepare(data)
    (data / "aside").rename(data / DATABASE)
    with pytest.raises(StorageError, match="not the one"):
        Tokens(Settings(data), identity)
    identity.close()


@pytest.mark.parametrize("content", [b"", b"c2hvcnQ=", b"\xff\xfe"])
def test_a_damaged_key_file_is_told(tmp_path, content):
    data = prepare(tmp_path / "data")
    (data / KEY_FILE).write_bytes(content)
    with pytest.raises(StorageError, match="cannot be read"):
        _ = Settings(data).key


def test_another_process_may_write_beside(tmp_path):
    here, there = File(tmp_path / DATABASE), File(tmp_path / DATABASE)
    SqliteIdentity(here).change(lambda rows: rows.add_user(ANN))
    assert SqliteIdentity(there).view(lambda rows: rows.user("u1")) == ANN
    SqliteIdentity(there).change(lambda rows: rows.remove_user("u1"))
    assert SqliteIdentity(here).view(lambda rows: rows.user("u1")) is None
    here.close()
    there.close()
