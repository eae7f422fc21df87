"""Agents and missions between a person's own devices: what travels how, and what may act there."""

from __future__ import annotations

import orjson
import pytest

from store.queries import Query
from store.records import dumps
from store.sync.compare.digest import digests
from store.sync.compare.folding import digest_of_rows
from store.sync.inbox.incoming import receive
from store.sync.inbox.joining import join
from store.sync.iterations import MOST
from store.sync.waiting import authority, sealing
from store.sync.wire import Change
from tests.store.conftest import _config, clock, make
from tests.sync.outbox import linked, sent, shared
from tests.sync.pages import T
from tests.sync.people import shared_server, someone
from tests.sync.test_digest import pages

__all__ = ["_config", "clock", "make", "shared_server", "someone"]

TASK = "0b54a3f6-6c8e-4a39-9f0d-3a4b8a1c7d10"
RUN = {
    "id": "r1",
    "startedAt": T[1],
    "finishedAt": T[2],
    "overallStatus": "failed",
    "summary": "marker summary",
    "userFeedback": "marker feedback",
    "errorDetails": {"name": "TimeoutError", "message": "marker error", "phase": "calling-llm"},
    "plan": [
        {
            "id": "r1-0",
            "summary": "marker step",
            "status": "approved",
            "intent": {
                "kind": "toolCall",
                "toolName": "complete_task",
                "params": {
                    "taskId": TASK,
                    "note": "marker note",
                    "deep": {"list": ["marker x", 3]},
                },
            },
        },
        {"id": "r1-1", "status": "planned", "intent": {"kind": "note", "body": "marker body"}},
    ],
}


def mission(bench, **fields):
    """A mission with a run, as the runner leaves it."""
    with bench.step("add") as step:
        id = step.insert("aiMissions", {"title": "marker title", **fields})
    with bench.step("run") as step:
        step.update("aiMissions", id, {"iterations": [RUN]})
    return id


def by_table(changes, table):
    return [change for change in changes if change["table"] == table]


def values(change):
    return change.get("data") or {k: v["value"] for k, v in change["fields"].items()}


def test_runs_go_out_with_a_readable_structure_and_sealed_texts(bench):
    linked(bench)
    mission(bench)
    (change,) = by_table(sent(bench), "aiMissions")
    assert b"marker" not in orjson.dumps(change)
    (run,) = values(change)["iterations"]
    step = run["plan"][0]
    assert (run["id"], run["overallStatus"], run["startedAt"]) == ("r1", "failed", T[1])
    assert (step["id"], step["status"]) == ("r1-0", "approved")
    assert step["intent"]["toolName"] == "complete_task"
    assert step["intent"]["params"]["taskId"] == TASK
    assert step["intent"]["params"]["deep"]["list"][1] == 3
    assert bench.vault.open1(run["summary"]) == "marker summary"
    assert bench.vault.open1(step["intent"]["params"]["note"]) == "marker note"


def test_runs_come_back_in_plaintext_inside_their_own_seal(bench):
    linked(bench)
    id = mission(bench)
    changes = sent(bench)
    (change,) = by_table(changes, "aiMissions")
    assert digest_of_rows(bench, pages(changes)) == digests(bench)
    runs = values(change)["iterations"]
    before = bench.db.read("SELECT large, meta, dirty FROM aiMissions")
    row = Change("aiMissions", id, "update", {}, {"iterations": (runs, T[3])}, "", "", None, "", "")
    assert receive(bench, "ai", "aiMissions", [row]).merged == 0  # two seals of one text are equal
    assert bench.db.read("SELECT large, meta, dirty FROM aiMissions") == before
    assert bench.documents.get(bench.scope, "aiMissions", id)["iterations"] == [RUN]
    assert "marker" not in before[0][0]


def test_in_a_shared_space_runs_go_out_readable_and_nothing_is_opened_for_others(bench):
    linked(bench)
    space = shared(bench)
    bench.enter(space)
    mission(bench)
    (change,) = by_table(sent(bench), "aiMissions")
    assert values(change)["iterations"] == [RUN]
    # Somebody who had a sealed text of mine could otherwise get it back in plaintext.
    bait = bench.vault.seal1("my diary")
    runs = [{"id": "r9", "startedAt": T[4], "summary": bait}]
    row = Change("aiMissions", "m9", "insert", {"iterations": runs}, {}, "", space, None, "", "")
    receive(bench, "ai", "aiMissions", [row])
    assert bench.documents.get(bench.scope, "aiMissions", "m9")["iterations"] == runs


def test_the_newest_fifty_runs_are_kept_and_runs_have_no_history(bench):
    many = [{"id": f"r{n}", "startedAt": f"2026-05-01T{n:04}"} for n in range(80)]
    assert [one["id"] for one in join(many[:60], many[40:])] == [one["id"] for one in many[-MOST:]]
    id = mission(bench)
    count = "SELECT count(*) FROM history"
    before = bench.db.read(count)
    with bench.step("run") as step:
        step.update("aiMissions", id, {"iterations": many[:2]})
    assert bench.db.read(count) == before
    assert (step.n, step.written) == (0, 1)


