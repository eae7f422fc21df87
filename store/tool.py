"""What an agent may call: a tool is plain data beside the action that it calls.

A module lists its tools as it lists its acts. ``run`` ends in the same function of the module that
a key and the command line call, so an agent has no way of its own to write. Words here are read by
models, so they are English in every language of the program.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from store.errors import InvalidValueError
from store.records import Record
from store.told import counted
from store.words import _

if TYPE_CHECKING:
    from store.documents import Step
    from store.workbench import Workbench

ParamKind = Literal["text", "long", "number", "integer", "flag", "id", "list", "object"]
Risk = Literal["low", "medium", "high"]


class Param(NamedTuple):
    """One parameter of a tool.

    choices: the only values allowed, empty for any. collection: of an ``id``, whose records it
    names; such a record has to be visible to the agent. most: the greatest length or value, 0 for
    the usual one of its kind.
    """

    name: str
    kind: ParamKind
    words: str
    required: bool = False
    choices: tuple[str, ...] = ()
    collection: str = ""
    most: float = 0


class Answer(NamedTuple):
    """What a tool gives back: a sentence and compact JSON, with ids to go on with."""

    message: str
    data: Any = None


class Tool(NamedTuple):
    """Something an agent may ask for.

    run(workbench, arguments) acts in ``workbench.scope`` and is given validated arguments. policy
    is the catalogue's own decision. reads: it changes nothing, so several may run side by side.
    destructive: it takes something away and needs the space's consent. outward: it leaves this
    program (mail, web), where no undo reaches. module is filled in by the catalogue.
    """

    name: str
    words: str
    run: Callable[[Workbench, Mapping[str, Any]], Answer]
    params: tuple[Param, ...] = ()
    policy: Literal["auto", "propose"] = "propose"
    reads: bool = False
    destructive: bool = False
    outward: bool = False
    risk: Risk = "medium"
    module: str = ""


# What the tools of several modules share ------------------------------------------------------

SHOWN = 20
MOST_SHOWN = 100
"""Records that a list shows where nothing is asked for, and at most."""


def shown(given: Mapping[str, Any], usual: int = SHOWN) -> int:
    """How many records a list shows by its parameter ``limit``, which is kept within bounds."""
    return min(max(int(given.get("limit") or usual), 1), MOST_SHOWN)


def compact(**values: Any) -> dict[str, Any]:
    """The values that say something: a model pays for every letter."""
    return {name: value for name, value in values.items() if value not in (None, "", [], {}, False)}


def tag_names(bench: Workbench, records: Sequence[Record]) -> dict[str, str]:
    """The names of the tags that these records bear, by id. Only those count as read."""
    borne = {tag for record in records for tag in record.tags}
    if not borne:
        return {}
    scope = bench.scope
    found = [tag for tag in bench.tags.list(scope.unwatched()) if tag["id"] in borne]
    if scope.watch is not None:
        scope.watch("tags", [tag.key for tag in found], [tag["id"] for tag in found])
    return {tag["id"]: tag.text("name") for tag in found}


def named(record: Record, names: Mapping[str, str]) -> list[str]:
    """What the tags of a record are called."""
    return [names[tag] for tag in record.tags if tag in names]


def put_tag(bench: Workbench, collection: str, id: str, name: str) -> Answer:
    """Give a record the tag with this name, which is made if there is none; nothing if it has it.

    Raises InvalidValueError, NotFoundError.
    """
    wanted = name.strip().lstrip("#").strip()
    if not wanted:
        raise InvalidValueError(_("A tag needs a name."), kept=_("Nothing was changed."))
    record = bench.documents.get(bench.scope, collection, id)
    with bench.step(counted("{n} record tagged", "{n} records tagged", 1)) as step:
        tag = _tag(bench, step, wanted)
        if tag in record.tags:
            return Answer(_("Nothing to change."), {"id": id})
        bench.tags.retag(step, collection, id, add=(tag,))
    return Answer(counted("{n} record tagged", "{n} records tagged", 1), {"id": id})


def _tag(bench: Workbench, step: Step, name: str) -> str:
    for tag in bench.tags.list(bench.scope.unwatched()):
        if tag.text("name").casefold() == name.casefold():
            return str(tag["id"])
    return bench.tags.add(name, step=step)
