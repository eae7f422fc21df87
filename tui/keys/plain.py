"""The preset ``plain``: arrows, function keys and Ctrl, for those who do not think in letters.

Acts that are not named here keep the keys of the table. Nothing stands on h, j, k, l or on a
capital letter alone, and what the table has on two letters has one key where it is used often.
"""

from __future__ import annotations

PLAIN: dict[str, tuple[str, ...]] = {
    "move.down": ("down",),
    "move.up": ("up",),
    "move.page_down": ("pagedown",),
    "move.page_up": ("pageup",),
    "move.first": ("home",),
    "move.last": ("end",),
    "jump": ("ctrl+g",),
    "card.right": ("right",),
    "card.left": ("left",),
    "files.in": ("right",),
    "files.out": ("left", "backspace"),
    "add": ("insert", "a"),
    "edit": ("f2", "e"),
    "editor": ("f4",),
    "delete": ("delete", "f8"),
    "tags": ("ctrl+t", "t"),
    "when.typed": ("ctrl+w",),
    "move_to": ("f6",),
    "repeat": ("ctrl+y", "."),
    "history": ("f9", "i"),
    "mark": ("x", "f12"),
    "mark_to_here": ("ctrl+x",),
    "mark_all": ("ctrl+a", "*"),
    "filter": ("f7", "/"),
    "view.filter": ("ctrl+f", "v f"),
    "view.sort": ("f3", "v s"),
    "space": ("ctrl+o", "s"),
    "undo": ("ctrl+u", "u"),
    "redo": ("ctrl+r",),
    "lock": ("ctrl+k",),
    "previous": ("f11", "b"),
    "back": ("f10", "q"),
    "palette": ("ctrl+p", "f5", ":"),
    "go.search": ("ctrl+s", "g s"),
    "found.again": ("f7", "/"),
    "text.filter": ("f7", "/"),
    "keys.filter": ("f7", "/"),
}
