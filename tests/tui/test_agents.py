"""Agents in the open workbench: what is approved was seen, what an agent wrote is marked, and a
hundred proposals hold nothing up."""

from __future__ import annotations

import asyncio
import re
import threading
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from store.ai.proposals import inbox
from store.ai.runs import rows
from store.ai.runs.running import run
from store.ai.tools import policy
from store.workbench import Workbench
from tests.screens import agents
from tests.screens.columns import GAP, TRIES, _machine
from tests.screens.driving import Driven, driven, on_copy
from tests.screens.homes import Homes, clock, store
from tui.keys.actions import TABLE
from tui.keys.keynames import TORN_TAILS
from tui.screens import mission

MANY = 100


app_on = partial(on_copy, kind="agents")


def titles(bench: Workbench) -> list[str]:
    """The titles of all tasks."""
    from store.queries import Query

    found = bench.documents.page(bench.scope, Query("tasks", filters=("all",)), limit=-1)
    return [task.text("title") for task in found]


async def stored(on: Driven, ask: Any) -> Any:
    """What ``ask`` finds once all that was pressed is written."""
    return await on.app.desk.run("write", lambda: ask(on.app.bench))


# The inbox ---------------------------------------------------------------------------------------


async def test_one_key_approves_what_is_seen_and_u_takes_it_back(made: Homes) -> None:
    async with app_on(made) as on:
        before = (await stored(on, titles)).count("sweep the jetty")
        await on.follow(("g", "i", "~+ Title: sweep the jetty"))
        await on.press("space")
        await on.sees("Approved 1 proposal")
        assert (await stored(on, titles)).count("sweep the jetty") == before + 1
        await on.press("u")
        await on.sees("Took back 1 change")
        assert (await stored(on, titles)).count("sweep the jetty") == before


async def test_what_does_not_fit_below_the_list_is_shown_whole_before_it_is_approved(
    made: Homes,
) -> None:
    async with app_on(made, size=(60, 15)) as on:
        await on.follow(("g", "i", "~ledger", "j", "space"))
        assert on.screen_name == "ProposalScreen"
        assert len(await stored(on, inbox.pending)) == 2
        await on.press("space")
        assert len(await stored(on, inbox.pending)) == 1


async def test_several_are_shown_in_one_text_and_asked_once(made: Homes) -> None:
    async with app_on(made, size=(80, 40)) as on:
        await on.follow(("g", "i", "~jetty", "*", "space"))
        assert on.screen_name == "ProposalScreen"
        assert "sweep the jetty" in on.text
        assert "ledger of the week" in on.text
        await on.press("space")
        await on.sees("Approved 2 proposals")
        assert await stored(on, inbox.pending) == []


async def test_a_text_of_several_is_not_approved_before_its_end_was_seen(made: Homes) -> None:
    async with app_on(made, size=(60, 15)) as on:
        await on.follow(("g", "i", "~jetty", "*", "space", "space"))
        await on.sees("There is more below")
        assert len(await stored(on, inbox.pending)) == 2
        await on.press("end", "space")
        assert await stored(on, inbox.pending) == []


async def test_one_of_high_risk_is_always_shown_whole(made: Homes) -> None:
    async with app_on(made) as on:
        with on.app.bench.db.transaction() as connection:
            connection.execute("UPDATE proposals SET risk = 'high'")
        await on.follow(("g", "i", "~high risk", "space"))
        assert on.screen_name == "ProposalScreen"


def propose_a_rewrite(bench: Workbench) -> str:
    """A proposal to rewrite a note; the note's id."""
    id = str(bench.documents.find(bench.scope, "notes", "ledger 0")["id"])
    call = {"tool": "update_note", "arguments": {"noteId": id, "content": "all new"}}
    with bench.step("fill") as step:
        wanted = {"title": "Rewriting", "objective": "rewrite", "agentId": agents.AGENT}
        step.insert("aiMissions", {**wanted, "script": [call]}, id="rewriting")
    run(bench, "rewriting")
    return id


async def test_a_record_that_changed_since_needs_a_new_look(made: Homes) -> None:
    home = made.copy("agents")
    with store(home) as bench:
        note = propose_a_rewrite(bench)
    async with driven(home, clock=clock) as on:
        await on.follow(("g", "i", "~rewrite a note"))
        with on.app.bench.step("edit") as step:
            step.update("notes", note, {"content": "written meanwhile"})
        await on.sees("changed since")
        await on.follow(("/", "text:rewrite", "enter", "space"))
        assert on.screen_name == "ProposalScreen"
        await on.sees("- Text: written meanwhile")
        await on.press("space")
        content = on.app.bench.documents.get(on.app.bench.scope, "notes", note)["content"]
        assert content == "all new"
    made.forget_copies()


