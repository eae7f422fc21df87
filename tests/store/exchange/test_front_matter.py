"""The YAML head of a Markdown file: what is read, and that nothing in it can do harm."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.exchange import front_matter
from store.exchange.front_matter import FrontMatter, UnfitError, instant, split


def head(block: str) -> FrontMatter:
    return split(f"---\n{block}\n---\nbody\n")[0]


@pytest.mark.parametrize(
    ("block", "tags"),
    [
        ("tags:\n  - one\n  - two words", ("one", "two words")),
        ("tags: [one, 'two words']", ("one", "two words")),
        ("tags: one, two words,", ("one", "two words")),
        ("tags: one two", ("one", "two")),
        ("tags: '#one #two'", ("one", "two")),
        ("tags: ['#a/b']", ("a/b",)),
        ("tags: [1.10, no, 2024-05-01]", ("1.10", "no", "2024-05-01")),
        ("tag: single", ("single",)),
        ("tags:", ()),
        ("tags: [[nested], {a: b}, ok]", ("ok",)),
        ("other: 1", ()),
    ],
)
def test_tags_are_read_in_every_common_form_and_stay_the_text_that_was_written(
    block: str, tags: tuple[str, ...]
) -> None:
    assert head(block).tags == tags


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-05-01", "2024-05-01T00:00:00.000Z"),
        ("20240501", "2024-05-01T00:00:00.000Z"),
        ("2024-05-01 12:30", "2024-05-01T12:30:00.000Z"),
        ("2024-05-01T12:30:15.123456Z", "2024-05-01T12:30:15.123Z"),
        ("2024-05-01 12:30:15 +02:00", "2024-05-01T10:30:15.000Z"),
        ("2024-02-30", ""),
        ("yesterday", ""),
        ("1969-12-31", ""),
        ("2100-01-01", ""),
        ("9999-12-31T23:59:59-23:59", ""),
        ("", ""),
    ],
)
def test_dates_become_instants_and_what_is_none_is_left_alone(text: str, expected: str) -> None:
    assert instant(text) == expected


def test_dates_are_found_under_the_names_that_generators_use() -> None:
    assert head("date: 2024-05-01").created == "2024-05-01T00:00:00.000Z"
    assert head("lastmod: 2024-05-02").updated == "2024-05-02T00:00:00.000Z"
    nested = head("date:\n  created: 2024-05-01\n  updated: 2024-05-03")
    assert (nested.created[:10], nested.updated[:10]) == ("2024-05-01", "2024-05-03")


def test_a_title_is_never_taken_for_a_flag_or_number() -> None:
    assert head("title: No").title == "No"
    assert head("title: 1.10").title == "1.10"
    assert head("title: |\n  two\n  lines").title == "two lines"


def test_no_front_matter_leaves_the_text_whole() -> None:
    for text in (
        "",
        "plain",
        "---\nJust a rule.\n\n---\nmore\n",
        "---\ntitle: never closed\n",
        " ---\ntitle: indented\n---\n",
        "text\n---\ntitle: later\n---\n",
    ):
        assert split(text) == (FrontMatter(), text)


@pytest.mark.parametrize(
    "block",
    [
        "title: [never closed",
        "a: &a [x]\nb: *a",
        "a: " + "[" * 100 + "]" * 100,
        "k: " + "v" * 70_000,
        "a: 'open",
        "key: \x01",
        "a: 1\n--- \n- b: 2",
    ],
)
def test_a_block_that_cannot_be_read_safely_is_refused_with_a_reason(block: str) -> None:
    with pytest.raises(UnfitError) as error:
        front_matter.parse(block)
    assert str(error.value).startswith("it ")


def test_an_alias_bomb_costs_no_time_and_no_memory() -> None:
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    for before, name in zip("abcdefghijklmnop", "bcdefghijklmnopq", strict=True):
        lines.append(f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]")
    start = time.perf_counter()
    with pytest.raises(UnfitError):
        front_matter.parse("\n".join(lines))
    assert time.perf_counter() - start < 1


def test_tags_of_the_language_run_no_code() -> None:
    found = head("title: !!python/object/apply:os.system ['false']\nx: !secret y")
    assert found.title == ""
    assert "python/object" in found.raw


@given(st.text(max_size=300))
def test_whatever_stands_in_a_file_the_head_and_the_body_are_the_file(text: str) -> None:
    for whole in (text, f"---\n{text}\n---\n{text}", f"---\na: {text}\n---\n"):
        try:
            found, body = split(whole)
        except UnfitError:
            continue
        assert found.raw + body == whole
