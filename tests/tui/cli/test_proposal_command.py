"""proposal, timeline and revert: an agent's calls are looked at, decided, told and taken back."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from store import when
from store.ai.runs import rows
from store.ai.runs.reference import RunRef
from store.ai.tools.calling import Calls
from store.workbench import Workbench
from tests.ai.proposals.staged import AGENT, MISSION, RUN, begin
from tests.tui.cli.harness import Commands


class Waiting(NamedTuple):
    """The commands on a home in which an agent asked for two changes and made one."""

    cli: Commands
    task: str
    done: str
    edit: str

    def title(self) -> str:
        return str(self.cli("task", "show", self.task, "--json").data["title"])


@pytest.fixture
def waiting(cli: Commands) -> Waiting:
    task = cli("task", "add", "water the beans", "--json").data["id"]
    bench = Workbench.open(clock=cli.clock)
    begin(bench)
    ref = RunRef(RUN, MISSION, "Tidy up", AGENT, "Ada", bench.scope.number)
    agent = {"policy": {"tools": {"create_note": "auto"}, "defaultForAi": "propose"}}
    calls = Calls(bench, ref, agent, scope=bench.scope)
    done = calls.call("complete_task", {"taskId": task}, rationale="It looks done.")
    edit = calls.call("update_task", {"taskId": task, "priority": "high"})
    assert calls.call("create_note", {"title": "diary", "content": "a"}).status == "done"
    rows.finish(bench, RUN)
    bench.close()
    when.set_clock(cli.clock)
    return Waiting(cli, task, done.proposal, edit.proposal)


def test_what_waits_is_listed_and_shown_with_its_diff(waiting: Waiting) -> None:
    cli = waiting.cli
    listed = cli("proposal", "list", "--json").data
    assert {one["id"] for one in listed} == {waiting.done, waiting.edit}
    assert "water the beans" in cli("proposal", "list").out
    shown = cli("proposal", "show", waiting.done[:8])
    assert "It looks done." in shown.out
    (one,) = cli("proposal", "show", waiting.done, "--json").data
    fields = {f["field"]: (f["before"], f["after"]) for f in one["changes"][0]["fields"]}
    assert fields["isCompleted"] == (False, True) or fields["isCompleted"] == (None, True)
    assert cli("proposal", "show", "nothing").code == 3


def test_one_is_approved_and_another_turned_down(waiting: Waiting) -> None:
    cli = waiting.cli
    done = cli("proposal", "approve", waiting.done)
    assert (done.code, "Approved 1 proposal." in done.out) == (0, True)
    assert cli("task", "show", waiting.task, "--json").data["isCompleted"] is True
    assert cli("proposal", "reject", waiting.edit, "--feedback", "not so urgent").code == 0
    assert cli("proposal", "list", "--json").data == []
    again = cli("proposal", "approve", waiting.edit, "--json")
    assert again.code == 5
    states = {p["id"]: p["state"] for p in cli("proposal", "list", "--run", RUN, "--json").data}
    assert states == {waiting.done: "approved", waiting.edit: "rejected"}
    bench = Workbench.open()
    run = rows.get(bench, RUN)
    bench.close()
    assert [step.status for step in run.steps] == ["approved", "rejected", "approved"]
    assert (run.state, run.feedback) == ("approved", "not so urgent")


def test_several_are_approved_only_with_yes(waiting: Waiting) -> None:
    cli = waiting.cli
    assert cli("proposal", "approve", "--all").code == 5
    assert cli("proposal", "approve").code == 2
    assert len(cli("proposal", "list", "--json").data) == 2
    data = cli("proposal", "approve", "--run", RUN[:8], "--yes", "--json").data
    assert data == {"approved": [waiting.done, waiting.edit], "stale": [], "failed": []}


def test_what_changed_since_is_shown_first_and_done_the_second_time(waiting: Waiting) -> None:
    cli = waiting.cli
    assert cli("task", "edit", waiting.task, "--priority", "low").code == 0
    first = cli("proposal", "approve", waiting.edit)
    assert first.code == 5
    assert "low" in first.out
    assert cli("task", "show", waiting.task, "--json").data["priority"] == "low"
    assert cli("proposal", "approve", waiting.edit).code == 0
    assert cli("task", "show", waiting.task, "--json").data["priority"] == "high"


def test_a_call_is_edited_and_then_approved(waiting: Waiting) -> None:
    cli = waiting.cli
    assert cli("proposal", "edit", waiting.edit, "priority=never").code == 2
    assert cli("proposal", "edit", waiting.edit, "priority").code == 2
    changed = cli("proposal", "edit", waiting.edit, "priority=low", "--json").data
    assert changed["arguments"]["priority"] == "low"
    assert "edited" in changed["flags"]
    assert cli("proposal", "approve", waiting.edit).code == 0
    assert cli("task", "show", waiting.task, "--json").data["priority"] == "low"


def test_the_timeline_tells_it_and_revert_takes_it_back(waiting: Waiting) -> None:
    cli = waiting.cli
    cli("proposal", "approve", "--all", "--yes")
    (bucket,) = cli("timeline", "--json").data
    assert (bucket["agent_name"], bucket["label"]) == ("Ada", "Tidy up")
    assert sorted(step["step"] for step in bucket["steps"]) == [0, 1, 2]
    assert "Tidy up" in cli("timeline", "--since", "24h", "--agent", "Ada").out
    assert cli("timeline", "--module", "contact", "--json").data == []
    plan = cli("revert", MISSION[:8], RUN[:8], "--dry-run")
    assert "Would take back 2 records." in plan.out
    assert cli("revert", MISSION, RUN, "--step", "2").code == 0
    assert cli("note", "list", "--json").data == []
    done = cli("revert", MISSION, "--json").data
    assert (done["changed"], done["left"]) == (1, [])
    task = cli("task", "show", waiting.task, "--json").data
    assert (task.get("isCompleted"), task.get("priority")) in {(None, None), (False, "medium")}
    assert cli("revert", MISSION, "--json").data["again"] is True
    assert cli("timeline", "--json").data[0]["reverted"] is True
    assert cli("undo").code == 0
    assert cli("task", "show", waiting.task, "--json").data["isCompleted"] is True
    assert cli("revert", "nobody").code == 3
    assert cli("revert", MISSION, "--step", "1").code == 2


def test_proposals_runs_and_agents_are_completed(waiting: Waiting) -> None:
    def offers(*words: str) -> set[str]:
        lines = waiting.cli("__complete", "fish", *words).out.splitlines()[1:]
        return {line.partition("\t")[0] for line in lines}

    assert offers("proposal", "approve", "") == {waiting.done[:8], waiting.edit[:8]}
    assert offers("proposal", "show", waiting.done[:2]) == {waiting.done[:8]}
    assert offers("revert", MISSION, RUN[:3]) == {RUN[:8]}
    assert "Mana" in offers("timeline", "--agent", "")
