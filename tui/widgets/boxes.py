"""Where the cards of a scene stand on the screen. Plain numbers, no screen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

WIDE = 100
"""Columns from which cards stand side by side."""

BESIDE = 3
"""Cards that stand side by side at most."""

_LEAST = 26  # columns that a card keeps beside others
_ROWS = 4  # rows that an open card keeps above and below the titles of the others


class Box(NamedTuple):
    """One card: its index, where its title stands, and how many rows of its list follow; a card
    without rows is only its title."""

    card: int
    x: int
    y: int
    width: int
    rows: int


def boxes(
    weights: Sequence[int], current: int, width: int, height: int, *, zoomed: bool = False
) -> list[Box]:
    """The cards that can be seen. weights: their widths in any measure, 0 for no wish."""
    if not weights or height < 1:
        return []
    if zoomed or len(weights) == 1:
        return [Box(current, 0, 0, width, height - 1)]
    if width >= WIDE:
        return _beside(weights, current, width, height)
    return _stacked(len(weights), current, width, height)


def _beside(weights: Sequence[int], current: int, width: int, height: int) -> list[Box]:
    """One page of cards side by side; the others as titles in the last line."""
    first = current // BESIDE * BESIDE
    shown = list(range(first, min(first + BESIDE, len(weights))))
    others = [card for card in range(len(weights)) if card not in shown]
    rows = height - 1 - bool(others)
    found, x = [], 0
    for card, wide in zip(shown, _shares([weights[c] for c in shown], width), strict=True):
        found.append(Box(card, x, 0, wide, rows))
        x += wide + 1
    each = width // max(1, len(others))
    found += [Box(card, at * each, height - 1, each, 0) for at, card in enumerate(others)]
    return found


def _shares(weights: Sequence[int], width: int) -> list[int]:
    """Columns of each, with one between two of them."""
    known = [weight for weight in weights if weight]
    usual = sum(known) / len(known) if known else 1
    wanted = [weight or usual for weight in weights]
    room = width - (len(weights) - 1)
    shares = [max(_LEAST, int(room * weight / sum(wanted))) for weight in wanted]
    shares[shares.index(max(shares))] += room - sum(shares)
    return shares


def _stacked(count: int, current: int, width: int, height: int) -> list[Box]:
    """The open card between the titles of the others; of many those nearest to it."""
    titles = min(count - 1, max(0, height - 1 - _ROWS))
    first = min(max(0, current - titles // 2), count - 1 - titles)
    found = [Box(card, 0, card - first, width, 0) for card in range(first, current)]
    after = list(range(current + 1, first + titles + 1))
    found.append(Box(current, 0, current - first, width, height - titles - 1))
    y = height - len(after)
    found += [Box(card, 0, y + at, width, 0) for at, card in enumerate(after)]
    return found
