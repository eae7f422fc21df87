"""``server``: a real server with nobody in it, for this test alone. ``shared``: one for all tests
of a file, where each brings people of its own."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.server.running import Person, Running, running


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Running]:
    """A server on a free port of loopback, ended afterwards."""
    with running(tmp_path / "server") as started:
        yield started


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server for the whole file."""
    with running(tmp_path_factory.mktemp("shared") / "server") as started:
        yield started


@pytest.fixture(scope="module")
def people(shared: Running) -> Callable[..., Person]:
    """``people("ann")``: somebody new on the shared server, signed in."""
    numbers = itertools.count(1)
    return lambda name="somebody": shared.person(f"{name}{next(numbers)}@example.org", name=name)
