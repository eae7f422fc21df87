"""todo: tasks with due dates, priorities, subtasks, projects and reminders.

``kept`` says what is stored and in which orders, ``acts`` what is done. A task's labels are tags
and nothing is copied from them, so renaming a tag touches no task.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from store import when
from store.errors import InvalidValueError
from store.lengths import SECONDS
from store.module import Act, Cells, FormField, Module, plain_title
from store.modules.todo.acts import (
    add_project,
    add_subtask,
    complete,
    edit_project,
    is_done,
    move,
    projects,
    remind,
    reopen,
    set_due,
    set_priority,
    tick,
)
from store.modules.todo.kept import (
    BOARD_VIEWS,
    FILTERS,
    LABELS,
    PRIORITIES,
    PROJECTS,
    REMINDERS,
    SORTS,
    TASKS,
)
from store.modules.todo.tools import TOOLS
from store.queries import Query
from store.records import Record
from store.words import N_, _

if TYPE_CHECKING:
    from store.workbench import Workbench

_PRIORITY_WORDS = {"urgent": N_("urgent"), "high": N_("high"), "low": N_("low")}


def progress(record: Record) -> tuple[int, int]:
    """How many of the task's subtasks are done, and how many there are."""
    subtasks = record.get("subtasks")
    if not isinstance(subtasks, list):
        return 0, 0
    known = [sub for sub in subtasks if isinstance(sub, dict)]
    return sum(sub.get("isCompleted") is True for sub in known), len(known)


def row(record: Record, width: int) -> Cells:
    """``○`` open, ``!`` overdue, ``✓`` done; at the right subtasks, priority and due date."""
    done, wide = is_done(record), width >= 60
    glyph, right = "✓" if done else "○", []
    if wide and record.get("subtasks") and (known := progress(record))[1]:
        right.append(f"{known[0]}/{known[1]}")
    if not done and (priority := _PRIORITY_WORDS.get(record.text("priority"))):
        right.append(_(priority) if wide else _(priority)[:1].upper())
    if at := record.text("completedAt" if done else "dueDate"):
        now = when.now()
        right.append(when.shown(at, now))
        if not done and when.overdue(at, now):
            glyph = "!"
    return Cells(glyph, plain_title(record), "  ".join(right))


def group(record: Record) -> str | None:
    """The heading above a task in the order by due date."""
    if is_done(record):
        return _("Completed")
    now = when.now()
    day = when.day(record.text("dueDate"), now)
    if day is None:
        return _("No date")
    away = (day - now.date()).days
    if away < 0:
        return _("Overdue")
    if away <= 1:
        return _("Tomorrow") if away else _("Today")
    return _("Next 7 days") if away <= 7 else _("Later")


def quick(text: str) -> Mapping[str, Any]:
    """The fields of a task typed in one go: the first line is its title, more its description."""
    title, _newline, more = text.strip().partition("\n")
    if not title.strip():
        raise InvalidValueError(_("A task needs a title."), kept=_("Nothing was added."))
    fields: dict[str, Any] = {
        "title": title.strip(),
        "priority": "medium",
        "isCompleted": False,
        "order": 0,
    }
    return fields | {"description": more.strip("\n")} if more.strip() else fields


def stats(bench: Workbench) -> dict[str, int]:
    """How many tasks the space has: total, completed, overdue, today, upcoming."""
    names = {"total": "all", "completed": "completed", "overdue": "overdue"}
    names |= {"today": "today", "upcoming": "upcoming"}
    return {
        name: bench.documents.count(bench.scope, Query("tasks", filters=(wanted,)))
        for name, wanted in names.items()
    }


MODULE = Module(
    id="todo",
    words=N_("Tasks"),
    noun=N_("task"),
    letter="t",
    collections=(TASKS, PROJECTS, LABELS, REMINDERS, BOARD_VIEWS),
    main="tasks",
    row=row,
    group=group,
    quick=quick,
    listed=("title", "subtasks"),
    fields=(
        FormField("title", "line", N_("Title")),
        FormField("dueDate", "date", N_("Due"), option="due"),
        FormField("priority", "choice", N_("Priority"), PRIORITIES),
        FormField("projectId", "link", N_("Project"), link="todoProjects", option="project"),
        FormField("tags", "tags", N_("Tags"), option="tag"),
        FormField("description", "text", N_("Description")),
        FormField("subtasks", "lines", N_("Subtasks"), option="subtask"),
        FormField("estimatedDuration", "number", N_("Length"), SECONDS, option="length"),
        FormField("visibility", "choice", N_("Visibility"), (N_("space"), N_("private"))),
    ),
    sorts=SORTS,
    filters=FILTERS,
    acts=(
        Act("done", N_("Done"), (), complete, lambda task: not is_done(task), main=True),
        Act("reopen", N_("Reopen"), (), reopen, is_done, main=True),
        Act("due", N_("When: due date"), ("w",), set_due, argument="dueDate"),
        Act("priority", N_("Priority"), ("p",), set_priority, argument="priority"),
        Act("project", N_("Move to a project"), ("m",), move, argument="projectId"),
        Act("subtask", N_("Add a subtask"), ("n",), add_subtask, argument=N_("subtask")),
        Act(
            "tick",
            N_("Tick a subtask"),
            (),
            tick,
            lambda task: progress(task)[1] > 0,
            argument=N_("subtask"),
        ),
        Act("remind", N_("Remind before"), ("r",), remind, argument=N_("time")),
    ),
    empty=N_("Tasks belong here: what has to be done, with or without a date."),
    tools=TOOLS,
)

__all__ = [
    "MODULE",
    "PRIORITIES",
    "add_project",
    "add_subtask",
    "complete",
    "edit_project",
    "group",
    "is_done",
    "move",
    "progress",
    "projects",
    "quick",
    "remind",
    "reopen",
    "row",
    "set_due",
    "set_priority",
    "stats",
    "tick",
]
