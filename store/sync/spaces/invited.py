"""Invitations that wait for the person of this home: looked up whenever the list of spaces is, and
kept sealed, so that every screen can tell of them without asking a server."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from store.errors import LockedError, NetworkError, ServerError, UnreadableError
from store.stamps import UNTRUSTED, instant, micros
from store.sync.status import kept, tell

if TYPE_CHECKING:
    from store.sync.sign.session import Session
    from store.workbench import Workbench

KEY = "invited"
_PLACE = ("sync_state", KEY, "value")
MOST = 100


class Invited(NamedTuple):
    """An invitation. name: of the space, "" where the server does not tell it. expires: "" for
    never."""

    id: str
    name: str
    role: str
    expires: str


def look(session: Session) -> None:
    """Ask the server which invitations wait. Whoever cannot be asked is asked the next time."""
    try:
        found = session.identity.invitations()
    except (NetworkError, ServerError):
        return
    _keep(
        session.bench,
        [
            Invited(one.id, one.space_name, one.role, one.expires)
            for one in found[:MOST]
            if one.status in ("", "pending")
        ],
    )


def answered(bench: Workbench, id: str) -> None:
    """An invitation was accepted or declined here."""
    _keep(bench, [one for one in waiting(bench) if one.id != id])


def waiting(bench: Workbench) -> list[Invited]:
    """Those that have not expired; none while the vault is locked."""
    told = _told(bench)
    if not told.get("sealed"):
        return []
    try:
        found = bench.vault.open(*_PLACE, told["sealed"])
    except (LockedError, UnreadableError):
        return []
    now = bench.clock()
    return [one for one in (Invited(*row) for row in found) if _lives(one.expires, now)]


def count(told: dict[str, Any], now: datetime) -> int:
    """How many there are in what ``sync_state`` holds under ``KEY``, also while locked."""
    return sum(_lives(at, now) for at in told.get("until", ()))


def _lives(expires: str, now: datetime) -> bool:
    return micros(expires) == UNTRUSTED or micros(expires) > micros(instant(now))


def _told(bench: Workbench) -> dict[str, Any]:
    return dict(kept(bench, KEY) or {})


def _keep(bench: Workbench, found: list[Invited]) -> None:
    if not bench.vault.unlocked:
        return
    if found == waiting(bench) and bool(found) == bool(_told(bench).get("sealed")):
        return
    sealed = bench.vault.seal(*_PLACE, [list(one) for one in found]) if found else ""
    tell(bench, **{KEY: {"until": [one.expires for one in found], "sealed": sealed}})
