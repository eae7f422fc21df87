"""A home in which an agent has worked: a script has run, what it proposed waits, some was done."""

from __future__ import annotations

from store.ai.proposals import inbox
from store.ai.runs.running import run
from store.modules import missions
from store.workbench import Workbench

AGENT = "agent-mallow"
WEEKLY = "mission-weekly"
FAILING = "mission-failing"

_SCRIPT = (
    {"tool": "list_tasks", "arguments": {"filter": "open", "limit": 5}},
    {"tool": "create_task", "arguments": {"title": "sweep the jetty", "priority": "high"}},
    {
        "tool": "create_note",
        "arguments": {"title": "ledger of the week", "content": "One\n\nTwo\n\nThree"},
        "rationale": "so that Monday starts with a plan",
    },
)


def fill(bench: Workbench) -> None:
    """An agent, a mission that ran twice, one that failed, and what waits of them."""
    with bench.step("fill") as step:
        step.insert(
            "agents",
            {
                "name": "Mallow",
                "role": "keeps the week in order",
                "systemPrompt": "Be brief.",
                "memory": "Ferries leave on Fridays.",
                "maxTokensPerDay": 5000,
            },
            id=AGENT,
        )
        step.insert(
            "aiMissions",
            {
                "title": "Weekly tide",
                "objective": "Look at what is open and plan the week.",
                "agentId": AGENT,
                "cadence": {"kind": "weekly", "dayOfWeek": 1, "atHour": 9},
                "script": list(_SCRIPT),
                "budget": {"tokensPerRun": 2000},
            },
            id=WEEKLY,
        )
        step.insert(
            "aiMissions",
            {
                "title": "Nothing but fog",
                "objective": "Calls what is not there.",
                "agentId": AGENT,
                "script": [{"tool": "no_such_tool", "arguments": {}}],
            },
            id=FAILING,
        )
    first = run(bench, WEEKLY, slot="2026-06-01T09:00:00.000Z")
    waiting = [one for one in inbox.pending(bench) if one.run == first.id]
    assert inbox.approve(bench, [waiting[0].id], None).done
    inbox.reject(bench, [one.id for one in waiting[1:]], "not this week")
    run(bench, WEEKLY, slot="2026-06-01T11:00:00.000Z")
    run(bench, FAILING, slot="2026-06-01T10:00:00.000Z")
    with bench.db.transaction() as connection:
        # Its keys are tried by the clock of the machine, by which all would be over long since.
        connection.execute("UPDATE proposals SET expires = '2099-06-15T12:00:00.000Z'")
        connection.execute("UPDATE reads SET at = '2099' || substr(at, 5)")
    # By the clock of the machine it would be due, and run while its screens are tried.
    missions.pause(bench, [WEEKLY])


__all__ = ["AGENT", "WEEKLY", "fill"]
