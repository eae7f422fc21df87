"""Approving does exactly what was shown, or nothing, whatever happened to the records since."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from store.ai.proposals import inbox
from store.ai.proposals.staging import Proposal
from store.workbench import Workbench
from tests.ai.proposals.staged import equip, propose, read, task
from tests.store.support import Clock, content, throwaway

CALLS = st.sampled_from(("t_edit", "t_append", "t_done", "t_tag", "t_add", "t_delete"))
MEANWHILE = st.lists(
    st.sampled_from(("rename", "describe", "complete", "delete", "tag", "look", "undo", "wait")),
    max_size=4,
)


def call(bench: Workbench, name: str, id: str) -> Proposal:
    arguments = {
        "t_edit": {"id": id, "title": "agent"},
        "t_append": {"id": id, "text": "!"},
        "t_done": {"ids": [id]},
        "t_tag": {"id": id, "tag": "garden"},
        "t_add": {"title": "agent", "tag": "garden"},
        "t_delete": {"ids": [id]},
    }[name]
    return propose(bench, name, **arguments)


def meanwhile(bench: Workbench, clock: Clock, what: str, id: str, tag: str) -> None:
    """What else happens to the record."""
    clock.tick()
    if what == "undo":
        if bench.history.peek_undo(bench.scope):
            bench.history.undo(bench.scope)
        return
    with bench.step(what) as step:
        if what == "rename":
            step.update("tasks", id, {"title": "person"})
        elif what == "describe":
            step.update("tasks", id, {"description": "person"})
        elif what == "complete":
            step.update("tasks", id, {"isCompleted": True})
        elif what == "delete":
            step.remove("tasks", id)
        elif what == "tag":
            bench.tags.retag(step, "tasks", id, add=[tag])


@pytest.mark.slow
@settings(max_examples=12)
@given(CALLS, MEANWHILE)
@example("t_append", ["describe"])
@example("t_append", ["describe", "look"])
@example("t_done", ["complete", "look"])
def test_approving_does_what_was_shown_or_nothing(name, events):
    clock = Clock()
    with throwaway(clock) as bench:
        equip(bench)
        with bench.step("tag") as step:
            tag = step.insert("tags", {"name": "garden"})
        id = task(bench, description="text")
        task(bench, "other")
        shown = call(bench, name, id)
        touched = False
        for event in events:
            if event == "look":
                shown, touched = inbox.look(bench, shown.id), False
            else:
                state = read(bench, id)
                meanwhile(bench, clock, event, id, tag)
                touched = touched or read(bench, id)["updatedAt"] != state["updatedAt"]
        if read(bench, id).get("deletedAt") and name != "t_add":
            if events[-1] == "look" and name in ("t_edit", "t_append", "t_tag"):
                assert shown.trouble
            return
        before = content(bench)[bench.scope.id]
        decided = inbox.approve(bench, [shown.id], {shown.id: shown.shown})
        after = content(bench)[bench.scope.id]
        if not decided.done:
            assert after == before
            return
        expected = dict(before)
        for change in shown.changes:
            key = f"{change.collection}/{change.id}"
            if change.kind == "deleted":
                del expected[key]
                continue
            fields, tags = expected.get(key, ({}, []))
            fields = dict(fields)
            for field in change.fields:
                if field.field == "tags":
                    assert [bench.tags.find(one)["id"] for one in field.after] == after[key][1]
                    tags = after[key][1]
                elif field.field == "completedAt":
                    fields["completedAt"] = after[key][0]["completedAt"]
                else:
                    assert field.before == fields.get(field.field)
                    fields[field.field] = field.after
            expected[key] = fields, tags
        for told in (expected, after):
            for key in [key for key in told if key.startswith("taskLabels/")]:
                del told[key]
            for key in told:
                told[key] = (
                    {k: v for k, v in told[key][0].items() if k != "metadata"},
                    told[key][1],
                )
        assert after == expected
        assert not touched or name == "t_add"
