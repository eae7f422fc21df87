"""What the screens ask of the store, as plain functions. All of them run off the loop.

Each takes the workbench and ids, makes one step, and returns the sentence that says what it did.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from store import when
from store.errors import NotFoundError
from store.module import Act, Module, alphabetical
from store.stamps import instant
from store.told import counted, phrase
from store.words import _, ngettext

if TYPE_CHECKING:
    from store.drafts import Draft
    from store.history import Outcome, StepInfo
    from store.records import Record
    from store.scope import Scope
    from store.sync.status import Status as SyncStatus
    from store.workbench import Workbench
    from tui.asking.syncing import Piece
    from tui.keys.actions import Action
    from tui.screens.pick import Choice
    from tui.shell.drafting import Spot

FRESH = timedelta(minutes=10)
"""A step younger than this and made since the start is undone by the first ``u``."""

TROUBLE = 2
"""From how loud on a piece of ``tui.asking.syncing`` is trouble."""

CODE_AFTER = 20
"""Records after which the status line asks for a recovery code."""

OFFERED = 60
"""Choices that the palette offers at most."""


class Status(NamedTuple):
    """What the status line knows of the space in view.

    syncing: how it stands with the server, None without an account or where nobody asked yet.
    alarm: whether the trouble is more than that. pieces: what is no trouble, with how loud it is.
    advice: what should be done some day; it goes before trouble does. proposals: how many of agents
    wait, in every space. running: the mission that runs, and what it is doing.
    """

    space: str = ""
    type: str = ""
    trouble: str = ""
    syncing: SyncStatus | None = None
    alarm: bool = False
    pieces: tuple[Piece, ...] = ()
    advice: str = ""
    proposals: str = ""
    running: str = ""


def status(bench: Workbench, *, syncs: bool = False) -> Status:
    """Name and type of the space, and what is wrong, if anything is.

    syncs: ask how syncing stands too, which loads it.
    """
    scope = bench.scope
    space = next((s for s in bench.spaces.list() if s["id"] == scope.id), None)
    name = space.text("name") if space is not None else ""
    found, pieces = None, []
    if syncs:
        from tui.asking import syncing

        if syncing.has_account(bench):
            found = bench.sync.status()
            pieces = [*syncing.place(bench, scope.number), *syncing.pieces(found, bench.clock())]
    trouble = [piece.words for piece in pieces if piece.loud >= TROUBLE]
    if found is None and (held := bench.held.count(scope)):
        trouble.append(ngettext("{n} held", "{n} held", held).format(n=held))
    return Status(
        name,
        scope.type,
        " · ".join(trouble),
        found,
        any(piece.loud > TROUBLE for piece in pieces),
        tuple(piece for piece in pieces if piece.loud < TROUBLE),
        _("no recovery code") if _wants_code(bench, found) else "",
        *_agents(bench),
    )


def _agents(bench: Workbench) -> tuple[str, str]:
    """What waits and what runs. Asked of the tables first: most homes have neither."""
    waiting, running = bench.db.read(
        "SELECT (SELECT count(*) FROM proposals WHERE state = 'pending' AND expires > ?), "
        "EXISTS (SELECT 1 FROM runs WHERE state = 'running')",
        (instant(bench.clock()),),
    )[0]
    words = ngettext("{n} proposal", "{n} proposals", waiting).format(n=waiting) if waiting else ""
    if not running:
        return words, ""
    from store.ai.runs import rows
    from tui.asking.agents import words as said

    found = rows.running(bench)
    if not found:
        return words, ""
    phase = said.phase(found[-1].phase, found[-1].detail)
    return words, " · ".join(filter(None, [found[-1].mission_title, phase]))


def _wants_code(bench: Workbench, syncing: SyncStatus | None) -> bool:
    """After so many records, or the first login, there should be a way back in on paper."""
    if "recovery" in bench.vault.ways:
        return False
    return syncing is not None or bench.holds(CODE_AFTER)


# Undo -----------------------------------------------------------------------------------------


def undo(bench: Workbench, scope: Scope, shown: int, since: float) -> tuple[str, int]:
    """Undo the newest step, or only say which it is: (sentence, number of the step shown).

    Shown first is what another process made, what is older than this start (``since``, seconds of
    the epoch) or than ten minutes, unless it was shown just before (``shown``).
    """
    info = bench.history.peek_undo(scope)
    if info is None:
        return _("There is nothing to undo in this space."), 0
    if info.n != shown and not _is_fresh(bench, info, since):
        asked = _("u again undoes: {label}, {when}").format(
            label=info.words, when=moment(bench, info.at)
        )
        return asked, info.n
    done = bench.history.undo(scope)
    return _told(bench, scope, done, _("Undone: {label}, {when}, in {space}.")), 0


def redo(bench: Workbench, scope: Scope) -> str:
    """Redo what was undone last."""
    if bench.history.peek_redo(scope) is None:
        return _("There is nothing to redo in this space.")
    done = bench.history.redo(scope)
    return _told(bench, scope, done, _("Done again: {label}, {when}, in {space}."))


def _is_fresh(bench: Workbench, info: StepInfo, since: float) -> bool:
    made = datetime.fromisoformat(info.at.replace("Z", "+00:00"))
    if made.tzinfo is None:
        made = made.replace(tzinfo=UTC)
    return info.ours and made.timestamp() >= since - 1 and bench.clock() - made < FRESH


def _told(bench: Workbench, scope: Scope, done: Sequence[Outcome], words: str) -> str:
    if not done:
        return _("Nothing was changed.")
    first = done[0]
    space = next((s.text("name") for s in bench.spaces.list() if s["id"] == scope.id), "")
    said = words.format(label=first.step.words, when=moment(bench, first.step.at), space=space)
    if first.left:
        count = len(first.left)
        said += " " + ngettext(
            "{n} field changed since and was left.",
            "{n} fields changed since and were left.",
            count,
        ).format(n=count)
    return said


def moment(bench: Workbench, at: str) -> str:
    """An instant as somebody would say it: the time today, else the day and time."""
    return when.moment(at, when.local(bench.now()))


# Records --------------------------------------------------------------------------------------


def add(bench: Workbench, scope: Scope, module: Module, text: str) -> tuple[str, str]:
    """Add a record typed in one go; returns (id, sentence)."""
    fields: Mapping[str, Any] = module.quick(text) if module.quick else {"title": text}
    if module.main == "aiMissions":
        from tui.asking.agents.lens import of_scene

        agent = of_scene(bench)
        fields = {**fields, **({"agentId": agent["id"]} if agent is not None else {})}
    with bench.step(phrase("add 1 {noun}", noun=module.noun), scope=scope) as step:
        id = step.insert(module.main, fields)
    space = next((s.text("name") for s in bench.spaces.list() if s["id"] == scope.id), "")
    return id, _("Added to {module} in {space}.").format(module=_(module.words), space=space)


def write(bench: Workbench, scope: Scope, collection: str, id: str, field: str, value: Any) -> str:
    """Write one field of a record."""
    before = bench.documents.get(scope, collection, id).get(field)
    if (before or None) == (value or None):
        return _("Nothing to change.")
    fields = (f for m in bench.modules.values() if m.main == collection for f in m.fields)
    words = next((f.words for f in fields if f.name == field), field)
    with bench.step(phrase("change {field}", field=words), scope=scope) as step:
        step.update(collection, id, {field: value})
    return _("Saved.")


def delete(
    bench: Workbench, scope: Scope, collection: str, ids: Sequence[str], *, confirmed: bool
) -> str:
    """Delete records as one step; ``u`` brings them back."""
    count = len(ids)
    label = counted("delete {n} record", "delete {n} records", count)
    with bench.step(label, confirmed=confirmed, scope=scope) as step:
        for id in ids:
            step.delete(collection, id)
    return ngettext(
        "Deleted {n} record. u brings it back.", "Deleted {n} records. u brings them back.", count
    ).format(n=count)


def restore(bench: Workbench, scope: Scope, collection: str, ids: Sequence[str]) -> str:
    """Bring deleted records back."""
    count = len(ids)
    label = counted("restore {n} record", "restore {n} records", count)
    with bench.step(label, scope=scope) as step:
        for id in ids:
            step.restore(collection, id)
    return ngettext("Restored {n} record.", "Restored {n} records.", count).format(n=count)


def is_mass(bench: Workbench, scope: Scope, collection: str, count: int) -> bool:
    """Whether deleting so many needs a yes first (law 4)."""
    from store.masses import HELD_ABOVE, HELD_SHARE
    from store.queries import Query

    if count <= HELD_SHARE:
        return False
    if count > HELD_ABOVE:
        return True
    module = next(m for m in bench.modules.values() if m.main == collection)
    everything = [f.name for f in module.filters if not f.sql] or [module.filters[0].name]
    return count * 5 > bench.documents.count(
        scope, Query(collection, filters=tuple(everything[:1]))
    )


def act(bench: Workbench, module: Module, acts: Sequence[Act], ids: Sequence[str]) -> str:
    """Do, for each record, the first of ``acts`` that makes sense on it; one step for each act."""
    scope = bench.scope
    wanted: dict[str, list[str]] = {}
    for id in ids:
        record = bench.documents.get(scope, module.main, id)
        fitting = next((a for a in acts if a.guard is None or a.guard(record)), None)
        if fitting is not None:
            wanted.setdefault(fitting.id, []).append(id)
    if not wanted:
        return _("Nothing to do here.")
    if len(wanted) > 1:
        # Mixed marks: the act that comes first wins for all, so that one key is one step.
        first = next(a for a in acts if a.id in wanted)
        wanted = {first.id: wanted[first.id]}
    return " ".join(
        next(a for a in acts if a.id == id).run(bench, ids, "") for id, ids in wanted.items()
    )


# Tags -----------------------------------------------------------------------------------------


def tag_choices(
    bench: Workbench, scope: Scope, collection: str, ids: Sequence[str]
) -> list[Choice]:
    """Every tag of the space, with how many of ``ids`` bear it."""
    from store.colors import color_name, color_of
    from tui.screens.pick import Choice

    borne: dict[str, int] = {}
    for id in ids:
        for tag in bench.documents.get(scope, collection, id).tags:
            borne[tag] = borne.get(tag, 0) + 1
    uses = bench.tags.uses(scope)
    choices = []
    for tag in bench.tags.list(scope):
        have = borne.get(tag["id"], 0)
        glyph = "✓" if have == len(ids) else "·" if have else " "
        color = color_of(tag.text("color")) if color_name(tag.get("color")) else ""
        count = str(uses.get(tag["id"], 0))
        choices.append(Choice(tag.text("name"), tag["id"], count, glyph, color))
    return choices


def _tag_label(count: int) -> str:
    return counted("tag {n} record", "tag {n} records", count)


def toggle_tag(
    bench: Workbench, scope: Scope, collection: str, ids: Sequence[str], tag: str, name: str = ""
) -> str:
    """Give all of ``ids`` a tag, or take it off if all have it; ``name`` makes a new tag first."""
    count = len(ids)
    if name:
        with bench.step(_tag_label(count), scope=scope) as step:
            made = bench.tags.add(name, step=step)
            bench.tags.tag(step, collection, ids, made)
        return ngettext("Tagged {n} record.", "Tagged {n} records.", count).format(n=count)
    without = [i for i in ids if tag not in bench.documents.get(scope, collection, i).tags]
    if without:
        with bench.step(_tag_label(len(without)), scope=scope) as step:
            bench.tags.tag(step, collection, without, tag)
        count = len(without)
        return ngettext("Tagged {n} record.", "Tagged {n} records.", count).format(n=count)
    with bench.step(counted("untag {n} record", "untag {n} records", count), scope=scope) as step:
        bench.tags.untag(step, collection, ids, tag)
    return ngettext("Took the tag off {n} record.", "Took the tag off {n} records.", count).format(
        n=count
    )


def tag_names(bench: Workbench, scope: Scope, ids: Sequence[str]) -> str:
    """``#family #work`` for a sentence."""
    names = {t["id"]: t.text("name") for t in bench.tags.list(scope)}
    return " ".join("#" + names[id] for id in ids if id in names)


