"""The gate of ``store.ai.tools`` as a set of tools of the library, and the helper ``task``.

Nothing is executed here: each call goes to ``Calls.call``. Calls run one after another in the order
of the turn; only where a turn asks for several and all of them merely read do they run side by
side.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import orjson
from pydantic_ai.tools import ToolDefinition
from pydantic_ai.toolsets import AbstractToolset, ToolsetTool

from store.ai.planner import prices, prompts
from store.ai.tools.catalogue import schema
from store.records import dumps
from store.words import _

if TYPE_CHECKING:
    from pydantic_ai import RunContext
    from pydantic_ai.messages import ModelResponse

    from store.ai.planner.asking import Phase
    from store.ai.tools.calling import Calls, Result
    from store.tool import Tool
    from store.workbench import Workbench

TASK = "task"
HELPERS = {
    "research": (prompts.RESEARCH, 5),
    "plan": (prompts.PLAN, 3),
    "general": (prompts.GENERAL, 5),
}
"""Kinds of helpers: what they are told, and their rounds."""

SIDE_BY_SIDE = 10
MOST_CALLS = 40
"""Calls of one turn that are heard; the rest is answered without being made."""

_MALFORMED = "\0"
_TASK_SCHEMA: dict[str, Any] = {  # for the model
    "type": "object",
    "properties": {
        "subagent_type": {"type": "string", "enum": list(HELPERS)},
        "description": {"type": "string", "description": "a title of three to six words"},
        "prompt": {"type": "string", "description": "everything the helper has to know"},
    },
    "required": ["subagent_type", "description", "prompt"],
    "additionalProperties": False,
}

Helper = Callable[[str, str], Any]
"""(kind, prompt) -> awaitable of (summary, rounds, stop reason)."""


class Gate(AbstractToolset[Any]):
    """The tools of one agent of the library. only: names that it is held to; helper: how ``task``
    is done, None where it is not offered. failing: the last two calls failed."""

    def __init__(
        self,
        bench: Workbench,
        calls: Calls,
        *,
        phase: Phase,
        window: int,
        reads_only: bool = False,
        helper: Helper | None = None,
    ) -> None:
        self._bench = bench
        self._calls = calls
        self._phase = phase
        self._longest = min(60_000, max(4_000, window * prices.LETTERS // 4))
        self._offered = {t.name: t for t in calls.offered() if t.reads or not reads_only}
        self._helper = helper
        self._definitions = self._define(list(self._offered.values()))
        self._together = False
        self._room = asyncio.Semaphore(SIDE_BY_SIDE)
        self._reason = ""
        self._heard = 0
        self._last: list[bool] = []

    @property
    def id(self) -> str:
        """One set for each agent."""
        return "manabench"

    @property
    def failing(self) -> bool:
        """Whether the last two calls failed."""
        return len(self._last) >= 2 and not any(self._last[-2:])

    # What is offered ----------------------------------------------------------------------

    def _define(self, tools: Sequence[Tool]) -> dict[str, ToolsetTool[Any]]:
        defined = [
            ToolDefinition(
                name=tool.name,
                description=tool.words,
                parameters_json_schema=schema(tool),
                sequential=not tool.reads,
            )
            for tool in tools
        ]
        if self._helper is not None:
            defined.append(
                ToolDefinition(
                    name=TASK,
                    description=prompts.TASK,
                    parameters_json_schema=_TASK_SCHEMA,
                    sequential=True,
                )
            )
        return {
            one.name: ToolsetTool(
                toolset=self, tool_def=one, max_retries=1000, args_validator=_Lenient()
            )
            for one in defined
        }

    async def get_tools(self, ctx: RunContext[Any]) -> dict[str, ToolsetTool[Any]]:
        """The same in each round: what is offered does not change within a run."""
        return self._definitions

    # What is asked for --------------------------------------------------------------------

    def turn(self, response: ModelResponse) -> None:
        """Take note of what a turn asks for before it is done; what is no tool is a failed step."""
        made = response.tool_calls
        self._reason = response.text or ""
        self._heard = 0
        self._together = len(made) > 1 and all(
            call.tool_name in self._offered and self._offered[call.tool_name].reads for call in made
        )
        for call in made[:MOST_CALLS]:
            if call.tool_name not in self._definitions:
                # Not through the gate: a helper is offered less than the gate would do.
                self._last.append(False)
                self._step(call.tool_name[:100], {}, False, _("It was not offered."))

    async def call_tool(
        self, name: str, tool_args: dict[str, Any], ctx: RunContext[Any], tool: ToolsetTool[Any]
    ) -> Any:
        """One call, done or refused by the gate; the answer is what the model is given."""
        self._heard += 1
        if self._heard > MOST_CALLS:
            return _failed(prompts.TOO_MANY.format(most=MOST_CALLS))
        if _MALFORMED in tool_args:
            if name == TASK:
                return _failed(prompts.NO_OBJECT)
            return self._given(self._calls.call(name, tool_args[_MALFORMED]))
        if name == TASK:
            return await self._help(tool_args)
        if self._together:
            async with self._room:
                return self._given(await asyncio.to_thread(self._apart, name, tool_args))
        self._phase("staging-proposals", name)
        return self._given(self._calls.call(name, tool_args, rationale=self._reason))

    def _apart(self, name: str, arguments: dict[str, Any]) -> Result:
        try:
            return self._calls.call(name, arguments, rationale=self._reason)
        finally:
            self._bench.db.leave()

    def _note(self, result: Result) -> None:
        self._last.append(result.status in ("done", "proposed"))

    def _given(self, result: Result) -> dict[str, Any]:
        """The result as the model gets it, cut where it is longer than the model could read."""
        self._note(result)
        said = result.for_model()
        text = dumps(said.get("data"))
        if len(text) > self._longest:
            said["data"] = text[: self._longest]
            said["cut"] = prompts.CUT.format(n=len(text) - self._longest)
        return said

    async def _help(self, arguments: dict[str, Any]) -> dict[str, Any]:
        kind, prompt = arguments.get("subagent_type"), arguments.get("prompt")
        wrong = kind not in HELPERS or not isinstance(prompt, str) or not prompt.strip()
        if wrong or self._helper is None:
            return _failed(prompts.TASK_LACKS)
        self._phase("staging-proposals", TASK)
        said = await self._helper(str(kind), str(prompt))
        shown = {"subagent_type": kind, "description": str(arguments.get("description") or "")}
        self._step(TASK, shown, bool(said["success"]), str(said["message"]))
        return dict(said)

    def _step(self, tool: str, params: dict[str, Any], done: bool, said: str) -> None:
        """Note what did not go through the gate with the run."""
        from store.ai.runs import rows

        status = "approved" if done else "failed"
        rows.add_step(self._bench, self._calls.run.id, tool, params, status, said[:300])


class _Lenient:
    """Takes whatever a model sends as arguments; the gate says what is wrong with them."""

    def validate_json(self, input: str | bytes | bytearray, **_kw: Any) -> dict[str, Any]:
        try:
            value = orjson.loads(input or b"{}")
        except orjson.JSONDecodeError:
            value = str(input)
        return value if isinstance(value, dict) else {_MALFORMED: value}

    def validate_python(self, input: Any, **_kw: Any) -> dict[str, Any]:
        return input if isinstance(input, dict) else {_MALFORMED: input}


def _failed(message: str) -> dict[str, Any]:
    return {"success": False, "message": message}
