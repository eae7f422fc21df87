"""Whose turn it is: a slot once on a device, a mission on one device, and a double run is one."""

from __future__ import annotations

import orjson
import pytest

from store import locations
from store.ai.proposals import inbox
from store.ai.runs import claims, iterations, rows, running, scheduler
from store.sync.inbox.joining import join
from tests.ai.runs.support import ADD, AUTO, agent, every, mission, record, tasks
from tests.store.support import script

RACE = """
import sys
from pathlib import Path
from datetime import UTC, datetime
from store.ai.runs import scheduler
from store.workbench import Workbench
bench = Workbench.open(Path(sys.argv[1]), clock=lambda: datetime(2026, 6, 1, 12, 6, tzinfo=UTC))
print("ready", flush=True)
sys.stdin.readline()
print(len(scheduler.tick(bench)), flush=True)
bench.close()
"""


@pytest.mark.slow
def test_processes_that_start_together_run_a_slot_once(bench, clock):
    import subprocess

    ids = [
        mission(bench, ADD, agent=agent(bench, f"Agent {n}", policy=AUTO), cadence=every(5))
        for n in range(4)
    ]
    racers = [script(RACE, str(bench.home), stdin=subprocess.PIPE) for _n in range(3)]
    for racer in racers:
        assert racer.stdout.readline() == "ready\n"
    for racer in racers:
        racer.stdin.write("go\n")
        racer.stdin.flush()
    ran = 0
    for racer in racers:
        out, err = racer.communicate(timeout=60)
        assert racer.returncode == 0, err
        ran += int(out)
    assert ran == len(ids)
    assert tasks(bench) == ["Water the plants"] * len(ids)
    for id in ids:
        (run,) = rows.of_mission(bench, id)
        assert run.id == claims.run_id(id, run.slot)
        assert run.state == "approved"


def test_a_slot_that_was_run_does_not_stand_in_the_way_of_the_next(bench, clock):
    """The process died after its claim and before the record said when to run next."""
    id = mission(bench, ADD, cadence=every(5))
    clock.tick(301)
    (due,) = scheduler.due(bench)
    scheduler.tick(bench)
    iterations.note(bench, bench.scope, id, {"nextRunAt": due.slot})
    assert scheduler.tick(bench) == []
    assert record(bench, id)["nextRunAt"] > due.slot
    clock.tick(300)
    assert len(scheduler.tick(bench)) == 1


def test_two_devices_that_ran_one_slot_apart_hold_one_run_marked_twice(make, clock):
    """Both were offline; then each receives what the other wrote."""
    one, other = make("one"), make("other")
    id = mission(one, ADD, agent=agent(one, policy=AUTO), cadence=every(5))
    _copy(one, other, id)
    clock.tick(301)
    runs = []
    for bench in (one, other):
        iterations.note(bench, bench.scope, id, {"runsOn": claims.device(bench)})
        runs += scheduler.tick(bench)
    assert runs[0].id == runs[1].id
    made = [bench.db.read('SELECT id FROM "tasks"') for bench in (one, other)]
    assert made[0] == made[1]  # ids that follow from the run: one task, not two
    arrays = [record(bench, id)["iterations"] for bench in (one, other)]
    whole = join(*arrays)
    assert whole == join(*reversed(arrays))
    assert len(whole) == 1
    for bench in (one, other):
        iterations.note(bench, bench.scope, id, {"iterations": whole})
        (seen,) = iterations.runs_of(bench, record(bench, id))
        assert seen.twice
    assert not iterations.elsewhere({}, arrays[0][0]).twice


def test_what_one_of_two_devices_decided_waits_on_the_other_no_more(make, clock):
    one, other = make("one"), make("other")
    id = mission(one, ADD, cadence=every(5))
    _copy(one, other, id)
    clock.tick(301)
    for bench in (one, other):
        iterations.note(bench, bench.scope, id, {"runsOn": claims.device(bench)})
        scheduler.tick(bench)
    inbox.approve(one, [inbox.pending(one)[0].id])
    arrays = [record(bench, id)["iterations"] for bench in (one, other)]
    assert len(inbox.pending(other)) == 1
    iterations.note(other, other.scope, id, {"iterations": join(*arrays)})
    scheduler.tick(other)
    assert inbox.pending(other) == []
    (run,) = rows.of_mission(other, id)
    assert (run.state, run.steps[0].status) == ("approved", "approved")
    assert tasks(other) == []  # the task itself arrives by sync, it is not made again


