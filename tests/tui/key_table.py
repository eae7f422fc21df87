"""The keys that the workbench promises, as they stand in its contract. Not taken from the registry.

group: {what it does, in words of the contract: (place, keys, ids of the acts behind them)}. The
keys are in the registry's names; a key that stands for several is spelled out.
"""

from __future__ import annotations

DIGITS = "1 2 3 4 5 6 7 8 9".split()

# act: its keys, all of them, in any order
MOVE = {
    "move.down": "down, j",
    "move.up": "up, k",
    "move.page_down": "pagedown, ctrl+d",
    "move.page_up": "pageup, ctrl+u",
    "move.first": "home, g g",
    "move.last": "end, G",
    "card.left": "left, h",
    "card.right": "right, l",
    "card.next": "tab",
    "card.before": "shift+tab",
    **{f"card.{n}": n for n in DIGITS},
    "scene.before": "<",
    "scene.next": ">",
    **{f"scene.{n}": f"g {n}" for n in DIGITS},
    "open": "enter",
    "back": "q",
    "previous": "b",
    "jump": "f",
}
EVERYWHERE = {
    "palette": ":, ctrl+p",
    "filter": "/",
    "help": "?, f1",
    "space": "s",
    "capture": "c, ctrl+n",
    "undo": "u",
    "redo": "U, ctrl+r",
    "lock": "L",
    "redraw": "ctrl+l",
    "suspend": "ctrl+z",
    "quit": "ctrl+q",
    "cancel": "escape, ctrl+c",
}
ROW = {
    "main_act": "space",
    "add": "a",
    "edit": "e, f2",
    "editor": "E",
    "delete": "d, delete",
    "tags": "t",
    "when.today": "w t",
    "when.tomorrow": "w m",
    "when.week": "w w",
    "when.typed": "w <text>, w enter",
    "move_to": "m",
    "yank.title": "y t",
    "yank.id": "y i",
    "yank.markdown": "y m",
    "yank.json": "y j",
    "yank.link": "y l",
    "links": "o",
    "history": "i",
    "repeat": ".",
}
MANY = {"mark": "x", "mark_to_here": "X", "mark_all": "*"}
VIEW = {
    "view.sort": "v s",
    "view.group": "v g",
    "view.filter": "v f",
    "view.tags": "v t",
    "view.deleted": "v d",
    "view.mouse": "v m",
    "zoom": "z",
}
GO = {"go.home": "g h", "go.search": "g s", "go.inbox": "g i"}
TYPING = {
    "typing.editor": "f4, ctrl+o",
    "typing.commit": "ctrl+s",
    "typing.undo": "ctrl+z",
    "typing.redo": "ctrl+y",
    "typing.take": "enter",
    "typing.leave": "escape, ctrl+c",
    "picking.down": "down, ctrl+n",
    "picking.up": "up, ctrl+p",
    "picking.page_down": "pagedown",
    "picking.page_up": "pageup",
}
SCREENS = {
    "go.keys": "g ?",
    "go.messages": "g M",
    "go.settings": "g ,",
    "go.deleted": "g D",
    "go.spaces": "g S",
    "go.tags": "g T",
    "go.scenes": "g L",
    "import": "g I",
    "go.sync": "g Y",
    "go.conflicts": "g C",
    "go.timeline": "g l",
    "go.templates": "g p",
}
"""Screens that the contract names without a key of their own."""

WORDS_ONLY = {"view.rename", "view.forget", "tag_filter", "recovery", "copied", "sync.now"}
"""Acts of the shared places that only the palette has."""

CONTRACT: dict[str, str] = {
    **MOVE,
    **EVERYWHERE,
    **ROW,
    **MANY,
    **VIEW,
    **GO,
    **TYPING,
    **SCREENS,
    **dict.fromkeys(WORDS_ONLY, ""),
}

SHARED = ("move", "one", "rows", "home", "everywhere", "always", "typing", "picking")
"""The scopes that the contract speaks of. What a screen of its own adds is its own matter, as long
as it redefines none of the keys above (``MAY_REDEFINE``)."""

TYPED_WITH_ALTGR = {
    "de": "[]{}\\|@~",
    "ch": "[]{}\\|@#~",
    "fr": "[]{}\\|@#~",
    "es": "[]{}\\|@#~",
}
"""Characters that need AltGr on a layout."""

DEAD = "^`´¨"
"""Characters on dead keys of these layouts."""
