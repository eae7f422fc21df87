"""Records that an older version kept without knowing them move into their own table, whole."""

from __future__ import annotations

import signal
import subprocess
import sys
from contextlib import contextmanager

import orjson
import pytest

from store.sync import taking
from store.sync.compare.digest import digests
from store.sync.inbox.incoming import receive
from store.sync.waiting import authority
from store.workbench import Workbench
from tests.store.support import UNOPENABLE, every_byte, sound
from tests.sync.pages import T, account, delete, insert
from tests.sync.pages import update as changed

RUN = {
    "id": "r1",
    "startedAt": T[1],
    "overallStatus": "approved",
    "summary": "marker-summary",
    "plan": [
        {
            "id": "r1-0",
            "status": "approved",
            "intent": {
                "kind": "toolCall",
                "toolName": "create_task",
                "params": {"title": "marker"},
            },
        }
    ],
}


@contextmanager
def an_older_version(bench, *names):
    """Inside, the workbench does not know these collections, as before they were declared."""
    by_name, by_wire = bench.registry._by_name, bench.registry._by_wire
    taken = {name: by_name.pop(name) for name in names}
    for name in names:
        del by_wire["ai", name]
    try:
        yield
    finally:
        by_name.update(taken)
        by_wire.update({("ai", name): one for name, one in taken.items()})


def keep(bench):
    """An agent, a mission with a run and a removed agent, as an older version pulled them."""
    seal = account(bench).seal1
    with an_older_version(bench, "agents", "aiMissions"):
        receive(
            bench,
            "ai",
            "agents",
            [
                insert(
                    "a1",
                    T[1],
                    table="agents",
                    name="Ada",
                    systemPrompt=seal("marker-prompt"),
                    memory=UNOPENABLE,
                    state="active",
                    maxTokensPerDay=5,
                    policy={"tools": {}},
                    odd="marker-odd",
                ),
                insert("a2", T[1], table="agents", name="Gone"),
                changed("a1", T[2], table="agents", name="Ada L."),
                changed("a1", T[1], table="agents", state="paused"),
                delete("a2", T[3], table="agents"),
            ],
        )
        receive(bench, "ai", "agents", [changed("a1", T[0], table="agents", maxTokensPerDay=9)])
        receive(
            bench,
            "ai",
            "aiMissions",
            [
                insert(
                    "m1",
                    T[1],
                    table="aiMissions",
                    title=seal("marker-title"),
                    objective=seal("do"),
                    cadence={"kind": "cron", "expression": "0 9 * * *"},
                    iterations=[{**RUN, "summary": seal("marker-summary")}],
                    agentId="a1",
                )
            ],
        )


def left(bench):
    return bench.db.read("SELECT count(*) FROM foreign_records")[0][0]


def test_what_was_kept_is_there_with_stamps_envelopes_dirt_and_the_same_digest(bench):
    keep(bench)
    before = {
        id: (orjson.loads(doc), orjson.loads(meta), dirty)
        for id, doc, meta, dirty in bench.db.read(
            "SELECT id, doc, meta, dirty FROM foreign_records"
        )
    }
    assert before["a1"][2] == '["~maxTokensPerDay","~state"]'
    told = digests(bench)
    assert taking.take_over(bench) == 3
    assert (left(bench), taking.take_over(bench)) == (0, 0)

    agent = bench.documents.get(bench.scope, "agents", "a1")
    assert (agent["name"], agent["systemPrompt"], agent["state"]) == (
        "Ada L.",
        "marker-prompt",
        "paused",
    )
    assert agent["odd"] == "marker-odd"
    assert bench.documents.get(bench.scope, "agents", "a2")["deletedAt"] == T[3]
    mission = bench.documents.get(bench.scope, "aiMissions", "m1")
    assert mission["iterations"] == [RUN]
    assert mission["cadence"]["kind"] == "cron"

    doc, meta, dirty = bench.db.read("SELECT doc, meta, dirty FROM agents WHERE id = 'a1'")[0]
    doc, meta = orjson.loads(doc), orjson.loads(meta)
    assert dirty == before["a1"][2]
    for name in ("systemPrompt", "memory", "name", "odd"):
        assert doc[name] == before["a1"][0][name]  # moved, not sealed again
    assert (doc["state"], doc["maxTokensPerDay"]) == ("paused", 5)  # clear in its own table
    for name in ("name", "state", "policy"):
        own, was = meta.get("f", {}), before["a1"][1]
        assert own.get(name, meta["d"]) == was.get("f", {}).get(name, was["d"])
    assert digests(bench) == told
    assert b"marker" not in every_byte(bench.home)
    sound(bench)


def test_opening_the_home_moves_them_and_a_locked_one_waits(make):
    bench = make("home", passphrase="a long passphrase")
    keep(bench)
    home = bench.home
    bench.vault.lock()
    bench.close()
    locked = Workbench.open(home)
    try:
        assert not locked.vault.unlocked
        assert left(locked) == 3
        locked.vault.unlock(passphrase="a long passphrase", hold=False)
        locked.settle()
        assert left(locked) == 0
    finally:
        locked.close()


def test_a_look_that_was_taken_before_still_counts_and_nothing_acts_by_moving(bench):
    keep(bench)
    number = bench.scope.number
    assert not authority.may_act(bench, "ai", "aiMissions", number, "m1")
    authority.approve(bench, "ai", "aiMissions", number, "m1")
    taking.take_over(bench)
    assert authority.may_act(bench, "ai", "aiMissions", number, "m1")
    assert not authority.may_act(bench, "ai", "agents", number, "a1")


def test_a_page_that_comes_before_the_move_meets_what_was_kept(bench):
    keep(bench)
    receive(bench, "ai", "agents", [changed("a1", T[3], table="agents", role="plans")])
    agent = bench.documents.get(bench.scope, "agents", "a1")
    assert (agent["name"], agent["role"], left(bench)) == ("Ada L.", "plans", 0)


def test_both_tables_holding_one_record_end_in_the_newer_values(bench):
    keep(bench)
    with bench.step("x", kind="pull") as step:
        step.merge("agents", "a1", {"state": "archived"}, T[0])
        step.merge("agents", "a1", {"name": "Newest", "role": "old"}, T[3])
    taking.take_over(bench)
    agent = bench.documents.get(bench.scope, "agents", "a1")
    assert (agent["name"], agent["role"], agent["state"]) == ("Newest", "old", "paused")


DYING = """
import os, signal, sys
from pathlib import Path
from store.sync import taking
from store.workbench import Workbench

taking.BATCH, refer, met = 1, taking._refer, []

def _refer(*args):
    met.append(args)
    if len(met) == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)
    refer(*args)

taking._refer = _refer
Workbench.open(Path(sys.argv[1])).close()
"""


@pytest.mark.slow
def test_a_kill_leaves_each_record_in_exactly_one_table(bench):
    keep(bench)
    told, home = digests(bench), bench.home
    for count in (1, 2):
        dead = subprocess.run([sys.executable, "-c", DYING, str(home), str(count)], check=False)
        assert dead.returncode == -signal.SIGKILL
        assert digests(bench) == told
    assert left(bench) == 2
    assert taking.take_over(bench) == 2
    assert digests(bench) == told
    sound(bench)
