"""Blocks of Markdown folded to a width: rows of styled text. No screen; belongs off the loop."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple

from tui.widgets import cells
from tui.widgets.lines import Line
from tui.widgets.markdown import BAR, CROSS, DOUBLE, RULE, Block, Span, unpacked

WIDEST = 100
"""Cells of a line of prose; beyond that the eye loses the next line."""
MOST_FOUND = 5_000
_LEAST = 3  # cells of a table's column


class Match(NamedTuple):
    """Where a searched text stands: chunk, block in it, part of the block's text, source line."""

    chunk: int
    block: int
    start: int
    stop: int
    source: int


class Row(NamedTuple):
    """One line on the screen: what is drawn, its block, and which part of the block's text."""

    line: Line
    block: int
    start: int
    stop: int


Mark = tuple[int, int, str]
"""(start, stop, role) in a block's text: what was found."""


def fold(blocks: Sequence[Block], width: int) -> list[Row]:
    """All rows of ``blocks``, none wider than ``width`` cells."""
    rows: list[Row] = []
    width = max(8, width)
    for number, block in enumerate(blocks):
        if block.kind == "gap":
            rows.append(Row(_prefix(block.rest.rstrip(), width), number, 0, 0))
        elif block.kind == "rule":
            before = _prefix(block.first, width)
            room = min(WIDEST, width - _wide(before))
            rows.append(Row([*before, (RULE * room, "dim")], number, 0, 0))
        elif block.kind in ("row", "line"):
            rows.append(Row(_table_row(block, width), number, 0, len(block.text)))
        else:
            rows += _text_rows(block, number, width)
    return rows


def marked(block: Block, row: Row, width: int, marks: Sequence[Mark]) -> Line:
    """``row`` of ``block`` drawn again with parts of it in other roles."""
    here = [mark for mark in marks if mark[0] < row.stop and mark[1] > row.start]
    if not here:
        return row.line
    if block.kind == "row":
        return [(text, here[-1][2]) for text, _role in row.line]
    before = row.line[: _prefix_runs(block, row, width)]
    return [*before, *_pieces(block, row.start, row.stop, max(8, width) - _wide(before), here)]


def _text_rows(block: Block, number: int, width: int) -> list[Row]:
    text = block.text
    most = width if block.kind == "code" else min(width, WIDEST)
    level = int(block.kind[4:]) if block.kind.startswith("head") else 0
    sign = "#" * level + " " if level > 2 else ""
    firsts = _prefix(block.first + sign, width)
    rests = _prefix(block.rest + " " * len(sign), width)
    room = max(2, most - max(_wide(firsts), _wide(rests)))
    rows: list[Row] = []
    at = 0
    for line in text.split("\n"):
        starts = [0, *cells.wrap(line, room), len(line)]
        for a, b in zip(starts, starts[1:], strict=False):
            stop = at + a + len(line[a:b].rstrip())
            before = rests if rows else firsts
            drawn = [*before, *_pieces(block, at + a, stop, width - _wide(before), ())]
            rows.append(Row(drawn, number, at + a, stop))
        at += len(line) + 1
    if level in (1, 2):
        under = (DOUBLE if level == 1 else RULE) * max(
            1, *(_wide(row.line) - _wide(rests) for row in rows)
        )
        rows.append(Row([*rests, (under, "dim")], number, len(text), len(text)))
    return rows


def _pieces(block: Block, start: int, stop: int, room: int, marks: Sequence[Mark]) -> Line:
    """The spans of a block between two places of its text, drawn in at most ``room`` cells."""
    out: Line = []
    starts = _starts(block.spans)
    for number in range(max(0, bisect_right(starts, start) - 1), len(starts)):
        offset, (text, role) = starts[number], block.spans[number]
        begin, end = max(offset, start), min(offset + len(text), stop)
        if begin >= stop:
            break
        for a, b, shown in _parted(begin, end, role, marks):
            drawn = cells.clip(text[a - offset : b - offset], room, "")
            room -= cells.width(drawn)
            out.append((drawn, shown))
    return out


