"""The registry and the contract's table of keys agree; the table's rules hold in both presets."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from store.modules import installed
from tests.tui.key_table import CONTRACT, DEAD, SHARED, TYPED_WITH_ALTGR
from tui.keys.action import ANY, Action
from tui.keys.actions import PLACES, TITLES, everything, in_scopes, registry
from tui.keys.keymap import Keymap, clashes, in_palette
from tui.keys.keynames import TORN_TAILS, canonical, sendable, written
from tui.keys.reading import TWINS, Press, Reader, bind

SCREENS = Path(__file__).parents[2] / "tui" / "screens"
PRESETS = ("vim", "plain")


def acts(preset: str = "vim") -> tuple[Action, ...]:
    return Keymap(preset).applied(everything(installed()))


def keys_of(action: Action) -> set[str]:
    return set(action.keys)


def test_every_key_of_the_contract_is_in_the_registry() -> None:
    found = {a.id: a for a in registry(installed())}
    wrong = {
        id: (keys, found[id].keys if id in found else None)
        for id, keys in CONTRACT.items()
        if id not in found or keys_of(found[id]) != set(filter(None, keys.split(", ")))
    }
    assert wrong == {}


def test_the_registry_has_no_shared_key_that_the_contract_does_not_know() -> None:
    modules = {f"go.{id}" for id in installed()}
    extra = [a.id for a in registry(installed()) if a.scope in SHARED and a.id not in CONTRACT]
    assert set(extra) == modules


def test_every_set_of_scopes_of_a_screen_is_a_place_that_is_checked() -> None:
    known = set(PLACES.values())
    for path in SCREENS.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Assign | ast.AnnAssign) or not node.value:
                continue
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = [t.id if isinstance(t, ast.Name) else getattr(t, "attr", "") for t in targets]
            if not any(re.search("scopes$|^_CARDS$|^_SCENE$", name) for name in names):
                continue
            try:
                scopes = ast.literal_eval(node.value)
            except ValueError:
                continue
            assert scopes in known or any(set(scopes) <= set(place) for place in known), (
                path.name,
                scopes,
            )


def test_every_scope_has_a_title_and_a_place() -> None:
    scopes = {a.scope for a in registry(installed())}
    assert scopes <= set(TITLES)
    assert scopes <= {scope for place in PLACES.values() for scope in place}


@pytest.mark.parametrize("preset", PRESETS)
def test_no_key_means_two_things_in_one_place(preset: str) -> None:
    assert list(clashes(acts(preset))) == []
    modules = sorted({a.id.partition(".")[0] for a in acts() if a.run == "do_own_act"})
    for scopes in PLACES.values():
        here = in_scopes(Keymap(preset).applied(registry(installed())), scopes)
        for module in modules if "one" in scopes else [""]:
            own = [a for a in acts(preset) if a.run == "do_own_act" and a.id.startswith(module)]
            bind([*here, *(own if module else [])])


@pytest.mark.parametrize("preset", PRESETS)
def test_terminals_send_every_key_and_no_keyboard_needs_altgr(preset: str) -> None:
    for action in acts(preset):
        for keys in action.sequences:
            for key in keys:
                assert key == ANY or sendable(key), (action.id, key)
                for layout, characters in TYPED_WITH_ALTGR.items():
                    assert key not in characters, (layout, action.id, key)
                assert key not in DEAD, (action.id, key)


@pytest.mark.parametrize("preset", PRESETS)
def test_every_key_is_written_by_its_one_name(preset: str) -> None:
    for action in acts(preset):
        for keys in action.keys:
            assert keys.replace(ANY, "x") == canonical(keys.replace(ANY, "x")), action.id
            if ANY not in keys:
                assert canonical(written(keys)) == keys


@pytest.mark.parametrize("preset", PRESETS)
def test_no_change_hangs_on_the_tail_of_a_torn_key(preset: str) -> None:
    wrong = [
        (a.id, key)
        for a in acts(preset)
        for keys in a.sequences
        for key in keys
        if a.changes and key in TORN_TAILS
    ]
    assert wrong == []


@pytest.mark.parametrize("preset", PRESETS)
def test_digits_are_cards_and_scenes(preset: str) -> None:
    digits = {
        a.id.partition(".")[0]
        for a in acts(preset)
        for keys in a.sequences
        for key in keys
        if key.isdigit()
    }
    assert digits == {"card", "scene"}


def test_every_control_or_function_key_has_a_plain_twin_or_palette_words() -> None:
    for action in acts():
        if action.scope in ("typing", "picking") or not action.keys:
            continue
        if all(re.match(r"ctrl\+|f\d+$", keys) for keys in action.keys):
            assert in_palette(action), action.id
            assert action.palette, action.id


@pytest.mark.parametrize("preset", PRESETS)
def test_every_act_is_reached_by_a_key_or_by_the_palette(preset: str) -> None:
    for action in acts(preset):
        assert action.words, action.id
        assert action.keys or in_palette(action), action.id


def test_every_act_of_a_list_has_further_words_for_the_palette() -> None:
    for action in acts():
        if in_palette(action) and action.scope in ("rows", "one", "everywhere", "always"):
            assert action.palette or action.id.startswith("yank."), action.id


def test_the_plain_preset_needs_no_vim_letters_and_few_chords() -> None:
    for action in acts("plain"):
        for keys in action.keys:
            assert keys not in ("h", "j", "k", "l", "G", "g g"), action.id
    often = "add edit delete tags when.typed move_to repeat mark filter view.filter view.sort undo"
    for action in acts("plain"):
        if action.id in often.split():
            assert any(" " not in keys and len(keys) > 1 for keys in action.keys), action.id


def test_a_letter_works_from_the_key_in_its_place_on_other_alphabets() -> None:
    here = bind(in_scopes(registry(installed()), PLACES["list"]))
    latin = {keys[0]: action for keys, action in here.items() if len(keys) == 1}
    for other, letter in TWINS.items():
        if letter in latin:
            meaning = Reader().read(Press(other, other, 0.0), here, typing=False)
            assert meaning.action is latin[letter], (other, letter)
