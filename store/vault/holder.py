"""The session holder: the file key between commands, in memory and never on a disk.

First choice is the kernel's keyring of this user (never swapped, emptied by the kernel when the
idle time is over), else a 0600 file in the runtime folder if that is in memory. Each use starts
the idle time anew. What is held names the epoch it was made in; after a ``lock`` it is stale.
"""

from __future__ import annotations

import os
import stat
import sys
import time
from binascii import a2b_base64, b2a_base64
from pathlib import Path
from typing import Any, NamedTuple

from store.vault.memory import wipe

IDLE = 15 * 60
"""Seconds without use after which the held key is gone."""

KERNEL = "kernel keyring"
MEMORY_FILE = "runtime file"

# (add_key, keyctl) by machine; a wrapper library is rarely installed.
_NUMBERS = {
    "x86_64": (248, 250),
    "aarch64": (217, 219),
    "riscv64": (217, 219),
    "loongarch64": (217, 219),
    "ppc64le": (269, 271),
    "s390x": (278, 280),
    "i686": (286, 288),
    "armv7l": (309, 311),
}
_PROCESS_RING, _USER_RING = -2, -4
_SETPERM, _LINK, _UNLINK, _SEARCH, _READ, _SET_TIMEOUT, _INVALIDATE = 5, 8, 9, 10, 11, 15, 21
# Owner and possessor may do everything: commands of other login sessions of this user, too.
_OWNER_ALL = 0x3F3F0000
_UNTIL = 20


class Held(NamedTuple):
    """What lies in the holder."""

    epoch: int
    key_id: str
    raw: bytearray

    def __repr__(self) -> str:
        return f"<Held {self.key_id} of epoch {self.epoch}>"


class Holder:
    """The holder of one home. ``idle``: seconds; applies to what is put from here on."""

    def __init__(self, home_id: str, idle: float = IDLE) -> None:
        self._idle = max(1, int(idle))
        self._places: list[_Kernel | _File] = [_Kernel(home_id), _File(home_id)]

    def put(self, held: Held) -> str:
        """Keep the key; returns where ("kernel keyring", "runtime file"), or "" for nowhere."""
        self.clear()
        body = b2a_base64(held.raw, newline=False).decode()
        payload = f"1 {held.epoch} {held.key_id} {self._idle} {body}".encode()
        for place in self._places:
            if place.put(payload, self._idle) and place.get() == payload:
                return place.name
            place.clear()
        return ""

    def get(self, epoch: int) -> Held | None:
        """The held key, its idle time started anew; None if there is none of this epoch."""
        for place in self._places:
            payload = place.get()
            if payload is None:
                continue
            parsed = _parse(payload)
            if parsed is None or parsed[0].epoch != epoch:
                place.clear()
                continue
            place.touch(parsed[1])
            return parsed[0]
        return None

    def clear(self) -> None:
        """Empty the holder."""
        for place in self._places:
            place.clear()


def _parse(payload: bytes) -> tuple[Held, int] | None:
    try:
        version, epoch, key_id, idle, body = payload.decode("ascii").split(" ")
        raw = bytearray(a2b_base64(body, strict_mode=True))
        held = Held(int(epoch), key_id, raw)
        return (held, int(idle)) if version == "1" and len(raw) == 32 else None
    except ValueError:
        return None


class _Kernel:
    """A key of type "user", found by its description. Every failure reads as "not here":
    containers often forbid these calls."""

    name = KERNEL

    def __init__(self, home_id: str) -> None:
        self._description = f"manabench:{home_id}".encode()

    def put(self, payload: bytes, idle: int) -> bool:
        """Made in the ring of this process, where we surely may set its rights, and linked from
        there: a login session does not always include the user's ring."""
        numbers = _numbers()
        if numbers is None:
            return False
        key = _call(numbers[0], b"user", self._description, payload, len(payload), _PROCESS_RING)
        if key < 0:
            return False
        steps = ((_SETPERM, key, _OWNER_ALL), (_SET_TIMEOUT, key, idle), (_LINK, key, _USER_RING))
        done = all(_call(numbers[1], *step) >= 0 for step in steps)
        if not done:
            _call(numbers[1], _INVALIDATE, key)
        _call(numbers[1], _UNLINK, key, _PROCESS_RING)
        return done

    def get(self) -> bytes | None:
        key = self._find()
        numbers = _numbers()
        if key is None or numbers is None:
            return None
        import ctypes

        buffer = ctypes.create_string_buffer(512)
        size = _call(numbers[1], _READ, key, ctypes.addressof(buffer), len(buffer))
        payload = buffer.raw[:size] if 0 <= size <= len(buffer) else None
        ctypes.memset(buffer, 0, len(buffer))
        return payload

    def touch(self, idle: int) -> None:
        if (key := self._find()) is not None and (numbers := _numbers()):
            _call(numbers[1], _SET_TIMEOUT, key, idle)

    def clear(self) -> None:
        # More than one is possible after an interrupted put.
        for _attempt in range(4):
            if (key := self._find()) is None or not (numbers := _numbers()):
                return
            _call(numbers[1], _INVALIDATE, key)
            _call(numbers[1], _UNLINK, key, _USER_RING)

    def _find(self) -> int | None:
        if not (numbers := _numbers()):
            return None
        key = _call(numbers[1], _SEARCH, _USER_RING, b"user", self._description, 0)
        return key if key > 0 else None


