"""A model works on a mission through the gate, over real HTTP, answered by a script."""

from __future__ import annotations

import asyncio

import pytest

from store.ai.runs import rows
from store.errors import NotFoundError
from store.queries import Query
from tests.ai.planner.support import World, world
from tests.ai.served import call, calls, say, serving


def notes(bench):
    return bench.documents.page(bench.scope, Query("notes"), limit=10)


def first_task(request):
    """Complete the first task that was listed."""
    return call("complete_task", taskId=request.results()[-1]["data"]["tasks"][0]["id"])


def test_tasks_are_triaged_and_the_change_waits_for_the_person(bench):
    with serving(call("list_tasks"), first_task, say("One task is done.")) as server:
        w = world(bench, server)
        task = w.task("Buy milk")
        run = w.run()
    assert (run.state, run.summary) == ("awaiting-review", "One task is done.")
    assert w.steps() == [("list_tasks", "approved"), ("complete_task", "staged")]
    assert bench.documents.get(bench.scope, "tasks", task).get("isCompleted") is not True
    assert run.tokens == 360, "three answers of 120 tokens each"


def test_what_a_model_says_before_its_calls_is_the_reason_of_the_proposal(bench):
    with serving() as server:
        w = world(bench, server)
        task = w.task("Buy milk")
        why = "The milk was bought on Monday."
        server.script[:] = [calls(("complete_task", {"taskId": task}), text=why), say("Done.")]
        w.run()
    from store.ai.proposals import inbox

    (proposal,) = inbox.pending(bench)
    assert proposal.rationale == why


def test_the_rounds_have_an_end(bench):
    again = call("get_task_stats")
    with serving(afterwards=again) as server:
        w = world(bench, server)
        outcome = w.plan()
        assert (outcome.stop, outcome.rounds) == ("max-rounds", 5)
        assert len(server.requests) == 5
        assert "last round" in server.requests[-1].text
        assert "last round" not in server.requests[-2].text


def test_a_mission_may_ask_for_fewer_rounds(bench):
    with serving(afterwards=call("get_task_stats")) as server:
        w = world(bench, server)
        w.mission(budget={"rounds": 2})
        assert w.plan().rounds == 2 == len(server.requests)


def test_a_turn_of_reads_runs_side_by_side_and_is_answered_in_its_order(bench):
    asked = [("get_task_stats", {}), ("list_notes", {}), ("list_tasks", {}), ("get_contacts", {})]
    with serving(calls(*asked), say("Read.")) as server:
        w = world(bench, server)
        w.task("Buy milk")
        assert w.plan().stop == "assistant-stop"
        answered = server.requests[1].messages[-4:]
    sent = server.requests[1].messages[-5]["tool_calls"]
    assert [one["tool_call_id"] for one in answered] == [one["id"] for one in sent]
    assert "Buy milk" in answered[2]["content"]
    assert {tool for tool, _status in w.steps()} == {name for name, _arguments in asked}


def test_reading_side_by_side_leaves_no_connection_behind(bench):
    both = calls(("get_task_stats", {}), ("list_notes", {}), ("get_contacts", {}))
    with serving(afterwards=both) as server:
        w = world(bench, server)
        w.plan()
        before = len(bench.db._connections)
        w.plan()
    assert len(bench.db._connections) == before


def test_a_turn_that_writes_is_done_in_its_order(bench):
    def write(request):
        return calls(
            ("create_note", {"content": "one"}),
            ("list_notes", {}),
            ("create_note", {"content": "two"}),
            ("list_notes", {}),
        )

    with serving(write, say("Done.")) as server:
        w = world(bench, server)
        w.agent(policy={"tools": {}, "defaultForAi": "auto", "mode": "act"})
        w.plan()
        seen = [len(one["data"]["notes"]) for one in server.requests[1].results()[1::2]]
    assert seen == [1, 2]
    assert [tool for tool, _ in w.steps()] == ["create_note", "list_notes"] * 2


def test_a_denied_tool_is_in_no_request(bench):
    with serving(call("list_notes"), call("get_note", noteId="x"), say("Nothing.")) as server:
        w = world(bench, server)
        w.add("notes", title="Diary", content="the secret of the diary")
        w.agent(
            policy={"tools": {"list_notes": "deny", "get_note": "deny"}, "defaultForAi": "propose"}
        )
        w.plan()
        everything = "".join(request.text for request in server.requests)
    assert not {"list_notes", "get_note"} & set(server.requests[0].tools)
    assert "secret of the diary" not in everything
    assert w.steps() == [("list_notes", "failed"), ("get_note", "failed")]


def test_unknown_tools_and_malformed_arguments_come_back_as_failed_results(bench):
    wrong = calls(
        ("make_coffee", {"cups": 2}),
        ("create_task", "{not json"),
        ("create_task", '["a list"]'),
        ("create_task", {"title": "x", "invented": 1}),
        ("create_task", {}),
    )
    with serving(wrong, say("I see.")) as server:
        w = world(bench, server)
        assert w.plan().stop == "assistant-stop"
        unknown, *answers = (
            m["content"] for m in server.requests[1].messages if m["role"] == "tool"
        )
    assert "make_coffee" in unknown
    assert all('"success":false' in answer for answer in answers)
    assert w.steps() == [("make_coffee", "failed")] + [("create_task", "failed")] * 4


