"""The keys in force as rows, as lines for a terminal and as a page: all from the registry.

Nothing here knows a screen, so the command line tells the same as the workbench.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from store.module import Module
from store.words import _
from tui.keys.action import Action
from tui.keys.actions import TITLES, everything
from tui.keys.keymap import Keymap, preset_keys
from tui.keys.keynames import written


class KeyRow(NamedTuple):
    """One act: where it acts, its id, its keys as the registry and as people write them."""

    place: str
    id: str
    words: str
    keys: tuple[str, ...]
    is_own: bool
    action: Action

    @property
    def shown(self) -> str:
        """Its keys as people write them."""
        return "  ".join(written(one) for one in self.keys)


def rows(modules: Mapping[str, Module], keymap: Keymap) -> list[KeyRow]:
    """Every act, by place; a module's acts stand under its name."""
    found = []
    for action in by_place(everything(modules)):
        found.append(
            KeyRow(
                title(modules, action),
                action.id,
                _(action.words),
                keymap.keys_of(action),
                action.id in keymap.own,
                action,
            )
        )
    return found


_FIRST = ("everywhere", "move", "rows", "one", "home", "always", "typing", "picking")
_LAST = ("first", "locked", "confirm")


def by_place(actions: Iterable[Action]) -> list[Action]:
    """``actions``, those of one place together: what is used everywhere and in lists before what
    one screen has, and last what is hardly ever seen."""
    others = [scope for scope in TITLES if scope not in (*_FIRST, *_LAST)]
    order = {scope: at for at, scope in enumerate((*_FIRST, *others, *_LAST))}
    return sorted(actions, key=lambda a: order.get(a.scope, len(order)))


def title(modules: Mapping[str, Module], action: Action) -> str:
    """What the place of an act is called: that of a module's act is the module."""
    module = modules.get(action.id.partition(".")[0])
    if action.run == "do_own_act" and module is not None:
        return _(module.words)
    return _(TITLES.get(action.scope, action.scope))


def data(modules: Mapping[str, Module], keymap: Keymap) -> dict[str, Any]:
    """The keys in force as JSON."""
    return {
        "preset": keymap.preset,
        "acts": [
            {
                "id": row.id,
                "place": row.action.scope,
                "words": row.words,
                "keys": list(row.keys),
                "own": row.is_own,
                "changes": row.action.changes,
            }
            for row in rows(modules, keymap)
        ],
        "problems": [problem_data(problem) for problem in keymap.problems],
    }


def problem_data(problem: Any) -> dict[str, Any]:
    """A problem as JSON."""
    return {
        "line": problem.line,
        "act": problem.id,
        "warning": problem.warning,
        "message": str(problem),
    }


def markdown(modules: Mapping[str, Module], keymap: Keymap) -> str:
    """The page: one table for each place, with the keys of both presets."""
    lines = [
        "# Keys",
        "",
        _("Made from the registry by `manabench keys --markdown`; change the registry, not this."),
        "",
        _(
            "A letter acts while no text field has focus. Keys with a space between them are "
            "pressed one after the other. Every act is also found in the palette (`:`) by its "
            "words. `keymap.toml` in the config folder changes keys; `g ?` does it on the screen."
        ),
    ]
    place = ""
    for row in rows(modules, keymap):
        if row.place != place:
            place = row.place
            head = (_("act"), "vim" if keymap == Keymap() else _("keys"), "plain", "id")
            lines += ["", f"## {place}", "", _cells(head), _cells(["---"] * 4)]
        plain = preset_keys(row.action, "plain")
        lines.append(_cells([row.words, _codes(row.keys), _codes(plain), f"`{row.id}`"]))
    return "\n".join(lines) + "\n"


def _cells(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _codes(keys: Sequence[str]) -> str:
    return " ".join(f"`{written(one)}`" for one in keys).replace("|", "\\|")
