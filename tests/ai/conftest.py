"""Fixtures of the tests of agents: the homes and the clock of the store's tests."""

from __future__ import annotations

from tests.store.conftest import _config, bench, cheap, clock, make

__all__ = ["_config", "bench", "cheap", "clock", "make"]
