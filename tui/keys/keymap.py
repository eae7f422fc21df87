"""The keys of a person: the presets and ``keymap.toml`` in the config folder.

    preset = "plain"

    [keys]
    undo = ["u", "ctrl+y"]
    "todo.priority" = "p"

``read`` checks a whole file before anything of it holds. What cannot be is left out and named
with its line and with what stays in force, so a wrong line costs that line and never a key that
somebody needs. No screen and no file here; ``tui.keys.keymap_file`` reads and writes the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from store.settings import line_of
from store.words import N_, _
from tui.keys.action import ANY, Action
from tui.keys.actions import PLACES, in_scopes
from tui.keys.keynames import (
    ALTGR,
    TORN_TAILS,
    canonical,
    sendable,
    written,
)
from tui.keys.plain import PLAIN

FILE = "keymap.toml"
PRESETS = ("vim", "plain")

ESSENTIAL = frozenset({"quit", "undo", "palette", "help", "cancel", "locked.unlock"})
"""What nobody may be left without a key for."""

MOST_KEYS = 3
"""Keys of one sequence."""


class Problem(NamedTuple):
    """Something in the file that does not hold. ``str()`` says where, what, and what stays.

    line counts from 1, 0 where it is not known. A warning holds all the same. The words are looked
    up when they are read, because the language may be chosen later.
    """

    line: int
    happened: str
    stays: str
    given: Mapping[str, str]
    id: str = ""
    warning: bool = False

    def __str__(self) -> str:
        where = _("{file}, line {line}:") if self.line else "{file}:"
        given = {**self.given, "file": FILE, "line": str(self.line)}
        if "keys" in given:
            given["keys"] = given["keys"] or _("none")
        parts = (where, _(self.happened), _(self.stays))
        return " ".join(part.format(**given) for part in parts if part)


class Keymap(NamedTuple):
    """The keys in force: those of ``preset``, but for the acts in ``own``."""

    preset: str = "vim"
    own: Mapping[str, tuple[str, ...]] = MappingProxyType({})
    problems: tuple[Problem, ...] = ()

    def keys_of(self, action: Action) -> tuple[str, ...]:
        """The keys of ``action``, as the registry of the default keys has it."""
        found = self.own.get(action.id)
        return preset_keys(action, self.preset) if found is None else found

    def applied(self, actions: Iterable[Action]) -> tuple[Action, ...]:
        """``actions`` with the keys in force."""
        if self.preset == "vim" and not self.own:
            return tuple(actions)
        return tuple(
            a if (keys := self.keys_of(a)) == a.keys else a._replace(keys=keys) for a in actions
        )


def preset_keys(action: Action, preset: str) -> tuple[str, ...]:
    """The keys that a preset gives to an act."""
    return PLAIN.get(action.id, action.keys) if preset == "plain" else action.keys


def in_palette(action: Action) -> bool:
    """Whether the palette offers the act, so that it can be done without a key of its own."""
    return action.scope not in ("move", "first", "locked", "confirm", "typing", "picking") and (
        action.id != "palette"
    )


# Reading -----------------------------------------------------------------------------------------


class Wanted(NamedTuple):
    """One line of the file: the keys it asks for an act."""

    action: Action
    keys: tuple[str, ...]
    line: int


def read(text: str, actions: Sequence[Action], preset: str = "vim") -> Keymap:
    """The keymap that ``text`` asks for, over ``actions`` with their default keys.

    preset: the one in force where the text names none. Never raises; see ``problems``.
    """
    import tomllib

    try:
        found = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        line = _line_of_error(str(error), text)
        why = re.sub(r"\s*\(at .*\)$", "", str(error))[:80]
        return Keymap(preset, {}, (_not_toml(line, why, preset),))
    problems: list[Problem] = []
    preset = _preset(found, text, preset, problems)
    wanted = _entries(found, text, actions, preset, problems)
    own = _without_clashes(wanted, actions, preset, problems)
    problems.sort(key=lambda problem: problem.line)
    return Keymap(preset, own, tuple(problems))


def unreadable(preset: str, why: str) -> Keymap:
    """What is in force where the file cannot be read at all."""
    problem = Problem(
        0,
        N_("The file cannot be read ({why})."),
        N_("The keys of the preset {preset} are in force."),
        {"why": why, "preset": preset},
    )
    return Keymap(preset, {}, (problem,))


def _not_toml(line: int, why: str, preset: str) -> Problem:
    return Problem(
        line,
        N_("This is not TOML ({why})."),
        N_("The keys of the preset {preset} are in force."),
        {"why": why, "preset": preset},
    )


def _line_of_error(said: str, text: str) -> int:
    found = re.search(r"at line (\d+)", said)
    return int(found[1]) if found else text.count("\n") + 1


def _preset(found: Mapping[str, Any], text: str, preset: str, problems: list[Problem]) -> str:
    given = found.get("preset", preset)
    if isinstance(given, str) and given in PRESETS:
        return given
    problems.append(
        Problem(
            line_of(text, "", "preset"),
            N_("“{value}” is no preset; there are {names}."),
            N_("The preset {preset} is in force."),
            {"value": str(given)[:40], "names": ", ".join(PRESETS), "preset": preset},
        )
    )
    return preset


def _entries(
    found: Mapping[str, Any],
    text: str,
    actions: Sequence[Action],
    preset: str,
    problems: list[Problem],
) -> list[Wanted]:
    """The lines that hold by themselves, in the order of the file."""
    known = {action.id: action for action in actions}
    left = N_("It is left alone.")
    for name in found:
        if name not in ("preset", "keys"):
            words = N_("“{name}” is neither preset nor keys; acts stand under [keys].")
            problems.append(Problem(_line(text, "", name), words, left, {"name": name[:60]}))
    table = found.get("keys", {})
    if not isinstance(table, dict):
        words = N_("keys is not a table; acts stand under [keys].")
        problems.append(Problem(_line(text, "", "keys"), words, left, {}))
        return []
    wanted: dict[str, Wanted] = {}
    for id, value in _flat(table):
        line = _line(text, "keys", id)
        if id not in known:
            near = _nearest(id, known)
            words = N_("There is no act {name}.")
            if near:
                words = N_("There is no act {name}; the nearest is {near}.")
            problems.append(Problem(line, words, left, {"name": id[:60], "near": near}))
            continue
        action = known[id]
        keys = _keys(action, value, line, preset, problems)
        if keys is not None:
            wanted[id] = Wanted(action, keys, line)
    return list(wanted.values())


def _flat(table: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """``todo.priority`` is a table in a table for TOML, and one name for us."""
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{before}{name}.")
        else:
            yield before + name, value


def _line(text: str, section: str, name: str) -> int:
    """The line of an act; that of its table, or of [keys], where it stands in another form."""
    while True:
        if (line := line_of(text, section, name)) or not section:
            return line
        section, _dot, tail = section.rpartition(".")
        name = name if not tail else section and f"{tail}.{name}" or tail


def _nearest(id: str, known: Iterable[str]) -> str:
    import difflib

    found = difflib.get_close_matches(id, list(known), 1, 0.6)
    return found[0] if found else ""


# One line ----------------------------------------------------------------------------------------


def _keys(
    action: Action, value: Any, line: int, preset: str, problems: list[Problem]
) -> tuple[str, ...] | None:
    """The keys a line gives to ``action``; None where the preset's stay."""
    stays = N_("{act} keeps its keys: {keys}.")
    given = {"act": action.id, "keys": shown(preset_keys(action, preset))}

    def tell(words: str, key: str = "", *, warning: bool = False) -> None:
        ends = N_("It is in force all the same.") if warning else stays
        more = {"key": key[:40]}
        problems.append(Problem(line, words, ends, {**given, **more}, action.id, warning))

    listed = [value] if isinstance(value, str) else value
    if not isinstance(listed, list) or not all(isinstance(key, str) for key in listed):
        tell(N_("Keys are texts in quotes, or a list of such."))
        return None
    if not action.run:
        tell(N_("{act} belongs to the text field and cannot be changed."))
        return None
    if not listed and (action.id in ESSENTIAL or not in_palette(action)):
        tell(N_("{act} would have no key left, and it must keep one."))
        return None
    found: list[str] = []
    for typed in listed:
        keys = canonical(typed)
        if keys is None or len(keys.split(" ")) > MOST_KEYS:
            tell(N_("“{key}” is no key."), typed)
            return None
        if why := _refused(action, keys):
            tell(why, typed)
            return None
        if any(key in ALTGR for key in keys.split(" ")):
            tell(N_("“{key}” needs AltGr or a dead key on some keyboards."), typed, warning=True)
        found.append(keys)
    return tuple(dict.fromkeys(found))