def test_what_can_be_read_wins_over_a_seal_nobody_opens():
    sealed, plain = {"id": "r", "summary": "enc:1:zzz"}, {"id": "r", "summary": "a"}
    assert join([sealed], [plain]) == join([plain], [sealed]) == [plain]


def test_nothing_is_cleared_by_silence(bench):
    linked(bench)
    with bench.step("add") as step:
        id = step.insert(
            "aiMissions", {"title": "x", "cadence": {"kind": "cron", "expression": "?"}}
        )
        step.insert("agents", {"name": "A", "maxTokensPerDay": 5}, id="a1")
        step.update("aiMissions", id, {"nextRunAt": T[5], "grant": {"v": 1}})
    sent(bench)
    with bench.step("clear") as step:
        step.update("aiMissions", id, {"nextRunAt": None, "grant": None})
        step.update("agents", "a1", {"maxTokensPerDay": None})
    changes = {change["table"]: change["fields"] for change in sent(bench)}
    assert changes["aiMissions"]["nextRunAt"]["value"] is None
    assert changes["aiMissions"]["grant"]["value"] is None
    assert changes["agents"]["maxTokensPerDay"]["value"] is None
    stored = bench.documents.get(bench.scope, "aiMissions", id)
    assert stored["cadence"] == {"kind": "cron", "expression": "?"}


# The owner's seal ------------------------------------------------------------


def acts(bench, collection, id):
    return authority.may_act(bench, "ai", collection, bench.scope.number, id)


@pytest.mark.slow
def test_what_a_person_writes_acts_on_their_other_device_until_somebody_else_changes_it(
    make, someone
):
    ann, desk, train = someone(), make("desk"), make("train")
    ann.log_in(desk)
    ann.log_in(train)
    with desk.step("add") as step:
        agent = step.insert("agents", {"name": "Planner", "systemPrompt": "Be brief."})
        one = step.insert("aiMissions", {"title": "Weekly", "agentId": agent})
    desk.sync.once()
    train.sync.once()
    assert acts(train, "agents", agent)
    assert acts(train, "aiMissions", one)
    assert acts(train, "agents", "legacy:ai-default")
    assert authority.waiting(train) == []

    # Bookkeeping breaks no seal; a change of what acts is sealed anew, from either device.
    with train.step("run") as step:
        step.update("aiMissions", one, {"iterations": [RUN], "nextRunAt": T[8]})
    with train.step("edit") as step:
        step.update("agents", agent, {"model": "small", "systemPrompt": "Be kind."})
    train.sync.once()
    desk.sync.once()
    assert acts(desk, "agents", agent)
    assert acts(desk, "aiMissions", one)
    assert desk.documents.get(desk.scope, "aiMissions", one)["iterations"] == [RUN]
    assert desk.documents.get(desk.scope, "agents", agent)["model"] == "small"
    train.history.undo(train.scope)
    assert acts(train, "agents", agent)
    train.sync.once()
    desk.sync.once()
    assert acts(desk, "agents", agent)
    assert set(digests(desk).values()) == set(digests(train).values())

    # The server's operator, who cannot make a seal, gives the agent more rights.
    forged = {"policy": ({"defaultForAi": "auto"}, "2026-07-01T10:00:00.000Z")}
    space = desk.scope.id
    row = Change("agents", agent, "update", {}, forged, "", space, desk.writer.person, "user", "e9")
    for home in (desk, train):
        receive(home, "ai", "agents", [row])
        assert not acts(home, "agents", agent)
    assert [held.reason for held in authority.waiting(desk)] == ["new"]
    # A look here lets it act on the other device too.
    authority.approve(desk, "ai", "agents", desk.scope.number, agent)
    with desk.step("go on") as step:
        step.update("agents", agent, {"role": "after the look"})
    assert acts(desk, "agents", agent)
    desk.sync.once()
    train.sync.once()
    assert acts(train, "agents", agent)


@pytest.mark.slow
def test_what_was_written_before_there_was_an_account_acts_on_the_second_device(make, someone):
    ann, desk, train = someone(), make("desk"), make("train")
    with desk.step("add") as step:
        agent = step.insert("agents", {"name": "Planner"})
    family = desk.spaces.create("Family", "family")
    with desk.step("add", scope=desk.spaces.scope(family)) as step:
        step.insert("aiMissions", {"title": "Shopping"}, id="m1")
    ann.log_in(desk)
    # The space has the server's id now, and so has its default agent.
    desk.enter(desk.spaces.find("Family")["id"])
    mission = desk.documents.get(desk.scope, "aiMissions", "m1")
    assert mission["agentId"] == f"default:{desk.scope.id}"
    assert acts(desk, "agents", mission["agentId"])
    assert acts(desk, "aiMissions", "m1")
    desk.sync.once()
    ann.log_in(train)
    train.sync.once()
    assert acts(train, "agents", agent)
    train.enter(train.spaces.find("Family")["id"])
    (only,) = train.documents.page(train.scope, Query("agents"))
    assert acts(train, "agents", only["id"])
    assert acts(train, "aiMissions", "m1")


