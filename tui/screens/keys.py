"""All acts with their keys, by place: looked through, searched, and given other keys.

A change is checked whole before it is written, is in force at once, and ``u`` on this screen takes
it back as long as the screen is open.
"""

from __future__ import annotations

from collections.abc import Iterable

from textual.widget import Widget

from store.module import alphabetical
from store.words import N_, _, ngettext
from tui.keys import keymap_file, keypage
from tui.keys.action import Action
from tui.keys.actions import everything
from tui.keys.keymap import Keymap, Problem, preset_keys, read, shown
from tui.keys.keynames import written
from tui.keys.reading import TWINS, Press
from tui.screens.pick import Choice, Choices
from tui.screens.place import PlaceScreen
from tui.widgets import Segment

MOST_KEYS = 2
"""Keys of one sequence that is pressed here."""

_WIDE = 50
"""Columns from which on an act is told with its place."""


class KeysScreen(PlaceScreen):
    """Acts with a cursor; a dot marks those with keys of one's own."""

    scopes = ("keys", "move", "everywhere", "always")
    hint_words = {"open": N_("change")}

    def __init__(self) -> None:
        super().__init__()
        self._choices = Choices()
        self._wanted = ""
        self._before: list[str] = []
        self._pressed: list[str] = []
        self._asked_for: tuple[Action, bool] | None = None

    def body(self) -> Iterable[Widget]:
        """The acts."""
        return [self._choices]

    def opened(self) -> None:
        """Show them all."""
        self._all = everything(self.app.modules)
        self._show()

    def segments(self) -> list[Segment]:
        """Which preset is in force, how many acts differ, what is searched."""
        keymap = self.app.keymap
        words = ngettext("{n} act of your own", "{n} acts of your own", len(keymap.own))
        return [
            Segment(_("Keys"), "status", 4),
            Segment(f"/{self._wanted}" if self._wanted else "", "status", 5),
            Segment(keymap.preset, "status", 6),
            Segment(words.format(n=len(keymap.own)) if keymap.own else "", "status", 7),
        ]

    # What is shown ----------------------------------------------------------------------------

    def _show(self, at: int = 0) -> None:
        self._choices.show(self._offered(), _("No act fits. Escape shows all."))
        self._choices.go_to(at)
        self.show_status()

    def _offered(self) -> list[Choice]:
        keymap, wanted = self.app.keymap, alphabetical(self._wanted).split()
        problems = [
            Choice(str(problem), problem, "", "!")
            for problem in keymap.problems
            if not wanted or all(word in alphabetical(str(problem)) for word in wanted)
        ]
        found = []
        wide = self.app.size.width >= _WIDE
        for action in keypage.by_place(self._all):
            if not action.run:
                continue
            keys = "  ".join(written(one) for one in keymap.keys_of(action))
            place, words = keypage.title(self.app.modules, action), _(action.words)
            if wide:
                words = f"{place}: {words}"
            held = alphabetical(f"{place} {words} {_(action.palette)} {action.id} {keys}")
            if all(word in held for word in wanted):
                glyph = "•" if action.id in keymap.own else " "
                found.append(Choice(words, action, keys, glyph))
        return problems + found

    def do_keys_filter(self) -> None:
        """/ narrows while it is typed; Enter keeps it, Escape shows all."""
        self.ask_words(self._wanted, self._narrow)

    def _narrow(self, text: str) -> None:
        if text.strip() != self._wanted:
            self._wanted = text.strip()
            self._show()

    def do_move(self, how: str) -> None:
        """Move the cursor."""
        self._choices.move(how)

    def cancel(self) -> bool:
        """Escape shows all again, then goes back."""
        if not self._wanted:
            return super().cancel()
        self._narrow("")
        return True

    # Changing ---------------------------------------------------------------------------------

    def do_open(self) -> None:
        """Enter: the next key pressed is the act's only one. A problem is told whole."""
        chosen = self._choices.chosen
        if chosen is not None and isinstance(chosen.value, Problem):
            self.say(str(chosen.value), "warn")
        else:
            self._press_for(adds=False)

    def do_keys_add(self) -> None:
        """The next key pressed acts too, beside those it has."""
        self._press_for(adds=True)

    def _press_for(self, *, adds: bool) -> None:
        action = self._chosen()
        if action is None:
            return
        self._asked_for, self._pressed = (action, adds), []
        self.say(_("Press the key for “{act}”; Escape leaves it.").format(act=_(action.words)))
        self.app.grab_keys(self._take)

    def _chosen(self) -> Action | None:
        chosen = self._choices.chosen
        return chosen.value if chosen is not None and isinstance(chosen.value, Action) else None

    def _take(self, press: Press) -> None:
        if press.key in ("escape", "ctrl+c"):
            self.app.let_keys_go()
            self.say(_("The keys are as they were."))
            return
        self._pressed.append(TWINS.get(press.token, press.token))
        pressed = tuple(self._pressed)
        begins = any(
            len(keys) > len(pressed) and keys[: len(pressed)] == pressed
            for action in self.app.keymap.applied(self._all)
            for keys in action.sequences
        )
        if begins and len(pressed) < MOST_KEYS:
            self.say(_("{keys} …  and the key after it").format(keys=" ".join(pressed)))
            return
        self.app.let_keys_go()
        if self._asked_for is not None:
            action, adds = self._asked_for
            had = self.app.keymap.keys_of(action) if adds else ()
            self._change(action, (*had, " ".join(pressed)))

    def do_keys_preset(self) -> None:
        """The keys of the preset again."""
        if (action := self._chosen()) is None:
            return
        if action.id in self.app.keymap.own:
            self._change(action, None)
        else:
            self.say(_("It has the keys of the preset."))

    def _change(self, action: Action, keys: tuple[str, ...] | None) -> None:
        acts, now = self._all, self.app.keymap
        self.app.change(lambda: rebound(acts, now, action, keys), self._changed)

    def _changed(self, done: tuple[str, Keymap, str]) -> None:
        before, keymap, words = done
        self._before.append(before)
        self._in_force(keymap, words)

    def do_undo(self) -> None:
        """Take the last change of this screen back."""
        if not self._before:
            self.say(_("No key was changed since this screen was opened."))
            return
        text, acts, preset = self._before.pop(), self._all, self.app.keymap.preset

        def back() -> Keymap:
            keymap_file.write(text)
            return read(text, acts, preset)

        self.app.change(back, lambda keymap: self._in_force(keymap, _("Undone.")))

    def _in_force(self, keymap: Keymap, words: str) -> None:
        at = self._choices.at
        self.app.rebind(keymap)
        if self.is_attached:
            self._show(at)
            self.say(words)


