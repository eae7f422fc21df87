"""Shortening a long run: the middle of the conversation becomes a summary.

Measured by what the context holds now, not by what was spent. The first request and the last turns
stay; a turn's results never lose the call that they answer. The call that shortens is paid for like
any other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pydantic_ai import RunContext, direct
from pydantic_ai import exceptions as faults
from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ModelResponse,
    RetryPromptPart,
    TextPart,
    ToolCallPart,
    ToolReturnPart,
    UserPromptPart,
)

from store.ai.planner import prices, prompts
from store.ai.planner.asking import Guard, size
from store.ai.tools.reading import fence

if TYPE_CHECKING:
    from pydantic_ai.models import Model

FULL = 0.92
"""Share of the window from which the conversation is shortened."""

TAIL = 4
"""Messages at the end that stay, or a few more, so that no result stands without its call."""

PIECE = 4_000
"""Letters of one message that the summary is made from."""


class Compactor:
    """A history processor of the library, for the agent of ``guard``."""

    def __init__(self, guard: Guard, window: int) -> None:
        self._guard = guard
        self._window = window

    async def __call__(
        self, ctx: RunContext[Any], messages: list[ModelMessage]
    ) -> list[ModelMessage]:
        """The messages as they go on from here: unchanged while they fit."""
        if context(messages) < FULL * self._window:
            return messages
        cut = tail(messages)
        if cut <= 1:
            return messages
        try:
            summary = await self._summary(ctx.model, messages[1:cut])
        except faults.ModelAPIError:
            return messages  # the next request says better than this one what is wrong
        if not summary:
            return messages
        self._guard.compacted += 1
        first = messages[0]
        told = UserPromptPart(content=prompts.COMPACTED.format(text=fence(summary)))
        return [replace(first, parts=[*first.parts, told]), *messages[cut:]]  # type: ignore[arg-type]

    async def _summary(self, model: Any, middle: Sequence[ModelMessage]) -> str:
        asked: list[ModelMessage] = [
            ModelRequest(
                parts=[UserPromptPart(content=fence(written(middle, self._window)))],
                instructions=prompts.COMPACT,
            )
        ]
        payment = self._guard.purse.open(size(asked))
        try:
            response = await _request(model, asked, payment.most)
            used = response.usage
            payment.answered(used.input_tokens, used.output_tokens, size([response]))
            return (response.text or "").strip()
        finally:
            payment.lost()


async def _request(model: Model, asked: list[ModelMessage], most: int) -> ModelResponse:
    return await direct.model_request(model, asked, model_settings={"max_tokens": most})


def context(messages: Sequence[ModelMessage]) -> int:
    """Tokens that the conversation has by now: what the server counted at the last turn, and a
    guess for what came since."""
    for index in range(len(messages) - 1, -1, -1):
        one = messages[index]
        if isinstance(one, ModelResponse) and one.usage.input_tokens:
            since = prices.guess(size(list(messages[index + 1 :])))
            return one.usage.input_tokens + one.usage.output_tokens + since
    return prices.guess(size(list(messages)))


def tail(messages: Sequence[ModelMessage]) -> int:
    """The index from which messages stay: a turn of the model, never the results of one."""
    cut = max(1, len(messages) - TAIL)
    while cut > 1 and not isinstance(messages[cut], ModelResponse):
        cut -= 1
    return cut


def written(messages: Sequence[ModelMessage], window: int) -> str:
    """Messages as lines of text, each shortened, so that together they fit the window."""
    most = min(PIECE, max(200, window // max(1, len(messages))))
    lines = []
    for message in messages:
        for part in message.parts:
            if isinstance(part, TextPart | UserPromptPart):
                lines.append(f"{part.part_kind}: {str(part.content)[:most]}")
            elif isinstance(part, ToolCallPart):
                lines.append(f"called {part.tool_name}: {part.args_as_json_str()[:most]}")
            elif isinstance(part, ToolReturnPart):
                lines.append(f"{part.tool_name} answered: {part.model_response_str()[:most]}")
            elif isinstance(part, RetryPromptPart):
                lines.append(f"refused: {part.model_response()[:most]}")
    return "\n".join(lines)
