"""Programs over the protocol: the SDK's real client against a real process."""

from __future__ import annotations

from typing import Any

import anyio
import pytest

from store.ai.proposals import inbox
from store.ai.tools.catalogue import catalogue
from store.ai.tools.policy import changed
from store.queries import Query
from store.workbench import Workbench
from tests.ai.mcp.connecting import PATIENCE, connected

pytestmark = pytest.mark.slow


def titles(bench: Workbench) -> list[str]:
    return [task["title"] for task in bench.documents.page(bench.scope, Query("tasks"))]


def agents(bench: Workbench) -> dict[str, Any]:
    found = bench.documents.page(bench.scope, Query("agents", filters=("all",)), limit=-1)
    return {agent["name"]: agent for agent in found}


def set_policy(bench: Workbench, agent: Any, **words: Any) -> None:
    known = bench.documents.get(bench.scope, "agents", agent["id"])["policy"]
    made = changed(known, catalogue(bench).values(), **words)
    with bench.step("policy") as step:
        step.update("agents", agent["id"], {"policy": made})


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_a_program_reads_and_proposes_and_the_person_decides(bench, mode):
    with bench.step("add") as step:
        step.insert("tasks", {"title": "Buy milk"})

    async def visit() -> Any:
        async with connected(bench, mode=mode) as client:
            tools = {tool.name: tool for tool in (await client.list_tools()).tools}
            read = await client.call_tool("list_tasks", {"filter": "open"})
            wrote = await client.call_tool(
                "create_task", {"title": "Buy bread", "rationale": "There is none."}
            )
            wrong = await client.call_tool("create_task", {"titel": "x"})
            return tools, read, wrote, wrong

    tools, read, wrote, wrong = anyio.run(visit)
    assert tools["list_tasks"].annotations.read_only_hint is True
    assert tools["create_task"].annotations.read_only_hint is False
    assert tools["create_task"].input_schema["required"] == ["title"]
    assert [task["title"] for task in read.structured_content["data"]["tasks"]] == ["Buy milk"]
    assert wrong.is_error
    assert not wrote.is_error
    # Nothing is written: it waits in the inbox, under the id that the program was told.
    assert titles(bench) == ["Buy milk"]
    (waiting,) = inbox.pending(bench)
    told = wrote.structured_content["data"]
    assert told["proposal"] == waiting.id
    assert (waiting.agent_name, waiting.rationale) == ("MCP: tester", "There is none.")
    agent = agents(bench)["MCP: tester"]
    assert (agent["id"], agent["policy"]["preset"]) == (waiting.agent, "cautious")
    runs = bench.db.read("SELECT id, source, state, agent, mission FROM runs")
    assert runs == [(waiting.run, "mcp", "awaiting-review", agent["id"], "")]
    inbox.approve(bench, [waiting.id])
    assert sorted(titles(bench)) == ["Buy bread", "Buy milk"]
    assert task_called(bench, "Buy bread") == told["id"], "it can be named before it is there"
    assert bench.history.of(bench.scope, "tasks", told["id"])


def task_called(bench: Workbench, title: str) -> str:
    return bench.documents.find(bench.scope, "tasks", title)["id"]


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_a_change_of_the_agent_counts_at_once_and_is_told(bench, mode):
    told = []

    async def visit() -> None:
        async with connected(bench, mode=mode, told=told.append) as client:
            if mode == "auto":
                async with client.listen(tools_list_changed=True) as changes:
                    await steps(client, changes)
            else:
                await steps(client, None)

    async def steps(client: Any, changes: Any) -> None:
        assert "create_task" in await names(client)
        agent = agents(bench)["MCP: tester"]
        set_policy(bench, agent, tools={"create_task": "deny"})
        denied = await client.call_tool("create_task", {"title": "x"})
        assert denied.is_error
        assert "create_task" not in await names(client)
        set_policy(bench, agent, tools={"create_task": "auto"})
        await noticed(changes)
        assert not (await client.call_tool("create_task", {"title": "at once"})).is_error
        assert titles(bench) == ["at once"]
        with bench.step("pause") as step:
            step.update("agents", agent["id"], {"state": "paused"})
        paused = await client.call_tool("list_tasks", {})
        assert paused.is_error
        assert "paused" in paused.structured_content["message"]
        assert await names(client) == []
        with bench.step("delete") as step:
            step.delete("agents", agent["id"])
        gone = await client.call_tool("list_tasks", {})
        assert gone.is_error
        assert "deleted" in gone.structured_content["message"]

    async def names(client: Any) -> list[str]:
        from mcp import MCPError

        try:
            return [tool.name for tool in (await client.list_tools(cache_mode="refresh")).tools]
        except MCPError:
            return []

    async def noticed(changes: Any) -> None:
        with anyio.fail_after(PATIENCE):
            if changes is not None:
                await anext(aiter(changes))
            while changes is None and not told:
                await anyio.sleep(0.05)

    anyio.run(visit)

    # A deleted agent is not made again: to deny it everything is final, whoever asks anew.
    async def return_later() -> Any:
        async with connected(bench) as client:
            return await client.call_tool("list_tasks", {})

    assert anyio.run(return_later).is_error
    assert "MCP: tester" not in agents(bench)


def test_a_program_can_be_a_chosen_agent(bench):
    with bench.step("add") as step:
        step.insert("agents", {"name": "Ada", "role": "helps"})
        tag = step.insert("tags", {"name": "work"})
        other = step.insert("tags", {"name": "home"})
        for title, mark in (("mine", tag), ("not hers", other)):
            task = step.insert("tasks", {"title": title})
            bench.tags.retag(step, "tasks", task, add=[mark])
        ada = bench.documents.find(bench.scope, "agents", "Ada")["id"]
        step.update("agents", ada, {"scopeTagIds": [tag]})

    async def visit() -> Any:
        async with connected(bench, "--agent", "Ada", name="MCP: Mana") as client:
            return await client.call_tool("list_tasks", {})

    found = anyio.run(visit).structured_content["data"]["tasks"]
    assert [task["title"] for task in found] == ["mine"], "its tag filter holds"
    assert set(agents(bench)) == {"Mana", "Ada"}


def test_a_locked_vault_is_told_and_unlocking_goes_on(make, cheap):
    bench = make("home", passphrase="correct horse")
    bench.vault.hold()

    async def visit() -> Any:
        async with connected(bench) as client:
            before = await client.call_tool("get_task_stats", {})
            bench.vault.lock()
            locked = await client.call_tool("get_task_stats", {})
            bench.vault.unlock(passphrase="correct horse")
            after = await client.call_tool("get_task_stats", {})
            return before, locked, after

    before, locked, after = anyio.run(visit)
    assert not before.is_error
    assert not after.is_error
    assert locked.is_error
    assert "manabench unlock" in locked.structured_content["message"]
