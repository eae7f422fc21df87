"""The registry of actions: what a person can do, in words, with its keys and where they act.

The keys here, the help screen, the palette and the tests all read this one table. ``run`` names
a method of the screen in view or, failing that, of the app.

Keys are written as typed: ``j``, ``G``, ``space``, ``ctrl+p``, ``f2``; a sequence has its keys
apart: ``g t``. ``ANY`` stands for any key that types.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from store.module import Module
from store.words import N_

Scope = Literal[
    "always",  # every screen that is not typing, locked and first start included
    "everywhere",  # every commanding screen of an unlocked workbench
    "move",  # screens with a cursor
    "one",  # a record in view, or the marked ones
    "rows",  # the list of a module
    "found",  # the results of a search
    "past",  # the history of one record
    "first",  # first start
    "locked",  # the lock screen
    "confirm",  # a question that undo could not mend
    "typing",  # a text field has focus
    "picking",  # a text field over a list of choices has focus
]


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to do.

    words is its sentence in the help, palette further words it is found by; a comma parts them.
    changes marks what alters records, argument is given to the method that runs.
    """

    id: str
    words: str
    keys: tuple[str, ...]
    scope: Scope
    run: str
    palette: str = ""
    argument: str = ""
    changes: bool = False

    @property
    def sequences(self) -> tuple[tuple[str, ...], ...]:
        """Its keys, each as the tuple of keys to press one after the other."""
        return tuple(tuple(keys.split(" ")) for keys in self.keys)


ANY = "<text>"

FIELD = "field"
"""``run`` of what the field with focus does by itself; it stands here for the help."""


def _a(
    id: str,
    scope: Scope,
    keys: str,
    words: str,
    palette: str = "",
    *,
    run: str = "",
    argument: str = "",
    changes: bool = False,
) -> Action:
    given = tuple(keys.split(", ")) if keys else ()
    method = "" if run == FIELD else run or "do_" + id.replace(".", "_")
    return Action(id, words, given, scope, method, palette, argument, changes)


def _when(name: str, keys: str, words: str, day: str) -> Action:
    """Of ``w``. The typed form gets the first key of what is typed."""
    return _a(
        f"when.{name}",
        "one",
        keys,
        words,
        N_("when, due date, snooze"),
        run="do_when" if day else "do_when_typed",
        argument=day,
        changes=True,
    )


def _screen(name: str, keys: str, words: str, palette: str, path: str) -> Action:
    """A screen that is reached from everywhere. path: its module and class, imported when asked."""
    return _a(f"go.{name}", "everywhere", keys, words, palette, run="do_screen", argument=path)


MOVE = (
    _a("move.down", "move", "down, j", N_("next row"), run="do_move", argument="down"),
    _a("move.up", "move", "up, k", N_("row before"), run="do_move", argument="up"),
    _a(
        "move.page_down",
        "move",
        "pagedown, ctrl+d",
        N_("half a page down"),
        N_("page down"),
        run="do_move",
        argument="page_down",
    ),
    _a(
        "move.page_up",
        "move",
        "pageup, ctrl+u",
        N_("half a page up"),
        N_("page up"),
        run="do_move",
        argument="page_up",
    ),
    _a("move.first", "move", "home, g g", N_("first row"), run="do_move", argument="first"),
    _a("move.last", "move", "end, G", N_("last row"), run="do_move", argument="last"),
    _a("open", "move", "enter", N_("open")),
)

ONE = (
    _a("main_act", "one", "space", N_("the main act: done, restore"), N_("done"), changes=True),
    _a("edit", "one", "e, f2", N_("edit this field"), N_("rename, change"), changes=True),
    _a("editor", "one", "E", N_("edit in $EDITOR"), N_("vim, external editor"), changes=True),
    _a("delete", "one", "d, delete", N_("delete"), N_("remove"), changes=True),
    _a("tags", "one", "t", N_("tags"), N_("label"), changes=True),
    _a("history", "one", "i", N_("history of the record"), N_("past values")),
    _when("today", "w t", N_("due today"), "today"),
    _when("tomorrow", "w m", N_("due tomorrow"), "tomorrow"),
    _when("week", "w w", N_("due next week"), "next week"),
    _when("typed", f"w {ANY}, w enter", N_("due on a typed day"), ""),
)

ROWS = (
    _a("add", "rows", "a", N_("add here"), N_("new, create"), changes=True),
    _a("mark", "rows", "x", N_("mark"), N_("select")),
    _a("mark_to_here", "rows", "X", N_("mark up to here"), N_("select range")),
    _a("mark_all", "rows", "*", N_("mark all shown"), N_("select all")),
    _a("filter", "rows", "/", N_("filter this list"), N_("narrow")),
    _a("view.filter", "rows", "v f", N_("choose what is shown"), N_("saved filters, today, open")),
    _a("view.sort", "rows", "v s", N_("sort"), N_("order")),
    _a("view.tags", "rows", "v t", N_("clear the tag filter"), N_("show all tags")),
    _a("view.deleted", "rows", "v d", N_("deleted records"), N_("trash, restore")),
    _a("tag_filter", "rows", "", N_("filter by tags"), N_("tag filter, only tags")),
)

