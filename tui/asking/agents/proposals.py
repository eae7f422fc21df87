"""What agents ask for and wait with: lines of the inbox, what would change, and the answers."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

from store.module import FieldKind, FormField
from store.records import Masked
from store.scope import Scope
from store.words import _, ngettext, number
from tui.asking import differing, pasts
from tui.asking.agents import words
from tui.asking.managing.entry import Entry, heading
from tui.asking.managing.inbox import PROPOSAL

if TYPE_CHECKING:
    from store.ai.proposals.changes import FieldChange, RecordChange
    from store.ai.proposals.staging import Proposal
    from store.workbench import Workbench

MOST_LINES = 4_000
"""Lines that are shown at once; what is longer is looked at in parts."""

TAGS = "tags"
"""In place of a field's name: the tags of the record, told by their names."""

_TITLES = 3


class Answered(NamedTuple):
    """What became of an approval: its words, what was done, and what needs a new look."""

    words: str
    done: tuple[Proposal, ...] = ()
    stale: tuple[Proposal, ...] = ()


def entries(bench: Workbench) -> list[Entry]:
    """All that wait, of every space: the riskiest first, those of a run together."""
    from store.ai.proposals import inbox

    names = {
        bench.spaces.scope(space["id"]).number: space.text("name") for space in bench.spaces.list()
    }
    here, found = bench.scope.number, []
    for _run, group in groupby(inbox.pending(bench), key=lambda one: one.run):
        these = list(group)
        found.append(heading(_head(bench, these[0], names if these[0].space != here else {})))
        found += [_entry(bench, one) for one in these]
    return found


def _head(bench: Workbench, one: Proposal, names: Mapping[int, str]) -> str:
    parts = [_("Proposals"), one.mission_title or one.agent_name, names.get(one.space, "")]
    if one.mission_title:
        parts.insert(2, one.agent_name)
    return " · ".join(filter(None, [*parts, words.moment(bench, one.made)]))


def _entry(bench: Workbench, one: Proposal) -> Entry:
    titles = [change.title for change in one.changes if change.title]
    named = ", ".join(titles[:_TITLES]) + (" …" if len(titles) > _TITLES else "")
    said = f"{words.tool(one.tool)}: {named}" if named else words.tool(one.tool)
    if one.flags:
        said = f"{words.FLAGGED} {said}"
    right = [words.risk("high") if one.risk == "high" else "", words.days_left(bench, one.expires)]
    return Entry(
        f"proposal/{one.id}",
        said,
        PROPOSAL,
        one.id,
        right=" · ".join(filter(None, right)),
        note=words.overtaken(one) or ("" if one.flags else count_of(one)),
        facts=_("Space approves, r rejects, Enter shows it whole."),
        glyph=words.RISK_SIGNS.get(one.risk, "▲"),
        role=words.RISK_ROLES.get(one.risk, "base"),
        value=one,
    )


def count_of(one: Proposal) -> str:
    """``3 changes``."""
    count = sum(len(c.fields) if c.kind == "changed" else 1 for c in one.changes)
    return ngettext("{n} change", "{n} changes", count).format(n=number(count))


# What would change ------------------------------------------------------------------------------


def told(bench: Workbench, one: Proposal) -> differing.Lines:
    """All that there is to know of it: the call, why, and each field before and after."""
    lines: differing.Lines = [(f"{words.tool(one.tool)} · {words.risk(one.risk)}", "head")]
    who = _("{agent}, {mission}").format(agent=one.agent_name, mission=one.mission_title)
    if not one.mission_title:
        who = one.agent_name
    lines.append((who + _until(bench, one), "dim"))
    lines += [
        (f"{words.RISK_SIGNS['high']} {words.flag(name)}", "warn") for name in sorted(one.flags)
    ]
    if one.trouble:
        lines.append((f"! {one.trouble}", "error"))
    if one.withdrawn:
        lines.append((f"! {words.withdrawn(one.withdrawn)}", "warn"))
    if one.stale:
        lines.append((_("! What it would change is different from what was shown before."), "warn"))
    lines += _changes(bench, one)
    if one.rationale:
        lines.append((_("The agent says:"), "dim"))
        lines += [(f"  “{one.rationale}”", "base")]
    lines.append((_("The call: {tool}").format(tool=one.tool), "dim"))
    lines += [
        (f"  {name} = {as_json(value)}", "dim") for name, value in sorted(one.arguments.items())
    ]
    return lines


