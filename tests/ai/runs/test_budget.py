"""Budgets hold: across processes, restarts and deaths, whatever the calls cost in the end."""

from __future__ import annotations

import subprocess
from datetime import timedelta
from itertools import count

import pytest

from store.ai.runs import budget, rows, running
from store.ai.runs.budget import BudgetError
from store.ai.runs.rows import StoppedError
from tests.ai.runs.support import ADD, agent, mission
from tests.harness import processes
from tests.store.support import script


@pytest.fixture
def begun(bench):
    """``begun(agent fields, mission fields)``: the reference of a run that goes on."""

    numbers = count()

    def make(of_agent=None, **fields):
        ada = agent(bench, f"Agent {next(numbers)}", **(of_agent or {}))
        id = mission(bench, ADD, agent=ada, **fields)
        run = rows.begin(
            bench, id=f"run-{id}", mission=id, agent=ada, space=bench.scope.number, agent_name="Ada"
        )
        return running.ref(run, lambda: False)

    return make


def space_limits(bench, **limits):
    with bench.step("limits", scope=bench.user_scope) as step:
        step.update("spaces", bench.scope.id, {"metadata": {"ai": limits}})


@pytest.mark.parametrize(
    ("of_agent", "of_mission", "of_space", "whose"),
    [
        ({"maxTokensPerDay": 1000}, {}, {}, "agent"),
        ({"maxMoneyPerDay": 0.01}, {}, {}, "agent"),
        ({}, {"budget": {"tokensPerRun": 1000}}, {}, "run"),
        ({}, {"budget": {"moneyPerRun": 0.01}}, {}, "run"),
        ({}, {}, {"tokensPerDay": 1000}, "space"),
        ({}, {}, {"moneyPerDay": 0.01}, "space"),
    ],
)
def test_each_limit_stops_the_call_that_would_pass_it(
    bench, begun, of_agent, of_mission, of_space, whose
):
    ref = begun(of_agent, **of_mission)
    space_limits(bench, **of_space)
    first = budget.reserve(bench, ref, "m", 600, 6000)
    with pytest.raises(BudgetError) as refused:
        budget.reserve(bench, ref, "m", 600, 6000)
    assert refused.value.whose == whose
    assert refused.value.code == "budget"
    budget.settle(bench, first, 300, 3000)  # it took less than was set aside
    second = budget.reserve(bench, ref, "m", 600, 6000)
    budget.settle(bench, second, 700, 7000)  # and this more
    with pytest.raises(BudgetError):
        budget.reserve(bench, ref, "m", 1, 1)
    run = rows.get(bench, ref.id)
    assert (run.tokens, run.micros) == (1000, 10000)


def test_the_days_of_a_budget_are_the_last_24_hours(bench, begun, clock):
    ref = begun({"maxTokensPerDay": 1000})
    budget.settle(bench, budget.reserve(bench, ref, "m", 900, 0), 900, 0)
    assert budget.left(bench, "agent", ref.agent).tokens_left == 100
    clock.time += timedelta(hours=23, minutes=59)
    with pytest.raises(BudgetError):
        budget.reserve(bench, ref, "m", 200, 0)
    clock.time += timedelta(minutes=2)
    budget.reserve(bench, ref, "m", 1000, 0)


def test_what_a_dead_process_set_aside_counts_as_spent(make, begun, bench):
    ref = begun({"maxTokensPerDay": 1000})
    budget.reserve(bench, ref, "m", 900, 0)
    again = make("home")  # as after a restart
    assert budget.left(again, "agent", ref.agent).tokens == 900
    with pytest.raises(BudgetError):
        budget.reserve(again, ref, "m", 200, 0)


def test_settling_twice_counts_once(bench, begun):
    ref = begun()
    held = budget.reserve(bench, ref, "m", 10, 10)
    budget.settle(bench, held, 5, 5)
    budget.settle(bench, held, 9, 9)
    assert budget.left(bench, "space") == budget.Left(5, None, 5, None)
    assert rows.get(bench, ref.id).tokens == 5


def test_a_limit_of_money_refuses_a_model_that_nobody_knows_the_price_of(bench, begun):
    with pytest.raises(BudgetError, match="costs") as refused:
        budget.reserve(bench, begun({"maxMoneyPerDay": 5}), "m", 10, None)
    assert "price" in refused.value.hint
    budget.reserve(bench, begun(), "m", 10, None)  # without such a limit nobody asks


