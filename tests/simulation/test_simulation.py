"""Ten thousand lives of a few devices, each from one seed: nothing is lost, all end equal.

A failing seed is looked at with ``python -m tests.simulation --replay SEED``.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.simulation import plans
from tests.simulation.regressions import FOUND
from tests.simulation.running import Bench

RUNS = int(os.environ.get("SIMULATION_RUNS", "10000"))
CHUNKS = 40


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    made = Bench()
    yield made
    made.close()


def run(bench: Bench, seed: int) -> None:
    result = bench.run(plans.make(seed))
    if result.failure:
        trace = "\n".join(result.trace[-60:])
        pytest.fail(f"seed {seed}: {result.detail}\n{trace}", pytrace=False)


@pytest.mark.parametrize(
    "seed", [pytest.param(s, id=f"{name}-{s}") for name, seeds in FOUND.items() for s in seeds]
)
def test_what_failed_once_holds(bench, seed):
    run(bench, seed)


def test_a_seed_is_the_same_run_every_time(bench):
    for seed in (3, 11, 42):
        first, again = (bench.run(plans.make(seed)) for _ in range(2))
        assert first.trace == again.trace


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_devices_end_equal_and_lose_nothing(bench, chunk):
    for seed in range(chunk, RUNS, CHUNKS):
        run(bench, seed)
