"""sync instructions: agents, missions, automations and scripts that came from elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from store.errors import AmbiguousError, NotFoundError
from store.words import _, ngettext, number
from tui.cli import output
from tui.cli.call import Call
from tui.cli.frame import noun

if TYPE_CHECKING:
    from store.sync.waiting.authority import Held

instructions = noun(
    "instructions", _("What came from elsewhere and does not act before somebody looked at it.")
)


@instructions.command("list", help=_("List what waits: where it is, what it is called, and why."))
@click.pass_obj
def list_(call: Call) -> None:
    """What may not act yet, in all spaces."""
    from store.sync.waiting import authority

    bench = call.bench(unlock="must")
    found = authority.waiting(bench)
    if not found:
        call.note(_("Nothing from elsewhere waits."))
    call.answer(
        [_shown(one) for one in found],
        lambda: output.columns(
            [
                (id, one.collection, output.clean(one.title), _(authority.WORDS[one.reason]))
                for id, one in zip(output.short_ids([w.id for w in found]), found, strict=True)
            ],
            width=output.width(),
        ),
    )


def _shown(one: Held) -> dict[str, Any]:
    return {**one._asdict(), "fields": dict(one.fields)}


def _chosen(bench: Any, records: Sequence[str]) -> list[Held]:
    """What waits and is meant by the starts of ids. Raises NotFoundError, AmbiguousError."""
    from store.sync.waiting import authority

    waiting = authority.waiting(bench)
    found = []
    for text in records:
        mine = [w for w in waiting if w.id == text] or [w for w in waiting if w.id.startswith(text)]
        if len(mine) > 1:
            raise AmbiguousError(
                _("{text!r} means {count} records.").format(text=text, count=len(mine)),
                [(w.id, w.title) for w in mine],
                kept=_("Nothing was changed."),
                hint=_("Give more of the id."),
            )
        if not mine:
            raise NotFoundError(
                _("{text} does not wait here.").format(text=text), kept=_("Nothing was changed.")
            )
        found += mine
    return found


_records = click.argument("records", nargs=-1, metavar="RECORD...", required=True)


@instructions.command(help=_("Show all by which RECORD... would act."))
@_records
@click.pass_obj
def show(call: Call, records: Sequence[str]) -> None:
    """The look that approving needs."""
    found = _chosen(call.bench(unlock="must"), records)
    call.answer([_shown(one) for one in found], lambda: _whole(found))


def _whole(found: Sequence[Held]) -> list[str]:
    lines: list[str] = []
    for one in found:
        facts = [(name, output.clean(_text(value))) for name, value in one.fields.items()]
        lines += [*([""] if lines else []), f"{one.app}/{one.collection} {one.id}"]
        lines += output.columns(facts)
    return lines


def _text(value: Any) -> str:
    return value if isinstance(value, str) else output.encode(value).decode().strip()


@instructions.command(help=_("Show RECORD... and let it act as it is now."))
@_records
@click.pass_obj
def approve(call: Call, records: Sequence[str]) -> None:
    """Approve exactly what is shown."""
    from store.sync.waiting import authority

    bench = call.bench(unlock="must")
    found = _chosen(bench, records)
    for one in found:
        authority.approve(bench, one.app, one.collection, one.space, one.id, seen=one.digest)
    words = ngettext("{n} may act now.", "{n} may act now.", len(found))
    call.answer(
        [_shown(one) for one in found],
        lambda: [*_whole(found), "", words.format(n=number(len(found)))],
    )


@instructions.command(help=_("Keep RECORD... from acting as it is now."))
@_records
@click.pass_obj
def refuse(call: Call, records: Sequence[str]) -> None:
    """Refuse; it comes back to the list only if it changes."""
    from store.sync.waiting import authority

    bench = call.bench(unlock="must")
    found = _chosen(bench, records)
    for one in found:
        authority.refuse(bench, one.app, one.collection, one.space, one.id)
    words = ngettext("{n} will not act here.", "{n} will not act here.", len(found))
    call.answer({"refused": len(found)}, words.format(n=number(len(found))))
