"""What the devices of one account tell each other: a digest of every space as each holds it.

A digest is old news where something changed since it was taken. So nobody is said to differ who
has not told of himself after the last change that is known here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import orjson

from store.errors import InvalidValueError, LockedError, UnreadableError
from store.records import PREFIX
from store.rows import FOREIGN
from store.stamps import UNTRUSTED, instant, micros
from store.sync.engine.clientid import known_id
from store.sync.engine.cursors import SECOND
from store.sync.status import kept

if TYPE_CHECKING:
    from store.workbench import Workbench

GONE = timedelta(days=60)
"""A device that told nothing for so long is left out."""

SLACK = 10
"""Seconds by which clocks may differ, and within which a change is everywhere."""

LONGEST_NAME = 60
_NAME = "device"
OWN = "own"

Verdict = Literal["same", "differs", "older"]


class Held(NamedTuple):
    """One space here: its digest, since when it holds, and the count of changes it was taken at."""

    digest: str
    since: str
    mark: int


class Own(NamedTuple):
    """What this device knows of itself. told: what the others have, by wire id of the space, from
    the device that was ``id`` then."""

    held: dict[str, Held]
    told: dict[str, str]
    name: str = ""
    at: str = ""
    took: float = 0.0
    id: str = ""


class Peer(NamedTuple):
    """Another device, as it told of itself. at: when it took its digests."""

    id: str
    name: str
    at: str
    digests: Mapping[str, str]


class Seen(NamedTuple):
    """One space on the device ``id``. verdict: ``older`` where its digest was taken before changes
    that are known here, or that may have been under way."""

    id: str
    name: str
    digest: str
    verdict: Verdict
    at: str


# What is known here -----------------------------------------------------------------------------


def own_name(bench: Workbench) -> str:
    """What the others call this device: what a person chose, else the machine's name."""
    import platform

    chosen = bench.device.get(_NAME)
    name = chosen if isinstance(chosen, str) and chosen else platform.node().split(".")[0]
    return "".join(c for c in name if c.isprintable())[:LONGEST_NAME] or "?"


def rename(bench: Workbench, name: str) -> None:
    """Call this device ``name``, "" for what the machine is called. Raises LockedError,
    InvalidValueError."""
    if len(name) > LONGEST_NAME or not name.isprintable():
        from store.words import _

        raise InvalidValueError(
            _("A device's name is one line of at most {n} characters.").format(n=LONGEST_NAME),
            kept=_("The name is as it was."),
        )
    bench.device.set(_NAME, name.strip())


def peers(bench: Workbench) -> list[Peer]:
    """The other devices that told of themselves lately, by name. None while the vault is locked."""
    found, me = [], known_id(bench)
    oldest = instant(bench.clock() - GONE)
    for id, row in told_rows(bench).items():
        if id == me or row["at"] < oldest:
            continue
        name, spaces = _opened(bench, row.get("name")), _opened(bench, row.get("digests"))
        if isinstance(name, str) and isinstance(spaces, dict):
            texts = {space: text for space, text in spaces.items() if isinstance(text, str)}
            found.append(Peer(id, "".join(c for c in name if c.isprintable()), row["at"], texts))
    return sorted(_told_apart(found), key=lambda peer: (peer.name.casefold(), peer.id))


def _told_apart(found: list[Peer]) -> list[Peer]:
    """Devices of one name with the start of their ids behind it."""
    names = [peer.name for peer in found]
    return [
        peer._replace(name=f"{peer.name}-{peer.id[:4]}") if names.count(peer.name) > 1 else peer
        for peer in found
    ]


def seen(others: Sequence[Peer], fetched: str, space: str, digest: str, since: str) -> list[Seen]:
    """How a space stands on the other devices; digest: here, where it holds since ``since``.
    fetched: when what they wrote was last pulled."""
    found = []
    for peer in others:
        theirs = peer.digests.get(space)
        if theirs is None:
            continue
        verdict: Verdict = "older"
        if theirs == digest:
            verdict = "same"
        elif _settled(since, peer.at) and _settled(peer.at, fetched):
            verdict = "differs"
        found.append(Seen(peer.id, peer.name, theirs, verdict, peer.at))
    return found


def standing(bench: Workbench) -> dict[str, tuple[str, list[Seen]]]:
    """(digest here, the other devices) of every space, as last told; reads the database alone."""
    marks, now, found = marks_of(bench), instant(bench.clock()), {}
    others, fetched = peers(bench), last_pull(bench)
    for space, held in own_state(bench).held.items():
        since = held.since if marks.get(space, 0) == held.mark else now
        found[space] = (held.digest, seen(others, fetched, space, held.digest, since))
    return found


def last_pull(bench: Workbench) -> str:
    """When everything was last pulled to its end, "" for never."""
    return str(kept(bench, "pulled") or "")


def _settled(before: str, after: str) -> bool:
    """Whether ``after`` is an instant well after the instant ``before``."""
    if UNTRUSTED in (micros(before), micros(after)):
        return False
    return micros(after) - micros(before) >= SLACK * SECOND


def marks_of(bench: Workbench) -> dict[str, int]:
    """How often each space was written to, by its wire id; "" for the user level."""
    names = orjson.dumps([*(c.name for c in bench.registry if c.app), FOREIGN]).decode()
    rows = bench.db.read(
        "SELECT space, sum(n) FROM counters "
        "WHERE collection IN (SELECT value FROM json_each(?)) GROUP BY space",
        (names,),
    )
    return {str(space): int(n) for space, n in rows}


def told_rows(bench: Workbench) -> dict[str, dict[str, Any]]:
    told = kept(bench, "devices")
    return dict(told["rows"]) if isinstance(told, dict) else {}


def _opened(bench: Workbench, sealed: object) -> Any:
    if isinstance(sealed, str) and sealed.startswith(PREFIX):
        with suppress(LockedError, UnreadableError, InvalidValueError):
            return bench.vault.open1(sealed)
    return None


def own_state(bench: Workbench) -> Own:
    found = _opened(bench, kept(bench, OWN))
    if not isinstance(found, dict):
        return Own({}, {})
    try:
        own = Own(**found)
        own = own._replace(held={space: Held(*values) for space, values in own.held.items()})
    except (TypeError, AttributeError):  # of another version of this program
        return Own({}, {})
    if own.id != known_id(bench):  # copied, or brought back: another device now
        return Own(own.held, {}, took=own.took)
    return own


def linked(bench: Workbench) -> dict[str, int]:
    """The rows of the spaces that a server has, by wire id."""
    rows = bench.db.read(
        'SELECT s.id, s.pk FROM "spaces" s JOIN memberships m ON m.space = s.pk '
        "WHERE m.state = 'linked' AND s.deleted_at IS NULL ORDER BY s.pk"
    )
    return {str(id): int(number) for id, number in rows}
