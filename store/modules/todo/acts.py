"""What is done with tasks: each function one step over all of them, whoever asks for it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from store import when
from store.errors import InvalidValueError, NotFoundError
from store.ids import new_id
from store.module import change_each, readable
from store.modules.todo.kept import PRIORITIES
from store.queries import Query
from store.records import Record
from store.stamps import instant
from store.told import counted
from store.words import N_, _

if TYPE_CHECKING:
    from store.workbench import Workbench

NONE = ("", "-", "none", "nothing", "kein", "keine")
"""What is typed to empty a due date, a project or a reminder."""


def is_done(record: Record) -> bool:
    """Whether the task is completed."""
    return record.get("isCompleted") is True


def complete(bench: Workbench, ids: Sequence[str], argument: str = "") -> str:
    """Mark tasks done, now; those that are done keep their time."""
    now = instant(bench.now())
    return change_each(
        bench,
        "tasks",
        ids,
        lambda n: counted("{n} task done", "{n} tasks done", n),
        lambda task: {} if is_done(task) else {"isCompleted": True, "completedAt": now},
    )


def reopen(bench: Workbench, ids: Sequence[str], argument: str = "") -> str:
    """Mark tasks as not done."""
    return change_each(
        bench,
        "tasks",
        ids,
        lambda n: counted("{n} task reopened", "{n} tasks reopened", n),
        lambda task: {"isCompleted": False, "completedAt": None} if is_done(task) else {},
    )


def set_due(bench: Workbench, ids: Sequence[str], argument: str) -> str:
    """Set or empty the due date, as ``when.read`` reads it. A day without a time moves a task and
    leaves it its time of day."""
    now = when.local(bench.now())
    due = None if argument.strip().casefold() in NONE else when.read(argument, now)

    def fields(task: Record) -> dict[str, Any]:
        wanted = when.moved(task.text("dueDate"), due, now) if due else None
        return {} if (task.get("dueDate") or None) == wanted else {"dueDate": wanted}

    return change_each(
        bench,
        "tasks",
        ids,
        lambda n: (
            counted("Due {when}: {n} task", "Due {when}: {n} tasks", n, when=due)
            if due
            else counted("{n} task without a date", "{n} tasks without a date", n)
        ),
        fields,
    )


def set_priority(bench: Workbench, ids: Sequence[str], argument: str) -> str:
    """Set the priority: one of the four, or its first letters."""
    typed = argument.strip().casefold()
    found = [name for name in PRIORITIES if typed and name.startswith(typed)]
    if len(found) != 1:
        raise InvalidValueError(
            _("There is no such priority."),
            kept=_("Nothing was changed."),
            hint=_("Choose one of: {names}.").format(names=", ".join(PRIORITIES)),
        )
    return change_each(
        bench,
        "tasks",
        ids,
        lambda n: counted(
            "Priority {priority}: {n} task", "Priority {priority}: {n} tasks", n, priority=found[0]
        ),
        lambda task: {} if task.get("priority") == found[0] else {"priority": found[0]},
    )


# Projects ---------------------------------------------------------------------------------------


def projects(bench: Workbench) -> list[Record]:
    """The space's projects that are not archived, in their own order."""
    found = [r for r in _all(bench, "todoProjects") if not r.get("isArchived")]
    return sorted(found, key=lambda r: (r.get("order") or 0, r.text("createdAt")))


def add_project(bench: Workbench, name: str, color: str | None = None) -> str:
    """Make a project; returns its id."""
    fields = _new_project(bench, name, color)
    with bench.step(N_("1 project added")) as step:
        return step.insert("todoProjects", fields)


def edit_project(bench: Workbench, id: str, **fields: Any) -> None:
    """Write ``name``, ``color``, ``icon``, ``order``, ``isArchived`` or ``isDefault``."""
    with bench.step(N_("1 project changed")) as step:
        step.update("todoProjects", id, fields)


def move(bench: Workbench, ids: Sequence[str], argument: str) -> str:
    """Move tasks to the project with this name or id; ``+Name`` makes it if there is none,
    ``none`` takes them out. Raises NotFoundError, AmbiguousError."""
    text = argument.strip()
    wanted = text.removeprefix("+").strip()
    project: str | None = None
    is_new = False
    if text.casefold() not in NONE:
        try:
            project = str(bench.documents.find(bench.scope, "todoProjects", wanted)["id"])
        except NotFoundError as error:
            if not text.startswith("+") or error.code != "not_found":
                error.hint = _("Put + before the name to make a new project.")
                raise
            project, is_new = new_id(), True
    tasks = [bench.documents.get(bench.scope, "tasks", id) for id in ids]
    moving = [task["id"] for task in tasks if (task.get("projectId") or None) != project]
    if not moving:
        return _("Nothing to change.")
    count = len(moving)
    said = counted("{n} task moved", "{n} tasks moved", count)
    with bench.step(said) as step:
        if is_new and project:
            step.insert("todoProjects", _new_project(bench, wanted), id=project)
        for id in moving:
            step.update("tasks", id, {"projectId": project})
    return said + _(", to a new project") if is_new else said


