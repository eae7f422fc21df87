"""Accounts: register, sign in, tokens, sign out, change of password."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from store.errors import GuardError, InvalidValueError
from store.server import answers, passwords, personal, sessions
from store.server.errors import Refusal, native, wrapper
from store.server.passwords import LONGEST, SHORTEST, WINDOW, Failures
from store.server.sessions import Signed, now_ms
from store.server.storage import Identities, IdentityStorage, Session, Taken, User
from store.server.tokens import BadToken, derived, new_id
from store.words import _

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

    from store.server.context import Context
    from store.server.settings import Settings

_EMAIL = re.compile(r"[^@\s,;<>\"'\\\x00-\x1f]{1,64}@[^@\s,;<>\"'\\\x00-\x1f]{1,190}")
_DAY = 86_400_000
_NAME = 80


def address_of(text: Any) -> str:
    """An e-mail address as accounts are known by; "" for what is none."""
    found = answers.text(text, 254).lower()
    return found if _EMAIL.fullmatch(found) else ""


# Making an account -----------------------------------------------------------------------------


def new_user(email: str, name: str, password: str) -> User:
    """A user row; password: hashed."""
    now = now_ms()
    name = name.strip()[:_NAME] or email.partition("@")[0]
    return User(new_id(), email, name, password, now, now)


def create_user(
    identity: IdentityStorage, settings: Settings, email: str, password: str, name: str = ""
) -> User:
    """Make an account and its personal space, as the operator's command does.

    Raises InvalidValueError for an address or password that cannot be, GuardError where the
    address has an account.
    """
    if not (known := address_of(email)):
        raise InvalidValueError(_("That is no e-mail address."), kept=_("No account was made."))
    check_password(password)
    user = new_user(known, name, passwords.hashed(settings, password))
    try:
        identity.change(lambda rows: personal.add(rows, user))
    except Taken:
        raise GuardError(
            _("{email} has an account already.").format(email=known),
            kept=_("It was not changed."),
            hint=_("`manabench serve user passwd` sets a new password."),
        ) from None
    return user


def check_password(password: str) -> None:
    """Raises InvalidValueError for a password that is too short or too long."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise InvalidValueError(
            _("A password has {least} to {most} characters.").format(least=SHORTEST, most=LONGEST),
            kept=_("Nothing was changed."),
        )


# Endpoints -------------------------------------------------------------------------------------


