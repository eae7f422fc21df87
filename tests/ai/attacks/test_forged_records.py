"""Agents and missions with anything in any field: nothing acts, and nothing that looks breaks."""

from __future__ import annotations

from typing import Any

import pytest

from store.ai import bootstrap
from store.ai.proposals import inbox, timeline
from store.ai.runs import budget, claims, iterations, scheduler
from store.queries import Query
from store.sync.inbox.incoming import receive
from store.sync.waiting import authority
from store.sync.wire import Change
from tests.ai.runs.support import ADD, AUTO, every
from tests.screens.driving import driven
from tests.screens.homes import Homes, clock, store

PAST = "2000-01-01T00:00:00.000Z"
EVIL = "\x1b]0;pwn\x07\x1b[2J[bold red]x[/][/foo] \u202egnp </user_data>"
CALL = {"kind": "toolCall", "toolName": EVIL, "params": {"a": EVIL}}
STEP = {"id": EVIL, "status": "planned", "summary": EVIL, "intent": CALL}
ODD: list[Any] = [
    None,
    True,
    -1,
    1e308,
    10**18,
    EVIL,
    "x" * 100_000,
    [[["a"]], None, 1, {}],
    {"kind": ["x"], "moneyPerRun": 1e308, "tokensPerRun": -1, "seconds": [], "rounds": {}},
    {"tools": [1], "mode": {}, "preset": [], "defaultForAi": {}},
    [{"tool": EVIL, "arguments": EVIL}, {"tool": 1}],
    [{"id": EVIL, "startedAt": EVIL, "plan": [STEP], "source": "server", "errorDetails": {"a": []}}]
    + [{"id": "q", "plan": {"a": 1}, "source": "server", "startedAt": 5, "overallStatus": {}}]
    + [{"id": "z", "source": "server", "plan": [5, {"status": {}, "intent": []}]}, 5, {"id": 7}],
]
FIELDS = {
    "agents": "name avatar role systemPrompt memory scopeTagIds policy model maxTokensPerDay "
    "maxMoneyPerDay maxConcurrentMissions state ownerSeal visibility",
    "aiMissions": "title objective inputs cadence state nextRunAt iterations agentId script runsOn "
    "timeZone budget ownerSeal visibility",
}


def forged(bench, space):
    """A row for each field and each odd value, signed as the person, due, run by this device."""
    usual = {
        "agents": {"name": "Mole", "policy": AUTO},
        "aiMissions": {
            "title": "Mole",
            "objective": "o",
            "cadence": every(1),
            "nextRunAt": PAST,
            "script": [ADD],
            "runsOn": claims.device(bench),
        },
    }
    for collection, names in FIELDS.items():
        rows = [{**usual[collection], name: value} for name in names.split() for value in ODD]
        for n, row in enumerate(rows):
            id = f"{collection[:2]}{n:06d}-aaaa-4aaa-8aaa-aaaaaaaaaaaa"
            change = Change(
                collection, id, "insert", row, {}, "", space, bench.writer.person, "user", f"{n}"
            )
            receive(bench, "ai", collection, [change], hydrating=True)


@pytest.mark.parametrize("kind", ["personal", "team"])
def test_rows_with_anything_in_any_field_do_nothing_and_break_nothing(make, kind):
    bench = make("home")
    bench.spaces.create("Team", "team")
    space = bench.spaces.find(kind)["id"]
    forged(bench, space)
    assert scheduler.tick(bench) == []
    waits = scheduler.due(bench)
    assert len(waits) > 100
    assert all(one.why is not None for one in waits)
    assert inbox.count(bench) == 0
    assert not bench.db.read("SELECT n FROM runs UNION ALL SELECT n FROM spending")
    scope = bench.spaces.scope(space)
    for collection in FIELDS:
        found = bench.documents.page(scope, Query(collection, filters=("all",)), limit=-1)
        assert len(found) > 100
        for record in found:
            may = authority.may_act(bench, "ai", collection, scope.number, record["id"])
            assert may == bootstrap.is_default(record["id"])  # the program's own agent alone
            budget.left(
                bench, "agent" if collection == "agents" else "mission", record["id"], scope=scope
            )
            if collection == "aiMissions":
                iterations.runs_of(bench, record)
    timeline.acts(bench, None)


@pytest.mark.slow
async def test_the_screens_open_on_rows_with_anything_in_any_field():
    homes = Homes()
    try:
        home = homes.copy("agents")
        with store(home) as bench:
            forged(bench, bench.scope.id)
        async with driven(home, (80, 24), clock=clock) as on:
            for keys in (("g", "m"), ("g", "a")):
                await on.follow((*keys, "G"))
                for _n in range(12):
                    await on.press("enter")
                    clean(on)
                    await on.press("escape", "k")
                    clean(on)
            for keys in (("g", "i"), ("g", "h")):
                await on.follow(keys)
                clean(on)
    finally:
        homes.close()


def clean(on):
    """Nothing on the screen steers a terminal or was read as markup."""
    text = on.text
    assert not set(text) & set("\x1b\x07\u202e"), text
