"""The keys that edit text, the same in every field, by the names of ``Buffer``'s methods."""

from __future__ import annotations

import unicodedata
from typing import Any

from textual.events import Key

from store.words import ngettext
from tui.widgets.buffer import Buffer, Change

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

SELECTS: dict[str, str] = {
    "shift+left": "left",
    "shift+right": "right",
    "shift+home": "home",
    "shift+end": "to_end",
}
"""Moves that select, by the same names."""

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


def moved(buffer: Buffer, key: str) -> bool:
    """Do a move or a selecting move; whether ``key`` is one."""
    if key == "f7":
        buffer.select_all()
    elif key in SELECTS:
        buffer.anchor = buffer.cursor if buffer.anchor is None else buffer.anchor
        getattr(buffer, SELECTS[key])()
    elif key in ("left", "right") and buffer.selection:
        buffer.move_to(buffer.selection[key == "right"])
        buffer.anchor = None
    elif key in MOVES:
        buffer.anchor = None
        getattr(buffer, MOVES[key])()
    else:
        return False
    return True


def copied(app: Any, buffer: Buffer) -> bool:
    """Copy what is selected; whether anything is."""
    text = buffer.selected
    if not text:
        return False
    count = len(text)
    from tui.clipboard import copy

    copy(app, text, ngettext("{n} character", "{n} characters", count).format(n=count))
    return True


def cut(app: Any, buffer: Buffer) -> Change | None:
    """Copy what is selected and take it out; None where nothing is."""
    return buffer.backspace() if copied(app, buffer) else None


def pasted(app: Any, buffer: Buffer) -> Change | None:
    """Put in what was copied or cut here last; None where nothing was."""
    text, _what = getattr(app, "copied", None) or ("", "")
    return buffer.insert(text) if text else None