class Accounts:
    """The endpoints of accounts and sessions."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.failures = Failures(secret=derived(context.settings.key, "failures"))
        now = now_ms()
        since = now - int(WINDOW * 1000)
        self.failures.load(context.identity.view(lambda rows: rows.failures(since)), now)
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def signup_status(self, _request: Request) -> Response:
        """Whether anybody may register."""
        settings, now = self.context.settings, now_ms()
        today = now - now % _DAY
        made = await self.context.view(lambda rows: rows.users_since(today))
        spots = max(settings.day - made, 0) if settings.day else None
        return answers.json(
            {
                "registrationOpen": settings.signup and spots != 0,
                "spotsRemaining": spots if settings.signup else 0,
                "totalToday": made,
                "limit": settings.day,
                "resetsAt": answers.instant(today + _DAY),
            }
        )

    async def register(self, request: Request) -> Response:
        """Make an account, where the operator lets people do so. An address that has one already
        gets the same answer, with an id of nobody."""
        body = await answers.body(request, lambda: wrapper("VALIDATION", "invalid JSON"))
        settings = self.context.settings
        if not settings.signup:
            raise wrapper(
                "SIGNUP_LIMIT_REACHED", "sign-up is closed here: the operator makes accounts"
            )
        email, password = address_of(body.get("email")), body.get("password")
        if not email or not isinstance(password, str):
            raise wrapper("VALIDATION", "an email address and a password are required")
        if not SHORTEST <= len(password) <= LONGEST:
            raise wrapper("WEAK_PASSWORD", f"a password has {SHORTEST} to {LONGEST} characters")
        if self.failures.wait("", sessions.address(request)):
            raise wrapper("RATE_LIMITED", wait=60)
        kept = await self.context.hashing(passwords.hashed, settings, password)
        user = new_user(email, answers.text(body.get("name")), kept)
        today = user.created - user.created % _DAY

        def add(rows: Identities) -> None:
            if settings.day and rows.users_since(today) >= settings.day:
                raise wrapper("SIGNUP_LIMIT_REACHED", "no more accounts can be made today")
            personal.add(rows, user)

        try:
            await self.context.change(add)
        except Taken:
            await self._count("", sessions.address(request))
        return answers.json({"token": None, "user": sessions.told_user(user)})

    async def resend_verification(self, request: Request) -> Response:
        """No mail is sent here, for every address is taken as verified; the answer is the one that
        clients wait for, whoever asks."""
        await answers.body(request, lambda: wrapper("VALIDATION", "invalid JSON"))
        return answers.json({"success": True})

    async def verify_email(self, _request: Request) -> Response:
        """No link of a mail leads here, so none is good."""
        raise native(401, "INVALID_TOKEN")

    async def login(self, request: Request) -> Response:
        """Sign in for tokens, without a cookie."""
        body = await answers.body(request, lambda: wrapper("VALIDATION", "invalid JSON"))
        email, password = address_of(body.get("email")), body.get("password")
        if not email or not isinstance(password, str) or not password:
            raise wrapper("VALIDATION", "email and password are required")
        found = await self._sign_in(
            request, email, password, lambda wait: wrapper("ACCOUNT_LOCKED", wait=wait)
        )
        if found is None:
            raise wrapper("INVALID_CREDENTIALS")
        user, session, token = found
        return answers.json(
            {
                "redirect": False,
                "token": token,
                "user": sessions.told_user(user),
                "accessToken": self.context.tokens.issue(user, session),
                "refreshToken": token,
            }
        )

    async def sign_in(self, request: Request) -> Response:
        """Sign in natively: the answer sets the session's cookie."""
        body = await sessions.native_body(self.context, request)
        email, password = address_of(body.get("email")), body.get("password")
        if not email:
            raise native(400, "INVALID_EMAIL")
        if not isinstance(password, str) or not password:
            raise native(400, "VALIDATION_ERROR", "password is required")
        found = await self._sign_in(request, email, password, _too_many)
        if found is None:
            raise native(401, "INVALID_EMAIL_OR_PASSWORD")
        user, _session, token = found
        return answers.json(
            {"redirect": False, "token": token, "user": sessions.told_user(user)},
            headers={"Set-Cookie": self.context.tokens.cookie(token)},
        )

    async def _sign_in(
        self, request: Request, email: str, password: str, locked: Callable[[int], Refusal]
    ) -> tuple[User, Session, str] | None:
        """A new session for the right password, None for a wrong one or an unknown address.

        Raises what ``locked`` makes of the seconds to wait.
        """
        context = self.context
        user = await context.view(lambda rows: rows.user_by_email(email))
        kept = user.password if user else ""
        good = await self._proved(request, email, password, kept, locked)
        if user is None or not good:
            return None

        def begin(rows: Identities) -> tuple[User, Session, str] | None:
            # Removed, or given another password, while this one was being checked?
            now = rows.user(user.id)
            return (now, *sessions.begin(rows, now, request)) if now == user else None

        return await context.change(begin)

    async def _proved(
        self,
        request: Request,
        email: str,
        password: str,
        kept: str,
        locked: Callable[[int], Refusal],
    ) -> bool:
        """Whether ``password`` is the one that was kept; a wrong one counts. One try for an account
        at a time: many at once would all be let in before the first of them counts."""
        context, address = self.context, sessions.address(request)
        async with self._turns.setdefault(email, asyncio.Lock()):
            if wait := self.failures.wait(email, address):
                raise locked(wait)
            good = await context.hashing(passwords.matches, context.settings, password, kept)
            if not good:
                await self._count(email, address)
            elif who := self.failures.forgive(email, address):
                await context.change(lambda rows: rows.remove_failures(who))
            return good

    async def _count(self, email: str, address: str) -> None:
        """One more failure, which a restart does not forgive either."""
        now = now_ms()
        failures = self.failures.count(email, address, now)

        def keep(rows: Identities) -> None:
            rows.remove_old_failures(now - int(WINDOW * 1000))
            rows.add_failures(failures)

        await self.context.change(keep)

    async def token(self, request: Request) -> Response:
        """A fresh token of the session."""
        signed = await sessions.by_any(self.context, request)
        if signed is None:
            raise native(401, "UNAUTHORIZED")
        return answers.json({"token": self.context.tokens.issue(signed.user, signed.session)})

    async def refresh(self, request: Request) -> Response:
        """A fresh token of the session, with the session's own."""
        signed = await sessions.by_any(self.context, request)
        if signed is None:
            raise wrapper("TOKEN_EXPIRED")
        return sessions.tokens_of(self.context, signed)

    async def session_to_token(self, request: Request) -> Response:
        """As ``refresh``, under the name that web clients use once after signing in."""
        signed = await sessions.by_any(self.context, request)
        if signed is None:
            raise wrapper("UNAUTHORIZED")
        return sessions.tokens_of(self.context, signed)

    async def get_session(self, request: Request) -> Response:
        """Session and user; ``null`` where there is none."""
        token = sessions.cookie_token(self.context, request)
        signed = await sessions.lookup(self.context, token)
        if signed is None:
            return answers.json(None)
        headers = {"set-auth-jwt": self.context.tokens.issue(signed.user, signed.session)}
        if signed.slid:
            headers["Set-Cookie"] = self.context.tokens.cookie(token)
        body = {"session": sessions.told_session(signed), "user": sessions.told_user(signed.user)}
        return answers.json(body, headers=headers)

    async def jwks(self, _request: Request) -> Response:
        """The public keys that tokens are checked with."""
        return answers.json(self.context.tokens.jwks, headers={"Cache-Control": "max-age=300"})

    async def validate(self, request: Request) -> Response:
        """Whether a token is good, its session included."""
        body = await answers.body(request, lambda: wrapper("VALIDATION", "invalid JSON"))
        token = body.get("token")
        try:
            claims = await self.context.claims_of(token if isinstance(token, str) else "")
        except BadToken:
            return answers.json({"valid": False})
        payload: dict[str, Any] = {"sub": claims.user, "email": claims.email, "role": "user"}
        payload |= {"sid": claims.session, "tier": claims.tier, "exp": claims.expires}
        return answers.json({"valid": True, "payload": payload})

    async def logout(self, request: Request) -> Response:
        """End the session and every token that came from it."""
        sessions.check_origin(self.context, request)
        token = sessions.cookie_token(self.context, request)
        signed = await sessions.lookup(self.context, token)
        if signed is not None:
            await self._end(signed.session)
        answer = answers.json({"success": True})
        for cookie in self.context.tokens.clearing():
            answer.headers.append("Set-Cookie", cookie)
        return answer

    async def _end(self, *ended: Session) -> None:
        def remove(rows: Identities) -> None:
            for session in ended:
                rows.remove_session(session.id)

        await self.context.change(remove)
        for session in ended:
            self.context.session_ended(session.id)

    async def change_password(self, request: Request) -> Response:
        """Set a new password; with ``revokeOtherSessions`` every other device is signed out."""
        context = self.context
        body = await sessions.native_body(context, request)
        signed = await sessions.by_cookie(context, request)
        present, new = body.get("currentPassword"), body.get("newPassword")
        if not isinstance(present, str) or not isinstance(new, str):
            raise native(400, "VALIDATION_ERROR", "currentPassword and newPassword are required")
        if len(new) < SHORTEST:
            raise native(400, "PASSWORD_TOO_SHORT")
        if len(new) > LONGEST:
            raise native(400, "PASSWORD_TOO_LONG")
        of = signed.user
        if not await self._proved(request, of.email, present, of.password, _too_many):
            raise native(400, "INVALID_PASSWORD")
        hashed = await context.hashing(passwords.hashed, context.settings, new)
        others = body.get("revokeOtherSessions") is True
        user, ended = await context.change(lambda rows: _set_password(rows, signed, hashed, others))
        for session in ended:
            context.session_ended(session.id)
        return answers.json({"token": None, "user": sessions.told_user(user)})


