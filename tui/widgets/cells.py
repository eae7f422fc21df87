"""How text becomes terminal cells: clusters, widths, clipping, wrapping.

Terminals disagree about the width of joined emoji, skin tones, flags and variation selectors. What
is drawn here is therefore a shape whose width every terminal counts alike: the first emoji of a
joined one, a flag as its two letters. Only the drawing is reduced; the text itself keeps all of it,
and the editors still step over a whole cluster at once.

Control characters become visible pictures, so an escape sequence in a title is only letters.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from rich.cells import get_character_cell_size

ELLIPSIS = "…"
_MARKS_KEPT = 4  # stacked accents beyond this would paint over the neighbouring rows
_LOOK_BACK = 64  # characters searched backwards for a certain cluster start
_WORD = re.compile(r"(\S*)(\s*)")
_SPACES = frozenset("\t\n\r\x0b\x0c\x85\u2028\u2029")


@lru_cache(maxsize=8192)
def _kind(char: str) -> str:
    """What a character does at a cluster border: gap, extend, join, flag, picture, Hangul."""
    code = ord(char)
    if char.isspace() or code < 0x20:
        return "gap"
    if code < 0x300:
        return "extend" if code == 0xAD else "other"
    if code == 0x200D:
        return "join"
    if 0x1F1E6 <= code <= 0x1F1FF:
        return "flag"
    if 0x1F3FB <= code <= 0x1F3FF or unicodedata.category(char) in {"Mn", "Me", "Mc", "Cf"}:
        return "extend"
    if 0x1100 <= code <= 0x115F:
        return "L"
    if 0x1160 <= code <= 0x11A7:
        return "V"
    if 0x11A8 <= code <= 0x11FF:
        return "T"
    if 0xAC00 <= code <= 0xD7A3:
        return "LV" if (code - 0xAC00) % 28 == 0 else "LVT"
    return "picture" if code >= 0x2190 and unicodedata.category(char) in {"So", "Cn"} else "other"


_HANGUL = {"L": {"L", "V", "LV", "LVT"}, "V": {"V", "T"}, "LV": {"V", "T"}, "T": {"T"}}
_HANGUL["LVT"] = {"T"}


def _joins(before: str, after: str, flags: int) -> bool:
    """Whether no border lies between two kinds; ``flags`` is the length of a run of flags."""
    if after in {"extend", "join"}:
        return before != "gap"  # so that a text can be folded behind every space
    if before == "join":
        return after == "picture"
    if before == "flag" and after == "flag":
        return flags % 2 == 1
    return after in _HANGUL.get(before, ())


def clusters(text: str) -> Iterator[str]:
    """The characters of ``text`` as a person counts them (grapheme clusters)."""
    if text.isascii():
        yield from text
        return
    start, flags, before = 0, 0, ""
    for at, char in enumerate(text):
        kind = _kind(char)
        if at and not _joins(before, kind, flags):
            yield text[start:at]
            start = at
        flags = flags + 1 if kind == "flag" else 0
        before = kind
    if text:
        yield text[start:]


def next_cut(text: str, at: int) -> int:
    """The border after position ``at``; the end of ``text`` at most."""
    if at >= len(text):
        return len(text)
    if text.isascii():
        return at + 1
    start = _safe_start(text, at)
    for cluster in clusters(text[start:]):
        start += len(cluster)
        if start > at:
            return start
    return len(text)


def prev_cut(text: str, at: int) -> int:
    """The border before position ``at``; 0 at least."""
    if at <= 1:
        return 0
    if text.isascii():
        return at - 1
    start = _safe_start(text, at - 1)
    for cluster in clusters(text[start:]):
        if start + len(cluster) >= at:
            return start
        start += len(cluster)
    return start


def _safe_start(text: str, at: int) -> int:
    """A border at or before ``at``, found without reading the whole text."""
    for start in range(at, max(0, at - _LOOK_BACK), -1):
        before, kind = _kind(text[start - 1]), _kind(text[start])
        if not (before == kind == "flag") and not _joins(before, kind, 0):
            return start
    return 0


@lru_cache(maxsize=8192)
def shape(cluster: str) -> tuple[str, int]:
    """(what is drawn for one cluster, its width in cells); ``("", 0)`` for invisible ones."""
    if len(cluster) == 1 and " " <= cluster <= "~":
        return cluster, 1
    if "\ud800" <= cluster[0] <= "\udfff":
        return "\ufffd", 1
    text = unicodedata.normalize("NFC", cluster)
    base = text[0]
    code = ord(base)
    if base in _SPACES or unicodedata.category(base) in {"Zs", "Zl", "Zp"} and code != 0x3000:
        return " ", 1
    if code < 0x20:
        return chr(0x2400 + code), 1
    if code == 0x7F:
        return "\u2421", 1
    if 0x80 <= code < 0xA0:
        return "\ufffd", 1
    if 0x1F1E6 <= code <= 0x1F1FF:
        letters = "".join(chr(ord(c) - 0x1F1E6 + 65) for c in text if _kind(c) == "flag")
        return letters, len(letters)
    marks = "".join(c for c in text[1:] if unicodedata.category(c) in {"Mn", "Mc"} and _drawn(c))
    marks = marks[:_MARKS_KEPT]
    if 0x1F3FB <= code <= 0x1F3FF:
        return "\ufffd", 1
    if unicodedata.category(base) in {"Mn", "Mc", "Me", "Cf"}:
        alone = base if unicodedata.category(base) in {"Mn", "Mc"} and _drawn(base) else ""
        return ("\u25cc" + alone + marks, 1) if alone else ("", 0)
    cells = get_character_cell_size(base)
    return (base + marks, cells) if cells else ("\ufffd", 1)


def _drawn(mark: str) -> bool:
    """False for variation selectors: they change the width in some terminals only."""
    code = ord(mark)
    is_selector = 0xFE00 <= code <= 0xFE0F or 0xE0100 <= code <= 0xE01EF
    return not is_selector and get_character_cell_size(mark) == 0


def plain(text: str, tab: int = 1) -> str:
    """``text`` as it is drawn on one line. A tab becomes ``tab`` spaces."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(" " * tab if c == "\t" else shape(c)[0] for c in clusters(text))


