"""kill -9 while a model thinks: what was proposed stands, what was set aside counts as spent."""

from __future__ import annotations

import time

import pytest

from store.ai.proposals import inbox
from store.ai.runs import budget, rows
from tests.ai.planner.support import world
from tests.ai.served import call, calls, say, serving
from tests.harness import processes
from tests.store.support import script, sound

RUN = """
import sys
from pathlib import Path
from store.workbench import Workbench
from store.ai.runs import running
running.run(Workbench.open(Path(sys.argv[1])), sys.argv[2])
"""


@pytest.mark.slow
def test_a_run_that_is_killed_while_the_model_thinks_is_failed_and_paid_for(bench):
    with serving() as server:
        w = world(bench, server)
        task = w.task("Buy milk")
        server.script[:] = [
            calls(("complete_task", {"taskId": task}), usage=(1_000, 20)),
            say("Never heard.", wait=60.0),
        ]
        victim = script(RUN, str(bench.home), w.mission_id)
        until = time.monotonic() + 20
        while len(server.requests) < 2:
            assert time.monotonic() < until, victim.communicate()
            assert victim.poll() is None, victim.communicate()
            time.sleep(0.02)
        processes.end([victim.pid])
        victim.communicate()
        (left,) = rows.running(bench)
        assert rows.orphans(bench) == 1
        run = rows.get(bench, left.id)
        assert (run.state, run.error["name"]) == ("failed", "interrupted")
        held = bench.db.read("SELECT tokens FROM spending WHERE state = 'reserved'")
        assert len(held) == 1
        assert budget.left(bench, "agent", w.agent_id).tokens == 1_020 + held[0][0]
        (waiting,) = inbox.pending(bench)
        assert inbox.approve(bench, [waiting.id]).done == [waiting.id]
        sound(bench)
        server.script[:] = [call("get_task_stats"), say("Done.")]
        assert w.run().state == "approved"
