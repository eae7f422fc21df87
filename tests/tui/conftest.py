"""Homes that the tests of one file share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.screens.homes import Homes


@pytest.fixture(scope="module")
def made() -> Iterator[Homes]:
    homes = Homes()
    yield homes
    homes.close()