def width(text: str, tab: int = 1) -> int:
    """Cells that ``plain(text, tab)`` takes."""
    if text.isascii():
        return len(text) + (tab - 1) * text.count("\t")
    return sum(tab if c == "\t" else shape(c)[1] for c in clusters(text))


def clip(text: str, cells: int, end: str = ELLIPSIS) -> str:
    """``text`` drawn in at most ``cells`` cells, ``end`` in place of what had to go.

    Never cuts a cluster and never leaves half of a wide character.
    """
    if cells <= 0:
        return ""
    if len(text) <= cells and text.isascii() and text.isprintable():
        return text
    cut = text[: cells * 8 + _LOOK_BACK]  # nothing beyond this can be shown
    room = cells - width(end)
    if room < 0:
        end, room = "", cells
    out: list[str] = []
    used, kept, fits = 0, 0, len(cut) == len(text)
    for cluster in clusters(cut):
        drawn, wide = shape(cluster)
        if used + wide > cells:
            fits = False
            break
        used += wide
        out.append(drawn)
        if used <= room:
            kept = len(out)
    return "".join(out) if fits else "".join(out[:kept]) + end


def fit(text: str, cells: int, *, right: bool = False, end: str = ELLIPSIS) -> str:
    """``text`` in exactly ``cells`` cells: clipped or padded, at the left unless ``right``."""
    drawn = clip(text, cells, end)
    pad = " " * (cells - width(drawn))
    return pad + drawn if right else drawn + pad


def column(text: str, start: int, cells: int, tab: int = 1) -> int:
    """The cluster border in ``text`` from ``start`` on that lies nearest below ``cells`` cells."""
    at = start
    for cluster in clusters(text[start : start + cells * 8 + _LOOK_BACK]):
        cells -= tab if cluster == "\t" else shape(cluster)[1]
        if cells < 0:
            break
        at += len(cluster)
    return at


def wrap(text: str, cells: int, start: int = 0, tab: int = 1) -> Iterator[int]:
    """Where each further row begins when ``text`` from ``start`` on is folded at ``cells`` cells.

    Folds before words, inside words that are wider than a row and between wide characters. Spaces
    at the end of a row hang over its edge.
    """
    cells = max(2, cells)
    reach = cells * 8 + _LOOK_BACK
    col = 0
    for match in _WORD.finditer(text, start):
        word, gap = match.groups()
        at = match.start()
        head = word[:reach]  # enough to know whether it fits, however long the word
        wide = width(head, tab)
        if col + wide > cells:
            if col and not _has_wide(head):
                yield at
                col = 0
            if col + wide > cells:
                if word.isascii():  # one cell each, and such a word always begins a row
                    cuts = range(cells, len(word), cells)
                    yield from (at + cut for cut in cuts)
                    col, word = len(word) - (cuts[-1] if cuts else 0), ""
                for cluster in clusters(word):
                    step = shape(cluster)[1]
                    if col + step > cells:
                        yield at
                        col = 0
                    col += step
                    at += len(cluster)
                wide = 0
        col += wide + width(gap, tab)


def _has_wide(word: str) -> bool:
    return not word.isascii() and any(shape(cluster)[1] == 2 for cluster in clusters(word))


def folded(text: str, cells: int) -> list[str]:
    """``text`` with its own line breaks, folded and drawn, one string per row, none too wide."""
    rows: list[str] = []
    for line in text.split("\n"):
        starts = [0, *wrap(line, cells), len(line)]
        pieces = (line[a:b].rstrip() for a, b in zip(starts, starts[1:], strict=False))
        rows.extend(clip(piece, cells, "") for piece in pieces)
    return rows
