"""Every screen stands in every cell of the matrix, and none is missing in it."""

from __future__ import annotations

import fcntl
import importlib
import pkgutil
from collections.abc import Iterator

import pytest

import tui.screens
from tests.screens import matrix
from tests.screens.homes import Homes
from tests.screens.places import PLACES, Place
from tui.screens.place import PlaceScreen


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Homes]:
    """The homes. The large one is made once for all processes that share the work."""
    homes = Homes()
    shared = tmp_path_factory.getbasetemp().parent
    with (shared / "large.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        homes.keep("large", shared / "large-home")
    yield homes
    homes.close()


def test_every_screen_of_the_app_stands_in_the_matrix() -> None:
    for module in pkgutil.iter_modules(tui.screens.__path__):
        importlib.import_module(f"tui.screens.{module.name}")
    shown = {place.screen for place in PLACES}
    found, pending = set(), [PlaceScreen]
    while pending:
        screen = pending.pop()
        pending += screen.__subclasses__()
        if screen.__module__.startswith("tui.screens."):
            # What others are derived from need not be a screen of its own.
            found |= {screen.__name__} if not screen.__subclasses__() else set()
    assert found - shown == set()


def test_places_have_names_of_their_own() -> None:
    names = [place.name for place in PLACES]
    assert len(set(names)) == len(names)
    assert not set(names) & set(matrix.COLUMNS)


@pytest.mark.slow
@pytest.mark.parametrize("column", matrix.COLUMNS)
@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.slug)
def test_a_screen_has_no_hole(place: Place, column: str, made: Homes) -> None:
    matrix.cell(made, place, column)
