"""Passwords: Argon2id, in a form that carries its own costs; and how often one may be wrong."""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable

from store.server.settings import Settings
from store.server.storage import Failure

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
    """How often somebody was wrong lately, by account and by address.

    It is asked here and kept by whoever asks, so that a restart forgives nobody. What is kept names
    neither accounts nor addresses: each is a digest under ``secret``.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic, secret: bytes = b"") -> None:
        self._now = now
        self._secret = secret
        self._at: dict[bytes, deque[float]] = {}
        self._lock = threading.Lock()

    def load(self, kept: Iterable[Failure], now_ms: int) -> None:
        """Take up what was kept, oldest first. A failure that lies ahead of the clock counts as one
        of now: it ages from here on, however far the clock was set back."""
        for failure in kept:
            age = max(0.0, (now_ms - failure.at) / 1000)
            self._times(failure.who).append(self._now() - age)

    def wait(self, email: str, address: str) -> int:
        """Seconds until this address may try this account again; 0 for now."""
        with self._lock:
            waits = [self._left(key, most) for key, most in self._keys(email, address)]
        return max(waits)

    def count(self, email: str, address: str, now_ms: int) -> list[Failure]:
        """One more failure; returns what to keep of it. An account that does not exist counts as
        one that does."""
        with self._lock:
            if len(self._at) > _MOST:
                self._forget()
            keys = [key for key, _most in self._keys(email, address)]
            for key in keys:
                self._times(key).append(self._now())
        return [Failure(key, now_ms) for key in keys]

    def forgive(self, email: str, address: str) -> bytes:
        """The right password was given: what this address did wrong to the account is forgotten.
        Returns whose failures are not to be kept, b"" where there were none."""
        (key, _most), *_others = self._keys(email, address)
        with self._lock:
            return key if self._at.pop(key, None) else b""

    def _times(self, key: bytes) -> deque[float]:
        return self._at.setdefault(key, deque(maxlen=FAILURES_OF_ADDRESS))

    def _left(self, key: bytes, most: int) -> int:
        times = self._at.get(key)
        while times and times[0] <= self._now() - WINDOW:
            times.popleft()
        if times is None or len(times) < most:
            return 0
        return int(times[-most] + WINDOW - self._now()) + 1

    def _forget(self) -> None:
        """Drop what no longer counts; if that is not enough, the oldest."""
        late = self._now() - WINDOW
        for key in [key for key, times in self._at.items() if not times or times[-1] <= late]:
            del self._at[key]
        for key in list(self._at)[: max(len(self._at) - _MOST // 2, 0)]:
            del self._at[key]

    def _keys(self, email: str, address: str) -> list[tuple[bytes, int]]:
        """Under what a failure counts, and how many are too many; the pair of both first."""
        parts = [(f"both\n{email}\n{address}", FAILURES)]
        if email:
            parts.append((f"account\n{email}", FAILURES_ANYWHERE))
        parts.append((f"address\n{address}", FAILURES_OF_ADDRESS))
        return [(self._digest(text), most) for text, most in parts]

    def _digest(self, text: str) -> bytes:
        return hmac.digest(self._secret, text.encode("utf-8", "surrogatepass"), "sha256")[:16]
