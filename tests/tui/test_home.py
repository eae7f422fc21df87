"""Where cards stand, and what a place remembers: plain values."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tui.shell.places import HOME, LIST, Place
from tui.widgets.boxes import BESIDE, WIDE, boxes


@given(
    weights=st.lists(st.integers(0, 2000), max_size=12),
    width=st.integers(20, 250),
    height=st.integers(0, 60),
    zoomed=st.booleans(),
    data=st.data(),
)
def test_boxes_never_overlap_or_leave_the_screen_and_the_open_card_has_rows(
    weights: list[int], width: int, height: int, zoomed: bool, data: st.DataObject
) -> None:
    current = data.draw(st.integers(0, max(0, len(weights) - 1)))
    found = boxes(weights, current, width, height, zoomed=zoomed)
    cells: set[tuple[int, int]] = set()
    for box in found:
        for y in range(box.y, box.y + 1 + box.rows):
            for x in range(box.x, box.x + box.width):
                assert 0 <= x < width
                assert 0 <= y < height
                assert (x, y) not in cells
                cells.add((x, y))
    if weights and height >= 3:
        assert next(box.rows for box in found if box.card == current) >= 1
    if width >= WIDE and not zoomed and height >= 3:
        assert sum(box.rows > 0 for box in found) == min(
            BESIDE, len(weights) - current // BESIDE * BESIDE
        ) or (not weights)
        # Every card can be seen by its title at least.
        assert {box.card for box in found} == set(range(len(weights)))


def test_a_wish_for_width_becomes_a_share_of_the_columns() -> None:
    wide, narrow = boxes([600, 300], 0, 121, 30)
    assert (wide.width, narrow.width) == (80, 40)
    assert [box.width for box in boxes([0, 0], 0, 121, 30)] == [60, 60]


def test_a_place_is_restored_as_it_was_left() -> None:
    place = Place("space", kind=HOME, scene="scene", module="notes")
    place.filter, place.rows = "pinned", {"key": 3, "below_top": 1}
    place.view_of("todo").sort = "title"
    place.zoomed = True
    assert Place.of(place.kept()).kept() == place.kept()


def test_a_place_of_an_older_version_is_its_list() -> None:
    old = {"space": "a", "module": "notes", "filter": "pinned", "sort": "", "tags": ["t"]}
    place = Place.of({**old, "rows": {"key": 7}})
    assert (place.kind, place.module, place.filter) == (LIST, "notes", "pinned")
    assert (place.tags, place.rows) == (["t"], {"key": 7})


def test_what_is_no_place_is_home() -> None:
    for kept in ({}, None, 3, {"kind": "orrery", "views": {"todo": 5}}):
        assert Place.of(kept).kind == HOME
