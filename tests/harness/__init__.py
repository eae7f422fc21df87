"""What the tests drive the program with: a real pty, tmux, and the command line.

terminal.py   Terminal: a program on a pty, its screen, its bytes, its end
keys.py       names of keys and what a terminal sends for them
emulator.py   the other end of the wire: answers queries, keeps the screen
tmux.py       Tmux: the same through a real multiplexer
homes.py      Home: throw-away folders, a clean environment, a hunt through every byte
program.py    Manabench: the command line in a process of its own
needs.py      programs a test wants: missing ones skip here and fail in CI
"""

from __future__ import annotations

from tests.harness.homes import Home
from tests.harness.needs import need
from tests.harness.program import Manabench, Outcome
from tests.harness.terminal import Terminal
from tests.harness.tmux import Tmux

__all__ = ["Home", "Manabench", "Outcome", "Terminal", "Tmux", "need"]
