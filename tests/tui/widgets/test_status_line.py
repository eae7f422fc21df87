"""The status line in little room, and the looks of poor terminals."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.looks import themes
from tui.widgets import cells
from tui.widgets.status_line import Segment, fitted

SIX = [
    Segment("Garden club · club", priority=1),
    Segment("locked", priority=2),
    Segment("sync error, 3 held", priority=3),
    Segment("scene Home", priority=4),
    Segment("12 pending", priority=5),
    Segment("acknowledged 12:04", priority=6),
]


@given(
    st.lists(
        st.builds(Segment, st.text(min_size=1, max_size=30), st.just("status"), st.integers(1, 9)),
        max_size=8,
    ),
    st.integers(0, 90),
)
def test_segments_never_take_more_than_the_line(segments, width):
    kept = fitted(segments, width)
    assert sum(cells.width(s.text) for s in kept) + 3 * max(0, len(kept) - 1) <= max(0, width)


def test_the_first_three_are_kept_at_40_columns():
    assert [s.priority for s in fitted(SIX, 38)] == [1, 2, 3]
    assert [s.text for s in fitted(SIX, 78)][:3] == [s.text for s in SIX[:3]]


def test_the_short_ones_are_not_clipped_for_the_long_ones():
    assert fitted(SIX, 38)[1].text == "locked"


@pytest.mark.parametrize(
    ("environ", "name"),
    [
        ({"TERM": "xterm-256color"}, "dark"),
        ({"TERM": "xterm", "COLORTERM": "truecolor"}, "dark"),
        ({"TERM": "xterm-256color", "NO_COLOR": "1"}, "mono"),
        ({"TERM": "xterm-256color", "NO_COLOR": ""}, "dark"),
        ({"TERM": "linux"}, "ansi"),
        ({"TERM": "screen"}, "ansi"),
        ({"TERM": "dumb"}, "mono"),
        ({}, "mono"),
    ],
)
def test_the_look_fits_the_terminal(environ, name):
    assert themes.choose(environ).name == name


def test_mono_has_no_colour_and_every_state_differs_without_one():
    mono = themes.look("mono")
    assert all(s.color is None and s.bgcolor is None for s in mono.styles.values())
    for role in ("cursor", "mark", "caret", "error", "head", "cursor_off"):
        assert mono.style(role) != mono.style("base"), role
    assert mono.style("cursor_mark") != mono.style("cursor")


def test_every_look_has_every_role_and_an_ascii_form():
    roles = set(themes.look("dark").styles)
    for name in ("dark", "light", "ansi", "mono"):
        look = themes.look(name, True)
        assert set(look.styles) == roles
        assert re.fullmatch("[ -~]", look.glyph("cursor"))
    assert themes.look("dark").style("no such role") == themes.look("dark").style("base")
