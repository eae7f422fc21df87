"""The screens as data: which keys lead there from Home, and what stands on them.

A screen that is not here is not shown: ``test_matrix`` compares this table with the classes.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from store.errors import HeldError
from store.workbench import Workbench
from tests.harness.homes import Home


@dataclass(frozen=True)
class Place:
    """One screen, in one of the states that look different.

    keys lead there from Home, as ``Driven.follow`` takes them. sign stands on it, empty where there
    is nothing to show ("" for a screen that always has something). reads: it shows what it must
    ask the store for, so it can be loading and fail. acts: for an action that changes records and
    asks for more, the keys that answer it. home: which home it is opened on (``Bench.home``).
    grabs: the next key is for one purpose. has_dice: what stands on it differs each time.
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

    @property
    def is_open(self) -> bool:
        """Whether it is a screen of an unlocked workbench."""
        return self.home in ("filled", "held")

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

_NOTHING_WAITS = "Nothing waits"
_READ = {**_NOTE, "edit": ("e", "text:changed ", "ctrl+s"), "main_act": NOT_HERE}
_CONTACT = {**_RECORD, **_UNDATED}
_IMPORT = ("g", "I", "~letters", "j", "enter", "~oak")
_SHOWN = ("g", "t", "y", "t", ":", "text:was copied", "~select", "enter")
_LONG = ("g", "n", "/", "text:annals", "enter", "~annals", "enter")


def _typing(name: str, screen: str, keys: tuple[str, ...], sign: str, **more: Any) -> Place:
    """A state in which a text field has focus and nothing is read any more."""
    return Place(name, screen, keys, sign, reads=False, **more)


def _told(name: str, screen: str, keys: tuple[str, ...], sign: str, empty: str = "") -> Place:
    """A screen of what the program knows by itself."""
    return Place(name, screen, keys, sign, empty, reads=False, acts=_CAPTURE)


PLACES: tuple[Place, ...] = (
    Place("home", "HomeScreen", (), "heron", "a add", acts=_TASK),
    Place("tasks", "ListScreen", ("g", "t"), "heron", "Tasks belong here", acts=_TASK),
    Place("notes", "ListScreen", ("g", "n"), "ledger", "Notes belong here", acts=_NOTE),
    Place("contacts", "ListScreen", ("g", "c"), "Ada", "People belong here", acts=_CONTACT),
    Place("record", "RecordScreen", ("g", "t", "enter"), "Priority", acts=_TASK),
    Place("reader", "ReaderScreen", ("g", "n", "enter"), "ledger", acts=_READ),
    Place("long note", "ReaderScreen", _LONG, "annals", acts=_READ),
    Place("history", "PastScreen", ("g", "t", "i"), "heron", acts=_TAKE_BACK),
    Place("whole change", "PastScreen", ("g", "t", "i", "end", "enter"), "heron", acts=_TAKE_BACK),
    Place("deleted", "DeletedScreen", ("g", "D"), "gone", "Nothing is deleted", acts=_CAPTURE),
    Place("spaces", "SpacesScreen", ("g", "S"), "Harbour", acts=_SPACES),
    Place("tags", "TagsScreen", ("g", "T"), "family", "a adds one", acts=_TAG_ACTS),
    Place("scenes", "ScenesScreen", ("g", "L"), "Home", acts=_SCENES),
    Place("inbox", "InboxScreen", ("g", "i"), "look", home="held", acts=_CAPTURE),
    Place("empty inbox", "InboxScreen", ("g", "i"), _NOTHING_WAITS, _NOTHING_WAITS, acts=_CAPTURE),
    Place("import", "BringScreen", ("g", "I", "~letters"), "letters", acts=_CAPTURE),
    Place("import plan", "PlannedScreen", (*_IMPORT, "enter", "~u takes"), "oak", acts=_CAPTURE),
    Place(
        "import result",
        "PlannedScreen",
        (*_IMPORT, "enter", "~u takes", "enter", "~Enter shows it"),
        "u takes",
        reads=False,
        acts=_CAPTURE,
    ),
    Place("search", "FoundScreen", ("g", "s", "text:heron", "enter"), "heron", acts=_CAPTURE),
    _typing("search words", "FoundScreen", ("g", "s", "text:qqq"), "holds", empty="holds that"),
    _typing("palette", "PickScreen", (":",), "add here"),
    Place("choice of space", "PickScreen", ("s",), "Harbour"),
    Place("choice of tags", "PickScreen", ("g", "t", "t"), "errand", "new name"),
    Place("choice of filter", "PickScreen", ("g", "t", "v", "f"), "overdue"),
    Place("choice of link", "PickScreen", ("g", "n", "o"), "example.org"),
    Place("ticks", "TickScreen", ("g", "L", "t"), "errand"),
    _typing("themes", "ThemeScreen", ("g", ",", "enter"), "contrast"),
    Place("question", "ConfirmScreen", ("g", "t", "*", "d"), "Delete"),
    _told("settings", "SettingsScreen", ("g", ","), "theme"),
    _told("keys", "KeysScreen", ("g", "?"), "next row"),
    _told("key pressed", "KeysScreen", ("g", "?", "enter"), "Press the key"),
    _told("messages", "MessagesScreen", ("g", "t", "y", "t", "g", "M"), "Title", "Nothing was"),
    _told("help", "HelpScreen", ("?",), "On a row"),
    _told("copied", "ShownScreen", _SHOWN, "heron"),
    _told("recovery", "RecoveryScreen", (":", "text:recovery", "enter"), "recovery"),
    _told("recovery code", "RecoveryScreen", (":", "text:recovery", "enter", "enter"), "down"),
    _typing("capture", "ListScreen", ("g", "t", "c", "text:oak tomorrow !high"), "tomorrow"),
    _typing("filter", "ListScreen", ("g", "t", "/", "text:heron 1"), "heron 1", empty="fits"),
    _typing("field edited", "RecordScreen", ("g", "t", "enter", "e"), "Title"),
    _typing("note edited", "ReaderScreen", ("g", "n", "enter", "e"), "Ink"),
    Place("marks", "ListScreen", ("g", "t", "x", "j", "x"), "2 marked", acts=_CAPTURE),
    Place("labels", "ListScreen", ("g", "t", "f"), "heron", reads=False, grabs=True),
    _typing("first start", "FirstScreen", (), "begin", home="fresh"),
    _typing("first passphrase", "FirstScreen", ("p",), "Passphrase", home="fresh"),
    _typing("lock screen", "LockedScreen", (), "locked", home="locked"),
    _typing("lock passphrase", "LockedScreen", ("enter",), "Passphrase", home="locked"),
)
"""Every screen there is, and the states of them that look different."""

