"""A signed-in person: the cookie, and the token that is made fresh from it in time.

A token is renewed by its age, not by its date: this machine's clock may be a day off.
"""

from __future__ import annotations

import threading
import time
from binascii import a2b_base64
from typing import TYPE_CHECKING, Any

import orjson

from store.errors import LockedError, ServerError, SignedOutError
from store.sync.account import account, keep
from store.sync.sign import tokens
from store.sync.sign.calling import Answer, Caller, refusal
from store.sync.sign.identity import IdentityClient, no_session
from store.words import _

if TYPE_CHECKING:
    from store.workbench import Workbench

MARGIN = 45.0
"""Seconds before its end at which a token is renewed."""
SHORTEST, LONGEST = 20.0, 840.0
"""Seconds for which a token is used, whatever it says of itself."""


class Session:
    """The session of this home's account. Methods may be called from any thread; close it.

    Raises SignedOutError where nobody is signed in, LockedError where the cookie is sealed and the
    vault is locked.
    """

    def __init__(self, bench: Workbench, identity: IdentityClient | None = None) -> None:
        found = account(bench)
        if identity is None:
            if found is None or not found.signed_in:
                raise no_session()
            identity = IdentityClient(found.identity, tokens.load(bench), self._kept)
            if not identity.cookie:
                raise no_session()
        self._bench = bench
        self.identity = identity
        self._guard = threading.Lock()
        self._token = ""
        self._until = 0.0
        self._me: Caller | None = None

    def __repr__(self) -> str:
        return f"<Session {self.identity.caller.base}>"

    def __reduce__(self) -> tuple[Any, ...]:
        raise TypeError("a session does not leave its process")

    @property
    def bench(self) -> Workbench:
        """The workbench whose account this is."""
        return self._bench

    @property
    def cookie(self) -> str:
        """The cookie as it is sent."""
        return self.identity.cookie

    def close(self) -> None:
        """End the connections; the session itself goes on."""
        self.identity.close()
        if self._me is not None:
            self._me.close()
            self._me = None
        self._token = ""

    def jwt(self, fresh: bool = False) -> str:
        """A token that is good for a while; fresh: a new one, because a server refused the last.

        Raises NetworkError, ServerError; SignedOutError where the session is over, which every
        process then sees.
        """
        with self._guard:
            if fresh or time.monotonic() >= self._until:
                self._token = self._fetch()
                self._until = time.monotonic() + lifetime(self._token)
            return self._token

    def _fetch(self) -> str:
        """A new token, by the cookie of somebody's newer login where ours is no longer good.

        Raises ServerError for one of another person: what is here must never go there.
        """
        try:
            token = self.identity.token()
        except SignedOutError:
            newer = self._newer_cookie()
            if not newer:
                if self.identity.is_over():
                    keep(self._bench, signed_in=False)
                raise
            self.identity.use(newer)
            token = self.identity.token()
        known, subject = account(self._bench), claims(token).get("sub")
        if known is not None and subject is not None and subject != known.user:
            raise ServerError(
                _("The server answers for another account than the one of this workbench."),
                kept=_("Nothing was sent; all changes are kept here and wait."),
                hint=_("Sign in again: manabench login"),
            )
        return token

    def _newer_cookie(self) -> str:
        """The cookie that another process signed in with since, "" for none."""
        known = account(self._bench)
        if known is None or not known.signed_in or known.identity != self.identity.caller.base:
            return ""
        try:
            kept = tokens.load(self._bench)
        except LockedError:
            return ""
        return kept if kept != self.identity.cookie else ""

    def call(self, method: str, path: str, *, json: Any = None) -> Answer:
        """Ask the identity service as this person by token, once more where the token is refused.

        Raises NetworkError, SignedOutError, ServerError.
        """
        if self._me is None:
            self._me = Caller(self.identity.caller.base)
        answer = self._me.call(method, path, json=json, token=self.jwt())
        if answer.status == 401:
            answer = self._me.call(method, path, json=json, token=self.jwt(fresh=True))
        if answer.status == 401:
            raise refusal(answer)
        return answer

    def _kept(self, cookie: str) -> None:
        try:
            tokens.keep(self._bench, cookie)
        except LockedError:
            return  # the cookie of before is as good


def claims(token: str) -> dict[str, Any]:
    """What a token says of itself, unverified: servers verify. Empty for what cannot be read."""
    try:
        body = token.split(".")[1]
        body += "=" * (-len(body) % 4)
        found = orjson.loads(a2b_base64(body.replace("-", "+").replace("_", "/")))
    except (IndexError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def lifetime(token: str) -> float:
    """For how many seconds a token may be used from now on, by its own span."""
    said = claims(token)
    try:
        span = float(said["exp"]) - float(said["iat"])
    except (KeyError, TypeError, ValueError):
        return SHORTEST
    return min(max(span - MARGIN, SHORTEST), LONGEST)


def require_session(bench: Workbench) -> Session:
    """A session of the account; the error says how to get one. Close it."""
    if account(bench) is None:
        raise SignedOutError(
            _("This workbench has no account."),
            kept=_("Everything is here, on this machine."),
            hint=_("Sign in: manabench login URL"),
            status=401,
        )
    return Session(bench)
