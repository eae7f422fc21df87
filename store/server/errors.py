"""How the server says no. Six shapes of an error are on the wire; each endpoint has its own.

    wrapper   {error, message, status, retryAfterSec?}   /api/v1/auth/*
    native    {message, code?}                           /api/auth/*
    bearer    {statusCode, message}                      a missing or bad token of an endpoint
    vault     {error, code?}                             vault, grants, /api/v1/me
    plain     one line of text                           the sync half
    sync      {error, message}                           the sync half's 402

A ``Refusal`` is raised anywhere, inside a transaction too, which it rolls back. Its words are for
developers and stay English, as codes do; they hold nothing that a caller sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from starlette.responses import Response

WRAPPER_STATUS = {
    "INVALID_CREDENTIALS": 401,
    "EMAIL_NOT_VERIFIED": 403,
    "EMAIL_ALREADY_REGISTERED": 409,
    "WEAK_PASSWORD": 400,
    "ACCOUNT_LOCKED": 429,
    "SIGNUP_LIMIT_REACHED": 429,
    "RATE_LIMITED": 429,
    "TOKEN_EXPIRED": 401,
    "TOKEN_INVALID": 400,
    "VALIDATION": 400,
    "UNAUTHORIZED": 401,
    "NOT_FOUND": 404,
    "SERVICE_UNAVAILABLE": 503,
    "INTERNAL": 500,
}


class Refusal(Exception):  # noqa: N818 - an answer, not a fault of the program
    """An answer that says no. body: a JSON object, or text for a plain line."""

    def __init__(
        self, status: int, body: dict[str, Any] | str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(status)
        self.status = status
        self.body = body
        self.headers = dict(headers or {})

    def response(self) -> Response:
        """This refusal as an HTTP answer."""
        from starlette.responses import PlainTextResponse

        from store.server.answers import json

        if isinstance(self.body, str):
            headers = {"X-Content-Type-Options": "nosniff"} | self.headers
            return PlainTextResponse(self.body + "\n", self.status, headers)
        return json(self.body, self.status, self.headers)


def _words(code: str) -> str:
    """A code as a sentence, where nothing more is to be said."""
    return code.replace("_", " ").capitalize()


def wrapper(code: str, message: str = "", *, wait: int = 0) -> Refusal:
    """A refusal of /api/v1/auth; wait: seconds until it makes sense to try again."""
    status = WRAPPER_STATUS[code]
    body: dict[str, Any] = {"error": code, "message": message or _words(code), "status": status}
    if not wait:
        return Refusal(status, body)
    return Refusal(status, body | {"retryAfterSec": wait}, {"Retry-After": str(wait)})


def native(
    status: int, code: str, message: str = "", *, coded: bool = True, wait: int = 0
) -> Refusal:
    """A refusal of /api/auth; coded: False where the wire has words alone."""
    body = {"message": message or _words(code)}
    if coded:
        body["code"] = code
    return Refusal(status, body, {"X-Retry-After": str(wait)} if wait else None)


def bearer(message: str, status: int = 401) -> Refusal:
    """A refusal of a bearer token or service key."""
    return Refusal(status, {"statusCode": status, "message": message})


def vault(status: int, code: str, message: str) -> Refusal:
    """A refusal of the vault and of /api/v1/me."""
    return Refusal(status, {"error": message, "code": code})


def plain(status: int, text: str) -> Refusal:
    """A refusal of the sync half: one line of text."""
    return Refusal(status, text)
