"""What models cost, and that no budget is passed: not in a run, not by a helper, not by a crash."""

from __future__ import annotations

import pytest

from store.ai.planner import prices
from store.ai.planner.models import Model
from store.ai.runs import budget
from tests.ai.planner.support import world
from tests.ai.served import call, calls, hang_up, say, serving

LOCAL = "http://127.0.0.1:1/v1"
HOSTED = "https://api.openai.com/v1"


def spent(bench):
    """(tokens, micros) settled, and how much is still set aside."""
    rows = bench.db.read("SELECT state, tokens, micros FROM spending")
    done = [(tokens, micros) for state, tokens, micros in rows if state == "settled"]
    held = [tokens for state, tokens, _micros in rows if state == "reserved"]
    return sum(t for t, _ in done), sum(m for _, m in done), sum(held)


@pytest.mark.parametrize(
    ("model", "cost"),
    [
        (Model("m", "openai", LOCAL, "gpt-4o-mini"), 0),
        (Model("m", "openai", LOCAL, "x", price_in=1.0, price_out=2.0), 5_000_000),
        (Model("m", "openai", HOSTED, "gpt-4o-mini"), 150_000 + 2 * 600_000),
        (Model("m", "openai", "https://gateway.example/v1", "gpt-4o-mini"), 1_350_000),
        (Model("m", "openai", "https://gateway.example/v1", "house-brew"), None),
        (Model("m", "openai", HOSTED, "gpt-4o-mini", price_in=0.0), 0),
    ],
    ids=["local", "own prices", "listed", "through a gateway", "unknown", "own zero"],
)
def test_what_a_million_tokens_in_and_two_out_cost(model, cost):
    assert prices.micros(model, 1_000_000, 2_000_000) == cost


def test_a_fraction_of_a_millionth_is_rounded_up():
    assert prices.micros(Model("m", "openai", LOCAL, "x", price_in=0.1), 1, 0) == 1


def test_every_answer_is_settled_at_what_it_used(bench):
    with serving(call("get_task_stats"), say("Done.", usage=(500, 7))) as server:
        w = world(bench, server, price_in=1.0, price_out=10.0)
        outcome = w.plan()
    assert (outcome.tokens, outcome.micros) == (627, 100 + 200 + 500 + 70)
    assert spent(bench) == (627, 870, 0)


def test_a_run_stops_before_the_call_that_its_budget_does_not_hold(bench):
    hungry = calls(("get_task_stats", {}), usage=(9_000, 100))
    with serving(afterwards=hungry) as server:
        w = world(bench, server)
        w.mission(budget={"tokensPerRun": 30_000})
        outcome = w.plan()
        asked = len(server.requests)
    assert outcome.stop == "budget"
    assert isinstance(outcome.error, budget.BudgetError)
    assert 1 < asked < 5
    assert spent(bench)[0] <= 30_000
    assert spent(bench)[2] == 0


def test_the_budget_of_an_agent_holds_across_runs(bench):
    with serving(afterwards=say("Done.", usage=(6_000, 50))) as server:
        w = world(bench, server)
        w.agent(maxTokensPerDay=12_000)
        stops = [w.plan().stop for _ in range(4)]
    assert stops[0] == "assistant-stop"
    assert stops[-2:] == ["budget", "budget"]
    assert spent(bench)[0] <= 12_100


def test_a_helper_spends_from_the_same_purse(bench):
    ask = call("task", subagent_type="research", description="look", prompt="Look around.")
    hungry = calls(("get_task_stats", {}), usage=(9_000, 100))
    with serving(ask, afterwards=hungry) as server:
        w = world(bench, server)
        w.mission(budget={"tokensPerRun": 20_000})
        outcome = w.plan()
    assert outcome.stop == "budget"
    assert len(server.requests) < 5


def test_near_its_end_a_budget_asks_for_shorter_answers(bench):
    with serving(say("Hi.")) as server:
        w = world(bench, server)
        w.mission(budget={"tokensPerRun": 6_000})
        assert w.plan().stop == "assistant-stop"
        body = server.requests[0].body
    assert body["max_tokens"] == 1_024, "by the name that every server knows"
    assert not [tool for tool in body["tools"] if "strict" in tool["function"]]


def test_a_model_is_told_when_three_quarters_are_used(bench):
    with serving(calls(("get_task_stats", {}), usage=(31_000, 100)), say("Done.")) as server:
        w = world(bench, server, window=64_000)
        w.mission(budget={"tokensPerRun": 40_000})
        w.plan()
    assert "percent of the budget" not in server.requests[0].text
    assert "77 percent of the budget" in server.requests[1].text


def test_a_limit_of_money_and_no_price_is_a_refusal(bench):
    with serving() as server:
        w = world(bench, server)
        from store.ai.planner import models

        models.add(bench, Model("house", "openai", "https://gateway.example/v1", "house-brew"))
        w.agent(maxMoneyPerDay=1)
        outcome = w.plan()
    assert outcome.stop == "budget"
    assert "--price-in" in outcome.error.hint


def test_a_server_that_is_not_there_costs_nothing(bench, monkeypatch):
    from store.ai.planner import asking

    monkeypatch.setattr(asking, "PAUSE", 0.005)
    with serving() as server:
        w = world(bench, server)
    outcome = w.plan()
    assert outcome.stop == "llm-error"
    assert (outcome.tokens, spent(bench)) == (0, (0, 0, 0))


def test_what_broke_off_counts_as_read(bench):
    with serving(hang_up(), hang_up(), hang_up(), hang_up()) as server:
        w = world(bench, server)
        from store.ai.planner import asking

        before, asking.PAUSE = asking.PAUSE, 0.005
        try:
            outcome = w.plan()
        finally:
            asking.PAUSE = before
    assert outcome.stop == "llm-error"
    tokens, _micros, held = spent(bench)
    assert tokens == outcome.tokens > 4_000
    assert held == 0
