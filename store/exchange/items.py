"""What every source yields: neutral items, and the sentences about what it could not give.

A reader knows files and nothing of the store; ``planning`` knows the store and nothing of files.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Iterator, Set
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

import orjson

NAMESPACE = uuid.UUID("6f0c1a52-3d0e-5c0f-9a83-7f1a3a1b8f27")
"""The fixed namespace of all ids that an import derives. Never change it: ids would repeat."""

TagName = tuple[str | None, str]
"""(group or None, name) as the source spells them."""


class Problem(NamedTuple):
    """Something a source holds that is not imported, or only in part.

    label names it as the person knows it (a path, a line, a task's number); reason is a sentence.
    skipped is False where the item came in all the same and this is only a remark about it.
    """

    label: str
    reason: str
    skipped: bool = True


@dataclass(frozen=True, slots=True)
class Item:
    """One record-to-be.

    source_id: what the source calls it, stable between two reads.
    modified, created: UTC instants with three decimals; modified is the source's own word.
    touched: when the file itself was last written, "" if that says nothing; it dates a change
        that the source's own word does not admit to.
    fields: plaintext values by field name, without ``metadata``.
    metadata: what goes, sealed, into the record's ``metadata`` beside what others keep there.
    links: field -> (collection, name): a record found or made by name, such as a project.
    basis: per field what decides whether the source changed it, where that is not the value.
    """

    source_id: str
    collection: str
    label: str
    modified: str
    created: str
    fields: dict[str, Any]
    tags: tuple[TagName, ...] = ()
    metadata: dict[str, Any] = field(default_factory=dict)
    links: dict[str, tuple[str, str]] = field(default_factory=dict)
    basis: dict[str, Any] = field(default_factory=dict)
    touched: str = ""

    def marks(self) -> dict[str, str]:
        """A short digest per field, so that a later read tells which of them the source changed."""
        values = {**self.fields, **self.links, "metadata": self.metadata, **self.basis}
        return {name: digest(value) for name, value in sorted(values.items())}


class Source(Protocol):
    """A place that can be read again and again, always in the same order."""

    format: str
    label: str
    """The folder's or file's own name."""
    root: str
    """Where it lies, absolute."""

    @property
    def size(self) -> int:
        """About how many items and problems ``read`` yields."""
        ...

    def read(self, only: Set[str] | None = None) -> Iterator[Item | Problem]:
        """Every item and problem, or only the items whose source id is in ``only`` and what has
        become of those that can no longer be read."""
        ...


def digest(value: Any) -> str:
    """64 bits over the canonical JSON of ``value``: enough to notice a change, not to prove one."""
    raw = orjson.dumps(value, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS, default=str)
    return hashlib.blake2b(raw, digest_size=8).hexdigest()


def record_id(format: str, space: str, source_id: str) -> str:
    """The id of the record that ``source_id`` becomes in ``space``; two spaces, two records."""
    return str(uuid.uuid5(NAMESPACE, f"{format}\n{space}\n{source_id}"))


def named_id(kind: str, space: str, name: str) -> str:
    """The id of a tag, tag group or project that an import makes for ``name``."""
    return str(uuid.uuid5(NAMESPACE, f"{kind}\n{space}\n{fold(name)}"))


def fold(name: str) -> str:
    """The form in which two spellings of one name are equal."""
    import unicodedata

    return " ".join(unicodedata.normalize("NFC", name).casefold().split())


def one_line(text: str, limit: int = 500) -> str:
    """``text`` as a title: one line, single spaces, at most ``limit`` characters."""
    flat = " ".join(text.split())
    return flat if len(flat) <= limit else flat[: limit - 1].rstrip() + "…"


def readable(text: str) -> str:
    """``text`` without lone surrogates (undecodable bytes of file names become ``\\xNN``)."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def naturally(name: str) -> list[tuple[int, str]]:
    """The key that puts names in order by letters, and numbers in them by size: ``n2``, ``n10``."""
    parts = re.split(r"([0-9]{1,18})", name.casefold())
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]
