"""Faults of the machine below: a full disk, a file that cannot be written, a database that waits.

They pass, so every answer is a 503 in the shape of its endpoint: try again, all of it. (A 507 would
be more exact, but clients take it for the fault of one change, and look for that change.) What was
asked for is not done, and nothing of it is: every write is one transaction.
"""

from __future__ import annotations

import errno
import logging
import sqlite3
import time
from typing import TYPE_CHECKING, NamedTuple

from store.server.answers import json
from store.server.errors import Refusal, native, wrapper

if TYPE_CHECKING:
    from starlette.responses import Response

LOG = logging.getLogger("manabench.server")

PAUSE = 30
"""Seconds until it makes sense to try again."""

SILENCE = 60.0
"""Seconds for which the same fault is not logged once more: the log may lie on the full disk."""


class Unable(NamedTuple):
    """words: for developers and the operator."""

    words: str


_FULL = Unable("the server has no room left on its disk; nothing was stored")
_BUSY = Unable("the server's database is busy; nothing was stored")
_UNREADABLE = Unable("the server's disk cannot be read or written; nothing was stored")
_EXHAUSTED = Unable("the server has no memory or descriptors left; nothing was stored")

_BY_CODE = {
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_BUSY: _BUSY,
    sqlite3.SQLITE_LOCKED: _BUSY,
    sqlite3.SQLITE_IOERR: _UNREADABLE,
    sqlite3.SQLITE_READONLY: _UNREADABLE,
    sqlite3.SQLITE_CANTOPEN: _UNREADABLE,
    sqlite3.SQLITE_NOMEM: _EXHAUSTED,
}
_BY_ERRNO = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EIO: _UNREADABLE,
    errno.EROFS: _UNREADABLE,
    errno.EMFILE: _EXHAUSTED,
    errno.ENFILE: _EXHAUSTED,
}


def unable(error: BaseException) -> Unable | None:
    """What ``error`` says of the machine; None for a fault of the program."""
    if isinstance(error, MemoryError):
        return _EXHAUSTED
    if isinstance(error, sqlite3.Error):
        # The extended codes have the plain one in their lowest byte.
        return _BY_CODE.get(getattr(error, "sqlite_errorcode", 0) & 0xFF)
    return _BY_ERRNO.get(error.errno or 0) if isinstance(error, OSError) else None


def answer(path: str, unable: Unable) -> Response:
    """What an endpoint answers."""
    words = unable.words
    after = {"Retry-After": str(PAUSE)}
    if path.startswith("/api/v1/auth"):
        return wrapper("SERVICE_UNAVAILABLE", words, wait=PAUSE).response()
    if path.startswith("/api/auth"):
        refusal = native(503, "SERVICE_UNAVAILABLE", words, wait=PAUSE)
        refusal.headers |= after
        return refusal.response()
    if path.startswith("/api/"):
        return json({"statusCode": 503, "message": words}, 503, after)
    return Refusal(503, words, after).response()


class Sayings:
    """Logs each fault now and then."""

    def __init__(self) -> None:
        self._said: dict[str, float] = {}

    def say(self, words: str) -> None:
        """Log these words, unless they were logged a short while ago."""
        now = time.monotonic()
        if now - self._said.get(words, -SILENCE) >= SILENCE:
            self._said[words] = now
            LOG.error("%s", words)
