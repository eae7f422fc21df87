"""Whose a run is: a process named so that it can be told whether it still lives.

A number alone is given out again. So it is named with the boot, the space of process numbers it
counts in, and the moment it started; where that cannot be compared, the heartbeat decides.
"""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path

from store.stamps import UNTRUSTED, micros

BEAT = 5.0
"""Seconds between two heartbeats of a run."""

SILENT = timedelta(seconds=120)
"""Without a heartbeat for so long, a run is over whose process cannot be looked at from here."""


def own() -> str:
    """This process: ``pid:start:boot:namespace``; parts the system does not tell are empty."""
    return f"{os.getpid()}:{_start(os.getpid())}:{_boot()}:{_namespace()}"


def is_gone(process: str, beat: str, now: datetime) -> bool:
    """Whether the process that was called so has ended, as far as can be known here."""
    pid, start, boot, space = (*process.split(":"), "", "", "", "")[:4]
    if not pid.isdecimal():
        return True
    if boot and boot == _boot() and space == _namespace():
        return _start(int(pid)) != start
    if boot and _boot() and boot != _boot() and not space:
        return True
    told = micros(beat)
    return told == UNTRUSTED or abs(now.timestamp() * 1e6 - told) > SILENT.total_seconds() * 1e6


def _start(pid: int) -> str:
    """When a process started, in ticks since the boot; "" for none. A process that has ended and
    was not waited for does nothing any more."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="latin-1").rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] in "ZX" else fields[19]


@lru_cache(maxsize=1)
def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""


def _namespace() -> str:
    try:
        return os.readlink("/proc/self/ns/pid").strip("pid:[]")
    except OSError:
        return ""
