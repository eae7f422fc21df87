"""What a server planned is claimed once, waits for a look, and is never carried out by itself."""

from __future__ import annotations

from typing import Any

from store.ai.proposals import inbox
from store.ai.runs import claims, iterations, rows, scheduler
from store.sync.inbox.joining import join
from tests.ai.runs.support import AUTO, agent, every, mission, record, tasks

SERVED = "5e000000-0000-4000-8000-000000000001"


def served(*steps: dict[str, Any], at: str = "2026-06-01T12:04:00.000Z") -> dict[str, Any]:
    """An iteration as a server writes it."""
    return {
        "id": SERVED,
        "startedAt": at,
        "finishedAt": at,
        "source": "server",
        "overallStatus": "awaiting-review" if steps else "approved",
        "plan": [{"id": f"{SERVED}-{n}", **step} for n, step in enumerate(steps)],
    }


def call(title: str, status: str = "planned") -> dict[str, Any]:
    intent = {"kind": "toolCall", "toolName": "create_task", "params": {"title": title}}
    return {"summary": "create_task", "intent": intent, "status": status}


NOTE = {"summary": "think", "intent": {"kind": "note", "body": "x"}, "status": "planned"}


def arrives(bench, id, one):
    iterations.note(bench, bench.scope, id, {"iterations": [one]})


def test_planned_calls_become_proposals_even_under_a_policy_that_acts(bench, clock):
    id = mission(bench, agent=agent(bench, policy=AUTO))
    arrives(
        bench, id, served(call("First"), NOTE, call("Done elsewhere", "approved"), call("Last"))
    )
    (run,) = scheduler.tick(bench)
    assert (run.id, run.source, run.state) == (SERVED, "server", "awaiting-review")
    assert [step.status for step in run.steps] == ["staged", "skipped", "approved", "staged"]
    assert tasks(bench) == []
    waiting = inbox.pending(bench)
    assert sorted(one.arguments["title"] for one in waiting) == ["First", "Last"]
    (told,) = record(bench, id)["iterations"]
    assert [step["status"] for step in told["plan"]] == ["staged", "skipped", "approved", "staged"]
    assert told["source"] == "server"
    assert scheduler.tick(bench) == []
    inbox.approve(bench, [one.id for one in waiting])
    assert tasks(bench) == ["First", "Last"]
    assert rows.get(bench, SERVED).state == "approved"


def test_a_plan_that_arrives_again_is_not_staged_again(bench):
    id = mission(bench)
    one = served(call("First"))
    arrives(bench, id, one)
    scheduler.tick(bench)
    arrives(bench, id, one)  # a server that knows nothing of the claim writes it once more
    assert scheduler.tick(bench) == []
    assert len(inbox.pending(bench)) == 1


def test_the_claim_is_written_before_anything_is_done_and_wins_the_join(bench, monkeypatch):
    from store.ai.tools.calling import Calls

    id = mission(bench)
    one = served(call("First"))
    arrives(bench, id, one)
    seen = []
    plain = Calls.call

    def watched(self, *given, **more):
        seen.append(record(bench, id)["iterations"][0]["plan"][0]["status"])
        return plain(self, *given, **more)

    monkeypatch.setattr(Calls, "call", watched)
    scheduler.tick(bench)
    assert seen == ["staged"]
    (told,) = join(record(bench, id)["iterations"], [one])
    assert told["plan"][0]["status"] == "staged"


def test_a_plan_for_a_mission_of_another_device_is_left_to_it(bench):
    id = mission(bench, runsOn="another-device")
    arrives(bench, id, served(call("First")))
    assert scheduler.tick(bench) == []
    claims.take_over(bench, bench.scope, [id])
    assert len(scheduler.tick(bench)) == 1


def test_a_plan_counts_as_the_run_of_its_slot(bench, clock):
    id = mission(bench, {"tool": "list_tasks"}, cadence=every(5))
    clock.tick(310)
    arrives(bench, id, served(at="2026-06-01T12:05:02.000Z"))
    assert scheduler.tick(bench) == []
    assert record(bench, id)["nextRunAt"] == "2026-06-01T12:10:00.000Z"


def test_nonsense_in_a_plan_stops_nothing(bench, clock):
    id = mission(bench)
    broken: list[Any] = [
        7,
        {"id": SERVED, "source": "server", "plan": "none"},
        {"source": "server", "plan": [call("No id")]},
        {"id": "other", "source": "server", "plan": [None, {"status": "planned"}, call("Fine")]},
    ]
    iterations.note(bench, bench.scope, id, {"iterations": broken})
    (run,) = scheduler.tick(bench)
    assert [step.status for step in run.steps] == ["skipped", "staged"]
    assert len(inbox.pending(bench)) == 1


def test_a_plan_in_a_forged_mission_is_not_even_proposed(bench):
    """Whoever can write to the server can plan; a mission nobody looked at here gives it no ear."""
    forged = {
        "title": "Forged",
        "agentId": "legacy:ai-default",
        "state": "active",
        "iterations": [served(call("First"))],
    }
    with bench.step("pull", kind="pull") as step:
        at = "2026-05-01T00:00:00.000Z"
        step.merge("aiMissions", "forged", forged, at, origin="server-replay")
    assert scheduler.tick(bench) == []
    assert inbox.pending(bench) == []
    assert bench.db.read("SELECT count(*) FROM runs")[0][0] == 0
