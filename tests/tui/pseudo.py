"""Screens in the pseudo-locale: what was never translated, and what is cut too short.

    with speaking("en-XA"):
        async with driven(home, env=ENV) as on:
            assert unwrapped_words(on.text, data={"heron"}) == []

Every letter of ours bears an accent there and every text stands in brackets (store/pseudo.py), so
a plain word on the screen is data, something that is typed, or a word without a mark.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager

from store import words
from store.pseudo import CLOSE, OPEN

ENV = {"LC_ALL": "en_US.UTF-8", "LANGUAGE": "en_XA"}
"""The environment in which a process of ours speaks the pseudo-locale."""

KEYS = frozenset(
    "enter escape esc tab space home end pgup pgdn pageup pagedown backspace delete del insert ins "
    "shift ctrl up down left right".split()
)
"""Keys have one name in every language: the one that stands on them."""

NAMES = frozenset("manabench DEMO Markdown JSON ASCII EDITOR TERM tmux vim http https".split())

_WORD = re.compile(r"(?<![\w⟦#@:./~`-])[A-Za-z]{3,}(?![\w`:./-])")
_TYPED = re.compile(
    r"`[^`]*`|--[\w-]+|https?://\S+|[~.]?/[\w./-]*|\$[A-Z]+|#\w+|@\w+|\w+:\w+|\w+\.(?:toml|md|db)\b"
    r"|\d{4}-\d\d-\d\d|\+\d+\w|<\w+>"
)


def env_of(name: str) -> dict[str, str]:
    """The environment in which a process of ours speaks ``name``."""
    return ENV if name == words.PSEUDO else {"LC_ALL": f"{name}.UTF-8", "LANGUAGE": name}


@contextmanager
def speaking(name: str) -> Iterator[None]:
    """Speak a language in this process and in those it starts, then as before."""
    before = {key: os.environ.get(key) for key in ENV}
    said = words.language()
    os.environ.update(env_of(name))
    words.set_language(name)
    try:
        yield
    finally:
        for key, value in before.items():
            if value is None:
                os.environ.pop(key, None)
            else:
                os.environ[key] = value
        words.set_language(said)


def unwrapped_words(screen: str, data: Collection[str] = ()) -> list[str]:
    """Plain words on a screen in the pseudo-locale that nothing explains, line by line.

    data: words of the records and names that the test put there, in any case.
    """
    known = {word.casefold() for text in data for word in re.findall(r"\w+", text)}
    found = []
    for line in screen.splitlines():
        for word in _WORD.findall(_TYPED.sub(" ", line)):
            if word.casefold() not in known | KEYS and word not in NAMES:
                found.append(f"{word}: {line.strip()}")
    return found


def cut_off(screen: str) -> list[str]:
    """Lines on which a text of ours begins and does not end: it was cut, or goes on below."""
    return [line for line in screen.splitlines() if line.count(OPEN) > line.count(CLOSE)]


def is_pseudo(screen: str) -> bool:
    """Whether the screen speaks the pseudo-locale at all."""
    return OPEN in screen
