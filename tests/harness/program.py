"""The command line of manabench in a process of its own, as a script would call it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.harness.homes import Home
from tests.harness.terminal import Terminal

ARGV = (sys.executable, "-m", "tui.main")


@dataclass(frozen=True)
class Outcome:
    """What a finished command left: exit code, standard output, standard error."""

    args: tuple[str, ...]
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output as one JSON document."""
        return json.loads(self.out)

    @property
    def data(self) -> Any:
        """``data`` of a ``--json`` answer, whose version is checked."""
        document = self.json
        assert document["v"] == 1, document
        return document["data"]

    @property
    def error(self) -> dict[str, Any]:
        """``error`` of a failed ``--json`` call: code, message, hint."""
        document = json.loads(self.err.strip().splitlines()[-1])
        assert document["v"] == 1, document
        error: dict[str, Any] = document["error"]
        return error

    def ok(self) -> Outcome:
        """This outcome, if the command succeeded; else AssertionError with all it said."""
        assert self.code == 0, f"manabench {' '.join(self.args)}: {self.code}\n{self.out}{self.err}"
        return self


class Manabench:
    """``manabench("task", "list", "--json").data``; everything it starts ends with ``close``."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self._terminals: list[Terminal] = []
        self._children: list[subprocess.Popen[str]] = []

    def __call__(
        self,
        *args: str,
        input: str | bytes | None = None,
        env: Mapping[str, str | None] | None = None,
        limit: float = 60.0,
    ) -> Outcome:
        """Run to the end, without a terminal. No ``input`` means an empty standard input."""
        given = input.encode() if isinstance(input, str) else input
        done = subprocess.run(
            [*ARGV, *args],
            input=given if given is not None else b"",
            capture_output=True,
            env=self._env(env),
            cwd=self.home.root,
            timeout=limit,
            check=False,
        )
        return Outcome(
            args, done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode()
        )

    def start(
        self, *args: str, env: Mapping[str, str | None] | None = None
    ) -> subprocess.Popen[str]:
        """Start and do not wait: for several at once, for kill -9, for signals."""
        child = subprocess.Popen(
            [*ARGV, *args],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=self._env(env),
            cwd=self.home.root,
            text=True,
        )
        self._children.append(child)
        return child

    def terminal(
        self,
        *args: str,
        cols: int = 80,
        rows: int = 24,
        env: Mapping[str, str | None] | None = None,
    ) -> Terminal:
        """Start it on a pty; no arguments open the workbench."""
        return self.on_terminal([*ARGV, *args], cols=cols, rows=rows, env=env)

    def on_terminal(
        self,
        argv: list[str],
        cols: int = 80,
        rows: int = 24,
        env: Mapping[str, str | None] | None = None,
    ) -> Terminal:
        """Any program on a pty in this home's environment, such as a shell around manabench."""
        terminal = Terminal(
            argv, cols=cols, rows=rows, env={**self.home.env, **(env or {})}, cwd=self.home.root
        )
        self._terminals.append(terminal)
        return terminal

    def close(self) -> None:
        """End what is still running."""
        for terminal in self._terminals:
            terminal.close()
        for child in self._children:
            if child.poll() is None:
                child.kill()
            child.communicate()

    def _env(self, extra: Mapping[str, str | None] | None) -> dict[str, str]:
        env = {**self.home.env, **(extra or {})}
        return {name: value for name, value in env.items() if value is not None}
