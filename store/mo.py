"""A compiled catalogue, looked up where it lies.

The standard reader builds a table of every text before the first word is said, which costs a start
more than all words of its first screen. The texts in a ``.mo`` file are sorted, so each is found by
halving, when it is asked for, and remembered.
"""

from __future__ import annotations

import struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_MAGIC = 0x950412DE
_COMMON = "n != 1"
"""The plural of English, German and many more; only other rules need a parser."""


class Catalogue:
    """The translations in ``data``, the bytes of a ``.mo`` file.

    Raises ValueError for anything else.
    """

    def __init__(self, data: bytes) -> None:
        try:
            magic, version, self._count, self._ids, self._texts = struct.unpack_from("<5I", data)
        except struct.error:
            raise ValueError("too short for a catalogue") from None
        if magic != _MAGIC or version >> 16:
            raise ValueError("not a catalogue of this kind")
        self._data = data
        self._known: dict[str, list[str] | None] = {}
        self._plural = self._rule()

    def gettext(self, text: str) -> str:
        """The translation of ``text``, or ``text``."""
        forms = self._forms(text)
        return forms[0] if forms else text

    def ngettext(self, one: str, many: str, count: int) -> str:
        """The translated form that fits ``count``, else the English one."""
        forms = self._forms(one)
        place = self._plural(count) if forms else 0
        if forms and place < len(forms):
            return forms[place]
        return one if count == 1 else many

    def _forms(self, text: str) -> list[str] | None:
        if text not in self._known:
            self._known[text] = self._find(text.encode())
        return self._known[text]

    def _find(self, key: bytes) -> list[str] | None:
        """The forms of the entry whose first text is ``key``; None where there is none."""
        low, high = 0, self._count
        while low < high:
            middle = (low + high) // 2
            if self._at(self._ids, middle).partition(b"\0")[0] < key:
                low = middle + 1
            else:
                high = middle
        if low == self._count or self._at(self._ids, low).partition(b"\0")[0] != key:
            return None
        return self._at(self._texts, low).decode().split("\0")

    def _at(self, table: int, place: int) -> bytes:
        length, start = struct.unpack_from("<2I", self._data, table + 8 * place)
        return self._data[start : start + length]

    def _rule(self) -> Callable[[int], int]:
        head = "".join(self._find(b"") or ())
        _before, _name, after = head.partition("plural=")
        rule = after.partition(";")[0].strip().removeprefix("(").removesuffix(")")
        if rule in ("", _COMMON):
            return lambda count: int(count != 1)
        from gettext import c2py

        found: Callable[[int], int] = c2py(rule)
        return found
