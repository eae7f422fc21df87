"""``server``: a real server with nobody in it, for this test alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server.running import Running, running


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Running]:
    """A server on a free port of loopback, ended afterwards."""
    with running(tmp_path / "server") as started:
        yield started
