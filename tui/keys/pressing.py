"""Key presses on their way to actions: held while they may be a paste, read against the registry,
kept for a screen that is still being made. Mixed into the app."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from textual import events

from store.words import _, ngettext
from tui.keys import hints
from tui.keys.actions import ANY, Action, in_scopes, own, registry
from tui.keys.keymap import Keymap
from tui.keys.keynames import written
from tui.keys.reading import Bindings, Gate, Press, Reader, bind
from tui.shell.saying import Saying

SHOW_KEYS_AFTER = 0.4
"""Seconds after which the message line shows the keys of a sequence that waits for its rest."""


LEADS_ON = 3.0
"""Seconds that keys wait at most for a screen that others lead to."""


class Grab(NamedTuple):
    """Somebody who gets every key on ``screen``, until it lets go or is ended from outside."""

    screen: Any
    take: Callable[[Press], None]
    ended: Callable[[], None]


class Pressing(Saying):
    """``self`` is always a ``Manabench``."""

    def start_reading(self) -> None:
        """Set up, before the first key."""
        self._keys = Reader()
        self._gate = Gate()
        self._early: list[Press] = []
        self._compiled: dict[tuple[str, ...], Bindings] = {}
        self._grab: Grab | None = None
        self._whispers = False
        self._is_leading_on = False
        self.keymap = Keymap()
        self.own_acts: dict[str, tuple[Action, ...]] = {}
        self._written: dict[str, str] = {}
        self.last_key = time.monotonic()
        self.start_saying()

    def use_keymap(self: Any, keymap: Keymap) -> None:
        """These keys are in force from now on."""
        self.keymap = keymap
        self.actions = keymap.applied(registry(self.modules))
        self.own_acts = {m.id: keymap.applied(own(m)) for m in self.modules.values()}
        self._compiled.clear()
        self._written = {}

    def keyed(self: Any, text: str, **names: object) -> str:
        """``text`` with ``names`` filled in, and the keys in force where it names acts, with ``_``
        for their dots: ``{undo}``, ``{view_tags}``. An act without a key has the palette's."""
        if not self._written:
            keyed = [(a.id.replace(".", "_"), a.keys[0]) for a in self.actions if a.keys]
            self._written = {id: written(key) for id, key in keyed}
        known = defaultdict(lambda: self._written.get("palette", ":"), self._written)
        known.update((name, str(value)) for name, value in names.items())
        return text.format_map(known)

    def rebind(self: Any, keymap: Keymap) -> None:
        """Other keys while screens stand: what they show of keys is told anew."""
        self.use_keymap(keymap)
        for screen in self.screen_stack:
            if hasattr(screen, "show_hints") and screen.is_mounted:
                screen.show_hints()

    def keys_changed(self: Any) -> None:
        """The settings name another preset: it is in force where the keymap file names none."""
        from tui.shell.opening import keymap_of

        preset = self.settings.keys
        self.desk.ask("look", lambda: keymap_of(preset), self.rebind, self.fail)

    def tell_keymap(self: Any) -> None:
        """Say once what does not hold in the keymap; all of it stands among the messages."""
        problems = self.keymap.problems
        for problem in problems:
            self.heard(str(problem), "warn")
        if len(problems) == 1:
            self.say(str(problems[0]), "warn")
        elif problems:
            words = ngettext(
                "{n} problem in keymap.toml; :messages shows it.",
                "{n} problems in keymap.toml; :messages shows them.",
                len(problems),
            )
            self.say(words.format(n=len(problems)), "warn")

    @property
    def is_typing(self: Any) -> bool:
        """Whether a text field has focus."""
        return getattr(self.focused, "takes_text", False)

    async def on_event(self: Any, event: events.Event) -> None:
        """Every key passes through the registry before the framework sees it."""
        if isinstance(event, events.Key) and not event.is_forwarded:
            self.last_key = time.monotonic()
            await self._press(Press(event.key, event.character, event.time))
        elif isinstance(event, events.Paste) and not event.is_forwarded and not self.is_typing:
            self.let_keys_go()
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
            self.let_keys_go()
            self.pasted(text)
        for press in presses:
            await self._act(press)

    async def _act(self: Any, press: Press) -> None:
        if self._early or not self._takes_keys:
            # Also behind keys that still wait: none may overtake another.
            self._early.append(press)
            await self.screen_is_ready()
        else:
            await self._do(press)

    async def _do(self: Any, press: Press) -> None:
        screen = self.screen
        if self._grab is not None:
            grab = self._grab
            if grab.screen is screen:
                grab.take(press)
                return
            self.let_keys_go()
        meaning = self._keys.read(press, self.bindings_of(screen), typing=self.is_typing)
        if self._whispers:
            self._whispers = False
            screen.whisper("")
        if meaning.action is not None:
            self.perform(meaning.action, meaning.text)
        elif meaning.pending:
            self.set_timer(SHOW_KEYS_AFTER, self._show_pending)
        elif meaning.passed:
            if press.key in ("enter", "escape") and self.is_typing:
                getattr(screen, "line_ends", lambda: None)()
            await super().on_event(events.Key(press.key, press.character))

    async def screen_is_ready(self: Any) -> None:
        """A screen has its widgets: let it have the keys pressed meanwhile, in their order."""
        while self._early and self._takes_keys:
            await self._do(self._early.pop(0))

    @property
    def _takes_keys(self: Any) -> bool:
        return not self._is_leading_on and getattr(self.screen, "is_ready", True)

    def lead_on(self: Any) -> None:
        """Another screen comes right after the one that is being made: keys are for that one."""
        self._is_leading_on = True
        self.set_timer(LEADS_ON, self.led_on)

    def led_on(self: Any) -> None:
        """The screen that was meant is there, or does not come."""
        if self._is_leading_on:
            self._is_leading_on = False
            self.call_later(self.screen_is_ready)

    def bindings_of(self: Any, screen: Any) -> Bindings:
        """The keys that act on ``screen`` now."""
        scopes = screen.typing_scopes if self.is_typing else screen.scopes
        key = (type(screen).__name__, *scopes, self._module_of(screen, scopes))
        found = self._compiled.get(key)
        if found is None:
            found = self._compiled[key] = bind(self.actions_of(screen, scopes), lenient=True)
        return found

    def _module_of(self: Any, screen: Any, scopes: Sequence[str]) -> str:
        """Whose acts stand on ``screen``; empty where no module's do."""
        acts = screen.own_actions() if "one" in scopes else ()
        return acts[0].id.partition(".")[0] if acts else ""

    def actions_of(self: Any, screen: Any, scopes: Sequence[str]) -> list[Action]:
        """What can be done on ``screen``: the table's actions and the module's own."""
        acts = screen.own_actions() if "one" in scopes else ()
        return [*in_scopes(self.actions, scopes), *acts]

    def hints_of(self: Any, screen: Any) -> list[hints.Hint]:
        """The keys worth showing on ``screen`` while nothing is said, the best ones first."""
        if getattr(screen.focused, "takes_text", False):
            # The line of a screen lies over the hints; fields and notes leave them in view.
            last = [("{typing_undo}", _("undo")), ("{typing_editor}", "$EDITOR")]
            first = [("{typing_leave}", _("keep"))]
            if not screen.focused.escape_keeps:
                first = [("{typing_take}", _("keep")), ("{typing_leave}", _("draft"))]
            return [(self.keyed(key), words) for key, words in (*first, *last)]
        found = []
        bound, words = self.bindings_of(screen), getattr(screen, "hint_words", {})
        for action in in_scopes(self.actions, screen.scopes):
            if not action.hint or not action.keys or bound.get(action.sequences[0]) != action:
                continue
            word = _(words.get(action.id, action.hint))
            if not word:
                continue
            if action.id == "main_act" and (acts := _main_words(screen)):
                word = acts
            found.append((action.id, (written(action.keys[0]), word)))
        return hints.ordered(found, "help")

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
        acts: dict[str, str] = {}  # an act with two keys is said once
        for keys, action in known.items():
            if len(keys) == len(pending) + 1 and keys[:-1] == pending:
                key = "…" if keys[-1] == ANY else written(keys[-1])
                acts.setdefault(_(action.words), key)
        rest = [f"{key} {words}" for words, key in acts.items()]
        if (whisper := getattr(self.screen, "whisper", None)) is not None:
            self._whispers = True
            whisper(written(" ".join(pending)) + " …  " + " · ".join(rest))

    def cancel_sequence(self: Any) -> bool:
        """Forget a sequence that was begun; whether there was one."""
        self.let_keys_go()
        return self._keys.cancel()

    # Keys for one purpose -----------------------------------------------------------------------

    def grab_keys(
        self: Any, take: Callable[[Press], None], ended: Callable[[], None] = lambda: None
    ) -> None:
        """Every key on the screen in view goes to ``take``, until ``let_keys_go``.

        ended: called when they go back to what they always mean, whoever ends it.
        """
        self.let_keys_go()
        self._grab = Grab(self.screen, take, ended)

    def let_keys_go(self: Any) -> None:
        """Keys mean what the registry says again."""
        grab, self._grab = self._grab, None
        if grab is not None:
            grab.ended()

    async def press_again(self: Any, press: Press) -> None:
        """Act on a key that a grab did not want."""
        await self._act(press)


def _main_words(screen: Any) -> str:
    """What Space does on the rows of ``screen``, in its module's word or the screen's own."""
    if own := getattr(screen, "space_words", ""):
        return str(own)
    module = getattr(screen, "module", None)
    act = next((a for a in module.acts if a.main), None) if module is not None else None
    words = _(act.words) if act is not None else ""
    return words[:1].lower() + words[1:]
