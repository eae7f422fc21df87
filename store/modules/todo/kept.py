"""What todo keeps, and the orders and subsets of its list that indexes serve."""

from __future__ import annotations

from store.collections import VISIBILITY, Collection, TagLink, clear, junction, local, sealed
from store.module import Filter, Sort, by_title, newest
from store.words import N_

PRIORITIES = (N_("low"), N_("medium"), N_("high"), N_("urgent"))
"""As they are stored, rising; a task without one counts as medium."""

# Orders: one text a task, ascending, which an index holds ---------------------------------------

_DONE = "json_extract(doc, '$.isCompleted')"
_DUE = "json_extract(doc, '$.dueDate')"
_RANK = (
    "CASE json_extract(doc, '$.priority') "
    "WHEN 'urgent' THEN '0' WHEN 'high' THEN '1' WHEN 'low' THEN '3' ELSE '2' END"
)

# Times are kept in UTC and days without a zone. A day therefore stands where 10:00 UTC of it
# stands, which is within that day from ten hours west of Greenwich to fourteen east of it: the
# order and the headings, which follow the local day, agree.
_MIDDAY = "'T10:00'"
_DUE_OR_LAST = (
    f"CASE length({_DUE}) WHEN 10 THEN {_DUE} || {_MIDDAY} ELSE ifnull(nullif({_DUE}, ''), '~') END"
)
_CREATED = newest("created_at")
_COMPLETED = newest("json_extract(doc, '$.completedAt')")

BY_DUE = (
    f"CASE WHEN {_DONE} THEN '~~ ' || {_COMPLETED} "
    f"ELSE {_DUE_OR_LAST} || ' ' || {_RANK} || ' ' || {_CREATED} END"
)
"""Open tasks by due date with those without one last, then by priority, then newest first; behind
them all completed ones (``~~``), the latest first."""

BY_PRIORITY = (
    f"CASE WHEN {_DONE} THEN '4' ELSE {_RANK} END || ' ' || {_DUE_OR_LAST} || ' ' || {_CREATED}"
)
BY_ORDER = "ifnull(json_extract(doc, '$.order'), 0)"

# No condition on BY_DUE, which would draw SQLite to that index in the other orders too.
_OPEN = f"{_DONE} IS NOT 1"


def _due_within(first: str, last: str, start: str, end: str) -> str:
    """Open, and due on the days from first to last or between two instants, as seen here.

    The first two conditions are the range of the index, the third decides.
    """
    return (
        f"{BY_DUE} >= min({first}, {start}) AND {BY_DUE} < max({last} || 'U', {end}) AND "
        f"CASE length({_DUE}) WHEN 10 THEN {_DUE} BETWEEN {first} AND {last} "
        f"ELSE {_DUE} >= {start} AND {_DUE} < {end} END"
    )


_TODAY = _due_within(":today", ":today", ":today_start", ":tomorrow_start")
_UPCOMING = _due_within(":tomorrow", ":week", ":tomorrow_start", ":week_end")

FILTERS = (
    # A range of the index: no document is read to leave the completed ones out.
    Filter("open", N_("Open"), f"{BY_DUE} < '~~'"),
    Filter("today", N_("Today"), _TODAY),
    Filter(
        "overdue",
        N_("Overdue"),
        f"{BY_DUE} < :now AND (length({_DUE}) > 10 OR {_DUE} < :today)",
    ),
    Filter("upcoming", N_("Upcoming"), _UPCOMING),
    Filter("inbox", N_("Inbox"), f"{_OPEN} AND ifnull(json_extract(doc, '$.projectId'), '') = ''"),
    Filter("completed", N_("Completed"), f"{BY_DUE} >= '~~'"),
    Filter("all", N_("All"), ""),
)

SORTS = (
    Sort("due", N_("Due date"), BY_DUE),
    Sort("priority", N_("Priority"), BY_PRIORITY),
    Sort("created", N_("Newest first"), _CREATED),
    Sort("title", N_("Title"), BY_DUE, key=by_title),
    Sort("order", N_("Own order"), BY_ORDER),
)

# What is kept -----------------------------------------------------------------------------------

TASKS = Collection(
    "tasks",
    "todo",
    "todo",
    "tasks",
    {
        "title": sealed(),
        "description": sealed(),
        "projectId": clear("id"),
        "priority": clear("text", *PRIORITIES, default="medium"),
        "isCompleted": clear("flag", default=False),
        "completedAt": clear("instant"),
        "dueDate": clear("instant"),
        "scheduledBlockId": clear("id"),
        "estimatedDuration": clear("number"),
        "order": clear("number", default=0),
        "subtasks": sealed("list"),
        "transcriptModel": local(),
        "metadata": sealed("object"),
        "visibility": VISIBILITY,
    },
    indexes={
        "due": BY_DUE,
        "priority": BY_PRIORITY,
        "created": _CREATED,
        "order": BY_ORDER,
    },
    tag_link=TagLink("taskLabels", "taskId", "metadata.labelIds"),
)

PROJECTS = Collection(
    "todoProjects",
    "todo",
    "todo",
    "projects",
    {
        "name": local(),
        "color": clear("text"),
        "icon": clear("text"),
        "order": clear("number", default=0),
        "isArchived": clear("flag"),
        "isDefault": clear("flag"),
        "visibility": VISIBILITY,
    },
    title="name",
)

REMINDERS = Collection(
    "reminders",
    "todo",
    "todo",
    "reminders",
    {
        "taskId": clear("id"),
        "minutesBefore": clear("number"),
        "type": clear("text", "push", "email", "both", default="push"),
        "status": clear("text", "pending", "sent", "failed", default="pending"),
        "visibility": VISIBILITY,
    },
    title="",
)

BOARD_VIEWS = Collection(
    "boardViews",
    "todo",
    "todo",
    "boardViews",
    {
        "name": local(),
        "icon": clear("text"),
        "groupBy": clear("text", "status", "priority", "dueDate", "tag", "custom"),
        "columns": local("list"),
        "filter": local("object"),
        "layout": clear("text", "kanban", "grid", "fokus"),
        "order": clear("number", default=0),
        "visibility": VISIBILITY,
    },
    title="name",
)

LABELS = junction("taskLabels", "todo", "todo", "taskId", "tasks")