def _refused(action: Action, keys: str) -> str:
    """Why ``keys`` can never reach ``action``, or nothing."""
    sequence = keys.split(" ")
    if ANY in sequence or not all(sendable(key) for key in sequence):
        return N_("“{key}” is a key that terminals do not send, or send as another one.")
    if action.scope in ("typing", "picking"):
        if len(sequence) > 1 or len(sequence[0]) == 1 or sequence[0] == "space":
            return N_("“{key}” types there and cannot be a key of {act}.")
        return ""
    if action.changes and any(key in TORN_TAILS for key in sequence):
        return N_("“{key}” is the tail of a torn key; nothing that changes records hangs on it.")
    if any(key.isdigit() for key in sequence) and not any(k[-1:].isdigit() for k in action.keys):
        return N_("“{key}”: digits are cards and scenes.")
    if "escape" in sequence[1:] or "ctrl+c" in sequence[1:]:
        return N_("“{key}” cannot be reached: Escape and Ctrl+C end a sequence.")
    return ""


def shown(keys: Iterable[str]) -> str:
    """Keys for a sentence."""
    return ", ".join(written(one) for one in keys)


# Clashes -----------------------------------------------------------------------------------------


class Clash(NamedTuple):
    """Two acts that want the same key in one place, or one that hides the other."""

    first: Action
    second: Action
    keys: str
    place: str
    hides: bool


