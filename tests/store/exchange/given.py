"""Sources for the tests of importing, and ways to look at what became of them."""

from __future__ import annotations

import json
import os
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from store import exchange
from store.exchange.running import Result
from store.queries import Query
from store.records import Record
from store.workbench import Workbench

A = "f73b8b7b-28c8-4f55-b899-f49efd97409b"
B = "0eef3bba-ce77-45ff-9d73-336286e64189"


def write(folder: Path, name: str, text: str, day: str = "2024-05-01") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    at = datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()
    os.utime(path, (at, at))
    return path


def export(tmp_path: Path, *tasks: dict[str, Any]) -> Path:
    path = tmp_path / "tasks.json"
    base = {"description": "Milk", "status": "pending", "entry": "20240501T080000Z"}
    base["modified"] = "20240502T080000Z"
    path.write_text(json.dumps([{**base, **task} for task in tasks]))
    return path


def tagged(tmp_path: Path, kind: str, tags: list[str], modified: str, extra: str = "") -> Path:
    """A source of one task or one note with these tags."""
    if kind == "tasks":
        stamp = f"{modified.replace('-', '')}T000000Z"
        task = {"uuid": A, "tags": tags, "modified": stamp, "description": f"Milk{extra}"}
        return export(tmp_path, task)
    return write(tmp_path / "v", "a.md", f"---\ntags: [{', '.join(tags)}]\n---\n{extra}", modified)


def all_of(bench: Workbench, collection: str, **query: Any) -> list[Record]:
    found = bench.documents.page(bench.scope, Query(collection, **query), limit=-1)
    return [bench.documents.get(bench.scope, collection, r["id"]) for r in found]


def one(bench: Workbench, collection: str) -> Record:
    (record,) = all_of(bench, collection)
    return record


def names(bench: Workbench, record: Record) -> set[str]:
    live = {tag["id"]: tag["name"] for tag in bench.tags.list()}
    return {live[tag] for tag in record.tags}


def content(bench: Workbench) -> str:
    """Everything that the file holds, as text."""
    with closing(sqlite3.connect(bench.db.path)) as connection:
        return "\n".join(connection.iterdump())


def stored_bytes(bench: Workbench) -> dict[str, bytes]:
    """The database and its log; the index of the log only says who reads."""
    files = sorted(bench.home.glob("*.db*"))
    return {file.name: file.read_bytes() for file in files if not file.name.endswith("-shm")}


def again(bench: Workbench, path: Path) -> Result:
    return exchange.import_path(bench, path)
