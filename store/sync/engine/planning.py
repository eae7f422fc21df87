"""What is due: which collections, how far back, and when to look again.

A round looks back ten seconds. That does not find what a database held up for longer, nor what a
server hid because it could not look memberships up; so every five minutes one looks back further,
once a day two days, and once a week, or when something was seen that asks for it, all is pulled
anew.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from store.stamps import instant
from store.sync.account import account
from store.sync.engine.names import DEVICES, known
from store.sync.engine.rounds import Rounds
from store.sync.status import State, kept, tell
from store.told import kept as kept_form
from store.words import N_

if TYPE_CHECKING:
    from store.workbench import Workbench

Name = tuple[str, str]

SPACES_EVERY = 300.0
NEAR_EVERY, NEAR = 300.0, 90.0
FAR_EVERY, FAR = timedelta(days=1), 2 * 86_400.0
WHOLE_EVERY = timedelta(days=7)
WHOLE_AGAIN = 3600.0
"""Seconds after which a collection that failed in a whole pull is tried again."""

MEMBERSHIP = 360.0
"""Seconds for which a server may go by memberships that it looked up before."""

AGAIN = timedelta(seconds=MEMBERSHIP)

QUICK, SLOW = 1.0, 60.0
LIVE_QUICK, LIVE_SLOW = 15.0, 120.0
"""Seconds between two looks while something happens, and when nothing has for long; with a doorbell
that is heard they only back it up."""

BUSY = 30.0
"""Seconds for which somebody who did something counts as active."""

MOST_HINTS = 200

COPIED = N_("This workbench was copied or restored; everything is pulled anew.")
JOINED = N_("A space was joined; everything is pulled anew.")
WEEKLY = N_("The weekly full pull.")
ASKED = N_("A full pull was asked for.")

BEARING = frozenset({"account", "vault", "sync_state", "spaces"})
"""Notices after which the engine looks whether it may work, or what it was asked."""

_OWN = BEARING | {
    "clock",
    "conflicts",
    "device",
    "drafts",
    "held",
    "memberships",
    "outbox",
    "quarantine",
    "authority",
}


def is_content(name: str) -> bool:
    """Whether a notice of that name may mean that there is something to push."""
    return name not in _OWN


def readiness(bench: Workbench) -> State:
    """``idle`` where the engine may work; else why not."""
    found = account(bench)
    if found is None or not found.linked:
        return "none"
    if not found.signed_in:
        return "out"
    return "idle" if bench.vault.unlocked else "locked"


def want_whole(bench: Workbench, why: str, *, twice: bool = False) -> None:
    """Ask for everything to be pulled anew, in the next round of whoever is the engine; twice: and
    once more after as long as a server may go by old memberships."""
    with bench.db.transaction(durable=False):
        before = kept(bench, "whole") or {}
        value = {
            "n": int(before.get("n", 0)) + 1,
            "since": instant(bench.clock()),
            "why": kept_form(why),
            "done": False,
            "twice": twice,
        }
        tell(bench, whole=value)


class Plan:
    """What one engine has to do next. ``typed`` and ``active`` may be called from any thread."""

    def __init__(self, bench: Workbench, rounds: Rounds, clock: Callable[[], float]) -> None:
        self._bench = bench
        self._rounds = rounds
        self._clock = clock
        self._active = clock()
        self._typed = threading.Event()
        self._typed.set()
        self._spaces_at: float | None = None
        self._near_at = clock()
        self._again_at = 0.0

    # Which ----------------------------------------------------------------------------------

    def names(self, *, every: bool = False) -> list[Name]:
        """The collections to pull: those of this program and those that ever had a row; every: also
        those that were empty when last looked at."""
        found: dict[Name, None] = {(c.app, c.wire): None for c in self._bench.registry if c.app}
        for cursor in self._rounds.cursors.values():
            if cursor.rows or cursor.until or cursor.error or every:
                found[cursor.app, cursor.collection] = None
        return list(found)

    def discovered(self) -> list[Name]:
        """Every collection there may be, after asking the server for names nobody listed: of each
        app that holds anything, all that are known. A server whose pushes never bring rows says
        nothing by their lack, so there all known names are pulled."""
        own = self.names(every=True)
        apps = dict.fromkeys([*(app for app, _c in own), *(app for app, _c in known())])
        used, found = self._rounds.discover(list(apps))
        if not used and any(cursor.rows for cursor in self._rounds.cursors.values()):
            used = set(apps)
        names = [*own, *found, *(name for name in known() if name[0] in used)]
        return [name for name in dict.fromkeys(names) if name != DEVICES]

    def hinted(self, hints: Iterable[Name]) -> list[Name]:
        """What a doorbell named, as far as it can be a name; a stranger may ring it."""
        sane = [n for n in sorted(hints) if 0 < len(n[0]) <= 100 and 0 < len(n[1]) <= 200]
        return [name for name in sane if name != DEVICES][:MOST_HINTS]

    def used_apps(self) -> list[str]:
        """The apps of this program, and those that ever had a row, the fullest first."""
        rows: dict[str, int] = {c.app: 0 for c in self._bench.registry if c.app}
        for cursor in self._rounds.cursors.values():
            if cursor.rows or cursor.app in rows:
                rows[cursor.app] = rows.get(cursor.app, 0) + cursor.rows
        return sorted(rows, key=lambda app: -rows[app])

    # Spaces ---------------------------------------------------------------------------------

    def spaces_due(self, *, now: bool = False) -> bool:
        """Whether the list of spaces should be looked at."""
        at = self._spaces_at
        return now or at is None or self._clock() - at >= SPACES_EVERY

    def spaces_soon(self) -> None:
        """Look at the list of spaces in the next round: one was made or renamed here."""
        self._spaces_at = None

    def spaces_failed(self) -> None:
        """The list could not be had: what is pulled since the last good one may lack rows."""
        self._spaces_at = self._clock()
        if kept(self._bench, "doubt") is None:
            last = kept(self._bench, "spaces") or instant(self._bench.clock())
            tell(self._bench, doubt=last)

    def spaces_seen(self) -> None:
        """The list was had; written down at most every five minutes."""
        from store.sync.spaces import membership

        self._spaces_at = self._clock()
        now = self._bench.clock()
        if self._age("spaces") is None or self._age_over("spaces", SPACES_EVERY):
            tell(self._bench, spaces=instant(now))
        if membership.repull_wanted(self._bench):
            with self._bench.db.transaction(durable=False) as connection:
                membership.repull_begun(connection)
                want_whole(self._bench, JOINED, twice=True)

    # How far back -----------------------------------------------------------------------------

    def back(self) -> float:
        """Seconds to look back in this round, 0 for the usual."""
        doubt = self._age("doubt")
        if doubt is not None and kept(self._bench, "doubt") != kept(self._bench, "spaces"):
            return max(0.0, doubt) + MEMBERSHIP
        if self._age_over("looked", FAR_EVERY.total_seconds()):
            return FAR
        return NEAR if self._clock() - self._near_at >= NEAR_EVERY else 0.0

    def looked(self, back: float) -> None:
        """A round that looked back so far went well."""
        self._near_at = self._clock()
        if back >= FAR:
            tell(self._bench, looked=instant(self._bench.clock()))
        if kept(self._bench, "doubt") is not None:
            with self._bench.db.transaction(durable=False) as connection:
                connection.execute("DELETE FROM sync_state WHERE key = 'doubt'")

    def want_whole(self, why: str) -> None:
        """Everything has to be pulled anew."""
        want_whole(self._bench, why or ASKED)

    def whole_due(self) -> bool:
        """Whether a whole pull is wanted. At first and weekly, it asks for itself; one that was
        broken off begins anew after a week, for what it had got by then is as old."""
        whole = kept(self._bench, "whole")
        now = self._bench.clock()
        if not isinstance(whole, dict) or _older(now, str(whole["since"]), WHOLE_EVERY):
            want_whole(self._bench, WEEKLY)
        elif whole.get("done") and whole.get("twice") and _older(now, str(whole["since"]), AGAIN):
            want_whole(self._bench, JOINED)
        whole = kept(self._bench, "whole")
        self._rounds.generation = int(whole["n"])
        return not whole.get("done") and self._clock() >= self._again_at

    def whole_done(self) -> None:
        """A whole pull ended; what failed alone in it is tried again in an hour."""
        if any(cursor.error for cursor in self._rounds.cursors.values()):
            self._again_at = self._clock() + WHOLE_AGAIN
            return
        whole = kept(self._bench, "whole") or {}
        tell(self._bench, whole=whole | {"done": True}, looked=instant(self._bench.clock()))

    # When -------------------------------------------------------------------------------------

    def active(self) -> None:
        """Somebody did something, here or elsewhere."""
        self._active = self._clock()

    def typed(self) -> None:
        """Something was written here that may have to be pushed."""
        self._active = self._clock()
        self._typed.set()

    def take_typed(self) -> bool:
        """Whether something was written since this was last asked."""
        was = self._typed.is_set()
        self._typed.clear()
        return was

    @property
    def has_typed(self) -> bool:
        """Whether something was written that nobody looked at."""
        return self._typed.is_set()

    def rest(self, *, live: bool) -> float:
        """Seconds until the next look that nothing asks for."""
        quick, slow = (LIVE_QUICK, LIVE_SLOW) if live else (QUICK, SLOW)
        idle = self._clock() - self._active
        return quick if idle < BUSY else min(max(quick, idle / 6), slow)

    def asked(self) -> str:
        """The number of a round that another process asked for, "" for none."""
        ask, served = kept(self._bench, "ask"), kept(self._bench, "served")
        if not isinstance(ask, str) or (isinstance(served, dict) and served.get("n") == ask):
            return ""
        return ask

    # Ages ---------------------------------------------------------------------------------------

    def _age(self, key: str) -> float | None:
        at = kept(self._bench, key)
        return None if at is None else _seconds(self._bench.clock(), str(at))

    def _age_over(self, key: str, seconds: float) -> bool:
        age = self._age(key)
        return age is None or age > seconds or age < -seconds


def _seconds(now: datetime, at: str) -> float:
    try:
        return (now - datetime.fromisoformat(at)).total_seconds()
    except (ValueError, TypeError):
        return 0.0


def _older(now: datetime, at: str, span: timedelta) -> bool:
    age = _seconds(now, at)
    return age > span.total_seconds() or age < -span.total_seconds()
