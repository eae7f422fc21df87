"""Around each request of the loop: budget, reminders, retries, and what the turn asks for.

One ``Guard`` goes with each agent of the library, the planner's and its helpers'. The hooks are the
library's (``AbstractCapability``).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pydantic_ai import exceptions as faults
from pydantic_ai.capabilities import AbstractCapability
from pydantic_ai.messages import (
    ModelMessagesTypeAdapter,
    ModelRequest,
    ModelResponse,
    SystemPromptPart,
)

from store.ai.planner import prompts
from store.ai.planner.connecting import again, never_sent
from store.ai.planner.spending import Payment, Purse

if TYPE_CHECKING:
    from pydantic_ai import RunContext
    from pydantic_ai.models import ModelRequestContext, ModelRequestParameters

    from store.ai.planner.toolset import Gate

ATTEMPTS = 4
PAUSE = 0.5
"""Seconds before the second attempt; doubled before each further one."""
LONGEST_PAUSE = 60.0
WARN = 0.75
"""Share of a budget from which the model is told."""

Phase = Callable[[str, str], None]


@dataclass
class Guard(AbstractCapability[Any]):
    """gate: the tools of the same agent. rounds: how many it may have. left: seconds until the run
    is over. text: what the model said last; finish: how it ended."""

    purse: Purse
    gate: Gate
    most: int
    left: Callable[[], float]
    phase: Phase
    compacted: int = 0
    rounds: int = 0
    text: str = ""
    finish: str = ""
    _payment: Payment | None = None

    async def prepare_model_request(
        self, ctx: RunContext[Any], request_context: ModelRequestContext
    ) -> ModelRequestContext:
        """Pay for this attempt beforehand and add the reminders, which are never stored."""
        self.phase("calling-llm", str(self.rounds + 1))
        messages = list(request_context.messages)
        if (said := self._reminders()) and isinstance(messages[-1], ModelRequest):
            parts = [*messages[-1].parts, *(SystemPromptPart(content=line) for line in said)]
            messages[-1] = replace(messages[-1], parts=parts)
        request_context.messages = messages
        letters = size(messages) + tools_size(request_context.model_request_parameters)
        self._payment = self.purse.open(letters)
        settings = dict(request_context.model_settings or {})
        settings["max_tokens"] = self._payment.most
        # The client's own limit starts anew with each byte; this one is for the whole answer.
        settings["request_timeout"] = self.purse.model.seconds
        request_context.model_settings = settings  # type: ignore[assignment]
        return request_context

    async def after_model_request(
        self,
        ctx: RunContext[Any],
        *,
        request_context: ModelRequestContext,
        response: ModelResponse,
    ) -> ModelResponse:
        """Settle, and tell the tools what this turn asks for."""
        response = encodable(response)
        self._settle(response)
        self.rounds += 1
        self.text = response.text or self.text
        self.finish = response.finish_reason or ""
        self.gate.turn(response)
        return response

    async def on_model_request_error(
        self, ctx: RunContext[Any], *, request_context: ModelRequestContext, error: Exception
    ) -> ModelResponse:
        """Wait and try again where that may help and the run has the time."""
        payment, self._payment = self._payment, None
        if payment is not None:
            if isinstance(error, faults.ModelHTTPError) or never_sent(error):
                payment.refused()
            else:
                payment.lost()
        if not isinstance(error, faults.AgentRunError | faults.UserError):
            # What reads an answer may stumble over one in many ways; each is no answer.
            raise faults.UnexpectedModelBehavior(type(error).__name__) from error
        attempt = request_context.attempt
        pause = PAUSE * 2 ** (attempt - 1)
        asked = getattr(error, "retry_after", None)
        if isinstance(asked, int | float) and asked >= 0:
            pause = float(asked)
        if not again(error) or attempt >= ATTEMPTS or pause > min(LONGEST_PAUSE, self.left()):
            raise error
        await asyncio.sleep(pause)
        raise faults.RetryModelRequest() from error

    async def wrap_model_request(
        self, ctx: RunContext[Any], *, request_context: ModelRequestContext, handler: Any
    ) -> ModelResponse:
        """Whatever ends a request in the middle, what was set aside for it is settled."""
        try:
            response: ModelResponse = await handler(request_context)
            return response
        finally:
            payment, self._payment = self._payment, None
            if payment is not None:
                payment.lost()

    def _settle(self, response: ModelResponse) -> None:
        payment, self._payment = self._payment, None
        if payment is not None:
            used = response.usage
            payment.answered(used.input_tokens, used.output_tokens, size([response]))

    def _reminders(self) -> list[str]:
        said = []
        if self.compacted:
            said.append(prompts.WAS_SHORTENED)
        if (share := self.purse.share()) >= WARN:
            said.append(prompts.NEARLY_SPENT.format(share=int(share * 100)))
        if self.rounds >= 2 and self.gate.failing:
            said.append(prompts.TOO_OFTEN)
        if self.rounds and self.rounds == self.most - 1:
            said.append(prompts.LAST_ROUND)
        return said


_TEXTS = ("content", "args", "tool_name", "tool_call_id")


def encodable(response: ModelResponse) -> ModelResponse:
    """The answer without halves of characters, which JSON can say and nothing else can hold."""
    parts: list[Any] = []
    for part in response.parts:
        changed: dict[str, Any] = {
            name: text.encode("utf-8", "replace").decode()
            for name in _TEXTS
            if isinstance(text := getattr(part, name, None), str) and not text.isascii()
        }
        parts.append(replace(part, **changed) if changed else part)
    return replace(response, parts=parts)


def size(messages: list[Any]) -> int:
    """Letters that messages have on their way, their marks included."""
    return len(ModelMessagesTypeAdapter.dump_json(messages))


def tools_size(asked: ModelRequestParameters) -> int:
    """Letters of the tools that are offered."""
    return sum(
        len(str(tool.parameters_json_schema)) + len(tool.description or "") + len(tool.name) + 60
        for tool in asked.function_tools
    )
