"""The keys that act on the screen it was asked from, made from the registry."""

from __future__ import annotations

from collections.abc import Sequence

from store.words import N_, _
from tui.keys.actions import TABLE, TITLES, Action
from tui.keys.keynames import written
from tui.screens.texts import Parts, TextScreen


class HelpScreen(TextScreen):
    """A list of keys; any move scrolls, ``/`` narrows, Escape goes back."""

    title_words = N_("Keys here")

    def __init__(self, actions: Sequence[Action], *, is_open: bool = True) -> None:
        """is_open: the workbench is unlocked, so its keys act here too."""
        super().__init__()
        shared = ("everywhere",) if is_open else ()
        self.scopes = ("text", "move", *shared, "always")
        self._actions = actions

    def opened(self) -> None:
        """Show the keys, and how to leave."""
        super().opened()
        self.say(_("/ narrows, Escape goes back, g ? shows all keys and changes them."))

    def parts(self) -> Parts:
        """The actions in groups."""
        parts: list[str | tuple[str, str]] = []
        typing = [a for a in self.app.keymap.applied(TABLE) if a.scope == "typing"]
        for scope, title in TITLES.items():
            keyed = [a for a in (*self._actions, *typing) if a.scope == scope and a.keys]
            if keyed:
                parts += [f"# {_(title)}"]
                # Acts that differ only by a number share one line, from the first to the last.
                said: dict[str, list[str]] = {}
                for a in keyed:
                    words = _(a.words) + ("\0" * a.argument.isdigit())
                    said.setdefault(words, []).append("  ".join(written(k) for k in a.keys))
                for words, keys in said.items():
                    shown = f"{keys[0]} … {keys[-1]}" if words.endswith("\0") else "  ".join(keys)
                    parts.append((shown, words.rstrip("\0")))
                parts += [""]
        parts.append(_("Every act is also found in the palette (:) by its words."))
        return parts

    def do_help(self) -> None:
        """``?`` again goes back."""
        self.app.pop_screen()
