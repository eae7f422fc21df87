"""Missions, agents and proposals by keys: hints, inputs, models, the cursor, taking back."""

from __future__ import annotations

from typing import Any

from store.ai.planner import models
from store.ai.proposals import inbox
from tests.screens import agents
from tests.screens.driving import driven
from tests.screens.homes import Homes, clock, store
from tests.tui.test_agents import app_on, propose_a_rewrite, stored, titles


async def test_the_cursor_stays_with_the_run_whose_proposal_was_answered(made: Homes) -> None:
    """Also where an answer changes the order of the runs: the riskiest come first."""
    home = made.copy("agents")
    with store(home) as bench:
        propose_a_rewrite(bench)
        with bench.db.transaction() as connection:
            for one in inbox.pending(bench):
                risk = {"create_note": "high", "update_note": "medium"}.get(one.tool, "low")
                connection.execute("UPDATE proposals SET risk = ? WHERE id = ?", (risk, one.id))
    async with driven(home, clock=clock) as on:
        await on.follow(("g", "i", "~ledger of the week", "r", "enter"))
        await on.sees("Rejected 1 proposal")
        screen: Any = on.app.screen
        assert "sweep the jetty" in screen.entries.chosen.words
    made.forget_copies()


async def test_the_keys_of_a_mission_say_what_they_would_do_now(made: Homes) -> None:
    async with app_on(made, size=(120, 30)) as on:
        await on.follow(("g", "m", "end", "enter", "~Objective"))
        await on.sees("Space resume")
        await on.press("space")
        await on.sees("1 mission active")
        await on.settle()
        hints = dict(on.app.hints_of(on.app.screen))
        assert hints["Space"] == "pause"
        assert "K" not in hints  # nothing runs that could be stopped


async def test_a_mission_is_given_a_record_by_its_name_and_told_by_it(made: Homes) -> None:
    async with app_on(made) as on:
        await on.follow(("g", "m", "end", "enter", "~Objective", "I", "text:ledger 2", "enter"))
        await on.sees("\u2713 ledger 2")
        await on.press("escape")
        await on.sees("1 record")
        await on.follow(("I", "enter"))
        await on.press("escape")
        await on.sees("nothing is given to it")


async def test_an_agent_is_given_one_of_the_models_that_are_known(made: Homes) -> None:
    async with app_on(made) as on:
        await on.follow(("g", "a", "enter", "~none is known", "/", "text:model", "enter"))
        bench = on.app.bench
        models.add(bench, models.Model("small", "openai", "http://127.0.0.1:9/v1", "tiny"))
        await on.follow(("enter", "text:small", "enter"))
        await on.sees("It thinks with small")
        assert bench.documents.get(bench.scope, "agents", agents.AGENT)["model"] == "small"
        await on.press("u", "u")
        await on.settle()
        assert not bench.documents.get(bench.scope, "agents", agents.AGENT).get("model")


async def test_approvals_are_taken_back_one_after_the_other(made: Homes) -> None:
    async with app_on(made, size=(80, 40)) as on:
        before = sorted(await stored(on, titles))
        await on.follow(("g", "i", "~jetty", "space"))
        await on.sees("Approved 1 proposal")
        await on.follow(("~ledger of the week", "space"))
        await on.press("u", "u")
        await on.settle()
        assert sorted(await stored(on, titles)) == before


async def test_a_step_of_the_past_is_shown_field_by_field(made: Homes) -> None:
    async with app_on(made) as on:
        await on.follow(("g", "i", "~jetty", "space"))
        await on.follow(("g", "l", "~Weekly tide", "enter", "~1 task added", "enter"))
        await on.sees("+ Title: sweep the jetty")
