"""What agents did and what they read, by day and run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from store import when
from store.records import Masked
from store.scope import Scope
from store.words import _, ngettext, number
from tui.asking import differing
from tui.asking.agents import words
from tui.asking.agents.proposals import change_lines, scope_of
from tui.asking.managing.entry import Entry, heading

if TYPE_CHECKING:
    from store.ai.proposals.timeline import Access, Act, Bucket
    from store.workbench import Workbench

BUCKET, ACT, READ, RECORD = "bucket", "act", "read", "record"

MOST = 500
"""Runs, and reads, that are listed."""


class Narrowed(NamedTuple):
    """What the timeline is narrowed to. space: an id, "" for every space."""

    agent: str = ""
    module: str = ""
    space: str = ""
    words: str = ""


def _scope(bench: Workbench, narrowed: Narrowed) -> Scope | None:
    return bench.spaces.scope(narrowed.space) if narrowed.space else None


def acts(bench: Workbench, narrowed: Narrowed) -> list[Entry]:
    """Runs with what came of them, newest first, under their days."""
    from store.ai.proposals import timeline

    found = timeline.acts(
        bench, _scope(bench, narrowed), agent=narrowed.agent, module=narrowed.module, limit=MOST
    )
    names = _spaces(bench)
    lines: list[Entry] = []
    for day, group in groupby(found, key=lambda bucket: bucket.day):
        lines.append(heading(_day(day)))
        lines += [_bucket(bench, bucket, names) for bucket in group]
    return lines


def _spaces(bench: Workbench) -> dict[int, str]:
    return {bench.spaces.scope(s["id"]).number: s.text("name") for s in bench.spaces.list()}


def _day(day: str) -> str:
    """``Today``, ``Monday 2 June``: a day of the past in words."""
    now = when.now()
    if day == now.date().isoformat():
        return _("Today")
    return when.shown(date.fromisoformat(day).isoformat(), now)


def _bucket(bench: Workbench, bucket: Bucket, names: Mapping[int, str]) -> Entry:
    parts = [bucket.agent_name, count_of(bucket.records)]
    if bucket.staged:
        waits = ngettext("{n} waits", "{n} wait", bucket.staged)
        parts.append(waits.format(n=number(bucket.staged)))
    if bucket.rejected:
        parts.append(_("{n} rejected").format(n=number(bucket.rejected)))
    if bucket.reads:
        reads = ngettext("{n} read", "{n} read", bucket.reads)
        parts.append(reads.format(n=number(bucket.reads)))
    if bucket.reverted:
        parts.append(_("taken back"))
    if bucket.space != bench.scope.number:
        parts.append(names.get(bucket.space, ""))
    sign = words.STATE_SIGNS.get(bucket.state, "·")
    return Entry(
        f"{bucket.mission}/{bucket.iteration}",
        bucket.label or bucket.agent_name,
        BUCKET,
        bucket.iteration,
        right=words.moment(bench, bucket.began),
        note=" · ".join(filter(None, parts)),
        glyph="↺" if bucket.reverted else sign,
        role="dim" if bucket.reverted else words.STATE_ROLES.get(bucket.state, "base"),
        value=bucket,
        aligned=True,
    )


def count_of(count: int) -> str:
    """``3 records changed``."""
    if not count:
        return _("nothing changed")
    words = ngettext("{n} record changed", "{n} records changed", count)
    return words.format(n=number(count))


def told(bench: Workbench, entry: Entry) -> differing.Lines:
    """What a run did, step by step; or who read a record."""
    if entry.kind == READ:
        return [(line, "base") for line in entry.facts.split("\n")]
    if entry.kind == ACT:
        return [(line, role) for line, role in step_lines(bench, entry.value)]
    bucket: Bucket = entry.value
    lines = [(f"{bucket.label or bucket.agent_name} · {bucket.agent_name}", "head")]
    if bucket.state:
        lines.append((words.state(bucket.state), "dim"))
    for act in bucket.steps:
        sign = "↺" if act.reverted else "✓"
        lines.append((f"{sign} {words.tool(act.words)}", "dim" if act.reverted else "base"))
    if not bucket.steps:
        lines.append((_("It changed nothing."), "dim"))
    return lines


# One run ----------------------------------------------------------------------------------------


def as_it_is(bench: Workbench, bucket: Bucket) -> Bucket:
    """A run read anew: some of it may have been taken back meanwhile."""
    from store.ai.proposals import timeline

    if not bucket.mission:
        return bucket
    scope = scope_of(bench, bucket.space)
    found = timeline.acts(bench, scope, mission=bucket.mission, limit=MOST)
    return next((one for one in found if one.iteration == bucket.iteration), bucket)


def steps(bench: Workbench, bucket: Bucket) -> list[Entry]:
    """The steps of a run with the records that each changed."""
    lines: list[Entry] = [heading(f"{bucket.label or bucket.agent_name} · {bucket.agent_name}")]
    for act in bucket.steps:
        lines.append(
            Entry(
                f"act/{act.n}",
                words.tool(act.words),
                ACT,
                right=words.moment(bench, act.at),
                note=_("taken back") if act.reverted else "",
                glyph="↺" if act.reverted else "✓",
                role="dim" if act.reverted else "base",
                value=act,
            )
        )
        lines += _records(bench, bucket, act)
    if not bucket.steps:
        lines.append(heading("  " + _("It changed nothing.")))
    return lines


def _records(bench: Workbench, bucket: Bucket, act: Act) -> list[Entry]:
    """The records that a step changed; each opens."""
    from store.ai.proposals import past

    return [
        Entry(
            f"record/{act.n}/{collection}/{record['id']}",
            bench.documents.title(collection, record) or _("Untitled"),
            RECORD,
            record["id"],
            right=_("deleted") if record.get("deletedAt") else "",
            note=_place(bench, collection),
            facts=_("Enter shows the record."),
            depth=1,
            value=(collection, bucket.space, act),
        )
        for collection, record in past.records(bench, act.n)
    ]


def _place(bench: Workbench, collection: str) -> str:
    """What the records of a collection are called together."""
    if collection == "tags":
        return _("Tags")
    module = next((m for m in bench.modules.values() if m.main == collection), None)
    return _(module.words) if module is not None else collection


def told_step(bench: Workbench, entry: Entry) -> differing.Lines:
    """What a step changed, field by field."""
    act = entry.value if entry.kind == ACT else entry.value[2]
    return step_lines(bench, act)


def step_lines(bench: Workbench, act: Act) -> differing.Lines:
    """A step in words, with what it was asked to do."""
    lines: differing.Lines = [(words.tool(act.words), "head"), (words.moment(bench, act.at), "dim")]
    if act.reverted:
        lines.append((_("It was taken back."), "dim"))
    if changed := _differences(bench, act):
        return lines + changed
    for id, count in act.modules.items():
        name = _(bench.modules[id].words) if id in bench.modules else id
        lines.append((f"{name}: {count_of(count)}", "base"))
    return lines


def _differences(bench: Workbench, act: Act) -> differing.Lines:
    """What it changed, field by field; nothing of a step on another device."""
    from store.ai.proposals import past

    if not act.n:
        return []
    scope = scope_of(bench, past.space_of(bench, act.n))
    return [
        line for change in past.of_step(bench, act.n) for line in change_lines(bench, scope, change)
    ]


# What was read ----------------------------------------------------------------------------------


def reads(bench: Workbench, narrowed: Narrowed) -> list[Entry]:
    """Every record that agents read, newest first, under their days."""
    from store.ai.proposals import timeline

    found = timeline.accesses(
        bench, _scope(bench, narrowed), agent=narrowed.agent, module=narrowed.module, limit=MOST
    )
    names = _agents(bench, found)
    lines: list[Entry] = []
    for day, group in groupby(found, key=_day_of):
        lines.append(heading(_day(day)))
        lines += [_read(bench, one, names) for one in group]
    return lines


def _day_of(one: Access) -> str:
    from datetime import datetime

    return when.local(datetime.fromisoformat(one.at)).date().isoformat()


def _agents(bench: Workbench, found: Sequence[Access]) -> dict[str, str]:
    from tui.asking.agents.missions import agent_name

    return {id: agent_name(bench, id)[0] for id in {one.agent for one in found}}


def _read(bench: Workbench, one: Access, names: Mapping[str, str]) -> Entry:
    title = f"<{_(one.title.reason)}>" if isinstance(one.title, Masked) else str(one.title or "")
    where = _place(bench, one.collection)
    agent = names.get(one.agent, "")
    facts = _("{agent} read this with: {tool}.").format(agent=agent, tool=words.tool(one.tool))
    return Entry(
        f"read/{one.n}",
        title or _("{id} (not here)").format(id=one.record[:8]),
        READ,
        one.record,
        right=words.moment(bench, one.at),
        note=" · ".join(filter(None, [where, agent])),
        facts=facts,
        value=(one.collection, one.space, None),
        aligned=True,
    )


# Narrowing --------------------------------------------------------------------------------------


def choices(bench: Workbench) -> list[tuple[str, str, Narrowed]]:
    """(words, what kind of thing it is, what it narrows to) of all that can be chosen."""
    from store.queries import Query

    found = [(_("everything"), "", Narrowed())]
    for space in bench.spaces.list():
        name = space.text("name")
        found.append((name, _("space"), Narrowed(space=space["id"], words=name)))
    if bench.scope.allows("ai-agents"):
        for agent in bench.documents.page(
            bench.scope, Query("agents", filters=("all",)), limit=200
        ):
            name = agent.text("name")
            found.append((name, _("agent"), Narrowed(agent=agent["id"], words=name)))
    for module in bench.modules.values():
        name = _(module.words)
        found.append((name, _("module"), Narrowed(module=module.id, words=name)))
    return found


def lens(bench: Workbench) -> Narrowed:
    """What the scene in view begins with: its agent."""
    from tui.asking.agents.lens import of_scene

    agent = of_scene(bench)
    return (
        Narrowed(agent=agent["id"], words=agent.text("name")) if agent is not None else Narrowed()
    )
