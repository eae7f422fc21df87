"""Bodies in and out: JSON with a size limit, instants as the wire writes them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import orjson

from store.server.errors import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.responses import Response

BODY_LIMIT = 64 * 1024
"""Bytes of a request to the identity half; nothing there is long."""

PATIENCE = 20.0
"""Seconds that such a request may take to arrive."""


def json(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """``body`` as a JSON answer that no cache keeps."""
    from starlette.responses import Response

    return Response(
        orjson.dumps(body),
        status,
        {"Cache-Control": "no-store"} | dict(headers or {}),
        media_type="application/json",
    )


def instant(milliseconds: int) -> str:
    """An instant as ``YYYY-MM-DDTHH:MM:SS.mmmZ``."""
    moment = datetime.fromtimestamp(milliseconds // 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{milliseconds % 1000:03d}Z"


async def _read(request: Request) -> bytes:
    """The body of a request. Raises Refusal for one that is too long or does not arrive."""
    from starlette.requests import ClientDisconnect

    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(PATIENCE):
            async for part in request.stream():
                size += len(part)
                if size > BODY_LIMIT:
                    raise Refusal(413, {"message": "body too large"})
                parts.append(part)
    except TimeoutError:
        raise Refusal(408, {"message": "body too slow"}, {"Connection": "close"}) from None
    except ClientDisconnect:
        raise Refusal(400, {"message": "body cut off"}, {"Connection": "close"}) from None
    return b"".join(parts)


async def body(request: Request, bad: Callable[[], Refusal]) -> dict[str, Any]:
    """The JSON object of a request; an empty body is an empty one. Raises ``bad``."""
    raw = await _read(request)
    if not raw:
        return {}
    try:
        found = orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise bad() from None
    if not isinstance(found, dict):
        raise bad()
    return found


def text(value: Any, longest: int = 500) -> str:
    """``value`` where it is text of a sane length, without blanks around it; else ""."""
    if not isinstance(value, str) or len(value) > longest or "\0" in value:
        return ""
    try:
        value.encode()
    except UnicodeEncodeError:
        return ""
    return value.strip()