PRIVATE = ("heron", "ledger", "annals", "Ada", "Harbour", "family", "errand", "oak", "letters")
"""Words of the filled home that no locked screen may show."""


def fill(bench: Workbench) -> None:
    """Something for every screen to show, and a second space that must not show through."""
    todo, notes, contacts = (bench.modules[name].quick for name in ("todo", "notes", "contacts"))
    assert todo is not None
    assert notes is not None
    assert contacts is not None
    with bench.step("fill") as step:
        family = bench.tags.add("family", step=step)
        bench.tags.add("errand", step=step)
        made = [step.insert("tasks", todo(f"heron {n:02}")) for n in range(30)]
        step.update("tasks", made[-1], {"dueDate": "2026-01-02", "priority": "high"})
        bench.tags.tag(step, "tasks", made[-3:], family)
        body = "# Ink\n\n- one [link](https://example.org)\n- <https://example.com/two>\n\n" + "words and words " * 40
        for n in range(4):
            step.insert("notes", {**notes(f"ledger {n}"), "content": body})
        long = "\n\n".join(f"## Year {n}\n\n{'so it went ' * 30}" for n in range(1990, 2020))
        step.insert("notes", {**notes("annals"), "content": long})
        step.insert("contacts", contacts("Ada Brook"))
        lost = step.insert("tasks", todo("gone astray"))
    with bench.step("delete", confirmed=True) as step:
        step.delete("tasks", lost)
    bench.scenes.add("Evening", ["notes"])
    other = bench.spaces.create("Harbour", "team")
    here = bench.scope.id
    bench.enter(other)
    with bench.step("fill") as step:
        step.insert("tasks", todo("cormorant"))
    bench.enter(here)


def fill_folder(home: Home) -> None:
    """Something to import, in the person's own folder."""
    folder = home.person / "letters"
    folder.mkdir()
    for name in ("ash", "elm", "oak"):
        (folder / f"{name}.md").write_text(f"# {name}\n\nA letter.\n", encoding="utf-8")


def hold(bench: Workbench) -> None:
    """Deletions that wait for a look."""
    with bench.step("fill", kind="seed") as step:
        ids = [step.insert("notes", {"title": f"look {n}"}) for n in range(6)]
    with suppress(HeldError), bench.step("delete") as step:
        for id in ids:
            step.delete("notes", id)
