"""Noticing that a file was written to, by another process too, without looking all the time.

Linux tells by inotify, so nothing wakes up while nothing happens. Where it does not, or the folder
lies where it cannot see, a look every so often has to do.
"""

from __future__ import annotations

import os
import select
import time
from contextlib import suppress
from pathlib import Path

_MODIFY = 0x2
_SETTLE = 0.01
"""Seconds: one commit is several writes, and one look at them is enough."""


class Watch:
    """A place to wait for writes to files of ``folder``.

    every: seconds between two looks where the system does not tell.
    """

    def __init__(self, folder: Path, every: float) -> None:
        self._every = every
        self._told = _inotify(folder)
        self.was_told = False
        """Whether the last wait ended by a write, not by its time."""
        self._wake_read, self._wake_write = os.pipe()
        self._poll = select.poll()
        self._poll.register(self._wake_read, select.POLLIN)
        if self._told is not None:
            self._poll.register(self._told, select.POLLIN)

    def wait(self, seconds: float | None) -> bool:
        """Wait until something may have changed, or ``seconds`` pass (None: for ever).

        False once ``stop`` was called.
        """
        if self._told is None:
            seconds = self._every if seconds is None else min(seconds, self._every)
        ready = self._poll.poll(None if seconds is None else seconds * 1000)
        self.was_told = bool(ready)
        if any(fd == self._wake_read for fd, _ in ready):
            return False
        if ready and self._told is not None:
            time.sleep(_SETTLE)
            with suppress(BlockingIOError):
                os.read(self._told, 65_536)
        return True

    def stop(self) -> None:
        """Let ``wait`` return False, now and from now on."""
        with suppress(OSError):
            os.write(self._wake_write, b"x")

    def close(self) -> None:
        """Give the descriptors back; nobody may wait any more."""
        for fd in (self._wake_read, self._wake_write, self._told):
            if fd is not None:
                with suppress(OSError):
                    os.close(fd)


def _inotify(folder: Path) -> int | None:
    """A descriptor that tells of writes in ``folder``; None where the system has no such thing."""
    import ctypes

    try:
        libc = ctypes.CDLL(None, use_errno=True)
        fd = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, AttributeError):
        return None
    if fd < 0:
        return None
    if libc.inotify_add_watch(fd, os.fsencode(folder), _MODIFY) < 0:
        os.close(fd)
        return None
    return int(fd)
