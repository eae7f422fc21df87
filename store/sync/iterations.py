"""The runs of a mission on the wire: a list whose structure is readable and whose texts are sealed.

Servers plan by the structure: ids, times, states, names of tools. What people and models wrote, and
what tools were called with, is sealed text by text with the account's key where the mission's own
protected fields are. Locally the list is in plaintext inside its own sealed field, so texts are
opened before lists are joined or compared: two seals of one text differ.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from store.collections import Collection
from store.records import PREFIX

FIELD = "iterations"

MOST = 50
"""Runs that a list has, the newest by their start."""

_WORDS = frozenset({"summary", "userFeedback", "body", "message", "stack", "rationale"})
"""Names under which somebody's words stand."""

_ARGUMENTS = frozenset({"params", "arguments"})
"""Names under which values stand that a tool was called with: any text there is sealed but ids."""

_ID = re.compile(
    r"(?:[a-z]+:){0,3}[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}(?:-\d{1,6})?"
)
_DEEPEST = 50


def names(collection: Collection) -> frozenset[str]:
    """The fields of a collection that hold runs."""
    has = (collection.app, collection.wire) == ("ai", "aiMissions")
    return frozenset({FIELD}) if has else frozenset()


def sealed(value: Any, seal: Callable[[Any], str]) -> Any:
    """A list of runs as it goes out, its texts sealed by ``seal``."""

    def one(text: str, name: str, argument: bool) -> str:
        private = argument or name in _WORDS
        if not private or not text or text.startswith(PREFIX) or _ID.fullmatch(text):
            return text
        return seal(text)

    return _each(value, one)


def opened(value: Any, open: Callable[[str], Any]) -> Any:
    """A list of runs as it is kept: every text that ``open`` opens in plaintext. open gives back
    what does not open."""

    def one(text: str, _name: str, _argument: bool) -> Any:
        return open(text) if text.startswith(PREFIX) else text

    return _each(value, one)


def _each(
    value: Any,
    change: Callable[[str, str, bool], Any],
    name: str = "",
    argument: bool = False,
    depth: int = 0,
) -> Any:
    """``value`` with every text in it changed: change(text, the name it stands under, whether it is
    an argument of a tool)."""
    if isinstance(value, str):
        return change(value, name, argument)
    if depth > _DEEPEST:
        return value
    if isinstance(value, Mapping):
        return {
            key: _each(one, change, key, argument or key in _ARGUMENTS, depth + 1)
            for key, one in value.items()
        }
    if isinstance(value, list):
        return [_each(one, change, name, argument, depth + 1) for one in value]
    return value
