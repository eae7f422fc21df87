"""Who listens, and telling them that there is something to pull.

A listener keeps what it has not passed on yet as a set of names, so that a slow reader costs no
more than the names of its collections, and is dropped where even those are too many. All of this
lives on the event loop; nothing here waits.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping

NAMES = 1000
"""How many collections may wait to be told to one listener."""

LISTENERS = 200
"""How many listeners one user may have; the oldest gives way."""

DOWN = "server goes down"
"""Why all listeners end when the server does."""


class Listener:
    """One socket or stream. app: "" for all apps. client: whose own pushes it need not hear of, ""
    for none. ended: why it is over, "" while it is not."""

    def __init__(self, user: str, app: str = "", client: str = "", session: str = "") -> None:
        self.user = user
        self.app = app
        self.client = client
        self.session = session
        self.ended = ""
        self._waiting: dict[str, set[str]] = {}
        self._spaces = False
        self._count = 0
        self._bell = asyncio.Event()

    def hear(self, app: str, tables: Iterable[str]) -> None:
        """There are changes."""
        names = self._waiting.setdefault(app, set())
        before = len(names)
        names.update(tables)
        self._count += len(names) - before
        if self._count > NAMES:
            self.end("too slow")
        self._bell.set()

    def hear_spaces(self) -> None:
        """Somebody came to or left a space, or has another role in one."""
        self._spaces = True
        self._bell.set()

    def end(self, why: str) -> None:
        """It is over; whoever waits for news learns of it."""
        self.ended = self.ended or why
        self._bell.set()

    def take(self) -> tuple[dict[str, set[str]], bool]:
        """What waits to be told, by app, and whether spaces changed; nothing waits afterwards."""
        taken = self._waiting, self._spaces
        self._waiting, self._spaces, self._count = {}, False, 0
        self._bell.clear()
        return taken

    async def wait(self, seconds: float) -> bool:
        """Until there is news or an end; False where there was none in that time."""
        try:
            async with asyncio.timeout(seconds):
                await self._bell.wait()
        except TimeoutError:
            return False
        return True


class Hub:
    """All listeners of one server."""

    def __init__(self) -> None:
        self._listeners: dict[str, dict[Listener, None]] = {}
        self._over = ""

    def __len__(self) -> int:
        return sum(len(listeners) for listeners in self._listeners.values())

    def add(self, listener: Listener) -> None:
        """Tell it from now on."""
        others = self._listeners.setdefault(listener.user, {})
        if len(others) >= LISTENERS:
            next(iter(others)).end("too many")
        others[listener] = None
        if self._over:
            listener.end(self._over)

    def remove(self, listener: Listener) -> None:
        """Never tell it again."""
        others = self._listeners.get(listener.user, {})
        others.pop(listener, None)
        if not others:
            self._listeners.pop(listener.user, None)

    def tell(self, app: str, told: Mapping[str, Iterable[str]], user: str, client: str) -> None:
        """What was pushed, to whom it concerns; by ``user`` from ``client``, who knows."""
        if len(told) > len(self._listeners):
            told = {one: told[one] for one in self._listeners if one in told}
        for one, tables in told.items():
            for listener in self._listeners.get(one, ()):
                own = one == user and client and listener.client == client
                if not own and listener.app in ("", app):
                    listener.hear(app, tables)

    def spaces_changed(self, users: Iterable[str]) -> None:
        """These users are members of more or fewer spaces than before, or in another role."""
        for user in users:
            for listener in self._listeners.get(user, ()):
                listener.hear_spaces()

    def end_user(self, user: str, why: str) -> None:
        """A user is gone, or all of their sessions are."""
        for listener in self._listeners.get(user, ()):
            listener.end(why)

    def end_session(self, session: str, why: str) -> None:
        """A session is over."""
        for listeners in self._listeners.values():
            for listener in listeners:
                if listener.session == session:
                    listener.end(why)

    def end_all(self, why: str) -> None:
        """The server goes down: whoever listens now or begins to is sent away."""
        self._over = why
        for listeners in self._listeners.values():
            for listener in listeners:
                listener.end(why)