@lru_cache(maxsize=8)
def _starts(spans: tuple[Span, ...]) -> tuple[int, ...]:
    """Where each span begins in the text."""
    return tuple(accumulate((len(text) for text, _role in spans[:-1]), initial=0)) if spans else ()


def _parted(start: int, stop: int, role: str, marks: Sequence[Mark]) -> list[Mark]:
    """The part of a text between two places, with what is marked in it in a role of its own."""
    parts: list[Mark] = []
    for begin, end, shown in marks:
        if begin >= stop or end <= start:
            continue
        if begin > start:
            parts.append((start, begin, role))
        parts.append((max(begin, start), min(end, stop), shown))
        start = min(end, stop)
    return [*parts, (start, stop, role)] if start < stop else parts


def _prefix(text: str, width: int) -> Line:
    """What stands before a row; of deep nesting the innermost half of the width."""
    return [(text[-(width // 2) :] if len(text) > width // 2 else text, "label")] if text else []


def _prefix_runs(block: Block, row: Row, width: int) -> int:
    """How many runs of a row stand before its text."""
    return 1 if row.line and row.line[0][1] == "label" else 0


def _wide(line: Line) -> int:
    return sum(cells.width(text) for text, _role in line)


# Tables -----------------------------------------------------------------------------------------


@lru_cache(maxsize=64)
def column_widths(natural: tuple[int, ...], room: int) -> tuple[int, ...]:
    """The widths that columns get in ``room`` cells with three between them.

    The widest give first. Fewer columns than asked for come back where even narrow ones do not fit.
    """
    count = len(natural)
    while count > 1 and sum(min(n, _LEAST) for n in natural[:count]) + 3 * (count - 1) > room:
        count -= 1
    left = max(1, room - 3 * (count - 1))
    widths: dict[int, int] = {}
    order = sorted(range(count), key=lambda n: natural[n])
    for place, n in enumerate(order):
        widths[n] = max(1, min(natural[n], left // (count - place)))
        left -= widths[n]
    return tuple(widths[n] for n in range(count))


def _table_row(block: Block, width: int) -> Line:
    assert block.table is not None  # noqa: S101
    before = _prefix(block.first, width)
    room = width - _wide(before)
    natural = block.table.widths
    widths = column_widths(natural, room)
    if len(widths) < len(natural):
        widths = column_widths(natural[: len(widths)], room - 2)
    cut = len(widths) < len(natural)
    line: Line = [*before]
    for n, wide in enumerate(widths):
        if block.kind == "line":
            between = RULE + CROSS + RULE if n else ""
            line.append((between + RULE * wide, "dim"))
            continue
        if n:
            line.append((f" {BAR} ", "dim"))
        cell = block.cells[n] if n < len(block.cells) else ""
        role = block.spans[0][1] if block.spans else "base"
        line.append((_aligned(cell, wide, block.table.aligns[n]), role))
    if cut:
        line.append((" " + cells.ELLIPSIS, "dim"))
    return line


def _aligned(text: str, wide: int, align: str) -> str:
    drawn = cells.clip(text, wide)
    spare = wide - cells.width(drawn)
    left = {"right": spare, "center": spare // 2}.get(align, 0)
    return " " * left + drawn + " " * (spare - left)


# Finding ----------------------------------------------------------------------------------------


def find_in(parts: Sequence[bytes], text: str) -> list[Match]:
    """Where ``text`` stands in the packed blocks of all chunks, whatever its case."""
    wanted = text.lower()
    found: list[Match] = []
    for number, part in enumerate(parts):
        for at, block in enumerate(unpacked(part)):
            held = block.text.replace("\n", " ")
            low = held.lower()
            low = low if len(low) == len(held) else held
            place = low.find(wanted)
            while place >= 0:
                stop = place + len(wanted)
                found.append(Match(number, at, place, stop, block.source))
                if len(found) >= MOST_FOUND:
                    return found
                place = low.find(wanted, stop)
    return found