def test_a_new_key_of_the_account_seals_anew(bench):
    linked(bench)
    with bench.step("add") as step:
        id = step.insert("agents", {"name": "Planner"})
    mark = bench.documents.get(bench.scope, "agents", id)[authority.SEAL]
    bench.vault.add_key("account", "a2", b"n" * 32)
    assert sealing.seal_all(bench) == 1
    assert bench.documents.get(bench.scope, "agents", id)[authority.SEAL] != mark
    assert bench.history.peek_undo(bench.scope).label == "add"


def test_a_home_without_an_account_writes_no_seal_and_needs_none(bench):
    with bench.step("add") as step:
        id = step.insert("agents", {"name": "Planner"})
    assert acts(bench, "agents", id)
    assert bench.documents.get(bench.scope, "agents", id).get(authority.SEAL) is None


def test_the_seal_is_no_part_of_undo(bench):
    linked(bench)
    with bench.step("add") as step:
        id = step.insert("agents", {"name": "Planner"})
    with bench.step("edit") as step:
        step.update("agents", id, {"role": "plans"})
    mark = bench.documents.get(bench.scope, "agents", id)[authority.SEAL]
    (outcome,) = bench.history.undo(bench.scope)
    assert (outcome.changed, outcome.left) == (1, [])
    (again,) = bench.history.redo(bench.scope)
    assert (again.changed, again.left) == (1, [])
    now = bench.documents.get(bench.scope, "agents", id)
    assert now[authority.SEAL].startswith("own1:")
    assert now[authority.SEAL] != mark  # it binds the times too


# Default agents ------------------------------------------------------------


def test_the_default_agent_acts_until_somebody_elsewhere_changes_it(bench):
    linked(bench)
    assert acts(bench, "agents", "legacy:ai-default")
    space = bench.scope.id
    row = Change(
        "agents",
        "legacy:ai-default",
        "update",
        {},
        {"policy": ({"defaultForAi": "auto"}, T[1])},
        "",
        space,
        bench.writer.person,
        "user",
        "e1",
    )
    receive(bench, "ai", "agents", [row])
    assert not acts(bench, "agents", "legacy:ai-default")


def test_a_seed_forged_at_the_epoch_does_not_act(bench):
    linked(bench)
    space = bench.scope.id
    wins = {"tools": {"zzz": "auto"}, "defaultForAi": "auto"}
    data = {"policy": wins, "name": "Mana", "createdAt": "1970-01-01T00:00:00.000Z"}
    rows = [
        Change("agents", id, "insert", data, {}, "", space, None, "system", "e1")
        for id in ("legacy:ai-default", "default:other")
    ]
    receive(bench, "ai", "agents", rows)
    assert not acts(bench, "agents", "default:other")
    stored = bench.documents.get(bench.scope, "agents", "legacy:ai-default")
    assert acts(bench, "agents", "legacy:ai-default") == (stored["policy"] != wins)


@pytest.mark.parametrize("type", ["family", "team", "brand", "club", "practice"])
def test_every_space_has_its_default_agent_from_its_making_on(bench, type):
    id = bench.spaces.create("Ours", type)
    bench.enter(id)
    (agent,) = bench.documents.page(bench.scope, Query("agents"))
    assert agent["id"] == f"default:{id}"
    assert acts(bench, "agents", agent["id"])
    with bench.step("add") as step:
        step.insert("aiMissions", {"title": "x"}, id="m1")
    assert bench.documents.get(bench.scope, "aiMissions", "m1")["agentId"] == agent["id"]


def test_a_space_made_before_there_were_agents_gets_its_agent_at_the_next_visit(bench):
    with bench.db.transaction() as connection:
        connection.execute("DELETE FROM agents")
        connection.execute("DELETE FROM history WHERE collection = 'agents'")
    bench.enter(bench.scope.id)
    assert acts(bench, "agents", "legacy:ai-default")
    with bench.step("delete") as step:
        step.delete("agents", "legacy:ai-default")
    bench.enter(bench.scope.id)
    assert bench.documents.page(bench.scope, Query("agents")) == []


def test_a_record_that_could_act_goes_on_when_its_person_changes_a_field(bench):
    space = bench.spaces.create("Team", "team")
    bench.enter(space)
    linked(bench)
    bench.enter(space)
    row = Change(
        "agents", "a1", "insert", {"name": "Ada", "policy": {}}, {}, "", space, None, "", ""
    )
    receive(bench, "ai", "agents", [row])
    with bench.step("edit") as step:
        step.update("agents", "a1", {"role": "before the look"})
    assert not acts(bench, "agents", "a1")
    authority.approve(bench, "ai", "agents", bench.scope.number, "a1")
    with bench.step("edit") as step:
        step.update("agents", "a1", {"role": "after the look"})
    assert acts(bench, "agents", "a1")
    assert dumps(bench.documents.get(bench.scope, "agents", "a1")["role"]) == '"after the look"'
