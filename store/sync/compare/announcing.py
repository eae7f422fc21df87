"""Telling the other devices of the account how things stand here, and hearing how they stand there.

Each tells it in a row of a collection that only this program knows, name and digests sealed. That
row is no record: it waits in no outbox, has no history, counts in no digest, and nobody tells
anything because of it. Another program never sees it; a server that refuses it is not asked again
before the next start.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from store.errors import LockedError, NetworkError, ServerError
from store.stamps import UNTRUSTED, instant, micros, system
from store.sync.account import account
from store.sync.compare.devices import (
    GONE,
    OWN,
    SLACK,
    Held,
    linked,
    marks_of,
    own_name,
    own_state,
)
from store.sync.compare.digest import digest
from store.sync.engine import cursors
from store.sync.engine.clientid import known_id
from store.sync.engine.names import DEVICES
from store.sync.outbox import outgoing
from store.sync.status import kept, tell
from store.sync.wire import Change, encode_push

if TYPE_CHECKING:
    from store.sync.net.remote import Remote
    from store.workbench import Workbench

APP, COLLECTION = DEVICES

EVERY = 300.0
"""Seconds between two times that a device tells of itself."""

SHARE = 500.0
"""How many times as long as taking the digests took it waits at least."""

QUIET = 20.0
"""Seconds without a change before digests are taken: then the last one is everywhere, too."""

HEAR = 60.0
"""Seconds between two looks at what others tell, where no doorbell rings for it."""

AGAIN = timedelta(days=7)
"""After so long a device tells of itself although nothing changed, so that it is not forgotten."""

MOST = 200
"""Devices, and pages of one look, that are kept and read at most."""


class Devices:
    """Tells the other devices how things stand here and hears how they stand there. For one
    thread; ``look`` raises nothing of the network, for syncing never depends on it."""

    def __init__(
        self, bench: Workbench, remote: Remote, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._bench = bench
        self._remote = remote
        self._clock = clock
        self._refused = False
        self._changed: dict[str, tuple[int, str]] = {}
        self._noted = ""
        self._moved = self._take_after = self._not_before = clock()
        self._heard: float | None = None

    def look(
        self,
        *,
        quiet: float = QUIET,
        rung: bool = False,
        busy: Callable[[], bool] = lambda: False,
    ) -> None:
        """After a round that went well: hear, and tell where that is due. quiet: seconds without
        a change before digests are taken. rung: somebody told something. busy: whether there is
        better to do; what is half taken is then dropped."""
        self.note()
        now = self._clock()
        if self._refused or now < self._not_before or not self._ready():
            return
        try:
            if rung or self._heard is None or now - self._heard >= HEAR:
                self.hear()
            if now - self._moved >= quiet and now >= self._take_after and self._is_due():
                self._take(busy)
        except (NetworkError, ServerError, LockedError) as error:
            self._failed(error)

    def hear(self) -> None:
        """Read what the other devices told. Raises NetworkError, ServerError."""
        self._heard = self._clock()
        told = kept(self._bench, "devices") or {"rows": {}, "since": ""}
        rows, before = dict(told["rows"]), told["since"]
        since = cursors.before(before, SLACK * cursors.SECOND)
        if not before:
            since = instant(self._bench.clock() - GONE)
        until = before
        for _page in range(MOST):
            page = self._remote.pull(APP, COLLECTION, since, known_id(self._bench))
            for row in page.rows:
                if isinstance(row, Change) and row.table == COLLECTION:
                    _merge(rows, row)
            if micros(page.until) == UNTRUSTED:
                break
            since = until = page.until
            if not page.more:
                break
        if rows != told["rows"] or not before:
            newest = sorted(rows, key=lambda id: str(rows[id]["at"]))[-MOST:]
            value = {"since": until, "rows": {id: rows[id] for id in newest}}
            tell(self._bench, devices=value)

    def tell(self, digests: Mapping[str, str], took: float = 0.0) -> None:
        """Tell what this device held at the last ``note``, by wire id of the space, where the
        others do not have it so yet. Raises NetworkError, ServerError, LockedError."""
        bench, own = self._bench, own_state(self._bench)
        held = {
            space: Held(text, self._changed[space][1], self._changed[space][0])
            for space, text in digests.items()
        }
        name, now = own_name(bench), self._noted
        own = own._replace(held=held, took=took or own.took)
        if dict(digests) != own.told or name != own.name or self._is_old(own.at):
            self._push(
                "insert",
                data={
                    "name": bench.vault.seal1(name),
                    "digests": bench.vault.seal1(dict(digests)),
                    "changes": sum(each.mark for each in held.values()),
                    "createdAt": now,
                    "updatedAt": now,
                },
            )
            own = own._replace(told=dict(digests), name=name, at=now, id=known_id(bench))
        plain = own._asdict() | {"held": {space: list(each) for space, each in held.items()}}
        tell(bench, **{OWN: bench.vault.seal1(plain)})

    def forget(self, id: str) -> None:
        """Take a device off the list everywhere; one that lives tells of itself again. Raises
        NetworkError, ServerError."""
        now = instant(self._bench.clock())
        self._push("delete", id=id, deletedAt=now)
        told = kept(self._bench, "devices") or {"rows": {}, "since": ""}
        told["rows"][id] = {"at": now}
        tell(self._bench, devices=told)

    # ----------------------------------------------------------------------------------------

    def note(self) -> None:
        """Remember since when each space is as it is now, before digests of it are taken."""
        marks, now = marks_of(self._bench), instant(self._bench.clock())
        self._noted = now
        if not self._changed:
            self._changed = {
                space: (held.mark, held.since)
                for space, held in own_state(self._bench).held.items()
            }
        for space in {"", *marks, *linked(self._bench)}:
            mark = marks.get(space, 0)
            if self._changed.get(space, (-1, ""))[0] != mark:
                self._changed[space] = (mark, now)
                self._moved = self._clock()

    def _ready(self) -> bool:
        from store.vault.keys import ACCOUNT

        vault = self._bench.vault
        return vault.unlocked and any(info.kind == ACCOUNT for info in vault.list_keys())

    def _is_due(self) -> bool:
        """Whether there is something to tell, and all that came before it was sent."""
        own = own_state(self._bench)
        if self._is_recent(own.at, max(EVERY, own.took * SHARE)):
            return False
        spaces = {"": 0, **linked(self._bench)}
        same = spaces.keys() == own.held.keys() and all(
            self._changed[space][0] == own.held[space].mark for space in spaces
        )
        if same and own.name == own_name(self._bench) and not self._is_old(own.at):
            return False
        return not outgoing.pending(self._bench)

    def _take(self, busy: Callable[[], bool]) -> None:
        """Take the digests of what changed since they were taken last, and tell them."""
        bench, held, found = self._bench, own_state(self._bench).held, {}
        began = self._clock()
        self._take_after = began + EVERY
        for space, number in {"": 0, **linked(bench)}.items():
            before = held.get(space)
            if before is not None and before.mark == self._changed[space][0]:
                found[space] = before.digest
                continue
            found[space] = digest(bench, number, busy)
            if not found[space]:
                self._take_after = began
                return
        self.tell(found, self._clock() - began)

    def _push(self, op: str, **more: Any) -> None:
        """Send one row of this device. It goes out like a record of the person's own."""
        bench = self._bench
        known, client = account(bench), known_id(bench)
        if known is None or not client:
            return
        change = {"table": COLLECTION, "id": client, "op": op, "actor": system("sync")}
        change |= {"origin": "system", **more}
        if op == "insert":
            change["data"] = {"id": client, "userId": known.user, **more["data"]}
        self._remote.push(APP, encode_push([change], client), client)

    def _is_recent(self, at: str, seconds: float) -> bool:
        return bool(at) and abs(self._age(at)) < seconds

    def _is_old(self, at: str) -> bool:
        return not self._is_recent(at, AGAIN.total_seconds())

    def _age(self, at: str) -> float:
        """Seconds since an instant of this device's own clock."""
        return (micros(instant(self._bench.clock())) - micros(at)) / cursors.SECOND

    def _failed(self, error: Exception) -> None:
        """Ask no more where the server refuses; else after a while."""
        status = error.status if isinstance(error, ServerError) else 0
        self._refused = 400 <= status < 500 and status not in (401, 402, 408, 429)
        self._not_before = self._clock() + EVERY


def _merge(rows: dict[str, dict[str, Any]], row: Change) -> None:
    """Take what a device told, where it is newer than what is known of it."""
    before = rows.get(row.id)
    at = row.deleted if row.op == "delete" else row.data.get("updatedAt")
    if not isinstance(at, str) or micros(at) == UNTRUSTED:
        return
    if before is not None:
        newer = micros(at) - micros(before["at"])
        if newer < 0 or (not newer and "name" not in before):  # what was forgotten stays so
            return
    if row.op == "delete":
        rows[row.id] = {"at": at}
    elif row.op == "insert":
        rows[row.id] = {"at": at, "name": row.data.get("name"), "digests": row.data.get("digests")}
