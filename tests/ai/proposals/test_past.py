"""What a step of the past changed is told with the values of its time."""

from __future__ import annotations

from store.ai.proposals import past


def step_of(bench, work):
    """The row number of the step in which ``work`` ran."""
    with bench.step("work") as step:
        work(step)
    return step.n


def told(bench, n):
    """{record: {field: (before, after)}} of a step."""
    return {
        change.id: (change.kind, {f.field: (f.before, f.after) for f in change.fields})
        for change in past.of_step(bench, n)
    }


def test_a_step_is_told_with_what_it_wrote_and_not_with_what_stands_there_now(bench):
    made = step_of(
        bench, lambda step: step.insert("notes", {"title": "one", "content": "a"}, id="n")
    )
    changed = step_of(bench, lambda step: step.update("notes", "n", {"title": "two"}))
    again = step_of(bench, lambda step: step.update("notes", "n", {"title": "three"}))
    kind, fields = told(bench, made)["n"]
    assert kind == "new"
    assert fields["title"] == (None, "one")
    assert fields["content"] == (None, "a")
    assert told(bench, changed)["n"] == ("changed", {"title": ("one", "two")})
    assert told(bench, again)["n"] == ("changed", {"title": ("two", "three")})


def test_a_record_that_was_deleted_since_is_still_told_as_made(bench):
    made = step_of(bench, lambda step: step.insert("notes", {"title": "one"}, id="n"))
    gone = step_of(bench, lambda step: step.delete("notes", "n"))
    assert told(bench, made)["n"][0] == "new"
    assert told(bench, gone)["n"][0] == "deleted"


def test_a_field_that_was_filled_since_stood_empty_then(bench):
    made = step_of(bench, lambda step: step.insert("tasks", {"title": "one"}, id="t"))
    step_of(bench, lambda step: step.update("tasks", "t", {"priority": "high"}))
    assert "priority" not in told(bench, made)["t"][1]
