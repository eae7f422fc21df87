"""Trying a model out with one small call, and looking for models on this machine when asked."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from store.ai.planner import models, prompts
from store.ai.planner.models import Model
from store.errors import NetworkError
from store.words import _

if TYPE_CHECKING:
    from store.workbench import Workbench

PLACES = (
    ("ollama", "http://127.0.0.1:11434/v1"),
    ("llama.cpp", "http://127.0.0.1:8080/v1"),
    ("lm-studio", "http://127.0.0.1:1234/v1"),
    ("vllm", "http://127.0.0.1:8000/v1"),
)
"""Where servers of models listen on this machine unless told otherwise."""

_PROBE = 1.5
_MOST = 50

_TOOL = {
    "type": "object",
    "properties": {"word": {"type": "string"}},
    "required": ["word"],
    "additionalProperties": False,
}


class Trial(NamedTuple):
    """How a model answered. seconds: until the answer was there; model: its server's name for it;
    tools: it called the function that it was given."""

    seconds: float
    model: str
    tools: bool
    read: int
    written: int


def trial(bench: Workbench, name: str) -> Trial:
    """Ask a model one small thing for real.

    Raises NotFoundError, LockedError, StorageError for its key, UsageError for its library,
    NetworkError, ServerError.
    """
    model = models.get(bench, name)
    return asyncio.run(_try(model, models.key_of(bench, model)))


async def _try(model: Model, key: str) -> Trial:
    from pydantic_ai import direct
    from pydantic_ai import exceptions as faults
    from pydantic_ai.messages import ModelRequest, UserPromptPart
    from pydantic_ai.models import ModelRequestParameters
    from pydantic_ai.tools import ToolDefinition

    from store.ai.planner.connecting import connected, told

    ping = ToolDefinition(name="ping", description=prompts.TRIAL_TOOL, parameters_json_schema=_TOOL)
    asked = ModelRequest(
        parts=[UserPromptPart(content=prompts.TRIAL_ASKS)], instructions=prompts.TRIAL
    )
    async with connected(model, key) as ready:
        began = time.perf_counter()
        try:
            async with asyncio.timeout(model.seconds):
                answer = await direct.model_request(
                    ready,
                    [asked],
                    model_settings={"max_tokens": 1_024},
                    model_request_parameters=ModelRequestParameters(function_tools=[ping]),
                )
        except TimeoutError:
            raise NetworkError(
                _("The model “{name}” did not answer in time.").format(name=model.name),
                kept=_("Nothing was changed."),
                hint=_("Try again, or give it more time with `manabench model add --timeout`."),
            ) from None
        except faults.AgentRunError as error:
            raise told(error, model) from None
    return Trial(
        time.perf_counter() - began,
        answer.model_name or model.model,
        any(call.tool_name == "ping" for call in answer.tool_calls),
        answer.usage.input_tokens,
        answer.usage.output_tokens,
    )


def detect(places: Sequence[tuple[str, str]] = PLACES) -> list[Model]:
    """The models that answer at well-known ports of this machine, unnamed ones left out. Asks the
    network of this machine and nobody else; only ever called because a person asked for it."""
    import httpx2

    found: list[Model] = []
    with httpx2.Client(timeout=_PROBE, trust_env=False, follow_redirects=False) as client:
        for server, url in places:
            try:
                answer = client.get(f"{url}/models")
                listed = answer.json() if answer.status_code == 200 else None
            except (httpx2.HTTPError, ValueError):
                continue
            rows = listed.get("data") if isinstance(listed, dict) else None
            for row in rows[:_MOST] if isinstance(rows, list) else ():
                id = row.get("id") if isinstance(row, dict) else None
                if isinstance(id, str) and id and id.isprintable():
                    found.append(Model(_named(server, id), "openai", url, id))
    return found


def _named(server: str, id: str) -> str:
    """A name that may stand for a model here: its own, without what a name cannot hold."""
    last = id.rsplit("/", 1)[-1].removesuffix(".gguf")
    kept = "".join(char if char.isalnum() or char in ".:@+-_" else "-" for char in last)
    return kept.strip(".:@+-_")[:80] or server
