"""The workbench on a real pty: start, memory, idling and keys, beside a bare Textual app."""

from __future__ import annotations

import re
import statistics
import sys
import time
from pathlib import Path
from typing import NamedTuple

from tests.bench.material import WORDS, home
from tests.bench.measure import Line, scratch
from tests.bench.shell import MANABENCH
from tests.harness import Terminal

RUNS = 15
IDLE = 10.0
BARE = [sys.executable, str(Path(__file__).with_name("bare_app.py"))]
TITLE = re.compile(rf"({'|'.join(WORDS)}) .* \d{{6}}")


class Start(NamedTuple):
    """One start: seconds to what counts, and CPU seconds at that moment."""

    wall: float
    cpu: float


def screen(count: int) -> list[Line]:
    """Ten titles of ``count`` records on the screen, and what keys and idling cost."""
    with scratch() as (folder, env):
        home(folder / "home", count)
        mine, bare = [], []
        for number in range(RUNS + 1):
            a = _start(MANABENCH, env, lambda text: len(TITLE.findall(text)) >= 10)
            b = _start(BARE, env, lambda text: text.count("some words") >= 10)
            if number:
                mine.append(a)
                bare.append(b)
        lines = [
            _ratio(f"ten titles of {count:,} records, wall", mine, bare, "wall", "at most 1.2x"),
            _ratio("  CPU until then", mine, bare, "cpu", ""),
        ]
        lines += _idle(env)
        lines += _keys(env)
    return lines


def _start(argv: list[str], env: dict[str, str], shown: object) -> Start:
    with Terminal(argv, env=env) as terminal:
        terminal.wait_for(shown, limit=60)  # type: ignore[arg-type]
        terminal.settle()
        chunk = terminal.first(shown)  # type: ignore[arg-type]
        assert chunk is not None
        return Start(chunk.at, chunk.cpu)


def _ratio(what: str, mine: list[Start], bare: list[Start], field: str, target: str) -> Line:
    a = [getattr(start, field) for start in mine]
    b = [getattr(start, field) for start in bare]
    ratio = statistics.median(x / y for x, y in zip(a, b, strict=True))
    return Line(what, statistics.median(a) * 1e3, statistics.median(b) * 1e3, ratio, target, "ms")


def _idle(env: dict[str, str]) -> list[Line]:
    figures = []
    for argv in (MANABENCH, BARE):
        with Terminal(argv, env=env) as terminal:
            time.sleep(8)  # the index of a long list is built by then
            terminal.settle()
            mark, cpu = terminal.mark(), terminal.cpu()
            time.sleep(IDLE)
            share = (terminal.cpu() - cpu) / IDLE * 100
            figures.append((terminal.memory()["rss"], share, terminal.bytes_since(mark)))
    (rss, share, sent), (bare_rss, bare_share, _) = figures
    return [
        Line("  memory after settling", rss, bare_rss, rss / bare_rss, "under 70 MiB", "MiB"),
        Line("  idle CPU", share, bare_share, share / max(bare_share, 0.01), "under 0.3 %", "%"),
        Line("  bytes while idle", sent, 0, 0, "0", "B"),
    ]


def _keys(env: dict[str, str]) -> list[Line]:
    with Terminal(MANABENCH, env=env) as terminal:
        terminal.wait_for(lambda text: len(TITLE.findall(text)) >= 10, limit=60)
        time.sleep(3)
        terminal.settle()
        downs = []
        for _ in range(200):
            mark = terminal.mark()
            terminal.press("down")
            terminal.settle(quiet=0.03)
            downs.append(terminal.bytes_since(mark))
        terminal.press("a").settle()
        typed = []
        for letter in "a line of words as somebody types it":
            mark = terminal.mark()
            terminal.type(letter)
            terminal.settle(quiet=0.03)
            typed.append(terminal.bytes_since(mark))
    return [
        Line("  cursor down, median bytes", statistics.median(downs), 1024, 0, "1,024", "B"),
        Line("  cursor down, mean bytes", statistics.mean(downs), 2048, 0, "2,048", "B"),
        Line("  a character typed, worst bytes", max(typed), 614, 0, "614", "B"),
    ]
