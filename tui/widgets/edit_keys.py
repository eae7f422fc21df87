"""The keys that edit text, the same in every field, by the names of ``Buffer``'s methods."""

from __future__ import annotations

import unicodedata

from textual.events import Key

MOVES: dict[str, str] = {
    "left": "left",
    "right": "right",
    "ctrl+left": "word_left",
    "ctrl+right": "word_right",
    "home": "home",
    "ctrl+a": "home",
    "end": "to_end",
    "ctrl+e": "to_end",
}

EDITS: dict[str, str] = {
    "backspace": "backspace",
    "delete": "delete",
    "ctrl+d": "delete",
    "ctrl+w": "kill_word",
    "ctrl+backspace": "kill_word",
    "ctrl+delete": "kill_word_ahead",
    "ctrl+u": "kill_to_start",
    "ctrl+k": "kill_to_end",
    "ctrl+z": "undo",
    "ctrl+y": "redo",
}


def typed(event: Key) -> str:
    """The text that a key types, or nothing.

    Wider than what Python calls printable: the joiners of emoji and of Persian, the wide space of
    Japanese and the fixed space arrive as keys too.
    """
    text = event.character or ""
    return "" if any(unicodedata.category(char) in {"Cc", "Cs"} for char in text) else text
