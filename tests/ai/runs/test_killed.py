"""kill -9 in every phase: the run is marked, no half step stands, the slot is not run twice."""

from __future__ import annotations

import pytest

from store.ai.proposals import inbox
from store.ai.runs import process, rows, running, scheduler
from store.errors import LockedError
from tests.ai.runs.support import ADD, AUTO, agent, every, mission, record, tasks
from tests.harness import processes
from tests.store.support import script, sound

PHASES = {
    "claimed": "store.ai.runs.iterations:write_back",
    "resolving-inputs": "store.ai.runs.running:_Running._calls",
    "first call": "store.ai.runs.rows:next_step",
    "inside a write": "store.ai.runs.rows:add_step",
    "finalizing": "store.ai.runs.rows:finish",
    "ending": "store.ai.runs.schedule:advanced",
}
"""A phase, and the function at whose door the process is held in it. Some are passed more than
once: ``HOLD`` counts."""

HOLD = """
import sys, time
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from store.workbench import Workbench
from store.ai.runs import scheduler
bench = Workbench.open(Path(sys.argv[1]), clock=lambda: datetime(2026, 6, 1, 12, 6, tzinfo=UTC))
name, _colon, path = sys.argv[2].partition(":")
holder = import_module(name)
*outer, last = path.split(".")
for part in outer:
    holder = getattr(holder, part)
plain, left = getattr(holder, last), int(sys.argv[3])
def held(*given, **more):
    global left
    left -= 1
    if left == 0:
        print("held", flush=True)
        time.sleep(60)
    return plain(*given, **more)
setattr(holder, last, held)
scheduler.tick(bench)
print("ended", flush=True)
"""


@pytest.mark.parametrize(
    ("phase", "time_", "claimed", "written"),
    [
        ("claimed", 1, False, 0),
        ("resolving-inputs", 1, True, 0),
        ("first call", 1, True, 0),
        ("inside a write", 1, True, 0),
        ("first call", 2, True, 1),
        ("inside a write", 2, True, 1),
        ("finalizing", 1, True, 2),
        ("ending", 2, True, 2),
    ],
)
def test_a_run_that_was_killed_is_failed_whole_and_not_run_again(
    bench, clock, phase, time_, claimed, written
):
    other = {**ADD, "arguments": {"title": "Feed the cat"}}
    id = mission(bench, ADD, other, agent=agent(bench, policy=AUTO), cadence=every(5))
    victim = script(HOLD, str(bench.home), PHASES[phase], str(time_))
    said = victim.stdout.readline()
    processes.end([victim.pid])
    _out, err = victim.communicate()
    assert said == "held\n", err
    titles = ["Water the plants", "Feed the cat"][:written]
    assert sorted(tasks(bench)) == sorted(titles)
    clock.tick(360)
    if not claimed:  # nothing was committed: the slot is as due as before
        assert rows.of_mission(bench, id) == []
        assert len(scheduler.tick(bench)) == 1
        return
    assert rows.orphans(bench) == 1
    (run,) = rows.of_mission(bench, id)
    assert (run.state, run.error["name"], len(run.steps)) == ("failed", "interrupted", written)
    (told,) = record(bench, id)["iterations"]
    assert told["overallStatus"] == "failed"
    assert scheduler.tick(bench) == []
    assert record(bench, id)["nextRunAt"] == "2026-06-01T12:10:00.000Z"
    assert sorted(tasks(bench)) == sorted(titles)
    sound(bench)
    clock.tick(300)
    assert len(scheduler.tick(bench)) == 1


def test_a_run_of_a_process_that_lives_is_left_alone(bench, clock):
    mission(bench, ADD, agent=agent(bench, policy=AUTO), cadence=every(5))
    living = script(HOLD, str(bench.home), PHASES["first call"], "1")
    try:
        assert living.stdout.readline() == "held\n"
        clock.tick(360)
        assert rows.orphans(bench) == 0
        assert len(rows.running(bench)) == 1
        assert scheduler.tick(bench) == []
    finally:
        processes.end([living.pid])
        living.communicate()


def test_a_run_can_be_cancelled_from_another_process(bench, clock):
    id = mission(bench, ADD, agent=agent(bench, policy=AUTO), cadence=every(5))
    other = script(
        HOLD.replace("sleep(60)", "sleep(1)"), str(bench.home), PHASES["first call"], "1"
    )
    assert other.stdout.readline() == "held\n"
    assert running.cancel(bench, bench.scope, id) == 1
    out, err = other.communicate(timeout=60)
    assert out == "ended\n", err
    (run,) = rows.of_mission(bench, id)
    assert (run.state, run.error["name"]) == ("failed", "cancelled")
    assert tasks(bench) == []


def test_a_run_that_was_locked_out_in_the_middle_is_marked_after_unlocking(make, cheap, clock):
    bench = make("sealed", passphrase="a long passphrase")
    id = mission(bench)

    def plan(*_given, **_more):
        bench.vault.lock()

    with pytest.raises(LockedError):
        running.run(bench, id, planner=plan)
    assert rows.orphans(bench) == 0  # nothing can be sealed, so nothing is written
    bench.vault.unlock(passphrase="a long passphrase")
    assert rows.orphans(bench) == 1
    assert [run.state for run in rows.of_mission(bench, id)] == ["failed"]
    assert inbox.pending(bench) == []


def test_a_number_given_out_again_is_not_the_process_it_was(clock):
    own = process.own()
    pid, start, boot, space = own.split(":")
    now = clock()
    beat = "2026-06-01T12:00:00.000Z"
    assert not process.is_gone(own, beat, now)
    assert process.is_gone(f"{pid}:{int(start) + 1}:{boot}:{space}", beat, now)
    assert process.is_gone(f"999999999:1:{boot}:{space}", beat, now)
    # another container counts its processes by itself: there only the heartbeat tells
    assert not process.is_gone(f"999999999:1:{boot}:4711", beat, now)
    clock.tick(121)
    assert process.is_gone(f"999999999:1:{boot}:4711", beat, clock())
    assert process.is_gone("", beat, now)
