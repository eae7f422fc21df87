"""Fair accounting: interleaved runs, medians, and one table of ratios."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple


class Line(NamedTuple):
    """One figure: what, ours, the floor, their ratio, what is aimed at, and the unit of both."""

    what: str
    ours: float
    floor: float
    ratio: float
    target: str
    unit: str


def show(lines: Sequence[Line]) -> None:
    """Print figures as an aligned table."""
    for line in lines:
        print(
            f"{line.what:<58} {line.ours:>10.2f} {line.floor:>10.2f} {line.unit:<4} "
            f"{line.ratio:>6.2f}x   {line.target}"
        )
    sys.stdout.flush()


def compare(
    what: str,
    ours: Sequence[float],
    floor: Sequence[float],
    target: str,
    *,
    scale: float = 1e3,
    unit: str = "ms",
) -> Line:
    """The median of pair ratios, with the medians of both sides."""
    ratio = statistics.median(a / b for a, b in zip(ours, floor, strict=True))
    return Line(
        what,
        statistics.median(ours) * scale,
        statistics.median(floor) * scale,
        ratio,
        target,
        unit,
    )


def timed(work: Callable[[], object]) -> float:
    """Seconds of wall time that ``work`` took."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def pairs(
    ours: Callable[[], object], floor: Callable[[], object], times: int
) -> tuple[list[float], list[float]]:
    """Both in turn, after one warm-up of each."""
    ours(), floor()
    a, b = [], []
    for _ in range(times):
        a.append(timed(ours))
        b.append(timed(floor))
    return a, b


def run(argv: Sequence[str], env: dict[str, str]) -> float:
    """Seconds of a whole process, its output thrown away. Raises CalledProcessError."""
    return timed(
        lambda: subprocess.run(
            argv, env=env, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
    )


@contextmanager
def scratch() -> Iterator[tuple[Path, dict[str, str]]]:
    """A folder for one bench and an environment in which manabench lives there."""
    with tempfile.TemporaryDirectory(prefix="manabench-bench-") as name:
        folder = Path(name)
        env = {k: v for k, v in os.environ.items() if not k.startswith(("TEXTUAL", "MANABENCH"))}
        env |= {
            "MANABENCH_HOME": str(folder / "home"),
            "MANABENCH_CONFIG": str(folder / "config"),
            "XDG_RUNTIME_DIR": str(folder / "runtime"),
        }
        (folder / "runtime").mkdir(mode=0o700)
        before = dict(os.environ)
        os.environ.update(env)
        try:
            yield folder, env
        finally:
            os.environ.clear()
            os.environ.update(before)
