"""The ring of keys: rows of wrapped keys, and the keys themselves while the vault is open.

A row is a dict of texts, so that any table can hold it::

    key_id   short name of the key it wraps, part of every envelope
    kind     file | account | account-old | space
    wrap     passphrase | keyring | key file | recovery (the file key), file (all others)
    params   JSON: the home id; for a passphrase the salt and the cost
    wrapped  base64(nonce + ciphertext + tag)
    made     when, UTC
    check    checksum of the other five: tells damage from a wrong passphrase

Rows of kinds and wraps that this version does not know, and damaged ones, are carried along
untouched.
"""

from __future__ import annotations

from binascii import a2b_base64, b2a_base64, crc32
from typing import Any, NamedTuple, Protocol

import orjson

from store.vault.envelope import Cipher
from store.vault.memory import wipe
from store.words import N_

Row = dict[str, Any]

FILE = "file"
ACCOUNT = "account"
ACCOUNT_OLD = "account-old"
SPACE = "space"
KINDS = (ACCOUNT, ACCOUNT_OLD, SPACE)

PASSPHRASE = N_("passphrase")
KEYRING = N_("keyring")
KEY_FILE = N_("key file")
RECOVERY = N_("recovery")
WAYS = (PASSPHRASE, KEYRING, KEY_FILE, RECOVERY)

KEY_SIZE = 32
_CHECKED = ("key_id", "kind", "wrap", "params", "wrapped", "made")


class KeyStorage(Protocol):
    """Where the rows and the epoch are kept: the database of the home."""

    def load(self) -> list[dict[str, Any]]:
        """All rows, in the order they were saved."""
        ...

    def save(self, rows: list[dict[str, Any]]) -> None:
        """Replace all rows in one transaction."""
        ...

    def epoch(self) -> int:
        """How often this home was locked; 0 at first. Called often."""
        ...

    def raise_epoch(self) -> int:
        """Add one to the epoch, durably; returns the new one."""
        ...


class KeyInfo(NamedTuple):
    """One key of the ring, without the key. ``ready``: it can be used now."""

    kind: str
    key_id: str
    made: str
    ready: bool


class Key(NamedTuple):
    """One key in memory."""

    kind: str
    raw: bytearray
    cipher: Cipher

    def __repr__(self) -> str:
        return f"<Key {self.kind} {self.cipher.key_id}>"


class Ring:
    """The keys in memory while the vault is unlocked. Built whole, then only read, so that
    threads need no lock for it."""

    __slots__ = ("accounts", "current", "damaged", "keys")

    def __init__(self) -> None:
        self.keys: dict[str, Key] = {}
        self.current: Cipher | None = None
        self.accounts: tuple[Cipher, ...] = ()
        self.damaged: list[str] = []

    def __repr__(self) -> str:
        return f"<Ring of {len(self.keys)}>"

    def add(self, kind: str, key_id: str, raw: bytes | bytearray) -> Cipher:
        """Make a key ready; takes its own copy of the bytes."""
        cipher = Cipher(key_id, raw)
        self.keys[key_id] = Key(kind, bytearray(raw), cipher)
        return cipher

    def load(self, file_key: Cipher, rows: list[Row]) -> None:
        """Open every row the file key wraps. One that does not open is listed in ``damaged``.

        ``current`` becomes the account's master key, ``accounts`` all of them, newest first.
        """
        current: list[Cipher] = []
        old: list[Cipher] = []
        for row in rows:
            if row.get("wrap") != FILE or row.get("kind") not in KINDS:
                continue
            raw = None if is_damaged(row) else open_row(row, file_key)
            if raw is None:
                self.damaged.append(str(row.get("key_id", "")))
                continue
            cipher = self.add(row["kind"], row["key_id"], raw)
            wipe(raw)
            if row["kind"] != SPACE:
                (current if row["kind"] == ACCOUNT else old).insert(0, cipher)
        self.current = current[0] if current else None
        self.accounts = (*current, *old)

    def forget(self) -> None:
        """Overwrite the bytes and drop the ciphers."""
        wipe(*(key.raw for key in self.keys.values()))
        self.keys, self.current, self.accounts = {}, None, ()


def make_row(
    cipher: Cipher,
    raw: bytes | bytearray,
    *,
    key_id: str,
    kind: str,
    wrap: str,
    params: dict[str, Any] | None = None,
) -> Row:
    """A row that wraps ``raw`` under ``cipher``, bound to its id, kind, wrap and parameters."""
    from datetime import UTC, datetime

    text = orjson.dumps(params or {}).decode()
    blob = cipher.wrap(raw, _bound(key_id, kind, wrap, text))
    row: Row = {
        "key_id": key_id,
        "kind": kind,
        "wrap": wrap,
        "params": text,
        "wrapped": b2a_base64(blob, newline=False).decode("ascii"),
        "made": datetime.now(UTC).isoformat(timespec="milliseconds")[:23] + "Z",
    }
    row["check"] = _check(row)
    return row


def open_row(row: Row, cipher: Cipher) -> bytearray | None:
    """The key in a row that is not damaged, or None if ``cipher`` is not the key that wraps it."""
    bound = _bound(row["key_id"], row["kind"], row["wrap"], row["params"])
    try:
        blob = a2b_base64(row["wrapped"], strict_mode=True)
    except ValueError:
        return None
    raw = cipher.unwrap(blob, bound)
    return raw if raw is not None and len(raw) == KEY_SIZE else None


def is_damaged(row: Row) -> bool:
    """Whether a row is not as it was written."""
    if not all(isinstance(row.get(name), str) for name in (*_CHECKED, "check")):
        return True
    return _check(row) != str(row["check"])


def params_of(row: Row) -> dict[str, Any]:
    """The parameters of a row; empty if they cannot be read."""
    try:
        params = orjson.loads(row.get("params") or "{}")
    except (orjson.JSONDecodeError, TypeError):
        return {}
    return params if isinstance(params, dict) else {}


def file_rows(rows: list[Row], wrap: str) -> list[Row]:
    """The rows that open the file key in one way, newest last."""
    return [row for row in rows if row.get("kind") == FILE and row.get("wrap") == wrap]


def _bound(key_id: str, kind: str, wrap: str, params: str) -> bytes:
    return orjson.dumps(("manabench wrap", key_id, kind, wrap, params))


def _check(row: Row) -> str:
    # No cryptographic hash: its import costs more than the rest of a quiet unlock, and the row's
    # protection is its seal.
    return f"{crc32(orjson.dumps([row[name] for name in _CHECKED])):08x}"
