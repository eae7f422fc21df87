"""What is done with notes: each function one step over all of them, whoever asks for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from store.colors import color_name
from store.errors import InvalidValueError, UsageError
from store.module import change_each, readable, set_flag
from store.queries import Query
from store.records import Record
from store.told import counted, phrase
from store.words import NN_, _

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


def rewrite(bench: Workbench, id: str, fields: Mapping[str, Any]) -> str:
    """Give a note another title, another text or both."""
    return change_each(
        bench,
        "notes",
        [id],
        lambda n: counted("{n} note changed", "{n} notes changed", n),
        lambda note: {name: fields[name] for name in fields if note.get(name) != fields[name]},
    )