async def test_a_word_with_a_rejection_reaches_the_run(made: Homes) -> None:
    async with app_on(made) as on:
        await on.follow(("g", "i", "~jetty", "r", "text:too late in the year", "enter"))
        await on.sees("Rejected 1 proposal")
        newest = (await stored(on, lambda b: rows.of_mission(b, agents.WEEKLY)))[0]
        assert "too late in the year" in newest.feedback


async def test_changed_arguments_are_looked_at_anew_before_they_are_approved(made: Homes) -> None:
    async with app_on(made) as on:
        await on.follow(("g", "i", "~jetty", "e", "text:title", "enter", "text: and the pier"))
        await on.press("enter")
        assert on.screen_name == "ProposalScreen"
        await on.sees("+ Title: sweep the jetty and the pier")
        assert "sweep the jetty and the pier" not in await stored(on, titles)
        await on.press("space")
        assert "sweep the jetty and the pier" in await stored(on, titles)


async def test_what_stands_there_is_read_without_colour(made: Homes) -> None:
    async with driven(made.copy("agents"), env={"NO_COLOR": "1"}, clock=clock) as on:
        await on.follow(("g", "i", "~jetty"))
        assert re.search(r"\+ Title: sweep the jetty", on.text)
        assert "risk" in on.text
    made.forget_copies()


