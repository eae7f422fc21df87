"""The workbench on a real pty: start, memory, idling and keys, beside a bare Textual app."""

from __future__ import annotations

import random
import re
import shutil
import statistics
import sys
import time
from pathlib import Path
from typing import NamedTuple

from store.workbench import Workbench
from tests.bench.material import WORDS, home, sentence
from tests.bench.measure import Line, compare, scratch
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
        in_list = env | {"MANABENCH_HOME": str(_begins_in_the_list(folder))}
        ours, listed, bare = [], [], []
        for number in range(RUNS + 1):
            a = _start(MANABENCH, env, _has_titles)
            b = _start(MANABENCH, in_list, _has_titles)
            c = _start(BARE, env, lambda text: text.count("some words") >= 10)
            if number:
                ours.append(a)
                listed.append(b)
                bare.append(c)
        lines = [
            _ratio(
                f"ten titles of {count:,} records on Home, wall", ours, bare, "wall", "at most 1.2x"
            ),
            _ratio("  CPU until then", ours, bare, "cpu", ""),
            _ratio("  in a list, wall", listed, bare, "wall", "at most 1.2x"),
            _ratio("  CPU until then", listed, bare, "cpu", ""),
        ]
        lines += _idle(env)
        lines += _keys(in_list)
        lines += _cards(env)
        lines += _opening(env)
    return lines + _reading()


def _begins_in_the_list(folder: Path) -> Path:
    """A copy of the home that begins in the list of its tasks."""
    path = folder / "listed"
    shutil.copytree(folder / "home", path)
    bench = Workbench.open(path)
    bench.device.set("place", {"space": bench.scope.id, "module": "todo", "kind": "list"})
    bench.close()
    return path


def _has_titles(text: str) -> bool:
    return len(TITLE.findall(text)) >= 10


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


def _cost(terminal: Terminal, key: str, quiet: float = 0.03) -> int:
    """Bytes that one key sends."""
    mark = terminal.mark()
    terminal.press(key)
    terminal.settle(quiet=quiet)
    return terminal.bytes_since(mark)


def _settled(terminal: Terminal) -> Terminal:
    """Once the rows stand and the first screens are warm."""
    terminal.wait_for(_has_titles, limit=60)
    time.sleep(4)
    terminal.settle()
    return terminal


def _keys(env: dict[str, str]) -> list[Line]:
    with Terminal(MANABENCH, env=env) as terminal:
        _settled(terminal)
        downs = [_cost(terminal, "down") for _ in range(200)]
        terminal.press("a").settle()
        typed = [_cost(terminal, letter) for letter in "somethingaspeopletypeit"]
    return [
        _bytes("  cursor down, median", statistics.median(downs), 1024),
        _bytes("  cursor down, mean", statistics.mean(downs), 2048),
        _bytes("  a character typed, worst", max(typed), 614),
    ]


def _cards(env: dict[str, str]) -> list[Line]:
    """Home with its cards side by side."""
    with Terminal(MANABENCH, env=env, cols=120, rows=36) as terminal:
        _settled(terminal)
        costs = [_cost(terminal, key) for key in ("tab", "tab", "tab", "2", "3", "1", "2", "1")]
    return [_bytes("  another card by Tab or digit at 120x36, worst", max(costs), 1024)]


def _opening(env: dict[str, str]) -> list[Line]:
    """What comes with a line, a screen and another place, each the second time."""
    costs: dict[str, list[int]] = {"line": [], "screen": [], "back": [], "place": []}
    with Terminal(MANABENCH, env=env) as terminal:
        _settled(terminal)
        for _ in range(2):
            for key in ("a", "/"):
                costs["line"] += [_cost(terminal, key, 0.2), _cost(terminal, "escape", 0.2)]
            for keys in (":", "?", "i", "g ,", "g h g #", "g /"):
                *before, last = keys.split()
                terminal.press(*before)
                costs["screen"].append(_cost(terminal, last, 0.3))
                costs["back"].append(_cost(terminal, "escape", 0.3))
            for letter in "th":
                terminal.press("g")
                costs["place"].append(_cost(terminal, letter, 0.3))
    worst = {name: max(found[len(found) // 2 :]) for name, found in costs.items()}
    return [
        _bytes("  opening or closing a line, worst", worst["line"], 12 * 1024),
        _bytes("  opening a screen, worst", worst["screen"], 25 * 1024),
        _bytes("  back from it, worst", worst["back"], 12 * 1024),
        _bytes("  from Home to a list and back, worst", worst["place"], 12 * 1024),
    ]


def _reading() -> list[Line]:
    """The first page of a note of a million characters, against that of a short one."""
    with scratch() as (folder, env):
        rng = random.Random(5)
        bench = Workbench.create(folder / "home", keyring=False)
        for title, count in (("short", 4), ("long", 4_000)):
            parts = [f"## Part {i}\n\n{sentence(rng, 32)}\n" for i in range(count)]
            with bench.step("add") as step:
                step.insert("notes", {"title": title, "content": "\n".join(parts)})
        bench.device.set("place", {"space": bench.scope.id, "module": "notes", "kind": "list"})
        bench.close()
        with Terminal(MANABENCH, env=env) as terminal:
            terminal.wait_for("short", limit=60)
            time.sleep(4)
            text = terminal.text
            names = sorted(("short", "long"), key=text.index)  # the cursor stands on the first
            took: dict[str, list[float]] = {"short": [], "long": []}
            for _ in range(RUNS):
                for name, move in zip(names, ("down", "up"), strict=True):
                    start = time.perf_counter()
                    terminal.press("enter", gap=0)
                    terminal.wait_for("Part 1")
                    took[name].append(time.perf_counter() - start)
                    terminal.settle()
                    terminal.press("escape").settle()
                    terminal.press(move).settle()
    words = "first page of a note of 1 MB, against a short one's"
    return [compare(words, took["long"], took["short"], "")]


def _bytes(what: str, sent: float, budget: int) -> Line:
    return Line(what, sent, budget, sent / budget, f"at most {budget:,}", "B")
