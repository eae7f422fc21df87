"""Real input: the documentation of a published package, and an export by Taskwarrior itself."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from store import exchange
from store.exchange import markdown, taskwarrior
from store.queries import Query
from store.workbench import Workbench
from tests.store.exchange.conftest import Clock
from tests.store.exchange.material import Taskwarrior, fill, markdown_tree

pytestmark = pytest.mark.slow


def test_a_published_markdown_tree_round_trips_and_imports_once(
    bench: Workbench, clock: Clock
) -> None:
    tree = markdown_tree()
    plan = exchange.plan(bench, tree)
    assert plan.counts["new"] > 250
    assert not [p for p in plan.problems if p.skipped and "hidden" not in p.reason]
    result = exchange.run(bench, plan)
    assert result.counts == plan.counts
    notes = bench.documents.page(bench.scope, Query("notes"), limit=-1)
    assert len(notes) == plan.counts["new"]
    with_head = 0
    for note in notes:
        whole = bench.documents.get(bench.scope, "notes", note["id"])
        form = whole["metadata"]["markdown"]
        with_head += "frontMatter" in form
        file = tree / form["path"]
        assert markdown.original(whole["content"], whole["metadata"]) == file.read_bytes()
    assert with_head > 200
    clock.move(days=1)
    assert exchange.import_path(bench, tree).written == 0
    bench.history.undo(bench.scope)
    assert bench.documents.count(bench.scope, Query("notes")) == 0
    assert bench.tags.list() == []


def test_an_export_by_taskwarrior_itself_goes_in_and_back_again(
    bench: Workbench, tmp_path: Path, clock: Clock
) -> None:
    task = Taskwarrior(tmp_path / "task")
    fill(task)
    path = task.export(tmp_path / "tasks.json")
    exported = {t["uuid"]: t for t in json.loads(path.read_text())}
    live = {uuid: t for uuid, t in exported.items() if t["status"] != "deleted"}
    assert len(live) > 250
    statuses = {t["status"] for t in exported.values()}
    assert statuses >= {"pending", "completed", "deleted", "recurring"}
    assert any("wait" in t for t in live.values())
    result = exchange.import_path(bench, path)
    assert result.counts["new"] == len(live)
    assert result.counts["skipped"] == len(exported) - len(live)

    back = []
    for short in bench.documents.page(bench.scope, Query("tasks", filters=("all",)), limit=-1):
        record = bench.documents.get(bench.scope, "tasks", short["id"])
        theirs = taskwarrior.original(record["metadata"])
        back.append(theirs)
        assert record["isCompleted"] is (theirs["status"] == "completed")
        assert len(record.tags) == len(theirs.get("tags", ()))
    # What Taskwarrior reads from us is what it exported, but for what it computes itself.
    other = Taskwarrior(tmp_path / "other")
    other("import", "-", text=json.dumps(back))
    again = {t["uuid"]: t for t in json.loads(other("export"))}
    for uuid, whole in live.items():
        for name, value in whole.items():
            assert name in taskwarrior.COMPUTED or again[uuid][name] == value, name

    clock.move(days=3)
    assert exchange.import_path(bench, task.export(path)).written == 0
    changed = next(t["uuid"] for t in live.values() if t["status"] == "pending")
    task(changed, "modify", "Changed in Taskwarrior", "+fresh")
    result = exchange.import_path(bench, task.export(path))
    assert (result.counts["changed"], result.new_tags) == (1, ["fresh"])
    (record,) = (
        r
        for r in bench.documents.page(bench.scope, Query("tasks", filters=("all",)), limit=-1)
        if r["title"] == "Changed in Taskwarrior"
    )
    assert record["metadata"]["import"]["id"] == changed
