"""What an operator chooses, and the data folder with its two secrets.

    server.db    everything the server keeps                      0600
    server.key   the key that wraps keys at rest and signs cookies, made at the first start    0600
    service.key  a word that the operator shares with a sync server elsewhere; mostly not there

Losing ``server.key`` loses every master key that is not in zero-knowledge mode: back up both.
"""

from __future__ import annotations

import base64
import binascii
import os
import secrets
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import urlsplit

from store import locations
from store.errors import StorageError, UsageError
from store.words import _

DATABASE = "server.db"
KEY_FILE = "server.key"
SERVICE_KEY_FILE = "service.key"
SERVICE_KEY_LEAST = 16
KEY_BYTES = 32
PORT = 3050
HOST = "127.0.0.1"
_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


@dataclass(frozen=True)
class Settings:
    """How one server runs.

    data: its folder. public: the base URL that clients use, without a slash at the end; it names
    the issuer of tokens and decides the cookie. origins: web origins that may call with
    credentials. signup: whether anybody may register. memory (KiB) and passes: the cost of one
    password hash. day: how many may register within a day, 0 for any number.
    """

    data: Path
    public: str = f"http://{HOST}:{PORT}"
    origins: tuple[str, ...] = ()
    signup: bool = False
    memory: int = 64 * 1024
    passes: int = 2
    day: int = 0

    @cached_property
    def secure(self) -> bool:
        """Whether clients come over https, so that cookies are for https alone."""
        return self.public.startswith("https:")

    @cached_property
    def trusted(self) -> frozenset[str]:
        """The origins whose cookie-bearing POSTs are taken. A server on this machine answers to
        each name that this machine has for itself."""
        own = origin_of(self.public)
        names = {own, *(origin_of(one) for one in self.origins)}
        parts = urlsplit(own)
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
        if host in _LOOPBACK:
            port = f":{parts.port}" if parts.port else ""
            names |= {f"{parts.scheme}://{name}{port}" for name in _LOOPBACK}
        return frozenset(names)

    @cached_property
    def key(self) -> bytes:
        """The server's own key, from its file. Raises StorageError where it is none."""
        return _read_key(self.data / KEY_FILE)

    @cached_property
    def service_key(self) -> str:
        """What a sync server elsewhere proves itself by, "" for none. Raises StorageError where it
        is too short to be one, or lies there for others to read."""
        return _read_service_key(self.data / SERVICE_KEY_FILE)


def origin_of(url: str) -> str:
    """Scheme, host and port of a URL, as browsers write an origin; "" for what is none."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return ""
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    usual = {"http": 80, "https": 443}[parts.scheme]
    return f"{parts.scheme}://{host}" + (f":{port}" if port and port != usual else "")


def base_url(text: str) -> str:
    """``text`` as a base URL without a slash at the end. Raises UsageError."""
    text = text.strip().rstrip("/")
    parts = urlsplit(text)
    if not origin_of(text) or parts.query or parts.fragment or parts.username:
        raise UsageError(
            _("{url} is no address that a server can have.").format(url=text),
            hint=_("Write it as https://sync.example.org or http://127.0.0.1:3050."),
        )
    return text


def prepare(data: Path) -> Path:
    """Make the data folder and the key file where they are not yet there; returns the folder.

    Raises StorageError where the folder cannot be written, or where a database lies in it whose
    key file is gone: a new key would open nothing of it.
    """
    try:
        locations.private_folder(data)
        if not os.access(data, os.W_OK | os.X_OK):
            raise PermissionError
        if not (data / KEY_FILE).exists():
            if (data / DATABASE).exists():
                raise StorageError(
                    _("The key file {path} is missing.").format(path=data / KEY_FILE),
                    kept=_("The database beside it was not touched."),
                    hint=_("Put the key file back from a backup."),
                )
            _write_key(data / KEY_FILE)
    except OSError:
        raise StorageError(
            _("The folder {path} cannot be written.").format(path=data),
            kept=_("Nothing was changed."),
            hint=_("Choose another one with --data, or give it to this user."),
        ) from None
    return data


def _write_key(path: Path) -> None:
    """Put a fresh key down so that it is whole or not there at all."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(base64.b64encode(secrets.token_bytes(KEY_BYTES)) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)  # unlike a rename, never over the key of another process
        except FileExistsError:
            pass
    finally:
        draft.unlink()


def _read_key(path: Path) -> bytes:
    try:
        key = base64.b64decode(path.read_bytes().strip(), validate=True)
    except (OSError, binascii.Error):
        key = b""
    if len(key) != KEY_BYTES:
        raise StorageError(
            _("The key file {path} cannot be read.").format(path=path),
            kept=_("The database beside it was not touched."),
            hint=_("Put the key file back from a backup."),
        )
    return key


def _read_service_key(path: Path) -> str:
    try:
        with open(path, encoding="ascii") as file:
            mode = os.fstat(file.fileno()).st_mode
            key = file.read(1000).strip()
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError):
        mode, key = 0, ""
    if len(key) < SERVICE_KEY_LEAST or mode & 0o077:
        raise StorageError(
            _("The service key in {path} cannot be used.").format(path=path),
            kept=_("No server was started."),
            hint=_("Let it be a line of {least} characters or more with mode 600.").format(
                least=SERVICE_KEY_LEAST
            ),
        )
    return key
