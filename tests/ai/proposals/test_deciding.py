"""A decision is whole or not at all: across processes, kills, expiry and a locked vault."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from store.ai.proposals import inbox
from store.ai.runs import rows
from store.errors import GuardError, InvalidValueError, LockedError, NotFoundError
from store.workbench import Workbench
from tests.ai.proposals.staged import RUN, begin, equip, propose, read, ref, task
from tests.store.support import script, throwaway

OPEN = """
import os, signal, sys
from pathlib import Path
from store.ai.proposals import inbox, staging
from store.workbench import Workbench
from tests.ai.proposals.staged import equip
bench = equip(Workbench.open(Path(sys.argv[1])))
ids = sys.argv[2:]
"""
TOGETHER = (
    OPEN
    + """
print("ready", flush=True)
sys.stdin.readline()
print(len(inbox.approve(bench, ids).done), flush=True)
bench.close()
"""
)
KILLED = (
    OPEN
    + """
keep = staging.keep
def struck(bench, proposal):
    keep(bench, proposal)
    if proposal.state == "approved":
        os.kill(os.getpid(), signal.SIGKILL)
staging.keep = struck
inbox.approve(bench, ids)
"""
)


@pytest.fixture
def now() -> Iterator[Workbench]:
    """A home at the present time, which other processes see too."""
    with throwaway() as home:
        yield equip(home)


def noted(bench: Workbench, id: str, title: str, step: int) -> str:
    made = propose(bench, "t_edit", step=step, id=id, title=title)
    rows.add_step(bench, RUN, "t_edit", {"id": id}, "staged", "", made.id)
    return made.id


def test_two_processes_that_approve_at_once_do_it_once(now):
    id = task(now, description="")
    ids = [propose(now, "t_append", id=id, text="x").id]
    ids.append(propose(now, "t_add", step=9, title="new").id)
    both = [script(TOGETHER, str(now.home), *ids, stdin=-1) for _ in range(2)]
    for one in both:
        assert one.stdout is not None
        assert one.stdout.readline() == "ready\n"
    for one in both:
        assert one.stdin is not None
        one.stdin.write("\n")
        one.stdin.flush()
    told = [one.communicate(timeout=60) for one in both]
    assert [one.returncode for one in both] == [0, 0], told
    assert sum(int(out) for out, _err in told) == 2
    assert read(now, id)["description"] == "x"


def test_who_is_killed_while_approving_has_approved_nothing(now):
    id = task(now)
    one = propose(now, "t_edit", id=id, title="other")
    killed = script(KILLED, str(now.home), one.id)
    killed.communicate(timeout=60)
    assert killed.returncode == -9
    assert inbox.get(now, one.id).state == "pending"
    assert read(now, id)["title"] == "water the beans"
    assert inbox.approve(now, [one.id]).done == [one.id]
    assert read(now, id)["title"] == "other"


def test_the_steps_of_the_run_follow_and_when_all_are_decided_so_does_the_run(bench):
    begin(bench)
    first, second = noted(bench, task(bench), "a", 0), noted(bench, task(bench), "b", 1)
    assert rows.finish(bench, RUN).state == "awaiting-review"
    inbox.reject(bench, [first], "leave the title alone")
    assert rows.get(bench, RUN).state == "awaiting-review"
    inbox.approve(bench, [second])
    after = rows.get(bench, RUN)
    assert [step.status for step in after.steps] == ["rejected", "approved"]
    assert (after.state, after.feedback) == ("approved", "leave the title alone")


def test_feedback_stands_in_the_mission_where_the_next_run_and_other_devices_read_it(bench):
    with bench.step("mission") as step:
        mission = step.insert("aiMissions", {"title": "Tidy up", "state": "active"})
    begin(bench, mission)
    one = noted(bench, task(bench), "a", 0)
    rows.finish(bench, RUN)
    inbox.reject(bench, [one], "never titles")
    (iteration,) = bench.documents.get(bench.scope, "aiMissions", mission)["iterations"]
    assert iteration["userFeedback"] == "never titles"
    assert iteration["overallStatus"] == "rejected"
    assert [one["status"] for one in iteration["plan"]] == ["rejected"]


def test_what_waited_too_long_expires_and_is_never_carried_out(bench, clock):
    begin(bench)
    id = task(bench)
    one = noted(bench, id, "a", 0)
    rows.finish(bench, RUN)
    clock.tick(13 * 86_400)
    assert inbox.expire(bench) == 0
    clock.tick(86_400)
    assert inbox.pending(bench) == []
    assert inbox.approve(bench, [one]).done == []
    assert inbox.get(bench, one).state == "expired"
    assert rows.get(bench, RUN).steps[0].status == "skipped"
    assert read(bench, id)["title"] == "water the beans"


def test_what_belongs_to_a_deleted_space_or_mission_expires(bench):
    with bench.step("mission") as step:
        mission = step.insert("aiMissions", {"title": "Tidy up", "state": "active"})
    id = task(bench)
    tool = inbox.tool_named(bench, "t_edit")
    from tests.ai.proposals.staged import try_out

    done = try_out(bench, "t_edit", id=id, title="x")
    arguments = {"id": id, "title": "x"}
    mine = inbox.stage(
        bench, ref(bench, mission=mission), 0, tool, arguments, "", (), bench.scope, done
    )
    other = propose(bench, "t_edit", step=1, id=id, title="y")
    with bench.step("delete") as step:
        step.delete("aiMissions", mission)
    assert inbox.expire(bench) == 1
    assert inbox.get(bench, mine.id).state == "expired"
    assert inbox.get(bench, other.id).state == "pending"
    family = bench.spaces.create("Family", "family")
    bench.enter(family)
    there = propose(bench, "t_add", step=2, title="z")
    bench.enter(bench.spaces.personal())
    bench.spaces.delete(family)
    assert inbox.expire(bench) == 1
    assert inbox.get(bench, there.id).state == "expired"


def test_while_the_vault_is_locked_it_is_listed_masked_and_nothing_is_decided(bench):
    one = propose(bench, "t_edit", id=task(bench), title="a")
    bench.vault.lock()
    (masked,) = inbox.pending(bench)
    assert (masked.locked, masked.tool, masked.changes, masked.risk) == (True, "", (), "medium")
    for decide in (
        lambda: inbox.approve(bench, [one.id]),
        lambda: inbox.reject(bench, [one.id]),
        lambda: inbox.look(bench, one.id),
        lambda: inbox.edit(bench, one.id, {}),
    ):
        with pytest.raises(LockedError):
            decide()
    bench.vault.unlock_quietly()
    assert inbox.pending(bench)[0].tool == "t_edit"


def test_an_edited_call_is_validated_and_its_new_diff_is_what_is_approved(bench, clock):
    id = task(bench)
    one = propose(bench, "t_edit", id=id, title="a")
    with pytest.raises(InvalidValueError):
        inbox.edit(bench, one.id, {"id": id, "colour": "red"})
    with pytest.raises(NotFoundError):
        inbox.edit(bench, one.id, {"id": "nothing", "title": "b"})
    now = inbox.edit(bench, one.id, {"id": id, "title": "b"})
    assert now.changes[0].fields[0].after == "b"
    # Who approves what they saw before the edit approves nothing.
    assert inbox.approve(bench, [one.id], {one.id: one.shown}).stale == [one.id]
    assert read(bench, id)["title"] == "water the beans"
    assert inbox.approve(bench, [one.id], {one.id: now.shown}).done == [one.id]
    assert read(bench, id)["title"] == "b"
    with pytest.raises(GuardError):
        inbox.edit(bench, one.id, {"id": id, "title": "c"})


def test_approving_grants_nothing_for_the_future(bench):
    id = task(bench)
    with bench.step("agent") as step:
        agent = step.insert("agents", {"name": "Ada", "policy": {"defaultForAi": "propose"}})
    before = bench.db.read("SELECT doc, meta FROM agents WHERE id = ?", (agent,))
    inbox.approve(bench, [propose(bench, "t_edit", id=id, title="a").id])
    assert bench.db.read("SELECT doc, meta FROM agents WHERE id = ?", (agent,)) == before


def test_risk_stands_first_and_calls_of_a_run_stand_together(bench):
    ids = [task(bench, f"t{n}") for n in range(3)]
    other = "c0000000-0000-4000-8000-000000000002"
    calm = propose(bench, "t_done", ids=ids[:1])
    edit = propose(bench, "t_edit", run=other, id=ids[1], title="x")
    gone = propose(bench, "t_delete", run=other, step=1, ids=[ids[2]])
    assert [one.risk for one in (calm, edit, gone)] == ["low", "medium", "high"]
    assert [one.id for one in inbox.pending(bench)] == [gone.id, edit.id, calm.id]
    assert "destructive" in gone.flags


def test_a_space_that_no_longer_allows_deleting_stops_what_waits(bench):
    from store.ai.tools.destructive import allow

    id = task(bench)
    one = propose(bench, "t_delete", ids=[id])
    allow(bench, bench.scope.number, "t_delete", on=False)
    decided = inbox.approve(bench, [one.id])
    assert decided.done == []
    assert read(bench, id).get("deletedAt") is None


def test_nothing_of_a_proposal_is_readable_on_the_disk(bench):
    from tests.store.support import every_byte

    id = task(bench)
    one = propose(bench, "t_edit", id=id, title="a very private word")
    inbox.reject(bench, [one.id], "another private word")
    bench.db.compact()
    found = every_byte(bench.home)
    assert b"private word" not in found
    assert b"because" not in found


def test_a_purged_record_leaves_nothing_in_what_agents_asked_for(bench):
    from store.purge import purge_records

    begin(bench)
    id, other = task(bench, "a secret"), task(bench)
    gone, kept = noted(bench, id, "another secret", 0), noted(bench, other, "b", 1)
    purge_records(bench, bench.scope, "tasks", [id])
    with pytest.raises(NotFoundError):
        inbox.get(bench, gone)
    assert inbox.get(bench, kept).tool == "t_edit"
    assert "secret" not in repr(rows.get(bench, RUN))


def test_no_digest_stands_in_the_clear_by_which_a_guess_could_be_checked(bench):
    one = propose(bench, "t_edit", id=task(bench), title="a")
    assert one.shown
    for row in bench.db.read("SELECT * FROM proposals"):
        assert one.shown not in row
