"""The module mechanism: a module is one ``Module`` instance in one file of ``store/modules``.

Data and functions only: no base class, no hook, no discovery beyond listing that folder. The rows,
fields, command line verbs, palette words and quick add of every module come from here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from store.collections import Collection
from store.errors import LockedError, UnreadableError
from store.ids import new_id
from store.records import Masked, Record
from store.stamps import instant
from store.told import counted
from store.tool import Tool
from store.words import _

if TYPE_CHECKING:
    from store.documents import Step
    from store.workbench import Workbench

FieldKind = Literal[
    "line", "text", "choice", "flag", "number", "date", "moment", "tags", "link", "lines"
]
"""The closed list of ten ways in which a field is shown and edited. ``lines`` is a list of things
to tick (see ``checklist``)."""


class Seed(NamedTuple):
    """A generated record. Its id follows from what it is for, so that every device makes the same
    one, and it is stamped at the epoch, so that it never beats what a person chose."""

    collection: str
    id: str
    fields: Mapping[str, Any]


class Written(NamedTuple):
    """How a value that is no text is read and typed in a ``line`` or ``text`` field.

    shown(value) gives the text, empty for nothing; read(text) gives the value back, None for an
    empty text, and raises InvalidValueError for what it does not understand. example: what may be
    typed, unmarked English.
    """

    shown: Callable[[Any], str]
    read: Callable[[str], Any]
    example: str = ""


class FormField(NamedTuple):
    """One field as a person sees it. ``words`` is its label, unmarked English for gettext.

    choices: what a ``choice`` offers; ``lengths.SECONDS`` makes of a ``number`` a length of time.
    link: the collection that a ``link`` field points to. option: its ``--name`` in the command
    line, empty for the field's own name. written: how a value that is no text is typed.
    """

    name: str
    kind: FieldKind
    words: str
    choices: tuple[str, ...] = ()
    link: str = ""
    option: str = ""
    written: Written | None = None


class Sort(NamedTuple):
    """An order of a list.

    sql is ONE expression over clear columns, ascending and never NULL, the same text as an index
    of the collection: SQLite walks an expression index by ranges of its first term only, so a
    descending or composite order is encoded into that one value (see ``newest``). The row number
    breaks ties. A page after (value, pk) is ``<sql> >= :value AND (<sql> > :value OR pk > :pk)``,
    standing before the filter: of two lower bounds SQLite takes the first.

    key orders opened records in memory, where the order needs protected fields; the list stands
    in the order of ``sql`` until all keys are known.
    """

    name: str
    words: str
    sql: str
    key: Callable[[Record], Any] | None = None


class Filter(NamedTuple):
    """A named subset of a list: an SQL condition over clear columns, empty for all. The names of
    ``when.marks`` are bound in it: ``:now``, ``:today`` and the days around it.

    Those with ``shown`` are offered as tabs of the list, in order; the first is the default.
    """

    name: str
    words: str
    sql: str
    shown: bool = True


class Act(NamedTuple):
    """Something to do with one or many records, as one step.

    id is its verb in the command line. run(workbench, ids, argument) returns the sentence that
    says what was done; records on which it makes no sense are left as they are. argument is
    what has to be asked for first: the name of one of the module's fields, whose kind says how
    to ask, or "" for nothing. guard hides the act on records where it makes no sense. main marks
    the acts of ``Space``, which performs the first of them whose guard allows the record; other
    acts that share a key exclude each other in the same way.
    """

    id: str
    words: str
    keys: tuple[str, ...]
    run: Callable[[Workbench, Sequence[str], str], str]
    guard: Callable[[Record], bool] | None = None
    argument: str = ""
    main: bool = False


class Cells(NamedTuple):
    """What one row shows: a glyph of one column, the text, and what stands at the right."""

    glyph: str
    text: str
    right: str


def plain_title(record: Record) -> str:
    """The field ``title``, or words for a record that has none."""
    return record.text("title") or _("Untitled")


def newest(column: str) -> str:
    """The SQL of a text that is least for the newest instant in ``column``: the milliseconds from
    there to the end of the year 9999."""
    since = f"unixepoch({column}) * 1000 + substr({column}, 21, 3)"
    return f"printf('%015d', 253402300799000 - ifnull({since}, 0))"


def alphabetical(text: str) -> str:
    """A key that puts texts in dictionary order: without case, accents as their letters."""
    import unicodedata

    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in plain if not unicodedata.combining(c))


def by_title(record: Record) -> tuple[str, str]:
    """The key of an order by ``plain_title``; what differs by case or accent alone has an order
    too."""
    title = plain_title(record)
    return alphabetical(title), title


def readable(record: Record, name: str) -> Any:
    """Field ``name`` of an opened record, for acts that build the new value from the old one.

    Raises LockedError or UnreadableError where it is masked, so that it is never overwritten.
    """
    value = record.get(name)
    if not isinstance(value, Masked):
        return value
    kept = _("Nothing was changed.")
    if value.reason == "locked":
        raise LockedError(_("The vault is locked."), kept=kept, hint=_("Unlock it first."))
    raise UnreadableError(
        _("The old value cannot be read ({reason}).").format(reason=_(value.reason)),
        value.reason,
        kept=kept,
    )


def checklist_lines(value: object) -> list[str]:
    """A field of kind ``lines`` as the lines that a person edits: ``[ ] title``, ``[x] title``."""
    items = [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
    return [f"[{'x' if i.get('isCompleted') is True else ' '}] {i.get('title', '')}" for i in items]


_BOX = r"(?s)\s*(?:[-*] )?(?:\[([ xX])\] ?)?(.*)"


def checklist(lines: Sequence[str], old: object, now: datetime) -> list[dict[str, Any]]:
    """What a field of kind ``lines`` stores for edited lines; empty lines are dropped.

    An item of ``old`` with the same title keeps its id and all it holds; without a box before the
    title it keeps its tick too.
    """
    known = [dict(item) for item in old if isinstance(item, dict)] if isinstance(old, list) else []
    out: list[dict[str, Any]] = []
    for line in lines:
        box, title = (
            (found[1], found[2].strip()) if (found := re.fullmatch(_BOX, line)) else ("", "")
        )
        if not title:
            continue
        same = next((item for item in known if item.get("title") == title), None)
        if same is not None:
            known.remove(same)
        item = same or {"id": new_id(), "title": title, "isCompleted": False}
        done = box in ("x", "X") if box else item.get("isCompleted") is True
        if done != (item.get("isCompleted") is True):
            item["isCompleted"] = done
            item.pop("completedAt", None)
            item |= {"completedAt": instant(now)} if done else {}
        out.append({**item, "order": len(out)})
    return out


def change_each(
    bench: Workbench,
    collection: str,
    ids: Sequence[str],
    said: Callable[[int], str],
    fields: Callable[[Record], Mapping[str, Any]],
) -> str:
    """Write to each record what ``fields`` makes of it, as one step; nothing where that is empty.

    said names the step by the number of records changed; it is kept in the clear, so it never
    holds a title. Returns its words. Raises what ``fields`` and the write path raise, before or
    with the step, so that nothing is half done.
    """
    changes = [(id, fields(bench.documents.get(bench.scope, collection, id))) for id in ids]
    changes = [(id, values) for id, values in changes if values]
    if not changes:
        return _("Nothing to change.")
    words = said(len(changes))
    with bench.step(words) as step:
        for id, values in changes:
            step.update(collection, id, values)
    return words


def bring_to(
    collection: str,
    name: str,
    value: Any,
    one: str,
    many: str,
    stands: Callable[[Record], Any],
) -> Callable[..., str]:
    """The ``run`` of an act that gives field ``name`` a value where it ``stands`` at another; one
    and many are its counted words with ``{n}``, marked by ``NN_``."""

    def run(bench: Workbench, ids: Sequence[str], argument: str = "") -> str:
        return change_each(
            bench,
            collection,
            ids,
            lambda n: counted(one, many, n),
            lambda record: {} if stands(record) == value else {name: value},
        )

    return run


def set_flag(collection: str, name: str, value: bool, one: str, many: str) -> Callable[..., str]:
    """The ``run`` of an act that sets flag ``name`` where it is not so yet."""
    return bring_to(collection, name, value, one, many, lambda record: record.get(name) is True)


def is_set(name: str) -> Callable[[Record], bool]:
    """A guard: flag ``name`` is set."""
    return lambda record: record.get(name) is True


def is_not(name: str) -> Callable[[Record], bool]:
    """A guard: flag ``name`` is not set."""
    return lambda record: record.get(name) is not True


class Module(NamedTuple):
    """A feature: todo, notes, contacts.

    id names it in scenes and allowlists, noun in the command line ("task"), letter under ``g``.
    main is the collection whose records its list shows. row, group and title see opened records
    only; title is what search, ``find`` and messages call a record. listed names the sealed fields
    that these three read, so that lists open no others. group gives the headings of the first sort.
    tools are what agents may call.

    writing(workbench, step, id, fields, new) is asked before a record of ``main`` is written here
    by whichever door: it returns the fields to write, with what follows from them, or raises. What
    undo, sync and seeds bring is never asked. touching(workbench, step, ids) is told before records
    are written here or put back by undo. written(workbench, step, ids) is told at the end of
    a step which records of ``main`` it changed, undo and seeds included.

    seeds(space, type) names what every space of that type has of the module from its making on.
    """

    id: str
    words: str
    noun: str
    letter: str
    collections: tuple[Collection, ...]
    main: str
    row: Callable[[Record, int], Cells]
    fields: tuple[FormField, ...]
    sorts: tuple[Sort, ...]
    filters: tuple[Filter, ...]
    acts: tuple[Act, ...] = ()
    group: Callable[[Record], str | None] | None = None
    quick: Callable[[str], Mapping[str, Any]] | None = None
    empty: str = ""
    title: Callable[[Record], str] = plain_title
    listed: tuple[str, ...] = ("title",)
    tools: tuple[Tool, ...] = ()
    writing: Callable[[Workbench, Step, str, Mapping[str, Any], bool], Mapping[str, Any]] | None = (
        None
    )
    touching: Callable[[Workbench, Step, Sequence[str]], None] | None = None
    written: Callable[[Workbench, Step, Sequence[str]], None] | None = None
    seeds: Callable[[str, str], Sequence[Seed]] | None = None
