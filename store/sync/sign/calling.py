"""One HTTP call to the identity service: bounded, without redirects, its six shapes of refusal.

Cookies never enter a jar: they are the caller's to give, so that a stale one is never sent by
accident and a ``__Secure-`` one reaches a server behind a plain tunnel.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from store.errors import NetworkError, ServerError, SignedOutError, UnpaidError
from store.words import N_, _

if TYPE_CHECKING:
    import ssl

    import httpx2

LARGEST = 8_000_000
"""Bytes of one answer: the longest member lists are far below, and memory has an end."""

CONNECT_SECONDS, ANSWER_SECONDS = 10.0, 30.0
WORDS = 160
"""Letters of a server's own words that are shown; they are a stranger's text."""

_KEPT = N_("Nothing was changed here.")
_CODE = re.compile(r"[A-Z][A-Z0-9_]{2,80}")

_TOLD = {
    "INVALID_EMAIL_OR_PASSWORD": N_("The server does not accept this e-mail and password."),
    "INVALID_CREDENTIALS": N_("The server does not accept this e-mail and password."),
    "EMAIL_NOT_VERIFIED": N_("The e-mail address of this account is not confirmed yet."),
    "ACCOUNT_LOCKED": N_("The server has locked this account for a while."),
    "RATE_LIMITED": N_("The server asks for a pause."),
    "MISSING_OR_NULL_ORIGIN": N_("The server refuses calls from this address."),
    "INVALID_ORIGIN": N_("The server refuses calls from this address."),
    "USER_IS_ALREADY_INVITED_TO_THIS_ORGANIZATION": N_("That person is invited already."),
    "USER_IS_ALREADY_A_MEMBER_OF_THIS_ORGANIZATION": N_("That person is a member already."),
    "INVITATION_NOT_FOUND": N_("That invitation has expired, was used, or never was."),
    "YOU_ARE_NOT_THE_RECIPIENT_OF_THE_INVITATION": N_("That invitation is for somebody else."),
    "YOU_CANNOT_LEAVE_THE_ORGANIZATION_AS_THE_ONLY_OWNER": N_(
        "The only owner of a space cannot leave it."
    ),
    "YOU_CANNOT_LEAVE_THE_ORGANIZATION_WITHOUT_AN_OWNER": N_("A space needs an owner."),
    "SPACE_PERSONAL_UNDELETABLE": N_("The personal space cannot be deleted."),
    "MEMBER_NOT_FOUND": N_("The server knows no such member of this space."),
    "ORGANIZATION_ALREADY_EXISTS": N_("A space with this slug exists on the server."),
    "ORGANIZATION_SLUG_ALREADY_TAKEN": N_("A space with this slug exists on the server."),
    "ZK_ROTATE_FORBIDDEN": N_("The key cannot change while zero-knowledge is on."),
    "RECOVERY_WRAP_MISSING": N_("The server has no recovery wrap of this account yet."),
}
_WRONG = N_("Type both again; capitals count. Who runs the server can set a new password.")
_HINTS = {
    "INVALID_EMAIL_OR_PASSWORD": _WRONG,
    "INVALID_CREDENTIALS": _WRONG,
    "EMAIL_NOT_VERIFIED": N_("Follow the link in the mail that the server sent."),
    "YOU_CANNOT_LEAVE_THE_ORGANIZATION_AS_THE_ONLY_OWNER": N_(
        "Make another member an owner first: manabench space role MEMBER owner"
    ),
    "ZK_ROTATE_FORBIDDEN": N_("Turn it off first: manabench account zero-knowledge off"),
    "RECOVERY_WRAP_MISSING": N_("Make one: manabench account recovery"),
}


class Answer(NamedTuple):
    """What came back. ``cookies`` are the Set-Cookie headers as they came."""

    status: int
    body: bytes
    cookies: tuple[str, ...]
    date: str
    retry: float

    def json(self) -> Any:
        """The body as JSON. Raises ServerError where it is none."""
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError:
            raise no_answer(self.status) from None


class Caller:
    """A client of one base URL. Close it."""

    def __init__(self, base: str) -> None:
        self.base = base.rstrip("/")
        self._client: httpx2.Client | None = None

    def __repr__(self) -> str:
        return f"<Caller {self.base}>"

    def close(self) -> None:
        """End the connections."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def call(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        cookie: str = "",
        token: str = "",
        query: dict[str, str] | None = None,
    ) -> Answer:
        """Ask once; a refusal is an answer, too. Raises NetworkError where none came."""
        import httpx2

        headers = {"Accept": "application/json", "Origin": origin(self.base)}
        if cookie:
            headers["Cookie"] = cookie
        if token:
            headers["Authorization"] = f"Bearer {token}"
        content = None if json is None else orjson.dumps(json)
        if method != "GET":
            headers["Content-Type"] = "application/json"
            content = content or b"{}"
        if self._client is None:
            timeout = httpx2.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS)
            self._client = httpx2.Client(
                timeout=timeout, follow_redirects=False, verify=trust(self.base)
            )
        client = self._client
        tries = 2 if method == "GET" else 1  # an idle connection may just have been closed
        for left in reversed(range(tries)):
            try:
                with client.stream(
                    method, self.base + path, content=content, headers=headers, params=query
                ) as response:
                    return _read(response)
            except httpx2.RemoteProtocolError:
                if not left:
                    raise no_connection(self.base, "") from None
            except httpx2.InvalidURL:
                raise no_connection(self.base, "") from None
            except httpx2.HTTPError as error:
                raise no_connection(self.base, str(error)) from None
            finally:
                client.cookies.clear()
        raise no_connection(self.base, "")

    def get(self, method: str, path: str, **how: Any) -> Any:
        """The JSON of a good answer. Raises NetworkError, SignedOutError, ServerError."""
        answer = self.call(method, path, **how)
        if answer.status != 200:
            raise refusal(answer)
        return answer.json()


