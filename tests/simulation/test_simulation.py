"""Ten thousand lives of a few devices, each from one seed: nothing is lost, all end equal.

A failing seed is looked at with ``python -m tests.simulation --replay SEED``.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.simulation import plans
from tests.simulation.regressions import SEEDS, STORIES, told
from tests.simulation.running import Bench

RUNS = int(os.environ.get("SIMULATION_RUNS", "10000"))
CHUNKS = 40


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    made = Bench()
    yield made
    made.close()


def run(bench: Bench, plan: plans.Plan) -> None:
    result = bench.run(plan)
    if result.failure:
        trace = "\n".join(result.trace[-60:])
        pytest.fail(f"seed {plan.seed}: {result.detail}\n{trace}", pytrace=False)


@pytest.mark.parametrize("story", STORIES)
def test_story(bench, story):
    for plan in told(story):
        run(bench, plan)


def test_seeds_that_failed_once_hold(bench):
    for seed in SEEDS:
        run(bench, plans.make(seed))


def test_a_seed_is_the_same_run_every_time(bench):
    for seed in (3, 11, 42):
        first, again = (bench.run(plans.make(seed)) for _ in range(2))
        assert first.trace == again.trace


@pytest.mark.slow(seconds=15)
@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_devices_end_equal_and_lose_nothing(bench, chunk):
    for seed in range(chunk, RUNS, CHUNKS):
        run(bench, plans.make(seed))
