"""The command line in this process with a fixed clock, and transcripts of it.

A transcript is a text of lines ``$ manabench ...`` (or ``$ printf '...' | manabench ...``), each
followed by what it prints: lines on stderr begin with ``! ``, an exit code but 0 ends it as
``-> 3``. Ids are masked. ``python -m tests.tui.cli.harness FILE`` plays a transcript and writes
what came out, for a person to read before it is committed.
"""

from __future__ import annotations

import io
import json
import os
import re
import shlex
import sys
import tempfile
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from store import when
from tui.cli.root import run

ID = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b[0-9a-f]{8}\b")


@dataclass(frozen=True)
class Result:
    """What one command left."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        """``data`` of a ``--json`` answer."""
        assert self.code == 0, self.err
        return json.loads(self.out)["data"]

    @property
    def error(self) -> Any:
        """``error`` of a failed ``--json`` call."""
        return json.loads(self.err)["error"]


class Commands:
    """``call("task", "add", "x")``, each a second later than the one before."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)

    def clock(self) -> datetime:
        """A Wednesday morning."""
        return self.now

    def __call__(self, *args: str, input: str = "") -> Result:
        """Run one command with ``input`` as standard input and no terminal."""
        self.now += timedelta(seconds=1)
        out, err, before = io.StringIO(), io.StringIO(), sys.stdin
        sys.stdin = io.TextIOWrapper(io.BytesIO(input.encode()), encoding="utf-8")
        try:
            with redirect_stdout(out), redirect_stderr(err):
                code = run(args, clock=self.clock)
        finally:
            sys.stdin = before
            when.set_clock(lambda: datetime.now(UTC))
        return Result(code, out.getvalue(), err.getvalue())


def play(text: str, call: Callable[..., Result]) -> str:
    """``text`` with what its commands print now."""
    lines = []
    for line in text.splitlines():
        if line.startswith("#") or (not line and lines and lines[-1] != ""):
            lines.append(line)
        if line.startswith("$ "):
            lines += [line, *_one(line, call)]
    return "\n".join(lines).rstrip() + "\n"


def _one(line: str, call: Callable[..., Result]) -> list[str]:
    command, given = line[2:], ""
    if command.startswith("printf "):
        left, _bar, command = command.partition(" | ")
        given = shlex.split(left)[1].replace("\\n", "\n")
    result = call(*shlex.split(command)[1:], input=given)
    shown = [*result.out.splitlines(), *(f"! {said}" for said in result.err.splitlines())]
    if result.code:
        shown.append(f"-> {result.code}")
    home = os.environ["MANABENCH_HOME"]
    return [
        ID.sub(lambda m: "id" * (len(m.group()) // 2), said.replace(home, "HOME")).rstrip()
        for said in shown
    ]


def _rewrite(path: Path) -> None:
    with tempfile.TemporaryDirectory() as root:
        for name in ("home", "config", "run"):
            os.environ["XDG_RUNTIME_DIR" if name == "run" else f"MANABENCH_{name.upper()}"] = (
                f"{root}/{name}"
            )
        os.mkdir(f"{root}/run", 0o700)
        os.environ |= {"TZ": "UTC", "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}
        path.write_text(play(path.read_text(), Commands()))


if __name__ == "__main__":
    for name in sys.argv[1:]:
        _rewrite(Path(name))
