"""Names of keys, as Textual writes them, and the bytes an xterm sends for them."""

from __future__ import annotations

_CURSOR = {"up": "A", "down": "B", "right": "C", "left": "D", "end": "F", "home": "H"}
_TILDE = {"insert": 2, "delete": 3, "pageup": 5, "pagedown": 6}
_FUNCTION_TILDE = {5: 15, 6: 17, 7: 18, 8: 19, 9: 20, 10: 21, 11: 23, 12: 24}
_MODIFIERS = {"shift": 1, "alt": 2, "ctrl": 4}
_PLAIN = {
    "enter": b"\r",
    "escape": b"\x1b",
    "tab": b"\t",
    "shift+tab": b"\x1b[Z",
    "backspace": b"\x7f",
    "space": b" ",
    "ctrl+space": b"\x00",
    "ctrl+backslash": b"\x1c",
}
PASTE_START = b"\x1b[200~"
PASTE_END = b"\x1b[201~"


def encode(key: str) -> bytes:
    """The bytes of one key: a name such as ``pagedown`` or ``ctrl+s``, or a single character.

    Raises KeyError for a name nobody sends.
    """
    if key in _PLAIN:
        return _PLAIN[key]
    if len(key) == 1:
        return key.encode()
    *held, base = key.split("+")
    if held == ["ctrl"] and len(base) == 1 and base.isalpha():
        return bytes([ord(base.upper()) & 0x1F])
    if held == ["alt"] and (len(base) == 1 or base in _PLAIN):
        return b"\x1b" + encode(base)
    weight = sum(_MODIFIERS[name] for name in held) + 1
    return _sequence(base, weight).encode()


def _sequence(base: str, weight: int) -> str:
    """An escape sequence with its modifier parameter, which is left out when nothing is held."""
    suffix = f";{weight}" if weight > 1 else ""
    if base in _CURSOR:
        return f"\x1b[1{suffix}{_CURSOR[base]}" if suffix else f"\x1b[{_CURSOR[base]}"
    if base in _TILDE:
        return f"\x1b[{_TILDE[base]}{suffix}~"
    if base.startswith("f") and base[1:].isdigit():
        number = int(base[1:])
        if 1 <= number <= 4:
            letter = "PQRS"[number - 1]
            return f"\x1b[1{suffix}{letter}" if suffix else f"\x1bO{letter}"
        return f"\x1b[{_FUNCTION_TILDE[number]}{suffix}~"
    raise KeyError(f"no terminal sends a key called {base!r}")


def mouse(button: int, column: int, row: int, *, release: bool = False) -> bytes:
    """An SGR mouse report; column and row count from 0. 64 and 65 are the wheel, +32 is motion."""
    return f"\x1b[<{button};{column + 1};{row + 1}{'m' if release else 'M'}".encode()
