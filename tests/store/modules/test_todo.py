"""Tasks on a real workbench: each act is one step, each subset and order holds what it says."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from store import when
from store.errors import InvalidValueError, LockedError, NotFoundError
from store.modules import todo
from store.modules.todo import kept
from store.queries import Query
from store.records import Masked, Record
from store.told import english

NOON = "2026-11-25T12:00:00.000Z"


@pytest.fixture
def task(bench, add):
    """Add a task typed as ``title``; returns its id."""

    def task(title: str, **fields: object) -> str:
        return add("tasks", **{**todo.quick(title), **fields})

    return task


@pytest.fixture
def get(bench):
    return lambda id: bench.documents.get(bench.scope, "tasks", id)


@pytest.fixture
def steps(bench):
    """How many steps of the person there are."""
    return lambda: bench.db.read("SELECT count(*) FROM steps WHERE kind = 'step'")[0][0]


# What is typed --------------------------------------------------------------------------------


def test_quick_add_keeps_the_whole_line_as_the_title():
    fields = todo.quick("  call Bo due:tomorrow #home  \n\n more\n text\n")
    assert fields["title"] == "call Bo due:tomorrow #home"
    assert fields["description"] == " more\n text"
    assert (fields["priority"], fields["isCompleted"]) == ("medium", False)
    assert "description" not in todo.quick("x")
    with pytest.raises(InvalidValueError):
        todo.quick(" \n ")


# Acts ------------------------------------------------------------------------------------------


def test_done_sets_the_time_and_reopen_clears_it(bench, task, get):
    id = task("a")
    assert todo.complete(bench, [id]) == "1 task done"
    assert get(id)["isCompleted"] is True
    assert get(id)["completedAt"] == "2026-11-25T12:00:01.000Z"
    assert todo.reopen(bench, [id]) == "1 task reopened"
    assert get(id)["isCompleted"] is False
    assert get(id)["completedAt"] is None


def test_done_leaves_those_alone_that_are_done(bench, task, get, clock, steps):
    ids = [task("a"), task("b")]
    todo.complete(bench, ids[:1])
    clock.on(hours=1)
    assert todo.complete(bench, ids) == "1 task done"
    assert get(ids[0])["completedAt"] == "2026-11-25T12:00:02.000Z"
    before = steps()
    assert todo.complete(bench, ids) == "Nothing to change."
    assert steps() == before


def test_many_tasks_are_one_step_and_one_undo(bench, task, get, steps):
    ids = [task(f"task {n}") for n in range(30)]
    before = steps()
    assert todo.complete(bench, ids) == "30 tasks done"
    assert todo.set_due(bench, ids, "tomorrow") == "Due tomorrow: 30 tasks"
    assert steps() == before + 2
    bench.history.undo(bench.scope, 2)
    assert not any(get(id)["isCompleted"] or get(id).get("dueDate") for id in ids)


@pytest.mark.parametrize(
    ("typed", "due"),
    [
        ("today", "2026-11-25"),
        ("tomorrow", "2026-11-26"),
        ("next week", "2026-11-30"),
        ("2026-12-24 18:00", "2026-12-24T18:00:00.000Z"),
        ("none", None),
        ("", None),
    ],
)
def test_a_due_date_is_set_as_typed(bench, task, get, typed, due):
    id = task("a", dueDate="2020-01-01")
    todo.set_due(bench, [id], typed)
    assert get(id)["dueDate"] == due


def test_a_task_moved_to_another_day_keeps_its_time_of_day(bench, task, get):
    id = task("a", dueDate="2020-01-01T09:30:00.000Z")
    todo.set_due(bench, [id], "tomorrow")
    assert get(id)["dueDate"] == "2026-11-26T09:30:00.000Z"
    todo.set_due(bench, [id], "tomorrow 8:00")
    assert get(id)["dueDate"] == "2026-11-26T08:00:00.000Z"
    todo.set_due(bench, [id], "none")
    todo.set_due(bench, [id], "tomorrow")
    assert get(id)["dueDate"] == "2026-11-26"


def test_a_due_date_that_is_none_changes_nothing(bench, task, get, steps):
    id = task("a", dueDate="2020-01-01")
    before = steps()
    with pytest.raises(InvalidValueError):
        todo.set_due(bench, [id], "soonish")
    assert get(id)["dueDate"] == "2020-01-01"
    assert steps() == before


def test_a_priority_is_one_of_four_or_its_first_letters(bench, task, get):
    id = task("a")
    for typed, priority in [("u", "urgent"), ("HIGH", "high"), ("l", "low"), ("med", "medium")]:
        todo.set_priority(bench, [id], typed)
        assert get(id)["priority"] == priority
    for typed in ("", "x", "highest"):
        with pytest.raises(InvalidValueError, match="no such priority"):
            todo.set_priority(bench, [id], typed)


def test_tasks_move_to_a_project_by_name_and_out_again(bench, task, get):
    garden = todo.add_project(bench, "Garden", "#22c55e")
    ids = [task("a"), task("b")]
    assert todo.move(bench, ids, "Garden") == "2 tasks moved"
    assert {get(id)["projectId"] for id in ids} == {garden}
    assert todo.move(bench, ids, garden[:8]) == "Nothing to change."
    todo.move(bench, ids[:1], "none")
    assert get(ids[0])["projectId"] is None
    with pytest.raises(NotFoundError) as error:
        todo.move(bench, ids, "Gardn")
    assert "+" in error.value.hint


def test_a_plus_makes_the_project_in_the_same_step(bench, task, get):
    id = task("a")
    assert todo.move(bench, [id], "+House") == "1 task moved, to a new project"
    (project,) = todo.projects(bench)
    assert project["name"] == "House"
    assert get(id)["projectId"] == project["id"]
    todo.move(bench, [task("b")], "+House")
    assert len(todo.projects(bench)) == 1
    bench.history.undo(bench.scope, 3)
    assert todo.projects(bench) == []
    assert not get(id).get("projectId")
    with pytest.raises(InvalidValueError):
        todo.move(bench, [id], "+ ")


def test_archived_projects_are_not_offered(bench):
    ids = [todo.add_project(bench, name) for name in ("a", "b", "c")]
    todo.edit_project(bench, ids[1], isArchived=True, name="B")
    assert [p["name"] for p in todo.projects(bench)] == ["a", "c"]


def test_subtasks_are_added_at_the_end_and_ticked(bench, task, get):
    id = task("a")
    for title in ("one", "two", "three"):
        todo.add_subtask(bench, [id], f" {title} ")
    assert [(s["title"], s["order"]) for s in get(id)["subtasks"]] == [
        *(("one", 0), ("two", 1), ("three", 2)),
    ]
    todo.tick(bench, [id], "2")
    todo.tick(bench, [id], "three")
    subtasks = get(id)["subtasks"]
    assert [s["isCompleted"] for s in subtasks] == [False, True, True]
    assert subtasks[1]["completedAt"] == "2026-11-25T12:00:01.000Z"
    assert todo.progress(get(id)) == (2, 3)
    todo.tick(bench, [id], subtasks[1]["id"][:8])
    assert "completedAt" not in get(id)["subtasks"][1]
    for wrong in ("4", "0", "four", ""):
        with pytest.raises(NotFoundError):
            todo.tick(bench, [id], wrong)
    with pytest.raises(InvalidValueError):
        todo.add_subtask(bench, [id], " ")


def test_a_task_has_one_reminder_which_a_new_one_replaces(bench, task):
    ids = [task("a"), task("b")]
    query = Query("reminders")

    def reminders():
        keys = bench.documents.keys(bench.scope, query)
        found = bench.documents.by_keys(bench.scope, "reminders", keys)
        return sorted((r["taskId"] == ids[0], r["minutesBefore"], r["status"]) for r in found)

    with bench.step("As other clients may leave it") as step:
        for minutes in (5, 10):
            step.insert(
                "reminders",
                {"taskId": ids[0], "minutesBefore": minutes, "type": "push", "status": "sent"},
            )
    assert todo.remind(bench, ids, "2h") == "2 reminders set"
    assert reminders() == [(False, 120, "pending"), (True, 120, "pending")]
    todo.remind(bench, ids[:1], "1d")
    assert reminders() == [(False, 120, "pending"), (True, 1440, "pending")]
    assert todo.remind(bench, ids, "none") == "2 reminders removed"
    assert reminders() == []
    assert todo.remind(bench, ids, "none") == "Nothing to change."
    with pytest.raises(InvalidValueError):
        todo.remind(bench, ids, "often")


def test_renaming_a_tag_touches_no_task(bench, task, get):
    id = task("a")
    tag = bench.tags.add("hom")
    with bench.step("Tag") as step:
        bench.tags.tag(step, "tasks", [id], tag)
    before = bench.db.read("SELECT doc, meta FROM tasks")
    bench.tags.change(tag, {"name": "home"})
    assert bench.db.read("SELECT doc, meta FROM tasks") == before
    assert get(id).tags == (tag,)


def test_steps_never_name_protected_text(bench, task):
    id = task("marker-title")
    for act in todo.MODULE.acts:
        text = {"due": "today", "priority": "low", "project": "+marker-name", "tick": "1"}
        act.run(bench, [id], text.get(act.id, "30"))
    labels = [english(row[0]) for row in bench.db.read("SELECT label FROM steps")]
    assert "1 task done" in labels
    assert not any("marker" in label for label in labels)


# Orders and subsets -----------------------------------------------------------------------------


def test_open_tasks_stand_by_due_date_then_priority_then_newest(bench, titles, task):
    task("undated old")
    task("undated new")
    task("undated high", priority="high")
    task("later low", dueDate="2026-12-24", priority="low")
    task("later urgent", dueDate="2026-12-24", priority="urgent")
    task("later at nine", dueDate="2026-12-24T09:00:00.000Z", priority="urgent")
    task("overdue", dueDate="2026-01-01")
    with bench.step("As another client may write it") as step:
        step.merge("tasks", "e", {"title": "empty date", "dueDate": ""}, "2026-11-25T13:00:00.000Z")
    task("done long ago", isCompleted=True, completedAt="2026-01-01T00:00:00.000Z")
    task("done lately", isCompleted=True, completedAt="2026-11-01T00:00:00.000Z")
    opened = [
        *("overdue", "later at nine", "later urgent", "later low"),
        *("undated high", "empty date", "undated new", "undated old"),
    ]
    assert titles("tasks", "open") == opened
    assert titles("tasks", "completed") == ["done lately", "done long ago"]
    assert titles("tasks", "all") == [*opened, "done lately", "done long ago"]


@pytest.mark.parametrize("zone", ["Pacific/Honolulu", "America/New_York", "UTC", "Asia/Tokyo"])
def test_tasks_stand_in_the_order_of_their_local_days(titles, task, zone):
    days = [date(2026, 12, day) for day in (2, 3, 4)]
    for day in days:
        for hour in (0, 9, 23):
            local = datetime(2026, 12, day.day, hour, 30, tzinfo=ZoneInfo(zone))
            task(f"{day.day} at {hour}", dueDate=when.read(local.isoformat(), local))
        task(f"{day.day} all day", dueDate=day.isoformat())
    shown = [title.split()[0] for title in titles("tasks", "open")]
    assert shown == sorted(shown)


def test_other_orders(titles, task):
    task("b", priority="low", order=2)
    task("a", priority="urgent", order=3)
    task("Ä", priority="urgent", order=1, dueDate="2026-12-01")
    task("z", isCompleted=True, completedAt=NOON, order=0, priority="urgent")
    assert titles("tasks", "all", "priority") == ["Ä", "a", "b", "z"]
    assert titles("tasks", "all", "created") == ["z", "Ä", "a", "b"]
    assert titles("tasks", "all", "order") == ["z", "Ä", "b", "a"]
    assert titles("tasks", "open", "title") == ["a", "Ä", "b"]


def test_views_and_their_counts(bench, titles, task):
    task("yesterday", dueDate="2026-11-24")
    task("this morning", dueDate="2026-11-25T08:00:00.000Z")
    task("tonight", dueDate="2026-11-25T20:00:00.000Z")
    task("today", dueDate="2026-11-25")
    task("midnight", dueDate="2026-11-26T00:00:00.000Z")
    task("in a week", dueDate="2026-12-02", projectId="p")
    task("in a week at night", dueDate="2026-12-02T23:59:00.000Z")
    task("in eight days", dueDate="2026-12-03")
    task("in eight days at midnight", dueDate="2026-12-03T00:00:00.000Z")
    task("undated in a project", projectId="p")
    task("done today", dueDate="2026-11-25", isCompleted=True, completedAt=NOON)
    assert titles("tasks", "today") == ["this morning", "today", "tonight"]
    assert titles("tasks", "overdue") == ["yesterday", "this morning"]
    assert titles("tasks", "upcoming") == ["midnight", "in a week", "in a week at night"]
    assert titles("tasks", "completed") == ["done today"]
    assert len(titles("tasks", "open")) == 10
    assert not {"in a week", "undated in a project"} & set(titles("tasks", "inbox"))
    assert len(titles("tasks", "inbox")) == 8
    assert todo.stats(bench) == {
        **{"total": 11, "completed": 1, "overdue": 2, "today": 3, "upcoming": 3},
    }


def test_the_first_and_every_later_page_walk_the_index(bench, task):
    due = kept.BY_DUE
    task("a")
    plans = []
    for where in ("", f"{due} >= 'k' AND ({due} > 'k' OR pk > 1) AND "):
        for shown in kept.FILTERS:
            rows = bench.db.read(
                f"EXPLAIN QUERY PLAN SELECT pk, {due} FROM tasks WHERE {where} space = 1 "
                f"AND deleted_at IS NULL AND ({shown.sql or '1'}) ORDER BY {due}, pk LIMIT 50",
                when.marks(bench.now()),
            )
            plans.append(" ".join(row[3] for row in rows))
    assert all("INDEX tasks_due" in plan for plan in plans), plans
    assert not any("TEMP B-TREE" in plan for plan in plans), plans
    assert all("<expr>>?" in plan for plan in plans[len(kept.FILTERS) :]), plans


# Rows -------------------------------------------------------------------------------------------


def record(**fields: object) -> Record:
    return Record({"id": "1", "title": "a", **fields}, 1)


@pytest.mark.usefixtures("clock")
def test_a_row_shows_state_progress_priority_and_date():
    subtasks = [{"title": "x", "isCompleted": True}, {"title": "y"}]
    full = record(dueDate="2026-11-26", priority="high", subtasks=subtasks)
    assert todo.row(full, 80) == ("○", "a", "1/2  high  tomorrow")
    assert todo.row(full, 40) == ("○", "a", "H  tomorrow")
    assert todo.row(record(dueDate="2026-11-24", priority="medium"), 80) == ("!", "a", "yesterday")
    done = record(isCompleted=True, completedAt=NOON, dueDate="2026-11-01", priority="urgent")
    assert todo.row(done, 80) == ("✓", "a", "today 12:00")
    masked = record(title=Masked("locked"), subtasks=Masked("locked"))
    assert todo.row(masked, 80) == ("○", "(locked)", "")


@pytest.mark.usefixtures("clock")
def test_headings_follow_the_order_by_due_date():
    days = ["2026-11-24", "2026-11-25", "2026-11-25T01:00:00.000Z", "2026-11-26", "2026-11-27"]
    days += ["2026-12-02", "2026-12-03", None, "someday"]
    assert [todo.group(record(dueDate=day)) for day in days] == [
        *("Overdue", "Today", "Today", "Tomorrow", "Next 7 days", "Next 7 days", "Later"),
        *("No date", "No date"),
    ]
    assert todo.group(record(isCompleted=True, dueDate="2026-11-24")) == "Completed"


def test_while_locked_tasks_are_done_and_nothing_sealed_is_built_upon(bench, task, get):
    id = task("a")
    todo.add_subtask(bench, [id], "one")
    bench.vault.lock()
    assert todo.complete(bench, [id]) == "1 task done"
    assert get(id)["isCompleted"] is True
    with pytest.raises(LockedError):
        todo.add_subtask(bench, [id], "two")
    with pytest.raises(LockedError):
        todo.tick(bench, [id], "1")
    bench.vault.unlock_quietly()
    assert [sub["title"] for sub in get(id)["subtasks"]] == ["one"]
