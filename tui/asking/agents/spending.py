"""What is left of a budget, in words and as a bar."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from store.records import Record
from store.words import _, number
from tui.asking.agents import words

if TYPE_CHECKING:
    from store.ai.runs.budget import Left
    from store.workbench import Workbench


def of_mission(bench: Workbench, record: Record) -> tuple[str, str]:
    """(what stands in the line of a mission, what is said of it): its own limit for each run, what
    it used in 24 hours, and what its agent and the space leave it."""
    from store.ai import budget_words
    from store.ai.runs import budget

    mine = budget.left(bench, "mission", record["id"])
    given = record.get("budget")
    limit = budget_words.shown(given) if isinstance(given, Mapping) else ""
    spent = words.spent(mine.tokens, mine.micros)
    today = _("{spent} today").format(spent=spent) if spent else _("nothing spent today")
    each = _("at most {limit} a run").format(limit=limit) if limit else _("no limit of its own")
    lines = [each, today]
    if agent := record.text("agentId"):
        lines += _leaves(_("Its agent"), budget.left(bench, "agent", agent))
    lines += _leaves(_("This space"), budget.left(bench, "space"))
    return f"{each} · {today}", "\n".join(lines)


def _leaves(whose: str, left: Left) -> list[str]:
    """What a limit that there is still allows."""
    lines = []
    if left.tokens_most is not None:
        lines.append(f"{whose}: {_tokens(left)}")
    if left.micros_most is not None:
        lines.append(f"{whose}: {_money(left)}")
    return lines


def of_agent(bench: Workbench, record: Record) -> list[tuple[str, str]]:
    """(label, bar and amounts) of what an agent may use in 24 hours."""
    from store.ai.runs import budget

    return lines_of(budget.left(bench, "agent", record["id"]))


def lines_of(left: Left) -> list[tuple[str, str]]:
    """(label, bar and amounts) of what was used of a limit and what is left."""
    return [(_("Tokens"), _tokens(left)), (_("Money"), _money(left))]


def _tokens(left: Left) -> str:
    return _said(left.tokens, left.tokens_most, number)


def _money(left: Left) -> str:
    return _said(left.micros, left.micros_most, words.money)


def _said(used: int, most: int | None, amount: Callable[[int], str]) -> str:
    if most is None:
        return _("{spent} used today, no limit").format(spent=amount(used))
    if most <= 0:
        return _("none: it does not run")
    left = max(0, most - used)
    text = _("{left} of {limit} left today").format(left=amount(left), limit=amount(most))
    return f"{words.bar(left / most)} {text}"
