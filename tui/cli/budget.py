"""space budget: what agents may spend in a space, and what is left of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from store.words import _
from tui.cli import output, pick
from tui.cli.call import Call
from tui.cli.frame import Verb

_NAMES = {"tokens": "tokensPerDay", "money": "moneyPerDay"}


@click.pass_obj
def _budget(
    call: Call, text: str | None, tokens: int | None, money: float | None, clear: Sequence[str]
) -> None:
    """Show or set the budget of a space, by default of the one that commands act in."""
    from store.ai.runs import limits

    changes: dict[str, float | None] = {_NAMES[name]: None for name in clear}
    changes |= {} if tokens is None else {limits.TOKENS: tokens}
    changes |= {} if money is None else {limits.MONEY: money}
    bench, _scope = call.scoped(unlock="must" if changes else "may")
    space = bench.spaces.find(text) if text else pick.space_of(call, bench)
    if changes:
        limits.set_space(bench, space, changes)
    _answer(call, bench, space)


def _answer(call: Call, bench: Any, space: Any) -> None:
    from store.ai.runs import budget
    from tui.asking.agents import spending

    left = budget.left(bench, "space", scope=bench.spaces.scope(space["id"]))
    data = {
        "id": space["id"],
        "tokens": {"used": left.tokens, "most": left.tokens_most, "left": left.tokens_left},
        "micros": {"used": left.micros, "most": left.micros_most, "left": left.micros_left},
    }
    facts = [(_("Space"), pick.space_label(space)), *spending.lines_of(left)]
    call.answer(data, lambda: output.columns(facts))


budget = Verb(
    "budget",
    callback=_budget,
    params=[
        click.Argument(["text"], metavar="[SPACE]", required=False),
        click.Option(
            ["--tokens"], type=click.IntRange(min=0), metavar="N", help=_("Tokens a day.")
        ),
        click.Option(
            ["--money"],
            type=click.FloatRange(min=0),
            metavar="X",
            help=_("US dollars a day, as 0.50."),
        ),
        click.Option(
            ["--clear"],
            type=click.Choice(list(_NAMES)),
            multiple=True,
            help=_("Take this limit off; repeatable."),
        ),
    ],
    help=_(
        "Show what agents may spend in a space within 24 hours, or set it. All its agents together "
        "are held to it; 0 lets none work there."
    ),
)
