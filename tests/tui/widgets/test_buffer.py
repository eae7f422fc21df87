"""Editing against the simplest thing that could be right: a string and an index."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.widgets import cells
from tui.widgets.buffer import Buffer, accept
from tui.widgets.fold import Folding

PIECES = [
    "a",
    "b",
    " ",
    "\n",
    "é",
    "e\u0301",
    "👩\u200d💻",
    "🇩🇪",
    "漢",
    "\u0301",
    "word two",
    "x\ny\r\nz",
    "\t",
]
ACTS = ["left", "right", "home", "to_end", "word_left", "word_right", "backspace", "delete"]
ACTS += ["kill_to_end", "kill_to_start", "kill_word", "kill_word_ahead", "undo", "redo"]
acts = st.lists(
    st.one_of(st.sampled_from(ACTS), st.sampled_from(PIECES).map(lambda t: (t,))), max_size=40
)
starts = st.lists(st.sampled_from(PIECES), max_size=8).map("".join)


def flat(buffer: Buffer) -> int:
    """The cursor as an index into the whole text."""
    line, column = buffer.cursor
    return sum(len(text) + 1 for text in buffer.lines[:line]) + column


def borders(text: str) -> list[int]:
    found, at = {0, len(text)}, 0
    for line in text.split("\n"):
        found.add(at)
        for cluster in cells.clusters(line):
            at += len(cluster)
            found.add(at)
        at += 1
    return sorted(found)


def model(text: str, at: int, act: str | tuple[str], multiline: bool) -> tuple[str, int] | None:
    """(text, cursor) after ``act``; None for acts the string model does not know."""
    before = max([b for b in borders(text) if b < at], default=0)
    after = min([b for b in borders(text) if b > at], default=len(text))
    start = text.rfind("\n", 0, at) + 1
    end = text.find("\n", at)
    end = len(text) if end < 0 else end
    if isinstance(act, tuple):
        typed = accept(act[0], multiline)
        return text[:at] + typed + text[at:], at + len(typed)
    known = {
        "left": (text, before),
        "right": (text, after),
        "home": (text, start),
        "to_end": (text, end),
        "backspace": (text[:before] + text[at:], before),
        "delete": (text[:at] + text[after:], at),
        "kill_to_start": (text[:start] + text[at:], start),
        "kill_to_end": (text[:at] + text[(after if at == end else end) :], at),
    }
    return known.get(act)


def run(buffer: Buffer, act: str | tuple[str]) -> object:
    return buffer.insert(act[0]) if isinstance(act, tuple) else getattr(buffer, act)()


@given(starts, acts, st.booleans())
def test_every_key_does_what_it_does_to_a_plain_string(text, todo, multiline):
    buffer = Buffer(text, multiline=multiline)
    assert buffer.text == accept(text, multiline)
    for act in todo:
        expected = model(buffer.text, flat(buffer), act, multiline)
        run(buffer, act)
        if expected is not None:
            assert buffer.text == expected[0]
            snapped = min(b for b in borders(expected[0]) if b >= expected[1])
            assert flat(buffer) == snapped
        assert flat(buffer) in borders(buffer.text), "the cursor stands inside a cluster"
        assert buffer.size == len(buffer.text.encode())


@given(starts, acts)
def test_undo_goes_back_to_the_start_and_redo_forth_to_the_end(text, todo):
    buffer = Buffer(text, multiline=True)
    first = buffer.text
    for act in todo:
        run(buffer, act)
    last, steps = buffer.text, 0
    while buffer.redo():
        last = buffer.text
    while buffer.undo():
        steps += 1
    assert buffer.text == first
    for _ in range(steps):
        assert buffer.redo()
    assert buffer.text == last
    assert buffer.redo() is None


@given(starts, acts, st.integers(2, 12))
def test_folding_by_changes_equals_folding_anew(text, todo, width):
    buffer = Buffer(text * 3, multiline=True)
    folding = Folding(buffer, width)
    for line in range(len(buffer.lines)):
        folding.starts(line)
    for act in todo:
        change = run(buffer, act)
        folding.apply(change)
        fresh = Folding(buffer, width)
        for line in range(len(buffer.lines)):
            assert folding.starts(line) == fresh.starts(line)


@given(starts, st.integers(2, 12), st.data())
def test_every_position_is_found_again_in_its_row(text, width, data):
    buffer = Buffer(text, multiline=True)
    folding = Folding(buffer, width)
    line = data.draw(st.integers(0, len(buffer.lines) - 1))
    buffer.move_to((line, data.draw(st.integers(0, len(buffer.lines[line])))))
    row, across = folding.locate(buffer.cursor)
    start, shown = folding.text(row)
    assert start <= buffer.cursor[1] <= start + len(shown)
    assert 0 <= across <= width
    assert folding.step(folding.step(row, 3), -10_000) == (0, 0)


def test_typing_is_undone_word_by_word_and_a_paste_at_once():
    buffer = Buffer()
    for char in "two words":
        buffer.insert(char)
    buffer.insert("pasted text")
    assert [buffer.undo() and buffer.text for _ in range(3)] == ["two words", "two ", ""]
    assert buffer.undo() is None


def test_a_new_line_keeps_the_indentation():
    buffer = Buffer("  - item", multiline=True)
    buffer.newline()
    assert buffer.text == "  - item\n  "


@pytest.mark.parametrize(("text", "left"), [("one two", "one "), ("a.b  ", "a."), ("héllo", "")])
def test_a_killed_word_ends_at_its_start(text, left):
    buffer = Buffer(text)
    buffer.kill_word()
    assert buffer.text == left


def test_a_key_in_a_64_kb_line_folds_only_its_neighbourhood():
    buffer = Buffer("些" * 10_000 + " words" * 6_000, multiline=True)
    folding = Folding(buffer, 79)
    before = folding.starts(0)
    buffer.move_to((0, 200))
    change = buffer.insert("x")
    seen = []
    real = cells.clusters
    try:
        cells.clusters = lambda text: (seen.append(c) or c for c in real(text))
        folding.apply(change)
    finally:
        cells.clusters = real
    assert len(seen) < 2_000
    assert folding.starts(0) == Folding(buffer, 79).starts(0) != before
