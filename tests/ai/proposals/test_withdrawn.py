"""A proposal tells what was decided of its agent since it asked; deciding is still the person's."""

from __future__ import annotations

import pytest

from store.ai.proposals import inbox
from tests.ai.proposals.staged import AGENT, propose, read, task


@pytest.fixture
def agent(bench):
    """The agent that asks, as a record."""
    with bench.step("agent") as step:
        step.insert("agents", {"name": "Ada", "policy": {"defaultForAi": "propose"}}, id=AGENT)
    return AGENT


def change(bench, agent, fields):
    with bench.step("agent changed") as step:
        step.update("agents", agent, fields)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"state": "paused"}, "paused"),
        ({"state": "archived"}, "archived"),
        ({"state": "paused", "policy": {"defaultForAi": "deny"}}, "paused"),
        ({"policy": {"tools": {"t_edit": "deny"}, "defaultForAi": "auto"}}, "denied"),
        ({"policy": {"tools": 7}}, "denied"),
    ],
)
def test_what_was_decided_of_the_agent_since_is_told_wherever_it_waits(bench, agent, fields, said):
    one = propose(bench, "t_edit", id=task(bench), title="other")
    assert inbox.get(bench, one.id).withdrawn == ""
    change(bench, agent, fields)
    assert inbox.get(bench, one.id).withdrawn == said
    assert [p.withdrawn for p in inbox.pending(bench)] == [said]
    assert inbox.look(bench, one.id).withdrawn == said


def test_a_deleted_agent_is_told_and_one_that_was_brought_back_is_not(bench, agent):
    one = propose(bench, "t_edit", id=task(bench), title="other")
    with bench.step("gone") as step:
        step.delete("agents", agent)
    assert inbox.get(bench, one.id).withdrawn == "deleted"
    bench.history.undo(bench.scope)
    assert inbox.get(bench, one.id).withdrawn == ""


def test_whoever_approves_it_all_the_same_gets_what_was_shown(bench, agent):
    id = task(bench)
    one = propose(bench, "t_edit", id=id, title="other")
    change(bench, agent, {"state": "paused"})
    assert inbox.approve(bench, [one.id]).done == [one.id]
    assert read(bench, id)["title"] == "other"
    assert inbox.get(bench, one.id).withdrawn == ""


def test_nothing_is_said_of_the_agent_while_the_vault_is_locked(bench, agent):
    propose(bench, "t_edit", id=task(bench), title="other")
    change(bench, agent, {"state": "paused"})
    bench.vault.lock()
    (one,) = inbox.pending(bench)
    assert one.locked
    assert one.withdrawn == ""
