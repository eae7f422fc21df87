"""The keys that an empty message line shows: the few most useful ones of the place in view."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tui.widgets import cells

MOST = 8
BETWEEN = " · "

Hint = tuple[str, str]  # a key as people write it, and one word


def line(hints: Sequence[Hint], width: int) -> str:
    """As many of ``hints`` as fit into ``width`` cells, the first ones first.

    The last one, which leads to all the others, is the last to go.
    """
    if not hints:
        return ""
    *most, last = (f"{key} {word}" for key, word in hints)
    room = width - cells.width(last)
    kept: list[str] = []
    for text in most[: MOST - 1]:
        needed = cells.width(text) + cells.width(BETWEEN)
        if needed <= room:
            kept.append(text)
            room -= needed
    return cells.clip(BETWEEN.join((*kept, last)), width)


def ordered(hints: Iterable[tuple[str, Hint]], last: str) -> list[Hint]:
    """(act, hint) without the acts, the one of the act ``last`` at the end."""
    found = list(hints)
    return [h for id, h in found if id != last] + [h for id, h in found if id == last]
