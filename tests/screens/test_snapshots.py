"""Screens look as they did; ``python -m tests.screens.snapshots`` says that they should not."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

import pytest

from tests.screens import snapshots
from tests.screens.homes import Homes
from tests.screens.places import Place


@pytest.fixture(scope="module")
def made() -> Iterator[Homes]:
    homes = Homes()
    yield homes
    homes.close()


@pytest.mark.slow
@pytest.mark.parametrize("size", snapshots.SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("place", snapshots.TAKEN, ids=lambda place: place.slug)
def test_a_screen_looks_as_it_did(place: Place, size: tuple[int, int], made: Homes) -> None:
    before = snapshots.path_of(place, size).read_text(encoding="utf-8").splitlines()
    now = snapshots.take(made, place, size).splitlines()
    difference = difflib.unified_diff(before, now, "as it was", "as it is", lineterm="", n=1)
    assert before == now, "\n".join(difference)


def test_no_snapshot_is_left_over() -> None:
    wanted = {snapshots.path_of(p, size) for p in snapshots.TAKEN for size in snapshots.SIZES}
    assert set(snapshots.FOLDER.iterdir()) == wanted
