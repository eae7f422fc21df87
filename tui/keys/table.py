"""The keys that the workbench has wherever it is used: the table of acts, by scope."""

from __future__ import annotations

from store.words import N_
from tui.keys.action import ANY, FIELD
from tui.keys.action import one as _a
from tui.keys.action import when as _when

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
    _a("open", "move", "enter", N_("open"), N_("show, enter"), hint=N_("open")),
    _a("jump", "move", "f", N_("go to a row by its letters"), N_("jump, labels, find")),
)

ONE = (
    _a(
        "main_act",
        "one",
        "space",
        N_("the main act: done, restore"),
        N_("done"),
        changes=True,
        hint=N_("done"),
    ),
    _a(
        "edit",
        "one",
        "e, f2",
        N_("edit this field"),
        N_("rename, change"),
        changes=True,
        hint=N_("edit"),
    ),
    _a("editor", "one", "E", N_("edit in $EDITOR"), N_("vim, external editor"), changes=True),
    _a("delete", "one", "d, delete", N_("delete"), N_("remove"), changes=True),
    _a("tags", "one", "t", N_("tags"), N_("label"), changes=True, hint=N_("tags")),
    _a("move_to", "one", "m", N_("move to a project or space"), N_("file, carry"), changes=True),
    _a("repeat", "one", ".", N_("repeat the last act here"), N_("again, same"), changes=True),
    _a("history", "one", "i", N_("history of the record"), N_("past values")),
    _when("today", "w t", N_("due today"), "today"),
    _when("tomorrow", "w m", N_("due tomorrow"), "tomorrow"),
    _when("week", "w w", N_("due next week"), "next week"),
    _when("typed", f"w {ANY}, w enter", N_("due on a typed day"), ""),
)

ROWS = (
    _a("add", "rows", "a", N_("add here"), N_("new, create"), changes=True, hint=N_("add")),
    _a("mark", "rows", "x", N_("mark"), N_("select")),
    _a("mark_to_here", "rows", "X", N_("mark up to here"), N_("select range")),
    _a("mark_all", "rows", "*", N_("mark all shown"), N_("select all")),
    _a("filter", "rows", "/", N_("filter this list"), N_("narrow"), hint=N_("filter")),
    _a("view.filter", "rows", "v f", N_("choose what is shown"), N_("saved filters, today, open")),
    _a("view.rename", "rows", "", N_("rename a saved filter"), N_("saved view, call")),
    _a("view.forget", "rows", "", N_("delete a saved filter"), N_("saved view, remove")),
    _a("view.sort", "rows", "v s", N_("sort"), N_("order")),
    _a("view.group", "rows", "v g", N_("groups on or off"), N_("headings")),
    _a("view.tags", "rows", "v t", N_("clear the tag filter"), N_("show all tags")),
    _a("view.deleted", "rows", "v d", N_("deleted records"), N_("trash, restore")),
    _a("tag_filter", "rows", "", N_("filter by tags"), N_("tag filter, only tags")),
)

OTHER = (
    _a("found.again", "found", "/", N_("change the words"), N_("search again"), hint=N_("words")),
    _a(
        "past.take_back",
        "past",
        "space",
        N_("take this value back"),
        N_("revert"),
        changes=True,
        hint=N_("take back"),
    ),
    _a("first.begin", "first", "enter", N_("begin; this machine keeps the key"), hint=N_("begin")),
    _a("first.passphrase", "first", "p", N_("begin with a passphrase"), hint=N_("passphrase")),
    _a("first.import", "first", "i", N_("import a folder or file first"), hint=N_("import")),
    _a("first.sync", "first", "g Y", N_("begin, then sign in to a server")),
    _a("first.demo", "first", "d", N_("look at the demo"), hint=N_("demo")),
    _a("first.leave", "first", "q", N_("leave"), run="do_quit"),
    _a("locked.unlock", "locked", "enter", N_("unlock"), hint=N_("unlock")),
    _a("locked.leave", "locked", "q", N_("leave"), run="do_quit"),
    _a("confirm.yes", "confirm", "enter", N_("yes, do it"), hint=N_("yes")),
    _a("confirm.no", "confirm", "q", N_("no, leave it"), hint=N_("no")),
)

EVERYWHERE = (
    _a(
        "palette",
        "everywhere",
        ":, ctrl+p",
        N_("commands and records"),
        N_("palette, find"),
        hint=N_("commands"),
    ),
    _a("space", "everywhere", "s", N_("switch the space"), N_("tenant, workspace")),
    _a(
        "capture",
        "everywhere",
        "c, ctrl+n",
        N_("capture"),
        N_("quick add"),
        changes=True,
        hint=N_("capture"),
    ),
    _a("undo", "everywhere", "u", N_("undo"), N_("take back"), changes=True, hint=N_("undo")),
    _a("redo", "everywhere", "U, ctrl+r", N_("redo"), N_("again"), changes=True),
    _a("lock", "everywhere", "L", N_("lock"), N_("vault")),
    _a("back", "everywhere", "q", N_("back; on Home: leave"), N_("close")),
    _a("previous", "everywhere", "b", N_("the place before"), N_("previous")),
    _a("go.search", "everywhere", "g s", N_("search everything"), N_("find")),
    _a("recovery", "everywhere", "", N_("recovery code"), N_("backup key")),
    _a("import", "everywhere", "g I", N_("import a folder or a file"), N_("markdown, taskwarrior")),
    _a("help", "always", "?, f1", N_("the keys here"), N_("help"), hint=N_("keys")),
    _a("redraw", "always", "ctrl+l", N_("redraw the screen"), N_("repaint, refresh")),
    _a("suspend", "always", "ctrl+z", N_("suspend to the shell"), N_("background, stop")),
    _a("quit", "always", "ctrl+q", N_("leave manabench"), N_("quit, exit")),
    _a("cancel", "always", "escape, ctrl+c", N_("cancel: sequence, filter, marks"), N_("stop")),
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
