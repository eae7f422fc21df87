"""Storages for the vault's tests: one in memory, one in a file that several processes share."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from store.vault import Cost

QUICK = Cost(memory=64, passes=1, lanes=1)
"""A passphrase that costs nothing to check; the real cost is tested once."""


class MemoryStorage:
    """Rows and epoch in this process."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self.number = 0
        self.saves = 0

    def load(self) -> list[dict[str, Any]]:
        return [dict(row) for row in self.rows]

    def save(self, rows: list[dict[str, Any]]) -> None:
        self.saves += 1
        self.rows = [dict(row) for row in rows]

    def epoch(self) -> int:
        return self.number

    def raise_epoch(self) -> int:
        self.number += 1
        return self.number

    def row(self, wrap: str) -> dict[str, Any]:
        return next(row for row in self.rows if row["wrap"] == wrap)


class FileStorage:
    """Rows and epoch in one JSON file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def _read(self) -> dict[str, Any]:
        if not self._path.exists():
            return {"rows": [], "epoch": 0}
        found: dict[str, Any] = json.loads(self._path.read_text())
        return found

    def _write(self, content: dict[str, Any]) -> None:
        draft = self._path.with_suffix(f".{os.getpid()}")
        draft.write_text(json.dumps(content))
        draft.replace(self._path)

    def load(self) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self._read()["rows"]
        return rows

    def save(self, rows: list[dict[str, Any]]) -> None:
        self._write({**self._read(), "rows": rows})

    def epoch(self) -> int:
        return int(self._read()["epoch"])

    def raise_epoch(self) -> int:
        content = self._read()
        content["epoch"] += 1
        self._write(content)
        return int(content["epoch"])
