"""What agents did and read is told by run, with what was taken back."""

from __future__ import annotations

from store.ai.proposals import inbox
from store.ai.proposals.reverting import revert
from store.ai.proposals.timeline import accesses, acts
from store.ai.runs import rows
from store.ai.tools.reading import Seen, log
from tests.ai.proposals.staged import AGENT, MISSION, RUN, act, begin, propose, ref, task

OTHER = "c0000000-0000-4000-8000-000000000002"


def test_acts_stand_by_run_with_the_newest_run_first(bench, clock):
    id = task(bench)
    act(bench, "t_edit", id=id, title="x")
    act(bench, "t_add", step=1, title="new")
    clock.tick(3600)
    act(bench, "t_edit", run=OTHER, id=id, title="y")
    second, first = acts(bench)
    assert (first.iteration, second.iteration) == (RUN, OTHER)
    assert (first.agent, first.agent_name, first.mission) == (AGENT, "Ada", MISSION)
    assert [(a.number, a.label, dict(a.modules)) for a in first.steps] == [
        (0, "1 task changed", {"todo": 1}),
        (1, "1 task added", {"todo": 1}),
    ]
    assert first.day == "2026-06-01"
    assert acts(bench, since=second.began) == [second]
    assert acts(bench, module="notes") == []
    assert acts(bench, agent="nobody") == []
    assert acts(bench, bench.scope, mission=MISSION, module="todo") == [second, first]


def test_a_run_that_was_taken_back_is_told_so_until_that_is_undone(bench):
    id = task(bench)
    act(bench, "t_edit", id=id, title="x")
    assert not acts(bench)[0].reverted
    revert(bench, MISSION, RUN)
    assert acts(bench)[0].reverted
    bench.history.undo(bench.scope)
    assert not acts(bench)[0].reverted
    bench.history.redo(bench.scope)
    assert acts(bench)[0].reverted


def test_runs_that_only_read_or_propose_are_told_too(bench):
    id = task(bench)
    begin(bench)
    propose(bench, "t_edit", id=id, title="x")
    inbox.reject(bench, [propose(bench, "t_edit", step=1, id=id, title="y").id])
    seen = Seen()
    with bench.within(bench.scope._replace(watch=seen)):
        bench.documents.get(bench.scope, "tasks", id)
    log(bench, ref(bench), "t_read", seen, set())
    (one,) = acts(bench)
    assert (one.label, one.steps, one.reverted) == ("Tidy up", (), False)
    assert (one.staged, one.rejected, one.reads) == (1, 1, 1)
    (access,) = accesses(bench, bench.scope)
    assert (access.tool, access.record, access.title) == ("t_read", id, "water the beans")
    assert accesses(bench, module="notes") == []
    assert accesses(bench, run=RUN, mission=MISSION, agent=AGENT, module="todo") == [access]


def test_more_runs_and_proposals_ask_the_database_no_more_often(bench, clock, monkeypatch):
    def reads(question):
        asked = []
        with monkeypatch.context() as patch:
            patch.setattr(bench.db, "read", lambda *a, r=bench.db.read: asked.append(a) or r(*a))
            question()
        return len(asked)

    def grow(runs):
        for number in runs:
            run = f"c0000000-0000-4000-8000-{number:012}"
            rows.begin(bench, id=run, mission=MISSION, agent=AGENT, space=bench.scope.number)
            act(bench, "t_add", run=run, title=f"new {number}")
            propose(bench, "t_edit", step=number, id=id, title=f"title {number}")
            clock.tick(60)
        ids = [one.id for one in inbox.pending(bench)]
        questions = (
            lambda: acts(bench),
            lambda: inbox.pending(bench),
            lambda: inbox.several(bench, ids),
        )
        return [reads(question) for question in questions]

    id = task(bench)
    few = grow(range(10, 12))
    assert grow(range(12, 20)) == few
