"""The server over HTTP: ``remote.Remote`` as the protocol's section 8 and its forty notes have it.

Nothing here keeps or logs a token: it is asked of the session for every call. Every failure of the
way becomes NetworkError, every refusal and every body that is no answer a ServerError.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol
from urllib.parse import quote

import orjson

from store.errors import NetworkError, ServerError, SignedOutError, UnpaidError
from store.sync.engine.cursors import EPOCH
from store.sync.engine.faults import OUTAGE, TOO_LARGE
from store.sync.net.remote import RemoteSpace
from store.sync.sign.calling import no_connection, plain, trust
from store.sync.wire import Page, decode_page, names_of
from store.words import N_, _

if TYPE_CHECKING:
    import httpx2

CONNECT, READ, WRITE = 10.0, 60.0, 30.0
"""Seconds. A push of many changes to a slow server takes long, and one that is given up on is
stored twice."""

LARGEST = 256_000_000
"""Bytes of one answer; a page of values that are all as large as they may be is refused."""

_KEPT = N_("All changes are kept here and wait.")


class Identity(Protocol):
    """What is asked of the identity service."""

    def spaces(self) -> Sequence[RemoteSpace]:
        """The spaces of this person."""
        ...


class SessionLike(Protocol):
    """What is asked of ``session.Session``."""

    @property
    def identity(self) -> Identity:
        """The client of the identity service."""
        ...

    def jwt(self, fresh: bool = False) -> str:
        """A token; fresh: a new one."""
        ...


class _Answer(NamedTuple):
    status: int
    body: bytes
    retry: float


class HttpRemote:
    """One account on one sync server. For one thread; close it.

    wait: how many seconds the server asked to be left alone for at its last refusal.
    """

    def __init__(
        self, session: SessionLike, base: str, *, wall: Callable[[], float] = time.time
    ) -> None:
        self._session = session
        self._base = base.rstrip("/")
        self._wall = wall
        self._ahead = 0.0
        self._heard: float | None = None
        self._client: httpx2.Client | None = None
        self.wait = 0.0

    def __repr__(self) -> str:
        return f"<HttpRemote {self._base}>"

    def close(self) -> None:
        """End the connections."""
        client, self._client = self._client, None
        if client is not None:
            client.close()

    def push(self, app: str, body: bytes, client: str) -> Page:
        """See ``Remote``."""
        return self._page("POST", f"/sync/{quote(app, safe='')}", client, body)

    def tables(self, app: str, body: bytes, client: str) -> set[str]:
        """The collections that the rows of a push's answer are of. They are searched for and
        nothing else of the answer is read, for it may hold thousands of rows."""
        path = f"/sync/{quote(app, safe='')}"
        return set(names_of(self._answer("POST", path, client, body).body))

    def pull(self, app: str, collection: str, since: str, client: str) -> Page:
        """See ``Remote``."""
        query = f"collection={quote(collection, safe='')}&since={quote(since, safe='')}"
        if since == EPOCH:  # how many there are in all; servers that do not count pass it by
            query += "&count=1"
        return self._page("GET", f"/sync/{quote(app, safe='')}/pull?{query}", client)

    def spaces(self) -> Sequence[RemoteSpace]:
        """See ``Remote``."""
        return self._session.identity.spaces()

    def clock(self) -> float:
        """See ``Remote``."""
        return self._ahead

    # One call -----------------------------------------------------------------------------

    def _page(self, method: str, path: str, client: str, body: bytes | None = None) -> Page:
        page = decode_page(self._answer(method, path, client, body).body)
        if self._heard is not None:  # only now is it known to be the server that spoke
            self._ahead = self._heard
        return page

    def _answer(self, method: str, path: str, client: str, body: bytes | None) -> _Answer:
        answer = self._ask(method, path, client, body, self._session.jwt())
        if answer.status == 401 and not _is_outage(answer):
            answer = self._ask(method, path, client, body, self._session.jwt(fresh=True))
        if answer.status != 200:
            raise self._refusal(answer)
        return answer

    def _ask(self, method: str, path: str, client: str, body: bytes | None, token: str) -> _Answer:
        import httpx2

        headers = {"Authorization": f"Bearer {token}", "X-Client-Id": client}
        if body is not None:
            headers["Content-Type"] = "application/json"
        tries = 2 if method == "GET" else 1
        for left in reversed(range(tries)):
            sent = self._wall()
            try:
                with self._connected().stream(
                    method, self._base + path, content=body, headers=headers
                ) as response:
                    self._heed_date(response.headers.get("date", ""), sent)
                    return _read(response)
            except (httpx2.RemoteProtocolError, httpx2.ReadError):
                # A connection that lay idle may just have been closed; asking again is harmless
                # for a pull. Whether a push arrived is not known.
                if not left:
                    raise no_connection(self._base, "") from None
            except httpx2.InvalidURL:
                raise no_connection(self._base, "") from None
            except (httpx2.HTTPError, httpx2.StreamError) as error:
                raise no_connection(self._base, str(error)) from None
        raise no_connection(self._base, "")

    def _connected(self) -> httpx2.Client:
        import httpx2

        if self._client is None:
            self._client = httpx2.Client(
                timeout=httpx2.Timeout(READ, connect=CONNECT, write=WRITE),
                follow_redirects=False,
                verify=trust(self._base),
            )
        return self._client

    def _heed_date(self, date: str, sent: float) -> None:
        """Read how far the server's clock is ahead. It tells whole seconds, so half of one is
        added; an answer that took long says nothing."""
        now = self._wall()
        self._heard = None
        if not date or not 0 <= now - sent < 5:
            return
        try:
            server = parsedate_to_datetime(date).timestamp()
        except (ValueError, TypeError, OverflowError):
            return
        self._heard = server + 0.5 - (sent + now) / 2

    def _refusal(self, answer: _Answer) -> ServerError:
        code, words, changes = _said(answer.body)
        self.wait = answer.retry
        status = answer.status
        more: dict[str, Any] = {"status": status, "words": words}
        if status == 402:
            return UnpaidError(
                _("The server's operator has sync switched off for this account."),
                kept=_(_KEPT),
                hint=words or _("Ask the operator."),
                code_given=code,
                **more,
            )
        if _is_outage(answer):
            more["status"], code = 503, OUTAGE
        elif status == 401:
            return SignedOutError(
                _("The server does not accept this session."),
                kept=_(_KEPT),
                hint=_("Sign in again: manabench login"),
                code_given=code,
                **more,
            )
        if status == 413 or (status == 400 and ("too large" in words or "i/o timeout" in words)):
            code = TOO_LARGE
        return ServerError(
            _("The server refused: {words} ({status}).").format(
                words=words or code or _("without a word"), status=status
            ),
            kept=_(_KEPT),
            hint=_("Nothing needs to be done; syncing tries again."),
            code_given=code,
            changes=changes,
            **more,
        )


def _read(response: httpx2.Response) -> _Answer:
    body = bytearray()
    for part in response.iter_bytes():
        body += part
        if len(body) > LARGEST:
            raise NetworkError(_("The server's answer is too long to be read."), kept=_(_KEPT))
    headers = response.headers
    retry = headers.get("retry-after") or headers.get("x-retry-after") or ""
    wait = float(retry) if retry.isascii() and retry.isdigit() and len(retry) < 6 else 0.0
    return _Answer(response.status_code, bytes(body), wait)


def _is_outage(answer: _Answer) -> bool:
    """Whether a 401 only says that the server cannot check tokens just now."""
    return answer.status == 401 and b"fetch JWKS" in answer.body[:4000]


def _said(body: bytes) -> tuple[str, str, tuple[int, ...]]:
    """(code, words, numbers of changes) of a refusal: one line of text, or JSON."""
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        text = body[:2000].decode("utf-8", "replace")
        return "", "" if text.lstrip()[:1] == "<" else plain(text), ()
    if not isinstance(found, dict):
        return "", "", ()
    code = next((c for c in (found.get("code"), found.get("error")) if isinstance(c, str)), "")
    words = next((w for w in (found.get("message"), found.get("error")) if isinstance(w, str)), "")
    named = found.get("changes")
    changes = tuple(n for n in named if type(n) is int) if isinstance(named, list) else ()
    return plain(code, 60), plain(words), changes