def propose_many(bench: Workbench) -> None:
    """A hundred proposals, each with a text of some length."""
    text = "\n\n".join(f"line {n} of it" for n in range(60))
    calls = [
        {"tool": "create_note", "arguments": {"title": f"page {n}", "content": text}}
        for n in range(20)
    ]
    for at in range(MANY // len(calls)):
        with bench.step("fill") as step:
            wanted = {"title": f"many {at}", "objective": "many", "agentId": agents.AGENT}
            step.insert("aiMissions", {**wanted, "script": calls}, id=f"many-{at}")
        run(bench, f"many-{at}")


@pytest.mark.slow
async def test_a_hundred_proposals_hold_the_loop_up_for_less_than_fifty_milliseconds(
    made: Homes,
) -> None:
    home = made.copy("agents")
    with store(home) as bench:
        propose_many(bench)
        assert inbox.count(bench) >= MANY
    gaps = []
    while len(gaps) < TRIES:
        async with driven(home, clock=clock) as on:
            machine = await _machine()
            on.heart.reset()
            await on.follow(("g", "i"))
            await on.sees("page 0")
            await on.press("end", "home", "j", "j", "*", "space", "G")
            assert on.screen_name == "ProposalScreen"
            gaps.append(on.heart.worst)
        if gaps[-1] < max(GAP, 3 * machine):
            break
    else:
        raise AssertionError(f"the loop was away for {min(gaps) * 1e3:.0f} ms")
    made.forget_copies()


# Missions, agents, the timeline -----------------------------------------------------------------


async def test_a_run_that_goes_on_is_told_with_its_time_and_nothing_ticks_without_one(
    made: Homes, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert mission.TICK >= 1
    monkeypatch.setattr(mission, "TICK", 0.02)
    async with app_on(made) as on:
        bench, scope = on.app.bench, on.app.bench.scope
        await on.follow(("g", "m", "end", "enter", "~Objective"))
        screen: Any = on.app.screen
        assert not screen._ticks
        began = rows.begin(
            bench,
            id="going-on",
            mission=agents.WEEKLY,
            agent=agents.AGENT,
            space=scope.number,
            mission_title="Weekly tide",
        )
        assert began is not None
        rows.phase(bench, "going-on", "calling-llm")
        await on.sees("asking the model")
        await on.sees("running 0:0")
        await asyncio.sleep(0.1)
        assert screen._ticks
        await on.press("K")
        assert rows.cancelled(bench, "going-on")
        rows.finish(bench, "going-on", "over")
        await on.settle()
        assert "running 0:" not in on.text


async def test_the_status_line_says_how_many_proposals_wait(made: Homes) -> None:
    async with app_on(made) as on:
        await on.sees("2 proposals")
        await on.follow(("g", "i", "~jetty", "space"))
        await on.sees("1 proposal ")


async def test_a_record_that_an_agent_wrote_last_bears_a_badge_until_somebody_writes(
    made: Homes,
) -> None:
    async with app_on(made) as on:
        await on.follow(("g", "t", "/", "text:jetty", "enter"))
        assert "◈" in on.text
        await on.press("p")
        await on.follow(("text:low", "enter"))
        await on.settle()
        assert "◈" not in on.text


async def test_a_tool_is_forbidden_by_one_key_and_allowed_again_by_undo(made: Homes) -> None:
    def said(bench: Workbench) -> str:
        from store.ai.tools.catalogue import catalogue

        agent = bench.documents.get(bench.scope, "agents", agents.AGENT)
        return policy.decide(agent.get("policy"), catalogue(bench)["create_task"])

    async with app_on(made, size=(80, 50)) as on:
        await on.follow(("g", "a", "enter", "~Persona", "/", "text:add a task", "enter"))
        before = await stored(on, said)
        await on.press("space")
        assert await stored(on, said) != before
        await on.press("escape", "u", "u")  # by the clock of the tests it is not of this start
        assert await stored(on, said) == before


async def test_the_memory_says_when_it_is_soon_full_and_what_is_left_out(made: Homes) -> None:
    async with app_on(made) as on:
        bench = on.app.bench
        for length, words in ((4_200, "soon full"), (9_000, "1,000 left out")):
            with bench.step("fill") as step:
                step.update("agents", agents.AGENT, {"memory": "x" * length})
            if on.screen_name != "AgentScreen":
                await on.follow(("g", "a", "enter"))
            await on.sees(words)


async def test_a_deleted_agent_keeps_the_name_it_had(made: Homes) -> None:
    async with app_on(made) as on:
        with on.app.bench.step("delete", confirmed=True) as step:
            step.delete("agents", agents.AGENT)
        await on.follow(("g", "m", "end", "enter"))
        await on.sees("Mallow")
        await on.follow(("g", "l"))
        await on.sees("Mallow")


async def test_reverting_shows_what_goes_back_and_what_was_written_since(made: Homes) -> None:
    async with app_on(made) as on:
        await on.follow(("g", "t", "/", "text:jetty", "enter"))
        await on.follow(("p", "text:low", "enter"))
        await on.follow(("g", "l", "~Mallow", "T"))
        assert on.screen_name == "RevertScreen"
        await on.sees("sweep the jetty")


async def test_the_agent_of_a_scene_narrows_the_timeline_and_gets_its_new_missions(
    made: Homes,
) -> None:
    async with app_on(made) as on:
        await on.follow(("g", "L", "p", "text:Mana", "enter", "g", "l"))
        await on.sees("Nothing of Mana")
        await on.press("escape")
        await on.sees("Weekly tide")
        await on.follow(("g", "L", "p", "text:Mallow", "enter"))
        await on.follow(("g", "m", "a", "text:Read the tables", "enter"))
        missions = on.app.bench.db.read(
            "SELECT json_extract(doc, '$.agentId') FROM aiMissions ORDER BY pk DESC LIMIT 1"
        )
        assert missions == [(agents.AGENT,)]


async def test_a_word_to_the_next_run_is_kept_with_the_run(made: Homes) -> None:
    async with app_on(made) as on:
        await on.follow(("g", "m", "end", "enter", "~Runs", "n", "text:less of it", "enter"))
        await on.sees("The next run reads it")
        newest = (await stored(on, lambda b: rows.of_mission(b, agents.WEEKLY)))[0]
        assert newest.feedback.endswith("less of it")


async def test_a_run_from_the_list_holds_up_no_change(made: Homes) -> None:
    """Changes go on being written while a mission that takes its time runs."""
    async with app_on(made) as on:
        going, go_on = threading.Event(), threading.Event()

        def slow(*given: Any, **named: Any) -> rows.Run:
            going.set()
            assert go_on.wait(20)
            return rows.of_mission(on.app.bench, agents.WEEKLY)[0]

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("store.ai.runs.running.run", slow)
            await on.follow(("g", "m", "~fog"))
            on.send("r")
            try:
                assert await asyncio.to_thread(going.wait, 20)
                written = on.app.desk.run("write", lambda: "written")
                assert await asyncio.wait_for(written, 5) == "written"
            finally:
                go_on.set()
            await on.settle()


async def test_a_scene_goes_out_as_a_template_and_comes_in_again(
    made: Homes, tmp_path: Path
) -> None:
    file = tmp_path / "scene.json"
    async with app_on(made) as on:
        await on.follow(("g", "p", "~Weekly review", "p", f"text:{file}", "enter"))
        await on.sees("Wrote")
        assert file.stat().st_mode & 0o077 == 0
        await on.follow(("p", f"text:{file}", "enter"))
        await on.sees("not be written")
        await on.follow(("n", f"text:{file}", "enter"))
        await on.sees("Apply it")
        assert on.screen_name == "TemplateScreen"


async def test_a_mission_that_runs_elsewhere_is_taken_over_by_one_key(made: Homes) -> None:
    async with app_on(made) as on:
        with on.app.bench.step("fill") as step:
            step.update("aiMissions", agents.WEEKLY, {"runsOn": "another"})
        await on.follow(("g", "m", "end", "enter", "~another device", "m"))
        await on.sees("this device")


def test_what_an_agent_did_is_taken_back_by_no_torn_key() -> None:
    acts = [a for a in TABLE if a.id in ("timeline.revert", "steps.revert", "mission.revert")]
    assert acts
    assert {key for action in acts for key in action.keys} == {"T"} - TORN_TAILS