@pytest.mark.parametrize("broken", [0, -1, True, "many", [], {"a": 1}])
def test_a_limit_that_is_nothing_or_cannot_be_read_allows_nothing(bench, begun, broken):
    with pytest.raises(BudgetError):
        budget.reserve(bench, begun(budget={"tokensPerRun": broken}), "m", 1, 0)
    space_limits(bench, moneyPerDay=broken)
    with pytest.raises(BudgetError):
        budget.reserve(bench, begun(), "m", 0, 0)


def test_a_run_that_has_ended_spends_nothing_more(bench, begun):
    ref = begun()
    held = budget.reserve(bench, ref, "m", 10, 10)
    rows.finish(bench, ref.id)
    with pytest.raises(StoppedError):
        budget.reserve(bench, ref, "m", 10, 10)
    budget.settle(bench, held, 7, 7)  # what was under way was used all the same
    assert rows.get(bench, ref.id).tokens == 7


HAMMER = """
import random, sys
from pathlib import Path
from types import SimpleNamespace
from store.ai.runs import budget, rows
from store.workbench import Workbench
bench = Workbench.open(Path(sys.argv[1]))
ref = SimpleNamespace(id=sys.argv[2], agent=sys.argv[3], mission="", space=bench.scope.number)
dice = random.Random(int(sys.argv[4]))
print("ready", flush=True)
sys.stdin.readline()
spent = 0
for _round in range(40):
    wanted = dice.randint(1, 60)
    try:
        held = budget.reserve(bench, ref, "m", wanted, wanted)
    except budget.BudgetError:
        continue
    if sys.argv[5] == "dies" and _round == 5:
        print("held", wanted, flush=True)
        sys.stdin.readline()
    used = dice.randint(0, wanted)
    budget.settle(bench, held, used, used)
    spent += used
    print("used", used, flush=True)
bench.close()
"""


@pytest.mark.slow
def test_processes_that_spend_at_once_never_pass_the_limit(make):
    bench = make("home", clock=None)
    ada = agent(bench, maxTokensPerDay=1000)
    rows.begin(bench, id="run", mission="", agent=ada, space=bench.scope.number)
    workers = [
        script(HAMMER, str(bench.home), "run", ada, str(n), how, stdin=subprocess.PIPE)
        for n, how in enumerate(("lives", "lives", "dies"))
    ]
    for worker in workers:
        assert worker.stdout.readline() == "ready\n"
    for worker in workers:
        worker.stdin.write("go\n")
        worker.stdin.flush()
    used = 0
    for line in workers[2].stdout:
        word, number = line.split()
        used += int(number)
        if word == "held":
            break  # what it set aside when it died counts whole
    processes.end([workers[2].pid])
    workers[2].communicate()
    for worker in workers[:2]:
        out, err = worker.communicate(timeout=60)
        assert worker.returncode == 0, err
        used += sum(int(line.split()[1]) for line in out.splitlines())
    assert budget.left(bench, "agent", ada).tokens == used
    assert 900 < used <= 1000


def test_nobody_spends_between_the_look_at_what_is_left_and_the_reservation(
    make, bench, begun, monkeypatch
):
    """Two processes look at once; each would find enough for itself."""
    import threading
    import time

    ref = begun({"maxTokensPerDay": 1000})
    plain, outcomes = budget._require, []

    def slow(*given):
        plain(*given)
        time.sleep(0.05)

    monkeypatch.setattr(budget, "_require", slow)

    def spend(other):
        try:
            outcomes.append(budget.reserve(other, ref, "m", 600, 0).tokens)
        except BudgetError:
            outcomes.append(0)
        other.db.leave()

    threads = [threading.Thread(target=spend, args=(one,)) for one in (bench, make("home"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == [0, 600]


def test_a_budget_that_is_used_up_stops_what_needs_a_model_and_not_a_script(bench, begun):
    ref = begun({"maxTokensPerDay": 100})
    budget.reserve(bench, ref, "m", 100, 0)
    rows.finish(bench, ref.id)
    assert running.run(bench, ref.mission).state == "awaiting-review"
    plain = mission(bench, agent=ref.agent)
    with pytest.raises(BudgetError):
        running.run(bench, plain, planner=lambda *_given, **_more: None)
