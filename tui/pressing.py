"""Key presses on their way to actions: held while they may be a paste, read against the registry,
kept for a screen that is still being made. Mixed into the app."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any

from textual import events

from store.words import _
from tui.actions import Action, in_scopes
from tui.keys import Bindings, Gate, Press, Reader, bind
from tui.widgets import LineField, NoteField

SHOW_KEYS_AFTER = 0.4
"""Seconds after which the message line shows the keys of a sequence that waits for its rest."""


class Pressing:
    """``self`` is always a ``Manabench``."""

    def start_reading(self) -> None:
        """Set up, before the first key."""
        self._keys = Reader()
        self._gate = Gate()
        self._early: list[Press] = []
        self._compiled: dict[tuple[str, ...], Bindings] = {}
        self.last_key = time.monotonic()

    @property
    def is_typing(self: Any) -> bool:
        """Whether a text field has focus."""
        return isinstance(self.focused, (LineField, NoteField))

    async def on_event(self: Any, event: events.Event) -> None:
        """Every key passes through the registry before the framework sees it."""
        if isinstance(event, events.Key) and not event.is_forwarded:
            self.last_key = time.monotonic()
            await self._press(Press(event.key, event.character, event.time))
        elif isinstance(event, events.Paste) and not event.is_forwarded and not self.is_typing:
            self.pasted(event.text)
        else:
            await super().on_event(event)

    async def _press(self: Any, press: Press) -> None:
        if not self._gate.held and (self.is_typing or not self._gate.takes(press)):
            await self._act(press)
        else:
            wait = self._gate.hold(press) - time.monotonic()
            # Not a Timer: this happens at every key.
            asyncio.get_running_loop().call_later(max(0.001, wait), self.call_later, self._release)

    async def _release(self: Any) -> None:
        if not self._gate.held or time.monotonic() < self._gate.due - 0.0005:
            return
        presses, text = self._gate.release()
        if text:
            self.pasted(text)
        for press in presses:
            await self._act(press)

    async def _act(self: Any, press: Press) -> None:
        screen = self.screen
        if not getattr(screen, "is_ready", True):
            self._early.append(press)
            return
        meaning = self._keys.read(press, self.bindings_of(screen), typing=self.is_typing)
        if meaning.action is not None:
            self.perform(meaning.action, meaning.text)
        elif meaning.pending:
            self.set_timer(SHOW_KEYS_AFTER, self._show_pending)
        elif meaning.passed:
            await super().on_event(events.Key(press.key, press.character))

    async def screen_is_ready(self: Any) -> None:
        """A screen has its widgets: let it have the keys pressed meanwhile."""
        early, self._early = self._early, []
        for press in early:
            await self._act(press)

    def bindings_of(self: Any, screen: Any) -> Bindings:
        """The keys that act on ``screen`` now."""
        scopes = screen.typing_scopes if self.is_typing else screen.scopes
        key = (type(screen).__name__, *scopes, self.place.module)
        found = self._compiled.get(key)
        if found is None:
            found = self._compiled[key] = bind(self.actions_of(screen, scopes))
        return found

    def actions_of(self: Any, screen: Any, scopes: Sequence[str]) -> list[Action]:
        """What can be done on ``screen``: the table's actions and the module's own."""
        here = in_scopes(self.actions, scopes)
        taken = {keys for action in here for keys in action.sequences}
        own = screen.own_actions() if "one" in scopes else ()
        return [
            *(a for a in own if not any(keys in taken for keys in a.sequences)),
            *here,
        ]

    def perform(self: Any, action: Action, text: str = "") -> None:
        """Do what ``action`` says, on the screen in view or here.

        text: the key that stood where its sequence is left open.
        """
        method = getattr(self.screen, action.run, None) or getattr(self, action.run)
        if argument := action.argument or text:
            method(argument)
        else:
            method()

    def _show_pending(self: Any) -> None:
        if not (pending := self._keys.pending):
            return
        known = self.bindings_of(self.screen)
        rest = [
            f"{keys[-1]} {_(action.words)}"
            for keys, action in known.items()
            if len(keys) == len(pending) + 1 and keys[:-1] == pending
        ]
        self.say(" ".join(pending) + " …  " + " · ".join(rest))

    def cancel_sequence(self: Any) -> bool:
        """Forget a sequence that was begun; whether there was one."""
        return self._keys.cancel()
