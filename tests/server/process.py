"""A server in a process of its own, started as a person starts it.

with serving(manabench, data) as served:
    ann = served.again("ann@example.org")
    served.kill()                              # -9
"""

from __future__ import annotations

import contextlib
import select
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.harness import Manabench
from tests.server.running import PASSWORD, Person

PATIENCE = 60.0
"""Seconds within which a server is up or down, on a machine that does much else."""


@dataclass
class Served:
    """A server's process. url: from the line that it printed when it was ready."""

    child: subprocess.Popen[str]
    url: str
    line: str
    _people: list[Person] = field(default_factory=list)

    def nobody(self, email: str = "", password: str = PASSWORD) -> Person:
        """A client without a session."""
        self._people.append(Person(self.url, email, password))
        return self._people[-1]

    def again(self, email: str, password: str = PASSWORD) -> Person:
        """A device of an account that exists, signed in."""
        return self.nobody(email, password).sign_in()

    def kill(self) -> None:
        """End it as a power cut would: nothing is finished."""
        self.child.kill()
        self.child.wait(PATIENCE)

    def stop(self, number: int = signal.SIGTERM) -> tuple[int, str, str]:
        """End it in order; exit code and what it wrote after its first line."""
        self.child.send_signal(number)
        out, err = self.child.communicate(timeout=PATIENCE)
        return self.child.returncode, out, err

    def close(self) -> None:
        """Close all clients."""
        for one in self._people:
            one.close()


@contextlib.contextmanager
def serving(manabench: Manabench, data: Path, *options: str, port: int = 0) -> Iterator[Served]:
    """``manabench serve`` over ``data``, ready; ended in order if the block did not end it."""
    child = manabench.start("serve", "--data", str(data), "--port", str(port), *options)
    assert child.stdout is not None
    ready, _write, _error = select.select([child.stdout], [], [], PATIENCE)
    line = child.stdout.readline() if ready else ""
    assert "http" in line, line or child.communicate(timeout=PATIENCE)
    served = Served(child, "http" + line.rpartition("http")[2].strip(), line)
    try:
        yield served
    finally:
        served.close()
        if child.poll() is None:
            served.stop()


def add_user(manabench: Manabench, data: Path, email: str, *options: str) -> None:
    """Make an account as the operator does."""
    words = ("serve", "user", "add", email, "--data", str(data), "--password-stdin", *options)
    manabench(*words, input=PASSWORD + "\n").ok()
