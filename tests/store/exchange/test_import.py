"""Importing into a store: nothing twice, nothing lost, one step, nothing readable at rest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from store import exchange
from store.errors import LockedError, ManabenchError, UsageError
from store.exchange.known import stored
from store.exchange.markdown import original
from store.workbench import Workbench
from tests.store.exchange.conftest import Clock
from tests.store.exchange.given import (
    A,
    B,
    again,
    all_of,
    content,
    export,
    one,
    stored_bytes,
    write,
)
from tests.store.exchange.material import hostile

# Nothing twice ----------------------------------------------------------------------------------


def test_a_plan_tells_what_would_happen_and_writes_nothing(
    bench: Workbench, tmp_path: Path
) -> None:
    folder = hostile(tmp_path / "vault")
    before = content(bench)
    plan = exchange.plan(bench, folder)
    assert content(bench) == before
    lines = "\n".join(plan.lines())
    assert "new      crlf.md  From Windows" in lines
    assert "skipped  latin1.md  Not UTF-8" in lines
    assert "remark   bomb.md  Its front matter stays in the text" in lines
    assert {"a", "b", "d0"} <= set(plan.new_tags)
    result = exchange.run(bench, plan)
    assert result.counts == plan.counts
    assert result.done == result.total == len(all_of(bench, "notes"))


def test_a_second_import_changes_no_byte(bench: Workbench, tmp_path: Path) -> None:
    folder = hostile(tmp_path / "vault")
    tasks = export(tmp_path, {"uuid": A, "tags": ["x"], "project": "P"}, {"uuid": B})
    again(bench, folder)
    again(bench, tasks)
    before = stored_bytes(bench)
    for path in (folder, tasks):
        result = again(bench, path)
        assert result.written == 0
        assert result.counts["same"]
        assert not result.counts["new"]
    assert stored_bytes(bench) == before


def test_a_changed_source_writes_only_what_changed(bench: Workbench, tmp_path: Path) -> None:
    folder = tmp_path / "vault"
    for number in range(5):
        write(folder, f"{number}.md", f"# Note {number}\ntext")
    again(bench, folder)
    write(folder, "3.md", "# Note 3\nother text", "2024-06-01")
    result = again(bench, folder)
    assert (result.counts["changed"], result.counts["same"], result.written) == (1, 4, 1)
    (changed,) = (n for n in all_of(bench, "notes") if n["title"] == "Note 3")
    assert changed["content"] == "# Note 3\nother text"
    assert changed["updatedAt"] == "2024-06-01T00:00:00.000Z"
    past = bench.history.of(bench.scope, "notes", changed["id"])
    assert {p.field for p in past if not p.current} == {"content", "metadata"}
    assert again(bench, folder).written == 0


def test_a_changed_text_comes_in_even_if_its_dates_do_not_admit_it(
    bench: Workbench, tmp_path: Path
) -> None:
    head = "---\nupdated: 2024-05-01\n---\n"
    path = write(tmp_path / "v", "a.md", head + "one")
    again(bench, path)
    for text, day in (("two", "2024-05-01"), ("three", "2024-08-01"), ("four", "2023-01-01")):
        write(tmp_path / "v", "a.md", head + text, day)
        assert again(bench, path).counts["changed"] == 1
        assert one(bench, "notes")["content"] == text
        assert again(bench, path).written == 0


def test_a_time_in_the_future_is_taken_as_now(bench: Workbench, tmp_path: Path) -> None:
    write(tmp_path / "v", "a.md", "text", "2090-01-01")
    again(bench, tmp_path / "v")
    assert one(bench, "notes")["updatedAt"] == "2026-11-22T12:00:00.000Z"


def test_one_source_in_two_spaces_is_two_records(bench: Workbench, tmp_path: Path) -> None:
    write(tmp_path / "v", "a.md", "text")
    again(bench, tmp_path / "v")
    first = one(bench, "notes")["id"]
    bench.enter(bench.spaces.create("Other", "family"))
    again(bench, tmp_path / "v")
    assert one(bench, "notes")["id"] != first


# One step -----------------------------------------------------------------------------------------


def test_an_import_is_one_step_that_undo_redo_and_importing_again_walk(
    bench: Workbench, tmp_path: Path, clock: Clock
) -> None:
    folder = tmp_path / "v"
    for number in range(30):
        write(folder, f"in/{number}.md", f"---\ntags: [t{number % 3}]\n---\n# {number}")
    again(bench, folder)
    tasks = export(tmp_path, {"uuid": A, "tags": ["x"], "project": "P"}, {"uuid": B})
    again(bench, tasks)

    def state() -> dict[str, list[tuple[Any, ...]]]:
        kinds = ("notes", "tasks", "tags", "tagGroups", "todoProjects")
        return {
            kind: sorted((r["id"], sorted(r.tags), r.text("title")) for r in all_of(bench, kind))
            for kind in kinds
        }

    full = state()
    clock.move(minutes=1)
    bench.history.undo(bench.scope, 2)
    assert not any(state().values())
    clock.move(minutes=1)
    bench.history.redo(bench.scope, 2)
    assert state() == full
    clock.move(minutes=1)
    bench.history.undo(bench.scope, 2)
    clock.move(minutes=1)
    plan = exchange.plan(bench, folder)
    assert plan.counts["again"] == 30
    exchange.run(bench, plan)
    assert again(bench, tasks).counts["again"] == 2
    assert state() == full
    assert again(bench, folder).written == again(bench, tasks).written == 0


def test_cancelling_keeps_what_is_done_as_one_step_and_the_next_import_continues(
    bench: Workbench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("store.exchange.planning.BATCH", 10)
    for number in range(35):
        write(tmp_path / "v", f"{number}.md", f"# {number}")
    seen: list[tuple[int, int]] = []
    plan = exchange.plan(bench, tmp_path / "v")
    result = exchange.run(
        bench, plan, lambda done, total: seen.append((done, total)), lambda: len(seen) == 2
    )
    assert seen == [(10, 35), (20, 35)]
    assert result.cancelled
    assert result.sentence().startswith("Cancelled after 20 of 35: 20 new. `u` takes it back")
    assert len(all_of(bench, "notes")) == 20
    assert again(bench, tmp_path / "v").counts["new"] == 15
    bench.history.undo(bench.scope, 2)
    assert all_of(bench, "notes") == []


def test_a_failure_half_way_leaves_nothing(
    bench: Workbench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("store.exchange.planning.BATCH", 10)
    for number in range(25):
        write(tmp_path / "v", f"{number}.md", f"---\ntags: [x]\n---\n# {number}")
    before = content(bench)

    def fail(done: int, total: int) -> None:
        if done == 20:
            raise ManabenchError("stop")

    with pytest.raises(ManabenchError):
        exchange.run(bench, exchange.plan(bench, tmp_path / "v"), fail)
    assert content(bench) == before
    assert again(bench, tmp_path / "v").counts["new"] == 25


# Protection ---------------------------------------------------------------------------------------


def test_nothing_imported_is_readable_in_any_file_of_the_home(
    bench: Workbench, tmp_path: Path
) -> None:
    text = "---\ntitle: MARKTITLE\ntags: [MARKTAG]\nkey: MARKKEY\n---\nMARKBODY"
    write(tmp_path / "MARKROOT", "MARKFOLDER/MARKFILE.md", text)
    again(bench, tmp_path / "MARKROOT")
    task = {"uuid": A, "description": "MARKTASK", "project": "MARKPROJECT", "uda": "MARKUDA"}
    annotated = [{"entry": "20240501T000000Z", "description": "MARKNOTE"}]
    again(bench, export(tmp_path, {**task, "annotations": annotated, "tags": ["MARKTAG2"]}))
    assert (
        original(one(bench, "notes")["content"], one(bench, "notes")["metadata"]).decode() == text
    )
    raw = b"".join(p.read_bytes() for p in bench.home.rglob("*") if p.is_file())
    assert b"MARK" not in raw


def test_a_locked_vault_refuses_before_anything_is_read(bench: Workbench, tmp_path: Path) -> None:
    write(tmp_path / "v", "a.md", "text")
    bench.vault.lock()
    with pytest.raises(LockedError):
        exchange.plan(bench, tmp_path / "v")


def test_a_record_that_cannot_be_opened_is_left_alone(bench: Workbench, tmp_path: Path) -> None:
    write(tmp_path / "v", "a.md", "text")
    again(bench, tmp_path / "v")
    with bench.db.transaction() as connection:
        connection.execute("UPDATE notes SET doc = json_set(doc, '$.metadata', 'enc:2:0:AAAA')")
    write(tmp_path / "v", "a.md", "changed", "2026-11-01")
    result = again(bench, tmp_path / "v")
    assert (result.written, result.counts["skipped"]) == (0, 1)
    assert one(bench, "notes")["content"] == "text"


def test_a_plan_is_not_run_in_another_space(bench: Workbench, tmp_path: Path) -> None:
    write(tmp_path / "v", "a.md", "text")
    plan = exchange.plan(bench, tmp_path / "v")
    bench.enter(bench.spaces.create("Other", "family"))
    with pytest.raises(UsageError):
        exchange.run(bench, plan)


def test_another_folder_of_the_same_name_is_remarked(bench: Workbench, tmp_path: Path) -> None:
    write(tmp_path / "one" / "docs", "index.md", "one")
    again(bench, tmp_path / "one" / "docs")
    write(tmp_path / "two" / "docs", "index.md", "two", "2025-01-01")
    plan = exchange.plan(bench, tmp_path / "two" / "docs")
    assert str(tmp_path / "one" / "docs") in plan.remarks[0]


def test_imported_values_carry_the_sources_time_and_the_imports_actor(
    bench: Workbench, tmp_path: Path
) -> None:
    again(bench, export(tmp_path, {"uuid": A, "tags": ["t"]}))
    task = one(bench, "tasks")
    assert task["createdAt"] == "2024-05-01T08:00:00.000Z"
    past = bench.history.of(bench.scope, "tasks", task["id"])
    assert {p.at for p in past} == {"2024-05-02T08:00:00.000Z"}
    assert {(p.actor["principalId"], p.origin) for p in past} == {("system:import", "system")}
    (tag,) = stored(bench, "tags", [bench.tags.find("t")["id"]], ()).values()
    assert tag.meta.newest() == "1970-01-01T00:00:00.000Z"
