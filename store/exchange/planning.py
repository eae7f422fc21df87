"""What an import would do: each item against what the space already holds.

The record keeps, sealed in ``metadata`` under ``import``, a digest of every field as the source
last gave it. So an unchanged source writes nothing, and a changed one writes only the fields that
it changed, with the source's own time: a field that somebody edited here later stays (law 3 and
the merge rule), and one that only this side changed is not touched at all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, NamedTuple

from store.errors import LockedError
from store.exchange.items import Item, Problem, Source, fold, record_id
from store.exchange.known import BATCH, Names, Stored, after, space_key, stored
from store.records import Masked
from store.stamps import instant, later
from store.words import _, ngettext

if TYPE_CHECKING:
    from store.workbench import Workbench

BOOK = "import"
"""The key in ``metadata`` under which an import remembers what it wrote."""

NEW, CHANGED, AGAIN, SAME, GONE = "new", "changed", "again", "same", "gone"
WRITES = frozenset({NEW, CHANGED, AGAIN})
"""States that write. AGAIN: the record's import was undone here; GONE: a person deleted it."""


class Decision(NamedTuple):
    """What becomes of one item.

    fields: names to write, with their times in ``at``; kept: names that the source changed and a
    later edit here holds. tags added and removed are names that the source changed.
    """

    item: Item
    id: str
    state: str
    there: Stored | None
    base: str
    at: dict[str, str]
    kept: tuple[str, ...]
    added: tuple[tuple[str | None, str], ...]
    removed: tuple[str, ...]


class Entry(NamedTuple):
    """One line of a plan."""

    state: str
    collection: str
    source_id: str
    label: str
    title: str
    kept: tuple[str, ...] = ()


@dataclass
class Plan:
    """What ``run`` will do. Nothing is written by making one.

    entries: one per item; problems: what the source holds and does not come in, or only in part;
    new_tags: names of tags that will be made; remarks: sentences about the whole.
    """

    source: Source
    space: str
    entries: list[Entry] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    new_tags: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    @property
    def counts(self) -> dict[str, int]:
        """How many items are new, changed, again, same, gone, and how many were skipped."""
        found = Counter(entry.state for entry in self.entries)
        states = {state: found[state] for state in (NEW, CHANGED, AGAIN, SAME, GONE)}
        return {**states, "skipped": sum(1 for p in self.problems if p.skipped)}

    @property
    def writes(self) -> frozenset[str]:
        """The source ids of what will be written."""
        return frozenset(e.source_id for e in self.entries if e.state in WRITES)

    def sentence(self) -> str:
        """The counts as one line."""
        return counted(self.counts)

    def lines(self) -> Iterator[str]:
        """What would happen, for ``--dry-run``: one line an item that is written or held back."""
        words = {NEW: _("new"), CHANGED: _("changed"), AGAIN: _("again"), GONE: _("gone")}
        wide = max(8, *map(len, (*words.values(), _("skipped"), _("remark"), _("tag"))))
        for entry in self.entries:
            if entry.state != SAME:
                kept = _(" (newer here: {fields})").format(fields=", ".join(entry.kept))
                title = f"{entry.title}{kept if entry.kept else ''}"
                yield f"{words[entry.state]:{wide}} {entry.label}  {title}"
        for problem in self.problems:
            word = _("skipped") if problem.skipped else _("remark")
            yield f"{word:{wide}} {problem.label}  {problem.reason}"
        for name in self.new_tags:
            yield f"{_('tag'):{wide}} {name}"
        yield from self.remarks


def counted(counts: dict[str, int]) -> str:
    """``3 new, 1 changed, 40 unchanged``: only what is not zero, except that nothing says so."""
    forms = {
        NEW: ngettext("{n} new", "{n} new", counts[NEW]),
        CHANGED: ngettext("{n} changed", "{n} changed", counts[CHANGED]),
        AGAIN: ngettext("{n} brought back", "{n} brought back", counts[AGAIN]),
        SAME: ngettext("{n} unchanged", "{n} unchanged", counts[SAME]),
        GONE: ngettext("{n} deleted here before", "{n} deleted here before", counts[GONE]),
        "skipped": ngettext("{n} left out", "{n} left out", counts["skipped"]),
    }
    parts = [text.format(n=counts[name]) for name, text in forms.items() if counts[name]]
    return ", ".join(parts) or _("nothing")


