"""What leaves the program: lines and aligned columns for people, one document for scripts.

Nothing that a record holds reaches a terminal raw: control characters become pictures, and in
JSON they are escaped.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import IO, Any

SHORT = 8
_OVERRIDES = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")
_UNSAFE = ("Cc", "Cs", "Zl", "Zp", "Co", "Cn")


def document(data: Any) -> bytes:
    """The one JSON document of a command, in one line."""
    return encode({"v": 1, "data": data})


def encode(body: Any) -> bytes:
    """``body`` as JSON in one line; no byte of it can steer a terminal."""
    from store import encoding

    return encoding.encode(body)


def clean(text: str, *, lines: bool = False) -> str:
    """``text`` without anything that steers a terminal; ``lines`` keeps line ends and tabs."""
    if text.isprintable():
        return text
    return "".join([_shown(char, lines) for char in text])


def _shown(char: str, lines: bool) -> str:
    if char.isprintable():
        return char
    if char in "\n\t":
        return char if lines else " "
    if char == "\r" and lines:
        return ""
    if char in _OVERRIDES:
        return ""
    code = ord(char)
    if code < 0x20:
        return chr(0x2400 + code)
    import unicodedata

    return "\ufffd" if unicodedata.category(char) in _UNSAFE else char


def cells(text: str) -> int:
    """How many columns ``text`` takes on a terminal."""
    if text.isascii():
        return len(text)
    import unicodedata

    wide = 0
    joined = False
    for char in text:
        if char == "\u200d":
            joined = True
        elif joined or unicodedata.combining(char) or unicodedata.category(char) in ("Mn", "Cf"):
            joined = False
        else:
            wide += 2 if unicodedata.east_asian_width(char) in "WF" else 1
    return wide


def cut(text: str, width: int) -> str:
    """``text`` in at most ``width`` columns, with … where something is missing."""
    if len(text) <= width // 2 or cells(text) <= width:
        return text
    kept: list[str] = []
    room = width - 1
    for char in text:
        room -= cells(char)
        if room < 0:
            break
        kept.append(char)
    return "".join(kept).rstrip() + "…"


def columns(rows: Sequence[Sequence[str]], *, width: int = 0) -> list[str]:
    """``rows`` as aligned lines, every cell cleaned; the last cell runs free and is cut to
    ``width`` (0: never). The first column is set back where a terminal has colours.

    Whole columns are looked at before single cells: ten thousand rows of ASCII take no loop.
    """
    if not rows:
        return []
    *front, last = (_cleaned(column) for column in zip(*rows, strict=True))
    forms: list[str] = []
    padded: list[Sequence[str]] = []
    taken = 0
    for column in front:
        plain = "".join(column).isascii()
        wide = max(map(len if plain else cells, column))
        if not wide:
            continue
        taken += wide + 2
        if plain or wide == 1:
            forms.append(f"%-{wide}s  ")
            padded.append(column)
        else:
            forms.append("%s  ")
            padded.append([text + " " * (wide - cells(text)) for text in column])
    if width:
        last = [cut(text, max(width - taken, 8)) for text in last]
    if forms and _styled():
        forms[0] = f"\x1b[2m{forms[0]}\x1b[0m"
    form = "".join(forms) + "%s"
    return [line.rstrip() for line in map(form.__mod__, zip(*padded, last, strict=True))]


def _cleaned(column: Sequence[str]) -> Sequence[str]:
    return column if "".join(column).isprintable() else [clean(text) for text in column]


def short_ids(ids: Iterable[str]) -> list[str]:
    """``ids`` cut to 8 characters, longer where two of them would read the same."""
    known = list(ids)
    found = [id[:SHORT] for id in known]
    length = SHORT
    while True:
        seen: Counter[str] = Counter(found)
        if len(seen) == len(found):
            return found
        length += 4
        again = [known[at][:length] if seen[text] > 1 else text for at, text in enumerate(found)]
        if again == found:
            return found
        found = again


def is_terminal(stream: IO[Any] | None = None) -> bool:
    """Whether ``stream`` (stdout) is looked at by a person."""
    stream = sys.stdout if stream is None else stream
    try:
        return stream is not None and stream.isatty()
    except ValueError:
        return False


def width(stream: IO[Any] | None = None) -> int:
    """Columns to keep to; 0 where ``stream`` (stdout) is a file or a pipe and nothing is cut."""
    if not is_terminal(stream):
        return 0
    import shutil

    return shutil.get_terminal_size().columns


def folded(text: str, room: int) -> list[str]:
    """``text`` in lines of at most ``room`` columns, cut between words; 0: in one."""
    if not room or cells(text) <= room:
        return [text]
    lines: list[str] = []
    for word in text.split(" "):
        if lines and cells(lines[-1]) + 1 + cells(word) <= room:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def _styled() -> bool:
    env = os.environ
    return is_terminal() and not env.get("NO_COLOR") and env.get("TERM", "dumb") != "dumb"


def write(text: str | bytes, *, error: bool = False) -> None:
    """Write all of ``text`` at once and see it out.

    Raises BrokenPipeError where the reader is gone.
    """
    stream = sys.stderr if error else sys.stdout
    if stream is None:
        return  # closed by whoever started us
    if isinstance(text, bytes):
        stream.flush()
        if (buffer := getattr(stream, "buffer", None)) is not None:
            buffer.write(text)
            buffer.flush()
            return
        text = text.decode()
    try:
        stream.write(text)
    except UnicodeEncodeError:
        encoding = stream.encoding or "ascii"
        stream.write(text.encode(encoding, "replace").decode(encoding))
    stream.flush()
