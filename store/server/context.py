"""What every endpoint works with: settings, storage, tokens, and the threads that wait for disks.

The event loop never touches the database. ``read`` and ``write`` run a function in a thread:
several readers, one writer, so that a burst of writes cannot keep readers from being served.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from store.server import errors
from store.server.hub import Hub
from store.server.tokens import BadToken, Claims, Tokens

if TYPE_CHECKING:
    from starlette.requests import HTTPConnection

    from store.server.settings import Settings
    from store.server.storage import ChangeStorage, Identities, IdentityStorage

P = ParamSpec("P")
T = TypeVar("T")

_READERS = 4
_HASHERS = 2
_MOST_HASHES = 64
"""Passwords that may wait to be hashed; more than that is somebody's attack."""
_ALIVE = 1.0
"""Seconds for which a session seen alive is taken to be so. What ends one in this process forgets
it at once; the seconds are for other processes, such as a command that removes a user."""
_MOST_ALIVE = 10_000


class Context:
    """One running server. closing: what is still to be written at its end."""

    def __init__(
        self, settings: Settings, identity: IdentityStorage, changes: ChangeStorage
    ) -> None:
        self.settings = settings
        self.identity = identity
        self.changes = changes
        self.tokens = Tokens(settings, identity)
        self.hub = Hub()
        self.closing: list[Callable[[], None]] = []
        self._alive: dict[str, float] = {}
        self._hashing = 0
        self._readers = ThreadPoolExecutor(_READERS, "server-read")
        self._writer = ThreadPoolExecutor(1, "server-write")
        self._hashers = ThreadPoolExecutor(_HASHERS, "server-hash")

    # Threads ------------------------------------------------------------------------------

    async def read(self, act: Callable[P, T], *args: P.args, **named: P.kwargs) -> T:
        """``act(...)``, which only reads, in a thread."""
        return await self._run(self._readers, lambda: act(*args, **named))

    async def write(self, act: Callable[P, T], *args: P.args, **named: P.kwargs) -> T:
        """``act(...)``, which writes, in the writer's thread."""
        return await self._run(self._writer, lambda: act(*args, **named))

    async def hashing(self, act: Callable[P, T], *args: P.args, **named: P.kwargs) -> T:
        """``act(...)``, which hashes a password: at most two at once, for each takes memory.

        Raises Refusal where too many wait already.
        """
        if self._hashing >= _MOST_HASHES:
            raise errors.wrapper("SERVICE_UNAVAILABLE", wait=10)
        self._hashing += 1
        try:
            return await self._run(self._hashers, lambda: act(*args, **named))
        finally:
            self._hashing -= 1

    async def view(self, act: Callable[[Identities], T]) -> T:
        """``act`` over the rows of identity."""
        return await self.read(self.identity.view, act)

    async def change(self, act: Callable[[Identities], T]) -> T:
        """``act`` over the rows of identity, in one transaction."""
        return await self.write(self.identity.change, act)

    async def _run(self, pool: ThreadPoolExecutor, act: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(pool, act)

    # Who asks -----------------------------------------------------------------------------

    async def claims(self, header: str) -> Claims:
        """Who an Authorization header names, whose session lives still. Raises BadToken.

        Sync words it as ``plain(401, "unauthorized: " + words)``.
        """
        if not header:
            raise BadToken("no authorization header")
        scheme, _blank, token = header.partition(" ")
        if scheme != "Bearer" or not token:
            raise BadToken("no authorization header")
        return await self.claims_of(token)

    async def claims_of(self, token: str) -> Claims:
        """Who a bare token names, as ``claims`` does; for sockets, which send it in a frame."""
        claims = self.tokens.verify(token)
        if not await self.alive(claims.session):
            raise BadToken("session has ended")
        return claims

    async def alive(self, session: str) -> bool:
        """Whether a session neither ended nor expired. Long-lived streams ask now and then."""
        now = time.monotonic()
        if now - self._alive.get(session, -_ALIVE) < _ALIVE:
            return True
        found = await self.view(lambda rows: rows.session(session))
        if found is None or found.expires <= time.time() * 1000:
            self._alive.pop(session, None)
            return False
        if len(self._alive) > _MOST_ALIVE:
            self._alive.clear()
        self._alive[session] = now
        return True

    async def bearer(self, request: HTTPConnection) -> Claims:
        """Who asks, by a token, of an endpoint of the identity half. Raises Refusal."""
        try:
            return await self.claims(request.headers.get("authorization", ""))
        except BadToken as bad:
            raise errors.bearer(bad.words) from None

    # What the other half must hear of, once it holds; call these on the loop --------------

    def session_ended(self, id: str) -> None:
        """A session is over: its tokens are worth nothing and its streams end."""
        self._alive.pop(id, None)
        self.hub.end_session(id, "session has ended")

    def user_ended(self, id: str) -> None:
        """A user is gone."""
        self._alive.clear()
        self.hub.end_user(id, "session has ended")

    def spaces_changed(self, users: Iterable[str]) -> None:
        """These users are in more or fewer spaces than before, or in another role."""
        self.hub.spaces_changed(users)

    def close(self) -> None:
        """End the threads and let go of the database."""
        for pool in (self._readers, self._writer, self._hashers):
            pool.shutdown()
        for act in self.closing:
            act()
        self.changes.close()
        self.identity.close()
