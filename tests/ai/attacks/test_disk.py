"""What agents read, write, ask for and are told lies nowhere in the clear."""

from __future__ import annotations

import pytest

from store.ai.planner import models
from store.ai.proposals import inbox
from store.ai.runs import budget, rows, running
from store.ai.runs.reference import ref
from store.errors import GuardError
from tests.ai.runs.support import AUTO, agent, mission

MARK = "xylophonequartz"


def said(part: str) -> str:
    return f"{MARK}-{part}"


@pytest.mark.slow
def test_nothing_of_what_agents_did_lies_in_the_clear(make, tmp_path):
    bench = make("home")
    far = models.Model(said("model"), "openai", "http://127.0.0.1:9/v1", said("far"))
    models.add(bench, far, said("key"))
    with bench.step("add") as step:
        step.insert("tasks", {"title": said("task"), "description": said("text")}, id="t-1")
        step.insert("notes", {"title": said("note"), "content": said("body")}, id="n-1")
    who = agent(bench, systemPrompt=said("persona"), memory=said("memory"), model=said("model"))
    doing = agent(bench, "Ben", policy=AUTO)
    script = [
        {"tool": "list_tasks", "arguments": {"search": said("search")}},
        {"tool": said("tool"), "arguments": {said("name"): said("value")}, "onError": "continue"},
        {"tool": "update_task", "arguments": {"taskId": "t-1", "title": said("bad"), "x": 1}},
        {
            "tool": "create_task",
            "arguments": {"title": said("made"), "tags": [said("tag")]},
            "rationale": said("reason"),
        },
        {"tool": "update_note", "arguments": {"noteId": "n-1", "content": said("newer")}},
    ]
    script = [{"onError": "continue", **one} for one in script]
    told = {"title": said("title"), "objective": said("objective"), "conceptMarkdown": said("c")}
    for one in (who, doing):
        id = mission(bench, *script, agent=one, **told)
        run = running.run(bench, id)
        assert len(run.steps) == len(script)
    waiting = inbox.pending(bench)
    assert waiting
    first, *rest = waiting
    inbox.reject(bench, [first.id], said("feedback"))
    for one in rest:
        if one.tool == "create_task":
            inbox.edit(bench, one.id, {"title": said("edited")})
        inbox.approve(bench, [one.id])
    with rows.kept("r-1"):
        begun = rows.begin(bench, id="r-1", mission=id, agent=who, space=bench.scope.number)
        rows.phase(bench, "r-1", "staging-proposals", said("detail"))
        held = budget.reserve(bench, ref(begun, lambda: False), said("model"), 5, 5)
        budget.settle(bench, held, 5, 5)
        rows.finish(bench, "r-1", said("summary"), {"name": "x", "message": said("error")})
    try:
        running.run(bench, mission(bench, agent=who, **told))  # asks the model that is not there
    except GuardError:
        raise AssertionError("the model was to be asked") from None
    for path in tmp_path.rglob("*"):
        if path.is_file():
            held = path.read_bytes()
            places = [held[max(0, n - 80) : n + 60] for n in _found(held)]
            assert not places, (path, places[:3])


def _found(held: bytes) -> list[int]:
    n, found = held.find(MARK.encode()), []
    while n >= 0 and len(found) < 5:
        found.append(n)
        n = held.find(MARK.encode(), n + 1)
    return found
