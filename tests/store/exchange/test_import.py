"""Importing into a store: nothing twice, nothing lost, and what a person did here stands."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from store import exchange
from store.errors import LockedError, ManabenchError, UsageError
from store.exchange.known import stored
from store.exchange.markdown import original
from store.exchange.running import Result
from store.queries import Query
from store.records import Record
from store.workbench import Workbench
from tests.store.exchange.conftest import Clock
from tests.store.exchange.material import hostile

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
    return "\n".join(bench.db.connection().iterdump())


def stored_bytes(bench: Workbench) -> dict[str, bytes]:
    """The database and its log; the index of the log only says who reads."""
    files = sorted(bench.home.glob("*.db*"))
    return {file.name: file.read_bytes() for file in files if not file.name.endswith("-shm")}


def again(bench: Workbench, path: Path) -> Result:
    return exchange.import_path(bench, path)


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
    assert "note     bomb.md  Its front matter stays in the text" in lines
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


# What a person did here stands --------------------------------------------------------------------


def test_a_later_edit_here_wins_over_the_source_and_is_reported(
    bench: Workbench, tmp_path: Path, clock: Clock
) -> None:
    path = export(tmp_path, {"uuid": A, "priority": "L"})
    again(bench, path)
    task = one(bench, "tasks")
    with bench.step("edit") as step:
        step.update("tasks", task["id"], {"title": "Mine"})
    clock.move(days=1)
    change = {"uuid": A, "description": "Theirs", "priority": "H", "modified": "20250101T000000Z"}
    result = again(bench, export(tmp_path, change))
    assert result.kept == [("task 1, f73b8b7b", ("title",))]
    assert "1 newer here and kept" in result.sentence()
    task = one(bench, "tasks")
    assert (task["title"], task["priority"]) == ("Mine", "high")
    assert task["metadata"]["taskwarrior"]["description"] == "Theirs"
    assert again(bench, tmp_path / "tasks.json").written == 0


def test_an_edit_here_survives_a_later_change_of_another_field_there(
    bench: Workbench, tmp_path: Path, clock: Clock
) -> None:
    write(tmp_path / "v", "a.md", "---\ntitle: T\n---\none", "2026-11-01")
    again(bench, tmp_path / "v")
    with bench.step("edit") as step:
        step.update("notes", one(bench, "notes")["id"], {"title": "Mine"})
    clock.move(days=30)
    write(tmp_path / "v", "a.md", "---\ntitle: T\n---\ntwo", "2026-12-15")
    again(bench, tmp_path / "v")
    note = one(bench, "notes")
    assert (note["title"], note["content"]) == ("Mine", "two")


@pytest.mark.parametrize("kind", ["notes", "tasks"])
def test_tags_follow_the_last_one_who_changed_them(
    bench: Workbench, tmp_path: Path, clock: Clock, kind: str
) -> None:
    def source(tags: list[str], modified: str, extra: str = "") -> Path:
        if kind == "tasks":
            stamp = f"{modified.replace('-', '')}T000000Z"
            title = f"Milk{extra}"
            task = {"uuid": A, "tags": tags, "modified": stamp, "description": title}
            return export(tmp_path, task)
        text = f"---\ntags: [{', '.join(tags)}]\n---\n{extra}"
        return write(tmp_path / "v", "a.md", text, modified)

    again(bench, source(["keep", "drop", "gone"], "2026-11-01"))
    assert names(bench, one(bench, kind)) == {"keep", "drop", "gone"}
    with bench.step("untag") as step:
        record = one(bench, kind)["id"]
        bench.tags.untag(step, kind, [record], bench.tags.find("drop")["id"])
        bench.tags.tag(step, kind, [record], bench.tags.add("own", step=step))
    assert again(bench, source(["keep", "drop", "gone"], "2026-11-01")).written == 0
    assert names(bench, one(bench, kind)) == {"keep", "gone", "own"}

    clock.move(days=30)
    again(bench, source(["keep", "drop", "gone"], "2026-12-10", "changed"))
    assert names(bench, one(bench, kind)) == {"keep", "gone", "own"}
    again(bench, source(["keep", "drop", "new"], "2026-12-11"))
    assert names(bench, one(bench, kind)) == {"keep", "own", "new"}
    if kind == "tasks":
        listed = one(bench, kind)["metadata"]["labelIds"]
        assert set(listed) == set(one(bench, kind).tags)

    with bench.step("untag") as step:
        bench.tags.untag(step, kind, [record], bench.tags.find("new")["id"])
    again(bench, source(["keep", "drop"], "2026-12-12"))
    clock.move(days=30)
    again(bench, source(["keep", "drop", "new"], "2027-01-15"))
    assert "new" in names(bench, one(bench, kind))


def test_tags_and_projects_that_are_there_are_used_and_deleted_ones_stay_deleted(
    bench: Workbench, tmp_path: Path, clock: Clock
) -> None:
    mine = bench.tags.add("Errand")
    again(bench, export(tmp_path, {"uuid": A, "tags": ["errand", "made"], "project": "Home"}))
    assert len(bench.tags.list()) == 2
    assert mine in one(bench, "tasks").tags
    project = one(bench, "todoProjects")
    assert one(bench, "tasks")["projectId"] == project["id"]
    made = bench.tags.find("made")
    bench.tags.change(made["id"], {"name": "renamed"})
    again(bench, export(tmp_path, {"uuid": A}, {"uuid": B, "tags": ["made"], "project": "home"}))
    assert {t["name"] for t in bench.tags.list()} == {"Errand", "renamed"}
    assert one(bench, "todoProjects")["id"] == project["id"]
    clock.move(days=1)
    bench.tags.delete(made["id"])
    third = "49b9bb91-37b1-4fa4-8326-081ac2d1feee"
    again(bench, export(tmp_path, {"uuid": third, "tags": ["made"]}))
    assert {t["name"] for t in bench.tags.list()} == {"Errand"}


def test_what_a_person_deleted_is_not_brought_back(
    bench: Workbench, tmp_path: Path, clock: Clock
) -> None:
    path = write(tmp_path / "v", "a.md", "one")
    again(bench, path)
    with bench.step("delete") as step:
        step.delete("notes", one(bench, "notes")["id"])
    write(tmp_path / "v", "a.md", "two", "2026-11-21")
    plan = exchange.plan(bench, path)
    assert plan.counts["gone"] == 1
    assert exchange.run(bench, plan).written == 0
    assert all_of(bench, "notes") == []


def test_a_task_missing_or_deleted_in_the_source_stays_here(
    bench: Workbench, tmp_path: Path
) -> None:
    again(bench, export(tmp_path, {"uuid": A}, {"uuid": B}))
    result = again(bench, export(tmp_path, {"uuid": B, "status": "deleted"}))
    assert (result.counts["skipped"], result.written) == (1, 0)
    assert len(all_of(bench, "tasks")) == 2


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
