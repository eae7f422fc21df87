"""Text in cells: nothing is ever wider than its place, nothing is cut through, nothing acts."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pyte.screens import wcwidth  # the independent count of another terminal
from rich.cells import cell_len

from tui.widgets import cells

ODD = [
    "👩\u200d💻",
    "🇩🇪",
    "❤\ufe0f",
    "👍🏽",
    "e\u0301",
    "한",
    "\u1112\u1161\u11ab",
    "漢",
    "שלום",
    "\t",
]
ODD += ["\x1b[31m", "\u202e", "\u200b", "\u0301", "\x00", "\x9b", "\ud800", "\u3000", "a", " ", "🇩"]
anything = st.text(st.characters(codec=None, exclude_categories=()), max_size=60)
texts = st.one_of(anything, st.lists(st.sampled_from(ODD), max_size=25).map("".join))
widths = st.integers(0, 40)


@given(texts, widths)
def test_a_clipped_text_is_never_wider_than_its_place(text, room):
    drawn = cells.clip(text, room)
    assert cells.width(drawn) <= room
    assert cell_len(drawn) == cells.width(drawn), "the framework counts otherwise than we do"


@given(texts, widths, st.booleans())
def test_a_fitted_text_fills_its_place_exactly(text, room, right):
    assert cell_len(cells.fit(text, room, right=right)) == room


@given(texts, st.integers(1, 40))
def test_clipping_keeps_whole_clusters_only(text, room):
    drawn = cells.clip(text, room, "")
    wholes = [cells.shape(cluster)[0] for cluster in cells.clusters(text)]
    assert any("".join(wholes[:n]) == drawn for n in range(len(wholes) + 1))


@given(texts)
def test_no_control_character_and_no_bidi_control_is_drawn(text):
    drawn = cells.plain(text)
    assert not [c for c in drawn if unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"}]
    drawn.encode()


@given(texts)
def test_drawing_what_was_drawn_changes_nothing(text):
    drawn = cells.plain(text)
    assert cells.width(cells.plain(drawn)) == cells.width(drawn) == cells.width(text)


@given(texts)
def test_clusters_are_the_whole_text_and_cuts_are_their_borders(text):
    parts = list(cells.clusters(text))
    assert "".join(parts) == text
    assert all(parts)
    borders = [0]
    for part in parts:
        borders.append(borders[-1] + len(part))
    for at in range(len(text) + 1):
        assert cells.next_cut(text, at) == min(
            b for b in [*borders, len(text)] if b > at or b == len(text)
        )
        assert cells.prev_cut(text, at) == max([b for b in borders if b < at], default=0)


@given(texts, st.integers(2, 30))
@example("word " * 20, 7)
@example("日本語の文章" * 9, 5)
@example("x" * 100, 8)
def test_folded_rows_are_the_whole_text_and_fit(text, room):
    text = text.replace("\n", " ")
    starts = [0, *cells.wrap(text, room, tab=4), len(text)]
    assert starts == sorted(starts)
    assert len(set(starts[:-1])) == len(starts) - 1, "an empty row"
    rows = [text[a:b] for a, b in zip(starts, starts[1:], strict=False)]
    assert "".join(rows) == text
    borders = {0}
    for part in cells.clusters(text):
        borders.add(max(borders) + len(part))
    assert borders.issuperset(starts)
    for row in rows:
        assert cells.width(row.rstrip(), 4) <= room


def test_a_word_moves_to_the_next_row_whole():
    assert cells.folded("the quick brown fox", 10) == ["the quick", "brown fox"]


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("👩\u200d💻", "👩"),
        ("🇩🇪", "DE"),
        ("❤\ufe0f", "❤"),
        ("👍🏽", "👍"),
        ("e\u0301", "é"),
        ("a\tb\nc", "a b c"),
        ("\x1b[31m", "␛[31m"),
        ("\u202eabc\u2066", "abc"),
        ("\u0301", "◌\u0301"),
    ],
)
def test_what_terminals_disagree_about_is_drawn_in_a_form_they_agree_on(text, drawn):
    assert cells.plain(text) == drawn
    assert sum(max(0, wcwidth(c)) for c in drawn) == cells.width(drawn)


def test_a_huge_title_is_clipped_at_once():
    assert cells.clip("漢" * 1_000_000, 10) == "漢漢漢漢…"
