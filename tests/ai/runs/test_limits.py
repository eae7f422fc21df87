"""What agents may spend in a space is set by whoever answers for it, and holds."""

from __future__ import annotations

import pytest

from store.ai.runs import budget, limits, rows, running
from store.ai.runs.budget import BudgetError
from store.errors import GuardError
from tests.ai.runs.support import ADD, agent, mission


def test_what_was_set_holds_and_the_rest_of_the_space_stays(bench):
    with bench.step("x") as step:
        metadata = {"theme": "dark", "ai": {"allowDestructive": ["wipe"]}}
        step.update("spaces", bench.scope.id, {"metadata": metadata})
    limits.set_space(bench, bench.spaces.find("personal"), {limits.TOKENS: 1000})
    metadata["ai"] = {"allowDestructive": ["wipe"], "tokensPerDay": 1000}
    assert bench.spaces.find("personal")["metadata"] == metadata
    ada = agent(bench, "Ada")
    id = mission(bench, ADD, agent=ada)
    run = rows.begin(bench, id="r", mission=id, agent=ada, space=bench.scope.number)
    with pytest.raises(BudgetError):
        budget.reserve(bench, running.ref(run, lambda: False), "m", 1001, 0)


@pytest.mark.parametrize(("role", "may"), [("admin", True), ("member", False)])
def test_in_a_shared_space_only_who_answers_for_it_changes_the_budget(bench, role, may):
    scope = bench.spaces.scope(bench.spaces.create("Us", "team"))
    with bench.db.transaction() as connection:
        connection.execute(
            "INSERT INTO memberships (space, state, role) VALUES (?, 'member', ?)",
            (scope.number, role),
        )
    space = bench.spaces.find(scope.id)
    if may:
        assert limits.set_space(bench, space, {limits.MONEY: 1.5}) == {"moneyPerDay": 1.5}
    else:
        with pytest.raises(GuardError):
            limits.set_space(bench, space, {limits.MONEY: 1.5})
