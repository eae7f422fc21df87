"""Carrying a plan out: one step, batch by batch, through the merge.

Cancelling keeps what is done so far as that one step; the next import continues behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from store import told
from store.errors import ManabenchError, UsageError
from store.exchange.items import Item, Problem, fold
from store.exchange.known import ACTOR, Names, Stored, stored
from store.exchange.planning import (
    AGAIN,
    BOOK,
    CHANGED,
    GONE,
    NEW,
    SAME,
    WRITES,
    Decision,
    Plan,
    batches,
    counted,
    decide,
    place,
    roots,
)
from store.stamps import instant, later
from store.tagging import link_id
from store.words import _, ngettext

if TYPE_CHECKING:
    from store.documents import Step
    from store.workbench import Workbench

Progress = Callable[[int, int], None]
Cancelled = Callable[[], bool]

HEARD = 0.05
"""Seconds of reading after which what was read is written, told, and may be cancelled."""

_DEFAULTS: dict[str, dict[str, Any]] = {
    "tasks": {"order": 0},
    "notes": {"isPinned": False, "isArchived": False},
}
"""What a new record of ours always has, beside what the source says."""


@dataclass
class Result:
    """What an import did.

    counts as in the plan, of what was really done; written: rows that changed, tags and links
    included; kept: (label, fields) that the source changed and a later edit here holds; done of
    total: items reached before it ended or was cancelled.
    """

    counts: dict[str, int]
    problems: list[Problem]
    total: int
    done: int = 0
    written: int = 0
    cancelled: bool = False
    kept: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    new_tags: list[str] = field(default_factory=list)

    def sentence(self) -> str:
        """What was done, and how to take it back, as one line."""
        text = counted(self.counts)
        if self.kept:
            form = ngettext("{n} newer here and kept", "{n} newer here and kept", len(self.kept))
            text += ", " + form.format(n=len(self.kept))
        if self.cancelled:
            form = _("Cancelled after {done} of {total}: {text}.")
            text = form.format(done=self.done, total=self.total, text=text)
            more = _("`u` takes it back, importing again continues.")
            return f"{text} {more}" if self.written else text
        return _("Imported: {text}.").format(text=text)


def run(
    bench: Workbench,
    plan: Plan,
    progress: Progress | None = None,
    cancelled: Cancelled | None = None,
) -> Result:
    """Do what ``plan`` says, as one step of the active space.

    progress(done, total) is called after each batch; cancelled() is asked before each. What
    changed here or in the source since the plan was made is decided anew. Raises UsageError if
    the space was switched since; LockedError and StorageError, and then nothing was written.
    """
    if bench.scope.id != plan.space:
        raise UsageError(
            _("The space was switched since this import was planned."),
            kept=_("Nothing was imported."),
            hint=_("Plan it again in the space that it should go to."),
        )
    wanted = plan.writes
    counts = dict.fromkeys(plan.counts, 0) | {"skipped": plan.counts["skipped"]}
    counts |= {SAME: plan.counts[SAME], GONE: plan.counts[GONE]}
    result = Result(counts, list(plan.problems), len(wanted))
    if not wanted:
        return result
    # Not named after the folder: the label is readable at rest. Not durable: it can be repeated.
    label = told.counted("import of {n} record", "import of {n} records", len(wanted))
    with bench.step(label, durable=False) as step:
        writer = _Writer(bench, step, result)
        for batch in batches(plan.source.read(wanted), HEARD):
            if cancelled is not None and cancelled():
                result.cancelled = True
                break
            vanished = [entry for entry in batch if isinstance(entry, Problem)]
            items = [entry for entry in batch if isinstance(entry, Item)]
            writer.write([*vanished, *decide(bench, plan.source.format, items)])
            result.done += len(batch)
            if progress is not None:
                progress(result.done, result.total)
        result.written = step.written
        result.new_tags = writer.tags.made
    _remember(bench, plan)
    return result


def _remember(bench: Workbench, plan: Plan) -> None:
    """Note where the source lay, for a remark on another of its name; it is done without."""
    known = roots(bench)
    if known.get(place(plan)) != plan.source.root:
        with suppress(ManabenchError):
            bench.device.set("imports", {**known, place(plan): plan.source.root})


class _Writer:
    """Writes decisions into one step; finds or makes the tags and projects they name."""

    def __init__(self, bench: Workbench, step: Step, result: Result) -> None:
        self.bench = bench
        self.step = step
        self.result = result
        self.now = instant(bench.clock())
        self.tags = Names(bench, "tags", "tag")
        self.groups = Names(bench, "tagGroups", "group")
        self.linked: dict[str, Names] = {}

    def write(self, decisions: Sequence[Decision | Problem]) -> None:
        """One batch, all of one collection: two reads and two writes however many it holds."""
        todo = []
        for decision in decisions:
            if isinstance(decision, Problem):
                self.result.problems.append(decision)
                self.result.counts["skipped"] += 1
                continue
            self.result.counts[decision.state] += 1
            if decision.kept:
                self.result.kept.append((decision.item.label, decision.kept))
            if decision.state in WRITES:
                todo.append(decision)
        if not todo:
            return
        collection = todo[0].item.collection
        links = self._links(collection, todo)
        records = [self._record(decision, links.tags[decision.id]) for decision in todo]
        link = self.bench.registry[collection].tag_link
        # A list on the record is weighed against the junction rows when the record is written:
        # with the rows there first, that happens once.
        if link and link.path:
            self._merge(link.junction, links.rows)
            self._merge(collection, records)
        else:
            self._merge(collection, records)
            if link:
                self._merge(link.junction, links.rows)

    def _merge(self, collection: str, replicas: list[Any]) -> None:
        from store.documents import Replica

        if replicas:
            rows = [Replica(*replica) for replica in replicas]
            self.step.merge_many(collection, rows, actor=ACTOR, origin="system")

    # The record -----------------------------------------------------------------------------

    def _record(self, decision: Decision, tags: list[str]) -> tuple[str, dict[str, Any], Any]:
        item, there = decision.item, decision.there
        values = {**item.fields, **{n: self._linked(*link) for n, link in item.links.items()}}
        metadata = dict(there.values.get("metadata") or {}) if there else {}
        metadata |= item.metadata
        metadata[BOOK] = {
            "format": item_format(item),
            "id": item.source_id,
            "at": decision.base,
            "fields": item.marks(),
            "tags": sorted(fold(name) for _group, name in item.tags),
        }
        link = self.bench.registry[item.collection].tag_link
        if link and link.path == "metadata.labelIds" and (tags or "labelIds" in metadata):
            metadata["labelIds"] = tags
        values["metadata"] = metadata
        if there is None:
            new = {**_DEFAULTS.get(item.collection, {}), **values}
            new["createdAt"] = min(item.created, self.now)
            return decision.id, new, decision.base
        return decision.id, {name: values.get(name) for name in decision.at}, decision.at

    def _linked(self, collection: str, name: str) -> str | None:
        if collection not in self.linked:
            self.linked[collection] = Names(self.bench, collection, "project")
        return self.linked[collection].id(self.step, name, {})

    # Its tags -------------------------------------------------------------------------------

    def _tag(self, group: str | None, name: str) -> str | None:
        colour = self.bench.registry["tags"].fields["color"].default
        fields = {"color": colour}
        if group and self.tags.known(name) is None:
            grey = self.bench.registry["tagGroups"].fields["color"].default
            if found := self.groups.id(self.step, group, {"color": grey}):
                fields["groupId"] = found
        return self.tags.id(self.step, name, fields)

    def _links(self, collection: str, decisions: Sequence[Decision]) -> _Links:
        """Junction rows to merge, and per record the tag ids it bears afterwards."""
        links = _Links()
        link = self.bench.registry[collection].tag_link
        pairs: list[tuple[Decision, str, bool]] = []
        for decision in decisions:
            links.tags[decision.id] = sorted(decision.there.tags) if decision.there else []
            if link is None:
                continue
            for group, name in decision.added:
                if tag := self._tag(group, name):
                    pairs.append((decision, tag, True))
            for name in decision.removed:
                if tag := self.tags.known(name):
                    pairs.append((decision, tag, False))
        if link is None or not pairs:
            return links
        old = [link_id(d.id, tag) for d, tag, _on in pairs if d.there is not None]
        there = stored(self.bench, link.junction, old, ()) if old else {}
        for decision, tag, on in pairs:
            row = there.get(link_id(decision.id, tag))
            if not _holds(row, decision, on):
                continue
            at = decision.base
            mine = links.tags[decision.id]
            if on and tag not in mine:
                mine.append(tag)
            if not on and tag in mine:
                mine.remove(tag)
            fields: dict[str, Any] = {link.key: decision.id, "tagId": tag}
            if row is None:
                fields["createdAt"] = at
            if row is not None and row.gone and on:
                at = max(at, decision.at.get("deletedAt", at))
                fields["deletedAt"] = None
            if not on:
                fields["deletedAt"] = at
            links.rows.append((link_id(decision.id, tag), fields, at))
        return links


class _Links:
    """Junction rows to merge, and per record id the tags it bears once they are."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, dict[str, Any], Any]] = []
        self.tags: dict[str, list[str]] = {}


def _holds(row: Stored | None, decision: Decision, on: bool) -> bool:
    """Whether the source's change of a tag stands against what was done to it here later."""
    if row is None:
        return on
    if decision.state == AGAIN and row.gone:
        return on and row.undone
    if row.gone == (not on):
        return False
    since = row.at("deletedAt") or row.meta.newest()
    return not later(since, decision.base)


def item_format(item: Item) -> str:
    """The format an item came from."""
    return "markdown" if item.collection == "notes" else "taskwarrior"


__all__ = ["CHANGED", "NEW", "Cancelled", "Progress", "Result", "run"]
