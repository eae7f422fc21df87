"""The links that a record holds, in its fields and its text."""

from __future__ import annotations

import re
from collections.abc import Iterable

from store.copies import SCHEME
from store.module import Module
from store.records import Record

MOST = 200

SAFE = ("https", "http", "mailto")
"""Schemes that another program may be asked to open."""

_LINK = re.compile(
    rf"(?:https?://|mailto:|{SCHEME}:)[^\s<>\"\x00-\x1f\x7f-\x9f`\\]+"
    r"|(?<![\w@/.:=-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+",
    re.IGNORECASE,
)
_SITE = re.compile(r"(?:[\w-]+\.)+[a-z]{2,}(?:[/?#][^\s<>\"\x00-\x1f\x7f-\x9f]*)?", re.IGNORECASE)
_SITES = frozenset({"website", "url", "homepage"})


def links_of(module: Module, record: Record) -> list[str]:
    """Every link of ``record``, each once, in the order of the fields; at most ``MOST``.

    An e-mail address becomes a ``mailto:``, a bare site name in a field for sites an ``https://``.
    Masked fields hold none.
    """
    found: dict[str, None] = {}
    for field in module.fields:
        value = record.get(field.name)
        if type(value) is not str or field.kind not in ("line", "text"):
            continue
        if field.name in _SITES and _SITE.fullmatch(value.strip()):
            found["https://" + value.strip()] = None
        else:
            found.update(dict.fromkeys(links_in(value)))
    return list(found)[:MOST]


def links_in(text: str) -> Iterable[str]:
    """The links written in a text, without the punctuation behind them."""
    for match in _LINK.finditer(text):
        link = _trimmed(match[0])
        scheme, colon, rest = link.partition(":")
        if not colon:
            yield f"mailto:{link}"
        elif rest.strip("/"):
            yield f"{scheme.lower()}:{rest}"


def is_safe(link: str) -> bool:
    """Whether ``link`` may be handed to another program: a web page or an e-mail address."""
    scheme, colon, rest = link.partition(":")
    printable = link.isprintable() and not any(c.isspace() for c in link)
    return bool(colon) and scheme.lower() in SAFE and bool(rest) and printable


def _trimmed(link: str) -> str:
    while link:
        last = link[-1]
        if last in ".,;:!?'*_…”’»":
            link = link[:-1]
        elif last in ")]}":
            if link.count(last) <= link.count({")": "(", "]": "[", "}": "{"}[last]):
                return link
            link = link[:-1]
        else:
            return link
    return link
