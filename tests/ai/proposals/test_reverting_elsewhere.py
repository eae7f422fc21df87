"""A run is taken back on another device of the person, as far as its history reaches."""

from __future__ import annotations

import pytest

from store.ai.proposals.reverting import plan_revert, revert
from store.ai.proposals.timeline import acts
from store.ai.runs import rows
from store.errors import NotFoundError
from tests.ai.proposals.staged import AGENT, MISSION, RUN, act, equip, read, task
from tests.store.conftest import _config, clock, make
from tests.store.support import content
from tests.sync.people import shared_server, someone

__all__ = ["_config", "clock", "make", "shared_server", "someone"]


def in_step(*benches):
    for bench in (*benches, *benches):
        bench.sync.once()


@pytest.mark.slow
def test_a_run_is_taken_back_on_another_device_and_everywhere_with_it(make, someone, clock):
    ann = someone()
    desk, train = equip(make("desk")), equip(make("train"))
    for bench in (desk, train):
        ann.log_in(bench)
    with desk.step("tag") as step:
        step.insert("tags", {"name": "garden"})
    id, other, mine = (task(desk, f"t{n}", priority="low") for n in range(3))
    with desk.step("mission") as step:
        step.insert("aiMissions", {"title": "Tidy up", "agentId": AGENT}, id=MISSION)
    in_step(desk, train)
    before = content(train)

    clock.tick(60)
    space = desk.scope.number
    rows.begin(desk, id=RUN, mission=MISSION, agent=AGENT, space=space)
    rows.add_step(desk, RUN, "t_edit", {"id": id}, "approved", "changed a task")
    act(desk, "t_edit", id=id, title="x", priority="high")
    act(desk, "t_tag", step=1, id=id, tag="garden")
    act(desk, "t_delete", step=2, ids=[other])
    made = act(desk, "t_add", step=3, title="new", tag="garden").data["id"]
    act(desk, "t_edit", step=4, id=mine, title="y")
    kept = act(desk, "t_add", step=5, title="kept").data["id"]
    rows.finish(desk, RUN)
    in_step(desk, train)
    assert read(train, id)["title"] == "x"
    (there,) = acts(train)
    assert (there.iteration, there.agent_name, there.label) == (RUN, "Ada", "Tidy up")
    assert [(one.label, one.reverted) for one in there.steps] == [("changed a task", False)]

    # Somebody goes on with what the run left.
    clock.tick(60)
    with train.step("edit") as step:
        step.update("tasks", mine, {"title": "mine"})
        step.update("tasks", kept, {"description": "mine"})
    with pytest.raises(NotFoundError, match="changed nothing here"):
        revert(train, MISSION, RUN, 0)
    plan = plan_revert(train, MISSION, RUN)
    assert {change.id for change in plan.changes} == {id, other, made}
    done = revert(train, MISSION, RUN)
    assert sorted(done.left) == sorted([("tasks", mine, "title"), ("tasks", kept, "description")])
    assert done.unknown == []
    now = content(train)
    assert read(train, mine)["title"] == "mine"
    for told in (now, before):
        del told[train.scope.id][f"aiMissions/{MISSION}"]
    del now[train.scope.id][f"tasks/{kept}"]
    del now[train.scope.id][f"tasks/{mine}"], before[train.scope.id][f"tasks/{mine}"]
    assert now == before
    assert [one.reverted for one in acts(train)] == [True]

    in_step(train, desk)
    assert content(desk)[desk.scope.id] == content(train)[train.scope.id]
    assert revert(desk, MISSION, RUN).again


@pytest.mark.slow
def test_a_device_that_never_saw_the_values_before_says_so(make, someone, clock):
    ann = someone()
    desk = equip(make("desk"))
    ann.log_in(desk)
    id = task(desk)
    clock.tick(60)
    act(desk, "t_edit", id=id, title="x")
    made = act(desk, "t_add", step=1, title="new").data["id"]
    clock.tick(60)
    desk.sync.once()
    fresh = make("fresh")
    ann.log_in(fresh)
    in_step(fresh)
    done = revert(fresh, MISSION, RUN)
    assert done.unknown == [("tasks", id, "title")]
    assert read(fresh, id)["title"] == "x"
    assert read(fresh, made)["deletedAt"]
