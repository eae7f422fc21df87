"""Homes for journeys, and one person whose keys are counted."""

from __future__ import annotations

import asyncio
import os
import shlex
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from store.workbench import Workbench
from tests.harness.homes import Home
from tests.harness.program import ARGV, Manabench
from tests.harness.terminal import Terminal
from tests.journeys.budgets import Spent

SIZES = [(80, 24), (60, 20)]
SMALL = [*SIZES, (40, 15)]
MANY = 100_000
PROMPT = "ready> "


class Walk:
    """One person at one terminal. Counts keys; typed text is not counted."""

    def __init__(self, manabench: Manabench, cols: int = 80, rows: int = 24) -> None:
        self.manabench = manabench
        self.cols, self.rows = cols, rows
        self.keys = 0
        self.terms: list[Terminal] = []
        self.spent: Spent | None = None
        self.in_shell = False

    # What is measured -----------------------------------------------------------------------

    @contextmanager
    def journey(self, name: str) -> Iterator[Walk]:
        """All within is one journey of the table in ``budgets``, and is held to it at the end.

        Every program started within has a heart on its loop.
        """
        with tempfile.TemporaryDirectory(prefix="mb-journey-") as folder:
            pulse, command = Path(folder, "pulse"), Path(folder, "manabench")
            pulse.touch()
            argv = [sys.executable, "-m", "tests.journeys.beating", str(pulse)]
            command.write_text(f'#!/bin/sh\nexec {shlex.join(argv)} "$@"\n')
            command.chmod(0o700)
            self.keys, self.spent, self.terms = 0, Spent(pulse), []
            yield self
            self.spent.keys, self.spent.bytes = self.keys, sum(term.mark() for term in self.terms)
            self.spent.check(name, (self.cols, self.rows))
        self.spent = None

    # Doing ----------------------------------------------------------------------------------

    def start(self, *args: str, env: dict[str, str | None] | None = None) -> Terminal:
        """Start manabench; on a screen of 40 columns without colours, as the contract asks."""
        argv = [str(self.spent.pulse.with_name("manabench"))] if self.spent else list(ARGV)
        return self._on_terminal([*argv, *args], env)

    def shell(self) -> Terminal:
        """A shell in which ``manabench`` is a command. Within a journey only."""
        assert self.spent is not None
        path = f"{self.spent.pulse.parent}:{self.manabench.home.env['PATH']}"
        argv = ["bash", "--norc", "--noprofile", "-i"]
        opened = self._on_terminal(argv, {"PATH": path, "PS1": PROMPT})
        self.in_shell = True
        return opened.wait_for(PROMPT.strip())

    def _on_terminal(self, argv: list[str], env: dict[str, str | None] | None) -> Terminal:
        self.in_shell = False
        mono = {"NO_COLOR": "1"} if self.cols <= 40 else {}
        self.term = self.manabench.on_terminal(
            argv, cols=self.cols, rows=self.rows, env={**mono, **(env or {})}
        )
        return self.term

    @property
    def term(self) -> Terminal | None:
        """The terminal in front of the person: the one opened last."""
        return self.terms[-1] if self.terms else None

    @term.setter
    def term(self, opened: Terminal) -> None:
        self.terms.append(opened)

    @property
    def on(self) -> Terminal:
        assert self.term is not None
        return self.term

    def press(self, *names: str) -> Walk:
        self.keys += len(names)
        for name in names:
            if self.spent is not None:
                self.spent.press(name)
            self.on.press(name)
        return self

    def type(self, text: str) -> Walk:
        if self.spent is not None:
            self.spent.press(f"typing {text!r}")
        self.on.type(text)
        return self

    def sees(self, text: str) -> Walk:
        self.on.wait_for(text)
        return self

    def sees_not(self, text: str) -> Walk:
        self.on.wait_for(lambda shown: text not in shown)
        return self

    def cost(self, *names: str) -> int:
        """How many bytes the terminal is sent for these keys, which are not counted."""
        mark = self.on.settle(quiet=0.05).mark()
        return self.on.press(*names).settle(quiet=0.1).bytes_since(mark)

    def cursor_row(self) -> str:
        """The line of the screen that bears the cursor's glyph."""
        self.on.settle()
        return next((line for line in self.on.screen if line.startswith(("▸", "▹"))), "")

    @contextmanager
    def away(self) -> Iterator[None]:
        """Within, the terminal is handed to another program or given back."""
        began = time.monotonic()
        yield
        if self.spent is not None:
            self.spent.away.append((began, time.monotonic()))

    def leave(self) -> None:
        """Back to the shell there was, or to the end of the terminal; not counted as a key."""
        with self.away():
            self.on.press("ctrl+q")
            if self.in_shell:
                self.on.wait_for(self._is_back)
            else:
                assert self.on.wait_exit() == 0
                assert self.on.unrestored() == []

    def _is_back(self, shown: str) -> bool:
        return shown.rstrip().endswith(PROMPT.strip()) and not self.on.emulator.alternate


@pytest.fixture
def walk(manabench: Manabench, request: pytest.FixtureRequest) -> Walk:
    cols, rows = getattr(request, "param", (80, 24))
    return Walk(manabench, cols, rows)


@contextmanager
def workbench(home: Home) -> Iterator[Workbench]:
    """The store of ``home`` in this process, made if it is not there; closed at the end."""
    before = {name: os.environ.get(name) for name in home.env if name.startswith(("MANA", "XDG"))}
    os.environ.update({name: home.env[name] for name in before})
    try:
        there = (home.path / "manabench.db").exists()
        bench = Workbench.open() if there else Workbench.create(keyring=False)
        try:
            yield bench
        finally:
            bench.close()
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


async def floor() -> float:
    """The worst pause, in seconds, of a loop beside a thread that only burns time: what the machine
    itself adds to every gap."""
    from tests.screens.driving import Heart

    heart = Heart()
    beating = asyncio.create_task(heart.beat())
    await asyncio.to_thread(lambda: sum(i * i for i in range(6_000_000)))
    beating.cancel()
    return heart.worst


@pytest.fixture
def bench_of() -> Callable[[Home], object]:
    return workbench


@pytest.fixture(scope="session")
def large_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folders of a home with a hundred thousand open tasks, to be copied."""
    made = Home.make()
    try:
        with workbench(made) as bench:
            fill_tasks(bench, MANY)
        kept = tmp_path_factory.mktemp("large")
        shutil.copytree(made.root, kept / "root")
    finally:
        made.remove()
    return kept / "root"


def fill_tasks(bench: Workbench, count: int) -> None:
    """Titles that begin with their number; one in seven has a date."""
    from store.documents import Replica

    quick = bench.modules["todo"].quick
    assert quick is not None
    at = "2026-01-01T00:00:00.000Z"
    with bench.step("fill", kind="seed", durable=False) as step:
        for start in range(0, count, 10_000):
            step.merge_many(
                "tasks",
                [
                    Replica(f"task-{n:06}", dict(quick(f"{n:06} a thing to do")), at)
                    for n in range(start, min(count, start + 10_000))
                ],
            )


@pytest.fixture
def large(large_home: Path) -> Iterator[Manabench]:
    """A runner in a copy of the large home."""
    home = Home.make()
    shutil.copytree(large_home / "home", home.path)
    shutil.copytree(large_home / "config", home.config)
    runner = Manabench(home)
    yield runner
    runner.close()
    home.remove()
