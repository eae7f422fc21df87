"""A workbench in a throw-away home, with a clock that the test moves."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from store import when
from store.workbench import Workbench


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.time = datetime(2026, 11, 22, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time

    def move(self, **by: float) -> None:
        """Later by ``timedelta(**by)``."""
        self.time += timedelta(**by)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def bench(tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workbench]:
    monkeypatch.setenv("MANABENCH_CONFIG", str(tmp_path / "config"))
    made = Workbench.create(tmp_path / "home", keyring=False, clock=clock)
    yield made
    made.close()
    when.set_clock(lambda: datetime.now(UTC))
