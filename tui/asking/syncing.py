"""What is told of syncing, in words: for the status line, its screen and the command line.

A piece has an alarm that grows with the age of what was not sent; it is told by words and by its
place in the line, and by its style only besides.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from store import when
from store.words import _, ngettext, number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from store.sync.compare.devices import Seen
    from store.sync.status import Status
    from store.workbench import Workbench

SOON = 10 * 60
LATE = 60 * 60
OVERDUE = 24 * 60 * 60
"""Seconds after which a change that was not sent is told stronger, is trouble, is an error."""

QUIET, STRONG, TROUBLE, ALARM = range(4)
"""How loud a piece is."""

ROLES = ("status", "status_strong", "status_warn", "status_error")


class Piece(NamedTuple):
    """One thing to say. loud: from ``QUIET`` to ``ALARM``; from ``TROUBLE`` on it is never left
    out of a status line."""

    words: str
    loud: int = QUIET


def has_account(bench: Workbench) -> bool:
    """Whether this home belongs to an account; asked of the database alone, so that a home without
    one never loads a line of syncing."""
    return bool(bench.db.read("SELECT 1 FROM account WHERE key = 'user'"))


def place(bench: Workbench, space: int) -> list[Piece]:
    """What is to be told of the space in view, by its number: the server does not list it, so
    nobody else gets what is written there."""
    from store.sync.spaces.membership import is_missing

    return [Piece(_("not listed by the server"), TROUBLE)] if is_missing(bench, space) else []


def pieces(status: Status, now: datetime) -> list[Piece]:
    """What a status line says of syncing, the most urgent first; nothing without an account."""
    if status.state == "none":
        return []
    waits = _waits(status, now)
    if waits is not None and waits.loud >= TROUBLE:
        return [*_stopped(status), waits, *_looks(status)]
    found = [*_stopped(status), *_looks(status)]
    if waits is not None:
        found.append(waits)
    elif status.state in ("idle", "syncing") and (at := _told(status)):
        found.append(Piece(_("synced {at}").format(at=when.moment(at, when.local(now)))))
    return found


def _stopped(status: Status) -> list[Piece]:
    """Why nothing goes, where somebody must do something about it."""
    if status.state == "out":
        return [Piece(_("signed out"), TROUBLE)]
    if status.state == "refused":
        return [Piece(_("sync refused"), ALARM)]
    if status.state == "unpaid":
        return [Piece(_("sync not paid for"), TROUBLE)]
    if any(one.error for one in status.collections):
        return [Piece(_("sync error"), TROUBLE)]
    return []


def _looks(status: Status) -> list[Piece]:
    """What waits for a look."""
    waiting, found = status.waiting, []
    if count := waiting.conflicts:
        words = ngettext("{n} conflict", "{n} conflicts", count)
        found.append(Piece(words.format(n=number(count)), TROUBLE))
    if count := sum(waiting) - waiting.conflicts:
        words = ngettext("{n} held", "{n} held", count)
        found.append(Piece(words.format(n=number(count)), TROUBLE))
    if count := status.invitations:
        words = ngettext("{n} invitation", "{n} invitations", count)
        found.append(Piece(words.format(n=number(count)), STRONG))
    return found


def _waits(status: Status, now: datetime) -> Piece | None:
    """What is still to be sent, and since when the server has not been heard."""
    # A record that was imported may be older than its wait; whatever was sent since bounds it.
    since = max(status.oldest, status.acknowledged) if status.oldest else ""
    count, age = status.pending, seconds_since(since, now)
    loud = QUIET
    if count:
        loud += sum(age >= limit for limit in (SOON, LATE, OVERDUE))
    if status.state == "offline":
        words = _("offline")
        if (away := seconds_since(last(status), now)) >= 60:
            words = _("offline {span}").format(span=span(away))
        if count:
            waits = ngettext("{n} waits", "{n} wait", count).format(n=number(count))
            words = f"{words} · {waits}"
        return Piece(words, max(loud, STRONG))
    if not count:
        return None
    if loud >= TROUBLE:
        words = ngettext("{n} unsent for {span}", "{n} unsent for {span}", count)
        return Piece(words.format(n=number(count), span=span(age)), loud)
    return Piece(ngettext("{n} to send", "{n} to send", count).format(n=number(count)), loud)


def last(status: Status) -> str:
    """When the server last took or gave something, "" for never."""
    return max(status.acknowledged, status.pulled)


def _told(status: Status) -> str:
    """When both sides were last known to be in step: by what was sent, and by what was fetched only
    to the five minutes, because each other time would be painted while nothing happens."""
    if not status.pulled:
        return status.acknowledged
    return max(status.acknowledged, f"{status.pulled[:14]}{int(status.pulled[14:16]) // 5 * 5:02}Z")


def seconds_since(at: str, now: datetime) -> float:
    """How old an instant is; 0 for none, and for one that lies ahead."""
    if not at:
        return 0.0
    try:
        then = datetime.fromisoformat(at.replace("Z", "+00:00"))
    except ValueError:
        return 0.0
    return max(0.0, (now - (then if then.tzinfo else then.replace(tzinfo=UTC))).total_seconds())


def span(seconds: float) -> str:
    """About how long, in one unit."""
    minutes = int(seconds // 60)
    if minutes < 60:
        return _("{n} min").format(n=minutes)
    if minutes < 48 * 60:
        return _("{n} h").format(n=minutes // 60)
    return ngettext("{n} day", "{n} days", minutes // 1440).format(n=minutes // 1440)


def ages(status: Status) -> bool:
    """Whether what is said grows older by itself: only then is there something to tick for."""
    return status.state != "none" and (bool(status.pending) or status.state == "offline")


def job(status: Status, *, rated: bool = True) -> str:
    """The work under way as one line without its keys: how many, of how many, how fast if rated."""
    if status.state != "syncing" or not status.done:
        return ""
    done = number(status.done)
    words = _("Syncing {done}").format(done=done)
    if status.total > status.done:
        words = _("Syncing {done} of {total}").format(done=done, total=number(status.total))
    rate = next((rate for rate in reversed(status.rates) if rate), 0) if rated else 0
    return words + (" · " + _("{n}/s").format(n=number(round(rate))) if rate else "")


_BARS = "▁▂▃▄▅▆▇█"
_FEW_BARS = "_.:-=+*#"


def sparkline(rates: tuple[float, ...], width: int, *, is_ascii: bool = False) -> str:
    """The newest ``width`` rates as bars of one cell, the highest one full; zero is a blank."""
    bars = _FEW_BARS if is_ascii else _BARS
    shown = rates[-max(0, width) :] if width > 0 else ()
    top = max(shown, default=0.0)
    if top <= 0:
        return ""
    return "".join(
        bars[min(len(bars) - 1, int(rate / top * len(bars)))] if rate > 0 else " " for rate in shown
    )


def state_words(status: Status) -> str:
    """How it stands, in a sentence: the engine's own where it has one."""
    if status.words:
        return status.words
    if status.state == "idle" and (words := unsettled(status)):
        return words
    if status.state == "idle" and status.invitations:
        return _("You are invited to a space; all else is well.")
    return {
        "none": _("This home belongs to no account: nothing leaves this machine."),
        "out": _("Signed out. Changes wait here until somebody signs in."),
        "locked": _("Sync waits for the vault to be unlocked."),
        "idle": _("All is well."),
        "syncing": _("Sending and fetching."),
        "offline": _("The server is not reached. Changes wait here."),
        "refused": _("The server refuses everything."),
        "unpaid": _("The server's operator has switched this account's sync off."),
    }.get(status.state, status.state)