OTHER = (
    _a("found.again", "found", "/", N_("change the words"), N_("search again")),
    _a("past.take_back", "past", "space", N_("take this value back"), N_("revert"), changes=True),
    _a("first.begin", "first", "enter", N_("begin; this machine keeps the key")),
    _a("first.passphrase", "first", "p", N_("begin with a passphrase")),
    _a("first.import", "first", "i", N_("import a folder or file first")),
    _a("first.demo", "first", "d", N_("look at the demo")),
    _a("first.leave", "first", "q", N_("leave"), run="do_quit"),
    _a("locked.unlock", "locked", "enter", N_("unlock")),
    _a("locked.leave", "locked", "q", N_("leave"), run="do_quit"),
    _a("confirm.yes", "confirm", "enter", N_("yes, do it")),
    _a("confirm.no", "confirm", "q", N_("no, leave it")),
)

EVERYWHERE = (
    _a("palette", "everywhere", ":, ctrl+p", N_("commands and records"), N_("palette, find")),
    _a("space", "everywhere", "s", N_("switch the space"), N_("tenant, workspace")),
    _a("capture", "everywhere", "c, ctrl+n", N_("capture"), N_("quick add"), changes=True),
    _a("undo", "everywhere", "u", N_("undo"), N_("take back"), changes=True),
    _a("redo", "everywhere", "U, ctrl+r", N_("redo"), N_("again"), changes=True),
    _a("lock", "everywhere", "L", N_("lock"), N_("vault")),
    _a("back", "everywhere", "q", N_("back; on the list: leave"), N_("close")),
    _a("previous", "everywhere", "b", N_("the place before"), N_("previous")),
    _a("go.search", "everywhere", "g s", N_("search everything"), N_("find")),
    _a("recovery", "everywhere", "", N_("recovery code"), N_("backup key")),
    _a("import", "everywhere", "", N_("import a folder or a file"), N_("markdown, taskwarrior")),
    _a("help", "always", "?, f1", N_("the keys here"), N_("help")),
    _a("redraw", "always", "ctrl+l", N_("redraw the screen"), N_("repaint, refresh")),
    _a("suspend", "always", "ctrl+z", N_("suspend to the shell"), N_("background, stop")),
    _a("quit", "always", "ctrl+q", N_("leave manabench"), N_("quit, exit")),
    _a("cancel", "always", "escape, ctrl+c", N_("cancel: sequence, filter, marks")),
)

TYPING = (
    _a("typing.take", "typing", "enter", N_("commit a line"), run=FIELD),
    _a("typing.leave", "typing", "escape, ctrl+c", N_("leave a line, it stays a draft"), run=FIELD),
    _a("typing.undo", "typing", "ctrl+z", N_("undo typing"), run=FIELD),
    _a("typing.redo", "typing", "ctrl+y", N_("redo typing"), run=FIELD),
    _a("typing.commit", "typing", "ctrl+s", N_("commit")),
    _a("typing.editor", "typing", "f4, ctrl+o", N_("edit in $EDITOR"), N_("vim")),
    _a("picking.down", "picking", "down, ctrl+n", N_("next"), run="do_pick", argument="down"),
    _a("picking.up", "picking", "up, ctrl+p", N_("before"), run="do_pick", argument="up"),
    _a("picking.page_down", "picking", "pagedown", N_("page"), run="do_pick", argument="page_down"),
    _a("picking.page_up", "picking", "pageup", N_("page"), run="do_pick", argument="page_up"),
)

SCREENS: tuple[Action, ...] = ()

TABLE: tuple[Action, ...] = (*MOVE, *ONE, *ROWS, *OTHER, *EVERYWHERE, *SCREENS, *TYPING)


def registry(modules: Mapping[str, Module]) -> tuple[Action, ...]:
    """Every action: the table and one ``g`` letter for each module."""
    go = tuple(
        Action(
            f"go.{module.id}",
            module.words,
            (f"g {module.letter}",),
            "everywhere",
            "do_go_module",
            N_("go to"),
            module.id,
        )
        for module in modules.values()
    )
    return (*TABLE, *go)


def in_scopes(actions: Iterable[Action], scopes: Iterable[str]) -> list[Action]:
    """The actions that act where ``scopes`` hold, the narrower scope first."""
    order = list(scopes)
    return sorted((a for a in actions if a.scope in order), key=lambda a: order.index(a.scope))
