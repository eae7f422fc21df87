"""Passwords: Argon2id, in a form that carries its own costs; and how often one may be wrong."""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable

from store.server.settings import Settings

SHORTEST = 8
LONGEST = 128
_SALT = 16
_HASH = 32
_LANES = 1

WINDOW = 15 * 60.0
"""Seconds for which a failure counts."""

FAILURES = 5
"""Failures from one address that lock an account to it."""

FAILURES_ANYWHERE = 50
"""Failures that lock an account to everybody. It is more, so that nobody can lock others out of
their accounts with five guesses."""

FAILURES_OF_ADDRESS = 100
"""Failures from one address, whatever the accounts, that lock it out."""

_MOST = 20_000


def hashed(settings: Settings, password: str) -> str:
    """``password`` as it is kept: costs, salt and hash in one text."""
    salt = secrets.token_bytes(_SALT)
    found = _argon2(password, salt, settings.memory, settings.passes)
    costs = f"m={settings.memory},t={settings.passes},p={_LANES}"
    return "$".join(("argon2id", costs, _text(salt), _text(found)))


def matches(settings: Settings, password: str, kept: str) -> bool:
    """Whether ``password`` is the one that was kept. Takes as long where none is kept, so that the
    time tells nobody whether an account exists."""
    try:
        kind, costs, salt, wanted = kept.split("$")
        named = dict(part.split("=") for part in costs.split(","))
        memory, passes = int(named["m"]), int(named["t"])
        known = base64.b64decode(wanted, validate=True)
        bytes_of_salt = base64.b64decode(salt, validate=True)
    except (ValueError, KeyError, binascii.Error):
        kind = ""
    if kind != "argon2id":
        _argon2(password, bytes(_SALT), settings.memory, settings.passes)
        return False
    return hmac.compare_digest(_argon2(password, bytes_of_salt, memory, passes), known)


def _argon2(password: str, salt: bytes, memory: int, passes: int) -> bytes:
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

    derive = Argon2id(
        salt=salt, length=_HASH, iterations=passes, lanes=_LANES, memory_cost=memory
    ).derive
    return derive(password.encode("utf-8", "surrogatepass"))


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode()


class Failures:
    """How often somebody was wrong lately, by account and by address. Kept in memory: it outlives
    no restart, which only the operator can bring about."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._at: dict[tuple[str, str], deque[float]] = {}
        self._lock = threading.Lock()

    def wait(self, email: str, address: str) -> int:
        """Seconds until this address may try this account again; 0 for now."""
        with self._lock:
            waits = [self._left(key, most) for key, most in _keys(email, address)]
        return max(waits)

    def count(self, email: str, address: str) -> None:
        """One more failure. An account that does not exist counts as one that does."""
        with self._lock:
            if len(self._at) > _MOST:
                self._forget()
            for key, most in _keys(email, address):
                self._at.setdefault(key, deque(maxlen=most)).append(self._now())

    def forgive(self, email: str, address: str) -> None:
        """The right password was given: what this address did wrong to the account is forgotten."""
        with self._lock:
            self._at.pop((email, address), None)

    def _left(self, key: tuple[str, str], most: int) -> int:
        times = self._at.get(key)
        while times and times[0] <= self._now() - WINDOW:
            times.popleft()
        if times is None or len(times) < most:
            return 0
        return int(times[0] + WINDOW - self._now()) + 1

    def _forget(self) -> None:
        """Drop what no longer counts; if that is not enough, the oldest."""
        late = self._now() - WINDOW
        for key in [key for key, times in self._at.items() if times[-1] <= late]:
            del self._at[key]
        for key in list(self._at)[: max(len(self._at) - _MOST // 2, 0)]:
            del self._at[key]


def _keys(email: str, address: str) -> tuple[tuple[tuple[str, str], int], ...]:
    return (
        ((email, address), FAILURES),
        ((email, ""), FAILURES_ANYWHERE),
        (("", address), FAILURES_OF_ADDRESS),
    )
