"""The pseudo-locale: English that looks foreign, made as it is asked for.

Every letter bears an accent, every text is at least 40 % longer, and brackets stand around it. A
word on a screen without accents was not translated; a bracket that is missing was cut off. Fields
in braces, keys, commands and markup stay as they are, because programs read those.
"""

from __future__ import annotations

import re
from functools import lru_cache

OPEN, CLOSE = "⟦", "⟧"

_ACCENTED = str.maketrans(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "áƀçđéƒĝĥíĵķĺɱñóƥɋŕšŧúṽŵẋýžÁƁÇĐÉƑĜĤÍĴĶĹṀÑÓƤɊŔŠŦÚṼŴẊÝŽ",
)
# What is typed, called or filled in: a field, a command in backquotes, an option, a path, a file or
# variable, a word of the search or of dates, a key by its name, and one letter alone, which is
# mostly a key too.
_KEPT = re.compile(
    r"\{[^{}]*\}|`[^`]*`|(?<![\w-])--?[\w-]+|(?:~|\.)?/[\w./-]+|\b[A-Z][A-Z_]{2,}\b"
    r"|\b[\w-]+\.(?:toml|md|db)\b|[#$@!][\w]+|\b\w+:\w+|\+\d+\w|\[\w+\]"
    r"|\b(?:Ctrl|Shift|F)\+?\d*\w?\b|\b(?:Enter|Escape|Esc|Tab|Space(?= [a-z]))\b"
    r"|\b\w\b|manabench"
)
_FILLING = "one two three four five six seven eight nine ten "


def plural(one: str, many: str, count: int) -> str:
    """The English form that fits ``count``, made foreign."""
    return pseudo(one if count == 1 else many)


@lru_cache(maxsize=4096)
def pseudo(text: str) -> str:
    """``text`` with accents, 40 % longer and in brackets; blanks at both ends stay outside."""
    body = text.strip()
    if not body:
        return text
    start = text.index(body)
    before, after = text[:start], text[start + len(body) :]
    longer = -(-len(body) * 4 // 10)
    more = (_FILLING * (longer // len(_FILLING) + 1))[: max(longer - 2, 0)].strip()
    said = _accented(body)
    return f"{before}{OPEN}{said}{' ' + _accented(more, whole=True) if more else ''}{CLOSE}{after}"


def _accented(text: str, *, whole: bool = False) -> str:
    if whole:
        return text.translate(_ACCENTED)
    out, at = [], 0
    for kept in _KEPT.finditer(text):
        out += [text[at : kept.start()].translate(_ACCENTED), kept[0]]
        at = kept.end()
    return "".join([*out, text[at:].translate(_ACCENTED)])
