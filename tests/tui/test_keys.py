"""Presses become the right actions, and only those."""

from __future__ import annotations

import pytest

from store.errors import UsageError
from tui.keys.actions import Action
from tui.keys.reading import Gate, Meaning, Press, Reader, bind

UNDO = Action("undo", "undo", ("u",), "everywhere", "do_undo")
HOME = Action("home", "first", ("g g", "home"), "move", "do_move")
TODO = Action("todo", "tasks", ("g t",), "everywhere", "do_go")
DOWN = Action("down", "down", ("j", "down"), "move", "do_move")
HERE = bind([UNDO, HOME, TODO, DOWN])


def press(key: str, at: float = 0.0) -> Press:
    names = {"space": " "}
    return Press(key, names.get(key, key if len(key) == 1 else None), at)


def run(reader: Reader, *keys: str, at: float = 0.0, typing: bool = False) -> list[str | None]:
    found = [reader.read(press(key, at), HERE, typing=typing) for key in keys]
    return [m.action.id if m.action else None for m in found]


def test_a_sequence_waits_for_its_second_key_without_a_timeout() -> None:
    reader = Reader()
    assert reader.read(press("g"), HERE, typing=False).pending == ("g",)
    assert run(reader, "t", at=3600.0) == ["todo"]
    assert reader.pending == ()


def test_escape_or_an_unknown_key_ends_a_sequence_and_does_nothing_else() -> None:
    reader = Reader()
    assert run(reader, "g", "escape", "t") == [None, None, None]
    assert run(reader, "g", "u") == [None, None]
    assert run(reader, "u") == ["undo"]


def test_the_rest_of_a_sequence_may_be_left_open() -> None:
    typed = Action("when", "", ("w <text>",), "rows", "x")
    exact = Action("today", "", ("w t",), "rows", "x")
    reader, here = Reader(), bind([typed, exact])
    reader.read(press("w"), here, typing=False)
    assert reader.read(press("f"), here, typing=False) == Meaning(typed, "f")
    reader.read(press("w"), here, typing=False)
    assert reader.read(press("t"), here, typing=False) == Meaning(exact)


def test_a_key_nobody_bound_goes_on_to_the_widget() -> None:
    assert Reader().read(press("z"), HERE, typing=False).passed
    assert Reader().read(press("u"), bind([]), typing=True).passed


def test_two_actions_on_one_key_are_refused() -> None:
    with pytest.raises(UsageError, match="both"):
        bind([UNDO, Action("other", "", ("u",), "rows", "x")])
    with pytest.raises(UsageError, match="cannot be reached"):
        bind([HOME, Action("g", "", ("g",), "rows", "x")])


@pytest.mark.parametrize(("typed", "means"), [("о", "down"), ("г", "undo"), ("ξ", "down")])
def test_other_alphabets_reach_the_key_in_the_same_place(typed: str, means: str) -> None:
    assert run(Reader(), typed) == [means]


def test_a_sequence_works_on_a_cyrillic_layout() -> None:
    assert run(Reader(), "п", "е") == [None, "todo"]


def test_a_twin_gives_way_to_a_binding_of_its_own() -> None:
    own = Action("own", "", ("о",), "rows", "x")
    found = Reader().read(press("о"), bind([DOWN, own]), typing=False)
    assert found.action is own


@pytest.mark.parametrize("tail", ["[A", "OA", "[5~", "[1;5D"])
def test_a_torn_arrow_key_is_swallowed_whole(tail: str) -> None:
    reader = Reader()
    assert reader.read(press("escape", 0.0), HERE, typing=False).passed
    for character in tail:
        meaning = reader.read(press(character, 0.5), HERE, typing=False)
        assert meaning == Meaning()
    assert run(reader, "u", at=0.6) == ["undo"]


def test_a_bracket_long_after_escape_is_an_ordinary_key() -> None:
    reader = Reader()
    reader.read(press("escape", 0.0), HERE, typing=False)
    assert reader.read(press("[", 2.0), HERE, typing=False).passed


def feed(gate: Gate, text: str, gap: float) -> None:
    for index, character in enumerate(text):
        gate.hold(press("enter" if character == "\n" else character, index * gap))


def test_a_paste_without_brackets_is_text_and_not_commands() -> None:
    gate = Gate()
    feed(gate, "buy milk\nand tea", 0.0001)
    assert gate.release() == ([], "buy milk\nand tea")
    assert gate.release() == ([], "")


def test_fast_typing_and_a_held_key_stay_keys() -> None:
    gate = Gate()
    feed(gate, "jjjjjjjjjjjj", 0.0001)
    presses, text = gate.release()
    assert [p.key for p in presses] == ["j"] * 12
    assert not text
    feed(gate, "gtudxwjk", 0.03)
    assert gate.release()[1] == ""


def test_only_what_types_is_held_and_order_is_kept() -> None:
    gate = Gate()
    assert not gate.takes(press("down"))
    assert gate.takes(press("x"))
    gate.hold(press("x"))
    assert gate.takes(press("down"))
