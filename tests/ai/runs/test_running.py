"""One run: through the gate, told truly, and nothing of it after its end."""

from __future__ import annotations

import threading
import time
from typing import Any, NamedTuple

import pytest

from store.ai.proposals import inbox, reverting
from store.ai.runs import iterations, may, rows, running, scheduler
from store.ai.runs.rows import StoppedError
from store.errors import GuardError, NotFoundError
from store.purge import purge_records
from store.stamps import act_as, system
from store.sync.waiting.authority import may_act
from tests.ai.runs.support import ADD, AUTO, agent, every, mission, record, tasks

LIST = {"tool": "list_tasks", "arguments": {}}
BROKEN = {"tool": "complete_task", "arguments": {"taskId": "00000000-no-such-task"}}


class Said(NamedTuple):
    """What a planner gives back, as far as a run reads it."""

    summary: str = ""
    error: Any = None


def test_a_fresh_home_without_a_model_runs_proposes_is_approved_and_reverted(bench, clock):
    id = mission(bench, ADD, LIST, cadence=every(5))
    assert scheduler.tick(bench) == []  # not due yet
    clock.tick(301)
    (run,) = scheduler.tick(bench)
    assert run.state == "awaiting-review"
    assert tasks(bench) == []
    (proposal,) = inbox.pending(bench)
    assert (proposal.mission, proposal.rationale) == (id, "They look dry.")
    assert inbox.approve(bench, [proposal.id]).done == [proposal.id]
    assert tasks(bench) == ["Water the plants"]
    assert rows.get(bench, run.id).state == "approved"
    assert record(bench, id)["iterations"][0]["overallStatus"] == "approved"
    assert reverting.revert(bench, id, run.id).changed == 1
    assert tasks(bench) == []
    assert scheduler.tick(bench) == []  # and the slot is not run again
    clock.tick(300)
    assert len(scheduler.tick(bench)) == 1


def test_the_default_agent_of_a_space_acts_without_anybody_having_made_it(bench):
    id = mission(bench, LIST)
    assert record(bench, id)["agentId"] == "legacy:ai-default"
    assert running.run(bench, id).state == "approved"


def test_a_run_is_written_to_the_record_by_the_program_and_is_no_step_of_the_person(bench):
    id = mission(bench, ADD)
    with bench.step("edit") as step:
        step.update("aiMissions", id, {"title": "Monthly"})
    before = bench.db.read("SELECT n, kind FROM steps")
    running.run(bench, id)
    assert record(bench, id)["iterations"]
    assert bench.db.read("SELECT n, kind FROM steps") == before
    assert may_act(bench, "ai", "aiMissions", bench.scope.number, id)
    bench.history.undo(bench.scope)
    assert record(bench, id)["title"] == "Weekly"


def test_a_call_that_fails_ends_the_script_unless_it_says_otherwise(bench):
    stops = running.run(bench, mission(bench, LIST, BROKEN, ADD))
    assert [step.status for step in stops.steps] == ["approved", "failed"]
    assert stops.state == "approved"  # in part, and it says so
    assert "1 failed" in stops.summary
    assert "complete_task" in stops.summary
    goes_on = running.run(bench, mission(bench, {**BROKEN, "onError": "continue"}, ADD))
    assert [step.status for step in goes_on.steps] == ["failed", "staged"]
    assert goes_on.state == "awaiting-review"
    assert running.run(bench, mission(bench, BROKEN)).state == "failed"


def test_a_denied_call_is_refused_and_told(bench):
    ada = agent(bench, policy={"tools": {"create_task": "deny"}, "defaultForAi": "auto"})
    run = running.run(bench, mission(bench, ADD, agent=ada))
    assert run.state == "failed"
    assert inbox.pending(bench) == []


@pytest.mark.parametrize(
    ("made", "of_agent"),
    [
        ({"state": "paused"}, {}),
        ({"state": "archived"}, {}),
        ({}, {"state": "paused"}),
        ({}, {"state": "archived"}),
        ({}, {"maxTokensPerDay": 0}),
        ({}, {"maxMoneyPerDay": 0}),
    ],
)
def test_what_is_paused_or_has_a_budget_of_nothing_does_not_run(bench, made, of_agent):
    id = mission(bench, LIST, agent=agent(bench, **of_agent), **made)
    with pytest.raises(GuardError):
        running.run(bench, id)
    assert rows.of_mission(bench, id) == []


def test_a_mission_whose_agent_is_gone_does_not_run_as_another(bench):
    ada = agent(bench)
    id = mission(bench, LIST, agent=ada)
    with bench.step("delete") as step:
        step.delete("agents", ada)
    with pytest.raises(GuardError, match="gone"):
        running.run(bench, id)


def test_without_a_model_a_mission_that_needs_one_stays_due_and_says_why(bench, clock):
    mission(bench, cadence=every(5))
    clock.tick(301)
    assert scheduler.tick(bench) == []
    (due,) = scheduler.due(bench)
    assert isinstance(due.why, may.NoModelError)
    assert "manabench model add" in due.why.hint