def unsettled(status: Status) -> str:
    """Why not all is well although nothing goes wrong just now, "" where it is."""
    if any(one.error for one in status.collections):
        return _("Something is not right with the collections marked here; the others go on.")
    if sum(status.waiting):
        return _("Something waits for a look; it holds up nothing else.")
    if status.notes:
        return status.notes[0]
    if status.kept_back:
        words = ngettext(
            "{n} changed record stays here, for the server does not have its space.",
            "{n} changed records stay here, for the server does not have their space.",
            status.kept_back,
        )
        return words.format(n=number(status.kept_back))
    if status.pending:
        return _("Changes wait for the next round.")
    return "" if last(status) else _("Nothing was synced yet.")


SHOWN_DIGEST = 4
"""Characters of a digest that people compare."""


def compared(name: str, mine: str, others: Sequence[Seen], now: datetime, server: str = "") -> str:
    """``laptop 7f3a = server 7f3a = phone 7f3a != tower 91bc``: this device, the server where it
    was asked, the other devices; those that told before the last change at the end, with their
    time."""
    same, differ = [f"{name} {mine[:SHOWN_DIGEST]}"], []
    if server:
        words = _("server {digest}").format(digest=server[:SHOWN_DIGEST])
        (same if server == mine else differ).append(words)
    for one in others:
        if one.verdict != "older":
            words = f"{one.name} {one.digest[:SHOWN_DIGEST]}"
            (same if one.verdict == "same" else differ).append(words)
    sure = " = ".join(same) + (f" != {', '.join(differ)}" if differ else "")
    old = [
        _("{name} {digest} as of {at}").format(
            name=one.name,
            digest=one.digest[:SHOWN_DIGEST],
            at=when.moment(one.at, when.local(now)),
        )
        for one in others
        if one.verdict == "older"
    ]
    return " · ".join([sure, *old])
