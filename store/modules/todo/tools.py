"""What agents may do with tasks. Each tool ends in the function that a key and a command call."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from store import when
from store.errors import InvalidValueError, NotFoundError
from store.modules.todo.acts import complete, is_done, set_due, set_priority
from store.modules.todo.kept import PRIORITIES
from store.queries import Query
from store.told import counted
from store.tool import Answer, Param, Tool, compact, named, put_tag, shown, tag_names
from store.words import _

if TYPE_CHECKING:
    from store.records import Record
    from store.workbench import Workbench

_LEVELS = PRIORITIES[:3]
"""The priorities that the catalogue offers; each is stored as it is called. ``urgent``, the fourth
that is stored, is a person's to give."""

_MANY = 100
"""Tasks that one call completes by their title at most."""


def _create(bench: Workbench, given: Mapping[str, Any]) -> Answer:
    from store.modules.todo import quick

    fields = dict(quick(" ".join(given["title"].split())))
    if due := given.get("dueDate"):
        fields["dueDate"] = when.read(due, when.local(bench.now()))
    for name in ("priority", "description"):
        if given.get(name):
            fields[name] = given[name]
    said = counted("{n} task added", "{n} tasks added", 1)
    with bench.step(said) as step:
        id = step.insert("tasks", fields)
    return Answer(said, {"id": id})


def _complete(bench: Workbench, given: Mapping[str, Any]) -> Answer:
    return Answer(complete(bench, [given["taskId"]]), {"id": given["taskId"]})


def _complete_by_title(bench: Workbench, given: Mapping[str, Any]) -> Answer:
    wanted = given["titleMatch"].strip().casefold()
    query = Query("tasks", filters=("open",))
    keys = [
        key
        for key, title in bench.documents.titles(bench.scope, query)
        if wanted in title.casefold()
    ]
    if not keys:
        raise NotFoundError(
            _("No open task has that in its title."), kept=_("Nothing was changed.")
        )
    if len(keys) > _MANY:
        raise InvalidValueError(
            _("{n} tasks have that in their title.").format(n=len(keys)),
            kept=_("Nothing was changed."),
            hint=_("Be more precise."),
        )
    found = bench.documents.by_keys(bench.scope, "tasks", keys, ("title",))
    ids = [task["id"] for task in found]
    return Answer(complete(bench, ids), {"ids": ids})


def _update(bench: Workbench, given: Mapping[str, Any]) -> Answer:
    id = given["taskId"]
    if not (given.get("dueDate") or given.get("priority")):
        raise InvalidValueError(
            _("There is nothing to change."),
            kept=_("Nothing was changed."),
            hint=_("Give a due date, a priority or both."),
        )
    said = counted("{n} task changed", "{n} tasks changed", 1)
    with bench.step(said):
        if due := given.get("dueDate"):
            set_due(bench, [id], due)
        if priority := given.get("priority"):
            set_priority(bench, [id], priority)
    return Answer(said, {"id": id})


def _tag(bench: Workbench, given: Mapping[str, Any]) -> Answer:
    return put_tag(bench, "tasks", given["taskId"], given["tag"])


def _stats(bench: Workbench, given: Mapping[str, Any]) -> Answer:
    from store.modules.todo import stats

    found = stats(bench)
    return Answer(counted("{n} task counted", "{n} tasks counted", found["total"]), found)


def _list(bench: Workbench, given: Mapping[str, Any]) -> Answer:
    query = Query("tasks", filters=(given.get("filter") or "open",))
    found = bench.documents.page(bench.scope, query, limit=shown(given), only=("title",))
    names = tag_names(bench, found)
    more = bench.documents.count(bench.scope, query) - len(found)
    said = counted("{n} task read", "{n} tasks read", len(found))
    return Answer(said, {"tasks": [_short(task, names) for task in found]} | compact(more=more))


def _get(bench: Workbench, given: Mapping[str, Any]) -> Answer:
    task = bench.documents.get(bench.scope, "tasks", given["taskId"])
    project = ""
    if task.get("projectId"):
        with suppress(NotFoundError):
            found = bench.documents.get(bench.scope, "todoProjects", task["projectId"])
            project = found.text("name")
    subtasks = task.get("subtasks")
    data = _short(task, tag_names(bench, [task])) | compact(
        description=task.text("description"),
        project=project,
        subtasks=[
            compact(title=str(one.get("title", "")), completed=one.get("isCompleted") is True)
            for one in (subtasks if isinstance(subtasks, list) else ())
            if isinstance(one, dict)
        ],
    )
    return Answer(counted("{n} task read", "{n} tasks read", 1), data)


def _short(task: Record, names: Mapping[str, str]) -> dict[str, Any]:
    priority = task.get("priority")
    # A time comes as it is stored; text that is no time was not written here.
    times = {
        name: task.get(name)
        for name in ("dueDate", "completedAt")
        if isinstance(task.get(name), str) and when.day(task[name], when.now())
    }
    return compact(
        id=task["id"],
        title=task.text("title"),
        completed=is_done(task),
        priority=priority if priority in PRIORITIES else None,
        tags=named(task, names),
        **times,
    )


_TASK = Param("taskId", "id", "The id of the task.", required=True, collection="tasks")
# for the model
_DUE = "A day or time: 2026-12-03, 2026-12-03T17:30, today, tomorrow, friday, +3d, next week."

TOOLS = (
    Tool(
        "create_task",
        "Add a task to the to-do list.",
        _create,
        (
            Param("title", "text", "What has to be done, in one line.", required=True),
            Param("dueDate", "text", _DUE, most=60),
            Param("priority", "text", "How important it is.", choices=_LEVELS),
            Param("description", "long", "More about it, as Markdown."),
        ),
        risk="low",
    ),
    Tool("complete_task", "Mark a task as done.", _complete, (_TASK,), risk="low"),
    Tool(
        "complete_tasks_by_title",
        "Mark every open task as done whose title contains a text, whatever its case.",
        _complete_by_title,
        (Param("titleMatch", "text", "A part of the title.", required=True),),
    ),
    Tool(
        "update_task",
        "Change when a task is due, how important it is, or both.",
        _update,
        (
            _TASK,
            Param("dueDate", "text", _DUE + " The word none takes it away.", most=60),
            Param("priority", "text", "How important it is.", choices=_LEVELS),
        ),
        risk="low",
    ),
    Tool(
        "add_tag_to_task",
        "Put a tag on a task; a tag that does not exist yet is made.",
        _tag,
        (_TASK, Param("tag", "text", "The name of the tag.", required=True, most=100)),
        risk="low",
    ),
    Tool(
        "get_task_stats",
        "Count the tasks: total, completed, overdue, due today, upcoming.",
        _stats,
        policy="auto",
        reads=True,
        risk="low",
    ),
    Tool(
        "list_tasks",
        "List tasks with their ids, due dates, priorities and tags.",
        _list,
        (
            Param(
                "filter",
                "text",
                "Which tasks; open where nothing is said.",
                choices=("open", "completed", "overdue", "today", "all"),
            ),
            Param("limit", "integer", "How many at most; 20 where nothing is said, 100 at most."),
        ),
        policy="auto",
        reads=True,
        risk="low",
    ),
    Tool(
        "get_task",
        "Read one task whole: description, subtasks and project too.",
        _get,
        (_TASK,),
        policy="auto",
        reads=True,
        risk="low",
    ),
)
