"""What the doctor finds without a terminal: folders, disk, database, keys, other processes.

Nothing is opened that could change a byte: the database is read through a connection that only
reads, also where it is newer or damaged. Nothing here reads protected text, a passphrase or the
arguments of other programs, so no finding can hold one.
"""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, Literal, NamedTuple

from store import locations, settings
from store.database import APPLICATION_ID, SCHEMA
from store.vault import places, ways
from store.vault.keys import KEY_FILE, KEYRING, RECOVERY, WAYS, Row, file_rows, is_damaged
from store.words import _, ngettext

State = Literal["ok", "note", "warn", "bad"]

STATES: tuple[State, ...] = ("ok", "note", "warn", "bad")
"""Rising: the exit code of the doctor is 1 if anything is bad."""

FULL, TIGHT = 8 << 20, 200 << 20
"""Free bytes below which nothing can be written soon, and below which a look is due."""
LARGE_LOG = 64 << 20
"""Bytes of a write-ahead log that somebody keeps from being folded into the database."""
CODE_AFTER = 20


class Finding(NamedTuple):
    """One thing that was looked at.

    about names it for scripts. words is one sentence, todo what to do where state is not ok.
    """

    about: str
    state: State
    words: str
    todo: str = ""


def examine(home: Path, *, deep: bool = False) -> Iterator[Finding]:
    """All findings about the workbench in ``home``, one by one as they are made.

    deep: check every index against its table too, which reads all of a large file.
    """
    database = home / locations.DATABASE
    if not home.is_dir() or not database.exists():
        words = _("There is no workbench in {home} yet.").format(home=home)
        yield Finding("home", "note", words, _("`manabench init` makes one, or just `manabench`."))
        yield from _config()
        return
    yield Finding("home", "ok", _("The workbench is in {home}.").format(home=home))
    yield from _rights(home)
    yield from _disk(home)
    yield from _database(database, deep)
    yield from _processes(database)
    yield from _config()


# Files ------------------------------------------------------------------------------------------


def _rights(home: Path) -> Iterator[Finding]:
    """Who may read and write what is ours."""
    database, config = home / locations.DATABASE, locations.config()
    files = [home, *(database.with_name(database.name + end) for end in ("", "-wal", "-shm"))]
    files += [config, config / settings.FILE, config / "keys"]
    keys: list[Path] = []
    with suppress(OSError):
        keys = sorted((config / "keys").glob("*.key"))
    wrong = False
    for path in (*files, *keys):
        try:
            info = path.lstat()
        except OSError:
            continue
        found = _right(path, info, is_key=path in keys)
        if found is not None:
            wrong = True
            yield found
    if not wrong:
        yield Finding("permissions", "ok", _("Only you can read the workbench and its settings."))


def _right(path: Path, info: os.stat_result, *, is_key: bool) -> Finding | None:
    mode = "0700" if stat.S_ISDIR(info.st_mode) else "0600"
    todo = _("Run: chmod {mode} '{path}'").format(mode=mode, path=path)
    if info.st_uid != os.getuid():
        words = _("{path} belongs to another user.").format(path=path)
        todo = _("Give it back with chown, or use another place with --home.")
        return Finding("permissions", "bad", words, todo)
    if not os.access(path, os.R_OK | os.W_OK):
        words = _("{path} cannot be read and written.").format(path=path)
        return Finding("permissions", "bad", words, todo)
    if info.st_mode & 0o022:
        words = _("Other users can change {path}.").format(path=path)
        return Finding("permissions", "bad", words, todo)
    if info.st_mode & 0o044 or (info.st_mode & 0o011 and not stat.S_ISDIR(info.st_mode)):
        words = _("Other users can read {path}.").format(path=path)
        return Finding("permissions", "bad" if is_key else "warn", words, todo)
    return None


def _disk(home: Path) -> Iterator[Finding]:
    """Where the home lies and how much room is left there."""
    if place := locations.shared_place(home):
        words = _("The workbench lies on {place}, where a database can be torn.")
        todo = _("Move it to a local disk; exports and backups may lie there.")
        yield Finding("place", "warn", words.format(place=place), todo)
    try:
        disk = os.statvfs(home)
    except OSError as error:
        words = _("The disk cannot be looked at: {why}.").format(why=error.strerror)
        yield Finding("disk", "warn", words)
        return
    if disk.f_flag & os.ST_RDONLY:
        words = _("The disk is mounted for reading only: nothing can be saved.")
        yield Finding("disk", "bad", words, _("Mount it for writing."))
        return
    free = disk.f_bavail * disk.f_frsize
    words = _("{n} MiB are free on the disk of the workbench.").format(n=free >> 20)
    if free < FULL:
        words = _("The disk of the workbench is full: {n} MiB are left.").format(n=free >> 20)
        yield Finding("disk", "bad", words, _("Free some space before you write on."))
    elif free < TIGHT:
        yield Finding("disk", "warn", words, _("Free some space soon."))
    else:
        yield Finding("disk", "ok", words)


# The database -----------------------------------------------------------------------------------


