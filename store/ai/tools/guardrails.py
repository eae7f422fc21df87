"""Limits that no policy lifts: pure, offline, and never switched off.

Each check gives a ``Verdict``. Injection markers are no verdict but flags: a text that looks like
an order to the machine is shown to a person, not thrown away, because people write such texts too.
"""

from __future__ import annotations

import re
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from store.stamps import canonical
from store.tool import Tool
from store.words import _

LONGEST_INPUT = 100_000
"""Characters that the texts of one call, or the inputs of one run, may have together."""

MOST_WRITES = 25
"""Calls of one run that change something, or would if somebody approves them."""

MOST_CALLS = 30
PER_SECONDS = 60.0
"""A tool may be called so often in so many seconds."""

SHORTEST_MARKED = 16
"""A text shorter than this holds no marker worth a flag."""

INJECTION = "injection"
"""The flag of a text that looks like an order to a machine."""

TAINTED = "tainted"
"""The flag of a call made after the run had read text that nobody here wrote."""


class Verdict(NamedTuple):
    """Whether a call may go on; why not, in words and as a code."""

    ok: bool = True
    reason: str = ""
    code: str = ""


FINE = Verdict()


def size(value: Any) -> Verdict:
    """Whether the texts in ``value`` are together short enough."""
    length = sum(map(len, texts(value)))
    if length <= LONGEST_INPUT:
        return FINE
    return Verdict(
        False,
        _("The input has {n} characters; {most} are allowed.").format(n=length, most=LONGEST_INPUT),
        "input-size",
    )


def writes(done: int) -> Verdict:
    """Whether a run that changed something ``done`` times may do so once more."""
    if done < MOST_WRITES:
        return FINE
    return Verdict(
        False,
        _("A run changes at most {most} things; this one is at its limit.").format(
            most=MOST_WRITES
        ),
        "too-many-writes",
    )


def hourly(done: int) -> Verdict:
    """Whether a program whose connections changed something ``done`` times within the last hour may
    do so once more."""
    if done < MOST_WRITES:
        return FINE
    return Verdict(
        False,
        _(
            "A program changes at most {most} things an hour; connecting again changes nothing."
        ).format(most=MOST_WRITES),
        "too-many-writes",
    )


def required(tool: Tool, arguments: Mapping[str, Any]) -> Verdict:
    """Whether what the tool needs is there and holds more than blanks."""
    for param in tool.params:
        value = arguments.get(param.name)
        if param.required and (value is None or (isinstance(value, str) and not value.strip())):
            words = _("{tool} needs {name}, and it is empty.")
            return Verdict(False, words.format(tool=tool.name, name=param.name), "empty-parameter")
    return FINE


def destructive(tool: Tool, allowed: frozenset[str]) -> Verdict:
    """Whether the space lets agents use a tool that takes things away."""
    if not tool.destructive or tool.name in allowed:
        return FINE
    words = _("{tool} is destructive, and this space does not allow it to agents.")
    return Verdict(False, words.format(tool=tool.name), "destructive-not-allowed")


def repeated(tool: Tool, arguments: Mapping[str, Any], before: frozenset[bytes]) -> Verdict:
    """Whether a destructive call was made in this run already, with the same arguments."""
    if not tool.destructive or fingerprint(tool, arguments) not in before:
        return FINE
    words = _("{tool} was already called so in this run.")
    return Verdict(False, words.format(tool=tool.name), "duplicate-destructive")


def fingerprint(tool: Tool, arguments: Mapping[str, Any]) -> bytes:
    """Equal for calls that ask for the same."""
    return canonical([tool.name, dict(arguments)])


class Rate:
    """How often each tool was called lately. ``now`` gives seconds that only ever grow."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._calls: dict[str, deque[float]] = {}

    def take(self, tool: Tool) -> Verdict:
        """Count a call; a refused one is not counted."""
        calls = self._calls.setdefault(tool.name, deque())
        now = self._now()
        while calls and now - calls[0] >= PER_SECONDS:
            calls.popleft()
        if len(calls) >= MOST_CALLS:
            words = _("{tool} was called {n} times within a minute; wait before calling it again.")
            return Verdict(False, words.format(tool=tool.name, n=MOST_CALLS), "rate-limit")
        calls.append(now)
        return FINE


# Injection --------------------------------------------------------------------------------------

_MARKERS = (
    # An order to forget the orders there are, in the two languages of the program.
    r"\b(?:ignore|disregard|forget|override)\b[^.!?\n]{0,40}\b(?:previous|prior|above|earlier|all)\b"
    r"[^.!?\n]{0,40}\b(?:instruction|prompt|rule|message|direction|context|command)s?\b",
    r"\b(?:ignorier|vergiss|missachte)\w*\b[^.!?\n]{0,40}"
    r"\b(?:vorherig|bisherig|obig|frühere|alle)\w*\b[^.!?\n]{0,40}"
    r"\b(?:anweisung|anleitung|regel|vorgabe|nachricht|befehl)\w*",
    # A new part to play.
    r"\byou are now\b[^.!?\n]{0,60}\b(?:assistant|gpt|claude|gemini|llama|model|ai)\b",
    r"\bdu bist (?:jetzt|nun|ab sofort)\b[^.!?\n]{0,60}"
    r"\b(?:assistent|gpt|claude|gemini|modell|ki)\b",
    # The marks by which prompts are put together.
    r"<\s*/?\s*(?:system|user_data|tool_call|function_call|\|im_start\|)",
    r"<\|[a-z_]+\|>",
    r"\{\{[^{}\n]{1,200}\}\}",
    r"```\s*system\b",
    r"(?m)^\s*#{0,4}\s*system\s*(?:prompt|message)?\s*:",
)
_UNSEEN = dict.fromkeys(
    [*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2065), 0xFEFF, 0xAD]
)
"""Characters that nobody sees, by which a marker could be cut in two."""


@lru_cache(maxsize=1)
def _pattern() -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{marker.removeprefix('(?m)')})" for marker in _MARKERS), re.M)


def marked(text: str) -> bool:
    """Whether a text holds what looks like an order to a machine."""
    if len(text) < SHORTEST_MARKED:
        return False
    if not text.isascii():
        import unicodedata

        text = unicodedata.normalize("NFKC", text.translate(_UNSEEN))
    return _pattern().search(text.casefold()) is not None


def flags(value: Any) -> tuple[str, ...]:
    """``("injection",)`` where any text in ``value`` is marked."""
    return (INJECTION,) if any(map(marked, texts(value))) else ()


def texts(value: Any) -> Iterator[str]:
    """Every text in a JSON value, the names in objects included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield str(name)
            yield from texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from texts(inner)
