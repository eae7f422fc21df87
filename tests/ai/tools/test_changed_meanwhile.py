"""The person's word on an agent counts from its next call, not from its next run."""

from __future__ import annotations

import pytest

from store.ai.runs import rows
from store.ai.runs.reference import RunRef
from store.ai.tools.calling import Calls
from tests.ai.tools.worlds import RUN, add
from tests.store.support import AGENT

ADD = ("create_task", {"title": "one more"})


@pytest.fixture
def calls(bench):
    """An agent of the person's in the middle of a run."""
    with bench.step("agent") as step:
        id = step.insert("agents", {"name": "Ada", "policy": {"defaultForAi": "auto"}})
    run = RUN.format(1)
    rows.begin(bench, id=run, mission="m", agent=id, space=bench.scope.number, agent_name="Ada")
    agent = bench.documents.get(bench.scope, "agents", id)
    made = Calls(
        bench, RunRef(run, "m", "", id, "Ada", bench.scope.number), agent, scope=bench.scope
    )
    assert made.call(*ADD).status == "done"
    return made


def change(calls, **fields):
    bench = calls._bench
    with bench.step("change") as step:
        step.update("agents", calls.run.agent, fields)


def test_a_tool_denied_meanwhile_is_not_called_again(calls):
    change(calls, policy={"tools": {"create_task": "deny"}, "defaultForAi": "auto"})
    assert calls.call(*ADD).status == "denied"
    assert "create_task" not in {tool.name for tool in calls.offered()}
    assert calls.call("list_tasks", {}).status == "done"


@pytest.mark.parametrize("state", ["paused", "archived"])
def test_an_agent_that_is_paused_calls_nothing_more(calls, state):
    change(calls, state=state)
    assert calls.call("list_tasks", {}).status == "denied"
    change(calls, state="active")
    assert calls.call("list_tasks", {}).status == "done"


def test_an_agent_that_is_deleted_calls_nothing_more(calls):
    with calls._bench.step("delete") as step:
        step.delete("agents", calls.run.agent)
    assert calls.call(*ADD).status == "denied"


def test_a_filter_set_meanwhile_hides_from_the_next_call_on(calls):
    bench = calls._bench
    hidden = add(bench, "tasks", title="behind a tag", tags=("office",))
    change(calls, scopeTagIds=[bench.tags.add("garden")])
    assert calls.call("get_task", {"taskId": hidden}).status == "failed"


def test_a_policy_that_came_from_elsewhere_meanwhile_gives_nothing(calls):
    bench = calls._bench
    with bench.step("pull", kind="pull") as step:
        step.merge(
            "agents",
            calls.run.agent,
            {"policy": {"defaultForAi": "auto", "mode": "act"}},
            "2027-01-01T00:00:00.000Z",
            actor=AGENT,
            origin="agent",
        )
    assert calls.call(*ADD).status == "denied"
