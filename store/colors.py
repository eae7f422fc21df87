"""Colours of tags: their names, and what is stored of what somebody typed."""

from __future__ import annotations

import re

from store.errors import InvalidValueError
from store.words import N_, _

COLORS = {
    N_("blue"): "#3B82F6",
    N_("green"): "#10B981",
    N_("pink"): "#EC4899",
    N_("red"): "#EF4444",
    N_("orange"): "#F97316",
    N_("yellow"): "#F59E0B",
    N_("violet"): "#8B5CF6",
    N_("cyan"): "#06B6D4",
    N_("grey"): "#6b7280",
    N_("lime"): "#84CC16",
    N_("indigo"): "#6366F1",
    N_("teal"): "#14B8A6",
    N_("sky"): "#0EA5E9",
}
"""Colours by name; any other is written as #rrggbb."""

_ALSO = {"#22c55e": "green", "#eab308": "yellow"}
"""Further shades that compatible clients offer, by the name they share."""

_HEX = re.compile(r"#?[0-9a-fA-F]{6}")


def color_of(text: str) -> str:
    """The stored colour of what was typed, a name in English or the person's own language or six
    digits; empty stays empty. Raises InvalidValueError."""
    text = text.strip()
    if not text or _HEX.fullmatch(text):
        return text if text[:1] in ("", "#") else f"#{text}"
    wanted = text.casefold()
    for name, color in COLORS.items():
        if wanted in (name, _(name).casefold()):
            return color
    names = ", ".join(_(name) for name in COLORS)
    raise InvalidValueError(
        _("{text!r} is no colour.").format(text=text),
        kept=_("Nothing was changed."),
        hint=_("Write #rrggbb or one of: {names}.").format(names=names),
    )


def color_name(color: object) -> str:
    """What a stored colour is called: its name, else its digits; empty for what is no colour."""
    text = color if isinstance(color, str) and _HEX.fullmatch(color) else ""
    wanted = text.casefold()
    known = (_(name) for name, value in COLORS.items() if value.casefold() == wanted)
    return next(known, _(_ALSO[wanted]) if wanted in _ALSO else text)