def _until(bench: Workbench, one: Proposal) -> str:
    if not one.expires:
        return ""
    return " · " + _("expires {when}").format(when=words.later(bench, one.expires))


def _changes(bench: Workbench, one: Proposal) -> differing.Lines:
    if not one.changes:
        answer = [(f"  {one.answer}", "dim")] if one.answer else []
        return [(_("No record would change."), "dim"), *answer]
    scope = scope_of(bench, one.space)
    lines: differing.Lines = []
    for change in one.changes:
        lines += change_lines(bench, scope, change)
    return lines


def change_lines(bench: Workbench, scope: Scope, change: RecordChange) -> differing.Lines:
    """One record: what it is called, and each of its fields before and after."""
    kinds = {
        "new": _("new"),
        "changed": _("changed"),
        "deleted": _("deleted"),
        "restored": _("brought back"),
    }
    noun = next((m.words for m in bench.modules.values() if m.main == change.collection), "")
    what = " · ".join(filter(None, [_(noun) if noun else change.collection, change.title]))
    lines: differing.Lines = [(f"{kinds.get(change.kind, change.kind)}: {what}", "strong")]
    for field in change.fields:
        lines += _field_lines(bench, scope, change, field)
    return lines


def _field_lines(
    bench: Workbench, scope: Scope, change: RecordChange, field: FieldChange
) -> differing.Lines:
    module = next((m for m in bench.modules.values() if m.main == change.collection), None)
    form = pasts.fields_of(bench, module).get(field.field) if module is not None else None
    form = form or _stand_in(bench, change.collection, field)
    if field.field == TAGS:
        form = None
        before, after = (
            " ".join(f"#{tag}" for tag in tags) for tags in (field.before, field.after)
        )
    else:
        before, after = (_text(bench, scope, form, v) for v in (field.before, field.after))
    is_new = change.kind == "new"
    if is_new and not field.after:
        return []
    if before == after:
        before, after = as_json(field.before), as_json(field.after)
    label = _(form.words) if form is not None else _(field.words) if field.words else field.field
    if "\n" not in before + after:
        old = [] if is_new else [(f"  - {label}: {differing.empty(before)}", "error")]
        new = [(f"  + {label}: {differing.empty(after)}", "ok")]
        return [*old, *([] if change.kind == "deleted" else new)]
    old_text = "" if is_new else differing.empty(before)
    compared = differing.lines(old_text, "" if change.kind == "deleted" else differing.empty(after))
    return [(f"  {label}:", "dim"), *((f"  {text}", role) for text, role in compared)]


_KINDS: dict[str, FieldKind] = {"flag": "flag", "instant": "moment", "day": "date"}


def _stand_in(bench: Workbench, collection: str, field: FieldChange) -> FormField | None:
    """How a field that stands in no form is read: yes and no, days and times as people say them."""
    declared = bench.registry[collection].fields.get(field.field)
    kind = _KINDS.get(declared.kind) if declared is not None else None
    return FormField(field.field, kind, field.words) if kind is not None else None


def _text(bench: Workbench, scope: Scope, form: FormField | None, value: Any) -> str:
    if isinstance(value, Masked):
        return f"<{_(value.reason)}>"
    if value is None:
        return ""
    if form is not None:
        return pasts.text_of(bench, scope, form, value)
    return value if isinstance(value, str) else as_json(value)


def as_json(value: Any) -> str:
    """A value as it stands in the call."""
    return json.dumps(value, ensure_ascii=False, default=str)


def scope_of(bench: Workbench, number: int) -> Scope:
    """The scope of a space by its number; the space in view where it is gone."""
    for space in bench.spaces.list():
        scope = bench.spaces.scope(space["id"])
        if scope.number == number:
            return scope
    return bench.scope