# Choices --------------------------------------------------------------------------------------


def space_choices(bench: Workbench, here: str) -> list[Choice]:
    """Every space; the one in view is marked."""
    from tui.screens.pick import Choice

    return [
        Choice(s.text("name"), s["id"], str(s["type"]), "•" if s["id"] == here else " ")
        for s in bench.spaces.list()
    ]


def link_choices(bench: Workbench, scope: Scope, collection: str) -> list[Choice]:
    """The records that a link field may point to, and none."""
    from store.queries import Query
    from tui.screens.pick import Choice

    found = bench.documents.page(scope, Query(collection), limit=500)
    names = [Choice(bench.documents.title(collection, r), r["id"]) for r in found]
    return [*sorted(names, key=lambda c: alphabetical(c.words)), Choice(_("none"), "")]


def palette(bench: Workbench, scope: Scope, actions: Sequence[Action], text: str) -> list[Choice]:
    """Actions and records that hold every typed word; ``42`` is a row, ``q`` leaves."""
    from tui.keys.keynames import written
    from tui.screens.pick import Choice

    wanted = alphabetical(text).split()
    choices = []
    if len(wanted) == 1 and wanted[0].isdigit():
        choices.append(Choice(_("Row {n}").format(n=wanted[0]), ("row", int(wanted[0]) - 1)))
    named = []
    for action in actions:
        # The English words too: documents and habits name them in every language.
        said = f"{_(action.words)} {_(action.palette)} {action.words} {action.palette}"
        words = alphabetical(f"{said} {action.id}")
        is_key = text.strip() in action.keys or (text.strip(), action.id) == ("q", "quit")
        if is_key or all(word in words for word in wanted):
            exact = (
                -(action.id == "quit")
                if is_key
                else 1 + (not wanted or not words.startswith(wanted[0]))
            )
            keys = "  ".join(written(key) for key in action.keys)
            choice = Choice(_(action.words), ("action", action), keys)
            named.append((exact, choice))
    named.sort(key=lambda pair: pair[0])
    choices += [choice for _rank, choice in named]
    if len(text.strip()) > 1:
        choices += record_choices(bench, scope, text, OFFERED)
    return choices[:OFFERED]


