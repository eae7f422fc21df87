"""Two devices and a server, each a process of its own on one machine: a key press here to the paint
there, and how long the loop is away while very many records come for the first time."""

from __future__ import annotations

import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from tests.bench.measure import Line
from tests.harness import Terminal
from tests.journeys.budgets import GAP, Spent
from tests.journeys.conftest import fill_tasks, workbench
from tests.sync.real.devices import House, house
from tests.sync.real.painting import press_to_paint

EMAIL = "ann@example.org"
TRIES = 20
SOON = 0.150
"""Seconds from a key press on one device to the paint on another, over loopback."""

REST = 5.0
"""Seconds after which what a start warms up is warm."""


def together(count: int) -> list[Line]:
    """Painting between two devices, then a first sync of ``count`` records."""
    folder = tempfile.TemporaryDirectory(prefix="mb-together-")
    with folder as name, house(Path(name, "server")) as there:
        there.person(EMAIL)
        return [*_painting(there), *_first_sync(there, count, Path(name, "pulse"))]


def _painting(there: House) -> list[Line]:
    desk, train = there.device(EMAIL), there.device(EMAIL)
    desk.add("heron")
    for device in (desk, train):
        device.sync()
    with desk.workbench("heron") as one, train.workbench("heron") as two:
        far = _renamed(one, two, "heron", "egret")
    with desk.workbench("egret") as one, desk.workbench("egret") as two:
        near = _renamed(one, two, f"egret {TRIES}", "bittern")
    median, worst, floor = statistics.median(far), max(far), statistics.median(near)
    words = "a key press painted on another device (floor: another pane)"
    return [
        Line(words, median * 1e3, floor * 1e3, median / floor, "at most 150 ms", "ms"),
        Line(f"  worst of {TRIES}", worst * 1e3, SOON * 1e3, worst / SOON, "at most 150 ms", "ms"),
    ]


def _renamed(one: Terminal, two: Terminal, old: str, new: str) -> list[float]:
    """Seconds of each time, after one that does not count."""
    time.sleep(REST)
    for term in (one, two):
        term.settle(quiet=0.5)
    took = []
    for n in range(TRIES + 1):
        took.append(press_to_paint(one, two, old, f"{new} {n}"))
        old = f"{new} {n}"
    for term in (one, two):
        term.press("ctrl+q")
        term.wait_exit()
    return took[1:]


def _first_sync(there: House, count: int, pulse: Path) -> list[Line]:
    """The whole of it, from an empty home: the engine pulls while somebody moves about."""
    desk = there.device()
    with workbench(desk.home) as bench:
        fill_tasks(bench, count)
    desk.log_in(there.url, EMAIL)
    desk.run("sync", "--once", limit=600).ok()
    train = there.device(EMAIL)
    pulse.touch()
    argv = [sys.executable, "-m", "tests.journeys.beating", str(pulse)]
    with train.run.on_terminal(argv) as term:
        term.wait_for("Syncing ", limit=60)
        began = time.monotonic()
        bars = 0
        for key in _keys():
            term.press(key)
            time.sleep(0.1)
            bars += "Syncing " in term.text
            if bars and "Syncing " not in term.text and _here(train.home.path) >= count:
                break
        took = time.monotonic() - began
        worst = Spent(pulse).worst().length  # leaving joins the framework's reader of keys
        term.press("ctrl+q")
        term.wait_exit()
    return [
        Line(
            f"loop away in a first sync of {count:,} records, worst",
            worst * 1e3,
            GAP * 1e3,
            worst / GAP,
            "at most 50 ms",
            "ms",
        ),
        Line("  seconds it took, looks at its count", took, bars, 0.0, "", "s"),
    ]


def _keys(limit: float = 300.0) -> Iterator[str]:
    """Up and down, for as long as it may take at most."""
    until = time.monotonic() + limit
    while time.monotonic() < until:
        yield from ("down", "down", "up")


def _here(home: Path) -> int:
    with closing(sqlite3.connect(home / "manabench.db")) as connection:
        return int(connection.execute("SELECT count(*) FROM tasks").fetchone()[0])
