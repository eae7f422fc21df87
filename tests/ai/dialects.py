"""A scripted answer in the words of other makers of models than the one that ``served`` speaks of
itself. Sources: the public references of Anthropic's Messages and of Gemini's generateContent.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.ai.served import Answer

_numbers = count(1)


def of_path(path: str) -> Callable[[Answer, str], dict[str, Any]] | None:
    """Who is meant by a request for ``path``; None for the plain one."""
    if path.split("?")[0].endswith("/messages"):
        return anthropic
    if ":generateContent" in path:
        return google
    return None


def anthropic(answer: Answer, model: str) -> dict[str, Any]:
    """A message with its blocks."""
    blocks: list[dict[str, Any]] = []
    if answer.text:
        blocks.append({"type": "text", "text": answer.text})
    for name, given in answer.calls:
        id = f"toolu_{next(_numbers)}"
        blocks.append({"type": "tool_use", "id": id, "name": name, "input": given})
    read, written = answer.usage or (0, 0)
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": blocks,
        "stop_reason": answer.finish or ("tool_use" if answer.calls else "end_turn"),
        "stop_sequence": None,
        "usage": {"input_tokens": read, "output_tokens": written},
    }


def google(answer: Answer, model: str) -> dict[str, Any]:
    """A candidate with its parts."""
    parts: list[dict[str, Any]] = []
    if answer.text:
        parts.append({"text": answer.text})
    parts += [{"functionCall": {"name": name, "args": given}} for name, given in answer.calls]
    read, written = answer.usage or (0, 0)
    return {
        "candidates": [
            {
                "content": {"role": "model", "parts": parts},
                "finishReason": answer.finish or "STOP",
                "index": 0,
            }
        ],
        "usageMetadata": {
            "promptTokenCount": read,
            "candidatesTokenCount": written,
            "totalTokenCount": read + written,
        },
        "modelVersion": model,
        "responseId": "response-1",
    }
