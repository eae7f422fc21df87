"""Taskwarrior exports: what a task of ours says, and that the whole of theirs is kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from store.exchange.items import Item, Problem
from store.exchange.sources import open_source
from store.exchange.taskwarrior import original

ID = "f73b8b7b-28c8-4f55-b899-f49efd97409b"
TASK: dict[str, Any] = {
    "id": 1,
    "uuid": ID,
    "description": "Buy milk",
    "status": "pending",
    "entry": "20240501T080000Z",
    "modified": "20240502T090000Z",
    "urgency": 9.7,
}


def read(tmp_path: Path, *tasks: Any, text: str | None = None) -> list[Item | Problem]:
    path = tmp_path / "tasks.json"
    path.write_text(json.dumps(tasks) if text is None else text)
    return list(open_source(path, "taskwarrior").read())


def item(tmp_path: Path, **more: Any) -> Item:
    (found,) = read(tmp_path, {**TASK, **more})
    assert isinstance(found, Item)
    return found


def test_a_task_maps_to_our_fields_with_the_sources_own_times(tmp_path: Path) -> None:
    found = item(
        tmp_path,
        priority="H",
        project="House.Kitchen",
        due="20240601T173000Z",
        tags=["home", "home", "shop"],
        annotations=[
            {"entry": "20240503T100000Z", "description": "first"},
            {"entry": "20240504T100000Z", "description": "two\nlines"},
        ],
    )
    assert found.source_id == ID
    assert found.fields == {
        "title": "Buy milk",
        "isCompleted": False,
        "priority": "high",
        "dueDate": "2024-06-01T17:30:00.000Z",
        "description": "2024-05-03 first\n2024-05-04 two\nlines",
    }
    assert found.links == {"projectId": ("todoProjects", "House.Kitchen")}
    assert found.tags == ((None, "home"), (None, "shop"))
    assert found.created == "2024-05-01T08:00:00.000Z"
    assert found.modified == "2024-05-02T09:00:00.000Z"


def test_a_due_midnight_is_a_day(tmp_path: Path) -> None:
    assert item(tmp_path, due="20240601T000000Z").fields["dueDate"] == "2024-06-01"


def test_priorities_none_and_unknown_are_the_default(tmp_path: Path) -> None:
    found = [item(tmp_path, priority=p).fields["priority"] for p in ("H", "M", "L", None, "X")]
    assert found == ["high", "medium", "low", "medium", "medium"]


def test_completed_tasks_say_when(tmp_path: Path) -> None:
    found = item(tmp_path, status="completed", end="20240510T120000Z")
    assert found.fields["isCompleted"] is True
    assert found.fields["completedAt"] == "2024-05-10T12:00:00.000Z"
    assert item(tmp_path, status="completed").fields["completedAt"] == "2024-05-02T09:00:00.000Z"


def test_a_recurring_template_is_never_overdue(tmp_path: Path) -> None:
    found = item(tmp_path, status="recurring", due="20200101T000000Z", recur="monthly", mask="--")
    assert "dueDate" not in found.fields
    assert original(found.metadata)["recur"] == "monthly"


def test_everything_that_was_exported_can_be_given_back(tmp_path: Path) -> None:
    whole = {
        **TASK,
        "wait": "20300101T000000Z",
        "scheduled": "20240520T000000Z",
        "depends": ["0eef3bba-ce77-45ff-9d73-336286e64189"],
        "parent": "49b9bb91-37b1-4fa4-8326-081ac2d1feee",
        "imask": 3,
        "estimate": 2.5,
        "client": {"odd": ["uda", None, True]},
        "status": "waiting",
    }
    found = item(tmp_path, **whole)
    computed = {"id", "urgency"}
    assert original(found.metadata) == {k: v for k, v in whole.items() if k not in computed}


def test_what_taskwarrior_computes_anew_is_no_change(tmp_path: Path) -> None:
    assert item(tmp_path).marks() == item(tmp_path, id=77, urgency=1.25).marks()


def test_old_exports_with_lists_as_text_and_one_object_a_line_are_read(tmp_path: Path) -> None:
    other = "0eef3bba-ce77-45ff-9d73-336286e64189"
    lines = [json.dumps({**TASK, "depends": f"{other},{other}"}), "{broken", "", '"text"']
    found = read(tmp_path, text=",\n".join(lines))
    reasons = [f"{p.label}: {p.reason}" for p in found if isinstance(p, Problem)]
    assert len([f for f in found if isinstance(f, Item)]) == 1
    assert reasons[0].startswith("line 2: Not valid JSON")
    assert reasons[1] == "line 4: Not a task."


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"uuid": "x"}, "uuid"),
        ({"uuid": None}, "uuid"),
        ({"description": 7}, "description"),
        ({"status": "odd"}, "status"),
        ({"due": "tomorrow"}, "due"),
        ({"modified": "00010101T000000Z"}, "modified"),
        ({"annotations": [{"description": "no entry"}]}, "annotations.0.entry"),
        ({"client": "x" * 1_000_000}, "1 MB"),
    ],
)
def test_a_task_that_cannot_be_read_is_named_and_the_others_come_in(
    tmp_path: Path, change: dict[str, Any], word: str
) -> None:
    good = {**TASK, "uuid": "0eef3bba-ce77-45ff-9d73-336286e64189"}
    problem, found = read(tmp_path, {**TASK, **change}, good)
    assert isinstance(problem, Problem)
    assert isinstance(found, Item)
    assert word in problem.reason
    assert problem.label == "task 1"
    assert "x" * 50 not in problem.reason


def test_deleted_tasks_are_left_out_and_counted(tmp_path: Path) -> None:
    (problem,) = read(tmp_path, {**TASK, "status": "deleted"})
    assert isinstance(problem, Problem)
    assert "never deletes" in problem.reason


def test_of_a_task_that_stands_twice_the_newer_one_counts(tmp_path: Path) -> None:
    newer = {**TASK, "description": "Newer", "modified": "20250101T000000Z"}
    for tasks in ((TASK, newer), (newer, TASK)):
        items = [f for f in read(tmp_path, *tasks) if isinstance(f, Item)]
        assert [i.fields["title"] for i in items] == ["Newer"]
