"""The registry of actions: what a person can do, in words, with its keys and where they act.

The keys here, the help screen, the palette, the screen of the keys and the tests all read this one
table. ``run`` names a method of the screen in view or, failing that, of the app.
``tui.keys.action`` says what an action is, ``tui.keys.table`` holds those of every list; the rows
of a screen of its own stand here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from store.module import Module
from store.words import N_
from tui.asking.managing.acts import MANAGE
from tui.keys.action import ANY, FIELD, Action, Scope
from tui.keys.action import one as _a
from tui.keys.action import screen as _screen
from tui.keys.agents import AGENTS
from tui.keys.syncing import SYNC
from tui.keys.table import EVERYWHERE, MOVE, ONE, OTHER, ROWS, TYPING

__all__ = ["ANY", "FIELD", "PLACES", "TABLE", "Action", "Scope", "registry"]

OURS = (
    _a(
        "text.filter",
        "text",
        "/",
        N_("show only lines with words"),
        N_("narrow"),
        hint=N_("filter"),
    ),
    _a(
        "keys.filter", "keys", "/", N_("show only acts with words"), N_("narrow"), hint=N_("filter")
    ),
    _a("keys.add", "keys", "a", N_("press a further key for it"), N_("bind"), hint=N_("add a key")),
    _a("keys.preset", "keys", "d", N_("the keys of the preset"), N_("reset"), hint=N_("preset")),
    _screen(
        "keys",
        "g ?",
        N_("all keys, and change them"),
        N_("keys, keymap, bindings, shortcuts"),
        "tui.screens.keys.KeysScreen",
    ),
    _screen(
        "messages",
        "g M",
        N_("what was said"),
        N_("messages, log, errors"),
        "tui.screens.messages.MessagesScreen",
    ),
)

LOOKS = (
    _screen(
        "settings",
        "g ,",
        N_("settings"),
        N_("theme, colours, language, mouse, preferences, options"),
        "tui.screens.settings.SettingsScreen",
    ),
    _a("settings.change", "settings", "space", N_("change this setting"), hint=N_("change")),
    _a("settings.read", "settings", "r", N_("read the files again"), N_("reload")),
    _a("view.mouse", "everywhere", "v m", N_("let go of the mouse, take it back"), N_("select")),
    _a("yank.title", "one", "y t", N_("copy the title"), run="do_yank", argument="title"),
    _a("yank.id", "one", "y i", N_("copy the id"), run="do_yank", argument="id"),
    _a("yank.markdown", "one", "y m", N_("copy as Markdown"), run="do_yank", argument="markdown"),
    _a("yank.json", "one", "y j", N_("copy as JSON"), run="do_yank", argument="json"),
    _a("yank.link", "one", "y l", N_("copy a link to it"), run="do_yank", argument="link"),
    _a("links", "one", "o", N_("open its links"), N_("url, browser, web page")),
    _a("copied", "everywhere", "", N_("show what was copied, to select it"), N_("clipboard")),
)

READER = (
    _a("reading.find", "reading", "/", N_("find in the text"), N_("search here"), hint=N_("find")),
    _a("reading.before", "reading", "N", N_("the place found before"), N_("find backwards")),
    _a("reading.fields", "reading", "", N_("all fields of the record"), N_("details, form")),
    _a("fields.read", "fields", "z", N_("read the long text"), N_("maximise, whole text")),
    _a("files.in", "files", "l, right", N_("into the folder"), N_("go in")),
    _a("files.out", "files", "h, left, backspace", N_("to the folder above"), N_("up, parent")),
    _a("files.find", "files", "/", N_("type words or a path"), N_("narrow"), hint=N_("path")),
    _a(
        "gone.restore",
        "gone",
        "space",
        N_("bring it back"),
        N_("restore, undelete"),
        changes=True,
        hint=N_("restore"),
    ),
    _a("gone.mark", "gone", "x", N_("mark"), N_("select"), hint=N_("mark")),
    _a("gone.mark_all", "gone", "*", N_("mark all shown"), N_("select all")),
    _a("gone.filter", "gone", "/", N_("show only titles with words"), N_("narrow")),
    _a("gone.purge", "gone", "", N_("purge for good"), N_("erase, remove"), changes=True),
    _screen(
        "deleted",
        "g D",
        N_("what was deleted"),
        N_("trash, bin, restore"),
        "tui.screens.deleted.DeletedScreen",
    ),
    _a("plan.why", "plan", "o", N_("say the whole line"), N_("why, reason")),
)

HOME = (
    _a(
        "card.next",
        "home",
        "tab",
        N_("the next card"),
        N_("card after"),
        run="do_card_beside",
        argument="next",
        hint=N_("card"),
    ),
    _a(
        "card.before",
        "home",
        "shift+tab",
        N_("the card before"),
        N_("previous card"),
        run="do_card_beside",
        argument="before",
    ),
    _a(
        "card.right",
        "home",
        "l, right",
        N_("the card to the right"),
        N_("card beside"),
        run="do_card_beside",
        argument="right",
    ),
    _a(
        "card.left",
        "home",
        "h, left",
        N_("the card to the left"),
        N_("card beside"),
        run="do_card_beside",
        argument="left",
    ),
    _a("zoom", "home", "z", N_("this card alone, and back"), N_("maximise, zoom, full screen")),
    *(
        _a(
            f"card.{n}",
            "home",
            str(n),
            N_("the card with this number"),
            N_("open card"),
            run="do_card",
            argument=str(n),
        )
        for n in range(1, 10)
    ),
    _a("go.home", "everywhere", "g h", N_("Home: the cards of the scene"), N_("dashboard, cards")),
    _a(
        "scene.next",
        "everywhere",
        ">",
        N_("the next scene"),
        N_("scene after"),
        run="do_scene_beside",
        argument="next",
    ),
    _a(
        "scene.before",
        "everywhere",
        "<",
        N_("the scene before"),
        N_("previous scene"),
        run="do_scene_beside",
        argument="before",
    ),
    *(
        _a(
            f"scene.{n}",
            "everywhere",
            f"g {n}",
            N_("the scene with this number"),
            N_("open scene"),
            run="do_scene",
            argument=str(n),
        )
        for n in range(1, 10)
    ),
)

SCREENS: tuple[Action, ...] = (*HOME, *OURS, *LOOKS, *READER, *MANAGE, *SYNC, *AGENTS)

TABLE: tuple[Action, ...] = (*MOVE, *ONE, *ROWS, *OTHER, *EVERYWHERE, *SCREENS, *TYPING)


PLACES: dict[str, tuple[Scope, ...]] = {
    "list": ("rows", "one", "move", "everywhere", "always"),
    "home": ("home", "rows", "one", "move", "everywhere", "always"),
    "empty home": ("home", "everywhere", "always"),
    "record": ("fields", "one", "move", "everywhere", "always"),
    "reader": ("reading", "one", "move", "everywhere", "always"),
    "files": ("files", "move", "everywhere", "always"),
    "plan": ("plan", "move", "everywhere", "always"),
    "gone": ("gone", "move", "everywhere", "always"),
    "search": ("found", "move", "everywhere", "always"),
    "history": ("past", "move", "everywhere", "always"),
    "keys": ("keys", "move", "everywhere", "always"),
    "spaces": ("spaces", "manage", "narrow", "move", "everywhere", "always"),
    "tags": ("tags", "ordering", "manage", "marking", "narrow", "move", "everywhere", "always"),
    "scenes": ("scenes", "ordering", "manage", "narrow", "move", "everywhere", "always"),
    "inbox": ("inbox", "marking", "narrow", "move", "everywhere", "always"),
    "sync": ("sync", "narrow", "move", "everywhere", "always"),
    "conflicts": ("conflicts", "marking", "narrow", "move", "everywhere", "always"),
    "mission": ("mission", "narrow", "move", "everywhere", "always"),
    "proposal": ("proposal", "text", "move", "everywhere", "always"),
    "timeline": ("timeline", "narrow", "move", "everywhere", "always"),
    "steps": ("steps", "narrow", "move", "everywhere", "always"),
    "revert": ("revert", "move", "everywhere", "always"),
    "agent": ("agent", "narrow", "move", "everywhere", "always"),
    "templates": ("templates", "narrow", "move", "everywhere", "always"),
    "template": ("template", "move", "everywhere", "always"),
    "members": ("members", "narrow", "move", "everywhere", "always"),
    "settings": ("settings", "move", "everywhere", "always"),
    "text": ("text", "move", "everywhere", "always"),
    "locked text": ("text", "move", "always"),
    "screen": ("everywhere", "always"),
    "first": ("first", "always"),
    "locked": ("locked", "always"),
    "confirm": ("confirm", "always"),
    "typing": ("typing",),
    "picking": ("picking", "typing"),
}
"""Which scopes act together: those of every screen. A test compares it with the screens."""


TITLES: dict[str, str] = {
    "first": N_("First start"),
    "locked": N_("Locked"),
    "confirm": N_("The question"),
    "one": N_("On a row"),
    "home": N_("The cards"),
    "rows": N_("In the list"),
    "found": N_("In the results"),
    "past": N_("In the history"),
    "spaces": N_("On a space"),
    "tags": N_("On a tag"),
    "scenes": N_("On a scene or card"),
    "inbox": N_("On what waits"),
    "sync": N_("In syncing"),
    "conflicts": N_("On a conflict"),
    "members": N_("On a member"),
    "mission": N_("On a mission"),
    "proposal": N_("On a proposal"),
    "timeline": N_("In the timeline"),
    "steps": N_("In a run"),
    "revert": N_("Taking back"),
    "agent": N_("On an agent"),
    "templates": N_("Among templates"),
    "template": N_("In a template"),
    "ordering": N_("Order"),
    "manage": N_("On a line"),
    "marking": N_("Many lines"),
    "narrow": N_("The list"),
    "text": N_("In this text"),
    "keys": N_("In the keys"),
    "settings": N_("In the settings"),
    "reading": N_("In a text"),
    "fields": N_("In the fields"),
    "files": N_("In folders"),
    "plan": N_("In an import"),
    "gone": N_("Among the deleted"),
    "move": N_("Moving"),
    "everywhere": N_("Everywhere"),
    "always": N_("Always"),
    "typing": N_("While typing"),
    "picking": N_("While choosing"),
}
"""What a scope is called in the help, in the order in which it is shown."""


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


def own(module: Module) -> tuple[Action, ...]:
    """The module's acts: those with keys, by key, and all of them for the palette.

    Main acts are Space's and those of ``w`` and ``m`` stand in the table. Acts that share a key,
    such as archive and unarchive, are told apart by their guard, so the first one gets it.
    """
    taken = {k for a in TABLE if a.scope in PLACES["list"] for k in a.sequences}
    found: list[Action] = []
    for act in module.acts:
        if act.main or "w" in act.keys:
            continue
        keys = () if any((key,) in taken for key in act.keys) else act.keys
        taken |= {(key,) for key in keys}
        found.append(
            Action(
                f"{module.id}.{act.id}",
                act.words,
                keys,
                "one",
                "do_own_act",
                module.words,
                act.id,
                changes=True,
            )
        )
    return tuple(found)


def everything(modules: Mapping[str, Module]) -> tuple[Action, ...]:
    """The registry and the acts of every module: all that keys can be given to."""
    return (*registry(modules), *(a for module in modules.values() for a in own(module)))


def in_scopes(actions: Iterable[Action], scopes: Iterable[str]) -> list[Action]:
    """The actions that act where ``scopes`` hold, the narrower scope first."""
    order = list(scopes)
    return sorted((a for a in actions if a.scope in order), key=lambda a: order.index(a.scope))
