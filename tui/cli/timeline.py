"""timeline: what agents did, by day and run, and what they read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from store.errors import AmbiguousError, InvalidValueError, NotFoundError
from store.words import _, ngettext, number
from tui.cli import output
from tui.cli.call import Call, masked
from tui.cli.frame import Verb

if TYPE_CHECKING:
    from store.ai.proposals.timeline import Access, Bucket
    from store.scope import Scope
    from store.workbench import Workbench


def named(bench: Workbench, scope: Scope, collection: str, text: str) -> str:
    """The id of the mission or agent that ``text`` means, also of one that is gone or known by
    what it did alone. Raises NotFoundError, AmbiguousError."""
    for deleted in (False, True):
        try:
            found = bench.documents.find(scope, collection, text, deleted=deleted)
        except AmbiguousError:
            raise
        except NotFoundError:
            continue
        return str(found["id"])
    from store.ai import actors

    key = actors.AGENT if collection == "agents" else actors.MISSION
    known = actors.named(bench, key, text, text if collection == "agents" else "")
    if len(known) == 1:
        return known[0]
    raise NotFoundError(
        _("Nothing in {name} is called {text!r}.").format(
            name=collection.removeprefix("ai"), text=text
        ),
        kept=_("Nothing was changed."),
        hint=_("Give the start of its id, or its exact title."),
    )


def moment(bench: Workbench, text: str) -> str:
    """``24h``, ``7d``, or a day as people type it, as an instant or a day. InvalidValueError."""
    from datetime import timedelta

    from store import when
    from store.stamps import instant

    if not text:
        return ""
    if found := re.fullmatch(r"(\d{1,4})\s*([hdt])", text.strip().casefold()):
        hours = int(found[1]) * (1 if found[2] == "h" else 24)
        return instant(bench.clock() - timedelta(hours=hours))
    read = when.read(text, when.now())
    if not read:
        raise InvalidValueError(_("No time was given."), kept=_("Nothing was changed."))
    return read


@click.command(cls=Verb, help=_("What agents did, newest run first; --access: what they read."))
@click.option("--mission", default="", metavar="MISSION", help=_("Only of this mission."))
@click.option("--agent", default="", metavar="AGENT", help=_("Only of this agent."))
@click.option("--module", default="", metavar="MODULE", help=_("Only in this module."))
@click.option("--since", default="", metavar="TIME", help=_("24h, 7d, yesterday or a day."))
@click.option("--access", is_flag=True, help=_("Data access: every record that was read."))
@click.option("--limit", type=click.IntRange(min=1), default=500, help=_("At most so many."))
@click.pass_obj
def timeline(
    call: Call, mission: str, agent: str, module: str, since: str, access: bool, limit: int
) -> None:
    """Acts or reads of all spaces, or of the one of --space."""
    from store.ai.proposals.timeline import accesses, acts

    bench, scope = call.scoped()
    narrowed: dict[str, Any] = {
        "mission": named(bench, scope, "aiMissions", mission) if mission else "",
        "agent": named(bench, scope, "agents", agent) if agent else "",
        "module": _module(bench, module),
        "since": moment(bench, since),
        "limit": limit,
    }
    place = scope if call.space else None
    if access:
        _read(call, accesses(bench, place, **narrowed))
    else:
        _done(call, acts(bench, place, **narrowed))


def _module(bench: Workbench, text: str) -> str:
    """A module by its id or noun. Raises NotFoundError."""
    if not text:
        return ""
    for module in bench.modules.values():
        if text in (module.id, module.noun, module.main):
            return module.id
    raise NotFoundError(
        _("There is no module called {text}.").format(text=text), kept=_("Nothing was changed.")
    )


def _done(call: Call, buckets: Sequence[Bucket]) -> None:
    if not buckets:
        call.note(_("Agents did nothing here."))
    call.answer(
        [
            {
                **bucket._asdict(),
                "records": bucket.records,
                "steps": [
                    {
                        "step": act.number if act.number >= 0 else None,
                        "at": act.at,
                        "label": act.label,
                        "modules": dict(act.modules),
                        "reverted": act.reverted,
                    }
                    for act in bucket.steps
                ],
            }
            for bucket in buckets
        ],
        lambda: _lines(buckets),
    )


def _lines(buckets: Sequence[Bucket]) -> list[str]:
    from store import when
    from tui.asking.agents import words

    now, day = when.now(), ""
    lines: list[str] = []
    for bucket in buckets:
        if bucket.day != day:
            day = bucket.day
            lines += [*([""] if lines else []), when.shown(day, now)]
        counts = [
            _counted(len(bucket.steps), bucket.records),
            *([_("{n} waiting").format(n=number(bucket.staged))] if bucket.staged else []),
            *([_("{n} rejected").format(n=number(bucket.rejected))] if bucket.rejected else []),
            *(
                [ngettext("{n} read", "{n} read", bucket.reads).format(n=number(bucket.reads))]
                if bucket.reads
                else []
            ),
            *([_("taken back")] if bucket.reverted else []),
        ]
        head = [
            bucket.iteration[: output.SHORT],
            when.shown(bucket.began, now),
            bucket.agent_name,
            bucket.label or bucket.mission[: output.SHORT],
            words.state(bucket.state) if bucket.state else "",
            ", ".join(filter(None, counts)),
        ]
        lines.append("  " + "  ".join(output.clean(part) for part in head if part))
        for act in bucket.steps:
            number_ = str(act.number) if act.number >= 0 else "-"
            back = " " + _("(taken back)") if act.reverted and not bucket.reverted else ""
            lines.append(f"    {number_:>3}  {output.clean(act.words)}{back}")
    return lines


def _counted(steps: int, records: int) -> str:
    if not steps:
        return ""
    return ngettext("{n} record", "{n} records", records).format(n=number(records))


def _read(call: Call, found: Sequence[Access]) -> None:
    from store import when

    if not found:
        call.note(_("Agents read nothing here."))
    now = when.now()
    call.answer(
        [{**one._asdict(), "title": str(one.title)} for one in found],
        lambda: output.columns(
            [
                (
                    when.shown(one.at, now),
                    one.run[: output.SHORT],
                    one.tool,
                    one.collection,
                    one.record[: output.SHORT],
                    masked(one.title),
                )
                for one in found
            ],
            width=output.width(),
        ),
    )
