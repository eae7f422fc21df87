"""From a passphrase to a key: Argon2id, its parameters kept beside the wrap."""

from __future__ import annotations

from typing import NamedTuple

from store.errors import InvalidValueError, StorageError
from store.words import _

SALT = 16


class Cost(NamedTuple):
    """What one guess costs. The default is the second recommendation of RFC 9106: about a third
    of a second and 64 MiB."""

    memory: int = 64 * 1024
    """KiB"""
    passes: int = 3
    lanes: int = 4


def sane(cost: Cost, salt: bytes) -> bool:
    """Whether stored parameters can be ours; a damaged row must not eat the machine's memory."""
    return (
        8 * cost.lanes <= cost.memory <= 1024 * 1024
        and 1 <= cost.passes <= 64
        and 1 <= cost.lanes <= 16
        and 8 <= len(salt) <= 64
    )


def derive(passphrase: str, salt: bytes, cost: Cost) -> bytes:
    """The 32-byte key of a passphrase. InvalidValueError if it is empty."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

    try:
        kdf = Argon2id(
            salt=salt,
            length=32,
            iterations=cost.passes,
            lanes=cost.lanes,
            memory_cost=cost.memory,
        )
        return kdf.derive(_bytes(passphrase))
    except UnsupportedAlgorithm:
        raise StorageError(
            _("The installed cryptography library has no Argon2id."),
            kept=_("Nothing was changed."),
            hint=_("Install the cryptography package from its published wheels."),
        ) from None
    except MemoryError:
        raise StorageError(
            _("There is not enough memory to check the passphrase."),
            kept=_("Nothing was changed."),
            hint=_("Free some memory and try again: {size} MiB are needed.").format(
                size=cost.memory // 1024
            ),
        ) from None


def _bytes(passphrase: str) -> bytes:
    import unicodedata

    if not passphrase:
        raise InvalidValueError(_("The passphrase is empty."), kept=_("Nothing was changed."))
    # The same accents typed on another machine may arrive in pieces; what is not valid text
    # (from a file) passes as its bytes.
    return unicodedata.normalize("NFC", passphrase).encode("utf-8", "surrogateescape")
