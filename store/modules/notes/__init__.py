"""notes: Markdown, kept exactly as typed, with colours, pins, an archive and the space's context.

The text is a large field, which lists never read: a note is shown by its title.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from store import when
from store.collections import VISIBILITY, Collection, TagLink, clear, junction, local, sealed
from store.module import (
    Act,
    Cells,
    Filter,
    FormField,
    Module,
    Sort,
    by_title,
    is_not,
    is_set,
    newest,
    plain_title,
)
from store.modules.notes.acts import (
    COLOR_NAMES,
    COLORS,
    append,
    archive,
    context_notes,
    mark_context,
    pin,
    rewrite,
    set_color,
    unarchive,
    unmark_context,
    unpin,
)
from store.modules.notes.tools import TOOLS
from store.records import Record
from store.words import N_, _

# Orders: the archive last, pinned notes first, then by time -------------------------------------

_PLACE = (
    "CASE WHEN json_extract(doc, '$.isArchived') THEN '2 ' "
    "WHEN json_extract(doc, '$.isPinned') THEN '0 ' ELSE '1 ' END"
)
BY_CHANGE = f"{_PLACE} || {newest('updated_at')}"
BY_CREATION = f"{_PLACE} || {newest('created_at')}"

NOTES = Collection(
    "notes",
    "notes",
    "notes",
    "notes",
    {
        "title": sealed(),
        "content": sealed(),
        "color": clear("text"),
        "isPinned": clear("flag", default=False),
        "isArchived": clear("flag", default=False),
        "isSpaceContext": clear("flag"),
        "transcriptModel": local(),
        "metadata": sealed("object"),
        "visibility": VISIBILITY,
    },
    large=("content",),
    indexes={"changed": BY_CHANGE, "created": BY_CREATION},
    tag_link=TagLink("noteTags", "noteId"),
)

LABELS = junction("noteTags", "notes", "notes", "noteId", "notes")


def row(record: Record, width: int) -> Cells:
    """``▲`` pinned, ``◆`` the space's context; at the right when it was last changed."""
    glyph = "◆" if record.get("isSpaceContext") else "▲" if record.get("isPinned") else " "
    changed = when.day(record.text("updatedAt"), now := when.now())
    return Cells(
        glyph, plain_title(record), when.shown(changed.isoformat(), now) if changed else ""
    )


def group(record: Record) -> str | None:
    """The heading above a note in the order by change."""
    if record.get("isArchived"):
        return _("Archived")
    return _("Pinned") if record.get("isPinned") else _("Notes")


def quick(text: str) -> Mapping[str, Any]:
    """The fields of a note typed in one go: the first line is its title, the rest its content,
    as typed. A heading's ``#`` is left out of the title."""
    title, _newline, content = text.lstrip().partition("\n")
    title = title.lstrip("#").strip()
    return {
        "title": title,
        "content": content.lstrip("\n"),
        "color": None,
        "isPinned": False,
        "isArchived": False,
    }


MODULE = Module(
    id="notes",
    words=N_("Notes"),
    noun=N_("note"),
    letter="n",
    collections=(NOTES, LABELS),
    main="notes",
    row=row,
    group=group,
    quick=quick,
    fields=(
        FormField("title", "line", N_("Title")),
        FormField("content", "text", N_("Text")),
        FormField("tags", "tags", N_("Tags"), option="tag"),
        FormField("color", "choice", N_("Colour"), COLORS),
        FormField("isPinned", "flag", N_("Pinned"), option="pinned"),
        FormField("isArchived", "flag", N_("Archived"), option="archived"),
        FormField("visibility", "choice", N_("Visibility"), (N_("space"), N_("private"))),
    ),
    sorts=(
        Sort("changed", N_("Last changed"), BY_CHANGE),
        Sort("created", N_("Newest first"), BY_CREATION),
        Sort("title", N_("Title"), BY_CHANGE, key=by_title),
    ),
    filters=(
        Filter("notes", N_("Notes"), "json_extract(doc, '$.isArchived') IS NOT 1"),
        Filter("pinned", N_("Pinned"), f"{BY_CHANGE} < '1'"),
        Filter("archived", N_("Archived"), f"{BY_CHANGE} >= '2'"),
        Filter("all", N_("All"), ""),
        Filter("context", N_("Context"), "json_extract(doc, '$.isSpaceContext') = 1", shown=False),
    ),
    acts=(
        Act("pin", N_("Pin"), (), pin, is_not("isPinned"), main=True),
        Act("unpin", N_("Unpin"), (), unpin, is_set("isPinned"), main=True),
        Act("append", N_("Add text at the end"), ("n",), append, argument=N_("text")),
        Act("archive", N_("Archive"), ("r",), archive, is_not("isArchived")),
        Act("unarchive", N_("Back from the archive"), ("r",), unarchive, is_set("isArchived")),
        Act("color", N_("Colour"), ("p",), set_color, argument="color"),
        Act("context", N_("Make it the context"), (), mark_context, is_not("isSpaceContext")),
        Act("uncontext", N_("No longer the context"), (), unmark_context, is_set("isSpaceContext")),
    ),
    empty=N_("Notes belong here: Markdown, kept as you type it."),
    tools=TOOLS,
)

__all__ = [
    "COLORS",
    "COLOR_NAMES",
    "MODULE",
    "append",
    "archive",
    "context_notes",
    "group",
    "mark_context",
    "pin",
    "quick",
    "rewrite",
    "row",
    "set_color",
    "unarchive",
    "unmark_context",
    "unpin",
]
