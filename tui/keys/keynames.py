"""Names of keys: as the registry has them, as people write them, which ones terminals send."""

from __future__ import annotations

import re

from tui.keys.action import ANY

TORN_TAILS = frozenset("ABCDFHOPQRS~")
"""What arrow and function keys end with: it comes alone when such a key arrives in pieces."""

ALTGR = frozenset("[]{}\\|@#~^`´¨")
"""Characters that need AltGr, or are dead keys, on German, French, Swiss or Spanish keyboards."""

_NAMED = frozenset(
    "enter escape tab shift+tab space backspace delete insert home end pageup pagedown "
    "up down left right".split()
)
_MOVING = frozenset("home end pageup pagedown up down left right insert delete".split())
_NEVER = frozenset("bhijm")
"""With Ctrl: tmux's own key, Backspace, Tab, and two that are Enter."""

_ALSO = {
    "esc": "escape",
    "return": "enter",
    "pgup": "pageup",
    "pgdn": "pagedown",
    "pgdown": "pagedown",
    "del": "delete",
    "ins": "insert",
    "control": "ctrl",
    "↑": "up",
    "↓": "down",
    "←": "left",
    "→": "right",
}
_SHORT = {
    "pagedown": "PgDn",
    "pageup": "PgUp",
    "down": "↓",
    "up": "↑",
    "left": "←",
    "right": "→",
    ANY: "…",
    "escape": "Esc",
}
_HELD = ("ctrl", "alt", "shift")


def written(keys: str) -> str:
    """A key as people write it: ``Ctrl+P``, ``g t``, ``PgDn``."""
    names = []
    for key in keys.split(" "):
        name = _SHORT.get(key, key)
        if len(name) > 1 and name.islower():
            name = "+".join(
                _SHORT.get(p) or (p.upper() if len(p) == 1 else p.capitalize())
                for p in name.split("+")
            )
        names.append(name)
    return " ".join(names)


def canonical(typed: str) -> str | None:
    """The registry's name of a key or sequence that somebody wrote; None where it is none."""
    parts = typed.split() or ([" "] if typed == " " else [])
    names = [_one(part) for part in parts]
    if not names or None in names:
        return None
    return " ".join(name for name in names if name)


def _one(key: str) -> str | None:
    if key == " ":
        return "space"
    if len(key) == 1:
        return _ALSO.get(key, key) if key.isprintable() else None
    names = [_ALSO.get(part, part) for part in key.lower().split("+")]
    *held, base = names
    if any(name not in _HELD for name in held) or len(set(held)) != len(held):
        return None
    if not (base in _NAMED or len(base) == 1 or re.fullmatch(r"f([1-9]|1[0-9]|2[0-4])", base)):
        return None
    return "+".join((*sorted(held), base))


def sendable(key: str) -> bool:
    """Whether terminals send the key as itself, past multiplexers too; ``key`` is canonical."""
    *held, base = key.split("+") if len(key) > 1 else [key]
    if not held:
        return True
    if held == ["ctrl"] and len(base) == 1:
        return base.isascii() and base.isalpha() and base not in _NEVER
    if held == ["shift"] and base == "tab":
        return True
    return held in (["ctrl"], ["shift"]) and base in _MOVING


__all__ = ["ALTGR", "TORN_TAILS", "canonical", "sendable", "written"]
