"""A private tmux server: its own socket, no configuration, ended with the test."""

from __future__ import annotations

import contextlib
import re
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from tests.harness.needs import need
from tests.harness.terminal import clean_environment

_NAMES = {
    "enter": "Enter",
    "escape": "Escape",
    "tab": "Tab",
    "shift+tab": "BTab",
    "backspace": "BSpace",
    "delete": "DC",
    "insert": "IC",
    "space": "Space",
    "pageup": "PPage",
    "pagedown": "NPage",
}
_HELD = {"ctrl": "C-", "alt": "M-", "shift": "S-"}


class Tmux:
    """One tmux session running ``argv``; skips (in CI fails) where there is no tmux."""

    def __init__(
        self,
        argv: Sequence[str],
        *,
        cols: int = 80,
        rows: int = 24,
        env: Mapping[str, str | None] | None = None,
    ) -> None:
        self._program = need("tmux", "it drives the program through a real multiplexer")
        self._folder = tempfile.TemporaryDirectory(prefix="mb-tmux-")
        self._env = clean_environment(env)
        size = ("-x", str(cols), "-y", str(rows))
        self.run("new-session", "-d", "-s", "test", *size, *argv)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def run(self, *command: str, check: bool = True) -> str:
        """Any tmux command on this server; returns what it prints."""
        socket = str(Path(self._folder.name, "s"))
        done = subprocess.run(
            [self._program, "-f", "/dev/null", "-S", socket, *command],
            env=self._env,
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
        if check and done.returncode:
            raise AssertionError(f"tmux {' '.join(command)}: {done.stderr.strip()}")
        return done.stdout

    def press(self, *names: str, pane: str = "", gap: float = 0.02) -> Self:
        """Press keys by the same names as Terminal.press."""
        for name in names:
            *held, base = name.split("+") if len(name) > 1 else [name]
            if name in _NAMES:
                self._send(_NAMES[name], pane=pane)
            elif len(name) == 1:
                self._send("-l", name, pane=pane)
            else:
                key = _NAMES.get(base, base if len(base) == 1 else base.capitalize())
                self._send("".join(_HELD[one] for one in held) + key, pane=pane)
            time.sleep(max(gap, 0.6 if name == "escape" else 0))
        return self

    def type(self, text: str, pane: str = "") -> Self:
        """Type text literally."""
        for character in text:
            self._send("-l", character, pane=pane)
        return self

    def screen(self, pane: str = "", *, styles: bool = False) -> list[str]:
        """The rows of a pane; ``styles`` keeps the escape sequences."""
        flags = ("-e",) if styles else ()
        printed = self.run("capture-pane", "-p", *flags, *_target(pane))
        return [line.rstrip() for line in printed.splitlines()]

    def wait_for(self, wanted: str | re.Pattern[str], limit: float = 15.0, pane: str = "") -> Self:
        """Until the pane shows a text or matches a pattern."""
        pattern = wanted if isinstance(wanted, re.Pattern) else re.compile(re.escape(wanted))
        end = time.monotonic() + limit
        while not pattern.search(shown := "\n".join(self.screen(pane))):
            if time.monotonic() > end:
                raise AssertionError(f"waited {limit} s for {pattern.pattern!r}; shown:\n{shown}")
            time.sleep(0.05)
        return self

    def split(self, argv: Sequence[str]) -> str:
        """A second pane below, running ``argv``; returns its id for ``pane=``."""
        return self.run("split-window", "-v", "-P", "-F", "#{pane_id}", *argv).strip()

    def resize(self, cols: int, rows: int) -> Self:
        self.run("resize-window", "-t", "test", "-x", str(cols), "-y", str(rows))
        return self

    def buffer(self) -> str:
        """The newest paste buffer: what a program copied through tmux."""
        return self.run("show-buffer", check=False)

    def alive(self) -> bool:
        return "test" in self.run("list-sessions", "-F", "#S", check=False)

    def close(self) -> None:
        """End this server, and with it the hang-up of everything in it."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.run("kill-server", check=False)
        self._folder.cleanup()

    def _send(self, *keys: str, pane: str) -> None:
        # A lone ";" would be taken for the end of the tmux command.
        safe = ["\\;" if key == ";" else key for key in keys]
        self.run("send-keys", *_target(pane), *safe)


def _target(pane: str) -> tuple[str, str]:
    return "-t", pane or "test"