def test_a_mission_from_elsewhere_does_not_run_before_a_look(bench):
    with bench.step("pull", kind="pull") as step:
        given = {"title": "Forged", "agentId": "legacy:ai-default", "script": [ADD]}
        step.merge(
            "aiMissions", "forged", given, "2026-05-01T00:00:00.000Z", origin="server-replay"
        )
    with pytest.raises(GuardError, match="elsewhere"):
        running.run(bench, "forged")
    assert rows.of_mission(bench, "forged") == []


# One at a time ------------------------------------------------------------------------------------


def test_an_agent_works_on_no_more_missions_at_once_than_it_may(bench):
    ada = agent(bench)
    other = mission(bench, LIST, agent=ada)
    seen = []

    def plan(*_given: Any, **_more: Any) -> Said:
        for wanted in (outer, other):
            with pytest.raises(may.BusyError):
                running.run(bench, wanted, planner=plan)
            seen.append(wanted)
        assert running.run(bench, mission(bench, LIST, agent=agent(bench, "Ben"))).state
        return Said("done")

    outer = mission(bench, agent=ada)
    assert running.run(bench, outer, planner=plan).state == "approved"
    assert len(seen) == 2
    assert running.run(bench, other).state == "approved"


# Cancelling and time ------------------------------------------------------------------------------


def test_a_cancelled_run_writes_nothing_more(bench):
    calls_after = []

    def plan(bench_: Any, run: Any, _mission: Any, _agent: Any, calls: Any, **more: Any) -> Said:
        assert calls.call("create_task", {"title": "before"}).status == "done"
        assert running.cancel(bench, bench.scope, run.mission) == 1
        time.sleep(0.25)
        assert more["cancelled"]()
        calls_after.append(calls.call("create_task", {"title": "after"}).status)
        return Said("never told")

    ada = agent(bench, policy=AUTO)
    id = mission(bench, agent=ada)
    run = running.run(bench, id, planner=plan)
    assert (run.state, run.error["name"]) == ("failed", "cancelled")
    assert calls_after == ["failed"]
    assert tasks(bench) == ["before"]
    with pytest.raises(NotFoundError):
        running.cancel(bench, bench.scope, id)


def test_a_run_whose_time_is_over_ends_and_writes_nothing_more(bench):
    def plan(_b: Any, _r: Any, _m: Any, _a: Any, calls: Any, **more: Any) -> Said:
        time.sleep(0.3)
        assert more["cancelled"]()
        assert calls.call("create_task", {"title": "too late"}).status == "failed"
        return Said()

    id = mission(bench, agent=agent(bench, policy=AUTO), budget={"seconds": 0.2})
    run = running.run(bench, id, planner=plan)
    assert (run.state, run.error["name"]) == ("failed", "timeout")
    assert tasks(bench) == []


def test_a_planner_that_does_not_end_is_ended_and_refused(bench, monkeypatch):
    """The end is written beside it; what it still tries finds the run closed."""
    monkeypatch.setattr(running, "GRACE", 0.2)
    told = []

    def plan(_b: Any, run: Any, _m: Any, _a: Any, calls: Any, **_more: Any) -> Said:
        until = time.monotonic() + 5
        while rows.get(bench, run.id).state == "running" and time.monotonic() < until:
            time.sleep(0.05)
        calls.run = calls.run._replace(cancelled=lambda: False)  # it does not even ask
        with pytest.raises(StoppedError):
            calls.call("create_task", {"title": "too late"})
        with pytest.raises(StoppedError):
            rows.add_step(bench, run.id, "create_task", {}, "approved", "said it did")
        rows.phase(bench, run.id, "calling-llm")
        told.append(rows.get(bench, run.id))
        return Said("never told")

    id = mission(bench, agent=agent(bench, policy=AUTO), budget={"seconds": 0.1})
    run = running.run(bench, id, planner=plan)
    assert run == told[0]
    assert (run.state, run.error["name"], run.phase, run.steps) == ("failed", "timeout", "", ())
    assert tasks(bench) == []


def test_a_stopping_program_ends_the_run_after_the_call_it_is_at(bench):
    stopping = threading.Event()
    ada = agent(bench, policy=AUTO)

    def see(_run: Any) -> None:
        if rows.running(bench) and rows.running(bench)[0].steps:
            stopping.set()

    run = running.run(
        bench, mission(bench, ADD, ADD, agent=ada), progress=see, stop=stopping.is_set
    )
    assert (run.state, run.error["name"], len(run.steps)) == ("failed", "interrupted", 1)
    assert tasks(bench) == ["Water the plants"]


