"""Fixtures of the sync tests: the store's real homes and clocks."""

import pytest

from tests.store.conftest import _config, bench, clock, make
from tests.sync.hostile.here import here, hostile, templates
from tests.sync.outbox import linked, sent

__all__ = ["_config", "bench", "clock", "here", "hostile", "make", "templates"]


@pytest.fixture
def out(bench):
    """A linked home with nothing to send."""
    linked(bench)
    sent(bench)
    return bench
