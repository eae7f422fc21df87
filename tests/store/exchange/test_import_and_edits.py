"""What a person did here stands against what the source says, by the times of both."""

from __future__ import annotations

from pathlib import Path

import pytest

from store import exchange
from store.workbench import Workbench
from tests.store.exchange.conftest import Clock
from tests.store.exchange.given import (
    A,
    B,
    again,
    all_of,
    export,
    names,
    one,
    tagged,
    write,
)


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
        return tagged(tmp_path, kind, tags, modified, extra)

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


@pytest.mark.parametrize("kind", ["notes", "tasks"])
def test_a_tag_changed_here_after_the_source_changed_it_stays(
    bench: Workbench, tmp_path: Path, kind: str
) -> None:
    again(bench, tagged(tmp_path, kind, ["back"], "2026-11-01"))
    record = one(bench, kind)["id"]
    with bench.step("untag, tag again, and the reverse") as step:
        back = bench.tags.find("back")["id"]
        away = bench.tags.add("away", step=step)
        bench.tags.untag(step, kind, [record], back)
        bench.tags.tag(step, kind, [record], back)
        bench.tags.tag(step, kind, [record], away)
        bench.tags.untag(step, kind, [record], away)
    again(bench, tagged(tmp_path, kind, ["away"], "2026-11-10"))
    assert names(bench, one(bench, kind)) == {"back"}
    if kind == "tasks":
        assert one(bench, kind)["metadata"]["labelIds"] == [back]


def test_what_the_source_took_away_is_taken_away_here(bench: Workbench, tmp_path: Path) -> None:
    again(bench, export(tmp_path, {"uuid": A, "due": "20270101T000000Z", "project": "P"}))
    assert one(bench, "tasks")["dueDate"] == "2027-01-01"
    again(bench, export(tmp_path, {"uuid": A, "modified": "20250101T000000Z"}))
    task = one(bench, "tasks")
    assert (task["dueDate"], task["projectId"]) == (None, None)
    assert "due" not in task["metadata"]["taskwarrior"]


def test_a_file_written_after_an_edit_here_wins_whatever_its_front_matter_says(
    bench: Workbench, tmp_path: Path, clock: Clock
) -> None:
    head = "---\nupdated: 2024-05-01\n---\n"
    write(tmp_path / "v", "a.md", head + "one")
    again(bench, tmp_path / "v")
    with bench.step("edit") as step:
        step.update("notes", one(bench, "notes")["id"], {"content": "mine"})
    clock.move(days=30)
    write(tmp_path / "v", "a.md", head + "two", "2026-12-01")
    again(bench, tmp_path / "v")
    assert one(bench, "notes")["content"] == "two"


def test_a_file_that_vanishes_between_plan_and_run_is_reported(
    bench: Workbench, tmp_path: Path
) -> None:
    write(tmp_path / "v", "a.md", "a")
    path = write(tmp_path / "v", "b.md", "b")
    plan = exchange.plan(bench, tmp_path / "v")
    path.unlink()
    result = exchange.run(bench, plan)
    assert (result.counts["new"], result.counts["skipped"], result.done) == (1, 1, 2)
    assert result.problems[0].label == "b.md"


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
    (second,) = (t for t in all_of(bench, "tasks") if t["metadata"]["import"]["id"] == B)
    assert (names(bench, second), second["projectId"]) == ({"renamed"}, project["id"])
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