def test_a_fault_of_the_program_ends_the_run_and_tells_no_value(bench):
    def plan(*_given: Any, **_more: Any) -> Said:
        raise ValueError("a secret of the person's")

    id = mission(bench)
    with pytest.raises(ValueError, match="secret"):
        running.run(bench, id, planner=plan)
    (run,) = rows.of_mission(bench, id)
    assert run.state == "failed"
    assert "secret" not in repr(run)


# What is kept -------------------------------------------------------------------------------------


def test_what_a_run_holds_is_sealed_on_the_disk(bench):
    id = mission(bench, ADD, title="Secret garden")
    running.run(bench, id)
    rows.give_feedback(bench, rows.of_mission(bench, id)[0].id, "Secret opinion")
    bench.db.read("PRAGMA wal_checkpoint(FULL)")
    held = b"".join(path.read_bytes() for path in bench.home.rglob("*") if path.is_file())
    for text in (b"Secret garden", b"Secret opinion", b"Water the plants", b"look dry"):
        assert text not in held


def test_a_purged_record_is_gone_from_the_runs_that_made_it(bench):
    """A run that made a record called a tool with what it held, without its id."""
    id = mission(bench, ADD, LIST, agent=agent(bench, policy=AUTO))
    other = mission(bench, LIST)
    run, untouched = running.run(bench, id), running.run(bench, other)
    (made,) = (row[0] for row in bench.db.read('SELECT id FROM "tasks"'))
    with bench.step("script") as step:
        step.update("aiMissions", id, {"script": [LIST]})
    purge_records(bench, bench.scope, "tasks", [made])
    (told,) = record(bench, id)["iterations"]
    assert "Water" not in repr((rows.get(bench, run.id), told))
    assert [step["status"] for step in told["plan"]] == ["approved", "approved"]
    assert told["overallStatus"] == "approved"
    assert rows.get(bench, untouched.id) == untouched


def test_a_purged_mission_takes_its_runs_and_proposals_along(bench):
    id = mission(bench, ADD, title="Secret garden")
    run = running.run(bench, id)
    purge_records(bench, bench.scope, "aiMissions", [id])
    assert inbox.pending(bench) == []
    kept = rows.get(bench, run.id)
    assert (kept.mission_title, kept.steps, kept.summary) == ("", (), "")


def test_feedback_goes_to_the_newest_run_and_into_the_record(bench, clock):
    id = mission(bench, LIST)
    with pytest.raises(NotFoundError):
        iterations.feedback(bench, bench.scope, record(bench, id), "too soon")
    first = running.run(bench, id)
    clock.tick(60)
    second = running.run(bench, id)
    assert iterations.feedback(bench, bench.scope, record(bench, id), " shorter ") == second.id
    iterations.feedback(bench, bench.scope, record(bench, id), "and kinder")
    told = {one["id"]: one for one in record(bench, id)["iterations"]}
    assert told[second.id]["userFeedback"] == "shorter\n• and kinder"
    assert "userFeedback" not in told[first.id]


def test_the_record_keeps_the_newest_fifty_and_what_others_wrote_there():
    stored = [{"id": f"r{n}", "startedAt": f"2026-01-01T00:00:{n:02}.000Z"} for n in range(50)]
    stored[30]["fromAWebClient"] = {"kept": True}
    mine = {"id": "mine", "startedAt": "2026-02-01T00:00:00.000Z", "plan": [], "overallStatus": "x"}
    placed = iterations.placed(stored, mine)
    assert len(placed) == 50
    assert placed[-1]["id"] == "mine"
    assert placed[29] == stored[30]


def test_a_decision_of_another_device_is_not_taken_back_by_this_one(bench):
    id = mission(bench, ADD)
    run = running.run(bench, id)
    array = record(bench, id)["iterations"]
    array[0]["plan"][0]["status"] = "approved"
    array[0]["overallStatus"] = "approved"
    iterations.note(bench, bench.scope, id, {"iterations": array})
    rows.give_feedback(bench, run.id, "fine")  # writes the run again
    (now,) = record(bench, id)["iterations"]
    assert (now["plan"][0]["status"], now["overallStatus"]) == ("approved", "approved")


def test_undo_takes_back_the_making_of_a_mission_that_has_run_since(bench):
    """The next time, runs and the owner's seal are the program's own; a word of a person is not."""
    cadence = {"kind": "interval", "everyMinutes": 5}
    id = mission(bench, LIST, cadence=cadence)
    before = record(bench, id)["nextRunAt"]
    running.run(bench, id, slot=before)
    with act_as(system("mission-runner")), bench.step("turn", kind="seed") as step:
        step.update("aiMissions", id, {"nextRunAt": "2031-01-01T00:00:00.000Z"})
    left = bench.history.undo(bench.scope)
    assert record(bench, id).get("deletedAt"), left
    other = mission(bench, LIST, cadence=cadence)
    with act_as(system("somebody")), bench.step("edit", kind="seed") as step:
        step.update("aiMissions", other, {"objective": "something else"})
    bench.history.undo(bench.scope)
    assert not record(bench, other).get("deletedAt")
