"""Capture: what a typed line means, and that no word of it is lost."""

from __future__ import annotations

import time
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.capture import read, said
from tests.store.capture_phrases import NOW, SPACES, TAGS, phrases

PHRASES = list(phrases())
IDS = [text for text, _title, _found in PHRASES]


@pytest.mark.parametrize(("text", "title", "found"), PHRASES, ids=IDS)
def test_a_typed_line_means_what_the_table_says(
    text: str, title: str, found: list[tuple[str, str, bool]]
) -> None:
    reading = read(text, NOW, SPACES, TAGS)
    assert reading.title == title
    assert [(one.kind, one.meaning, one.is_new) for one in reading.found] == found


def test_the_table_is_large_and_half_of_it_are_traps() -> None:
    traps = [text for text, title, found in PHRASES if text == title and not found]
    assert len(PHRASES) >= 200
    assert len(traps) * 2 >= len(PHRASES)
    assert len(set(IDS)) == len(IDS)


PIECES = st.sampled_from(
    (
        "tomorrow friday fri so do mo today morgen Morgen next week nächste woche +3d +1m 17:30 "
        "9:05 at um uhr 15 Uhr on by due: due:friday due:x 2026-12-03 2026-02-30 +home #home #new "
        '+new, !high !low !! @studio @fam @st @x \\+home \\x "so" " „ “ the for and a+b C# +1 #1 '
        "buy milk ü 🎂 \u0301"
    ).split(" ")
)
LINES = st.one_of(
    st.lists(PIECES, max_size=9).map(" ".join),
    st.text(max_size=40),
    st.text(' \t\n+#!@:\\"d1', max_size=20),
)


@given(LINES)
def test_no_word_is_lost_and_nothing_is_raised(text: str) -> None:
    reading = read(text, NOW, SPACES, TAGS)
    kept = Counter(reading.title.split())
    for one in reading.found:
        kept.update(one.words.split())
    first, _newline, more = text.strip().partition("\n")
    typed = Counter(first.split())
    # A backslash is dropped from a word that it kept from being read.
    assert sum(kept.values()) == sum(typed.values())
    lost = typed - kept
    assert {word[1:] for word in lost} == set(kept - typed)
    assert all(word.startswith("\\") for word in lost)
    assert reading.more == more.strip("\n")
    assert len(said(reading, NOW)) <= len(reading.found)
    assert bool(reading.title) == bool(text.strip())


@given(LINES.filter(lambda text: "\\" not in text and "due:" not in text.lower()))
def test_a_title_read_again_is_that_title(text: str) -> None:
    reading = read(text, NOW, SPACES, TAGS)
    known = (*TAGS, *(one.meaning for one in reading.found if one.kind == "tag"))
    again = read(reading.title, NOW, SPACES, known)
    assert (again.title, again.found) == (reading.title, ())


@given(LINES)
def test_one_of_each_at_most_but_tags(text: str) -> None:
    kinds = Counter(one.kind for one in read(text, NOW, SPACES, TAGS).found if one.kind != "tag")
    assert all(count == 1 for count in kinds.values())


def test_further_lines_are_kept_as_they_are() -> None:
    reading = read("buy milk tomorrow\n  two litres\n\n#home at the end +x\n", NOW, SPACES, TAGS)
    assert reading.title == "buy milk"
    assert reading.more == "  two litres\n\n#home at the end +x"
    assert [one.kind for one in reading.found] == ["due"]


def test_every_reading_is_told_in_few_words() -> None:
    reading = read("call tomorrow 17:30 +home +fresh !high @studio", NOW, SPACES, TAGS)
    assert said(reading, NOW) == [
        "due tomorrow 17:30",
        "#home",
        "#fresh (new)",
        "high",
        "in Studio Nord",
    ]


def test_without_spaces_no_at_sign_is_read() -> None:
    assert read("glaze pots @studio", NOW).title == "glaze pots @studio"


def test_a_text_that_is_no_line_is_left_alone_and_costs_nothing() -> None:
    line = "#ab " * 20_000 + "tomorrow"
    start = time.perf_counter()
    assert read(line, NOW, SPACES, TAGS).title == line
    longest = ("#ab +c @d !e " * 100)[:990] + " tomorrow"
    read(longest, NOW, SPACES, TAGS)
    assert time.perf_counter() - start < 2