def clashes(actions: Sequence[Action]) -> Iterator[Clash]:
    """Every clash of ``actions``, whose keys are in force, place by place."""
    modules = sorted({a.id.partition(".")[0] for a in actions if a.run == "do_own_act"}) or [""]
    for place, scopes in PLACES.items():
        for module in modules if "one" in scopes else modules[:1]:
            here = [
                a
                for a in in_scopes(actions, scopes)
                if a.run != "do_own_act" or a.id.startswith(module + ".")
            ]
            yield from _clashes_in(here, place)


def _clashes_in(here: Sequence[Action], place: str) -> Iterator[Clash]:
    taken: dict[tuple[str, ...], Action] = {}
    for action in here:
        for keys in action.sequences:
            if (other := taken.setdefault(keys, action)) is not action:
                yield Clash(other, action, " ".join(keys), place, False)
    for keys, action in taken.items():
        for length in range(1, len(keys)):
            if (other := taken.get(keys[:length])) is not None:
                yield Clash(other, action, " ".join(keys[:length]), place, True)


def _without_clashes(
    wanted: Sequence[Wanted], actions: Sequence[Action], preset: str, problems: list[Problem]
) -> dict[str, tuple[str, ...]]:
    """The lines that hold together. Of two that clash the later one gives way; a line that takes a
    key which another act keeps gives way to it."""
    lines = {one.action.id: one for one in wanted}
    order = {one.action.id: at for at, one in enumerate(wanted)}
    while lines:
        own = {id: one.keys for id, one in lines.items()}
        found = next(
            (
                clash
                for clash in clashes(Keymap(preset, own).applied(actions))
                if clash.first.id in own or clash.second.id in own
            ),
            None,
        )
        if found is None:
            return own
        loser, other = found.second, found.first
        if loser.id not in own or (other.id in own and order[other.id] > order[loser.id]):
            loser, other = other, loser
        line = lines.pop(loser.id)
        problems.append(_clash_problem(line, other, found, preset))
    return {}


def _clash_problem(line: Wanted, other: Action, clash: Clash, preset: str) -> Problem:
    words = N_("“{key}” means both {act} and {other} ({place}).")
    if clash.hides:
        words = N_("“{key}” of {first} hides a longer key of {second} ({place}).")
    given = {
        "key": written(clash.keys),
        "act": line.action.id,
        "other": other.id,
        "first": clash.first.id,
        "second": clash.second.id,
        "place": clash.place,
        "keys": shown(preset_keys(line.action, preset)),
    }
    stays = N_("{act} keeps its keys: {keys}.")
    return Problem(line.line, words, stays, given, line.action.id)
