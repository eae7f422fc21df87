"""What syncs without being an instruction makes nothing run: next times, plans, others' runs."""

from __future__ import annotations

from store.ai.proposals import inbox
from store.ai.runs import iterations, planned, rows, scheduler
from store.stamps import instant
from tests.ai.runs.support import ADD, AUTO, agent, every, mission, record, tasks
from tests.ai.runs.test_planned import arrives, call, served


def _acting(bench, minutes):
    return mission(bench, ADD, agent=agent(bench, policy=AUTO), cadence=every(minutes))


def test_a_forged_next_time_makes_no_mission_run_more_often(bench, clock):
    id = _acting(bench, 60)
    clock.tick(3601)
    assert len(scheduler.tick(bench)) == 1
    due = record(bench, id)["nextRunAt"]
    for slot in (None, "2000-01-01T00:00:00.000Z", "2000-01-01T00:01:00.000Z"):
        clock.tick(90)
        iterations.note(bench, bench.scope, id, {"nextRunAt": slot or instant(bench.clock())})
        assert scheduler.tick(bench) == []
        assert record(bench, id)["nextRunAt"] == due
    clock.tick(3600)
    assert len(scheduler.tick(bench)) == 1
    assert len(tasks(bench)) == 2


def test_a_last_run_by_a_clock_that_was_ahead_holds_nothing_up(bench, clock):
    _acting(bench, 60)
    clock.tick(86_400)
    assert len(scheduler.tick(bench)) == 1
    clock.tick(-86_400)  # put right
    assert scheduler.tick(bench) == []
    clock.tick(3601)
    assert scheduler.tick(bench) == []  # that slot was run
    clock.tick(3600)
    assert len(scheduler.tick(bench)) == 1


def test_a_plan_from_the_future_keeps_no_mission_from_running(bench, clock):
    id = _acting(bench, 5)
    arrives(bench, id, served(call("x", "approved"), at="9999-01-01T00:00:00.000Z"))
    clock.tick(301)
    (run,) = scheduler.tick(bench)
    assert (run.mission, tasks(bench)) == (id, ["Water the plants"])


def test_plans_without_end_fill_no_inbox_and_hold_nothing_up(bench):
    id = mission(bench, agent=agent(bench, policy=AUTO))
    steps = [call(f"x{n}") for n in range(60)]
    many = [{**served(*steps), "id": f"forged-{n}"} for n in range(4)]
    iterations.note(bench, bench.scope, id, {"iterations": many})
    runs = scheduler.tick(bench) + scheduler.tick(bench)
    assert [len(run.steps) for run in runs] == [planned.MOST_STEPS] * 2
    assert len(inbox.pending(bench)) == planned.MOST_WAITING
    assert tasks(bench) == []
    inbox.reject(bench, [one.id for one in inbox.pending(bench)])
    assert len(scheduler.tick(bench)) == 2  # the person made room
    assert rows.running(bench) == []
