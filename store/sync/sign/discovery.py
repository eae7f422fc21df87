"""Which services stand behind an address: found by convention, believed only after an answer.

one base URL for both                       what ``manabench serve`` does
auth.example.org   ->  sync.example.org
port 3001          ->  port 3050
"""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

from store.errors import GuardError, InvalidValueError, ManabenchError, NetworkError, ServerError
from store.sync.sign.calling import Caller
from store.words import _

FAR = "2999-01-01T00:00:00Z"
"""A cursor behind everything: a pull from there proves a sync server and fetches nothing."""

_IDENTITY_PORT, _SYNC_PORT = 3001, 3050
_PRIVATE = ip_network("100.64.0.0/10")


class Places(NamedTuple):
    """Base URLs without a slash at the end; sync is "" where none was found."""

    identity: str
    sync: str


def base_url(text: str) -> str:
    """An address as it was typed, as a base URL: with a scheme, without a slash at the end.

    Raises InvalidValueError for what is no address, GuardError for one in the clear across the
    open network.
    """
    typed = text.strip()
    if "://" not in typed:
        host = urlsplit(f"//{typed}").hostname or ""
        typed = f"{'http' if _is_near(host) else 'https'}://{typed}"
    try:
        parts = urlsplit(typed)
        port = parts.port
    except ValueError:
        parts, port = SplitResult("", "", "", "", ""), None
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https") or not host or parts.username or parts.query:
        raise InvalidValueError(
            _("That is not the address of a server."),
            kept=_("Nothing was changed."),
            hint=_("Write it as https://example.org or localhost:3001."),
        )
    if parts.scheme == "http" and not _is_near(host):
        raise GuardError(
            _("Over http everybody on the way could read the password."),
            kept=_("Nothing was sent."),
            hint=_("Use https, or reach the server through an ssh tunnel to localhost."),
        )
    return f"{parts.scheme}://{_netloc(host, port)}{parts.path.rstrip('/')}"


def _is_near(host: str) -> bool:
    """Whether a host is this machine or a private network, where servers have no certificate."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return (
        address.is_loopback or address.is_private or (address.version == 4 and address in _PRIVATE)
    )


def _netloc(host: str, port: int | None) -> str:
    name = f"[{host}]" if ":" in host else host
    return name if port is None else f"{name}:{port}"


def _sibling(base: str, mine: tuple[str, int], other: tuple[str, int]) -> str:
    """The base URL of the other service by its usual name or port; "" for none."""
    parts = urlsplit(base)
    host, port = parts.hostname or "", parts.port
    if host.startswith(f"{mine[0]}."):
        host = f"{other[0]}.{host.partition('.')[2]}"
    elif port == mine[1]:
        port = other[1]
    else:
        return ""
    return f"{parts.scheme}://{_netloc(host, port)}"


_AUTH, _SYNC = ("auth", _IDENTITY_PORT), ("sync", _SYNC_PORT)


def find_identity(base: str) -> str:
    """The base URL of the identity service meant by ``base``. Raises NetworkError, ServerError."""
    parts = urlsplit(base)
    host = parts.hostname or ""
    guesses = [base, _sibling(base, _SYNC, _AUTH)]
    if not _is_near(host) and not host.startswith(("auth.", "sync.")):
        guesses.append(f"{parts.scheme}://{_netloc(f'auth.{host}', parts.port)}")
    failed: ManabenchError | None = None
    for guess in dict.fromkeys(filter(None, guesses)):
        try:
            if _has_keys(guess):
                return guess
        except (NetworkError, ServerError) as error:
            failed = failed or error
    if isinstance(failed, NetworkError):
        raise failed
    raise ServerError(
        _("There is no account service at {base}.").format(base=base),
        kept=_("Nothing was sent."),
        hint=_("Give the address where one signs in."),
    )


def _has_keys(base: str) -> bool:
    caller = Caller(base)
    try:
        for path in ("/api/auth/jwks", "/api/v1/auth/jwks"):
            answer = caller.call("GET", path)
            if answer.status == 200:
                body = answer.json()
                return isinstance(body, dict) and isinstance(body.get("keys"), list)
        return False
    finally:
        caller.close()


def find_sync(identity: str, token: str, given: str = "") -> str:
    """The base URL of the sync server that belongs to an identity service.

    given: an address that was typed, which alone is tried. Raises NetworkError or ServerError
    where no server there takes the token, with the way to name one.
    """
    guesses = [given] if given else [identity, _sibling(identity, _AUTH, _SYNC)]
    for guess in filter(None, guesses):
        try:
            if speaks_sync(guess, token):
                return guess
        except NetworkError:
            if given:
                raise
    raise ServerError(
        _("No sync server was found for {base}.").format(base=given or identity),
        kept=_("You are signed in; all changes are kept here and wait."),
        hint=_("Give its address: manabench login URL --sync-url ADDRESS"),
        code_given="NO_SYNC_SERVER",
    )


def speaks_sync(base: str, token: str) -> bool:
    """Whether a sync server answers there and takes the token. One without a subscription does."""
    caller = Caller(base)
    try:
        answer = caller.call(
            "GET", "/sync/tags/pull", token=token, query={"collection": "tags", "since": FAR}
        )
        if answer.status == 402:
            return True
        try:
            body = answer.json() if answer.status == 200 else None
        except ServerError:
            return False
        return isinstance(body, dict) and "syncedUntil" in body
    finally:
        caller.close()
