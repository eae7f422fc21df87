"""Run the benches and print one table."""

from __future__ import annotations

import argparse
import importlib

BENCHES = {
    "writes": ("tests.bench.writes", "writes", 100_000),
    "lists": ("tests.bench.lists", "lists", 100_000),
    "search": ("tests.bench.lists", "search", 100_000),
    "shell": ("tests.bench.shell", "shell", 10_000),
    "screen": ("tests.bench.screen", "screen", 100_000),
    "receiving": ("tests.bench.receiving", "receiving", 100_000),
    "sending": ("tests.bench.sending", "sending", 100_000),
    "serving": ("tests.bench.serving", "serving", 100_000),
    "planning": ("tests.bench.planning", "planning", 20_000),
    "together": ("tests.bench.together", "together", 100_000),
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("which", nargs="*", choices=[*BENCHES, []], help="default: all")
    parser.add_argument("--quick", action="store_true", help="a tenth of the records")
    chosen = parser.parse_args()
    from tests.bench.measure import show

    print(f"{'what':<58} {'ours':>10} {'floor':>10} {'':4} {'ratio':>7}   aim")
    for name in chosen.which or BENCHES:
        module, function, count = BENCHES[name]
        work = getattr(importlib.import_module(module), function)
        show(work(count // 10 if chosen.quick else count))


if __name__ == "__main__":
    main()
