"""Cutting a Markdown text into chunks that can be parsed one by one. No screen.

It is cut where nothing is torn, or in the worst case where a line ends, so that one hostile
paragraph costs no more than its own few kilobytes.
"""

from __future__ import annotations

import re
from typing import NamedTuple

SOFT = 6_000
"""Characters after which a chunk ends at the next blank line that parts nothing."""
HARD = 8_000
"""Characters after which it ends at the next line."""
LONGEST = 4_000
"""Characters of a line that are parsed together."""
DEEPEST = 12
"""Quotes and lists that one line may open."""
MOST_OPEN = 20
"""Brackets that may be open at once in a paragraph: each may begin a link, and the parser looks for
the end of every one."""
INDENT = 40
"""Columns of indentation that are kept before a list of lists of lists."""

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})(.*)")
_MARKER = re.compile(r" {0,3}(?:>|[-+*](?=\s)|\d{1,9}[.)](?=\s))")
_OPENERS = re.compile(rf"((?:\s*(?:>|[-+*](?=\s)|\d{{1,9}}[.)](?=\s))){{{DEEPEST}}}\s*)(?=\S)")
DEFINED = re.compile(r"^ {0,3}\[([^\[\]\n]{1,200})\]:[ \t]*(<[^<>\n]*>|\S+)", re.MULTILINE)


class Chunk(NamedTuple):
    """A part of the text. start: its first line in the source; joined: it was cut from the part
    before, so no gap lies between them."""

    text: str
    start: int
    joined: bool = False


def chunks(text: str) -> list[Chunk]:
    """``text`` in parts that can be parsed one by one."""
    cutter = _Cutter()
    for number, line in enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n")):
        cutter.take(line, number)
    return cutter.done()


class _Cutter:
    def __init__(self) -> None:
        self._found: list[Chunk] = []
        self._lines: list[str] = []
        self._size = 0
        self._start = 0
        self._joined = False
        self._fence = ""
        self._open = 0
        self._was_blank = True

    def take(self, line: str, number: int) -> None:
        """One line of the source."""
        fence = _FENCE.match(line)
        parts = _MARKER.match(line) is None and not line[:1].isspace()
        if self._size > SOFT and self._was_blank and line and parts and not self._fence:
            self._end(number, joined=False)
        elif self._size + min(len(line), LONGEST) > HARD:
            self._end(number, joined=True)
        self._was_blank = not line.strip()
        if self._was_blank or self._fence:
            self._open = 0
        elif fence is None:
            line, self._open = _closed(line, self._open)
        if fence is None or self._fence:
            is_end = fence is not None and fence[1].startswith(self._fence) and not fence[2].strip()
            pieces = _pieces(line)
            for piece in pieces[:-1]:
                self._add(piece if self._fence else tamed(piece))
                self._end(number, joined=True)
            self._add(pieces[-1] if self._fence else tamed(pieces[-1]))
            self._fence = "" if is_end else self._fence
        else:
            self._fence = fence[1]
            self._add(line[:LONGEST])

    def _add(self, line: str) -> None:
        self._lines.append(line)
        self._size += len(line) + 1

    def _end(self, number: int, *, joined: bool) -> None:
        """End the chunk; a fence that is open is closed and opened again."""
        if self._lines:
            closed = [self._fence] if self._fence else []
            text = "\n".join([*self._lines, *closed])
            self._found.append(Chunk(text, self._start, self._joined))
            # The line that opens the fence again stands for no line of the source.
            self._start = number - len(closed)
            self._lines, self._size, self._joined = closed, 0, joined

    def done(self) -> list[Chunk]:
        """All parts."""
        self._fence = ""
        self._end(0, joined=False)
        return self._found


def _pieces(line: str) -> list[str]:
    """A line in parts that are not too long, cut behind spaces where it has any."""
    pieces = []
    while len(line) > LONGEST:
        at = line.rfind(" ", LONGEST // 2, LONGEST) + 1 or LONGEST
        pieces.append(line[:at])
        line = line[at:]
    return [*pieces, line]


def _closed(line: str, held: int) -> tuple[str, int]:
    """``line`` with brackets beyond ``MOST_OPEN`` as text, and how many are open behind it, where
    ``held`` were before it."""
    opened = line.count("[")
    if held + opened <= MOST_OPEN:
        return line, max(0, held + opened - line.count("]"))
    out = []
    escaped = False
    for char in line:
        if char == "[" and not escaped:
            if held >= MOST_OPEN:
                out.append("\\")
            else:
                held += 1
        elif char == "]" and not escaped:
            held = max(0, held - 1)
        escaped = char == "\\" and not escaped
        out.append(char)
    return "".join(out), held


def tamed(line: str) -> str:
    """``line`` without more nesting than a person can read: the rest of its markers is text."""
    if DEFINED.match(line):
        line = line.replace("[", "\\[", 1)  # it is shown as it was typed, and is no link itself
    rest = line.lstrip(" \t")
    wide = len(line) - len(rest)
    if wide > INDENT:
        line = " " * INDENT + rest
    if wide >= DEEPEST or len(line) > DEEPEST:
        line = _OPENERS.sub(r"\1\\", line, count=1) if _OPENERS.match(line) else line
    return line
