"""What agents may spend in a space is set by keys, shown beside it, and taken off again."""

from __future__ import annotations

from store.ai.runs import budget
from tests.screens.driving import driven
from tests.screens.homes import Homes, clock

ASKS = (":", "text:agents may spend", "~what its agents may spend", "enter", "~Budget of Personal")


async def test_a_budget_of_a_space_is_typed_shown_and_taken_off(made: Homes) -> None:
    async with driven(made.copy("agents"), clock=clock) as on:
        await on.follow(("g", "S", "~Modules:", *ASKS, "text:5000 tokens, 0.5 $", "enter"))
        await on.sees("may spend 5000 tokens, 0.5 $ a day")
        await on.sees("5,000 of 5,000 left today")
        left = await on.app.desk.run("write", lambda: budget.left(on.app.bench, "space"))
        assert (left.tokens_most, left.micros_most) == (5000, 500_000)