def test_calls_that_bear_one_id_are_all_answered(bench):
    """Some small models number every call alike."""

    def twins(request):
        return calls(
            ("get_task_stats", {}), ("create_note", {"content": "n"}), ids=("same", "same")
        )

    with serving(twins, say("Done.")) as server:
        w = world(bench, server)
        assert w.plan().stop in ("assistant-stop", "llm-error")
        assert len(w.steps()) <= 2


def test_a_flood_of_calls_in_one_turn_is_cut(bench):
    flood = calls(*[("create_note", {"content": str(n)}) for n in range(60)])
    with serving(flood, say("Done.")) as server:
        w = world(bench, server)
        w.plan()
        assert len(w.steps()) <= 40
        assert "Only 40 calls" in server.requests[1].text


def test_a_helper_reads_in_a_conversation_of_its_own_and_its_tokens_count(bench):
    ask = call("task", subagent_type="research", description="look", prompt="Which tasks are open?")
    with serving(ask, call("list_tasks"), say("One: milk."), say("Done.")) as server:
        w = world(bench, server)
        w.task("Buy milk")
        outcome = w.plan()
        _main, helper, _again, last = server.requests
    assert outcome.tokens == 4 * 120
    assert outcome.rounds == 2
    assert "create_task" not in helper.tools
    assert "task" not in helper.tools
    assert "Sort the open tasks" not in helper.text, "a helper knows only its own prompt"
    assert "One: milk." in last.text
    assert "Buy milk" not in last.text
    assert ("task", "approved") in w.steps()


def test_a_helper_cannot_write_through_a_tool_it_was_not_given(bench):
    ask = call("task", subagent_type="plan", description="look", prompt="Write a note.")
    with serving(ask, call("create_note", content="n"), say("No."), say("Done.")) as server:
        w = world(bench, server)
        w.plan()
    assert ("create_note", "staged") not in w.steps()
    assert not notes(bench)


def test_without_a_model_a_mission_says_how_to_get_one(bench):
    with serving() as server:
        w = world(bench, server)
        from store.ai.planner import models

        models.remove(bench, "house")
        with pytest.raises(NotFoundError) as raised:
            w.plan()
    assert "manabench model add" in raised.value.hint
    assert server.requests == []


def test_a_script_needs_no_model(bench):
    with serving() as server:
        w = world(bench, server)
        from store.ai.planner import models

        models.remove(bench, "house")
        w.mission(script=[{"tool": "get_task_stats", "arguments": {}}])
        assert w.run().state == "approved"
    assert server.requests == []


class EndedError(Exception):
    """As ``running`` ends a run at its next phase."""


def test_a_run_that_is_ended_between_two_calls_makes_no_other(bench):
    both = calls(("create_note", {"content": "one"}), ("create_note", {"content": "two"}))
    told = []

    def phase(name, detail):
        told.append((name, detail))
        if told.count(("staging-proposals", "create_note")) == 2:
            raise EndedError

    with serving(both, say("Never.")) as server:
        w = world(bench, server)
        w.agent(policy={"tools": {}, "defaultForAi": "auto", "mode": "act"})
        with pytest.raises(EndedError):
            w.plan(phase=phase)
        assert len(server.requests) == 1
    assert w.steps() == [("create_note", "approved")]
    assert told[0] == ("calling-llm", "1")


def test_a_screen_with_a_loop_of_its_own_may_plan(bench):
    with serving(say("Hello.")) as server:
        w = world(bench, server)

        async def screen():
            return w.plan()

        assert asyncio.run(screen()).summary == "Hello."


def test_an_agent_uses_its_own_model_and_another_machine_s_falls_back(bench):
    from store.ai.planner import models
    from store.ai.planner.models import Model

    with serving() as server:
        w = World(bench, server.url)
        models.add(bench, Model("small", "openai", server.url, "tiny"))
        w.agent(model="small")
        w.plan()
        w.agent(model="of another machine")
        w.plan()
        assert [request.body["model"] for request in server.requests] == ["tiny", "scripted"]


def test_a_run_shows_what_it_was_given(bench):
    with serving() as server:
        w = world(bench, server)
        note = w.add("notes", title="Rules", content="Milk first.")
        gone = {"module": "todo", "table": "tasks", "id": "nowhere"}
        w.mission(inputs=[{"module": "notes", "table": "notes", "id": note}, gone])
        w.plan()
    run = rows.get(bench, w.begun.id)
    assert [one["id"] for one in run.inputs] == [note, "nowhere"]
    assert run.inputs[1]["why"] == "gone"
    assert "<user_data>\nRules\n\nMilk first.\n</user_data>" in server.requests[0].said("user")
    assert "nowhere: gone" in server.requests[0].said("user")
