"""The YAML block at the head of a Markdown file, read without trust.

Every scalar stays the text that was written (no ``no`` that turns into False, no ``1.10`` that
turns into 1.1); aliases, deep nesting and huge blocks are refused instead of expanded.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, NamedTuple

from store import stamps
from store.exchange.items import one_line
from store.words import _

LIMIT = 64_000
"""Characters that a block may hold; real ones hold some hundred."""
DEPTH = 16

_FENCE = re.compile(r"\A---[ \t]*\n(.*?)^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
_KEY = re.compile(r"^[^\s#-][^:\n]*:(?:\s|$)", re.MULTILINE)

_CREATED = ("created", "date", "created_at", "date_created")
_UPDATED = ("updated", "modified", "lastmod", "updated_at", "last_modified")


class UnfitError(Exception):
    """The block cannot be read; the sentence says why, without quoting it."""


class FrontMatter(NamedTuple):
    """What the block says. ``raw`` is the block with its fences, "" if there is none."""

    raw: str = ""
    title: str = ""
    tags: tuple[str, ...] = ()
    created: str = ""
    updated: str = ""


def split(text: str) -> tuple[FrontMatter, str]:
    """The front matter of ``text`` and the body behind it; ``raw + body`` is ``text`` again.

    Raises UnfitError if there is a block that looks like front matter and cannot be read. Two rules
    around a paragraph are no front matter: the text then comes back whole.
    """
    match = _FENCE.match(text)
    if not match:
        return FrontMatter(), text
    block = match.group(1)
    if block.strip() and not _KEY.search(block):
        return FrontMatter(), text
    values = parse(block)
    dates = values.get("date")
    nested = dates if isinstance(dates, dict) else {}
    return (
        FrontMatter(
            raw=match.group(0),
            title=one_line(values["title"]) if isinstance(values.get("title"), str) else "",
            tags=tuple(_tags(values.get("tags") or values.get("tag"))),
            created=_first_instant(nested.get("created"), *(values.get(k) for k in _CREATED)),
            updated=_first_instant(nested.get("updated"), *(values.get(k) for k in _UPDATED)),
        ),
        text[match.end() :],
    )


def parse(block: str) -> dict[str, Any]:
    """The block's mapping; every scalar as text. Raises UnfitError."""
    if len(block) > LIMIT:
        raise UnfitError(_("it is longer than 64,000 characters"))
    import yaml

    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    try:
        return _build(yaml.parse(block, Loader=loader))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        words = _("it is not valid YAML in its line {line}") if mark else _("it is not valid YAML")
        raise UnfitError(words.format(line=mark.line + 1 if mark else 0)) from None


def _build(events: Iterable[Any]) -> dict[str, Any]:
    """Python values from YAML events. Own, because the library expands aliases without limit."""
    import yaml

    root: list[Any] = []
    open_nodes: list[list[Any]] = [root]
    kinds: list[type] = [list]
    for event in events:
        if isinstance(event, yaml.AliasEvent):
            raise UnfitError(_("it uses YAML aliases"))
        if isinstance(event, yaml.ScalarEvent):
            open_nodes[-1].append(event.value)
        elif isinstance(event, yaml.SequenceStartEvent | yaml.MappingStartEvent):
            if len(open_nodes) > DEPTH:
                raise UnfitError(_("it is nested too deeply"))
            open_nodes.append([])
            kinds.append(dict if isinstance(event, yaml.MappingStartEvent) else list)
        elif isinstance(event, yaml.SequenceEndEvent | yaml.MappingEndEvent):
            done, kind = open_nodes.pop(), kinds.pop()
            open_nodes[-1].append(_mapping(done) if kind is dict else done)
    if not root:
        return {}
    if len(root) > 1 or not isinstance(root[0], dict):
        raise UnfitError(_("it is not a list of keys and values"))
    return root[0]


def _mapping(flat: list[Any]) -> dict[str, Any]:
    """Keys and values in turn, as a mapping; keys that are no text are written out."""
    return {str(flat[i]).strip(): flat[i + 1] for i in range(0, len(flat) - 1, 2)}


def _tags(value: Any) -> list[str]:
    """Tag names from a list, or from text separated by commas or else by spaces."""
    if isinstance(value, str):
        value = value.split(",") if "," in value else value.split()
    if not isinstance(value, list):
        return []
    names = (one_line(v.strip().lstrip("#"), 100) for v in value if isinstance(v, str))
    return [name for name in names if name]


def _first_instant(*values: Any) -> str:
    """The first of ``values`` that is a date or time in an ISO form, as a UTC instant; else ""."""
    for value in values:
        if isinstance(value, str) and (found := instant(value.strip())):
            return found
    return ""


def instant(text: str) -> str:
    """An ISO date or time as a UTC instant with three decimals, "" if it is none.

    A time without a zone is taken as UTC: the file does not say where it was written, and the
    same file must give the same value everywhere.
    """
    if not 8 <= len(text) <= 40:
        return ""
    try:
        moment = datetime.fromisoformat(text.replace(" +", "+"))
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return ""
    if not 1970 <= moment.year < 2100:
        return ""
    return stamps.instant(moment)
