"""The keys that act on the screen it was asked from, made from the registry."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual.widget import Widget

from store.words import N_, _
from tui.actions import ANY, TABLE, Action
from tui.screens.list import move
from tui.screens.place import PlaceScreen
from tui.screens.text import TextLines

_TITLES = {
    "first": N_("First start"),
    "locked": N_("Locked"),
    "confirm": N_("The question"),
    "one": N_("On a row"),
    "home": N_("The cards"),
    "rows": N_("In the list"),
    "found": N_("In the results"),
    "past": N_("In the history"),
    "settings": N_("In the settings"),
    "reading": N_("In a text"),
    "fields": N_("In the fields"),
    "move": N_("Moving"),
    "everywhere": N_("Everywhere"),
    "always": N_("Always"),
    "typing": N_("While typing"),
}
_SHORT = {
    "pagedown": "PgDn",
    "pageup": "PgUp",
    "down": "↓",
    "up": "↑",
    ANY: "…",
    "escape": "Esc",
}


def written(keys: str) -> str:
    """A key as people write it: ``Ctrl+P``, ``g t``, ``PgDn``."""
    names = []
    for key in keys.split(" "):
        name = _SHORT.get(key, key)
        if len(name) > 1 and name.islower():
            name = "+".join(p.upper() if len(p) == 1 else p.capitalize() for p in name.split("+"))
        names.append(name)
    return " ".join(names)


class HelpScreen(PlaceScreen):
    """A list of keys; any move scrolls, Escape goes back."""

    def __init__(self, actions: Sequence[Action], *, is_open: bool = True) -> None:
        """is_open: the workbench is unlocked, so its keys act here too."""
        super().__init__()
        self.scopes = ("move", "everywhere", "always") if is_open else ("move", "always")
        self._actions = actions
        self._text = TextLines()

    def body(self) -> Iterable[Widget]:
        """One text."""
        return [self._text]

    def opened(self) -> None:
        """Put the actions in groups."""
        self._text.show(self._parts())
        self.say(_("Escape goes back."))

    def _parts(self) -> list[str | tuple[str, str]]:
        parts: list[str | tuple[str, str]] = []
        typing = [a for a in TABLE if a.scope == "typing"]
        for scope, title in _TITLES.items():
            keyed = [a for a in (*self._actions, *typing) if a.scope == scope and a.keys]
            if keyed:
                parts += [f"# {_(title)}"]
                parts += [("  ".join(written(k) for k in a.keys), _(a.words)) for a in keyed]
                parts += [""]
        parts.append(_("Every act is also found in the palette (:) by its words."))
        return parts

    def do_move(self, how: str) -> None:
        """Scroll."""
        move(self._text, how)

    def cancel(self) -> bool:
        """Escape goes back, before first start and while locked too."""
        self.app.pop_screen()
        return True

    def do_open(self) -> None:
        """Nothing to open."""

    def do_help(self) -> None:
        """``?`` again goes back."""
        self.app.pop_screen()