def make(bench: Workbench, source: Source) -> Plan:
    """Compare all that ``source`` holds with the active space.

    Raises LockedError (what is there cannot be compared), ScopeNotReadyError,
    ModuleNotInSpaceError.
    """
    scope = bench.scope
    if not bench.vault.unlocked:
        raise LockedError(
            _("The vault is locked; nothing can be imported."),
            kept=_("Nothing was imported."),
            hint=_("Unlock it with `manabench unlock`, then import again."),
        )
    collection = {"markdown": "notes", "taskwarrior": "tasks"}[source.format]
    scope.require(bench.registry[collection])
    plan = Plan(source, scope.id)
    tags = Names(bench, "tags", "tag")
    wanted: dict[str, str] = {}
    for batch in batches(source.read()):
        items = []
        for entry in batch:
            if isinstance(entry, Problem):
                plan.problems.append(entry)
            else:
                items.append(entry)
        for decision in decide(bench, source.format, items):
            if isinstance(decision, Problem):
                plan.problems.append(decision)
                continue
            item = decision.item
            title = str(item.fields.get("title", ""))
            plan.entries.append(
                Entry(
                    decision.state,
                    item.collection,
                    item.source_id,
                    item.label,
                    title,
                    decision.kept,
                )
            )
            if decision.state in WRITES:
                for _group, name in decision.added:
                    if tags.known(name) is None:
                        wanted.setdefault(fold(name), name)
    plan.new_tags = list(wanted.values())
    _remark(bench, plan)
    return plan


def batches(
    entries: Iterator[Item | Problem], seconds: float = inf
) -> Iterator[list[Item | Problem]]:
    """``entries`` in lists that one read and one write can take; ``seconds``: a list ends when
    reading it took so long, so that whoever waits hears of it and can cancel."""
    batch: list[Item | Problem] = []
    begun = monotonic()
    for entry in entries:
        batch.append(entry)
        if len(batch) == BATCH or monotonic() - begun > seconds:
            yield batch
            batch, begun = [], monotonic()
    if batch:
        yield batch


def decide(bench: Workbench, format: str, items: Sequence[Item]) -> Iterator[Decision | Problem]:
    """What becomes of each item; a Problem where what lies here forbids an answer."""
    if not items:
        return
    now = instant(bench.clock())
    space = space_key(bench)
    ids = [record_id(format, space, item.source_id) for item in items]
    there = stored(bench, items[0].collection, ids)
    for item, id in zip(items, ids, strict=True):
        yield _decide(item, id, there.get(id), now)


def _decide(item: Item, id: str, there: Stored | None, now: str) -> Decision | Problem:
    modified = min(item.modified, now)
    if there is None:
        return Decision(item, id, NEW, None, modified, {}, (), item.tags, ())
    metadata = there.values.get("metadata")
    if there.hidden or isinstance(metadata, Masked):
        return Problem(
            item.label, _("What an earlier import made of it cannot be opened; it was left alone.")
        )
    if there.gone and not there.undone:
        return Decision(item, id, GONE, there, modified, {}, (), (), ())
    book = metadata.get(BOOK, {}) if isinstance(metadata, dict) else {}
    before = book.get("fields", {})
    marks = item.marks()
    changed = [name for name in marks if marks[name] != before.get(name)]
    changed += [name for name in before if name not in marks]
    names = {fold(name): (group, name) for group, name in item.tags}
    had = set(book.get("tags", ()))
    added = tuple(pair for folded, pair in names.items() if folded not in had or there.gone)
    removed = tuple(folded for folded in had if folded not in names)
    if not there.gone and not changed and not added and not removed:
        return Decision(item, id, SAME, there, modified, {}, (), (), ())
    base = _time(item, modified, book.get("at"), now)
    at, kept = {}, []
    for name in changed:
        if name == "metadata":
            continue
        mine = there.at(name)
        if mine is not None and later(mine, base):
            kept.append(name)
        else:
            at[name] = base
    at["metadata"] = after(base, there.at("metadata"))
    if there.gone:
        at["deletedAt"] = after(base, there.at("deletedAt"))
    state = AGAIN if there.gone else CHANGED
    return Decision(item, id, state, there, base, at, tuple(kept), added, removed)


def _time(item: Item, modified: str, last: Any, now: str) -> str:
    """When the source changed. Where its own word does not admit to a change, the file's time
    does; a change that neither dates comes right after what was imported last."""
    if not isinstance(last, str) or later(modified, last):
        return modified
    touched = min(item.touched, now)
    return touched if touched and later(touched, last) else after(last, last)


def _remark(bench: Workbench, plan: Plan) -> None:
    """Say so where another folder of the same name was imported into this space before."""
    before = roots(bench).get(place(plan))
    moved = before is not None and before != plan.source.root
    if moved and Path(str(before)).exists() and any(e.state != NEW for e in plan.entries):
        plan.remarks.append(
            _(
                "Something of the same name was imported from {path} before; files of one name "
                "in both are taken for the same note."
            ).format(path=before)
        )


def place(plan: Plan) -> str:
    """The key under which this device remembers where a source lay."""
    return f"{plan.space}\n{plan.source.format}\n{plan.source.label}"


def roots(bench: Workbench) -> dict[str, str]:
    """Where this device imported from: ``place`` -> path."""
    found = bench.device.get("imports", {})
    return dict(found) if isinstance(found, dict) else {}