def _database(path: Path, deep: bool) -> Iterator[Finding]:
    try:
        with closing(_only_read(path)) as connection:
            yield from _schema(connection)
            yield from _whole(connection, deep)
            yield from _keys(connection, path.parent)
    except sqlite3.Error as error:
        yield _damaged(str(error))


def _only_read(path: Path) -> sqlite3.Connection:
    """A connection that changes nothing and leaves no file behind."""
    log = path.with_name(f"{path.name}-wal")
    has_log = log.exists() and log.stat().st_size and os.access(path.parent, os.W_OK)
    how = "mode=ro" if has_log else "mode=ro&immutable=1"
    return sqlite3.connect(f"{path.as_uri()}?{how}", uri=True, timeout=5.0)


def _damaged(why: str) -> Finding:
    words = _("The database cannot be read: {why}.").format(why=why)
    todo = _("Copy the folder away first, then restore the newest backup.")
    return Finding("integrity", "bad", words, todo)


def _schema(connection: sqlite3.Connection) -> Iterator[Finding]:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (mark,) = connection.execute("PRAGMA application_id").fetchone()
    shown = f"{version // 1000}.{version % 1000}"
    ours = f"{SCHEMA // 1000}.{SCHEMA % 1000}"
    if version and mark != APPLICATION_ID:
        yield Finding("schema", "bad", _("The file is a database of another program."))
    elif version // 1000 > SCHEMA // 1000:
        words = _("The database is of version {found}; this manabench knows {own}.")
        todo = _("Update manabench on this machine; until then it touches nothing.")
        yield Finding("schema", "bad", words.format(found=shown, own=ours), todo)
    elif version > SCHEMA:
        words = _("The database is of version {found}, a little newer than {own}: it can be used.")
        todo = _("Update manabench on this machine when you can.")
        yield Finding("schema", "note", words.format(found=shown, own=ours), todo)
    elif version < SCHEMA:
        words = _("The database is of version {found}; the next start brings it to {own}.")
        yield Finding("schema", "note", words.format(found=shown, own=ours))
    else:
        yield Finding("schema", "ok", _("The database is of version {own}.").format(own=ours))


def _whole(connection: sqlite3.Connection, deep: bool) -> Iterator[Finding]:
    check = "integrity_check" if deep else "quick_check"
    rows = connection.execute(f"PRAGMA {check}(20)").fetchall()
    if rows == [("ok",)]:
        words = _("Every page and index of the database is whole.")
        if not deep:
            words = _("Every page of the database is whole; --deep checks its indexes too.")
        yield Finding("integrity", "ok", words)
        return
    count = len(rows)
    words = ngettext(
        "The database is damaged in {n} place.", "The database is damaged in {n} places.", count
    )
    todo = _("Copy the folder away first, then restore the newest backup.")
    yield Finding("integrity", "bad", words.format(n=count), todo)


# Keys -------------------------------------------------------------------------------------------


def _keys(connection: sqlite3.Connection, home: Path) -> Iterator[Finding]:
    """The ways in, whether they are whole, and whether they open now."""
    rows = _rows(connection)
    there = {way: of[-1] for way in WAYS if (of := file_rows(rows, way))}
    if not there:
        todo = _("Restore the newest backup.")
        yield Finding("keys", "bad", _("No key of the database is left."), todo)
        return
    for way, row in there.items():
        if is_damaged(row):
            words = _("The way in by {way} is damaged.").format(way=_(way))
            todo = _("Open it by another way and set it anew.")
            yield Finding("keys", "bad" if len(there) == 1 else "warn", words, todo)
    words = _("The workbench opens by: {ways}.").format(ways=", ".join(_(way) for way in there))
    yield Finding("ways", "ok", words)
    home_id = ways.home_of(rows)
    opens = set(there) - {RECOVERY}
    if KEY_FILE in there:
        file = places.key_file(locations.config(), home_id) if home_id else None
        is_there = file is not None and file.is_file()
        if not is_there:
            opens.discard(KEY_FILE)
        yield from _key_file(file if is_there else None, home, alone=not opens)
    if KEYRING in there:
        found = places.read_from_keyring(home_id) if home_id else None
        if found is None:
            opens.discard(KEYRING)
            words = _("The system's keyring does not give its key within two seconds.")
            todo = _("Unlock the keyring, or set a passphrase with `manabench passphrase`.")
            yield Finding("keyring", "bad" if not opens else "warn", words, todo)
        else:
            yield Finding("keyring", "ok", _("The system's keyring opens the workbench."))
    yield from _lock(connection, set(there), opens, home_id)
    yield from _recovery(connection, set(there))


def _rows(connection: sqlite3.Connection) -> list[Row]:
    import orjson

    rows: list[Row] = []
    for (text,) in connection.execute("SELECT row FROM vault_keys ORDER BY n"):
        with suppress(orjson.JSONDecodeError):
            row: Any = orjson.loads(text)
            if isinstance(row, dict):
                rows.append(row)
    return rows


