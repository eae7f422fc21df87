"""The log in SQLite keeps the promises of every log."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from store.server.sqlite import File
from store.server.sqlite_changes import SqliteChanges
from store.server.sqlite_identity import SqliteIdentity
from tests.server.contract_changes import ChangesContract, Log
from tests.server.contract_private import PrivateContract


class TestSqlite(ChangesContract, PrivateContract):
    @pytest.fixture
    def log(self, tmp_path: Path) -> Iterator[Log]:
        file = File(tmp_path / "server.db")
        identity = SqliteIdentity(file)
        log = Log(None, identity)  # type: ignore[arg-type]
        log.changes = SqliteChanges(file, now=lambda: log.now[0])
        yield log
        log.changes.close()
        identity.close()