def all_told(bench: Workbench, chosen: Sequence[Proposal]) -> tuple[differing.Lines, bool]:
    """Those of several, one under the other, and whether that is all of it."""
    lines: differing.Lines = []
    for at, one in enumerate(chosen):
        if at:
            lines.append(("", "base"))
        if len(chosen) > 1:
            place = _("{n} of {count}").format(n=at + 1, count=len(chosen))
            lines.append((place, "dim"))
        lines += told(bench, one)
        if len(lines) > MOST_LINES:
            return [*lines[:MOST_LINES], (_("… and more than fits here."), "warn")], False
    return lines, True


def look(bench: Workbench, ids: Sequence[str]) -> list[Proposal]:
    """What they would change now; that counts as shown."""
    from store.ai.proposals import inbox

    return inbox.look_all(bench, ids)


# Answers ----------------------------------------------------------------------------------------


def approve(bench: Workbench, chosen: Sequence[Proposal]) -> Answered:
    """Do exactly what was shown of each of ``chosen``; of what changed since, nothing."""
    from store.ai.proposals import inbox

    seen = {one.id: one.shown for one in chosen}
    decided = inbox.approve(bench, [one.id for one in chosen], seen)
    by_id = {one.id: one for one in chosen}
    done = [by_id[id] for id in map(id_of, decided.done) if id in by_id]
    stale = [by_id[id] for id in map(id_of, decided.stale) if id in by_id]
    parts = []
    if done:
        count = len(done)
        text = ngettext("Approved {n} proposal.", "Approved {n} proposals.", count)
        parts.append(text.format(n=number(count)) + " " + _("u takes it back."))
    if stale:
        text = ngettext(
            "{n} would change something else by now; look again.",
            "{n} would change something else by now; look again.",
            len(stale),
        )
        parts.append(text.format(n=number(len(stale))))
    parts += [f"{why}" for _id, why in decided.failed[:2]]
    return Answered(" ".join(parts) or _("Nothing waits."), tuple(done), tuple(stale))


def id_of(one: Any) -> str:
    """The id of a proposal, or the id itself."""
    return one if isinstance(one, str) else str(one.id)


def reject(bench: Workbench, ids: Sequence[str], feedback: str) -> str:
    """None of these; what was said reaches the next run."""
    from store.ai.proposals import inbox

    count = inbox.reject(bench, list(ids), feedback)
    text = ngettext("Rejected {n} proposal.", "Rejected {n} proposals.", count)
    said = text.format(n=number(count))
    return said + " " + _("The next run is told why.") if feedback else said


def edit(bench: Workbench, id: str, arguments: Mapping[str, Any]) -> Proposal:
    """Ask for something else; what that would change has to be looked at anew."""
    from store.ai.proposals import inbox

    return inbox.edit(bench, id, dict(arguments))


def typed(old: Any, text: str) -> Any:
    """What was typed, in the kind of what stood there: JSON where that was no text."""
    if isinstance(old, str):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def take_back(bench: Workbench, done: Sequence[Proposal]) -> str:
    """Revert what was approved just now."""
    from store.ai.proposals import reverting

    changed, left = 0, 0
    for one in reversed(done):
        back = reverting.revert(bench, one.mission, one.run, one.step)
        changed += back.changed
        left += len(back.left)
    return taken_back(changed, left)


def taken_back(changed: int, left: int, external: Sequence[str] = ()) -> str:
    """What a revert did, in words."""
    text = ngettext("Took back {n} change.", "Took back {n} changes.", changed)
    parts = [text.format(n=number(changed)) if changed else _("Nothing was left to take back.")]
    if left:
        text = ngettext(
            "{n} field changed since and was left.",
            "{n} fields changed since and were left.",
            left,
        )
        parts.append(text.format(n=number(left)))
    if external:
        parts.append(_("Not to be taken back: {what}.").format(what=", ".join(external)))
    return " ".join(parts)
