"""What each journey may take, and what one took."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

GAP = 0.050
"""Seconds that the loop may be away by its own doing: the machine's part is counted apart."""


class Budget(NamedTuple):
    """keys: at most so many; typed words, leaving and what comes before the journey proper are
    not counted. kilobytes: what the terminal is sent at most, from the start of the program to
    its end, in 80 columns or fewer."""

    keys: int | None
    kilobytes: int


BUDGETS = {
    "1 first task": Budget(3, 28),
    "2 three done of 100,000": Budget(6, 12),
    "3 mark, tag, undo": Budget(12, 28),
    "4 due date": Budget(2, 10),
    "5 import, cancel, import": Budget(8, 68),
    "6 find and change": Budget(8, 36),
    "7 delete, restart, restore": Budget(8, 26),
    "8 two spaces": Budget(10, 36),
    "9 idle lock": Budget(3, 76),
    "10 suspend": Budget(2, 22),
    "11 two panes": Budget(None, 22),
    "12 an agent's work": Budget(13, 76),
}


class Pause(NamedTuple):
    """end: seconds on the monotonic clock; length: seconds, without what the machine added."""

    end: float
    length: float
    machine: float


@dataclass
class Spent:
    """What a journey took so far. ``pressed`` holds (moment, key) to name a pause by its key;
    ``away`` the times, from and to, in which another program had the terminal."""

    pulse: Path
    keys: int = 0
    bytes: int = 0
    away: list[tuple[float, float]] = field(default_factory=list)
    pressed: list[tuple[float, str]] = field(default_factory=list)

    def press(self, name: str) -> None:
        """A key goes in now."""
        self.pressed.append((time.monotonic(), name))

    def worst(self) -> Pause:
        """The longest pause of the loop, of those that began while the terminal was the program's
        own: while it is handed over the framework waits for its reader, and nobody looks."""
        pauses = [Pause(0.0, 0.0, 0.0)]
        for line in self.pulse.read_text().splitlines():
            end, whole, machine = map(float, line.split())
            if not any(since <= end - whole <= until for since, until in self.away):
                pauses.append(Pause(end, whole - machine, machine))
        return max(pauses, key=lambda pause: pause.length)

    def line(self, name: str, size: tuple[int, int]) -> str:
        """All of it in one line."""
        worst = self.worst()
        after = [key for moment, key in self.pressed if moment < worst.end]
        return (
            f"journey {name}, {size[0]}x{size[1]}: {self.keys} keys, {self.bytes / 1024:.1f} KB, "
            f"loop away {worst.length * 1000:.0f} ms (and {worst.machine * 1000:.0f} by the "
            f"machine) after {after[-1] if after else 'the start'}"
        )

    def check(self, name: str, size: tuple[int, int]) -> None:
        """Print the line, and fail where it is above its budget."""
        said, budget = self.line(name, size), BUDGETS[name]
        print(said)
        assert budget.keys is None or self.keys <= budget.keys, said
        assert self.bytes <= budget.kilobytes * 1024, said
        assert self.worst().length <= GAP, said
