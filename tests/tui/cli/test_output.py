"""Lines, columns and documents: aligned, safe on any terminal, exact for scripts."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from store.records import Masked, Record
from tui.cli import output


def test_columns_align_and_the_last_one_runs_free() -> None:
    lines = output.columns([("a", "xx", "one"), ("bbb", "", "two words")])
    assert lines == ["a    xx  one", "bbb      two words"]


def test_an_empty_column_takes_no_room() -> None:
    assert output.columns([("a", "", "x"), ("b", "", "y")]) == ["a  x", "b  y"]


def test_wide_letters_keep_columns_aligned() -> None:
    lines = output.columns([("日本", "x"), ("ab", "y"), ("é", "z"), ("e\u0301", "z")])
    assert [output.cells(line) for line in lines] == [7, 7, 7, 7]


def test_nothing_is_cut_without_a_terminal_and_never_inside_a_wide_letter() -> None:
    title = "日本語" * 30
    assert output.columns([("id", title)])[0].endswith(title)
    cut = output.columns([("id", title)], width=20)[0]
    assert output.cells(cut) <= 20
    assert cut.endswith("…")


def test_control_characters_become_pictures() -> None:
    assert output.clean("a\x1b[2Jb\x07\x9bc") == "a␛[2Jb␇\ufffdc"
    assert output.clean("a\nb\tc") == "a b c"
    assert output.clean("a\nb\tc\x1b", lines=True) == "a\nb\tc␛"
    assert output.clean("\u202eevil\u2069") == "evil"
    assert output.clean("family 👩‍👩‍👧 é 日本") == "family 👩‍👩‍👧 é 日本"


@given(st.lists(st.tuples(st.text(), st.text(), st.text()), min_size=1, max_size=5))
def test_no_cell_ever_steers_the_terminal(rows: list[tuple[str, str, str]]) -> None:
    lines = output.columns(rows)
    assert len(lines) == len(rows)
    for line in lines:
        assert not any(c < " " or "\x7f" <= c < "\xa0" for c in line)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_a_document_holds_every_text_and_no_raw_control(text: str) -> None:
    raw = output.document({"title": text})
    assert json.loads(raw) == {"v": 1, "data": {"title": text}}
    shown = raw.decode().removesuffix("\n")
    assert not any(c < " " or "\x7f" <= c < "\xa0" for c in shown)


def test_a_masked_value_says_why_it_is_sealed() -> None:
    record = Record({"id": "a", "title": Masked("locked")}, 1)
    assert json.loads(output.document([record]))["data"] == [
        {"id": "a", "title": {"sealed": "locked"}}
    ]


def test_short_ids_are_eight_letters_and_longer_where_they_would_clash() -> None:
    assert output.short_ids(["12345678-aaaa", "87654321-bbbb"]) == ["12345678", "87654321"]
    assert output.short_ids(["12345678-aaaa", "12345678-bbbb", "x"]) == [
        "12345678-aaa",
        "12345678-bbb",
        "x",
    ]
    assert output.short_ids(["same", "same"]) == ["same", "same"]
    assert output.short_ids([]) == []
