"""The lines of the screen of syncing: account, what waits, spaces, collections."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from store.words import N_, NN_, _, ngettext, number
from tui.asking import doing, syncing
from tui.asking.managing.entry import Entry, heading
from tui.asking.managing.spaces import ROLES, standing

if TYPE_CHECKING:
    from store.sync.account import Account
    from store.sync.compare.devices import Seen
    from store.sync.status import CollectionStatus, Status
    from store.workbench import Workbench

    Digests = Mapping[str, tuple[str, list[Seen]]]  # here, and how the others stand, by space

ACCOUNT, WAITS, CONFLICTS, SPACE, COLLECTION = "account", "waits", "conflicts", "space", "part"
INVITED, DEVICE = "invited", "device"

BARS = 30
"""Cells of the line of rates."""

_STATES = {
    "linked": N_("on the server"),
    "local": N_("on this machine only"),
    "missing": N_("not listed by the server"),
    "hidden": N_("gone from the server, kept here"),
}
_WAITS = (
    ("conflicts", NN_("{n} conflict", "{n} conflicts")),
    ("deletions", NN_("{n} deletion", "{n} deletions")),
    ("quarantine", NN_("{n} row in quarantine", "{n} rows in quarantine")),
    ("aside", NN_("{n} record set aside", "{n} records set aside")),
    ("authority", NN_("{n} instruction from elsewhere", "{n} instructions from elsewhere")),
)


def entries(
    bench: Workbench, told: Mapping[str, tuple[str, str]], *, is_ascii: bool = False
) -> list[Entry]:
    """All lines. told: digest and what came of comparing it, by the id of the space."""
    if not syncing.has_account(bench):
        return [heading(_("Account")), _nobody()]
    from store.sync.account import account

    status = bench.sync.status()
    lines = [heading(_("Account")), _account(bench, account(bench), status)]
    lines += _traffic(bench, status, is_ascii)
    if waits := _waits(status):
        lines += [heading(_("Waits for a look")), *waits]
    if invited := _invited(bench):
        lines += [heading(_("Invitations to you")), *invited]
    digests = _standing(bench)
    lines += [heading(_("Spaces")), *_spaces(bench, told, digests)]
    known = _devices(bench, digests)
    if len(known) > 1:
        lines += [heading(_("Devices")), *known]
    parts = [_part(bench, one) for one in _ordered(status)]
    return [*lines, heading(_("Collections")), *parts] if parts else lines


def _nobody() -> Entry:
    words = _("This home belongs to no account")
    facts = _("Enter signs in to a server; till then nothing leaves this machine.")
    return Entry("account", words, ACCOUNT, facts=facts)


def _account(bench: Workbench, found: Account | None, status: Status) -> Entry:
    if found is None:
        return _nobody()
    facts = syncing.state_words(status)
    doors = found.sync if found.sync == found.identity else f"{found.identity} · {found.sync}"
    live = _("news come at once") if status.live else ""
    if found.signed_in and not found.linked:
        facts = _("Signing in is not finished; Enter goes on.")
    return Entry(
        "account",
        found.email,
        ACCOUNT,
        right=state_word(status),
        note=doors,
        facts=f"{facts}\n{live}" if live else facts,
        role="strong",
        value=found.signed_in and found.linked,
    )


def state_word(status: Status) -> str:
    """One word for how it stands."""
    if status.state == "idle" and (status.pending or not syncing.last(status)):
        return _("to be synced")
    if status.state == "idle" and syncing.unsettled(status):
        return _("look at it")
    return {
        "out": _("signed out"),
        "locked": _("waits"),
        "idle": _("in step"),
        "syncing": _("syncing"),
        "offline": _("offline"),
        "refused": _("refused"),
        "unpaid": _("not paid for"),
    }.get(status.state, "")


def _traffic(bench: Workbench, status: Status, is_ascii: bool) -> list[Entry]:
    count = status.pending
    words = ngettext("{n} record to send", "{n} records to send", count).format(n=number(count))
    since = _("the first since {at}").format(at=doing.moment(bench, status.oldest))
    sent = _("never") if not status.acknowledged else doing.moment(bench, status.acknowledged)
    came = _("never") if not status.pulled else doing.moment(bench, status.pulled)
    facts = _("Last taken by the server: {sent}. Last fetched: {came}.").format(
        sent=sent, came=came
    )
    lines = [
        Entry(
            "pending",
            words if count else _("Nothing to send"),
            "pending",
            right=_("sent {at}").format(at=sent) if status.acknowledged else "",
            note=since if count and status.oldest else "",
            facts=facts,
        )
    ]
    for n, said in enumerate(status.notes):
        lines.append(Entry(f"note/{n}", said, "note", facts=said, role="warn", glyph="!"))
    bars = syncing.sparkline(status.rates, BARS, is_ascii=is_ascii)
    if bars:
        top = _("up to {n} a second").format(n=number(round(max(status.rates[-BARS:]))))
        told = _("Records a second, sent and fetched, of the last minute.")
        lines.append(Entry("rates", bars, "rates", note=top, facts=told, role="accent"))
    return lines


def _waits(status: Status) -> list[Entry]:
    found = []
    for name, (one, many) in _WAITS:
        count = getattr(status.waiting, name)
        if count:
            kind = CONFLICTS if name == "conflicts" else WAITS
            words = ngettext(one, many, count).format(n=number(count))
            facts = _("Enter shows what waits. Nothing else waits for it.")
            found.append(Entry(f"waits/{name}", words, kind, facts=facts, role="warn", glyph="!"))
    return found


def _invited(bench: Workbench) -> list[Entry]:
    from store.sync.spaces import invited

    return [
        Entry(
            f"invited/{one.id}",
            one.name or _("A space"),
            INVITED,
            one.id,
            right=_(ROLES.get(one.role, one.role)),
            note=_("until {at}").format(at=doing.moment(bench, one.expires)) if one.expires else "",
            facts=_("Enter joins it or declines."),
            role="warn",
            glyph="!",
        )
        for one in invited.waiting(bench)
    ]


def devices(bench: Workbench) -> list[Entry]:
    """This device and the account's others, and whether each holds the same. value: when it told
    of itself."""
    return _devices(bench, _standing(bench))


def _standing(bench: Workbench) -> Digests:
    from store.sync.compare.devices import standing

    return standing(bench)


def _devices(bench: Workbench, known: Digests) -> list[Entry]:
    from store.sync.compare import devices

    facts = _("What the others call this device. Enter gives it another name.")
    own = devices.own_name(bench)
    lines = [Entry("device/", own, DEVICE, note=_("this one"), facts=facts, aligned=True)]
    for peer in devices.peers(bench):
        said = [one for _d, seen in known.values() for one in seen if one.id == peer.id]
        differ = sum(one.verdict == "differs" for one in said)
        old = sum(one.verdict == "older" for one in said)
        if differ:
            note = ngettext("{n} space differs", "{n} spaces differ", differ)
            note = note.format(n=number(differ))
        elif old or not said:
            note = _("told before the last change")
        else:
            note = _("the same as here")
        at = doing.moment(bench, peer.at)
        lines.append(
            Entry(
                f"device/{peer.id}",
                peer.name,
                DEVICE,
                peer.id,
                right=at,
                note=note,
                facts=_("{words}, at {at}. Enter takes it off the list.").format(words=note, at=at),
                role="warn" if differ else "base" if said else "dim",
                glyph="!" if differ else " ",
                value=peer.at,
                aligned=True,
            )
        )
    return lines


def _spaces(bench: Workbench, told: Mapping[str, tuple[str, str]], digests: Digests) -> list[Entry]:
    from store.sync.compare.devices import own_name

    known, lines = standing(bench), []
    here, now = own_name(bench), bench.clock()
    leads = _("Enter shows its members.")
    for record in bench.spaces.list():
        scope = bench.spaces.scope(record["id"])
        state, role, members = known.get(scope.number, ("local", "", 0))
        parts = [_(_STATES.get(state, state))]
        parts += [_(ROLES.get(role, role))] if role else []
        if members > 1:
            people = ngettext("{n} member", "{n} members", members)
            parts.append(people.format(n=number(members)))
        digest, words = told.get(scope.id, ("", ""))
        if scope.id in digests and (not words or digests[scope.id][0] != digest):
            digest, others = digests[scope.id]  # what was asked for with V may be older
            words = syncing.compared(here, digest, others, now) if others else ""
        facts = words or _("V compares what stands here with what the server holds.")
        lines.append(
            Entry(
                f"space/{scope.id}",
                record.text("name"),
                SPACE,
                scope.id,
                right=digest[: syncing.SHOWN_DIGEST],
                note=" · ".join(parts),
                facts=f"{facts}\n{leads}",
                value=scope.number,
                aligned=True,
            )
        )
    return lines


def _ordered(status: Status) -> list[CollectionStatus]:
    """What is wrong first, then what has something to send; then by name."""

    def rank(one: CollectionStatus) -> tuple[bool, bool, str, str]:
        return not one.error, not one.pending, one.app, one.collection

    return sorted(status.collections, key=rank)


def _part(bench: Workbench, one: CollectionStatus) -> Entry:
    at = doing.moment(bench, one.pulled) if one.pulled else _("never")
    to_send = ngettext("{n} to send", "{n} to send", one.pending).format(n=number(one.pending))
    facts = _("Last fetched: {at}; {n} rows so far.").format(at=at, n=number(one.rows))
    if one.error:
        since = doing.moment(bench, one.failed) if one.failed else at
        facts = _("{error} (since {at})").format(error=one.error, at=since)
    return Entry(
        f"part/{one.app}/{one.collection}",
        f"{one.app} · {one.collection}" if one.app != one.collection else one.app,
        COLLECTION,
        right=at,
        note=one.error or (to_send if one.pending else ""),
        facts=facts,
        glyph="!" if one.error else " ",
        role="warn" if one.error else "base",
        aligned=True,
    )
