"""A home for each test of proposals, with the tools and the agent of ``staged``."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from store.workbench import Workbench
from tests.ai.proposals.staged import SENT, equip
from tests.store.support import Clock, throwaway


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def bench(clock: Clock) -> Iterator[Workbench]:
    SENT.clear()
    with throwaway(clock) as home:
        yield equip(home)
