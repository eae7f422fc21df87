"""Letters over what a key can jump to: which letters, and how they are laid over a line."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from rich.cells import cell_len

LETTERS = "asdfghjklqwertyuiopzxcvbnm"
"""The order in which letters are given: those under the fingers first."""

ROLE = "mark"


class Spot(NamedTuple):
    """Something to jump to: where its label stands in its widget, and how to go there."""

    x: int
    y: int
    go: Callable[[], None]


def codes(count: int) -> list[str]:
    """``count`` labels of one or two letters, none the beginning of another, short ones first."""
    size = len(LETTERS)
    pairs = 0
    while size - pairs + pairs * size < count and pairs < size:
        pairs += 1
    single = list(LETTERS[: size - pairs])
    double = [first + second for first in LETTERS[size - pairs :] for second in LETTERS]
    return (single + double)[:count]


def laid_over(line: list[tuple[str, str]], x: int, label: str) -> list[tuple[str, str]]:
    """``line`` with ``label`` over the cells from ``x`` on."""
    before: list[tuple[str, str]] = []
    after: list[tuple[str, str]] = []
    at, stop = 0, x + len(label)
    for text, role in line:
        for char in text:
            wide = cell_len(char)
            if at + wide <= x:
                before.append((char, role))
            elif at >= stop and (wide or after):
                after.append((char, role))
            elif wide and at < x:
                before.append((" ", role))  # for the half of a wide character beside the label
            elif wide and at + wide > stop:
                after.append((" ", role))
            at += wide
    before.append((" " * max(0, x - at), "base"))
    return [*before, (label, ROLE), *after]
