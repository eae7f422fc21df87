"""Run the simulator by hand.

python -m tests.simulation --runs 100000 --seed 7        many seeds, on all cores
python -m tests.simulation --replay 4711                 one seed, with its whole trace
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager

CHUNK = 50


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    parser.add_argument("--devices", type=int, default=0, help="how many homes, 0: the seed's own")
    parser.add_argument("--replay", type=int, help="run one seed, and make it smaller if it fails")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    return parser.parse_args()


@contextmanager
def _surroundings() -> Iterator[None]:
    """No real home, no real keyring, no person's language; one order of sets."""
    if os.environ.get("PYTHONHASHSEED") != "0":
        os.environ["PYTHONHASHSEED"] = "0"
        os.execv(sys.executable, [sys.executable, "-m", "tests.simulation", *sys.argv[1:]])
    with tempfile.TemporaryDirectory(prefix="mb-sim-") as folder:
        os.environ.update(
            HOME=folder,
            MANABENCH_HOME=os.path.join(folder, "home"),
            MANABENCH_CONFIG=os.path.join(folder, "config"),
            XDG_RUNTIME_DIR=folder,
            PYTHON_KEYRING_BACKEND="keyring.backends.null.Keyring",
            TZ="UTC",
            LC_ALL="C.UTF-8",
        )
        yield


def _chunk(first: int, count: int, devices: int) -> list[tuple[int, str, str]]:
    """(seed, failure, detail) of the seeds that failed."""
    from tests.simulation import plans, running

    bench = running.Bench()
    try:
        results = [bench.run(plans.make(seed, devices)) for seed in range(first, first + count)]
    finally:
        bench.close()
    return [(r.plan.seed, r.failure, r.detail) for r in results if r.failure]


def _many(options: argparse.Namespace) -> int:
    began, failures, done = time.monotonic(), {}, 0
    with ProcessPoolExecutor(options.jobs) as pool:
        last = options.seed + options.runs
        chunks = [
            pool.submit(_chunk, first, min(CHUNK, last - first), options.devices)
            for first in range(options.seed, last, CHUNK)
        ]
        for chunk in chunks:
            for seed, failure, detail in chunk.result():
                failures.setdefault(failure, []).append((seed, detail))
            done = min(options.runs, done + CHUNK)
            if sys.stderr.isatty():
                print(
                    f"\r{done} runs, {sum(map(len, failures.values()))} failed",
                    end="",
                    file=sys.stderr,
                )
    seconds = time.monotonic() - began
    print(f"{options.runs} runs in {seconds:.1f} s ({seconds / options.runs * 1000:.1f} ms each)")
    for failure, found in sorted(failures.items(), key=lambda pair: -len(pair[1])):
        seeds = " ".join(str(seed) for seed, _ in found[:12])
        print(f"{len(found):6} {failure}: {seeds}\n{found[0][1][:1500]}")
    return 1 if failures else 0


def _replay(options: argparse.Namespace) -> int:
    from tests.simulation import plans, running

    bench = running.Bench()
    try:
        result = bench.run(plans.make(options.replay, options.devices))
        if result.failure:
            print(f"{result.failure}; {len(result.plan.steps)} steps, made smaller:")
            result = bench.shrink(result)
    finally:
        bench.close()
    print(result.plan.shape)
    print(*result.trace, sep="\n")
    print(result.detail or "all is well")
    return 1 if result.failure else 0


if __name__ == "__main__":
    with _surroundings():
        chosen = _arguments()
        sys.exit(_many(chosen) if chosen.replay is None else _replay(chosen))
