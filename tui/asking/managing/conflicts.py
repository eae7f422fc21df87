"""Conflicts in words: a value typed here that lost, what stands there now, and what is done."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from store.errors import ManabenchError
from store.module import FormField
from store.records import Masked
from store.scope import Scope
from store.words import _, ngettext, number
from tui.asking import differing, doing, fieldtext, pasts, syncing
from tui.asking.managing.entry import Entry

if TYPE_CHECKING:
    from store.sync.waiting.conflicts import Conflict, Row
    from store.workbench import Workbench

CONFLICT = "conflict"

DELETED = "deletedAt"
"""The field of a conflict in which one side is a deletion."""

TYPED = frozenset({"line", "text", "number", "date", "moment", "lines"})
"""Kinds of which a third value can be typed."""

_SHORT = 80

_MINE, _BETWEEN, _THEIRS = "<<<<<<<", "=======", ">>>>>>>"


class Shown(NamedTuple):
    """One conflict as it is shown. space is an id; mine and theirs are texts as they are edited;
    field is None for what is no field of a module's form."""

    n: int
    collection: str
    space: str
    id: str
    name: str
    field: FormField | None
    mine: str
    theirs: str
    is_masked: bool
    is_deletion: bool
    lines: differing.Lines


def entries(bench: Workbench) -> list[Entry]:
    """All conflicts, the newest first."""
    if not syncing.has_account(bench):
        return []
    from store.sync.waiting import conflicts

    names = {space["id"]: space.text("name") for space in bench.spaces.list()}
    return [_entry(bench, one, names.get(one.space, "")) for one in conflicts.waiting(bench)]


def _entry(bench: Workbench, one: Conflict, name: str) -> Entry:
    scope = _scope(bench, one.space)
    shown = _shown(bench, scope, one)
    label = _(shown.field.words) if shown.field is not None else one.field
    if shown.is_deletion:
        label = _("deletion")
    mine = " ".join(shown.mine.split())[:_SHORT] or differing.empty("")
    away = bool(name) and scope.number != bench.scope.number
    return Entry(
        f"conflict/{one.n}",
        _title(bench, scope, one),
        CONFLICT,
        one.id,
        right=doing.moment(bench, one.their_at),
        note=f"{name} · {label}: {mine}" if away else f"{label}: {mine}",
        value=shown,
        aligned=True,
    )


def _title(bench: Workbench, scope: Scope, one: Conflict) -> str:
    try:
        record = bench.documents.get(scope, one.collection, one.id)
    except ManabenchError:
        return one.id[:8]
    return bench.documents.title(one.collection, record) or _("Untitled")


def _shown(bench: Workbench, scope: Scope, one: Conflict) -> Shown:
    module = next((m for m in bench.modules.values() if m.main == one.collection), None)
    fields = pasts.fields_of(bench, module) if module is not None else {}
    field, gone = fields.get(one.field), one.field == DELETED
    mine, theirs = (
        _deleted(value) if gone else _text(bench, scope, field, value)
        for value in (one.mine, one.theirs)
    )
    who = _("- mine, {mine} · + theirs, {theirs}, {other}").format(
        mine=doing.moment(bench, one.at),
        theirs=doing.moment(bench, one.their_at),
        other=_who(bench, one.their_actor),
    )
    lines = [(who, "head"), *differing.lines(differing.empty(mine), differing.empty(theirs))]
    typed = field if field is not None and field.kind in TYPED else None
    return Shown(
        one.n,
        one.collection,
        one.space,
        one.id,
        one.field,
        typed,
        _typed(typed, one.mine) if typed is not None else mine,
        _typed(typed, one.theirs) if typed is not None else theirs,
        isinstance(one.mine, Masked) or isinstance(one.theirs, Masked),
        gone,
        lines,
    )


def _typed(field: FormField, value: Any) -> str:
    return fieldtext.editable(field, value)


def _deleted(value: Any) -> str:
    """Of a record's life: the time of a deletion stands for itself."""
    return _("deleted") if value else _("still there")


def _text(bench: Workbench, scope: Scope, field: FormField | None, value: Any) -> str:
    if isinstance(value, Masked):
        return f"<{_(value.reason)}>"
    if field is None:
        return "" if value is None else str(value)
    return pasts.text_of(bench, scope, field, value)


def _who(bench: Workbench, actor: Any) -> str:
    """Who wrote: you on this machine or another one, or somebody by name."""
    if actor.get("principalId") == bench.writer.person["principalId"]:
        return _("you")
    return str(actor.get("displayName") or _("somebody"))


# What is done -----------------------------------------------------------------------------------


def keep_mine(bench: Workbench, chosen: Sequence[Shown]) -> str:
    """Write mine back, all of a space as one step."""
    from store.sync.waiting import conflicts

    count = conflicts.keep_mine(bench, [one.n for one in chosen])
    words = ngettext(
        "Wrote yours back; theirs is in the history.",
        "Wrote {n} of yours back; theirs are in the history.",
        count,
    )
    return words.format(n=number(count))


def only_forgotten(bench: Workbench, chosen: Sequence[Shown]) -> list[Row]:
    """What ``bring_back`` will need after ``keep_theirs``."""
    from store.sync.waiting import conflicts

    return conflicts.only_forgotten(bench, [one.n for one in chosen])


def keep_theirs(bench: Workbench, chosen: Sequence[Shown]) -> str:
    """Leave what stands there."""
    from store.sync.waiting import conflicts

    count = conflicts.keep_theirs(bench, [one.n for one in chosen])
    words = ngettext(
        "Left theirs; yours is in the history.",
        "Left {n} of theirs; yours are in the history.",
        count,
    )
    return words.format(n=number(count))


def bring_back(bench: Workbench, left: Sequence[Row]) -> str:
    """Have what was left for theirs wait again."""
    from store.sync.waiting import conflicts

    count = conflicts.bring_back(bench, left)
    words = ngettext("It is undecided again.", "{n} are undecided again.", count)
    return words.format(n=number(count))


def _scope(bench: Workbench, space: str) -> Scope:
    return bench.spaces.scope(space) if space else bench.user_scope


def write(bench: Workbench, one: Shown, text: str) -> str:
    """Write a third value in place of both."""
    from store.sync.waiting import conflicts

    assert one.field is not None  # noqa: S101 - only what can be typed is edited
    scope = _scope(bench, one.space)
    old = bench.documents.get(scope, one.collection, one.id).get(one.name)
    value = fieldtext.value_of(bench, scope, one.field, text, old)
    conflicts.write(bench, one.n, value)
    return _("Saved; mine and theirs are both in the history.")


# Both texts in one, for an editor -----------------------------------------------------------------


def both(one: Shown) -> str:
    """What is alike once; where they differ, mine above theirs between marks."""
    import difflib

    mine, theirs = one.mine.split("\n"), one.theirs.split("\n")
    found: list[str] = []
    for kind, a, b, c, d in difflib.SequenceMatcher(None, mine, theirs, False).get_opcodes():
        if kind == "equal":
            found += mine[a:b]
        else:
            head, foot = _("mine"), _("theirs")
            found += [f"{_MINE} {head}", *mine[a:b], _BETWEEN, *theirs[c:d], f"{_THEIRS} {foot}"]
    return "\n".join(found)


def is_unmerged(text: str) -> bool:
    """Whether a mark between mine and theirs still stands."""
    starts = (f"{_MINE} ", f"{_THEIRS} ")
    return any(line.startswith(starts) for line in text.split("\n"))
