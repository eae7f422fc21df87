"""From key presses to actions: sequences, the two states, other layouts, pastes, torn escapes.

Pure logic over key names and times, no screen: ``Reader`` says what a press means, ``Gate`` holds
presses back for the few milliseconds it takes to tell a paste from typing.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from store.errors import UsageError
from store.words import _
from tui.keys.actions import ANY, Action

TORN_WITHIN = 1.0
"""Seconds after a lone Escape in which ``[`` or ``O`` is taken as the rest of a torn key."""

PASTE_WITHIN = 0.020
PASTE_KEYS = 8
PASTE_KINDS = 4
"""So many printable keys, so many of them different, in so many seconds: nobody types that."""

QUIET = 0.004
"""Seconds without a further press after which a held press is let through."""

_LATIN = "qwertyuiopasdfghjklzxcvbnm"
_LAYOUTS = (
    "йцукенгшщзфывапролдячсмить",
    "йцукенгшщзфівапролдячсмить",
    " ςερτυθιοπασδφγηξκλζχψωβνμ",
    "  קראטוןםפשדגכעיחלךזסבהנמצ",
)


def _twins() -> dict[str, str]:
    found: dict[str, str] = {}
    for layout in _LAYOUTS:
        for latin, other in zip(_LATIN, layout, strict=True):
            if other != " ":
                found.setdefault(other, latin)
                if other.upper() != other and len(other.upper()) == 1:
                    found.setdefault(other.upper(), latin.upper())
    return found


TWINS = _twins()
"""Letters of Cyrillic, Greek and Hebrew layouts to the Latin letter on the same key."""


class Press(NamedTuple):
    """One key: its name, the character it types if any, and when it came (monotonic seconds)."""

    key: str
    character: str | None
    at: float

    @property
    def token(self) -> str:
        """The name that the registry uses for this key."""
        if self.character and self.character.isprintable() and "ctrl+" not in self.key:
            return "space" if self.character == " " else self.character
        return self.key

    @property
    def prints(self) -> bool:
        """Whether it types a character."""
        return self.token in (self.character, "space")


class Meaning(NamedTuple):
    """What a press means: run an action, wait for the rest of a sequence, nothing, or ``passed``:
    it is no key of ours and goes on to the field or widget that has focus. ``text`` is the key that
    stood where the sequence has ``ANY``."""

    action: Action | None = None
    text: str = ""
    pending: tuple[str, ...] = ()
    passed: bool = False


Bindings = dict[tuple[str, ...], Action]


def bind(actions: Iterable[Action], *, lenient: bool = False) -> Bindings:
    """The keys of ``actions``; raises UsageError where two claim the same or one hides another.

    An action without ``run`` is left to the field that has focus. lenient: the first one wins
    instead, for a person who presses a key is better served by one act than by none."""
    bindings: Bindings = {}
    for action in actions:
        for keys in action.sequences if action.run else ():
            other = bindings.setdefault(keys, action)
            if other is not action and not lenient:
                text = _("{keys} means both {first} and {second}.")
                raise UsageError(text.format(keys=" ".join(keys), first=other.id, second=action.id))
    if lenient:
        return bindings
    for keys in bindings:
        for length in range(1, len(keys)):
            if keys[:length] in bindings:
                text = _("{first} cannot be reached: {keys} already means {second}.")
                taken = keys[:length]
                raise UsageError(
                    text.format(
                        first=bindings[keys].id, keys=" ".join(taken), second=bindings[taken].id
                    )
                )
    return bindings


class Reader:
    """Reads presses against the bindings of the place in view."""

    def __init__(self) -> None:
        self.pending: tuple[str, ...] = ()
        self._escape_at = -TORN_WITHIN * 2
        self._torn = ""

    def cancel(self) -> bool:
        """Forget a sequence that was begun; whether there was one."""
        had = bool(self.pending)
        self.pending = ()
        return had

    def read(self, press: Press, bindings: Bindings, *, typing: bool) -> Meaning:
        """What ``press`` means here and now."""
        if self._is_torn(press):
            self.pending = ()
            return Meaning()
        if typing:
            self.pending = ()
            action = bindings.get((press.token,))
            return Meaning(action) if action else Meaning(passed=True)
        if press.key in ("escape", "ctrl+c") and self.cancel():
            return Meaning()
        token = self._token(press, bindings)
        keys = (*self.pending, token)
        waiting, self.pending = self.pending, ()
        if action := bindings.get(keys):
            return Meaning(action)
        if waiting and press.prints and (action := bindings.get((*waiting, ANY))):
            return Meaning(action, press.character or "")
        if any(known[: len(keys)] == keys for known in bindings):
            self.pending = keys
            return Meaning(pending=keys)
        return Meaning(passed=not waiting)

    def _token(self, press: Press, bindings: Bindings) -> str:
        twin = TWINS.get(press.token)
        if twin is None or any(press.token in keys for keys in bindings):
            return press.token
        return twin

    def _is_torn(self, press: Press) -> bool:
        """Whether ``press`` is the tail of an escape sequence that arrived in pieces."""
        if self._torn:
            if press.at - self._escape_at > TORN_WITHIN or not press.prints:
                self._torn = ""
                return False
            character = press.character or ""
            if self._torn == "O" or not ("0" <= character <= "?"):
                self._torn = ""
            return True
        if press.character in ("[", "O") and press.at - self._escape_at <= TORN_WITHIN:
            self._torn = press.character
            return True
        self._escape_at = press.at if press.key == "escape" else -TORN_WITHIN * 2
        return False


class Gate:
    """Holds presses while they might be a paste without brackets.

    Feed it while commanding; it says how long to wait, then gives the presses back, or the text.
    """

    def __init__(self) -> None:
        self.held: list[Press] = []
        self.is_paste = False
        self.due = 0.0

    def takes(self, press: Press) -> bool:
        """Whether ``press`` must be held: it types, or others are held before it."""
        return bool(self.held) or press.prints

    def hold(self, press: Press) -> float:
        """Hold ``press``; returns the time at which to ask ``release``."""
        self.held.append(press)
        first = [p for p in self.held if p.prints and press.at - p.at <= PASTE_WITHIN]
        if len(first) >= PASTE_KEYS and len({p.character for p in first}) >= PASTE_KINDS:
            self.is_paste = True
        self.due = press.at + (PASTE_WITHIN if self.is_paste else QUIET)
        return self.due

    def release(self) -> tuple[list[Press], str]:
        """The presses to act on, and the text that was pasted; one of them is empty."""
        held, self.held = self.held, []
        if not self.is_paste:
            return held, ""
        self.is_paste = False
        lines = {"enter": "\n", "tab": "\t", "ctrl+j": "\n"}
        return [], "".join(
            p.character if p.prints and p.character else lines.get(p.key, "") for p in held
        )
