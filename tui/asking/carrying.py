"""Carrying records: to a project of their space, or to another space. All of it off the loop."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from store.module import Act, Module
from store.told import counted
from store.words import _, ngettext

if TYPE_CHECKING:
    from store.scope import Scope
    from store.workbench import Workbench
    from tui.screens.pick import Choice

PROJECT, SPACE = "project", "space"

KEY = "m"
"""A module's act with this key moves records inside their space."""


def act_of(module: Module) -> Act | None:
    """The act that moves records of ``module`` inside their space, if it has one."""
    return next((act for act in module.acts if KEY in act.keys), None)


def choices(bench: Workbench, scope: Scope, module: Module) -> list[Choice]:
    """Where records of ``module`` can go: projects first, then the spaces that may hold them."""
    from tui.asking import doing
    from tui.screens.pick import Choice

    found: list[Choice] = []
    act = act_of(module)
    field = next((f for f in module.fields if act is not None and f.name == act.argument), None)
    if field is not None and field.link:
        label = _(field.words)
        found += [
            Choice(choice.words, (PROJECT, choice.value), label)
            for choice in doing.link_choices(bench, scope, field.link)
        ]
    for space in bench.spaces.list():
        if space["id"] != scope.id and bench.spaces.scope(space["id"]).allows(module.id):
            found.append(Choice(space.text("name"), (SPACE, space["id"]), _("space"), "→"))
    return found


def to_space(
    bench: Workbench, scope: Scope, collection: str, ids: Sequence[str], target: str
) -> str:
    """Move records to the space ``target`` as one step, which ``u`` takes back.

    Raises what ``store.moving.move`` raises; then nothing has moved.
    """
    from store.moving import move

    there = bench.spaces.scope(target)
    name = bench.spaces.find(target).text("name")
    count = len(ids)
    label = counted("move {n} record to another space", "move {n} records to another space", count)
    with bench.step(label, confirmed=True, scope=scope):
        for id in ids:
            move(bench, scope, collection, id, there)
    words = ngettext("Moved {n} record to {space}.", "Moved {n} records to {space}.", count)
    keeps = _("The old space keeps what others already received from it.")
    return f"{words.format(n=count, space=name)} {keeps}"
