"""A terminal's cells as SVG: text where its columns are, lines and blocks as shapes.

No font decides where something stands: each piece of text is given its width in columns, wide
glyphs theirs, and box characters are paths, so that they join whatever font the viewer has.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from html import escape
from typing import NamedTuple

from tests.harness.emulator import Style

Cell = tuple[str, Style]
Rows = Sequence[Sequence[Cell]]

CELL, LINE, SIZE, EDGE = 8.4, 18, 14, 10
FONTS = "DejaVu Sans Mono, Menlo, Consolas, Noto Sans Mono CJK JP, monospace"


class Paper(NamedTuple):
    """What a terminal shows where a program names no colour."""

    ink: str
    paper: str


DARK = Paper("#d8dbe0", "#1c1c1c")
LIGHT = Paper("#24292f", "#ffffff")

BASIC = {
    "black": "#16181d",
    "red": "#e06c75",
    "green": "#98c379",
    "brown": "#e5c07b",
    "yellow": "#e5c07b",
    "blue": "#61afef",
    "magenta": "#c678dd",
    "cyan": "#56b6c2",
    "white": "#d8dbe0",
}

# Which way the arms of a box character go: up, right, down, left.
ARMS = {
    **{"─": "rl", "│": "ud", "┌": "rd", "┐": "dl", "└": "ur", "┘": "ul", "├": "urd", "┤": "udl"},
    **{"┬": "rdl", "┴": "url", "┼": "urdl", "╭": "rd", "╮": "dl", "╰": "ur", "╯": "ul"},
    **{"━": "rl", "┃": "ud", "╴": "l", "╵": "u", "╶": "r", "╷": "d"},
}
# Parts of a cell that are filled: left, top, right, bottom in eighths.
BLOCKS = {
    **{"█": (0, 0, 8, 8), "▀": (0, 0, 8, 4), "▄": (0, 4, 8, 8), "▌": (0, 0, 4, 8)},
    **{"▐": (4, 0, 8, 8), "▏": (0, 0, 1, 8), "▎": (0, 0, 2, 8), "▍": (0, 0, 3, 8)},
    **{"▁": (0, 7, 8, 8), "▂": (0, 6, 8, 8), "▔": (0, 0, 8, 1), "▕": (7, 0, 8, 8)},
    **{"▃": (0, 5, 8, 8), "▅": (0, 3, 8, 8), "▆": (0, 2, 8, 8), "▇": (0, 1, 8, 8)},
}


def svg(rows: Rows, paper: Paper, cursor: tuple[int, int] | None) -> str:
    """The picture of ``rows``. cursor: (column, row) where the terminal shows one."""
    cols = len(rows[0])
    width, height = cols * CELL + 2 * EDGE, len(rows) * LINE + 2 * EDGE
    looks = [[_look(style, paper) for _text, style in row] for row in rows]
    ground = Counter(look[1] for line in looks for look in line).most_common(1)[0][0]
    body = [*_grounds(looks, ground), *_shapes(rows, looks), *_texts(rows, looks)]
    if cursor is not None:
        x, y = EDGE + cursor[0] * CELL, EDGE + cursor[1] * LINE
        body.append(f'<rect x="{_n(x)}" y="{y}" width="2" height="{LINE}" fill="{paper.ink}"/>')
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_n(width)} {height}" '
            f'width="{_n(width)}" height="{height}" font-family="{FONTS}" font-size="{SIZE}">',
            f'<rect width="100%" height="100%" rx="6" fill="{ground}"/>',
            *body,
            "</svg>",
            "",
        ]
    )


Look = tuple[str, str, str]
"""Ink, ground, and the further attributes of a text element."""


def _look(style: Style, paper: Paper) -> Look:
    ink, ground = _colour(style.fg, paper.ink), _colour(style.bg, paper.paper)
    if style.reverse:
        ink, ground = ground, ink
    more = ' font-weight="bold"' if style.bold else ""
    more += ' font-style="italic"' if style.italic else ""
    lines = " ".join(
        name for name, on in (("underline", style.underline), ("line-through", style.strike)) if on
    )
    return ink, ground, more + (f' text-decoration="{lines}"' if lines else "")


def _colour(name: str, default: str) -> str:
    if name == "default":
        return default
    return BASIC.get(name.removeprefix("bright"), f"#{name}")


def _grounds(looks: Sequence[Sequence[Look]], ground: str) -> Iterator[str]:
    for row, line in enumerate(looks):
        for start, end in _runs([look[1] for look in line]):
            if line[start][1] != ground:
                yield (
                    f'<rect x="{_n(EDGE + start * CELL)}" y="{EDGE + row * LINE}" '
                    f'width="{_n((end - start) * CELL)}" height="{LINE}" fill="{line[start][1]}"/>'
                )


def _shapes(rows: Rows, looks: Sequence[Sequence[Look]]) -> Iterator[str]:
    """Box characters and blocks, one path for each colour."""
    across: dict[str, list[str]] = {}
    down: dict[str, list[str]] = {}
    fills: dict[str, list[str]] = {}
    for number, row in enumerate(rows):
        top = EDGE + number * LINE
        middle = top + LINE // 2
        for column, (text, _style) in enumerate(row):
            left, ink = EDGE + column * CELL, looks[number][column][0]
            if (arms := ARMS.get(text)) is not None:
                centre = left + CELL / 2
                if "r" in arms or "l" in arms:
                    start = left if "l" in arms else centre
                    end = left + CELL if "r" in arms else centre
                    _across(across.setdefault(ink, []), start, end, middle)
                if "u" in arms or "d" in arms:
                    start = top if "u" in arms else middle
                    end = top + LINE if "d" in arms else middle
                    down.setdefault(ink, []).append(f"M{_n(centre)} {start}V{end}")
            elif (part := BLOCKS.get(text)) is not None:
                x, right = left + part[0] * CELL / 8, left + part[2] * CELL / 8
                y, bottom = top + part[1] * LINE / 8, top + part[3] * LINE / 8
                fills.setdefault(ink, []).append(
                    f"M{_n(x)} {_n(y)}H{_n(right)}V{_n(bottom)}H{_n(x)}z"
                )
    for ink in sorted({*across, *down}):
        parts = [*across.get(ink, []), *down.get(ink, [])]
        yield f'<path stroke="{ink}" fill="none" d="{"".join(parts)}"/>'
    for ink, parts in sorted(fills.items()):
        yield f'<path fill="{ink}" d="{"".join(parts)}"/>'


def _across(path: list[str], start: float, end: float, y: int) -> None:
    """A line to the right, one with the line that ends where it begins."""
    head, _h, tail = path[-1].rpartition("H") if path else ("", "", "")
    if tail == _n(start) and head.endswith(f" {y}"):
        path[-1] = f"{head}H{_n(end)}"
    else:
        path.append(f"M{_n(start)} {y}H{_n(end)}")


def _texts(rows: Rows, looks: Sequence[Sequence[Look]]) -> Iterator[str]:
    for number, row in enumerate(rows):
        y = EDGE + number * LINE + SIZE
        for start, end, text in _pieces(row, looks[number]):
            ink, ground, more = looks[number][start]
            if ink == ground:
                continue
            yield (
                f'<text x="{_n(EDGE + start * CELL)}" y="{y}" fill="{ink}"{more} '
                f'textLength="{_n((end - start) * CELL)}">{escape(text, quote=False)}</text>'
            )


def _pieces(row: Sequence[Cell], looks: Sequence[Look]) -> Iterator[tuple[int, int, str]]:
    """(start, end, text): words of one look, glyphs of one width, with single blanks inside."""
    start, text, wide = 0, "", False
    column = 0
    while column <= len(row):
        glyph = row[column][0] if column < len(row) else " "
        is_wide = column + 1 < len(row) and row[column + 1][0] == "" and glyph != ""
        if glyph in ARMS or glyph in BLOCKS:
            glyph = " "
        look = looks[min(column, len(looks) - 1)]
        joins = bool(text) and looks[start] == look and wide == is_wide and column < len(row)
        if text and not (joins and not (glyph == " " and text.endswith(" "))):
            yield start, start + _width(text.rstrip(" "), wide), text.rstrip(" ")
            text = ""
        if not text and glyph != " ":
            start, text, wide = column, glyph, is_wide
        elif text:
            text += glyph
            if wide and glyph == " ":
                yield start, start + _width(text.rstrip(" "), wide), text.rstrip(" ")
                text = ""
        column += 2 if is_wide else 1


def _width(text: str, wide: bool) -> int:
    from wcwidth import wcswidth

    measured = wcswidth(text)
    return measured if measured >= 0 else len(text) * (2 if wide else 1)


def _runs(values: Sequence[str]) -> Iterator[tuple[int, int]]:
    start = 0
    for end in range(1, len(values) + 1):
        if end == len(values) or values[end] != values[start]:
            yield start, end
            start = end


def _n(value: float) -> str:
    """A number with one decimal where it needs one."""
    return f"{value:.1f}".removesuffix(".0")
