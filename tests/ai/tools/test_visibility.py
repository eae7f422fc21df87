"""An agent sees what its tag filter lets through and nothing that is somebody's own: every tool."""

from __future__ import annotations

from typing import Any

import pytest

from store.ai.tools import calling
from tests.ai.tools.test_calling import OPEN, READS, WRITES
from tests.ai.tools.test_catalogue import TOOLS
from tests.ai.tools.worlds import add, gate
from tests.store.support import content

SECRET = "zanzibar"


def arguments(name: str, ids: dict[str, str]) -> dict[str, Any]:
    """A call of a tool that goes for the records named by ``ids``."""
    plain = WRITES[name][0] if name in WRITES else READS[name]
    found = {key: ids.get(value, value) for key, value in plain.items()}
    if name == "complete_tasks_by_title":
        found["titleMatch"] = SECRET
    if name == "list_notes":
        found = {"query": SECRET, "includeArchived": True}
    if name == "list_tasks":
        found = {"filter": "all", "limit": 100}
    return found


def hidden(bench: Any, scope: Any, **fields: Any) -> dict[str, str]:
    return {
        "task": add(bench, "tasks", scope, title=f"{SECRET} task", **fields),
        "note": add(bench, "notes", scope, title=SECRET, content=f"{SECRET} text", **fields),
        "contact": add(bench, "contacts", scope, firstName=SECRET, **fields),
    }


def check(bench: Any, calls: calling.Calls, name: str, ids: dict[str, str], scope: Any) -> None:
    """The call shows nothing of these records and leaves them as they are."""
    mine = {f"{table}s/{id}" for table, id in ids.items()}
    before = {key: value for key, value in content(bench, scope).items() if key in mine}
    assert len(before) == 3
    given = arguments(name, ids)
    found = calls.call(name, given)
    said = str(found.for_model()).replace(str(given), "")
    assert SECRET not in said.casefold()
    assert not any(id in said for id in ids.values())
    if set(given.values()) & set(ids.values()) or name == "complete_tasks_by_title":
        assert found.status == "failed"
    if name == "get_task_stats":
        assert found.data["total"] == 0
    after = {key: value for key, value in content(bench, scope).items() if key in mine}
    assert after == before
    read = {id for (id,) in bench.db.read("SELECT record FROM reads")}
    assert not read & set(ids.values())


@pytest.mark.parametrize("name", sorted(TOOLS))
def test_a_record_with_another_tag_is_not_there_for_any_tool(bench, name):
    ids = hidden(bench, bench.scope, tags=["work"])
    home = bench.tags.add("home")
    calls = gate(bench, OPEN, scopeTagIds=[home])
    check(bench, calls, name, ids, bench.scope)


@pytest.mark.parametrize("name", sorted(TOOLS))
def test_what_is_private_in_a_shared_space_is_not_there_for_any_tool(bench, name):
    space = bench.spaces.create("Us", "family")
    scope = bench.spaces.scope(space)
    ids = hidden(bench, scope, visibility="private")
    calls = gate(bench, OPEN, scope=scope)
    check(bench, calls, name, ids, scope)


def test_a_record_with_one_of_its_tags_and_one_without_any_are_there(bench):
    add(bench, "tasks", title="ours", tags=["home", "work"])
    add(bench, "tasks", title="bare")
    add(bench, "tasks", title="theirs", tags=["work"])
    home = bench.tags.find("home")["id"]
    found = gate(bench, scopeTagIds=[home]).call("list_tasks", {})
    assert {task["title"] for task in found.data["tasks"]} == {"ours", "bare"}


@pytest.mark.parametrize("garbled", ["home", [1], {"a": 1}, [None], 3])
def test_a_filter_that_nobody_understands_lets_only_untagged_records_through(bench, garbled):
    add(bench, "tasks", title="bare")
    add(bench, "tasks", title="tagged", tags=["home"])
    found = gate(bench, scopeTagIds=garbled).call("list_tasks", {})
    assert [task["title"] for task in found.data["tasks"]] == ["bare"]


def test_the_person_s_own_private_record_in_the_personal_space_is_there(bench):
    add(bench, "tasks", title="mine", visibility="private")
    found = gate(bench).call("list_tasks", {})
    assert [task["title"] for task in found.data["tasks"]] == ["mine"]


def test_whoever_makes_the_scope_the_gate_narrows_it(bench):
    wide = bench.spaces.scope(bench.spaces.create("Us", "team"))
    narrow = gate(bench, scope=wide, scopeTagIds=["t"]).scope
    assert (narrow.viewer, narrow.filter, narrow.number) == (0, ("t",), wide.number)
