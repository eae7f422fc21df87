"""A server in a process of its own, as an operator starts it, so that it can be killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.server.running import PASSWORD, Person

COMMAND = (sys.executable, "-m", "tui.main")


class Apart:
    """``manabench serve`` over one folder; started again, it keeps its port."""

    def __init__(self, data: Path, env: dict[str, str] | None = None) -> None:
        self._data = data
        self._env = env
        self._port = "0"
        self._process: subprocess.Popen[bytes] | None = None
        self.url = ""

    def add_user(self, email: str) -> None:
        """Make an account."""
        argv = [*COMMAND, "serve", "user", "add", email, "--data", str(self._data)]
        subprocess.run(
            [*argv, "--password-stdin"],
            input=PASSWORD.encode(),
            env=self._env,
            stdout=subprocess.DEVNULL,
            check=True,
            timeout=60,
        )

    def start(self) -> None:
        """Start it and wait until it answers."""
        argv = [*COMMAND, "--json", "serve", "--data", str(self._data), "--port", self._port]
        self._process = subprocess.Popen(argv, env=self._env, stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        self.url = json.loads(self._process.stdout.readline())["data"]["url"]
        self._port = self.url.rpartition(":")[2]

    def kill(self) -> None:
        """End it without a word: kill -9."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End it in order."""
        self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(30)
            if self._process.stdout is not None:
                self._process.stdout.close()
            self._process = None

    def person(self, email: str) -> Person:
        """Somebody signed in; close it afterwards."""
        return Person(self.url, email).sign_in()


def environment(folder: Path) -> dict[str, str]:
    """An environment whose home, settings and keyring lie in ``folder``."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MANABENCH")}
    return kept | {
        "MANABENCH_HOME": str(folder / "home"),
        "MANABENCH_CONFIG": str(folder / "config"),
    }
