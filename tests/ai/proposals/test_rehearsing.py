"""A rehearsal shows what a call would do, and leaves nothing of it."""

from __future__ import annotations

import pytest

from store.ai.proposals.staging import actor_of
from store.ai.tools.catalogue import catalogue
from store.errors import NotFoundError
from store.stamps import act_as
from store.tool import Tool
from store.workbench import Workbench
from tests.ai.proposals.staged import MISSION, act, task, try_out


def dump(bench: Workbench) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table, counters and all."""
    names = [n for (n,) in bench.db.read("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return {n: bench.db.read(f'SELECT rowid, * FROM "{n}" ORDER BY rowid') for n in names}


def test_a_change_is_shown_field_by_field_with_what_was_before(bench):
    id = task(bench, priority="low")
    done = try_out(bench, "t_edit", id=id, title="water the roses", priority="high")
    (change,) = done.changes
    assert (change.kind, change.title, change.id) == ("changed", "water the beans", id)
    assert {f.field: (f.before, f.after) for f in change.fields} == {
        "title": ("water the beans", "water the roses"),
        "priority": ("low", "high"),
    }
    assert done.answer.message == "changed"


def test_a_new_record_is_shown_with_its_tags_by_name(bench):
    with bench.step("tag") as step:
        step.insert("tags", {"name": "garden"})
    done = try_out(bench, "t_add", title="sow", tag="garden")
    (change,) = done.changes
    assert (change.kind, change.title) == ("new", "sow")
    fields = {f.field: (f.before, f.after) for f in change.fields}
    assert fields == {"title": (None, "sow"), "tags": ([], ["garden"])}


def test_tags_are_told_as_tags_and_not_as_links(bench):
    id = task(bench)
    with bench.step("tag") as step:
        step.insert("tags", {"name": "garden"})
    (change,) = try_out(bench, "t_tag", id=id, tag="garden").changes
    assert change.collection == "tasks"
    assert [(f.field, f.before, f.after) for f in change.fields] == [("tags", [], ["garden"])]


def test_deletions_that_would_be_held_are_shown_too(bench):
    ids = [task(bench, f"t{n}") for n in range(25)]
    done = try_out(bench, "t_delete", ids=ids)
    assert {c.id for c in done.changes} == set(ids)
    assert done.held == 25
    assert bench.held.count(bench.scope) == 0
    two = try_out(bench, "t_delete", ids=ids[:2])
    assert [(c.kind, c.held) for c in two.changes] == [("deleted", False)] * 2


def test_a_rehearsal_leaves_every_table_as_it_was(bench):
    ids = [task(bench, f"t{n}") for n in range(30)]
    with bench.step("tag") as step:
        step.insert("tags", {"name": "garden"})
    told = []
    bench.db.subscribe(told.append)
    before = dump(bench)
    for name, arguments in (
        ("t_add", {"title": "sow", "tag": "garden"}),
        ("t_edit", {"id": ids[0], "title": "x"}),
        ("t_delete", {"ids": ids}),
        ("t_tag", {"id": ids[1], "tag": "garden"}),
    ):
        assert try_out(bench, name, **arguments).changes
    with pytest.raises(NotFoundError):
        try_out(bench, "t_edit", id="gone", title="x")
    assert dump(bench) == before
    assert told == []


def test_who_was_numbered_in_a_rehearsal_is_numbered_anew_and_after_whoever_came_first(bench):
    id = task(bench)
    try_out(bench, "t_edit", id=id, title="x")
    bob = actor_of("agent-bob", "Bob", MISSION, "run-of-bob")
    with act_as(bob), bench.step("edit") as step:
        step.update("tasks", id, {"title": "bob"})
    act(bench, "t_edit", id=id, title="ada")
    titles = [p for p in bench.history.of(bench.scope, "tasks", id) if p.field == "title"]
    assert [(p.value, p.actor["displayName"]) for p in titles[:2]] == [
        ("ada", "Ada"),
        ("bob", "Bob"),
    ]


def test_search_learns_nothing_from_a_rehearsal(bench):
    from store.tool import Answer, Tool

    def run(bench, arguments):
        task(bench, "zebra")
        return Answer(str(len(bench.search.find(bench.scope, "zebra"))))

    todo = bench.modules["todo"]
    bench.modules["todo"] = todo._replace(tools=(*todo.tools, Tool("t_find", "Find.", run)))
    task(bench)
    bench.search.build()
    try_out(bench, "t_find")
    task(bench, "other")
    assert bench.search.find(bench.scope, "zebra") == []
    assert len(bench.search.find(bench.scope, "other")) == 1


def test_two_runs_of_the_same_call_have_one_digest_whenever_they_are_made(bench, clock):
    ids = [task(bench, "a"), task(bench, "b")]
    one = try_out(bench, "t_done", ids=ids)
    clock.tick(3600)
    assert try_out(bench, "t_done", ids=ids).digest == one.digest
    first = try_out(bench, "t_add", title="x")
    second = try_out(bench, "t_add", run="other", title="x")
    assert first.changes[0].id != second.changes[0].id
    assert first.digest == second.digest
    assert try_out(bench, "t_add", title="y").digest != first.digest


def test_the_same_run_makes_the_same_ids(bench):
    again = [try_out(bench, "t_add", title="x").answer.data["id"] for _ in range(2)]
    assert again[0] == again[1]


def test_a_rehearsal_never_joins_a_transaction_that_somebody_means(bench):
    with pytest.raises(RuntimeError), bench.db.transaction():
        try_out(bench, "t_add", title="x")


def sample(bench: Workbench, tool: Tool) -> dict[str, object]:
    """Arguments of a tool that make it do something."""
    made: dict[str, object] = {}
    for param in tool.params:
        if param.kind == "id":
            rows = bench.db.read(f'SELECT id FROM "{param.collection}" WHERE deleted_at IS NULL')
            made[param.name] = rows[0][0]
        elif param.choices:
            made[param.name] = param.choices[-1]
        elif param.kind in ("text", "long"):
            made[param.name] = "2026-12-03" if "date" in param.name.casefold() else "water"
        else:
            made[param.name] = {"number": 2.0, "integer": 2, "flag": True, "list": ["water"]}.get(
                param.kind, {}
            )
    return made


def test_every_tool_there_is_can_be_rehearsed_and_leaves_nothing(bench):
    task(bench)
    with bench.step("fill") as step:
        step.insert("notes", {"title": "water", "content": "text"})
        step.insert("contacts", {"firstName": "Ann"})
        step.insert("tags", {"name": "water"})
    tools = [
        tool
        for tool in catalogue(bench).values()
        if not (tool.outward or tool.name.startswith("t_"))
    ]
    assert len(tools) > 12
    before = dump(bench)
    changing = set()
    for tool in tools:
        done = try_out(bench, tool.name, **sample(bench, tool))
        assert dump(bench) == before, tool.name
        assert not (tool.reads and done.changes), tool.name
        if done.changes:
            changing.add(tool.name)
            again = try_out(bench, tool.name, **sample(bench, tool))
            assert again.digest == done.digest, tool.name
    assert changing == {tool.name for tool in tools if not tool.reads}
