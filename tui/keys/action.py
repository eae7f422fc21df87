"""What an action is: one thing to do, its words, its keys and where they act.

Keys are written as typed: ``j``, ``G``, ``space``, ``ctrl+p``, ``f2``; a sequence has its keys
apart: ``g t``. ``ANY`` stands for any key that types.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from store.words import N_

Scope = Literal[
    "always",  # every screen that is not typing, locked and first start included
    "everywhere",  # every commanding screen of an unlocked workbench
    "move",  # screens with a cursor
    "one",  # a record in view, or the marked ones
    "rows",  # the list of a module
    "home",  # the cards of a scene
    "found",  # the results of a search
    "past",  # the history of one record
    "reading",  # the long text of one record
    "fields",  # the fields of one record
    "files",  # the chooser of files
    "plan",  # what an import would do
    "gone",  # the deleted records of all modules
    "manage",  # spaces, tags or scenes
    "narrow",  # a list that "/" narrows and that is no module's
    "marking",  # such a list where many can be marked
    "ordering",  # such a list with an order of its own
    "spaces",
    "tags",
    "scenes",
    "inbox",
    "sync",  # account, state and collections of syncing
    "conflicts",
    "mission",  # one mission and its runs
    "proposal",  # what an agent asks for, whole
    "timeline",  # what agents did and read
    "steps",  # of one run
    "revert",  # what would go back, before it does
    "agent",  # one agent and its policy
    "templates",
    "template",  # one of them, before it is applied
    "members",  # of one space, and its invitations
    "text",  # a long text or list that "/" narrows: help, messages
    "keys",  # the screen of the keys
    "settings",  # the screen of the settings
    "first",  # first start
    "locked",  # the lock screen
    "confirm",  # a question that undo could not mend
    "typing",  # a text field has focus
    "picking",  # a text field over a list of choices has focus
]


class Action(NamedTuple):
    """One thing to do.

    words is its sentence in the help, palette further words it is found by; a comma parts them.
    changes marks what alters records, argument is given to the method that runs. hint is one
    short word for the keys that an empty message line shows; most acts have none.
    """

    id: str
    words: str
    keys: tuple[str, ...]
    scope: Scope
    run: str
    palette: str = ""
    argument: str = ""
    changes: bool = False
    hint: str = ""

    @property
    def sequences(self) -> tuple[tuple[str, ...], ...]:
        """Its keys, each as the tuple of keys to press one after the other."""
        return tuple(tuple(keys.split(" ")) for keys in self.keys)


ANY = "<text>"

FIELD = "field"
"""``run`` of what the field with focus does by itself; it stands here for the help."""


def one(
    id: str,
    scope: Scope,
    keys: str,
    words: str,
    palette: str = "",
    *,
    run: str = "",
    argument: str = "",
    changes: bool = False,
    hint: str = "",
) -> Action:
    given = tuple(keys.split(", ")) if keys else ()
    method = "" if run == FIELD else run or "do_" + id.replace(".", "_")
    return Action(id, words, given, scope, method, palette, argument, changes, hint)


def when(name: str, keys: str, words: str, day: str) -> Action:
    """Of ``w``. The typed form gets the first key of what is typed."""
    return one(
        f"when.{name}",
        "one",
        keys,
        words,
        N_("when, due date, snooze"),
        run="do_when" if day else "do_when_typed",
        argument=day,
        changes=True,
    )


def screen(name: str, keys: str, words: str, palette: str, path: str) -> Action:
    """A screen that is reached from everywhere. path: its module and class, imported when asked."""
    return one(f"go.{name}", "everywhere", keys, words, palette, run="do_screen", argument=path)
