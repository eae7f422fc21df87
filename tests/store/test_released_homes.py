"""A home of any released version opens, reads and undoes in this one."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from store.queries import Query
from store.workbench import Workbench
from tests.store.released.make import counted

RELEASED = sorted(p.parent for p in (Path(__file__).parent / "released").glob("*/expected.json"))


@pytest.mark.parametrize("released", RELEASED, ids=lambda p: p.name)
def test_a_home_of_a_released_version_opens_whole(
    released: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(released, tmp_path / "copy")
    for path in (tmp_path / "copy").rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)
    monkeypatch.setenv("MANABENCH_CONFIG", str(tmp_path / "copy" / "config"))
    bench = Workbench.open(tmp_path / "copy" / "home")
    assert counted(bench) == json.loads((released / "expected.json").read_text())
    titles = {r["title"] for r in bench.documents.page(bench.scope, Query("tasks"), limit=-1)}
    assert "Edited before the release" in titles
    bench.history.undo(bench.scope)
    titles = {r["title"] for r in bench.documents.page(bench.scope, Query("tasks"), limit=-1)}
    assert "Edited before the release" not in titles
    assert bench.db.read("PRAGMA integrity_check") == [("ok",)]
    bench.close()


def test_there_is_a_home_of_each_schema() -> None:
    assert RELEASED
