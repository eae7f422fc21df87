"""Filling moulds: ``{slot}`` and ``{3-9}`` in a text become words and numbers of one occasion."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from datetime import date

MONTHS = (
    "January February March April May June July August September October November December"
).split()
_SLOT = re.compile(r"\{(\w+)\}|\{(\d+)-(\d+)\}")
_BEGINS = re.compile(r"(?:\A|\n|[.?!>#] |\|\s)\Z")
"""What stands before the first word of a title, line or sentence."""

_SEASONS = [".winter" if n in (0, 1, 2, 3, 11, 12) else ".summer" for n in range(13)]
"""What is added to a slot's name for the words of one half of the year, by month."""


class Moulds:
    """The slots of one space, filled with the dice of ``rng``; counts what is numbered."""

    def __init__(self, slots: Mapping[str, tuple[str, ...]], rng: random.Random) -> None:
        self._slots = slots
        self._rng = rng
        self._numbers: dict[str, int] = {}

    def occasion(self, day: date, mould: str) -> Callable[[str], str]:
        """A function that fills texts: the same slot has the same words in all of them."""
        chosen: dict[str, str] = {
            "month": MONTHS[day.month - 1],
            "later": MONTHS[day.month % 12],
            "week": str(day.isocalendar().week),
        }
        kind = mould.partition("{n}")[0]

        seasons = (_SEASONS[day.month], "")

        def fill(text: str) -> str:
            return _SLOT.sub(one, text)

        def one(found: re.Match[str]) -> str:
            name = found[1]
            if name is None:
                return str(self._rng.randint(int(found[2]), int(found[3])))
            if name not in chosen:
                chosen[name] = (
                    self._next(kind) if name == "n" else self._value(name, seasons, chosen)
                )
            value = fill(chosen[name]) if "{" in chosen[name] else chosen[name]
            begins = _BEGINS.search(found.string, max(found.start() - 4, 0), found.start())
            return value[:1].upper() + value[1:] if begins else value

        return fill

    def _next(self, kind: str) -> str:
        self._numbers[kind] = self._numbers.get(kind, 0) + 1
        return str(self._numbers[kind])

    def _value(self, name: str, seasons: tuple[str, ...], chosen: Mapping[str, str]) -> str:
        for key in (name, name.rstrip("0123456789")):
            for season in seasons:
                if values := self._slots.get(key + season):
                    left = [value for value in values if value not in chosen.values()]
                    return self._rng.choice(left or values)
        raise KeyError(name)
