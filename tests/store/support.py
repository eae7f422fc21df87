"""What the tests of the store share: homes, clocks, and everything a home holds as plain data."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson

from store import when
from store.records import Masked
from store.scope import Scope
from store.stamps import Meta, micros
from store.workbench import Workbench

ROOT = Path(__file__).resolve().parents[2]
NOON = datetime(2026, 6, 1, 12, 0, 0, tzinfo=UTC)
EARLIER = "2026-01-01T00:00:00.000Z"
LATER = "2027-01-01T00:00:00.000Z"
AGENT = {
    "kind": "ai",
    "principalId": "agent:ada",
    "displayName": "Ada",
    "missionId": "m1",
    "iterationId": "i1",
    "rationale": "",
}
UNOPENABLE = "enc:2:00000000:" + "A" * 60
"""An envelope under a key that no test home has."""


class Clock:
    """A wall clock that stands until it is moved."""

    def __init__(self, now: datetime = NOON) -> None:
        self.time = now

    def __call__(self) -> datetime:
        return self.time

    def tick(self, seconds: float = 1) -> None:
        self.time += timedelta(seconds=seconds)


@contextmanager
def throwaway(clock: Clock | None = None, **kw: Any) -> Iterator[Workbench]:
    """A new home with a key file, gone afterwards. The configuration folder is the whole run's."""
    with tempfile.TemporaryDirectory(prefix="mb-", ignore_cleanup_errors=True) as folder:
        bench = Workbench.create(Path(folder) / "home", keyring=False, clock=clock, **kw)
        try:
            yield bench
        finally:
            shut(bench)


def shut(bench: Workbench) -> None:
    """Close a workbench with its threads; global time is the machine's again."""
    if "search" in vars(bench):
        bench.search.stop()
    bench.close()
    when.set_clock(lambda: datetime.now(UTC))


def fields(record: dict[str, Any]) -> dict[str, Any]:
    """A record without what the store adds, and without fields that hold nothing."""
    added = ("id", "spaceId", "authorId", "createdAt", "updatedAt", "deletedAt")
    kept = {k: v for k, v in record.items() if k not in added and v is not None}
    if kept.get("visibility") == "space":
        del kept["visibility"]
    return kept


def content(bench: Workbench, scope: Scope | None = None) -> dict[str, Any]:
    """Every live record of a space (or of all spaces and the user level) as a person sees it."""
    if scope is None:
        found: dict[str, Any] = {"user": content(bench, bench.user_scope)}
        for space in bench.spaces.list():
            found[space["id"]] = content(bench, bench.spaces.scope(space["id"]))
        return found
    out: dict[str, Any] = {}
    for declared in bench.registry:
        if (declared.level == "space") != bool(scope.number) or not scope.allows(declared.module):
            continue
        for (id,) in bench.db.read(
            f'SELECT id FROM "{declared.name}" WHERE space = ? AND deleted_at IS NULL',
            (scope.number,),
        ):
            record = bench.documents.get(scope, declared.name, id)
            out[f"{declared.name}/{id}"] = (fields(record), sorted(record.tags))
    return out


def stored(bench: Workbench, collection: str, id: str) -> dict[str, Any]:
    """One row as merging sees it: every field's value and instant, the deletion, the tags."""
    pk, doc, large, meta, deleted = bench.db.read(
        f'SELECT pk, doc, large, meta, deleted_at FROM "{collection}" WHERE id = ?', (id,)
    )[0]
    declared = bench.registry[collection]
    raw = orjson.loads(doc) | (orjson.loads(large) if large else {})
    stamps = Meta.load(meta)
    values = {}
    for name, value in raw.items():
        if isinstance(value, str) and value.startswith("enc:") and not declared.is_clear(name):
            value = bench.vault.open(declared.place, id, name, value)
        stamp = stamps.of(name, True)
        assert stamp is not None
        values[name] = (value, micros(stamp.at))
    removal = stamps.of("deletedAt", deleted is not None)
    tags = bench.db.read(
        "SELECT tag FROM tagged WHERE record = ? AND collection = ? ORDER BY tag", (pk, collection)
    )
    return {
        "values": values,
        "deleted": (deleted, micros(removal.at) if removal else None),
        "tags": [tag for (tag,) in tags],
    }


def sound(bench: Workbench) -> None:
    """The file is whole, and history, records and steps belong together."""
    assert bench.db.read("PRAGMA integrity_check") == [("ok",)]
    assert bench.db.read("PRAGMA foreign_key_check") == []
    for declared in bench.registry:
        lost = bench.db.read(
            "SELECT h.n FROM history h WHERE h.collection = ? AND NOT EXISTS "
            f'(SELECT 1 FROM "{declared.name}" r WHERE r.pk = h.record)',
            (declared.name,),
        )
        assert lost == [], f"history of {declared.name} records that are not there"
        untold = bench.db.read(
            f'SELECT id FROM "{declared.name}" r WHERE NOT EXISTS '
            "(SELECT 1 FROM history h WHERE h.collection = ? AND h.record = r.pk)",
            (declared.name,),
        )
        assert untold == [], f"{declared.name} without history"
    empty = "SELECT n, label FROM steps s WHERE NOT EXISTS (SELECT 1 FROM history WHERE step = s.n)"
    assert bench.db.read(empty) == [], "steps that changed nothing"


def every_byte(*folders: Path) -> bytes:
    """All files of these folders and their names, one after another."""
    parts = []
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            parts.append(os.fsencode(path.name))
            if path.is_file():
                with suppress(FileNotFoundError):
                    parts.append(path.read_bytes())
    return b"\0".join(parts)


def script(source: str, *args: str, **kw: Any) -> subprocess.Popen[str]:
    """``source`` in a Python process of its own with the environment of the tests."""
    return subprocess.Popen(
        [sys.executable, "-c", source, *args],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=kw.pop("stderr", subprocess.PIPE),
        text=True,
        **kw,
    )


def run(source: str, *args: str) -> str:
    """What ``source`` prints; it must end well."""
    process = script(source, *args)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    return out


def is_masked(value: object) -> bool:
    return isinstance(value, Masked)
