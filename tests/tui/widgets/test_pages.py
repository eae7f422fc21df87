"""The order of a list: cursors that survive, rows that stay, windows that show the cursor."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tui.widgets.pages import PAGE, Item, Pages, top_for, window


def pages_of(keys, group=None):
    items = [Item(key, f"r{key}", "o", f"row {key}", group=group and group(key)) for key in keys]
    return Pages(items, is_complete=True)


def test_the_cursor_goes_to_the_next_row_that_is_left_else_to_the_one_before():
    pages = pages_of([1, 2, 3, 4])
    assert pages.survivor(2, [1, 2, 4]) == 2
    assert pages.survivor(2, [1, 4]) == 4
    assert pages.survivor(4, [1, 2]) == 2
    assert pages.survivor(4, []) is None


def test_a_row_that_moved_or_left_stays_in_its_place_and_new_rows_come_in():
    pages = pages_of([1, 2, 3, 4])
    assert list(pages.held_in_place([9, 1, 3, 4, 2], {2})) == [9, 1, 2, 3, 4]
    assert list(pages.held_in_place([9, 3, 4], {1, 2})) == [1, 2, 9, 3, 4]


@given(
    st.lists(st.integers(0, 30), unique=True),
    st.lists(st.integers(0, 30), unique=True),
    st.sets(st.integers(0, 30)),
)
def test_holding_rows_loses_none_and_doubles_none(old, new, held):
    result = list(pages_of(old).held_in_place(new, held))
    assert sorted(result) == sorted({*new, *(held & {*old})})


@given(st.integers(1, 300), st.data())
def test_the_cursor_is_always_in_view(count, data):
    height = data.draw(st.integers(2, 30))
    size = data.draw(st.integers(1, 9))
    grouped = data.draw(st.booleans())
    pages = pages_of(range(count), (lambda key: f"group {key // size}") if grouped else None)
    top = data.draw(st.integers(0, count))
    for _ in range(20):
        cursor = data.draw(st.integers(0, count - 1))
        top = top_for(pages, top, cursor, height)
        assert 0 <= top < count
        lines = window(pages, top, height)
        assert cursor in lines
        assert len(lines) <= height


def test_walking_down_a_long_list_scrolls_by_half_pages():
    pages, top, scrolls = pages_of(range(1000)), 0, []
    for cursor in range(200):
        after = top_for(pages, top, cursor, 24)
        scrolls.append(after - top)
        top = after
    assert {s for s in scrolls if s} == {12}
    assert sum(1 for s in scrolls if s) < 18


def test_only_pages_that_are_not_read_are_missing():
    pages = pages_of(range(10))
    pages.complete(range(1000))
    assert pages.missing(0, 20) == list(range(10, PAGE))
    pages.put([Item(key, "", "", "") for key in range(10, PAGE)])
    assert pages.missing(0, 20) == []
    assert pages.missing(990, 1000)[-1] == 999


def test_the_cache_forgets_what_was_not_in_view_longest():
    pages = pages_of(range(50))
    pages.complete(range(100_000))
    pages.touch(0, 10)
    for start in range(50, 5000, 100):
        pages.put([Item(key, f"r{key}", "", "") for key in range(start, start + 100)])
        pages.touch(0, 10)
    assert pages.is_read(0, 10)
    assert not pages.is_read(10, 50)
