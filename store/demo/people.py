"""The people of the demo: names that nobody bears, at addresses that reach nobody."""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Iterator
from typing import Any

from store.demo.reading import Parts, People

_ROMAN = {
    **dict(
        zip(
            "美咲 健太 由紀 直子 翔 恵 拓也 彩".split(),
            "misaki kenta yuki naoko sho megumi takuya aya".split(),
            strict=True,
        )
    ),
    **dict(
        zip(
            "田中 佐藤 中村 小林 山本 渡辺 加藤 石井".split(),
            "tanaka sato nakamura kobayashi yamamoto watanabe kato ishii".split(),
            strict=True,
        )
    ),
}
_LETTERS = str.maketrans({"ø": "o", "æ": "ae", "ß": "ss", "ä": "ae", "ö": "oe", "ü": "ue"})


class Crowd:
    """Gives each person once, whatever the space."""

    def __init__(self, people: People, rng: random.Random) -> None:
        self._people = people
        self._rng = rng
        self._pairs = [
            (first, last, row)
            for row in people.names
            for first in row[1].split()
            for last in row[2].split()
        ]
        rng.shuffle(self._pairs)

    def contacts(
        self, count: int, firms: Parts, tags: Parts
    ) -> Iterator[tuple[dict[str, Any], str]]:
        """(fields, tag) of ``count`` contacts; the firms come first, each with somebody in it."""
        for number in range(count):
            firm = firms[number] if number < len(firms) else ""
            tag = self._rng.choice(tags) if self._rng.random() < 0.4 else ""
            yield self._one(firm, number), tag

    def _one(self, firm: str, number: int) -> dict[str, Any]:
        rng = self._rng
        first, last, row = self._pairs.pop()
        _language, _firsts, _lasts, cities, streets, phone = row
        mail = f"{_plain(first)}.{_plain(last)}@example.org"
        fields: dict[str, Any] = {"firstName": first, "lastName": last, "email": mail}
        if firm:
            fields |= {"company": firm, "email": f"{_plain(first)}@{_plain(firm)}.example.org"}
            fields["website"] = f"https://{_plain(firm)}.example.org"
        if firm or rng.random() < 0.3:
            fields["jobTitle"] = rng.choice(self._people.firm_jobs if firm else self._people.jobs)
        if rng.random() < 0.8:
            fields["phone"] = f"{phone}{rng.randint(100, 199)}"
        if rng.random() < 0.6:
            fields["city"] = rng.choice(cities.split())
            fields["street"] = f"{rng.choice(_streets(streets))} {rng.randint(1, 88)}"
        if not firm and rng.random() < 0.35:
            year, month = rng.randint(1948, 2012), rng.randint(1, 12)
            fields["birthday"] = f"{year}-{month:02}-{rng.randint(1, 28):02}"
        if rng.random() < 0.25:
            fields["notes"] = rng.choice(self._people.known)
        fields["isFavorite"] = rng.random() < 0.05
        return fields


def _streets(text: str) -> list[str]:
    """``Am Kanal Ziegelhof`` are two streets: a short word belongs to the next one."""
    return re.findall(r"(?:(?:Am|Alte|Mill|Quay|Orchard|High) )?\S+", text)


def _plain(name: str) -> str:
    """``name`` as it stands in an address."""
    text = _ROMAN.get(name, name).lower().translate(_LETTERS)
    text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", text.replace("'", "")).strip("-")
