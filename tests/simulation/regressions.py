"""Seeds that failed once, each with the name of what it found. They are run again as tests."""

from __future__ import annotations

FOUND: dict[str, tuple[int, ...]] = {}
"""What was found, to the seeds that find it. A plan changes with the weights and the acts of
``plans``; then these are ordinary seeds, and the tests that are named after the defects in
``tests/sync`` hold what they found."""
