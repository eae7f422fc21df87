"""The ways in: each finds the file key through one kind of row, or makes such a row.

Functions that open return the file key's id and bytes. Only passphrase and recovery code say why
they fail; the quiet ways return None.
"""

from __future__ import annotations

from binascii import a2b_base64, b2a_base64
from os import urandom
from pathlib import Path
from typing import Any

from store.errors import LockedError, StorageError, WrongPassphraseError
from store.vault import passphrase as passphrases
from store.vault import places, recovery
from store.vault.envelope import Cipher
from store.vault.keys import (
    FILE,
    KEY_FILE,
    KEYRING,
    PASSPHRASE,
    RECOVERY,
    WAYS,
    Row,
    file_rows,
    is_damaged,
    make_row,
    open_row,
    params_of,
)
from store.words import _

Found = tuple[str, bytearray]


def home_of(rows: list[Row]) -> str:
    """The home id the ways in name, "" if none can be read. A damaged row speaks last: the
    session holder may be what is left to get in by."""
    for row in sorted(rows, key=is_damaged):
        home_id = params_of(row).get("home")
        if row.get("kind") == FILE and isinstance(home_id, str) and places.names_a_file(home_id):
            return home_id
    return ""


def file_key_of(rows: list[Row]) -> str:
    """The id of the file key, "" if there is none."""
    for row in sorted(rows, key=is_damaged):
        if row.get("kind") == FILE and isinstance(row.get("key_id"), str):
            return str(row["key_id"])
    return ""


def by_passphrase(rows: list[Row], passphrase: str) -> Found:
    """WrongPassphraseError; StorageError if the row is damaged; LockedError if there is none."""
    row = _way_in(rows, PASSPHRASE)
    params = params_of(row)
    try:
        cost = passphrases.Cost(*(int(params[name]) for name in passphrases.Cost._fields))
        salt = a2b_base64(params["salt"])
    except (KeyError, TypeError, ValueError):
        raise _damaged(rows, PASSPHRASE) from None
    if params.get("kdf") != "argon2id" or not passphrases.sane(cost, salt):
        raise _damaged(rows, PASSPHRASE)
    raw = open_row(row, Cipher(PASSPHRASE, passphrases.derive(passphrase, salt, cost)))
    if raw is None:
        raise WrongPassphraseError(
            _("The passphrase is wrong."), kept=_("The vault stays as it was.")
        )
    return row["key_id"], raw


def by_recovery(rows: list[Row], code: str) -> Found:
    """InvalidValueError for what is no code; else as ``by_passphrase``."""
    secret = recovery.parse(code)
    row = _way_in(rows, RECOVERY)
    raw = open_row(row, Cipher(RECOVERY, recovery.wrap_key(secret)))
    if raw is None:
        raise WrongPassphraseError(
            _("The recovery code is wrong."), kept=_("The vault stays as it was.")
        )
    return row["key_id"], raw


def by_key_file(rows: list[Row], config: Path) -> Found | None:
    """Through the key file in ``config``."""
    home_id = home_of(rows)
    return _by_kek(rows, KEY_FILE, places.read_key_file(config, home_id) if home_id else None)


def by_keyring(rows: list[Row]) -> Found | None:
    """Through the OS keyring; at most two seconds."""
    home_id = home_of(rows)
    return _by_kek(rows, KEYRING, places.read_from_keyring(home_id) if home_id else None)


def wrap_passphrase(
    raw: bytearray, key_id: str, home_id: str, passphrase: str, cost: passphrases.Cost
) -> Row:
    """A row that a passphrase opens, with a salt of its own."""
    salt = urandom(passphrases.SALT)
    cipher = Cipher(PASSPHRASE, passphrases.derive(passphrase, salt, cost))
    text = b2a_base64(salt, newline=False).decode()
    more = {"kdf": "argon2id", "salt": text, **cost._asdict()}
    return _row(cipher, raw, PASSPHRASE, key_id, home_id, **more)


def wrap_recovery(raw: bytearray, key_id: str, home_id: str) -> tuple[str, Row]:
    """A fresh recovery code and its row, opened once more from the code as it is written down."""
    code = recovery.new_code()
    row = _row(
        Cipher(RECOVERY, recovery.wrap_key(recovery.parse(code))), raw, RECOVERY, key_id, home_id
    )
    if by_recovery([row], code)[1] != raw:
        raise StorageError(_("The recovery wrap does not open again."))
    return code, row


def wrap_quiet(
    raw: bytearray, key_id: str, home_id: str, *, keyring: bool, config: Path, home: Path | None
) -> Row:
    """A row that the OS keyring opens, or a key file where no keyring is wanted or answers."""
    kek = places.make_in_keyring(home_id) if keyring else None
    how = KEYRING
    if kek is None:
        how = KEY_FILE
        kek = places.make_key_file(config, home_id, home)
    return _row(Cipher(how, kek), raw, how, key_id, home_id)


def replace(rows: list[Row], new: Row) -> list[Row]:
    """The rows with a way in put in the place of the one of its kind; all others as they are."""
    old = file_rows(rows, new["wrap"])
    at = rows.index(old[0]) if old else 0
    kept = [row for row in rows if row not in old]
    return [*kept[:at], new, *kept[at:]]


def _row(cipher: Cipher, raw: bytearray, wrap: str, key_id: str, home_id: str, **more: Any) -> Row:
    params = {"home": home_id, **more}
    return make_row(cipher, raw, key_id=key_id, kind=FILE, wrap=wrap, params=params)


def _by_kek(rows: list[Row], way: str, kek: bytes | None) -> Found | None:
    if kek is None:
        return None
    for row in reversed(file_rows(rows, way)):
        raw = None if is_damaged(row) else open_row(row, Cipher(way, kek))
        if raw is not None:
            return row["key_id"], raw
    return None


def _way_in(rows: list[Row], way: str) -> Row:
    found = file_rows(rows, way)
    if not found:
        message = (
            _("This home has no passphrase.")
            if way == PASSPHRASE
            else _("This home has no recovery code.")
        )
        raise LockedError(message, kept=_("Nothing was changed."), hint=_others(rows, way))
    if is_damaged(found[-1]):
        raise _damaged(rows, way)
    return found[-1]


def _damaged(rows: list[Row], way: str) -> StorageError:
    return StorageError(
        _("The stored entry for this way in ({way}) is damaged.").format(way=_(way)),
        kept=_("Nothing was changed; your data is as it was."),
        hint=_others(rows, way),
    )


def _others(rows: list[Row], way: str) -> str:
    whole = {row["wrap"] for row in rows if not is_damaged(row) and row["kind"] == FILE}
    others = [name for name in WAYS if name in whole and name != way]
    if not others:
        return _("Restore the newest backup.")
    return _("Other ways in: {ways}.").format(ways=", ".join(map(_, others)))
