"""The screens as data: which keys lead there from Home, and what stands on them.

A screen that is not here is not shown: ``test_matrix`` compares this table with the classes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from store.workbench import Workbench


@dataclass(frozen=True)
class Place:
    """One screen.

    keys lead there from Home; a text in it longer than a key's name is typed. sign stands on it
    when the space is filled, empty where there is nothing to show ("" for a screen that always has
    something). reads: it shows what it must ask the store for, so it can be loading and fail.
    acts: for an action that changes records and asks for more, the keys that answer it.
    home: which home it is opened on: filled, fresh (none made yet) or locked.
    """

    name: str
    screen: str
    keys: tuple[str, ...]
    sign: str
    empty: str = ""
    reads: bool = True
    home: str = "filled"
    acts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


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

PLACES: tuple[Place, ...] = (
    Place("home", "HomeScreen", (), "heron", "a add", acts=_TASK),
    Place("tasks", "ListScreen", ("g", "t"), "heron", "Tasks belong here", acts=_TASK),
    Place("notes", "ListScreen", ("g", "n"), "ledger", "Notes belong here", acts=_NOTE),
    Place(
        "contacts",
        "ListScreen",
        ("g", "c"),
        "Ada",
        "People belong here",
        acts={**_RECORD, **_UNDATED},
    ),
    Place("record", "RecordScreen", ("g", "t", "enter"), "Priority", acts=_TASK),
    Place(
        "reader",
        "ReaderScreen",
        ("g", "n", "enter"),
        "ledger",
        acts={**_NOTE, "edit": ("e", "text:changed ", "ctrl+s"), "main_act": NOT_HERE},
    ),
    Place(
        "history",
        "PastScreen",
        ("g", "t", "i"),
        "heron",
        acts={**_CAPTURE, "past.take_back": ("end", "space")},
    ),
    Place(
        "search",
        "FoundScreen",
        ("g", "s", "text:heron", "enter"),
        "heron",
        "Nothing",
        reads=False,
        acts=_CAPTURE,
    ),
    Place("deleted", "DeletedScreen", ("g", "D"), "gone", "Nothing", acts=_CAPTURE),
    Place("spaces", "SpacesScreen", ("g", "S"), "Harbour", acts=_SPACES),
    Place("tags", "TagsScreen", ("g", "T"), "family", "tag", acts=_TAG_ACTS),
    Place("scenes", "ScenesScreen", ("g", "L"), "Home", acts=_SCENES),
    Place("inbox", "InboxScreen", ("g", "i"), "", "Nothing", acts=_CAPTURE),
    Place("import", "BringScreen", ("g", "I"), "Import", reads=False, acts=_CAPTURE),
    Place("settings", "SettingsScreen", ("g", ","), "theme", reads=False, acts=_CAPTURE),
    Place("keys", "KeysScreen", ("g", "?"), "edit this field", reads=False, acts=_CAPTURE),
    Place("messages", "MessagesScreen", ("g", "M"), "", "Nothing", reads=False, acts=_CAPTURE),
    Place("help", "HelpScreen", ("?",), "On a row", reads=False, acts=_CAPTURE),
    Place("palette", "PickScreen", (":",), "add here", reads=False),
    Place("spaces to choose", "PickScreen", ("s",), "Harbour"),
    Place(
        "recovery",
        "RecoveryScreen",
        (":", "text:recovery", "enter"),
        "recovery",
        reads=False,
        acts=_CAPTURE,
    ),
    Place("first start", "FirstScreen", (), "begin", reads=False, home="fresh"),
    Place("lock screen", "LockedScreen", (), "locked", reads=False, home="locked"),
)


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
        body = "# Ink\n\n- one [link](https://example.org)\n- two\n\n" + "words and words " * 40
        for n in range(4):
            step.insert("notes", {**notes(f"ledger {n}"), "content": body})
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
