"""Lengths of time as people write them: kept in seconds, read and shown in minutes and hours."""

from __future__ import annotations

import re

from store.errors import InvalidValueError
from store.words import _

SECONDS = ("seconds",)
"""The ``choices`` of a ``number`` field that is a length of time."""

# Compiled when the first is read: every start imports this.
_CLOCK = r"(\d{1,4}):([0-5]\d)\s*(?:h|hours?|std|stunden?)?"
_PARTS = (
    r"(?:(?P<h>\d{1,6}(?:[.,]\d{1,3})?)\s*(?:h|hours?|std|stunden?))?\s*"
    r"(?:(?P<m>\d{1,6}(?:[.,]\d{1,3})?)\s*(?:m|min|mins|minutes?|minuten|$))?\s*"
    r"(?:(?P<s>\d{1,8})\s*(?:s|sec|sek|seconds?|sekunden?))?"
)


def read(text: str) -> int:
    """The seconds of ``45`` (minutes), ``1:30``, ``1.5 h``, ``1h 30``, ``90 min`` or ``30 s``.

    Raises InvalidValueError.
    """
    flat = " ".join(text.split())
    clock = re.fullmatch(_CLOCK, flat, re.IGNORECASE)
    if clock is not None:
        return int(clock[1]) * 3600 + int(clock[2]) * 60
    parts = re.fullmatch(_PARTS, flat, re.IGNORECASE)
    if not flat or parts is None:
        raise InvalidValueError(
            _("{text!r} is no length of time.").format(text=text),
            kept=_("Nothing was changed."),
            hint=_("Write minutes as 45, hours as 1:30 or 2h."),
        )
    hours, minutes, seconds = (
        float((part or "0").replace(",", ".")) for part in parts.group("h", "m", "s")
    )
    return round(hours * 3600 + minutes * 60 + seconds)


def shown(seconds: float) -> str:
    """A length as ``read`` reads it: ``45 min``, ``1:30 h``, or ``90 s`` where minutes are not
    enough."""
    whole = round(seconds)
    if whole < 0 or whole % 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min"
    return f"{whole // 3600}:{whole % 3600 // 60:02} h"
