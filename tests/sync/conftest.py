"""Fixtures of the sync tests: the store's real homes and clocks."""

from tests.store.conftest import _config, bench, clock, make

__all__ = ["_config", "bench", "clock", "make"]
