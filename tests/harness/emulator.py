"""The terminal's side of the wire: takes a program's bytes, answers its questions, keeps the
screen and the modes it switched on.

pyte does the drawing. It prints some modern sequences as text and knows no alternate screen, so
the stream is cut into whole sequences here first, also when one is torn between two reads.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable
from typing import Any, NamedTuple

import pyte

_TOKEN = re.compile(
    rb"(?P<osc>\x1b\][^\x07\x1b]*(?:\x07|\x1b\\))"
    rb"|(?P<string>\x1b[P_^X][^\x1b]*\x1b\\)"
    rb"|(?P<csi>\x1b\[[0-?]*[ -/]*[@-~])"
    rb"|(?P<esc>\x1b[ -/]*[0-~])"
)
_TORN = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*|[\]P_^X][^\x07\x1b]*\x1b?|[ -/]*)\Z")
_PRIVATE_MODE = re.compile(rb"\x1b\[\?([0-9;]+)([hl])\Z")
_MODE_QUERY = re.compile(rb"\x1b\[\?([0-9]+)\$p\Z")

ALTERNATE = {47, 1047, 1049}
MOUSE = {9, 1000, 1001, 1002, 1003, 1005, 1006, 1015, 1016}
PASTE = 2004
CURSOR = 25


class Style(NamedTuple):
    """How a cell looks. Colours are names, six hex digits, or ``default``."""

    fg: str = "default"
    bg: str = "default"
    bold: bool = False
    italic: bool = False
    underline: bool = False
    strike: bool = False
    reverse: bool = False


class _Screen(pyte.Screen):
    """A pyte screen with an alternate buffer."""

    kept: tuple[Any, Any] | None = None

    def enter_alternate(self) -> None:
        if self.kept is None:
            cells = {y: dict(row) for y, row in self.buffer.items()}
            self.kept = (cells, (self.cursor.x, self.cursor.y))
            self.erase_in_display(2)

    def leave_alternate(self) -> None:
        if self.kept is not None:
            cells, (self.cursor.x, self.cursor.y) = self.kept
            self.kept = None
            self.erase_in_display(2)
            for y, row in cells.items():
                self.buffer[y].update(row)
            self.cursor.attrs = self.default_char

    def report_device_attributes(self, mode: int = 0, **_: Any) -> None:
        """Answered by the emulator."""

    def report_device_status(self, mode: int) -> None:
        """Answered by the emulator."""


class Emulator:
    """Feed it bytes; read ``lines``, ``styles``, ``modes``, ``titles``, ``copied``.

    ``feed`` returns what the terminal would send back.
    """

    def __init__(self, cols: int, rows: int) -> None:
        self._screen = _Screen(cols, rows)
        self._stream = pyte.ByteStream(self._screen)
        self._tail = b""
        self.modes: set[int] = {CURSOR}
        self.titles: list[str] = []
        self.copied: list[str] = []
        self.links: list[str] = []
        self.bells = 0

    # -- the wire ------------------------------------------------------------------------------

    def feed(self, data: bytes) -> bytes:
        """Take output of the program; returns the answers to the questions in it."""
        data = self._tail + data
        torn = _TORN.search(data)
        cut = torn.start() if torn else len(data)
        data, self._tail = data[:cut], data[cut:]
        answers: list[bytes] = []
        at = 0
        for token in _TOKEN.finditer(data):
            self._draw(data[at : token.start()])
            at = token.end()
            answers.append(self._sequence(str(token.lastgroup), token.group()))
        self._draw(data[at:])
        return b"".join(answers)

    def resize(self, cols: int, rows: int) -> None:
        self._screen.resize(rows, cols)

    def _draw(self, data: bytes) -> None:
        if data:
            self.bells += data.count(b"\x07")
            self._stream.feed(data)

    def _sequence(self, kind: str, raw: bytes) -> bytes:
        """Act on one whole sequence; returns the answer, if it asks something."""
        if kind == "osc":
            return self._operating_system_command(raw)
        if kind == "string":
            return b""
        if kind == "csi":
            if change := _PRIVATE_MODE.match(raw):
                self._switch(change[1], on=change[2] == b"h")
            elif raw[2:3] in b"<=>?" or raw[-2] in b" !\"#$%&'()*+,-./" or raw[-1:] in b"cnt":
                return self._question(raw)
        self._draw(raw)
        return b""

    def _switch(self, numbers: bytes, *, on: bool) -> None:
        modes = {int(number) for number in numbers.split(b";") if number}
        if modes & ALTERNATE:
            if on:
                self._screen.enter_alternate()
            else:
                self._screen.leave_alternate()
        self.modes = self.modes | modes if on else self.modes - modes

    def _question(self, raw: bytes) -> bytes:
        """A device query, or a sequence that pyte would print; neither reaches the screen."""
        cursor = self._screen.cursor
        if asked := _MODE_QUERY.match(raw):
            mode = int(asked[1])
            state = (1 if mode in self.modes else 2) if mode == 2026 or mode in self.modes else 0
            return b"\x1b[?%d;%d$y" % (mode, state)
        if raw in (b"\x1b[c", b"\x1b[0c"):
            return b"\x1b[?62;22c"
        if raw == b"\x1b[5n":
            return b"\x1b[0n"
        if raw == b"\x1b[6n":
            return b"\x1b[%d;%dR" % (cursor.y + 1, cursor.x + 1)
        if raw == b"\x1b[16t":
            return b"\x1b[6;16;8t"
        if raw == b"\x1b[18t":
            return b"\x1b[8;%d;%dt" % (self._screen.lines, self._screen.columns)
        return b""

    def _operating_system_command(self, raw: bytes) -> bytes:
        body = raw[2:].rstrip(b"\x07").removesuffix(b"\x1b\\")
        code, _, rest = body.partition(b";")
        if code in (b"0", b"1", b"2"):
            self.titles.append(rest.decode(errors="replace"))
        elif code == b"8":
            if address := rest.partition(b";")[2]:
                self.links.append(address.decode(errors="replace"))
        elif code == b"52":
            try:
                self.copied.append(base64.b64decode(rest.partition(b";")[2]).decode())
            except (binascii.Error, UnicodeDecodeError):
                self.copied.append(rest.decode(errors="replace"))
        elif code in (b"10", b"11") and rest == b"?":
            shade = b"ffff/ffff/ffff" if code == b"10" else b"0000/0000/0000"
            return b"\x1b]%s;rgb:%s\x1b\\" % (code, shade)
        return b""

    # -- the screen ----------------------------------------------------------------------------

    @property
    def lines(self) -> list[str]:
        """Every row as text, trailing blanks removed."""
        return [line.rstrip() for line in self._screen.display]

    @property
    def cursor(self) -> tuple[int, int]:
        """(column, row) from 0."""
        return self._screen.cursor.x, self._screen.cursor.y

    @property
    def alternate(self) -> bool:
        return bool(self.modes & ALTERNATE)

    def styles(self, row: int) -> list[tuple[str, Style]]:
        """One row as runs of equal style: (text, Style)."""
        cells = self._screen.buffer[row]
        return _runs(cells[x] for x in range(self._screen.columns))

    def cells(self, row: int) -> list[tuple[str, Style]]:
        """One row, a column each: (text, Style). The second column of a wide glyph has no text."""
        line = self._screen.buffer[row]
        return [(line[x].data, _style(line[x])) for x in range(self._screen.columns)]

    def left_on(self) -> list[str]:
        """What a program should have switched off before it ended, in words."""
        complaints = []
        if self.alternate:
            complaints.append("the alternate screen is still shown")
        if self.modes & MOUSE:
            complaints.append(f"the mouse is still reported (modes {sorted(self.modes & MOUSE)})")
        if CURSOR not in self.modes:
            complaints.append("the cursor is still hidden")
        if PASTE in self.modes:
            complaints.append("bracketed paste is still on")
        return complaints


def _runs(cells: Iterable[Any]) -> list[tuple[str, Style]]:
    runs: list[tuple[str, Style]] = []
    for cell in cells:
        style = _style(cell)
        if runs and runs[-1][1] == style:
            runs[-1] = (runs[-1][0] + cell.data, style)
        else:
            runs.append((cell.data, style))
    return runs


def _style(cell: Any) -> Style:
    return Style(
        cell.fg,
        cell.bg,
        cell.bold,
        cell.italics,
        cell.underscore,
        cell.strikethrough,
        cell.reverse,
    )