def test_another_device_can_stop_a_run_by_the_missions_record(bench, monkeypatch):
    import time

    from store.ai.runs import process

    monkeypatch.setattr(process, "BEAT", 0.05)

    def plan(_bench, run, _mission, _agent, _calls, **more):
        array = record(bench, run.mission)["iterations"]
        array[0]["cancelRequested"] = True
        iterations.note(bench, bench.scope, run.mission, {"iterations": array})
        until = time.monotonic() + 5
        while not more["cancelled"]() and time.monotonic() < until:
            time.sleep(0.02)

    run = running.run(bench, mission(bench), planner=plan)
    assert (run.state, run.error["name"]) == ("failed", "cancelled")


def _copy(one, other, mission_id):
    """The mission and its agent as a person of the other device would have them after a look."""
    found = record(one, mission_id)
    maker = one.documents.get(one.scope, "agents", found["agentId"])
    fixed = {"id", "spaceId", "authorId", "createdAt", "updatedAt", "deletedAt", "visibility"}
    with other.step("look") as step:
        for name, value in (("agents", maker), ("aiMissions", found)):
            plain = {k: v for k, v in value.items() if k not in fixed and v is not None}
            step.insert(name, orjson.loads(orjson.dumps(plain)), id=value["id"])


def test_a_mission_runs_on_the_device_that_made_it_and_on_no_other(make, clock):
    one, other = make("one"), make("other")
    id = mission(one, ADD, cadence=every(5))
    _copy(one, other, id)
    clock.tick(301)
    assert len(scheduler.tick(one)) == 1  # which also writes down where it runs
    device = record(one, id)["runsOn"]
    assert device == claims.device(one) != claims.device(other)
    iterations.note(other, other.scope, id, {"runsOn": device})
    assert scheduler.tick(other) == []
    assert [found["id"] for _scope, found in scheduler.elsewhere(other)] == [id]


def test_taking_over_is_a_change_that_travels_and_that_can_be_undone(make, clock):
    one = make("one")
    id = mission(one, ADD, cadence=every(5))
    with one.step("edit") as step:
        step.update("aiMissions", id, {"runsOn": "another-device"})
    clock.tick(301)
    assert scheduler.tick(one) == []
    claims.take_over(one, one.scope, [id])
    assert record(one, id)["runsOn"] == claims.device(one)
    (dirty,) = one.db.read('SELECT dirty FROM "aiMissions" WHERE id = ?', (id,))[0]
    assert dirty is not None
    assert len(scheduler.tick(one)) == 1
    one.history.undo(one.scope)
    assert record(one, id)["runsOn"] == "another-device"


def test_a_home_copied_to_another_machine_is_another_device_there(bench, monkeypatch):
    mine = claims.device(bench)
    assert claims.device(bench) == mine
    monkeypatch.setattr(locations, "machine", lambda: "another machine")
    assert claims.device(bench) != mine


def test_a_run_asked_for_by_hand_is_its_own_and_leaves_the_next_slot_alone(bench, clock):
    id = mission(bench, ADD, cadence=every(5))
    due = record(bench, id)["nextRunAt"]
    first, second = running.run(bench, id), running.run(bench, id)
    assert first.id != second.id
    assert record(bench, id)["nextRunAt"] == due
    clock.tick(301)
    running.run(bench, id)  # by hand, when it is due: that was the run
    assert scheduler.tick(bench) == []


def test_a_claimed_slot_is_refused_to_whoever_comes_second(bench, clock):
    id = mission(bench, ADD, cadence=every(5))
    slot = record(bench, id)["nextRunAt"]
    running.run(bench, id, slot=slot)
    with pytest.raises(running.ClaimedError):
        running.run(bench, id, slot=slot)
    assert len(inbox.pending(bench)) == 1
