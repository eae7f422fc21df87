"""What the tests of proposals share: a few tools, an agent in a run, a call of it that waits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from store.ai.proposals import inbox
from store.ai.proposals.rehearsing import Rehearsed, perform, rehearse
from store.ai.proposals.staging import Proposal, actor_of
from store.ai.runs import rows
from store.ai.tools.destructive import allow
from store.scope import Scope
from store.tool import Answer, Param, Tool
from store.workbench import Workbench

AGENT = "a0000000-0000-4000-8000-000000000001"
MISSION = "b0000000-0000-4000-8000-000000000001"
RUN = "c0000000-0000-4000-8000-000000000001"

SENT: list[str] = []
"""What the outward tool has sent."""


class Ref(NamedTuple):
    """A run as the gate names it."""

    id: str = RUN
    mission: str = MISSION
    mission_title: str = "Tidy up"
    agent: str = AGENT
    agent_name: str = "Ada"
    space: int = 1
    cancelled: Any = None


def begin(bench: Workbench, mission: str = MISSION) -> None:
    """Open the run of the agent."""
    rows.begin(
        bench,
        id=RUN,
        mission=mission,
        agent=AGENT,
        space=bench.scope.number,
        mission_title="Tidy up",
        agent_name="Ada",
    )


def _add(bench: Workbench, arguments: Mapping[str, Any]) -> Answer:
    with bench.step("1 task added") as step:
        id = step.insert("tasks", {"title": arguments["title"]})
        if arguments.get("tag"):
            bench.tags.retag(step, "tasks", id, add=[bench.tags.find(arguments["tag"])["id"]])
    return Answer(f"added {arguments['title']}", {"id": id})


def _edit(bench: Workbench, arguments: Mapping[str, Any]) -> Answer:
    fields = {k: v for k, v in arguments.items() if k != "id"}
    bench.documents.get(bench.scope, "tasks", arguments["id"])
    with bench.step("1 task changed") as step:
        step.update("tasks", arguments["id"], fields)
    return Answer("changed")


def _done(bench: Workbench, arguments: Mapping[str, Any]) -> Answer:
    from store.modules.todo.acts import complete

    return Answer(complete(bench, arguments["ids"]))


def _append(bench: Workbench, arguments: Mapping[str, Any]) -> Answer:
    task = bench.documents.get(bench.scope, "tasks", arguments["id"])
    with bench.step("1 task changed") as step:
        text = task.text("description") + arguments["text"]
        step.update("tasks", arguments["id"], {"description": text})
    return Answer("appended")


def _delete(bench: Workbench, arguments: Mapping[str, Any]) -> Answer:
    with bench.step("tasks deleted") as step:
        for id in arguments["ids"]:
            step.delete("tasks", id)
    return Answer("deleted")


def _tag(bench: Workbench, arguments: Mapping[str, Any]) -> Answer:
    tag = bench.tags.find(arguments["tag"])["id"]
    with bench.step("tagged") as step:
        bench.tags.retag(step, "tasks", arguments["id"], add=[tag])
    return Answer("tagged")


def _new_tag(bench: Workbench, arguments: Mapping[str, Any]) -> Answer:
    with bench.step("1 tag added") as step:
        id = step.insert("tags", {"name": arguments["tag"]})
    return Answer("made", {"id": id})


def _send(bench: Workbench, arguments: Mapping[str, Any]) -> Answer:
    SENT.append(arguments["text"])
    if arguments["text"] == "boom":
        raise ValueError("secret")
    return Answer("sent")


_ID = Param("id", "id", "the task", required=True, collection="tasks")
_TITLE = Param("title", "text", "its title")
_IDS = Param("ids", "list", "the tasks", required=True)
_TEXT = Param("text", "long", "the text", required=True)
_WORD = Param("tag", "text", "the tag")

TOOLS = (
    Tool("t_add", "Add.", _add, (_TITLE, _WORD)),
    Tool("t_edit", "Edit.", _edit, (_ID, _TITLE, Param("priority", "text", "how urgent"))),
    Tool("t_done", "Complete.", _done, (_IDS,), risk="low"),
    Tool("t_append", "Append.", _append, (_ID, _TEXT)),
    Tool("t_delete", "Delete.", _delete, (_IDS,), destructive=True),
    Tool("t_tag", "Tag.", _tag, (_ID, _WORD)),
    Tool("t_new_tag", "Make a tag.", _new_tag, (_WORD,)),
    Tool("t_send", "Send.", _send, (_TEXT,), outward=True),
)


def equip(bench: Workbench) -> Workbench:
    """Put the tools of the tests into the catalogue of this home."""
    todo = bench.modules["todo"]
    bench.modules["todo"] = todo._replace(tools=(*todo.tools, *TOOLS))
    allow(bench, bench.scope.number, "t_delete")
    return bench


def ref(bench: Workbench, run: str = RUN, **other: Any) -> Ref:
    return Ref(id=run, space=bench.scope.number, **other)


def try_out(
    bench: Workbench, name: str, scope: Scope | None = None, run: str = RUN, **arguments: Any
) -> Rehearsed:
    """Rehearse a call."""
    tool = inbox.tool_named(bench, name)
    return rehearse(
        bench,
        scope or bench.scope,
        actor_of(AGENT, "Ada", MISSION, run),
        f"{run}-0",
        lambda: tool.run(bench, arguments),
    )


def propose(
    bench: Workbench, name: str, *, step: int = 0, run: str = RUN, **arguments: Any
) -> Proposal:
    """Have the agent ask for a call."""
    tool = inbox.tool_named(bench, name)
    one = ref(bench, run)
    if tool.outward:
        done = Rehearsed(Answer(""))
    else:
        done = rehearse(
            bench,
            bench.scope,
            actor_of(AGENT, "Ada", MISSION, run),
            f"{run}-{step}",
            lambda: tool.run(bench, arguments),
        )
    return inbox.stage(bench, one, step, tool, arguments, "because", (), bench.scope, done)


def task(bench: Workbench, title: str = "water the beans", **fields: Any) -> str:
    """A task that the person has."""
    with bench.step("1 task added") as step:
        return step.insert("tasks", {"title": title, **fields})


def read(bench: Workbench, id: str) -> Any:
    return bench.documents.get(bench.scope, "tasks", id)


def act(bench: Workbench, name: str, *, step: int = 0, run: str = RUN, **arguments: Any) -> Answer:
    """Have the agent act at once, as its policy may allow."""
    tool = inbox.tool_named(bench, name)
    return perform(
        bench,
        bench.scope,
        actor_of(AGENT, "Ada", MISSION, run),
        f"{run}-{step}",
        lambda: tool.run(bench, arguments),
    )
