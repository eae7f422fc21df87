"""Where the demo lives: a folder in memory if the machine has one, gone when it is left."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from store import locations

if TYPE_CHECKING:
    from store.workbench import Clock

_PREFIX = "demo-"
_LOCK = "in-use"
_ENDING = (signal.SIGTERM, signal.SIGHUP)


@contextmanager
def throw_away(clock: Clock | None = None) -> Iterator[Path]:
    """A filled home in memory where the machine has such a place; gone afterwards.

    clock: the time that it is around; now where none is given. The real home and config are neither
    touched nor named meanwhile. SIGTERM and SIGHUP remove it too; what a killed process left is
    removed by the next demo.
    """
    from store.demo.filling import fill
    from store.workbench import Workbench

    before = os.environ.get("MANABENCH_CONFIG")
    with _folder() as made, _ending_is_leaving():
        os.environ["MANABENCH_CONFIG"] = str(made / "config")
        try:
            past = Past(clock or (lambda: datetime.now(UTC)))
            bench = Workbench.create(made / "home", keyring=False, clock=past)
            try:
                fill(bench, past.set_back)
            finally:
                bench.close()
            yield made / "home"
        finally:
            if before is None:
                del os.environ["MANABENCH_CONFIG"]
            else:
                os.environ["MANABENCH_CONFIG"] = before


class Past:
    """A clock that can be set back, for what happened in the last days."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._back = timedelta()

    def __call__(self) -> datetime:
        """The time that it shows."""
        return self._clock() - self._back

    def set_back(self, past: timedelta) -> None:
        """Show the time ``past`` before now, from here on."""
        self._back = past


@contextmanager
def _folder() -> Iterator[Path]:
    base = locations.runtime()
    if base is not None:
        _sweep(base)
    made = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=base))
    try:
        with (made / _LOCK).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _sweep(base: Path) -> None:
    """Remove demos whose process is no more: nobody holds their lock."""
    for lock in base.glob(f"{_PREFIX}*/{_LOCK}"):
        try:
            with lock.open("r+") as held:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                # Its maker locks the file right after making it; an empty folder is not done yet.
                if (lock.parent / "home").is_dir():
                    shutil.rmtree(lock.parent, ignore_errors=True)
        except OSError:
            continue


@contextmanager
def _ending_is_leaving() -> Iterator[None]:
    """Until the screen takes these signals over, they end the process by an exception."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before: dict[int, Any] = {number: signal.getsignal(number) for number in _ENDING}

    def leave(number: int, frame: FrameType | None) -> None:
        sys.exit(128 + number)

    handler: Callable[[int, FrameType | None], None] = leave
    for number, old in before.items():
        if old == signal.SIG_DFL:
            signal.signal(number, handler)
    try:
        yield
    finally:
        for number, old in before.items():
            if old == signal.SIG_DFL:
                signal.signal(number, old)