def _too_many(wait: int) -> Refusal:
    return native(429, "TOO_MANY_REQUESTS", coded=False, wait=wait)


def _set_password(
    rows: Identities, signed: Signed, hashed: str, others: bool
) -> tuple[User, list[Session]]:
    """Write a new hash; returns the user and the sessions that ended with the old one."""
    user = rows.user(signed.user.id)
    if user is None or user.password != signed.user.password:
        raise native(400, "INVALID_PASSWORD")
    user = user._replace(password=hashed, updated=now_ms())
    rows.put_user(user)
    ended = [one for one in rows.sessions(user.id) if others and one.id != signed.session.id]
    for one in ended:
        rows.remove_session(one.id)
    return user, ended


def routes(context: Context) -> list[BaseRoute]:
    """Every endpoint of this part."""
    from starlette.routing import Route

    of = Accounts(context)
    table = (
        ("GET", "/api/v1/auth/signup-status", of.signup_status),
        ("POST", "/api/v1/auth/register", of.register),
        ("POST", "/api/v1/auth/resend-verification", of.resend_verification),
        ("GET", "/api/auth/verify-email", of.verify_email),
        ("POST", "/api/v1/auth/login", of.login),
        ("POST", "/api/auth/sign-in/email", of.sign_in),
        ("GET", "/api/auth/token", of.token),
        ("POST", "/api/v1/auth/refresh", of.refresh),
        ("POST", "/api/v1/auth/session-to-token", of.session_to_token),
        ("GET", "/api/auth/get-session", of.get_session),
        ("GET", "/api/v1/auth/session", of.get_session),
        ("GET", "/api/v1/auth/profile", of.get_session),
        ("GET", "/api/auth/jwks", of.jwks),
        ("GET", "/api/v1/auth/jwks", of.jwks),
        ("POST", "/api/v1/auth/validate", of.validate),
        ("POST", "/api/v1/auth/logout", of.logout),
        ("POST", "/api/auth/sign-out", of.logout),
        ("POST", "/api/auth/change-password", of.change_password),
    )
    return [Route(path, endpoint, methods=[method]) for method, path, endpoint in table]