class _File:
    """``<until> <payload>`` in a folder in memory; ``until`` in milliseconds since the machine
    started, which no change of the clock moves."""

    name = MEMORY_FILE

    def __init__(self, home_id: str) -> None:
        self._file = f"{home_id}.session"

    def put(self, payload: bytes, idle: int) -> bool:
        path = self._path()
        if path is None or not in_memory(path.parent):
            return False
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            draft.unlink(missing_ok=True)
            fd = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            try:
                os.write(fd, b"%020d %b" % (_uptime() + idle * 1000, payload))
            finally:
                os.close(fd)
            os.replace(draft, path)
        except OSError:
            return False
        return True

    def get(self) -> bytes | None:
        fd = self._open(os.O_RDONLY)
        if fd is None:
            return None
        try:
            content = bytearray(os.read(fd, 512))
        except OSError:
            return None
        finally:
            os.close(fd)
        until, payload = bytes(content[:_UNTIL]), bytes(content[_UNTIL + 1 :])
        wipe(content)
        if not until.isdigit() or int(until) < _uptime():
            self.clear()
            return None
        return payload

    def touch(self, idle: int) -> None:
        # In place: replacing the file could bring back what another process has just removed.
        fd = self._open(os.O_WRONLY)
        if fd is not None:
            try:
                os.pwrite(fd, b"%020d" % (_uptime() + idle * 1000), 0)
            finally:
                os.close(fd)

    def clear(self) -> None:
        fd = self._open(os.O_WRONLY)
        if fd is None:
            return
        try:
            os.pwrite(fd, bytes(os.fstat(fd).st_size), 0)
            if (path := self._path()) is not None:
                path.unlink(missing_ok=True)
        except OSError:
            pass
        finally:
            os.close(fd)

    def _path(self) -> Path | None:
        from store import locations
        from store.errors import StorageError

        try:
            folder = locations.runtime()
        except (OSError, StorageError):
            return None
        return None if folder is None else folder / self._file

    def _open(self, flags: int) -> int | None:
        """The file, if it is ours alone and in memory."""
        path = self._path()
        if path is None:
            return None
        try:
            fd = os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError:
            return None
        info = os.fstat(fd)
        ours = stat.S_ISREG(info.st_mode) and info.st_uid == os.getuid()
        if ours and not info.st_mode & 0o077:
            return fd
        os.close(fd)
        return None


def in_memory(folder: Path) -> bool:
    """Whether a folder is on a file system that lives in memory."""
    try:
        device = os.stat(folder).st_dev
        with open("/proc/self/mountinfo", encoding="utf-8", errors="replace") as mounts:
            for line in mounts:
                place, _dash, source = line.partition(" - ")
                if place.split(" ", 3)[2] == f"{os.major(device)}:{os.minor(device)}":
                    return source.split(" ", 1)[0] in ("tmpfs", "ramfs")
    except (OSError, IndexError):
        pass
    return False


def _uptime() -> int:
    clock = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    return time.clock_gettime_ns(clock) // 1_000_000


def _numbers() -> tuple[int, int] | None:
    if sys.platform != "linux":
        return None
    machine = os.uname().machine
    # A 32-bit Python on a 64-bit kernel has other numbers.
    narrow = machine in ("i686", "armv7l")
    return None if narrow == (sys.maxsize > 2**32) else _NUMBERS.get(machine)


_syscall: Any = None


def _call(number: int, *values: int | bytes) -> int:
    """One system call; negative on any failure."""
    global _syscall
    import ctypes

    if _syscall is None:
        try:
            _syscall = ctypes.CDLL(None).syscall
        except (OSError, AttributeError):
            return -1
        _syscall.restype = ctypes.c_long
    words = [
        ctypes.c_char_p(value) if isinstance(value, bytes) else ctypes.c_long(value)
        for value in values
    ]
    return int(_syscall(ctypes.c_long(number), *words))
