"""What is due runs by itself: in a thread of the workbench, headless, and never twice."""

from __future__ import annotations

import signal
import time

import orjson
import pytest

from store.ai.runs import iterations, rows, scheduler
from store.ai.runs.scheduler import Scheduler
from tests.ai.runs.support import ADD, AUTO, agent, every, mission, tasks
from tests.journeys.conftest import workbench

PAST = "2020-01-01T00:00:00.000Z"


def wait_for(what, seconds=10.0):
    """Wait until ``what()`` holds."""
    until = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < until, "it did not come to be"
        time.sleep(0.02)


@pytest.fixture
def working():
    """``working(bench)``: a scheduler that is stopped afterwards."""
    started = []

    def start(bench, **kw):
        started.append(Scheduler(bench, **kw).start())
        return started[-1]

    yield start
    for one in started:
        assert one.stop(10)


def test_a_due_mission_runs_and_the_next_is_slept_for(bench, clock, working, monkeypatch):
    monkeypatch.setattr(scheduler, "AT_LEAST", 0.01)
    monkeypatch.setattr(scheduler, "IDLE", 0.05)
    looks = []
    plain = scheduler.tick
    monkeypatch.setattr(
        scheduler, "tick", lambda *given, **more: looks.append(1) or plain(*given, **more)
    )
    id = mission(bench, ADD, agent=agent(bench, policy=AUTO), cadence=every(5))
    told = []
    working(bench, told=told.extend)
    wait_for(lambda: looks)
    clock.tick(301)
    wait_for(lambda: told)
    assert tasks(bench) == ["Water the plants"]
    assert rows.of_mission(bench, id)[0].state == "approved"
    time.sleep(0.3)  # what it wrote itself was looked at by now
    before = len(looks)
    time.sleep(0.5)  # ten looks at the clock, and nothing is read
    assert len(looks) == before


def test_a_mission_that_is_made_while_it_sleeps_is_noticed(bench, clock, working, monkeypatch):
    monkeypatch.setattr(scheduler, "AT_LEAST", 0.01)
    told = []
    working(bench, told=told.extend)
    time.sleep(0.1)
    id = mission(bench, ADD, cadence=every(5))
    iterations.note(bench, bench.scope, id, {"nextRunAt": PAST})
    wait_for(lambda: told)


def test_two_panes_on_one_home_do_not_run_a_mission_twice(make, clock, working, monkeypatch):
    monkeypatch.setattr(scheduler, "AT_LEAST", 0.01)
    one = make("home")
    other = make("home")
    ids = [
        mission(one, ADD, agent=agent(one, f"Agent {n}", policy=AUTO), cadence=every(5))
        for n in range(3)
    ]
    clock.tick(301)
    for bench in (one, other):
        bench.db.watch(0.02)
        working(bench)
    wait_for(lambda: len(tasks(one)) == 3)
    time.sleep(0.2)
    assert [len(rows.of_mission(one, id)) for id in ids] == [1, 1, 1]
    assert len(tasks(one)) == 3


def test_a_locked_vault_stops_all_and_says_so(make, cheap, clock, working):
    bench = make("sealed", passphrase="a long passphrase")
    mission(bench, ADD, cadence=every(5))
    clock.tick(301)
    bench.vault.lock()
    told = []
    working(bench, locked=lambda: told.append("locked"))
    wait_for(lambda: told)
    assert bench.db.read("SELECT count(*) FROM runs")[0][0] == 0


def test_one_mission_that_may_not_run_does_not_hold_up_the_others(bench, clock):
    paused = agent(bench, "Ben", state="paused")
    waits = mission(bench, ADD, agent=paused, cadence=every(5))
    runs = mission(bench, ADD, cadence=every(5))
    clock.tick(301)
    assert [run.mission for run in scheduler.tick(bench)] == [runs]
    (left,) = scheduler.due(bench)
    assert left.mission["id"] == waits
    assert "paused" in left.why.message
    with bench.step("resume") as step:
        step.update("agents", paused, {"state": "active"})
    assert [run.mission for run in scheduler.tick(bench)] == [waits]  # one run for all it missed


def test_a_fault_in_one_mission_is_told_after_the_others_had_their_turn(bench, clock, monkeypatch):
    from store.ai.tools.calling import Calls

    broken = mission(bench, ADD, cadence=every(5))
    fine = mission(bench, {"tool": "list_tasks"}, agent=agent(bench), cadence=every(5))
    clock.tick(301)
    plain = Calls.call

    def fails(self, name, *given, **more):
        if name == "create_task":
            raise ZeroDivisionError
        return plain(self, name, *given, **more)

    monkeypatch.setattr(Calls, "call", fails)
    with pytest.raises(ZeroDivisionError):
        scheduler.tick(bench)
    states = [rows.of_mission(bench, id)[0].state for id in (broken, fine)]
    assert states == ["failed", "approved"]
    assert scheduler.tick(bench) == []


def test_missions_of_every_space_are_seen_to(bench, clock):
    made = bench.spaces.create("Home", "family")
    here = bench.scope.id
    bench.enter(made)
    id = mission(bench, ADD, cadence=every(5))
    bench.enter(here)
    clock.tick(301)
    (run,) = scheduler.tick(bench)
    assert run.mission == id
    assert bench.scope.id == here
    assert run.space == bench.spaces.scope(made).number


# Headless -----------------------------------------------------------------------------------------


@pytest.mark.slow
def test_run_once_and_watch_from_the_command_line(manabench):
    manabench("init", "--no-passphrase").ok()
    script = manabench.home.root / "script.json"
    script.write_bytes(orjson.dumps([ADD]))
    given = ("--script", str(script), "--cadence", "every 5m")
    id = manabench("--json", "mission", "add", "Weekly", *given).ok().data["id"]
    assert manabench("--json", "run").ok().data == []
    _make_due(manabench, id)
    (run,) = manabench("--json", "run", "--once", "--mission", "Weekly").ok().data
    assert (run["state"], run["mission"]) == ("awaiting-review", id)
    assert run["steps"][0]["status"] == "staged"
    watching = manabench.start("run", "--watch")
    assert "when they are due" in watching.stderr.readline()
    # A mission does not run sooner again than its cadence says, so another one is due.
    other = manabench("--json", "mission", "add", "Daily", *given).ok().data["id"]
    _make_due(manabench, other)
    assert "Daily" in watching.stdout.readline()
    watching.send_signal(signal.SIGTERM)
    _out, err = watching.communicate(timeout=15)
    assert watching.returncode == 0, err
    for title in ("Weekly", "Daily"):
        assert len(manabench("--json", "mission", "runs", title).ok().data) == 1


def _make_due(manabench, id, slot=PAST):
    with workbench(manabench.home) as bench:
        iterations.note(bench, bench.scope, id, {"nextRunAt": slot})


@pytest.mark.slow
def test_watching_ends_where_the_vault_is_locked(manabench):
    secret = manabench.home.root / "passphrase"
    secret.write_text("a long passphrase\n")
    given = {"MANABENCH_PASSPHRASE_FILE": str(secret)}
    manabench("init", env=given).ok()
    manabench("lock").ok()
    assert manabench("run", "--watch").code == 4
    watching = manabench.start("run", "--watch", env=given)
    assert "when they are due" in watching.stderr.readline()
    manabench("lock").ok()
    _out, err = watching.communicate(timeout=15)
    assert watching.returncode == 4, err
    assert "locked" in err
