"""A Taskwarrior export (``task export``) as tasks.

What a task of ours has a field for goes there; the whole task as it was exported, user defined
attributes included, stays sealed in ``metadata`` under ``taskwarrior``, so that ``original`` gives
it back to ``task import``. Deleted tasks are counted and left out: an import never deletes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import orjson
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)

from store.exchange.items import Item, Problem, one_line, readable
from store.stamps import EPOCH, instant
from store.words import _

KEY = "taskwarrior"
COMPUTED = frozenset({"id", "urgency"})
"""What Taskwarrior works out anew for every export: kept nowhere, changed by the mere date."""
LIMIT = 900_000
"""Bytes of JSON of one task: it has to fit into one sealed value."""

_PRIORITY = {"H": "high", "M": "medium", "L": "low"}


def _moment(value: object) -> datetime:
    if isinstance(value, str):
        for form in ("%Y%m%dT%H%M%SZ", "%Y-%m-%dT%H:%M:%SZ"):
            try:
                moment = datetime.strptime(value, form).replace(tzinfo=UTC)
            except ValueError:
                continue
            if 1900 < moment.year < 3000:
                return moment
    raise ValueError(_("is not a time such as 20240501T123000Z"))


def _listed(value: object) -> object:
    """Lists were texts with commas in older exports."""
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return value


Moment = Annotated[datetime, BeforeValidator(_moment)]
Texts = Annotated[list[str], BeforeValidator(_listed)]


class Annotation(BaseModel):
    """A dated line below a task."""

    model_config = ConfigDict(extra="allow")
    entry: Moment
    description: str = ""


class Task(BaseModel):
    """One exported task; whatever else it holds (UDAs) is allowed and kept."""

    model_config = ConfigDict(extra="allow", strict=False)
    uuid: Annotated[
        str,
        StringConstraints(
            pattern=r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$", to_lower=True
        ),
    ]
    description: str
    status: Literal["pending", "completed", "deleted", "waiting", "recurring"] = "pending"
    entry: Moment | None = None
    modified: Moment | None = None
    end: Moment | None = None
    due: Moment | None = None
    wait: Moment | None = None
    scheduled: Moment | None = None
    until: Moment | None = None
    start: Moment | None = None
    priority: str | None = None
    project: str | None = None
    tags: Texts = Field(default_factory=list)
    depends: Texts = Field(default_factory=list)
    annotations: list[Annotation] = Field(default_factory=list)
    recur: str | None = None
    parent: str | None = None
    mask: str | None = None
    imask: float | str | None = None


class TaskwarriorExport:
    """The tasks of one export, already parsed.

    numbered: (where it stands, the object) for each task; problems: lines that were no JSON.
    """

    format = "taskwarrior"

    def __init__(
        self,
        path: Path,
        numbered: Iterable[tuple[str, Any]],
        problems: Iterable[Problem] = (),
    ) -> None:
        self.root = readable(str(path.absolute()))
        self.label = readable(path.name)
        self._entries: list[Item | Problem] = list(problems)
        self._read(numbered)

    @property
    def size(self) -> int:
        """Tasks and problems together."""
        return len(self._entries)

    def read(self, only: Set[str] | None = None) -> Iterator[Item | Problem]:
        """The tasks in the order of the export."""
        for entry in self._entries:
            if only is None or (isinstance(entry, Item) and entry.source_id in only):
                yield entry

    def _read(self, numbered: Iterable[tuple[str, Any]]) -> None:
        newest: dict[str, tuple[int, Task]] = {}
        for where, raw in numbered:
            outcome = _validated(where, raw)
            if isinstance(outcome, Problem):
                self._entries.append(outcome)
                continue
            label = f"{where}, {outcome.uuid[:8]}"
            if outcome.status == "deleted":
                reason = _("Deleted in Taskwarrior; an import never deletes, so it was left out.")
                self._entries.append(Problem(label, reason))
                continue
            earlier = newest.get(outcome.uuid)
            if earlier is not None:
                self._entries.append(
                    Problem(label, _("Stands in the export twice; the newer one counts."))
                )
                if _modified(outcome) < _modified(earlier[1]):
                    continue
                self._entries[earlier[0]] = _item(label, outcome, raw)
                newest[outcome.uuid] = (earlier[0], outcome)
                continue
            newest[outcome.uuid] = (len(self._entries), outcome)
            self._entries.append(_item(label, outcome, raw))


def original(metadata: dict[str, Any]) -> dict[str, Any]:
    """The task as Taskwarrior exported it, without what it computes itself."""
    return dict(metadata[KEY])


def _validated(where: str, raw: Any) -> Task | Problem:
    if not isinstance(raw, dict):
        return Problem(where, _("Not a task."))
    try:
        task = Task.model_validate(raw)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        reason = _("Its field {field} cannot be read: {reason}.")
        message = first["msg"].removeprefix("Value error, ").rstrip(".")
        return Problem(where, reason.format(field=field, reason=message))
    if len(orjson.dumps(raw)) > LIMIT:
        return Problem(where, _("Larger than 1 MB."))
    return task


def _item(label: str, task: Task, raw: dict[str, Any]) -> Item:
    kept = {name: value for name, value in raw.items() if name not in COMPUTED}
    modified = _modified(task)
    fields: dict[str, Any] = {
        "title": one_line(task.description, 2000) or _("(no description)"),
        "isCompleted": task.status == "completed",
        "priority": _PRIORITY.get(task.priority or "", "medium"),
    }
    if task.status == "completed":
        fields["completedAt"] = _instant(task.end or task.modified or task.entry) or modified
    # The first date of a recurring template lies ever further back: as a due date it would stand
    # under "overdue" for good. Its instances carry their own.
    if task.due is not None and task.status != "recurring":
        fields["dueDate"] = _due(task.due)
    if task.annotations:
        fields["description"] = "\n".join(
            f"{note.entry:%Y-%m-%d} {note.description}" for note in task.annotations
        )
    return Item(
        source_id=task.uuid,
        collection="tasks",
        label=label,
        modified=modified,
        created=_instant(task.entry) or modified,
        fields=fields,
        tags=tuple((None, tag) for tag in dict.fromkeys(task.tags) if tag.strip()),
        metadata={KEY: kept},
        links={"projectId": ("todoProjects", task.project)} if task.project else {},
        basis={"dueDate": raw.get("due")} if "dueDate" in fields else {},
    )


def _modified(task: Task) -> str:
    return _instant(task.modified or task.end or task.entry) or EPOCH


def _instant(moment: datetime | None) -> str:
    return instant(moment) if moment else ""


def _due(due: datetime) -> str:
    """A day where the task is due at a local midnight, which is how Taskwarrior keeps one."""
    local = due.astimezone()
    if (local.hour, local.minute, local.second) == (0, 0, 0):
        return f"{local:%Y-%m-%d}"
    return _instant(due)
