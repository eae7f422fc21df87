"""``there``: a server's process for all tests of a file, and a new person for whoever asks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count

import pytest

from tests.sync.real.devices import Device, House, house

_numbers = count(1)


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house(tmp_path_factory.mktemp("real") / "server") as running:
        yield running


@pytest.fixture
def someone(there: House) -> Callable[[str], str]:
    """``someone("ann")``: the e-mail address of a new account."""
    return lambda name: there.person(f"{name}{next(_numbers)}@example.org")


@pytest.fixture
def pair(there: House, someone: Callable[[str], str]) -> tuple[Device, Device]:
    """Two devices of one person."""
    email = someone("ann")
    return there.device(email), there.device(email)