def _key_file(file: Path | None, home: Path, *, alone: bool) -> Iterator[Finding]:
    if file is None:
        words = _("The key file is not where it belongs, in {config}.")
        todo = _("Bring it back from a backup, or check MANABENCH_CONFIG.")
        state: State = "bad" if alone else "warn"
        yield Finding("key file", state, words.format(config=locations.config()), todo)
        return
    beside = file.is_relative_to(home) or home.is_relative_to(locations.config())
    words = _("A key file on this machine opens the database: whoever has both can read it all.")
    if beside:
        words = _("The key file lies beside the database: whoever copies the folder has both.")
    todo = _("`manabench passphrase` sets a passphrase instead.")
    yield Finding("key file", "warn" if beside else "note", words, todo)


def _lock(
    connection: sqlite3.Connection, there: set[str], opens: set[str], home_id: str
) -> Iterator[Finding]:
    if opens & {KEY_FILE, KEYRING}:
        yield Finding("lock", "ok", _("This machine opens the vault without asking."))
    elif _is_held(connection, home_id):
        yield Finding("lock", "ok", _("The vault is unlocked for now."))
    elif opens:
        words = _("The vault is locked; its passphrase opens it.")
        yield Finding("lock", "ok", words)
    else:
        words = _("Nothing on this machine opens the vault but the recovery code.")
        if RECOVERY not in there:
            words = _("Nothing on this machine opens the vault.")
        todo = _("Run `manabench unlock --recovery`, then `manabench passphrase`.")
        yield Finding("lock", "bad", words, todo)


def _is_held(connection: sqlite3.Connection, home_id: str) -> bool:
    """Whether the session holder has the key. Looking starts its idle time anew, as any use."""
    from store.vault.holder import Holder
    from store.vault.memory import wipe

    if not home_id:
        return False
    epoch = connection.execute("SELECT value FROM home WHERE key = 'epoch'").fetchone()
    held = Holder(home_id).get(int(epoch[0]) if epoch else 0)
    if held is None:
        return False
    wipe(held.raw)
    return True


def _recovery(connection: sqlite3.Connection, there: set[str]) -> Iterator[Finding]:
    if RECOVERY in there:
        yield Finding("recovery", "ok", _("There is a recovery code."))
        return
    words = _("There is no recovery code: without the key or passphrase all is lost.")
    todo = _("`manabench recovery` makes one, to be written down.")
    state: State = "note"
    with suppress(sqlite3.Error):
        (count,) = connection.execute("SELECT count(*) FROM history").fetchone()
        state = "warn" if count > CODE_AFTER else "note"
    yield Finding("recovery", state, words, todo)


# Processes --------------------------------------------------------------------------------------


def _processes(database: Path) -> Iterator[Finding]:
    """Who else has the database open, and what its write-ahead log says about that."""
    holders = list(open_in(database))
    for pid, name, state in holders:
        words = _("Process {pid} ({name}) has the database open.").format(pid=pid, name=name)
        if state == "T":
            words = _("Process {pid} ({name}) is stopped and has the database open.")
            words = words.format(pid=pid, name=name)
            todo = _("Continue it with `fg` in its shell, or end it: kill {pid}")
            yield Finding("process", "warn", words, todo.format(pid=pid))
        else:
            todo = _("Nothing, if it is a workbench of yours; else end it: kill {pid}")
            yield Finding("process", "note", words, todo.format(pid=pid))
    size = 0
    with suppress(OSError):
        size = database.with_name(f"{database.name}-wal").stat().st_size
    if size > LARGE_LOG:
        words = _("The write-ahead log has grown to {n} MiB.").format(n=size >> 20)
        todo = _("End the processes that read the database; the next start folds it in.")
        yield Finding("log", "warn", words, todo)
    elif size and not holders:
        words = _("A process ended without closing the database; nothing is lost.")
        yield Finding("log", "note", words, _("The next start tidies up by itself."))
    else:
        yield Finding("log", "ok", _("The write-ahead log is tidy."))


def open_in(database: Path) -> Iterator[tuple[int, str, str]]:
    """(pid, name, state) of the other processes of this user that have the file open. The name is
    the program's alone: arguments can hold titles."""
    target = os.path.realpath(database)
    with suppress(OSError):
        for name in os.listdir("/proc"):
            if name.isdecimal() and int(name) != os.getpid():
                process = Path("/proc", name)
                with suppress(OSError):
                    if _has_open(str(process), target):
                        program = (process / "comm").read_text(encoding="utf-8").strip()
                        line = (process / "stat").read_text(encoding="utf-8")
                        yield int(name), program, line.rpartition(") ")[2][:1]


def _has_open(process: str, target: str) -> bool:
    for number in os.listdir(f"{process}/fd"):
        with suppress(OSError):
            if os.readlink(f"{process}/fd/{number}") == target:
                return True
    return False


# Settings ---------------------------------------------------------------------------------------


def _config() -> Iterator[Finding]:
    problems = settings.load().problems
    for problem in problems:
        yield Finding("settings", "warn", str(problem), _("Mend that line in an editor."))
    if not problems:
        yield Finding("settings", "ok", _("The settings hold."))
