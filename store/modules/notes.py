"""notes: Markdown, kept exactly as typed, with colours, pins, an archive and the space's context.

The text is a large field, which lists never read: a note is shown by its title.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from store import when
from store.collections import VISIBILITY, Collection, TagLink, clear, junction, local, sealed
from store.colors import color_name
from store.errors import InvalidValueError, UsageError
from store.module import (
    Act,
    Cells,
    Filter,
    FormField,
    Module,
    Sort,
    by_title,
    change_each,
    is_not,
    is_set,
    newest,
    plain_title,
    readable,
    set_flag,
)
from store.queries import Query
from store.records import Record
from store.told import counted, phrase
from store.words import N_, NN_, _

if TYPE_CHECKING:
    from store.workbench import Workbench

COLORS = (
    *("#ef4444", "#f97316", "#f59e0b", "#84cc16", "#22c55e"),
    *("#06b6d4", "#3b82f6", "#6366f1", "#8b5cf6", "#ec4899"),
)
"""The palette that compatible clients offer; a note without a colour has None."""

COLOR_NAMES = (
    *("red", "orange", "amber", "lime", "green"),
    *("cyan", "blue", "indigo", "violet", "pink"),
)
"""What the colours are called when typed, in the order of ``COLORS``."""

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


pin = set_flag("notes", "isPinned", True, *NN_("{n} note pinned", "{n} notes pinned"))
unpin = set_flag("notes", "isPinned", False, *NN_("{n} note unpinned", "{n} notes unpinned"))
archive = set_flag("notes", "isArchived", True, *NN_("{n} note archived", "{n} notes archived"))
unarchive = set_flag(
    "notes",
    "isArchived",
    False,
    *NN_("{n} note back from the archive", "{n} notes back from the archive"),
)
unmark_context = set_flag(
    "notes",
    "isSpaceContext",
    False,
    *NN_(
        "{n} note is no longer the context of this space",
        "{n} notes are no longer the context of this space",
    ),
)


def append(bench: Workbench, ids: Sequence[str], argument: str) -> str:
    """Add text at the end of notes, on a line of its own, as typed."""
    if not argument:
        raise InvalidValueError(_("There is nothing to append."), kept=_("Nothing was changed."))

    def longer(note: Record) -> dict[str, Any]:
        content = str(readable(note, "content") or "")
        between = "" if not content or content.endswith("\n") else "\n"
        return {"content": content + between + argument}

    return change_each(
        bench,
        "notes",
        ids,
        lambda n: counted("Text added to {n} note", "Text added to {n} notes", n),
        longer,
    )


def set_color(bench: Workbench, ids: Sequence[str], argument: str) -> str:
    """Give notes a colour of the palette, by name or as ``#rrggbb``; ``none`` takes it away."""
    typed = argument.strip().casefold()
    color = dict(zip(COLOR_NAMES, COLORS, strict=True)).get(typed, typed)
    named = (shade for shade in COLORS if typed == color_name(shade).casefold())
    color = color if color in COLORS else next(named, color)
    if color not in (*COLORS, "", "none"):
        raise InvalidValueError(
            _("The palette has no such colour."),
            kept=_("Nothing was changed."),
            hint=_("Choose none or one of: {names}.").format(
                names=", ".join(color_name(shade) for shade in COLORS)
            ),
        )
    wanted = color if color in COLORS else None
    return change_each(
        bench,
        "notes",
        ids,
        lambda n: counted("{n} note coloured", "{n} notes coloured", n),
        lambda note: {} if note.get("color") == wanted else {"color": wanted},
    )


def context_notes(bench: Workbench) -> list[Record]:
    """The note that is the context of the space, in a list; more than one only after a sync."""
    return bench.documents.page(bench.scope, Query("notes", filters=("context",)))


def mark_context(bench: Workbench, ids: Sequence[str], argument: str = "") -> str:
    """Make one note the context document of its space, which no other note is from then on.

    Raises UsageError for several notes.
    """
    if len(set(ids)) != 1:
        raise UsageError(
            _("A space has one context document."),
            kept=_("Nothing was changed."),
            hint=_("Choose a single note."),
        )
    note = bench.documents.get(bench.scope, "notes", ids[0])
    others = [other["id"] for other in context_notes(bench) if other["id"] != ids[0]]
    if note.get("isSpaceContext") is True and not others:
        return _("Nothing to change.")
    said = phrase("1 note is now the context of this space")
    with bench.step(said) as step:
        for other in others:
            step.update("notes", other, {"isSpaceContext": False})
        step.update("notes", ids[0], {"isSpaceContext": True})
    return said


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
)
