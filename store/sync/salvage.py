"""Answers that the strict reader refuses: the good rows out of a page with a bad one.

Half surrogates, numbers beyond a double and depth bombs are things that one member of a space can
write and that a server may pass on. Such a page must not stop the cursor of everybody else.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

import orjson

_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[\]{},]', re.DOTALL)
_ROWS = (b'"serverChanges"', b'"changes"')


def pick(body: bytes) -> tuple[Any, list[bytes]]:
    """(the answer with the rows that can be read, the text of those that cannot). The answer is
    None where ``body`` is nothing of the kind."""
    rest, pieces = _split(body)
    answer = read(rest)
    if not isinstance(answer, dict):
        return None, []
    unread: list[bytes] = []
    rows = []
    for piece in pieces:
        row = read(piece)
        if row is None:
            unread.append(piece.decode("utf-8", "replace").encode())
        else:
            rows.append(row)
    for name in ("serverChanges", "changes"):
        if name in answer:
            answer[name] = rows
            break
    return answer, unread


def read(text: bytes) -> Any:
    """A JSON value, half surrogates and bad UTF-8 replaced; None for null and for what is none."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        pass
    try:
        loose = json.loads(
            text.decode("utf-8", "replace"), parse_constant=_refuse, parse_float=_finite
        )
        whole = json.dumps(loose, ensure_ascii=False).encode("utf-16-le", "surrogatepass")
        return orjson.loads(whole.decode("utf-16-le", "replace"))
    except (ValueError, RecursionError):
        return None


def written(value: Any) -> bytes:
    """JSON of a value too deep for the usual writer; its levels beyond some hundreds are cut."""
    try:
        return json.dumps(value).encode()
    except (RecursionError, ValueError):
        return orjson.dumps(_cut(value, 50))


def _cut(value: Any, left: int) -> Any:
    if not isinstance(value, dict | list):
        return value
    if not left:
        return "..."
    if isinstance(value, dict):
        return {name: _cut(one, left - 1) for name, one in value.items()}
    return [_cut(one, left - 1) for one in value]


def _split(body: bytes) -> tuple[bytes, list[bytes]]:
    """(body with its list of rows emptied, the text of each row), by brackets alone, however deep.

    What is not balanced comes back whole, for the reader to refuse.
    """
    depth = start = first = 0
    name, last = b"", b""
    pieces: list[bytes] = []
    for token in _TOKEN.finditer(body):
        sign = token.group()
        if sign[:1] == b'"':
            last = sign
        elif sign in b"[{":
            depth += 1
            if depth == 2 and sign == b"[" and last in _ROWS and not name:
                name, first = last, token.end()
                start = first
        elif sign in b"]}":
            depth -= 1
            if name and depth == 1 and sign == b"]":
                if piece := body[start : token.start()].strip():
                    pieces.append(piece)
                return body[:first] + body[token.start() :], pieces
        elif name and depth == 2:
            pieces.append(body[start : token.start()].strip())
            start = token.end()
    return body, []


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(text[:20])
    return value


def _refuse(name: str) -> Any:
    raise ValueError(name)
