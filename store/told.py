"""Labels of steps: said in the person's language, kept so that they can be told in any other.

The history keeps what a step was called, in the clear and for years. Kept as a finished sentence
it would stay in the language of the day it was made. So a label made by ``phrase`` or ``counted``
reads as the sentence, and what is kept of it is the English with its fields. A field is a number,
one of our own words, or a date; never a title.
"""

from __future__ import annotations

import json
import re
from typing import Self

from store.words import _, ngettext, number

WHEN = "when"
"""The field of a label that is a stored day or instant."""


class Told(str):
    """A sentence in the person's language; ``kept`` is what the history keeps of it."""

    kept: str

    @classmethod
    def of(cls, one: str, many: str, count: int, fields: dict[str, str]) -> Self:
        """The sentence for ``count``; an empty ``many`` means that nothing is counted."""
        told = cls(_filled(_form(one, many, count), count, fields))
        told.kept = json.dumps([one, many, count, fields], ensure_ascii=False)
        return told


def phrase(text: str, **fields: str) -> Told:
    """``text`` with its fields; extracted for translation as ``_`` is."""
    return Told.of(text, "", 0, fields)


def counted(one: str, many: str, n: int, **fields: str) -> Told:
    """The form that fits ``n``, which fills ``{n}``; extracted as ``ngettext`` is."""
    return Told.of(one, many, n, fields)


def kept(label: str) -> str:
    """What is kept of a label, whoever made it."""
    return label.kept if isinstance(label, Told) else label


def retold(label: str) -> str:
    """A kept label in the person's language; as it is where it was never made for translation."""
    parts = _parts(label)
    if parts is None:
        return _(label)
    one, many, count, fields = parts
    return _filled(_form(one, many, count), count, fields)


def english(label: str) -> str:
    """A kept label as programs read it: in English, with dates as they are stored."""
    parts = _parts(label)
    if parts is None:
        return label
    one, many, count, fields = parts
    return _format(many if many and count != 1 else one, {"n": str(count)} | fields)


def _parts(label: str) -> tuple[str, str, int, dict[str, str]] | None:
    if not label.startswith('["'):
        return None
    try:
        one, many, count, fields = json.loads(label)
        return str(one), str(many), int(count), {str(k): str(v) for k, v in fields.items()}
    except (ValueError, TypeError, AttributeError):
        return None


def _form(one: str, many: str, count: int) -> str:
    return ngettext(one, many, count) if many else _(one)


def _filled(text: str, count: int, fields: dict[str, str]) -> str:
    from store import when

    shown = {
        name: when.shown(value, when.now()) if name == WHEN else _(value)
        for name, value in fields.items()
    }
    return _format(text, {"n": number(count)} | shown)


def _format(text: str, fields: dict[str, str]) -> str:
    """Only plain fields are filled: what was kept may come from another version."""
    return re.sub(r"\{(\w+)\}", lambda found: fields.get(found[1], found[0]), text)