def record_choices(bench: Workbench, scope: Scope, text: str, limit: int) -> list[Choice]:
    """Records found by words, with the module they belong to."""
    from tui.screens.pick import Choice

    words = {m.main: _(m.words) for m in bench.modules.values()}
    return [
        Choice(hit.title, ("record", (hit.collection, hit.id)), words.get(hit.collection, ""))
        for hit in bench.search.find(scope, text, limit=limit)
    ]


# A record's past ------------------------------------------------------------------------------


def one(bench: Workbench, scope: Scope, collection: str, id: str) -> tuple[Record, dict[str, str]]:
    """A record with its large fields, and the stamp of each field's current value."""
    record = bench.documents.get(scope, collection, id)
    stamps = {p.field: p.at for p in bench.history.of(scope, collection, id) if p.current}
    return record, stamps


def spot_of(place: str, collection: str, id: str, field: str) -> Spot:
    """The spot of a field whose draft is to be cleared."""
    from tui.shell.drafting import Spot

    return Spot(place, collection, id, field)


def draft_of(spot: Spot, text: str) -> Draft:
    """The draft as the store will have it, for offering it before it is read again."""
    from store.drafts import Draft

    at = datetime.now(UTC).isoformat(timespec="milliseconds")
    return Draft(spot.place, text, spot.collection, spot.record, spot.field, spot.base_at, at)


__all__ = ["NotFoundError", "Status", "act", "add", "delete", "restore", "undo", "redo", "write"]
