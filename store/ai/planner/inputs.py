"""What a mission is given to read: its linked records, resolved when it runs.

They are read through the agent's scope, so its tag filter and the access log hold here too. What
is missing or cannot be opened is listed, not passed over: the model is told, and so is the person.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from store.errors import GuardError, ManabenchError
from store.queries import Query
from store.records import PREFIX, Masked, Record
from store.words import _

if TYPE_CHECKING:
    from store.ai.tools.calling import Calls
    from store.scope import Scope
    from store.workbench import Workbench

READ_BY = "inputs"
"""The name in the access log under which linked records are read."""

MOST = 200
"""Linked records that one mission is given at most."""

KEPT_LETTERS = 2_000
"""Letters of one input that are kept with the run, for the person to see what it was given."""


class Input(NamedTuple):
    """One record as a model reads it. untrusted: somebody else may have written it."""

    module: str
    table: str
    id: str
    title: str
    content: str
    untrusted: bool = False


class Inputs(NamedTuple):
    """What a mission is given. context: the notes that speak of the whole space. missing: the
    links that led nowhere, each with ``why``: gone, unreadable or unknown."""

    linked: tuple[Input, ...] = ()
    context: tuple[Input, ...] = ()
    missing: tuple[Mapping[str, str], ...] = ()

    @property
    def untrusted(self) -> bool:
        """Whether any of it was written by somebody else."""
        return any(one.untrusted for one in (*self.linked, *self.context))

    def kept(self) -> list[dict[str, Any]]:
        """What is kept with the run."""
        given = [
            one._asdict() | {"content": one.content[:KEPT_LETTERS], "letters": len(one.content)}
            for one in (*self.context, *self.linked)
        ]
        return [*given, *({**one, "missing": True} for one in self.missing)]


def resolve(bench: Workbench, calls: Calls, mission: Mapping[str, Any]) -> Inputs:
    """The inputs of a mission as its agent may see them; the reads are written down, and what
    somebody else wrote counts against the run's trust as if a tool had read it.

    Raises GuardError where they are longer than a run may be given.
    """
    from store.ai.tools import guardrails, reading

    found: list[Input] = []
    missing: list[Mapping[str, str]] = []
    with calls.reading(READ_BY) as seen:
        scope = bench.scope
        for link in _links(mission):
            made = _resolved(bench, scope, link)
            if isinstance(made, Input):
                found.append(made)
            else:
                missing.append(made)
        context = _context(bench, scope, {one.id for one in found})
    foreign = reading.untrusted(bench, calls.scope, seen)
    inputs = Inputs(
        tuple(one._replace(untrusted=one.id in foreign) for one in found),
        tuple(one._replace(untrusted=one.id in foreign) for one in context),
        tuple(missing),
    )
    texts = [text for one in (*found, *context) for text in (one.title, one.content)]
    if guardrails.flags(texts):
        calls.tainted = True  # whoever wrote it: what is proposed after it shows that
    verdict = guardrails.size([one.content for one in (*inputs.linked, *inputs.context)])
    if not verdict.ok:
        raise GuardError(
            verdict.reason,
            kept=_("Nothing was sent."),
            hint=_("Link fewer or shorter records to this mission."),
        )
    return inputs


def _links(mission: Mapping[str, Any]) -> list[dict[str, str]]:
    value = mission.get("inputs")
    links = [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []
    named = [
        {name: str(one.get(name) or "") for name in ("module", "table", "id")} for one in links
    ]
    return [one for one in named if one["id"]][:MOST]


def _resolved(bench: Workbench, scope: Scope, link: dict[str, str]) -> Input | dict[str, str]:
    render = _RENDERERS.get(link["table"])
    if render is None:
        return {**link, "why": "unknown"}
    try:
        record = bench.documents.get(scope, link["table"], link["id"])
    except ManabenchError:
        return {**link, "why": "gone"}
    if record.get("deletedAt"):
        return {**link, "why": "gone"}
    title, content = render(record)
    if title is None:
        return {**link, "why": "unreadable"}
    return Input(link["module"], link["table"], link["id"], title, content)


def _context(bench: Workbench, scope: Scope, known: set[str]) -> list[Input]:
    """The notes of the space that are meant for everybody who works in it."""
    if not scope.allows("notes"):
        return []
    found = []
    for listed in bench.documents.page(scope, Query("notes", filters=("context",)), limit=5):
        if listed["id"] not in known:
            title, content = _note(bench.documents.get(scope, "notes", listed["id"]))
            if title is not None:
                found.append(Input("notes", "notes", listed["id"], title, content))
    return found


# -- how each kind of record reads -----------------------------------------------------------------


def readable(value: object) -> bool:
    """Whether a value is plain: no envelope, and nothing that stands for one."""
    return not isinstance(value, Masked) and not (
        isinstance(value, str) and value.startswith(PREFIX)
    )


def _text(record: Mapping[str, Any], name: str) -> str:
    value = record.get(name)
    return str(value) if value is not None and readable(value) else ""


def _task(record: Record) -> tuple[str | None, str]:
    if not readable(record.get("title")):
        return None, ""
    lines = ["done" if record.get("isCompleted") else "open"]
    for name in ("dueDate", "priority", "completedAt"):
        if value := _text(record, name):
            lines.append(f"{name}: {value}")
    subtasks = record.get("subtasks")
    for sub in subtasks if isinstance(subtasks, list) else ():
        if isinstance(sub, Mapping):
            lines.append(f"[{'x' if sub.get('isCompleted') else ' '}] {_text(sub, 'title')}")
    if description := _text(record, "description"):
        lines += ["", description]
    return _text(record, "title"), "\n".join(lines)


def _note(record: Record) -> tuple[str | None, str]:
    if not readable(record.get("title")) or not readable(record.get("content")):
        return None, ""
    return _text(record, "title"), _text(record, "content")


_CONTACT = (
    *("firstName", "lastName", "company", "jobTitle", "email", "phone", "mobile", "street"),
    *("postalCode", "city", "country", "website", "birthday", "notes"),
)


def _contact(record: Record) -> tuple[str | None, str]:
    name = " ".join(filter(None, (_text(record, "firstName"), _text(record, "lastName"))))
    if not readable(record.get("firstName")) and not name:
        return None, ""
    lines = [f"{field}: {value}" for field in _CONTACT if (value := _text(record, field))]
    return name or _text(record, "company"), "\n".join(lines)


_RENDERERS: dict[str, Callable[[Record], tuple[str | None, str]]] = {
    "tasks": _task,
    "notes": _note,
    "contacts": _contact,
}
