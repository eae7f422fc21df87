"""``bench.sync``: what screens and commands ask of syncing."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from store.errors import (
    GuardError,
    LockedError,
    ManabenchError,
    NetworkError,
    ServerError,
    SignedOutError,
    UnpaidError,
)
from store.told import retold
from store.words import _

if TYPE_CHECKING:
    from store.sync.account import Account
    from store.sync.compare.devices import Peer
    from store.sync.compare.verifying import Compared
    from store.sync.engine.engine import Engine, Report
    from store.sync.net.remote import Remote
    from store.sync.status import Status
    from store.workbench import Workbench

Progress = Callable[[int, int], None]

PATIENCE = 30.0
"""Seconds without a sign of progress after which an engine elsewhere is no longer waited for."""

LOOK = 0.05

_ERRORS: dict[str, type[ManabenchError]] = {
    kind.code: kind
    for kind in (NetworkError, ServerError, SignedOutError, UnpaidError, LockedError, GuardError)
}


class Desk:
    """Syncing of one workbench."""

    def __init__(self, bench: Workbench) -> None:
        self._bench = bench
        self.counted: tuple[list[Any], int] | None = None
        """What ``status`` counted, and the state of the database it counted then."""

    # How it stands ----------------------------------------------------------------------------

    def status(self) -> Status:
        """How syncing stands, the same in every process."""
        from store.sync.status import status

        return status(self._bench)

    def account(self) -> Account | None:
        """The account of this home, None before the first login."""
        from store.sync.account import account

        return account(self._bench)

    # Rounds -----------------------------------------------------------------------------------

    def engine(self, remote: Remote | None = None) -> Engine:
        """The engine of this home over HTTP, with its doorbell; over ``remote`` where one is given.

        Raises SignedOutError where nobody is signed in, LockedError.
        """
        from store.sync.engine.engine import Engine

        if remote is not None:
            return Engine(self._bench, remote)
        from store.sync.compare.announcing import Devices
        from store.sync.net.http import HttpRemote
        from store.sync.net.live import Doorbell
        from store.sync.sign.session import require_session

        session = require_session(self._bench)
        base = session.bench.sync.account()
        sync = base.sync if base is not None else ""
        owned = Owned(HttpRemote(session, sync), session)
        devices = Devices(self._bench, owned)
        bell = Doorbell(session, sync, ahead=owned.clock)
        return Engine(
            self._bench,
            owned,
            bell=bell,
            prepare=lambda: prepare(session),
            devices=devices,
        )

    def once(self, progress: Progress | None = None) -> Report:
        """One whole round, here or, where another process is the engine, there; waits for its end.

        Raises NetworkError, ServerError, LockedError, GuardError (nobody there answers).
        """
        from store.sync.engine.lock import taken

        if not taken(self._bench):
            with self._own() as engine:
                try:
                    return engine.once(progress)
                except GuardError:
                    if not taken(self._bench):
                        raise
        return self._elsewhere(progress)

    def full(self, progress: Progress | None = None) -> Report:
        """Pull everything anew, whatever was pulled before; raises as ``once``."""
        self.repull()
        return self.once(progress)

    def repull(self) -> None:
        """Ask for everything to be pulled anew in the next round."""
        from store.sync.engine.planning import ASKED, want_whole

        want_whole(self._bench, ASKED)

    def resend(self) -> int:
        """Send again whatever a server should have, after it lost some of it; returns how many
        records go out with the next round."""
        from store.sync.outbox.resending import resend_all

        return resend_all(self._bench)

    def verify(self, progress: Progress | None = None) -> list[Compared]:
        """Compare every space with what a new device would get from the server, and with what the
        other devices told. A round goes first, so that what differs is no mere delay. Raises as
        ``once``."""
        from store.sync.compare.announcing import Devices
        from store.sync.compare.verifying import compare, with_others

        self.once()
        with self._remote() as remote:
            devices = Devices(self._bench, remote)
            devices.note()
            found = compare(self._bench, remote, progress)
            return with_others(self._bench, devices, found)

    def devices(self) -> list[Peer]:
        """The other devices of this account that told of themselves lately."""
        from store.sync.compare.devices import peers

        return peers(self._bench)

    def forget_device(self, id: str) -> None:
        """Take a device off the list, on every device; one that lives comes back by itself.
        Raises NetworkError, ServerError, SignedOutError."""
        from store.sync.compare.announcing import Devices

        with self._remote() as remote:
            Devices(self._bench, remote).forget(id)

    @contextmanager
    def _own(self) -> Iterator[Engine]:
        engine = self.engine()
        try:
            yield engine
        finally:
            engine.close()

    @contextmanager
    def _remote(self) -> Iterator[Remote]:
        with self._own() as engine:
            yield engine.remote

    def _elsewhere(self, progress: Progress | None) -> Report:
        """Ask the engine of another process for a round, and wait for its word."""
        from store.sync.engine.engine import Report
        from store.sync.engine.lock import taken
        from store.sync.status import kept, tell

        number = uuid.uuid4().hex
        tell(self._bench, ask=number)
        moved, last = time.monotonic(), (None, None)
        while True:
            served = kept(self._bench, "served")
            if isinstance(served, dict) and served.get("n") == number:
                break
            now = (kept(self._bench, "progress"), kept(self._bench, "engine"))
            if now != last:
                moved, last = time.monotonic(), now
                if progress is not None and now[0]:
                    progress(*now[0])
            elif not taken(self._bench):
                return self.once(progress)
            elif time.monotonic() - moved > PATIENCE:
                raise GuardError(
                    _("Another process of this workbench syncs, and does not answer."),
                    kept=_("Nothing was changed here."),
                    hint=_("Look for a stopped manabench; `fg` brings one back."),
                )
            time.sleep(LOOK)
        if code := served.get("code"):
            raise _ERRORS.get(str(code), ServerError)(
                retold(str(served.get("words") or "")), kept=_("All changes are kept here.")
            )
        words = str(served.get("words") or "")
        return Report(
            int(served["pushed"]), int(served["pulled"]), self.status().waiting, retold(words)
        )


class Owned:
    """A remote together with its session: closed together."""

    def __init__(self, remote: Any, session: Any) -> None:
        self._remote = remote
        self._session = session
        self.push, self.pull, self.tables = remote.push, remote.pull, remote.tables
        self.spaces, self.clock = remote.spaces, remote.clock

    @property
    def wait(self) -> float:
        """See ``HttpRemote``."""
        return float(self._remote.wait)

    def close(self) -> None:
        """End the connections; they are opened again where they are needed."""
        self._remote.close()
        self._session.close()


def prepare(session: Any) -> None:
    """Before the spaces are looked at: the account's key is in the ring, a linking that broke off
    is finished, spaces that were made here exist there, roles and invitations are known."""
    from store.sync.account import account
    from store.sync.sign import master
    from store.sync.spaces import invited, linking
    from store.sync.spaces.creating import create_waiting

    bench = session.bench
    found = account(bench)
    if found is None:
        return
    if not found.linked:
        linking.finish(session)
    else:
        master.ensure(bench, session)
    create_waiting(session)
    invited.look(session)
