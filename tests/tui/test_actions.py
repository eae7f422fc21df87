"""The registry keeps the promises of the key table."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from store.modules import installed
from tui.keys.actions import PLACES, TABLE, Action, in_scopes, registry
from tui.keys.reading import bind

NEVER = re.compile(r"^(ctrl\+[hijmb]|ctrl\+\[|alt\+.*|ctrl\+shift\+.*|ctrl\+enter|[\[\]{}\\|@#~])$")
TORN_TAILS = set("ABCDFHOPQRS~")


def every_key() -> list[tuple[Action, str]]:
    return [(a, key) for a in registry(installed()) for keys in a.sequences for key in keys]


@pytest.mark.parametrize("place", PLACES)
def test_no_two_actions_share_a_key_in_one_place(place: str) -> None:
    bind(in_scopes(registry(installed()), PLACES[place]))


def test_ids_are_unique() -> None:
    assert max(Counter(a.id for a in registry(installed())).values()) == 1


def test_no_key_that_some_keyboard_or_multiplexer_cannot_send() -> None:
    assert [(a.id, key) for a, key in every_key() if NEVER.match(key)] == []


def test_every_control_or_function_key_has_a_plain_twin_or_palette_words() -> None:
    for action in TABLE:
        if action.scope in ("typing", "picking") or not action.keys:
            continue
        if all(re.match(r"ctrl\+|f\d+$", k) for k in action.keys):
            assert action.palette, action.id


def test_every_change_is_found_in_the_palette_by_words() -> None:
    for action in TABLE:
        assert action.words, action.id
        if action.changes and action.scope in ("rows", "one", "everywhere"):
            assert action.palette, action.id


def test_no_change_hangs_on_the_tail_of_a_torn_key() -> None:
    assert [a.id for a, key in every_key() if a.changes and key in TORN_TAILS] == []


def test_digits_lead_to_cards_and_scenes_and_are_never_counts() -> None:
    digits = {a.id.partition(".")[0] for a, key in every_key() if key.isdigit()}
    assert digits == {"card", "scene"}


def test_module_letters_do_not_clash_with_the_fixed_ones() -> None:
    modules = installed()
    letters = [m.letter for m in modules.values()]
    assert len(set(letters)) == len(letters)
    assert not set(letters) & {"g", "h", "s", "i"}
