"""sync: a round with the server, how it stands, a comparison; conflicts and what waits.

Held deletions are a command of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import click

from store.errors import NotFoundError
from store.words import N_, NN_, _, ngettext, number
from tui.cli import output
from tui.cli.call import Call, masked
from tui.cli.frame import Noun, noun

if TYPE_CHECKING:
    from store.sync.compare.verifying import Compared
    from store.sync.status import Status
    from store.workbench import Workbench

_ONE = {
    "once": N_("Send and fetch once, then end; this is what sync does by itself."),
    "status": N_("Say how it stands, without asking the server."),
    "verify": N_("Compare what stands here with what the server holds, space by space."),
    "full": N_("Fetch everything again from the start."),
    "resend": N_("Send everything again, after the server lost some of it."),
}


@click.pass_context
def _sync(ctx: click.Context, **flags: bool) -> None:
    call: Call = ctx.obj
    wanted = [name for name, given in flags.items() if given]
    if ctx.invoked_subcommand is not None:
        if wanted:
            raise click.UsageError(_("That option stands alone."), ctx)
        return
    if len(wanted) > 1:
        raise click.UsageError(_("Only one of these can be asked for at a time."), ctx)
    _ACTS[wanted[0] if wanted else "once"](ctx, call)


sync = Noun(
    "sync",
    callback=_sync,
    invoke_without_command=True,
    help=_("Sync with the server of this home's account. Sign in first: manabench login URL."),
    params=[
        click.Option([f"--{name}"], is_flag=True, help=_(words)) for name, words in _ONE.items()
    ],
)
sync.late["instructions"] = (
    "tui.cli.instructions",
    "instructions",
    N_("What came from elsewhere and does not act before somebody looked at it."),
)
sync.late["devices"] = (
    "tui.cli.devices",
    "devices",
    N_("The devices of this account, and whether each holds the same."),
)


def _progress() -> Callable[[int, int], None] | None:
    """Counts on a terminal, where somebody waits; nothing in a script."""
    import sys

    if not output.is_terminal(sys.stderr):
        return None

    def told(done: int, total: int) -> None:
        words = number(done)
        if total > 0:
            words = _("{done} of {total}").format(done=words, total=number(total))
        output.write(f"\r{words}\x1b[K", error=True)

    return told


def _ended(progress: Any) -> None:
    if progress is not None:
        output.write("\r\x1b[K", error=True)


def _round(call: Call, *, whole: bool) -> None:
    from store.sync.spaces import creating

    bench, progress = call.bench(unlock="must"), _progress()
    try:
        report = bench.sync.full(progress) if whole else bench.sync.once(progress)
    finally:
        _ended(progress)
    sent = ngettext("Sent {n} record.", "Sent {n} records.", report.pushed)
    came = ngettext("Fetched {n} row.", "Fetched {n} rows.", report.pulled)
    lines = [f"{sent.format(n=number(report.pushed))} {came.format(n=number(report.pulled))}"]
    lines += [report.words] if report.words else []
    lines += bench.sync.status().notes
    lines += _waiting(report.waiting)
    lines += creating.altered(bench)
    data = {**report._asdict(), "waiting": report.waiting._asdict()}
    call.answer(data, [output.clean(line) for line in lines])


def _resend(call: Call) -> None:
    """Mark all that a server should have as unsent, then a round."""
    call.bench(unlock="must").sync.resend()
    _round(call, whole=False)


def _waiting(waiting: Any) -> list[str]:
    """What waits for a look, and the command that shows it."""
    rows = (
        (waiting.conflicts, "sync conflicts", NN_("{n} conflict", "{n} conflicts")),
        (waiting.deletions, "held list", NN_("{n} deletion", "{n} deletions")),
        (waiting.quarantine, "sync quarantine", NN_("{n} in quarantine", "{n} in quarantine")),
        (waiting.aside, "sync aside", NN_("{n} set aside", "{n} set aside")),
        (
            waiting.authority,
            "sync instructions list",
            NN_("{n} from elsewhere may not act yet", "{n} from elsewhere may not act yet"),
        ),
    )
    found = []
    for count, command, (one, many) in rows:
        if count:
            said = ngettext(one, many, count).format(n=number(count))
            found.append(f"{said}: manabench {command}" if command else said)
    return found


def _status(_ctx: click.Context, call: Call) -> None:
    from tui.asking import syncing

    bench = call.bench(unlock="never")
    found: Status = bench.sync.status()
    data = {
        **found._asdict(),
        "waiting": found.waiting._asdict(),
        "collections": [one._asdict() for one in found.collections],
        "rates": list(found.rates),
    }

    def lines() -> list[str]:
        told = [piece.words for piece in syncing.pieces(found, bench.clock())]
        head = [syncing.state_words(found), " · ".join(told), *_waiting(found.waiting)]
        head += [words for words in found.notes if words not in head]
        if found.invitations:
            words = ngettext("{n} invitation", "{n} invitations", found.invitations)
            head.append(f"{words.format(n=number(found.invitations))}: manabench space invitations")
        return [output.clean(line) for line in head if line] + _collections(bench, found)

    call.answer(data, lines)


def _collections(bench: Any, found: Status) -> list[str]:
    """One line for each collection that has something to say."""
    from store import when

    now = when.local(bench.now())
    rows = []
    for one in found.collections:
        if not (one.pending or one.error or one.pulled):
            continue
        to_send = ngettext("{n} to send", "{n} to send", one.pending).format(n=number(one.pending))
        at = when.moment(one.pulled, now) if one.pulled else _("never")
        name = f"{one.app}/{one.collection}"
        rows.append((name, at, to_send if one.pending else "", one.error))
    return output.columns(rows, width=output.width())


def _verify(ctx: click.Context, call: Call) -> None:
    bench, progress = call.bench(unlock="must"), _progress()
    try:
        found = list(bench.sync.verify(progress))
    finally:
        _ended(progress)
    names = {space["id"]: masked(space.get("name")) for space in bench.spaces.list()}
    known = bench.sync.account()
    names[""] = known.email if known is not None else ""
    call.answer(
        [
            {
                **one._asdict(),
                "others": [other._asdict() for other in one.others],
                "same": one.same,
            }
            for one in found
        ],
        lambda: output.columns(
            [
                (names.get(one.space, one.space[: output.SHORT]), _compared(bench, one))
                for one in found
            ]
        ),
    )
    if not all(one.same for one in found) or any(one.apart for one in found):
        ctx.exit(1)


def _compared(bench: Workbench, one: Compared) -> str:
    """``laptop 7f3a = server 7f3a = phone 7f3a``, or why that is not known."""
    from store.sync.compare.devices import own_name
    from tui.asking import syncing

    if one.words:
        return one.words
    return syncing.compared(own_name(bench), one.mine, one.others, bench.clock(), one.theirs)


_ACTS: dict[str, Callable[[click.Context, Call], None]] = {
    "once": lambda _ctx, call: _round(call, whole=False),
    "status": _status,
    "verify": _verify,
    "full": lambda _ctx, call: _round(call, whole=True),
    "resend": lambda _ctx, call: _resend(call),
}


# What waits -------------------------------------------------------------------------------------

_numbers = click.argument("numbers", nargs=-1, type=int, metavar="[N]...")


def _group(name: str, help: str) -> Noun:
    """A group that lists what there is when no verb is given."""

    @click.pass_context
    def listed(ctx: click.Context) -> None:
        if ctx.invoked_subcommand is None:
            ctx.invoke(group.commands["list"])

    group = noun(name, help)
    group.callback = listed
    sync.add_command(group)
    return group


def _chosen(known: Sequence[int], numbers: Sequence[int]) -> list[int]:
    """The numbers that are meant; all of them where none is given. Raises NotFoundError."""
    for n in numbers:
        if n not in known:
            raise NotFoundError(
                _("Nothing waits under the number {n}.").format(n=n),
                kept=_("Nothing was changed."),
                hint=_("The list shows the numbers."),
            )
    return list(numbers) or list(known)


conflicts = _group("conflicts", _("Values typed here that lost to others."))
quarantine = _group("quarantine", _("Rows from the server that were not taken in."))
aside = _group("aside", _("Records that the server refused."))


@conflicts.command("list", help=_("List the conflicts: mine, theirs, when."))
@click.pass_obj
def list_conflicts(call: Call) -> None:
    """Every conflict of every space, with its number."""
    from tui.asking.managing import conflicts as shown

    bench = call.bench()
    found = shown.entries(bench)
    if not found:
        call.note(_("Nothing is in conflict."))
    call.answer(
        [
            {
                "n": entry.value.n,
                "collection": entry.value.collection,
                "spaceId": entry.value.space,
                "id": entry.value.id,
                "field": entry.value.name,
                "title": entry.words,
                "mine": entry.value.mine,
                "theirs": entry.value.theirs,
            }
            for entry in found
        ],
        lambda: [
            output.clean(line)
            for entry in found
            for line in (
                f"{entry.value.n}  {entry.words} · {entry.note.partition(':')[0]}",
                *(f"   {text}" for text, _role in entry.value.lines),
            )
        ],
    )


@conflicts.command(help=_("Write mine back, all or N..., as one step; undo takes it back."))
@_numbers
@click.pass_obj
def mine(call: Call, numbers: Sequence[int]) -> None:
    """Keep mine."""
    _settle(call, numbers, "keep_mine")


@conflicts.command(help=_("Leave theirs, all or N...; mine stays in the history."))
@_numbers
@click.pass_obj
def theirs(call: Call, numbers: Sequence[int]) -> None:
    """Keep theirs."""
    _settle(call, numbers, "keep_theirs")


def _settle(call: Call, numbers: Sequence[int], act: str) -> None:
    from tui.asking.managing import conflicts as shown

    bench, _scope = call.scoped()
    known = {entry.value.n: entry.value for entry in shown.entries(bench)}
    chosen = _chosen(list(known), numbers)
    words = _("Nothing is in conflict.")
    if chosen:
        words = getattr(shown, act)(bench, [known[n] for n in chosen])
    call.answer({"settled": chosen}, words)


@quarantine.command("list", help=_("List what was not taken in, and why."))
@click.pass_obj
def list_quarantine(call: Call) -> None:
    """Oldest first; the rows themselves stay sealed."""
    from store import when
    from store.sync.waiting import quarantine as rows

    bench = call.bench()
    found = rows.waiting(bench)
    if not found:
        call.note(_("Nothing is in quarantine."))
    now = when.local(bench.now())
    call.answer(
        [{**one._asdict(), "words": rows.words(one.reason)} for one in found],
        lambda: output.columns(
            [
                (
                    str(one.n),
                    f"{one.app}/{one.collection}",
                    one.id[: output.SHORT],
                    when.moment(one.noticed, now),
                    rows.words(one.reason),
                )
                for one in found
            ],
            width=output.width(),
        ),
    )


@quarantine.command(help=_("Try to take rows in again, all or N..."))
@_numbers
@click.pass_obj
def retry(call: Call, numbers: Sequence[int]) -> None:
    """After joining a space or learning a key."""
    from store.sync.waiting import quarantine as rows

    bench = call.bench(unlock="must")
    chosen = _chosen([one.n for one in rows.waiting(bench)], numbers)
    taken = rows.retry(bench, chosen)
    words = ngettext("Took {n} row in.", "Took {n} rows in.", taken).format(n=number(taken))
    call.answer({"taken": taken, "tried": len(chosen)}, words)


@quarantine.command(help=_("Drop rows for good, all or N..."))
@_numbers
@click.pass_obj
def drop(call: Call, numbers: Sequence[int]) -> None:
    """Forget what was not taken in."""
    from store.sync.waiting import quarantine as rows

    bench = call.bench()
    chosen = _chosen([one.n for one in rows.waiting(bench)], numbers)
    rows.drop(bench, chosen)
    words = ngettext("Dropped {n} row.", "Dropped {n} rows.", len(chosen))
    call.answer({"dropped": len(chosen)}, words.format(n=number(len(chosen))))


@aside.command("list", help=_("List what the server refused, with its words."))
@click.pass_obj
def list_aside(call: Call) -> None:
    """Each is kept here; a change to it sends it again."""
    from tui.asking.managing.foreign import set_aside

    bench = call.bench()
    found = set_aside(bench)
    if not found:
        call.note(_("The server refused nothing."))
    call.answer(
        [one._asdict() for one in found],
        lambda: output.columns(
            [(str(one.n), one.collection, masked(one.title), one.words) for one in found],
            width=output.width(),
        ),
    )


@aside.command("retry", help=_("Send them again, all or N..."))
@_numbers
@click.pass_obj
def retry_aside(call: Call, numbers: Sequence[int]) -> None:
    """With the next round."""
    from store.sync.outbox import outgoing
    from tui.asking.managing.foreign import set_aside

    bench = call.bench()
    chosen = _chosen([one.n for one in set_aside(bench)], numbers)
    count = outgoing.retry_aside(bench, chosen)
    words = ngettext("{n} record goes out again.", "{n} records go out again.", count)
    call.answer({"retried": count}, words.format(n=number(count)))
