"""The screens as data: which keys lead there from Home, and what stands on them.

A screen that is not here is not shown: ``test_matrix`` compares this table with the classes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Place:
    """One screen, in one of the states that look different.

    keys lead there from Home, as ``Driven.follow`` takes them. sign stands on it, empty where there
    is nothing to show ("" for a screen that always has something). reads: it shows what it must
    ask the store for, so it can be loading and fail. acts: for an action that changes records and
    asks for more, the keys that answer it. home: which home it is opened on (``Homes.home``).
    grabs: the next key is for one purpose. has_dice: what stands on it differs each time.
    is_still: all of it is in view and it has no second row, so nothing moves.
    """

    name: str
    screen: str
    keys: tuple[str, ...]
    sign: str
    empty: str = ""
    reads: bool = True
    home: str = "filled"
    acts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    grabs: bool = False
    has_dice: bool = False
    is_still: bool = False

    @property
    def is_open(self) -> bool:
        """Whether it is a screen of an unlocked workbench."""
        return self.home in ("filled", "held", "synced", "agents")

    @property
    def slug(self) -> str:
        """Its name in the name of a file."""
        return self.name.replace(" ", "-")


NOT_HERE: tuple[str, ...] = ()
"""Of an act whose key says on this screen that there is nothing it could do."""

_NAMED = ("text: anew", "enter")
_CAPTURE = {"capture": ("c", "text:captured", "enter")}
_SPACES = {
    **_CAPTURE,
    "manage.add": ("a", "text:Orchard", "enter", "enter", "enter"),
    "manage.edit": ("e", *_NAMED),
    "manage.delete": ("j", "d"),
    "spaces.type": ("j", "t", "enter"),
}
_TAG_ACTS = {
    **_CAPTURE,
    "manage.add": ("a", "text:meadow", "enter"),
    "manage.edit": ("e", *_NAMED),
    "tags.color": ("p", "text:red", "enter"),
    "tags.group": ("m", "text:Places", "enter"),
    "tags.add_group": ("n", "text:Places", "enter"),
    "tags.add_preset": ("N", "text:usual", "enter"),
    "tags.merge": ("j", "M", "enter"),
    "order.later": ("J",),
    "order.earlier": ("j", "K"),
}
_SCENES = {
    **_CAPTURE,
    "manage.add": ("a", "text:Work", "enter"),
    "manage.edit": ("e", *_NAMED),
    "manage.delete": ("j", "d"),
    "order.later": ("j", "J"),
    "order.earlier": ("j", "j", "K"),
    "scenes.card": ("m", "enter"),
}
_TAKE_BACK = {**_CAPTURE, "past.take_back": ("end", "space")}
_RECORD = {
    **_CAPTURE,
    "add": ("a", "text:a new one", "enter"),
    "edit": ("e", "text: changed", "enter"),
    "tags": ("t", "text:errand", "enter"),
    "when.typed": ("w", "enter", "text:2031-05-06", "enter"),
    "move_to": ("m", "text:harbour", "enter"),
}
_TASK = {
    **_RECORD,
    "todo.priority": ("p", "text:urgent", "enter"),
    "todo.subtask": ("n", "text:a part of it", "enter"),
    "todo.remind": ("r", "text:10", "enter"),
}
_UNDATED = {f"when.{name}": NOT_HERE for name in ("today", "tomorrow", "week", "typed")}
_NOTE = {
    **_RECORD,
    **_UNDATED,
    "notes.append": ("n", "text:one more line", "enter"),
    "notes.color": ("p", "enter"),
}

_WHOLE = {**_CAPTURE, "past.take_back": ("escape", "end", "space")}
_MARKED = {**_TASK, "edit": NOT_HERE}
_NOTHING_WAITS = "Nothing waits"
_READ = {**_NOTE, "edit": ("e", "text:changed ", "ctrl+s"), "main_act": NOT_HERE}
_CONTACT = {**_RECORD, **_UNDATED}
_CONFLICTS = {**_CAPTURE, "conflicts.edit": ("e", "text: anew", "enter")}
_NO_CONFLICTS = {**_CAPTURE, "conflicts.mine": NOT_HERE, "conflicts.edit": NOT_HERE}
_MISSIONS = {
    **_RECORD,
    **_UNDATED,
    "when.typed": ("w", "enter", "text:daily 7:30", "enter"),
    "move_to": NOT_HERE,
    "tags": NOT_HERE,
    "ai-missions.run": NOT_HERE,
    "ai-missions.inputs": ("I", "text:ledger 2", "enter"),
}
_AGENTS = {
    **_RECORD,
    **_UNDATED,
    "move_to": NOT_HERE,
    "tags": NOT_HERE,
    "ai-agents.filter": ("I", "text:errand", "enter"),
}
_POLICY = {**_CAPTURE, "agent.policy": ("end", "space")}
_IMPORT = ("g", "I", "~letters", "j", "enter", "~oak")
_SHOWN = ("g", "t", "y", "t", ":", "text:was copied", "enter")
_WORDS = ("g", "s", "text:qqq", "…")
_RECOVERY = (":", "text:recovery", "enter")
_LONG = ("g", "n", "/", "text:annals", "enter", "~annals", "enter")


def _seen(name: str, screen: str, keys: tuple[str, ...], sign: str, **more: Any) -> Place:
    """A state for which nothing is read any more."""
    return Place(name, screen, keys, sign, reads=False, **more)


def _told(
    name: str, screen: str, keys: tuple[str, ...], sign: str, empty: str = "", **more: Any
) -> Place:
    """A screen of what the program knows by itself."""
    return Place(name, screen, keys, sign, empty, reads=False, acts=_CAPTURE, **more)


PLACES: tuple[Place, ...] = (
    Place("home", "HomeScreen", (), "heron", "a add", acts=_TASK),
    Place("tasks", "ListScreen", ("g", "t"), "heron", "Tasks belong here", acts=_TASK),
    Place("notes", "ListScreen", ("g", "n"), "ledger", "Notes belong here", acts=_NOTE),
    Place("contacts", "ListScreen", ("g", "c"), "Ada", "People belong here", acts=_CONTACT),
    Place("record", "RecordScreen", ("g", "t", "enter"), "Priority", acts=_TASK),
    Place("reader", "ReaderScreen", ("g", "n", "enter"), "ledger", acts=_READ, is_still=True),
    Place("long note", "ReaderScreen", _LONG, "annals", acts=_READ),
    Place("history", "PastScreen", ("g", "t", "i"), "heron", acts=_TAKE_BACK),
    _seen(
        "whole change",
        "PastScreen",
        ("g", "t", "i", "enter"),
        "· you",
        acts=_WHOLE,
        is_still=True,
    ),
    Place(
        "deleted",
        "DeletedScreen",
        ("g", "D"),
        "gone",
        "Nothing is deleted",
        acts=_CAPTURE,
        is_still=True,
    ),
    Place("spaces", "SpacesScreen", ("g", "S"), "Harbour", acts=_SPACES),
    Place("tags", "TagsScreen", ("g", "T"), "family", "a adds one", acts=_TAG_ACTS),
    Place("scenes", "ScenesScreen", ("g", "L"), "Home", acts=_SCENES),
    Place("inbox", "InboxScreen", ("g", "i"), "look", home="held", acts=_CAPTURE),
    Place(
        "empty inbox",
        "InboxScreen",
        ("g", "i"),
        _NOTHING_WAITS,
        _NOTHING_WAITS,
        acts=_CAPTURE,
        is_still=True,
    ),
    Place("full inbox", "InboxScreen", ("g", "i"), "quarantine", home="synced", acts=_CAPTURE),
    _told(
        "instruction",
        "InstructionScreen",
        ("g", "i", "j", "j", "j", "j", "j", "j", "j", "enter"),
        "systemPrompt",
        home="synced",
        is_still=True,
    ),
    Place("sync", "SyncScreen", ("g", "Y"), "ada@example.org", home="synced", acts=_CAPTURE),
    Place("no account", "SyncScreen", ("g", "Y"), "no account", acts=_CAPTURE, is_still=True),
    _seen("sign in", "SyncScreen", ("g", "Y", "enter"), "Server", acts=_CAPTURE, is_still=True),
    _seen(
        "password",
        "SyncScreen",
        ("g", "Y", "enter", "text:localhost", "enter", "text:ada@example.org", "enter"),
        "Password",
        acts=_CAPTURE,
        is_still=True,
    ),
    Place("conflicts", "ConflictsScreen", ("g", "C"), "heron gone", home="synced", acts=_CONFLICTS),
    Place(
        "no conflicts",
        "ConflictsScreen",
        ("g", "C"),
        "Nothing is in conflict",
        "Nothing is in conflict",
        acts=_NO_CONFLICTS,
        is_still=True,
    ),
    Place(
        "missions",
        "ListScreen",
        ("g", "m"),
        "tide",
        "Missions belong here",
        home="agents",
        acts=_MISSIONS,
    ),
    Place(
        "mission", "MissionScreen", ("g", "m", "enter"), "Objective", home="agents", acts=_CAPTURE
    ),
    Place("agents", "ListScreen", ("g", "a"), "Mallow", home="agents", acts=_AGENTS),
    Place("agent", "AgentScreen", ("g", "a", "enter"), "Persona", home="agents", acts=_POLICY),
    Place("proposals", "InboxScreen", ("g", "i"), "jetty", home="agents", acts=_CAPTURE),
    Place(
        "proposal",
        "ProposalScreen",
        ("g", "i", "enter"),
        "jetty",
        home="agents",
        acts=_CAPTURE,
        is_still=True,
    ),
    Place(
        "timeline",
        "TimelineScreen",
        ("g", "l"),
        "Mallow",
        "No agent has done anything",
        home="agents",
        acts=_CAPTURE,
    ),
    Place(
        "data access",
        "TimelineScreen",
        ("g", "l", "tab"),
        "heron",
        "No agent has read",
        home="agents",
        acts=_CAPTURE,
    ),
    Place(
        "steps",
        "StepsScreen",
        ("g", "l", "enter"),
        "jetty",
        home="agents",
        acts=_CAPTURE,
    ),
    Place(
        "revert",
        "RevertScreen",
        ("g", "l", "T"),
        "jetty",
        home="agents",
        acts=_CAPTURE,
        is_still=True,
    ),
    Place("templates", "TemplatesScreen", ("g", "p"), "Weekly review", acts=_CAPTURE),
    Place("template", "TemplateScreen", ("g", "p", "enter"), "Apply it", acts=_CAPTURE),
    _told(
        "template applied",
        "WholeScreen",
        ("g", "p", "enter", "a"),
        "made",
        is_still=True,
    ),
    Place("members", "MembersScreen", ("g", "S", "p"), "could not", acts=_CAPTURE, is_still=True),
    Place("import", "BringScreen", ("g", "I", "~letters"), "letters", acts=_CAPTURE),
    Place("import plan", "PlannedScreen", (*_IMPORT, "enter"), "oak", acts=_CAPTURE),
    Place(
        "import result",
        "PlannedScreen",
        (*_IMPORT, "enter", "enter"),
        "u takes",
        reads=False,
        acts=_CAPTURE,
        is_still=True,
    ),
    Place("search", "FoundScreen", ("g", "s", "text:heron", "enter"), "heron", acts=_CAPTURE),
    _seen(
        "search words",
        "FoundScreen",
        ("g", "s", "text:qqq", "…"),
        "holds",
        empty="holds that",
        is_still=True,
    ),
    _seen("palette", "PickScreen", (":",), "add here"),
    Place("choice of space", "PickScreen", ("s",), "Harbour"),
    Place("choice of tags", "PickScreen", ("g", "t", "t"), "errand", "nothing here to do"),
    Place("choice of filter", "PickScreen", ("g", "t", "v", "f"), "overdue"),
    Place("choice of link", "PickScreen", ("g", "n", "o"), "example.org"),
    Place("ticks", "TickScreen", ("g", "L", "t"), "errand"),
    _seen("themes", "ThemeScreen", ("g", ",", "enter"), "contrast"),
    _seen("question", "ConfirmScreen", ("g", "t", "*", "d"), "Delete"),
    _told("settings", "SettingsScreen", ("g", ","), "theme"),
    _told("all keys", "KeysScreen", ("g", "?"), "undo"),
    _seen("key pressed", "KeysScreen", ("g", "?", "enter"), "Press the key", grabs=True),
    _told("messages", "MessagesScreen", ("g", "t", "y", "t", "g", "M"), "Title", is_still=True),
    _told("no messages", "MessagesScreen", ("g", "M"), "Nothing was", "Nothing was", is_still=True),
    _told("help", "HelpScreen", ("?",), "On a row"),
    _told("copied", "ShownScreen", _SHOWN, "heron", is_still=True),
    _told("recovery", "RecoveryScreen", _RECOVERY, "recovery", is_still=True),
    _seen(
        "recovery code",
        "RecoveryScreen",
        (*_RECOVERY, "enter"),
        "down",
        has_dice=True,
        acts=_CAPTURE,
        is_still=True,
    ),
    _seen("capture", "ListScreen", ("g", "t", "c", "text:oak tomorrow !high"), "tomorrow"),
    _seen("filter", "ListScreen", ("g", "t", "/", "text:heron 1"), "heron 1", empty="belong"),
    _seen("field edited", "RecordScreen", ("g", "t", "enter", "e"), "Title"),
    _seen("note edited", "ReaderScreen", ("g", "n", "enter", "e"), "Ink"),
    _seen("marks", "ListScreen", ("g", "t", "x", "j", "x"), "2 marked", acts=_MARKED),
    _seen("labels", "ListScreen", ("g", "t", "f"), "heron", grabs=True),
    _seen("first start", "FirstScreen", (), "begin", home="fresh"),
    _seen("first passphrase", "FirstScreen", ("p",), "Passphrase", home="fresh"),
    _seen("lock screen", "LockedScreen", (), "locked", home="locked"),
    _seen("lock passphrase", "LockedScreen", ("enter",), "Passphrase", home="locked"),
)
"""Every screen there is, and the states of them that look different."""

PRIVATE = (
    "tide",
    "Mallow",
    "jetty",
    "heron",
    "ledger",
    "annals",
    "Ada",
    "Harbour",
    "family",
    "errand",
    "oak",
    "letters",
)
"""Words of the filled home that no locked screen may show."""

DATA = frozenset(
    {
        "heron ledger annals Ada Brook Harbour team family errand gone astray Evening letters",
        "Ink one two example org Bea Stone words and year so it went fill link look oak elm ash",
        "letter high",
        "Home Personal todo notes contacts task tasks calendar",  # what every home is made with
        "auto dark vim plain light contrast ansi mono",  # values of settings, as in their file
        "nest nests gone three Grace agents stray Heron helper name systemPrompt file every heron",
        "ada https auth sync tags workbenchScenes taskLabels mana localhost manabench login URL",
        "the title is too long for this server",
        "Weekly tide Nothing but fog Mallow keeps the week in order Be brief Look at what is open",
        "and plan the week sweep the jetty ledger of the week One Two Three so that Monday starts",
        "with a plan Ferries leave on Fridays Calls what is not there Mana create_task title",
        "priority high Standard assistant for all missions mis call calls failed Stopped at",
        "no_such_tool There is no such tool use only those that are offered task tasks read added",
        "oak tomorrow high recovery was copied qqq",  # what is typed on the way
    }
)
"""Words on the screens that are no words of ours."""
