"""Records as text that leaves the program: what the screen copies and the command line prints.

Both read ``FORMS``, so a copy from the screen and one from a script are the same bytes. Nothing
here steers a terminal it is pasted into, and nothing sealed is given out in place of its words.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from store.encoding import encode
from store.errors import LockedError, NotFoundError
from store.module import FormField, Module, checklist_lines
from store.records import Masked, Record
from store.words import N_, _

if TYPE_CHECKING:
    from store.scope import Scope
    from store.workbench import Workbench

SCHEME = "manabench"
"""Begins the link of a record: ``manabench:task/<id>``."""


class Form(NamedTuple):
    """One way to write records down. words names it, key follows ``y``; make gets the records in
    their order, all of one module and space."""

    words: str
    key: str
    make: Callable[[Workbench, Scope, Module, Sequence[Record]], str]


def copied(
    bench: Workbench, scope: Scope, module: Module, ids: Iterable[str], form: str
) -> tuple[str, int]:
    """(the text, how many records) of records, deleted ones too.

    Raises NotFoundError for one that is gone, LockedError while they cannot be opened.
    """
    records = [bench.documents.get(scope, module.main, id) for id in ids]
    return FORMS[form].make(bench, scope, module, records), len(records)


def exported(
    bench: Workbench, found: Iterable[Record], scope: Scope | None = None
) -> list[dict[str, Any]]:
    """Records as scripts see them: every field, and the names of their tags."""
    known = list(found)
    names = {}
    if any(record.tags for record in known):
        names = {tag["id"]: tag.get("name") for tag in bench.tags.list(scope)}
    return [
        {**record, "tagNames": [names[id] for id in record.tags if id in names]} for record in known
    ]


# The forms --------------------------------------------------------------------------------------


def _titles(bench: Workbench, scope: Scope, module: Module, records: Sequence[Record]) -> str:
    return "\n".join(title(module, record) for record in records)


def _ids(bench: Workbench, scope: Scope, module: Module, records: Sequence[Record]) -> str:
    return "\n".join(record["id"] for record in records)


def _links(bench: Workbench, scope: Scope, module: Module, records: Sequence[Record]) -> str:
    named = [(re.sub(r"([][])", r"\\\1", title(module, r)), link(module, r["id"])) for r in records]
    return "\n".join(f"[{name}]({to})" for name, to in named)


def _json(bench: Workbench, scope: Scope, module: Module, records: Sequence[Record]) -> str:
    data = exported(bench, records, scope)
    return encode(data[0] if len(data) == 1 else data, indented=True).decode()


def _markdown(bench: Workbench, scope: Scope, module: Module, records: Sequence[Record]) -> str:
    names = {tag["id"]: tag.text("name") for tag in bench.tags.list(scope)}
    parts = [markdown(bench, scope, module, record, names) for record in records]
    return "\n---\n\n".join(parts)


FORMS: dict[str, Form] = {
    "title": Form(N_("Title"), "t", _titles),
    "id": Form(N_("Id"), "i", _ids),
    "markdown": Form(N_("Markdown"), "m", _markdown),
    "json": Form("JSON", "j", _json),
    "link": Form(N_("Link"), "l", _links),
}
"""name: how it is written. The names are part of the command line's contract."""


def title(module: Module, record: Record) -> str:
    """The title on one line. Raises LockedError where it is sealed."""
    if any(isinstance(record.get(name), Masked) for name in module.listed):
        raise LockedError(
            _("The title cannot be read."),
            kept=_("Nothing was copied."),
            hint=_("Unlock the vault first."),
        )
    return " ".join(harmless(module.title(record)).split())


def link(module: Module, id: str) -> str:
    """What leads back to a record from a note or another program."""
    return f"{SCHEME}:{module.noun}/{id}"


def markdown(
    bench: Workbench, scope: Scope, module: Module, record: Record, tags: dict[str, str]
) -> str:
    """A heading, one list item a field, then the long text as it is. Dates are ISO dates.

    tags: names by id. Raises LockedError where the title is sealed; another sealed field is left
    out.
    """
    heading = title(module, record)
    items: list[str] = []
    body: list[str] = []
    for field in module.fields:
        value = record.get(field.name)
        is_told = field.name == "visibility" or module.title(record) == value
        if isinstance(value, Masked) or is_told:
            continue
        if field.kind == "tags":
            shown = " ".join(f"#{tags[id]}" for id in record.tags if id in tags)
        elif field.kind == "text":
            body += [text] if (text := harmless(record.text(field.name)).strip("\n")) else []
            continue
        elif field.kind == "lines":
            body += ["\n".join(f"- {line}" for line in checklist_lines(value))] if value else []
            continue
        else:
            shown = _shown(bench, scope, field, value)
        if shown:
            items.append(f"- {_(field.words)}: {' '.join(harmless(shown).split())}")
    parts = [f"# {heading}", "\n".join(items), *body]
    return "\n\n".join(part for part in parts if part) + "\n"


def _shown(bench: Workbench, scope: Scope, field: FormField, value: Any) -> str:
    if value is None or value == "" or value is False:
        return ""
    if value is True:
        return _("yes")
    if field.kind == "link":
        try:
            return bench.documents.title(field.link, bench.documents.get(scope, field.link, value))
        except NotFoundError:
            return ""
    return _(value) if field.kind == "choice" else str(value)


def harmless(text: str) -> str:
    """``text`` without control characters but line ends and tabs: a paste must only be text."""
    if text.isprintable():
        return text
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs"))
