"""The keys under an empty message line fit, the best ones first; letters to jump by are short."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.modules import installed
from tests.tui.test_key_table import PLACES
from tui.keys import hints
from tui.keys.actions import in_scopes, registry
from tui.keys.keynames import written
from tui.widgets import cells
from tui.widgets.labels import ROLE, codes, laid_over

WIDE = ("list", "home", "record", "reader")


def hints_of(place: str) -> list[hints.Hint]:
    found = [
        (a.id, (written(a.keys[0]), a.hint))
        for a in in_scopes(registry(installed()), PLACES[place])
        if a.hint and a.keys
    ]
    return hints.ordered(found, "help")


@pytest.mark.parametrize("place", [p for p in PLACES if "always" in PLACES[p]])
@pytest.mark.parametrize("width", [38, 58, 78, 198])
def test_the_hints_of_every_place_fit_and_end_with_the_way_to_all_keys(
    place: str, width: int
) -> None:
    line = hints.line(hints_of(place), width)
    assert cells.width(line) <= width
    assert line.endswith("? keys")
    if "everywhere" in PLACES[place]:
        least = 3 if width < 58 else 4
        assert least <= len(line.split(hints.BETWEEN)) <= hints.MOST, line


def test_a_list_shows_its_four_most_useful_keys_at_forty_columns() -> None:
    line = hints.line(hints_of("list"), 38)
    assert [text.split()[0] for text in line.split(hints.BETWEEN)] == ["a", "/", "Space", "?"]


@given(
    st.lists(st.tuples(st.text(max_size=6), st.text(max_size=30)), max_size=12), st.integers(4, 200)
)
def test_no_hint_is_wider_than_its_line(pairs: list[hints.Hint], width: int) -> None:
    assert cells.width(hints.line(pairs, width)) <= width


@given(st.integers(0, 676))
def test_no_label_is_the_beginning_of_another(count: int) -> None:
    labels = codes(count)
    assert len(labels) == count
    assert len(set(labels)) == count
    assert not any(a != b and b.startswith(a) for a in labels for b in labels)
    assert all(len(label) == 1 for label in labels) == (count <= 26)


@given(st.text("ab日é 本", max_size=12), st.integers(0, 14))
def test_a_label_covers_its_own_cells_and_moves_no_other(text: str, x: int) -> None:
    before = [(text, "base")]
    after = laid_over(before, x, "ab")
    joined = "".join(run for run, _role in after)
    assert cells.width(joined) == max(cells.width(text), x + 2)
    start = sum(cells.width(run) for run, _role in after[: [r for _t, r in after].index(ROLE)])
    assert start == x