def _read(response: httpx2.Response) -> Answer:
    body = bytearray()
    for part in response.iter_bytes():
        body += part
        if len(body) > LARGEST:
            raise no_answer(response.status_code)
    headers = response.headers
    retry = headers.get("retry-after") or headers.get("x-retry-after") or ""
    return Answer(
        response.status_code,
        bytes(body),
        tuple(headers.get_list("set-cookie")),
        headers.get("date", ""),
        float(retry) if retry.isascii() and retry.isdigit() else 0.0,
    )


def trust(base: str) -> ssl.SSLContext:
    """Whose certificates are believed. Reading those of the system costs some 70 ms, so it is done
    once, and not for a server without TLS, where the context trusts nobody."""
    import ssl

    global _trusted
    if not base.startswith("https:"):
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if _trusted is None:
        import httpx2

        _trusted = httpx2.create_ssl_context()
    return _trusted


_trusted: ssl.SSLContext | None = None


def origin(base: str) -> str:
    """Scheme, host and port of a base URL."""
    from urllib.parse import urlsplit

    parts = urlsplit(base)
    return f"{parts.scheme}://{parts.netloc}"


def plain(text: object, limit: int = WORDS) -> str:
    """A stranger's text as one harmless line."""
    if not isinstance(text, str):
        return ""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= limit else f"{line[: limit - 1]}…"


def _parts(answer: Answer) -> tuple[str, str, float]:
    """(code, words, seconds to wait) of a refusal in any of the six shapes."""
    try:
        body = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        text = answer.body[:2000].decode("utf-8", "replace")
        return "", "" if text.lstrip()[:1] == "<" else plain(text), answer.retry
    if not isinstance(body, dict):
        return "", "", answer.retry
    code, error = body.get("code"), body.get("error")
    found = code if isinstance(code, str) and _CODE.fullmatch(code) else ""
    words = plain(body.get("message"))
    if isinstance(error, str):
        if not found and _CODE.fullmatch(error):
            found = error
        elif not words:
            words = plain(error)
    retry = body.get("retryAfterSec")
    wait = float(retry) if isinstance(retry, int) and 0 <= retry < 10**6 else answer.retry
    return found, words, wait


def refusal(answer: Answer, *, signing_in: bool = False) -> ServerError:
    """The error for an answer that is no 200, in three sentences.

    signing_in: a 401 then says that the password is wrong, not that the session is over.
    """
    code, words, wait = _parts(answer)
    status = answer.status
    more: dict[str, Any] = {"status": status, "code_given": code, "words": words}
    if status == 401 and not signing_in:
        return SignedOutError(
            _("The session at the server is over."),
            kept=_("All changes are kept here and wait."),
            hint=_("Sign in again: manabench login"),
            **more,
        )
    if status == 402:
        return UnpaidError(
            _("The server's operator has sync switched off for this account."),
            kept=_("All changes are kept here and wait."),
            hint=words or _("Ask the operator."),
            **more,
        )
    if status == 401:
        code = code or "INVALID_EMAIL_OR_PASSWORD"
    elif status == 429:
        code = code if code in _TOLD else "RATE_LIMITED"
    hint = _(_HINTS[code]) if code in _HINTS else _("Try again later.") if status >= 500 else ""
    if wait and status == 429:
        hint = _("Try again in {seconds} seconds.").format(seconds=int(wait))
    if code in _TOLD:
        message = _(_TOLD[code])
    elif 300 <= status < 400:
        message = _("The server sends elsewhere ({status}).").format(status=status)
        hint = _("Give the address that it really has.")
    elif words or code:
        message = _("The server refused: {words} ({status}).").format(
            words=words or code, status=status
        )
    else:
        message = _("The server refused ({status}).").format(status=status)
    if not hint and status == 403:
        hint = _("Ask somebody who may do this: an owner or admin of the space.")
    return ServerError(message, kept=_(_KEPT), hint=hint or _("Check what was asked for."), **more)


def no_connection(base: str, why: str) -> NetworkError:
    """The error where no answer came."""
    if "CERTIFICATE" in why.upper():
        return NetworkError(
            _("The certificate of {base} is not trusted.").format(base=base),
            kept=_("Nothing was sent."),
            hint=_("Check the address, or install the certificate of its authority."),
        )
    return NetworkError(
        _("{base} does not answer.").format(base=base),
        kept=_("All changes are kept here and wait."),
        hint=_("Check the address and the connection, then try again."),
    )


def no_answer(status: int) -> ServerError:
    """The error for an answer that is not what the protocol says."""
    return ServerError(
        _("The server answered with something that is no answer."),
        kept=_(_KEPT),
        hint=_("Check the address: a login page of a network answers like that."),
        status=status,
    )