def _new_project(bench: Workbench, name: str, color: str | None = None) -> dict[str, Any]:
    if not name.strip():
        raise InvalidValueError(_("A project needs a name."), kept=_("Nothing was changed."))
    return {"name": name.strip(), "color": color, "order": len(projects(bench))}


# Subtasks ---------------------------------------------------------------------------------------


def _subtasks(task: Record) -> list[dict[str, Any]]:
    value = readable(task, "subtasks")
    return [dict(sub) for sub in value if isinstance(sub, dict)] if value else []


def add_subtask(bench: Workbench, ids: Sequence[str], argument: str) -> str:
    """Add a subtask with this title at the end of each task's list."""
    title = argument.strip()
    if not title:
        raise InvalidValueError(_("A subtask needs a title."), kept=_("Nothing was changed."))

    def added(task: Record) -> dict[str, Any]:
        subtasks = _subtasks(task)
        order = max((int(sub.get("order") or 0) for sub in subtasks), default=-1) + 1
        new = {"id": new_id(), "title": title, "isCompleted": False, "order": order}
        return {"subtasks": [*subtasks, new]}

    return change_each(
        bench,
        "tasks",
        ids,
        lambda n: counted("{n} subtask added", "{n} subtasks added", n),
        added,
    )


def tick(bench: Workbench, ids: Sequence[str], argument: str) -> str:
    """Tick a subtask, or untick it: named by its number from 1, its title or the start of its id.

    Tasks that have no such subtask are left as they are. Raises NotFoundError if none has it.
    """
    wanted, now = argument.strip(), instant(bench.now())
    seen = False

    def ticked(task: Record) -> dict[str, Any]:
        nonlocal seen
        subtasks = _subtasks(task)
        at = _which(subtasks, wanted)
        if at is None:
            return {}
        seen = True
        done = subtasks[at].get("isCompleted") is not True
        subtasks[at]["isCompleted"] = done
        subtasks[at].pop("completedAt", None)
        if done:
            subtasks[at]["completedAt"] = now
        return {"subtasks": subtasks}

    said = change_each(
        bench,
        "tasks",
        ids,
        lambda n: counted("{n} subtask ticked", "{n} subtasks ticked", n),
        ticked,
    )
    if not seen:
        raise NotFoundError(
            _("There is no such subtask."),
            kept=_("Nothing was changed."),
            hint=_("Give its number, its title or the start of its id."),
        )
    return said


def _which(subtasks: list[dict[str, Any]], wanted: str) -> int | None:
    """The place in the list of the subtask that ``wanted`` names."""
    if re.fullmatch("[0-9]{1,4}", wanted) and 0 < int(wanted) <= len(subtasks):
        return int(wanted) - 1
    for test in (
        lambda sub: sub.get("title") == wanted,
        lambda sub: len(wanted) >= 4 and str(sub.get("id", "")).startswith(wanted),
    ):
        found = [at for at, sub in enumerate(subtasks) if test(sub)]
        if len(found) == 1:
            return found[0]
    return None


# Reminders --------------------------------------------------------------------------------------

_BEFORE = "([0-9]{1,5}) ?(m|min|h|d)?"
_MINUTES = {"h": 60, "d": 24 * 60}


def remind(bench: Workbench, ids: Sequence[str], argument: str) -> str:
    """Remind of tasks this long before they are due: ``30`` minutes, ``2h``, ``1d``; ``none``.

    A task has one reminder, so a new one takes the place of those it had.
    """
    text = argument.strip().casefold()
    found = re.fullmatch(_BEFORE, text)
    if text not in NONE and not found:
        raise InvalidValueError(
            _("That is not a time before."),
            kept=_("Nothing was changed."),
            hint=_("Write 30 for minutes, 2h, 1d or none."),
        )
    minutes = int(found[1]) * _MINUTES.get(found[2], 1) if found else None
    had: dict[str, list[str]] = {}
    for reminder in _all(bench, "reminders"):
        had.setdefault(reminder.text("taskId"), []).append(reminder["id"])
    changing = [id for id in ids if minutes is not None or id in had]
    if not changing:
        return _("Nothing to change.")
    said = (
        counted("{n} reminder removed", "{n} reminders removed", len(changing))
        if minutes is None
        else counted("{n} reminder set", "{n} reminders set", len(changing))
    )
    # Removing reminders is what was asked for, in so many words: no mass deletion to look at.
    with bench.step(said, confirmed=True) as step:
        for id in changing:
            old = had.get(id, [])
            for extra in old if minutes is None else old[1:]:
                step.delete("reminders", extra)
            if minutes is None:
                continue
            fields = {"minutesBefore": minutes, "status": "pending"}
            if old:
                step.update("reminders", old[0], fields)
            else:
                step.insert("reminders", {"taskId": id, "type": "push", **fields})
    return said


def _all(bench: Workbench, collection: str) -> list[Record]:
    """Every record of one of the small collections beside the tasks."""
    keys = bench.documents.keys(bench.scope, Query(collection))
    return bench.documents.by_keys(bench.scope, collection, keys)
