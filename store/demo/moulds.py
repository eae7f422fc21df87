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

        def fill(text: str) -> str:
            return _SLOT.sub(one, text)

        def one(found: re.Match[str]) -> str:
            name = found[1]
            if name is None:
                return str(self._rng.randint(int(found[2]), int(found[3])))
            if name not in chosen:
                chosen[name] = self._next(kind) if name == "n" else self._value(name, chosen)
            value = chosen[name]
            return fill(value) if "{" in value else value

        def capital(text: str) -> str:
            filled = fill(text)
            # A slot at the beginning of a sentence or of a title.
            return filled[:1].upper() + filled[1:]

        return lambda text: "\n".join(_sentence(line, capital, fill) for line in text.split("\n"))

    def _next(self, kind: str) -> str:
        self._numbers[kind] = self._numbers.get(kind, 0) + 1
        return str(self._numbers[kind])

    def _value(self, name: str, chosen: Mapping[str, str]) -> str:
        values = self._slots.get(name) or self._slots[name.rstrip("0123456789")]
        left = [value for value in values if value not in chosen.values()]
        return self._rng.choice(left or values)


def _sentence(line: str, capital: Callable[[str], str], fill: Callable[[str], str]) -> str:
    """A line that begins with a slot begins with a capital letter."""
    return capital(line) if line.startswith("{") else fill(line)
