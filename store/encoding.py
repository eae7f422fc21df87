"""JSON that leaves the program: as text no byte of which can steer a terminal it is pasted into."""

from __future__ import annotations

import re
from typing import Any

_STEERING = re.compile(rb"\xc2[\x80-\x9f]|\x7f")


def encode(body: Any, *, indented: bool = False) -> bytes:
    """``body`` as JSON, in one line unless ``indented``; no byte of it can steer a terminal."""
    import orjson

    option = orjson.OPT_PASSTHROUGH_DATACLASS | (orjson.OPT_INDENT_2 if indented else 0)
    raw = orjson.dumps(body, default=_plain, option=option)
    return _STEERING.sub(lambda m: b"\\u%04x" % m.group()[-1], raw) + b"\n"


def _plain(value: Any) -> Any:
    """What JSON does not know: masked values say why, sets become lists."""
    reason = getattr(value, "reason", None)
    if reason is not None:
        return {"sealed": str(reason)}
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    return str(value)
