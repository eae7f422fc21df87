"""Envelopes: one sealed value as one line of text. The formats are in the package's docstring.

Sealing and opening stay at two to three microseconds a value: one AES object per key, no
objects made on the way, the associated data and the value both written by orjson.
"""

from __future__ import annotations

from binascii import a2b_base64, b2a_base64
from collections.abc import Iterable
from os import urandom
from typing import Any

import orjson

from store.errors import InvalidValueError, UnreadableError
from store.words import N_, _

Json = Any
"""What JSON can hold: None, bool, int (64 bits), float, str, list, dict with text keys."""

NONCE = 12
TAG = 16
ENC1 = "enc:1:"
ENC2 = "enc:2:"

LOCKED = N_("locked")
DAMAGED = N_("damaged")
FOREIGN = N_("foreign key")
UNKNOWN = N_("unknown format")

# Only plain JSON may be sealed: a marker object written back by mistake would replace the value
# it stands for.
_STRICT = (
    orjson.OPT_PASSTHROUGH_DATACLASS
    | orjson.OPT_PASSTHROUGH_DATETIME
    | orjson.OPT_PASSTHROUGH_SUBCLASS
)


def is_envelope(value: object) -> bool:
    """Whether ``value`` is sealed text of any format, known or not: ``enc:<number>:...``."""
    if not isinstance(value, str) or value[:4] != "enc:":
        return False
    number, colon, _rest = value[4:24].partition(":")
    return bool(colon) and number.isascii() and number.isdigit()


def associated(collection: str, record: str, field: str) -> bytes:
    """The associated data of ``enc:2``. A JSON array, because no choice of names can make two
    different triples look alike."""
    return orjson.dumps((collection, record, field))


def unreadable(reason: str) -> UnreadableError:
    """The error for one envelope that does not open."""
    message = {
        LOCKED: _("The vault is locked."),
        DAMAGED: _("This field is damaged and cannot be opened."),
        FOREIGN: _("This field was sealed with a key that is not on this device."),
        UNKNOWN: _("This field was sealed in a format this version does not know."),
    }[reason]
    return UnreadableError(message, reason, kept=_("The sealed value is kept as it is."))


