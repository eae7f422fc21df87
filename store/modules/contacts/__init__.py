"""contacts: people and how to reach them. Nothing here but the mechanism."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from store.module import (
    Act,
    Cells,
    Filter,
    FormField,
    Module,
    Sort,
    alphabetical,
    is_not,
    is_set,
    set_flag,
)
from store.modules.contacts.kept import ADDED, CONTACTS, LABELS, LINES, NAME
from store.modules.contacts.tools import TOOLS
from store.records import Record
from store.words import N_, NN_, _

SELF = "self-contact"
"""The id reserved for the person whose workbench this is."""


def title(record: Record) -> str:
    """The display name: first and last name, else the company, e-mail or phone."""
    name = " ".join(filter(None, (record.text(part) for part in NAME[:2])))
    known = (record.text(part) for part in NAME[2:])
    return name or next(filter(None, known), "") or _("No name")


def row(record: Record, width: int) -> Cells:
    """``★`` a favourite, ``◆`` oneself; at the right one way to reach the person."""
    glyph = "◆" if record["id"] == SELF else "★" if record.get("isFavorite") else " "
    ways = (record.text(way) for way in ("mobile", "phone", "email"))
    return Cells(glyph, title(record), next(filter(None, ways), ""))


def group(record: Record) -> str | None:
    """The letter that the display name begins with, or ``#``."""
    first = alphabetical(title(record))[:1].upper()
    return first if first.isalpha() else "#"


def quick(text: str) -> Mapping[str, Any]:
    """The fields of a contact typed as its name: the last word is the last name."""
    first, _space, last = " ".join(text.split()).rpartition(" ")
    name = {"firstName": first, "lastName": last} if first else {"firstName": last or None}
    return {**name, "isFavorite": False}


favour = set_flag("contacts", "isFavorite", True, *NN_("{n} starred", "{n} starred"))
unfavour = set_flag("contacts", "isFavorite", False, *NN_("{n} unstarred", "{n} unstarred"))


def _has(*names: str) -> str:
    """SQL: one of these fields holds something. Values are sealed, but an empty one is null."""
    return "(" + " OR ".join(f"json_extract(doc, '$.{n}') IS NOT NULL" for n in names) + ")"


_KEPT = "json_extract(doc, '$.isArchived') IS NOT 1"

MODULE = Module(
    id="contacts",
    words=N_("Contacts"),
    noun=N_("contact"),
    letter="c",
    collections=(CONTACTS, LABELS),
    main="contacts",
    row=row,
    group=group,
    quick=quick,
    title=title,
    listed=NAME,
    fields=(
        *(FormField(name, "line", words) for name, words in LINES.items()),
        FormField("birthday", "date", N_("Birthday")),
        FormField("tags", "tags", N_("Tags"), option="tag"),
        FormField("notes", "text", N_("Notes")),
        FormField("isFavorite", "flag", N_("Favourite"), option="favourite"),
        FormField("isArchived", "flag", N_("Archived"), option="archived"),
        FormField("visibility", "choice", N_("Visibility"), (N_("space"), N_("private"))),
    ),
    sorts=(
        Sort("name", N_("Name"), ADDED, key=lambda c: (alphabetical(title(c)), title(c))),
        Sort("created", N_("Newest first"), ADDED),
    ),
    filters=(
        Filter("all", N_("All"), _KEPT),
        Filter("favourites", N_("Favourites"), f"json_extract(doc, '$.isFavorite') AND {_KEPT}"),
        Filter("phone", N_("With phone"), f"{_has('phone', 'mobile')} AND {_KEPT}"),
        Filter("email", N_("With e-mail"), f"{_has('email')} AND {_KEPT}"),
        Filter("incomplete", N_("Incomplete"), f"NOT {_has(*NAME[3:])} AND {_KEPT}"),
        Filter("archived", N_("Archived"), f"NOT ({_KEPT})"),
    ),
    acts=(
        Act("favourite", N_("Favourite"), (), favour, is_not("isFavorite"), main=True),
        Act("unfavourite", N_("No favourite"), (), unfavour, is_set("isFavorite"), main=True),
    ),
    empty=N_("People belong here, and how to reach them."),
    tools=TOOLS,
)
