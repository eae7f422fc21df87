"""A slice of the fuzzing on every run; ``MANABENCH_FUZZ=1000000`` or ``python -m tests.sync.fuzz``
for all of it."""

from __future__ import annotations

import os

import pytest

from tests.sync import fuzz

COUNT = int(os.environ.get("MANABENCH_FUZZ", "10000"))


@pytest.mark.slow
def test_no_exception_escapes_the_decoder():
    found = fuzz.run(COUNT, 7)
    assert found.total() == COUNT
    assert {"Change", "Malformed", "no answer"} <= found.keys()