class Cipher:
    """One key, ready to seal and open. Holds no key bytes that Python can see."""

    __slots__ = ("_bad", "_decrypt", "_encrypt", "key_id", "prefix")

    def __init__(self, key_id: str, raw: bytes | bytearray) -> None:
        # Costs some 20 ms of start-up, so only for those who unlock.
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        aes = AESGCM(raw)
        self.key_id = key_id
        self.prefix = f"{ENC2}{key_id}:"
        self._encrypt = aes.encrypt
        self._decrypt = aes.decrypt
        self._bad = (InvalidTag, ValueError, TypeError, OverflowError)

    def __repr__(self) -> str:
        return f"<Cipher {self.key_id}>"

    def __reduce__(self) -> tuple[Any, ...]:
        raise TypeError("a key does not leave its process")

    def seal(self, collection: str, record: str, field: str, value: Json) -> str:
        """``value`` as ``enc:2`` for exactly this field. InvalidValueError if it is not JSON."""
        nonce = urandom(NONCE)
        try:
            text = orjson.dumps(value, None, _STRICT)
            where = orjson.dumps((collection, record, field))
        except (TypeError, RecursionError) as problem:
            raise _not_json(problem) from None
        sealed = b2a_base64(nonce + self._encrypt(nonce, text, where), newline=False)
        return self.prefix + sealed.decode("ascii")

    def open(self, collection: str, record: str, field: str, envelope: str) -> Json:
        """The value of an ``enc:2`` that bears this key's id. UnreadableError: "damaged"."""
        try:
            blob = a2b_base64(envelope[len(self.prefix) :], strict_mode=True)
            where = orjson.dumps((collection, record, field))
            return orjson.loads(self._decrypt(blob[:NONCE], blob[NONCE:], where))
        except self._bad:
            raise unreadable(DAMAGED) from None

    def seal1(self, value: Json) -> str:
        """``value`` as ``enc:1``. Null and absent fields are the caller's to leave out."""
        nonce = urandom(NONCE)
        try:
            text = orjson.dumps(value, None, _STRICT)
        except (TypeError, RecursionError) as problem:
            raise _not_json(problem) from None
        body = self._encrypt(nonce, text, None)
        iv64, body64 = b2a_base64(nonce, newline=False), b2a_base64(body, newline=False)
        return f"{ENC1}{iv64.decode('ascii')}.{body64.decode('ascii')}"

    def moved1(
        self, target: Cipher, collection: str, record: str, field: str, envelope: str
    ) -> str:
        """An ``enc:2`` of this key as ``enc:1`` under ``target``; its text is not looked into.
        UnreadableError: "damaged"."""
        try:
            blob = a2b_base64(envelope[len(self.prefix) :], strict_mode=True)
            where = orjson.dumps((collection, record, field))
            text = self._decrypt(blob[:NONCE], blob[NONCE:], where)
        except self._bad:
            raise unreadable(DAMAGED) from None
        nonce = urandom(NONCE)
        sealed = b2a_base64(nonce + target._encrypt(nonce, text, None), newline=False).decode()
        # Twelve bytes are sixteen letters without a rest, so the two parts can be written as one.
        return f"{ENC1}{sealed[:16]}.{sealed[16:]}"

    def text1(self, nonce: bytes, body: bytes) -> bytes | None:
        """The plaintext of a split ``enc:1``, or None if this key does not fit."""
        try:
            return self._decrypt(nonce, body, None)
        except self._bad:
            return None

    def wrap(self, raw: bytes | bytearray, bound: bytes | None) -> bytes:
        """Key bytes sealed under this key: nonce, ciphertext, tag."""
        nonce = urandom(NONCE)
        return nonce + self._encrypt(nonce, raw, bound)

    def unwrap(self, blob: bytes, bound: bytes | None) -> bytearray | None:
        """The wrapped key bytes, or None if this key or the binding does not fit."""
        try:
            return bytearray(self._decrypt(blob[:NONCE], blob[NONCE:], bound))
        except self._bad:
            return None


def open1(ciphers: Iterable[Cipher], envelope: str) -> Json:
    """The value of an ``enc:1``, each key tried in turn.

    UnreadableError: "damaged" if it has not the form, or its plaintext is not JSON; "foreign
    key" if no key fits. Without a key id, altered ciphertext looks like somebody else's.
    """
    iv64, dot, body64 = envelope[len(ENC1) :].partition(".")
    try:
        nonce, body = a2b_base64(iv64, strict_mode=True), a2b_base64(body64, strict_mode=True)
    except ValueError:
        raise unreadable(DAMAGED) from None
    if not dot or len(nonce) != NONCE or len(body) < TAG:
        raise unreadable(DAMAGED)
    for cipher in ciphers:
        text = cipher.text1(nonce, body)
        if text is not None:
            return _lenient(text)
    raise unreadable(FOREIGN)


def _not_json(problem: Exception) -> InvalidValueError:
    # The encoder names the type or the limit, never the value.
    return InvalidValueError(
        _("This value cannot be kept: it is not plain JSON ({why}).").format(why=problem),
        kept=_("Nothing was changed."),
    )


def _lenient(text: bytes) -> Json:
    """JSON by other hands: half surrogate pairs, which web clients can write, become U+FFFD."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        pass
    import json

    try:
        loose = json.dumps(json.loads(text, parse_constant=_refuse), ensure_ascii=False)
        whole = loose.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        return orjson.loads(whole)
    except (ValueError, RecursionError):
        raise unreadable(DAMAGED) from None


def _refuse(name: str) -> Json:
    raise ValueError(name)
