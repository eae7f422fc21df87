"""The recovery code: 32 random bytes on paper, and what they wrap.

The same form serves the account on a server, whose blob has no associated data
(``wrap_master``), and the file key of this home, whose row has (``keys.py``).
"""

from __future__ import annotations

from binascii import a2b_base64, b2a_base64
from os import urandom

from store.errors import InvalidValueError, StorageError, WrongPassphraseError
from store.vault.envelope import NONCE, Cipher
from store.words import _

SECRET = 32
INFO = b"mana-recovery-v1"


def new_code() -> str:
    """A fresh code: 16 groups of 4 upper-case hex digits joined by dashes."""
    return as_code(urandom(SECRET))


def as_code(secret: bytes) -> str:
    """The 32 bytes of ``secret`` as a person writes them down."""
    digits = secret.hex().upper()
    return "-".join(digits[at : at + 4] for at in range(0, len(digits), 4))


def parse(code: str) -> bytes:
    """The 32 bytes of a code, whatever its case, spaces and dashes. InvalidValueError otherwise."""
    digits = "".join(code.split())
    for dash in "-\u2010\u2011\u2012\u2013\u2014\u2212":
        digits = digits.replace(dash, "")
    if len(digits) != 2 * SECRET or not all(digit in "0123456789abcdefABCDEF" for digit in digits):
        raise InvalidValueError(
            _("That is not a recovery code."),
            kept=_("Nothing was changed."),
            hint=_("A code has 16 groups of 4 characters, 0 to 9 and A to F."),
        )
    return bytes.fromhex(digits)


def wrap_key(secret: bytes) -> bytes:
    """The 32-byte key that the code's bytes stand for (HKDF-SHA256, empty salt)."""
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return HKDF(algorithm=SHA256(), length=32, salt=None, info=INFO).derive(secret)


def wrap_master(code: str, master: bytes) -> tuple[str, str]:
    """A server's recovery wrap of an account's master key: (recoveryWrappedMk, recoveryIv).

    The wrap was opened again before it is returned: servers store any text without a look.
    """
    if len(master) != 32:
        raise InvalidValueError(_("A master key has 32 bytes."))
    blob = Cipher("recovery", wrap_key(parse(code))).wrap(master, None)
    wrapped, iv = _text(blob[NONCE:]), _text(blob[:NONCE])
    if unwrap_master(code, wrapped, iv) != master:
        raise StorageError(
            _("The recovery wrap does not open again."), kept=_("Nothing was changed.")
        )
    return wrapped, iv


def unwrap_master(code: str, wrapped: str, iv: str) -> bytes:
    """The master key out of a server's recovery wrap.

    InvalidValueError for a malformed code, WrongPassphraseError for any other failure: a wrong
    code and a damaged blob cannot be told apart.
    """
    cipher = Cipher("recovery", wrap_key(parse(code)))
    try:
        blob = a2b_base64(iv, strict_mode=True) + a2b_base64(wrapped, strict_mode=True)
    except ValueError:
        blob = b""
    raw = cipher.unwrap(blob, None)
    if raw is None or len(raw) != 32:
        raise WrongPassphraseError(
            _("The recovery code does not open this account."), kept=_("Nothing was changed.")
        )
    return bytes(raw)


def _text(blob: bytes) -> str:
    return b2a_base64(blob, newline=False).decode("ascii")
