"""Lengths of time: what may be typed, and that what is shown may be typed again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.errors import InvalidValueError
from store.lengths import read, shown


@pytest.mark.parametrize(
    ("typed", "seconds"),
    [
        ("45", 2700),
        ("1:30", 5400),
        ("1:30 h", 5400),
        ("1.5 h", 5400),
        ("1,5h", 5400),
        ("1h 30", 5400),
        ("1h30m", 5400),
        ("90 min", 5400),
        ("2 Stunden", 7200),
        ("30 s", 30),
        ("1 min 30 s", 90),
        ("0", 0),
    ],
)
def test_minutes_hours_and_seconds_are_read_as_people_write_them(typed, seconds):
    assert read(typed) == seconds


@pytest.mark.parametrize("typed", ["", "soon", "-3", "h", "1:75", "1e3", "3 0", "1 2 3"])
def test_what_is_no_length_is_refused(typed):
    with pytest.raises(InvalidValueError):
        read(typed)


@given(st.integers(0, 10**7))
def test_what_is_shown_is_read_as_the_same_length(seconds):
    assert read(shown(seconds)) == seconds
