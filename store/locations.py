"""Where things live. The only place that knows paths, and the only one that makes folders.

    home     the encrypted database and its blobs   --home, MANABENCH_HOME, else the data folder
    config   settings, key file, user themes        MANABENCH_CONFIG, else the config folder
    runtime  what must stay in memory               XDG_RUNTIME_DIR, else /dev/shm, else nothing

Folders are 0700 and files 0600. Importing this module touches nothing.
"""

from __future__ import annotations

import os
import uuid
from pathlib import Path

from store.words import _

DATABASE = "manabench.db"


def home(chosen: str | os.PathLike[str] | None = None) -> Path:
    """The folder of the database, not yet made."""
    given = chosen or os.environ.get("MANABENCH_HOME")
    if given:
        return Path(given).expanduser().absolute()
    import platformdirs

    return Path(platformdirs.user_data_dir("manabench", appauthor=False))


def config() -> Path:
    """The folder of settings and the key file, not yet made."""
    given = os.environ.get("MANABENCH_CONFIG")
    if given:
        return Path(given).expanduser().absolute()
    import platformdirs

    return Path(platformdirs.user_config_dir("manabench", appauthor=False))


def runtime() -> Path | None:
    """A folder of ours in memory (tmpfs), made 0700; None where the machine has no such place."""
    base = os.environ.get("XDG_RUNTIME_DIR")
    if base and os.path.isdir(base) and os.access(base, os.W_OK):
        return private_folder(Path(base) / "manabench")
    if os.path.isdir("/dev/shm") and os.access("/dev/shm", os.W_OK):
        return private_folder(Path("/dev/shm") / f"manabench-{os.getuid()}")
    return None


def shown(path: Path) -> str:
    """``path`` as a person reads it: their own folder as ``~``."""
    own = os.environ.get("HOME", "")
    if own and path.is_relative_to(own):
        return str(Path("~") / path.relative_to(own))
    return str(path)


_REMOTE = frozenset("nfs nfs4 cifs smb3 smbfs 9p afs ceph glusterfs lustre ncpfs".split())
_SYNCED = ("Dropbox", "OneDrive", "Google Drive", "Nextcloud", "ownCloud", "iCloud", "Syncthing")


def shared_place(path: Path) -> str:
    """What makes ``path`` a bad home: the network file system or synced folder it lies on, by name;
    empty for a plain disk.

    SQLite's locks and write-ahead log do not hold over a network, and a program that copies files
    one by one tears a database apart.
    """
    for part in path.parts:
        for name in _SYNCED:
            if part.casefold().startswith(name.casefold()):
                return name
    try:
        lines = Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return ""
    best = ("", "")
    for line in lines:
        front, _dash, back = line.partition(" - ")
        mount, kind = front.split()[4].replace("\\040", " "), back.split()[0]
        if path.is_relative_to(mount) and len(mount) >= len(best[0]):
            best = (mount, kind)
    kind = best[1].removeprefix("fuse.")
    return kind if kind in _REMOTE or kind in ("sshfs", "rclone") else ""


def private_folder(path: Path) -> Path:
    """Make ``path`` (and its parents) for this user alone; returns it.

    Raises StorageError if it exists and belongs to somebody else.
    """
    if not path.is_dir():
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    if (info := path.lstat()).st_uid != os.getuid():
        from store.errors import StorageError

        raise StorageError(
            _("The folder {path} belongs to another user.").format(path=path),
            kept=_("Nothing was read from it or written to it."),
            hint=_("Choose another place with --home, or remove that folder."),
        )
    if info.st_mode & 0o077:
        path.chmod(0o700)
    return path


def machine() -> str:
    """The id of this machine: what its system gives it, else its network address."""
    for path in ("/etc/machine-id", "/var/lib/dbus/machine-id"):
        try:
            if found := Path(path).read_text(encoding="ascii").strip():
                return found
        except (OSError, UnicodeDecodeError):
            continue
    return f"{uuid.getnode():x}"
