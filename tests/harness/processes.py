"""Facts about processes, read from the kernel (Linux)."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path


def state(pid: int) -> str:
    """The kernel's letter: R running, S asleep, T stopped, Z ended and not yet reaped, '' gone."""
    fields = _stat(pid)
    return fields[0] if fields else ""


def cpu_seconds(pid: int) -> float:
    """User and system time of a process with all its threads; 0.0 when it is gone."""
    try:
        return time.clock_gettime(((~pid) << 3) | 2)
    except OSError:
        return 0.0


def memory(pid: int) -> dict[str, float]:
    """``rss`` and ``peak`` in MiB and the number of ``threads``; empty when it is gone."""
    names = {"VmRSS": ("rss", 1024.0), "VmHWM": ("peak", 1024.0), "Threads": ("threads", 1.0)}
    found = {}
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            key, _, rest = line.partition(":")
            if key in names:
                name, unit = names[key]
                found[name] = int(rest.split()[0]) / unit
    return found


def family(pid: int) -> list[int]:
    """The descendants of a process, nearest first."""
    children: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):
        if name.isdigit() and (fields := _stat(int(name))):
            children.setdefault(int(fields[1]), []).append(int(name))
    found = [pid]
    for parent in found:
        found.extend(children.get(parent, []))
    return found[1:]


def end(pids: list[int], limit: float = 2.0) -> None:
    """kill -9 exactly these processes and wait until they are gone; gone before is no error."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    until = time.monotonic() + limit
    while any(state(pid) not in ("", "Z") for pid in pids) and time.monotonic() < until:
        time.sleep(0.002)


def _stat(pid: int) -> list[str]:
    """The fields after the name in ``/proc/PID/stat``: state, parent, group, session, ..."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (OSError, UnicodeDecodeError):
        return []
