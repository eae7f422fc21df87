"""Where a key that wraps the file key can lie without a question: a key file, the OS keyring.

Both hold 32 random bytes that open nothing without the row in the database.
"""

from __future__ import annotations

import os
import re
import stat
from binascii import a2b_base64, b2a_base64
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from store import locations
from store.errors import GuardError, InvalidValueError, StorageError
from store.words import _

T = TypeVar("T")

SERVICE = "manabench"
KEYRING_SECONDS = 2.0
_HEAD = "manabench key 1"


def names_a_file(home_id: str) -> bool:
    """Whether a home id is safe as a part of a path."""
    return re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", home_id) is not None


def key_file(config: Path, home_id: str) -> Path:
    """The path of a home's key file. InvalidValueError if the id cannot name a file."""
    if not names_a_file(home_id):
        raise InvalidValueError(_("“{id}” cannot name a home.").format(id=home_id))
    return Path(config) / "keys" / f"{home_id}.key"


def make_key_file(config: Path, home_id: str, home: Path | None = None) -> bytes:
    """Make the key file (0600 in a 0700 folder) and return its 32 bytes.

    One that is there is kept and used: something may still depend on it. GuardError if it would
    lie in the folder of the database; StorageError if it cannot be written.
    """
    path = key_file(config, home_id)
    beside = home is not None and path.parent.resolve() == Path(home).resolve()
    if beside or (path.parent / locations.DATABASE).exists():
        raise GuardError(
            _("The key file would lie beside the database."),
            kept=_("Nothing was written."),
            hint=_("Choose another configuration folder with MANABENCH_CONFIG."),
        )
    locations.private_folder(Path(config))
    locations.private_folder(path.parent)
    if (there := read_key_file(config, home_id)) is not None:
        return there
    raw = os.urandom(32)
    try:
        _write(path, f"{_HEAD} {b2a_base64(raw, newline=False).decode()}\n".encode())
    except OSError as problem:
        raise StorageError(
            _("The key file cannot be written: {why}.").format(why=problem.strerror),
            kept=_("Nothing was changed."),
            hint=_("Look at {path}, or choose a passphrase.").format(path=path),
        ) from None
    return raw


def read_key_file(config: Path, home_id: str) -> bytes | None:
    """The 32 bytes of a key file, or None if there is none of ours. Closes one left open to
    others."""
    try:
        fd = os.open(key_file(config, home_id), os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        info = os.fstat(fd)
        if not stat.S_ISREG(info.st_mode) or info.st_uid != os.getuid():
            return None
        if info.st_mode & 0o077:
            os.fchmod(fd, 0o600)
        head, _space, body = os.read(fd, 200).decode("ascii").strip().rpartition(" ")
        raw = a2b_base64(body, strict_mode=True)
    except (OSError, ValueError):
        return None
    finally:
        os.close(fd)
    return raw if head == _HEAD and len(raw) == 32 else None


def remove_key_file(config: Path, home_id: str) -> None:
    """Overwrite and remove the key file, if it is there. Disks may keep older copies."""
    path = key_file(config, home_id)
    try:
        with open(path, "r+b", buffering=0) as file:
            file.write(bytes(os.fstat(file.fileno()).st_size))
            os.fsync(file.fileno())
        path.unlink()
    except FileNotFoundError:
        pass
    except OSError as problem:
        raise StorageError(
            _("The key file cannot be removed: {why}.").format(why=problem.strerror),
            kept=_("It no longer opens the vault."),
            hint=_("Remove {path} yourself.").format(path=path),
        ) from None


def _write(path: Path, content: bytes) -> None:
    """Write a new 0600 file durably, whole or not at all."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    fd = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        os.fchmod(fd, 0o600)
        os.write(fd, content)
        os.fsync(fd)
    finally:
        os.close(fd)
    os.replace(draft, path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def make_in_keyring(home_id: str) -> bytes | None:
    """Put 32 bytes into the OS keyring and read them back; None if it has no safe place for them
    or does not answer within two seconds. An entry that is there is kept and used."""
    raw = os.urandom(32)
    text = b2a_base64(raw, newline=False).decode()

    def put() -> bytes | None:
        ring = _keyring()
        if ring is None:
            return None
        if (there := _parse(ring.get_password(SERVICE, home_id))) is not None:
            return there
        ring.set_password(SERVICE, home_id, text)
        return _parse(ring.get_password(SERVICE, home_id))

    return _limited(put)


def read_from_keyring(home_id: str) -> bytes | None:
    """The 32 bytes out of the OS keyring, or None. At most two seconds."""

    def get() -> bytes | None:
        ring = _keyring()
        return None if ring is None else _parse(ring.get_password(SERVICE, home_id))

    return _limited(get)


def remove_from_keyring(home_id: str) -> None:
    """Remove the entry, if the keyring answers."""

    def remove() -> None:
        if (ring := _keyring()) is not None:
            ring.delete_password(SERVICE, home_id)

    _limited(remove)


def keep_text(entry: str, text: str) -> bool:
    """Put a secret text into the OS keyring and read it back; False if it has no safe place for it
    or does not answer within two seconds. What was there is replaced."""

    def put() -> bool:
        ring = _keyring()
        if ring is None:
            return False
        ring.set_password(SERVICE, entry, text)
        return bool(ring.get_password(SERVICE, entry) == text)

    return bool(_limited(put))


def load_text(entry: str) -> str | None:
    """A secret text out of the OS keyring, or None. At most two seconds."""

    def get() -> str | None:
        ring = _keyring()
        return None if ring is None else ring.get_password(SERVICE, entry)

    return _limited(get)


def _parse(text: str | None) -> bytes | None:
    try:
        raw = a2b_base64(text or "", strict_mode=True)
    except ValueError:
        return None
    return raw if len(raw) == 32 else None


def _keyring() -> Any:
    """The backend in use, or None for those that keep nothing or keep it in plain files."""
    import keyring

    backend = keyring.get_keyring()
    module = type(backend).__module__
    if module.startswith(("keyring.backends.fail", "keyring.backends.null", "keyrings.alt")):
        return None
    return backend


def _limited(work: Callable[[], T]) -> T | None:
    """What ``work`` returns, or None if it fails or takes too long: a keyring may wait for a
    dialogue nobody sees, or for a bus that never answers."""
    import threading

    found: list[T] = []

    def run() -> None:
        try:
            found.append(work())
        except Exception:  # noqa: BLE001 - backends raise whatever their platform raises
            return

    thread = threading.Thread(target=run, name="manabench-keyring", daemon=True)
    thread.start()
    thread.join(KEYRING_SECONDS)
    return found[0] if found else None
