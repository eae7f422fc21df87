"""Planning: what a round costs beside the model and the tools.

A scripted server on loopback answers at once, in a run of five rounds and in one of a single round:
taken from each other, they leave four rounds without what begins and ends a run. The time spent in
the gate is the tools' and is taken off. The floor is the same requests, byte for byte, sent over
one connection by a bare client: what remains is prompts, budget, reminders, checking, and the
library.
"""

from __future__ import annotations

import statistics
import time
from typing import Any

from store.ai.planner.loop import ROUNDS
from store.ai.tools.calling import Calls
from store.workbench import Workbench
from tests.ai.planner.support import World
from tests.ai.served import Server, call, say, serving
from tests.bench.measure import Line, scratch, timed

LIMIT = 20.0
"""Milliseconds that a round may cost beside the model and the tools."""


def planning(count: int) -> list[Line]:
    """Runs over a home with some tasks; ``count`` thousands of them are measured."""
    turns = max(5, count // 1_000)
    with scratch():
        bench = Workbench.create(keyring=False)
        with serving() as server:
            world = World(bench, server.url)
            for number in range(50):
                world.task(f"task {number}")
            _one(world, server, ROUNDS)
            lines = _lines(world, server, turns)
        bench.close()
    return lines


def _lines(world: World, server: Server, turns: int) -> list[Line]:
    ours, floor, whole = [], [], []
    for _turn in range(turns):
        one, _gate = _one(world, server, 1)
        many, gate = _one(world, server, ROUNDS)
        ours.append((many - gate - one) / (ROUNDS - 1))
        whole.append(one)
        floor.append(_bare(server) / ROUNDS)
    over = [mine - bare for mine, bare in zip(ours, floor, strict=True)]
    mine, bare = statistics.median(ours) * 1e3, statistics.median(floor) * 1e3
    beside = statistics.median(over) * 1e3
    ratio = mine / bare
    return [
        Line("a planner's round, without its tools", mine, bare, ratio, "", "ms"),
        Line("  of it beside the model", beside, LIMIT, beside / LIMIT, "below 1.00x", "ms"),
        Line(
            "a run of one round, from start to end",
            statistics.median(whole) * 1e3,
            bare,
            statistics.median(whole) * 1e3 / bare,
            "",
            "ms",
        ),
    ]


def _one(world: World, server: Server, rounds: int) -> tuple[float, float]:
    """(seconds of a run with so many rounds, those of it spent in the gate)."""
    server.requests.clear()
    server.script[:] = [*[call("list_tasks")] * (rounds - 1), say("Done.")]
    spent = [0.0]
    plain = Calls.call

    def measured(self: Calls, *args: Any, **kw: Any) -> Any:
        began = time.perf_counter()
        try:
            return plain(self, *args, **kw)
        finally:
            spent[0] += time.perf_counter() - began

    Calls.call = measured  # type: ignore[method-assign]
    try:
        took = timed(world.plan)
    finally:
        Calls.call = plain  # type: ignore[method-assign]
    if len(server.requests) != rounds:
        raise AssertionError(f"{len(server.requests)} requests, not {rounds}")
    return took, spent[0]


def _bare(server: Server) -> float:
    """Seconds for the same requests by a bare client over one connection."""
    import httpx2

    sent = [request.text.encode() for request in server.requests]
    url = f"{server.url}/chat/completions"
    with httpx2.Client(headers={"content-type": "application/json"}) as client:
        client.get(f"{server.url}/models")
        return timed(lambda: [client.post(url, content=body).json() for body in sent])
