"""Sessions: the cookie that carries one, where it is looked for, what it is worth in tokens."""

from __future__ import annotations

import time
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING, Any, NamedTuple

from store.server import answers
from store.server.errors import native, wrapper
from store.server.settings import origin_of
from store.server.storage import Identities, Session, User
from store.server.tokens import SESSION_LIFETIME, digest, new_id

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from store.server.context import Context

_SLIDE = 86_400_000
"""Milliseconds after which the use of a session moves its end on."""

_MOST_OF_ONE = 100
"""Sessions of one user; a new one ends the oldest beyond that."""


class Signed(NamedTuple):
    """Who is signed in. token: as it was sent; slid: whether the session's end was moved on."""

    user: User
    session: Session
    token: str
    slid: bool


def now_ms() -> int:
    """The present in milliseconds since 1970."""
    return time.time_ns() // 1_000_000


# Finding the session of a request --------------------------------------------------------------


def cookie_token(context: Context, request: Request) -> str:
    """The session's token from the cookie, "" without one or with one that was tampered with."""
    # Starlette's own parser unquotes and merges; the value must be seen as it came.
    jar: SimpleCookie = SimpleCookie()
    try:
        jar.load(request.headers.get("cookie", ""))
    except CookieError:
        return ""
    found = jar.get(context.tokens.cookie_name)
    return context.tokens.token_of(found.value) if found else ""


async def lookup(context: Context, token: str) -> Signed | None:
    """The session behind a raw token, its end moved on if a day has passed since the last time."""
    if not token or len(token) > 200:
        return None
    key = digest(token)
    now = now_ms()

    def find(rows: Identities) -> Signed | None:
        session = rows.session_by_digest(key)
        if session is None or session.expires <= now:
            return None
        user = rows.user(session.user)
        return user and Signed(user, session, token, False)

    def slide(rows: Identities) -> Signed | None:
        found = find(rows)
        if found is None:
            return None
        moved = found.session._replace(slid=now, expires=now + SESSION_LIFETIME * 1000)
        rows.put_session(moved)
        return found._replace(session=moved, slid=True)

    signed = await context.view(find)
    if signed is not None and signed.session.slid + _SLIDE < now:
        return await context.change(slide)
    return signed


async def by_cookie(context: Context, request: Request, *, coded: bool = True) -> Signed:
    """Who asks an endpoint that takes the cookie alone. Raises Refusal 401; coded: with its code,
    which one endpoint leaves out on the wire."""
    signed = await lookup(context, cookie_token(context, request))
    if signed is None:
        raise native(401, "UNAUTHORIZED", coded=coded)
    return signed


async def by_any(context: Context, request: Request) -> Signed | None:
    """Who asks for a token: by the cookie, by the raw session token as bearer, or by
    ``refreshToken`` in the body."""
    tokens = [cookie_token(context, request)]
    scheme, _blank, bearer = request.headers.get("authorization", "").partition(" ")
    tokens.append(bearer if scheme == "Bearer" else "")
    if request.method == "POST":
        body = await answers.body(request, lambda: wrapper("VALIDATION", "invalid JSON"))
        given = body.get("refreshToken")
        tokens.append(given if isinstance(given, str) else "")
    for token in tokens:
        if token and (signed := await lookup(context, token)):
            return signed
    return None


def check_origin(context: Context, request: Request) -> None:
    """A native POST that carries a cookie must come from a place that is trusted: a page elsewhere
    could make a browser send it. The address that the request itself names is one, too: through a
    tunnel that is not the server's own. Raises Refusal 403."""
    if "cookie" not in request.headers:
        return
    given = request.headers.get("origin") or request.headers.get("referer") or ""
    if not given or given == "null":
        raise native(403, "MISSING_OR_NULL_ORIGIN")
    origin, host = origin_of(given), request.headers.get("host", "")
    asked = {origin_of(f"http://{host}"), origin_of(f"https://{host}")}
    if not origin or origin not in context.settings.trusted | asked:
        raise native(403, "INVALID_ORIGIN")


async def native_body(context: Context, request: Request) -> dict[str, Any]:
    """The body of a native POST, its origin and type checked. Raises Refusal."""
    check_origin(context, request)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise native(415, "UNSUPPORTED_MEDIA_TYPE", "content-type must be application/json")
    return await answers.body(request, lambda: native(400, "VALIDATION_ERROR", "invalid JSON"))


# Beginning and ending --------------------------------------------------------------------------


def begin(rows: Identities, user: User, request: Request) -> tuple[Session, str]:
    """A new session and its token, which only the person keeps."""
    token, now = new_id(), now_ms()
    rows.remove_expired_sessions(now)
    known = rows.sessions(user.id)
    for old in known[: len(known) - _MOST_OF_ONE + 1] if len(known) >= _MOST_OF_ONE else ():
        rows.remove_session(old.id)
    session = Session(
        id=new_id(),
        digest=digest(token),
        user=user.id,
        created=now,
        slid=now,
        expires=now + SESSION_LIFETIME * 1000,
        address=address(request),
        agent=request.headers.get("user-agent", "")[:200],
    )
    rows.add_session(session)
    return session, token


def address(request: Request) -> str:
    """Where a request comes from. Which proxies are believed is the web server's business."""
    return request.client.host if request.client else ""


# As they are told ------------------------------------------------------------------------------


def told_user(user: User) -> dict[str, Any]:
    """A user as every answer has it."""
    return {
        "id": user.id,
        "name": user.name,
        "email": user.email,
        "emailVerified": True,
        "image": user.image or None,
        "createdAt": answers.instant(user.created),
        "updatedAt": answers.instant(user.updated),
        "twoFactorEnabled": False,
        "accessTier": user.tier,
        "kind": user.kind,
    }


def told_session(signed: Signed) -> dict[str, Any]:
    """A session as get-session has it."""
    session = signed.session
    return {
        "id": session.id,
        "token": signed.token,
        "userId": session.user,
        "expiresAt": answers.instant(session.expires),
        "createdAt": answers.instant(session.created),
        "updatedAt": answers.instant(session.slid),
        "ipAddress": session.address,
        "userAgent": session.agent,
        "activeOrganizationId": session.active or None,
    }


def tokens_of(context: Context, signed: Signed) -> Response:
    """accessToken and refreshToken of a session."""
    access = context.tokens.issue(signed.user, signed.session)
    return answers.json({"accessToken": access, "refreshToken": signed.token})