def rebound(
    acts: tuple[Action, ...], now: Keymap, action: Action, keys: tuple[str, ...] | None
) -> tuple[str, Keymap, str]:
    """Write other keys for ``action``: (the text before, the keymap then in force, a sentence).

    Nothing is written where it does not hold; raises InvalidValueError, which says why.
    """
    from store.errors import InvalidValueError

    before = keymap_file.text()
    text = keymap_file.changed(before, action, keys, now.preset)
    then = read(text, acts, now.preset)
    wrong = [p for p in then.problems if p.id == action.id and not p.warning]
    wrong += [p for p in then.problems if p.id in now.own and p.id not in then.own]
    if wrong:
        problem = wrong[0]
        raise InvalidValueError(
            _(problem.happened).format(**problem.given), kept=_("The keys are as they were.")
        )
    keymap_file.write(text)
    in_force = then.keys_of(action)
    undo = next(then.keys_of(a)[0] for a in acts if a.id == "undo")
    words = _("{act}: {keys}. {undo} takes it back.").format(
        act=_(action.words), keys=shown(in_force) or _("no key"), undo=written(undo)
    )
    if keys is None and in_force == preset_keys(action, now.preset):
        words = _("{act}: the preset's keys, {keys}.").format(
            act=_(action.words), keys=shown(in_force)
        )
    warned = [p for p in then.problems if p.id == action.id and p.warning]
    return before, then, " ".join([words, *(_(p.happened).format(**p.given) for p in warned)])
