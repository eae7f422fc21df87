"""Mutated messages for the wire decoder: ``python -m tests.sync.fuzz [COUNT [SEED]]``, by default a
million. Whatever comes, there is a page of changes and malformed rows or the one named error, and
nothing is opened for writing meanwhile.
"""

from __future__ import annotations

import copy
import json
import random
import sys
import time
from collections import Counter
from typing import Any

import orjson

from store.errors import InvalidValueError, ServerError
from store.records import wire_form
from store.sync.wire import DEEPEST, Change, Malformed, decode_page

_ACTOR = {"kind": "ai", "principalId": "a", "displayName": "Ada", "missionId": "m"}
_T = "2026-06-01T12:00:00.123Z"
_SEALED = "enc:1:AAECAwQFBgcICQoL.ZUq/OU6SoxtwD+9lM+/JlXcjHcc="
_ROWS: list[Any] = [
    {
        **{"eventId": "e1", "schemaVersion": 1, "table": "tasks", "id": "t1", "op": "insert"},
        **{"spaceId": "s1", "actor": _ACTOR, "origin": "user"},
        "data": {"id": "t1", "title": _SEALED, "order": 3, "tags": ["a", {"b": None}]},
    },
    {
        **{"eventId": "e2", "table": "tasks", "id": "t1", "op": "update", "origin": "agent"},
        "fields": {
            "title": {"value": "Grüße \U0001f600", "at": _T},
            "order": {"value": 1.5, "updatedAt": _T},
            "spaceId": {"value": "s1", "at": {"at": _T}},
        },
    },
    {"eventId": "e3", "table": "tasks", "id": "t2", "op": "delete", "deletedAt": _T, "actor": None},
]
_ODD: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1.5, 2**53 + 1, 2**63, 2**64, 10**30, -(10**40), 1e308),
    *("", "\0", "\ud800", "a\udfff", "\U0001f600", "x" * 3000, "enc:1:", "enc:9:z", _T),
    *("9999-99-99", "insert", "delete", [], {}, [[]], {"": 1}, {"a\0": 1}, {"value": 1, "at": _T}),
    *(float("nan"), float("inf"), {"__proto__": {}}, ["x"] * 50),
)
_KEYS = (
    *("table", "TABLE", "Id", "op", "fields", "data", "spaceId", "deletedAt", "actor", "origin"),
    *("eventId", "serverChanges", "changes", "syncedUntil", "hasMore", "value", "at", "updatedAt"),
    *("", "\ud800", "x\0", "y" * 600),
)
_TOKENS = tuple(
    part.encode()
    for part in (
        *("{", "}", "[", "]", ",", ":", '"', "\\", "\\u", "\\ud800", "\\u0000", "NaN", "Infinity"),
        *("1e999", "-", "null", "true", "[" * 200, "]" * 200, "[" * 3000, '{"a":' * 1500, "\x00"),
        *('"serverChanges":[', '"changes":null,', "0x1", "1" * 5000, "\ufeff", "//", "'"),
    )
) + (b"\xff", b"\xed\xa0\x80", b"\xc0\x80")


def messages(count: int, seed: int) -> Any:
    """``count`` bodies, the same ones for the same seed."""
    chance = random.Random(seed)
    before = b"{}"
    for _number in range(count):
        body: Any = {
            "serverChanges": copy.deepcopy(chance.sample(_ROWS, chance.randint(1, 3))),
            "conflicts": [],
            "syncedUntil": _T,
            "hasMore": True,
        }
        for _turn in range(chance.choice((0, 1, 1, 2, 5))):
            _bend(chance, body)
        raw = json.dumps(body, ensure_ascii=chance.random() < 0.5).encode("utf-8", "surrogatepass")
        for _turn in range(chance.choice((0, 0, 1, 2, 4))):
            raw = _break(chance, raw, before)
        before = raw
        yield raw


def _bend(chance: random.Random, body: Any) -> None:
    """Change one place of the tree."""
    at: Any = body
    while True:
        inner = [
            key
            for key, value in (at.items() if isinstance(at, dict) else enumerate(at))
            if isinstance(value, dict | list) and value
        ]
        if not inner or chance.random() < 0.25:
            break
        at = at[chance.choice(inner)]
    if isinstance(at, list):
        place = chance.randrange(len(at) + 1)
        at[place : place + chance.randint(0, 1)] = [copy.deepcopy(chance.choice(_ODD))]
        return
    key = chance.choice(list(at)) if at and chance.random() < 0.7 else chance.choice(_KEYS)
    what = chance.random()
    if what < 0.2:
        at.pop(key, None)
    elif what < 0.4:
        at[chance.choice(_KEYS)] = at.pop(key, None)
    elif what < 0.5:
        at[key] = {"nested": copy.deepcopy(at.get(key))}
    else:
        at[key] = copy.deepcopy(chance.choice(_ODD))


def _break(chance: random.Random, raw: bytes, other: bytes) -> bytes:
    """Change some bytes."""
    place = chance.randrange(len(raw) + 1)
    what = chance.random()
    if what < 0.3:
        return raw[:place] + chance.choice(_TOKENS) + raw[place + chance.randint(0, 3) :]
    if what < 0.5:
        return raw[:place] + bytes([chance.randrange(256)]) + raw[place + 1 :]
    if what < 0.65:
        return raw[:place]
    if what < 0.8:
        end = min(len(raw), place + chance.randint(1, 40))
        return raw[:end] + raw[place:end] * chance.randint(1, 3) + raw[end:]
    if what < 0.9:
        return raw[:place] + other[chance.randrange(len(other) + 1) :]
    return raw[:place] + raw[place + chance.randint(1, 60) :]


def check(body: bytes) -> str:
    """What became of one body; AssertionError where it is none of what it may be."""
    try:
        page = decode_page(body)
    except ServerError:
        return "no answer"
    assert isinstance(page.until, str)
    assert isinstance(page.more, bool)
    kinds = set()
    for row in page.rows:
        kinds.add(type(row).__name__)
        if isinstance(row, Malformed):
            assert isinstance(row.raw, bytes)
            assert row.reason
            assert all(isinstance(text, str) for text in row[2:])
            row.raw.decode()
        else:
            _check_change(row)
    return "+".join(sorted(kinds)) or "empty"


def _check_change(row: Change) -> None:
    assert row.op in ("insert", "update", "delete")
    assert row.table
    assert row.id
    for text in (row.table, row.id, row.deleted, row.space, row.origin, row.event):
        assert isinstance(text, str)
        text.encode()
    assert "\0" not in row.table + row.id
    orjson.dumps(row.actor)
    for name, value in row.data.items():
        _check_value(name, value)
    for name, (value, at) in row.fields.items():
        assert isinstance(at, str)
        _check_value(name, value)


def _check_value(name: str, value: Any) -> None:
    assert name
    assert "\0" not in name
    assert _depth(value) <= DEEPEST
    try:
        orjson.dumps(wire_form(value))
    except InvalidValueError as error:
        raise AssertionError(error.message) from None


def _depth(value: Any) -> int:
    if not isinstance(value, dict | list) or not value:
        return int(isinstance(value, dict | list))
    return 1 + max(_depth(one) for one in (value.values() if isinstance(value, dict) else value))


def _watch(event: str, args: tuple[Any, ...]) -> None:
    writes = event == "open" and isinstance(args[1], str) and set(args[1]) & set("wax+")
    if writes or event.startswith(("sqlite3.", "socket.", "subprocess.", "os.remove", "os.mkdir")):
        raise AssertionError(f"the decoder did something: {event} {args}")


def run(count: int, seed: int) -> Counter[str]:
    """Check ``count`` messages; what became of them."""
    found: Counter[str] = Counter()
    for body in messages(count, seed):
        try:
            found[check(body)] += 1
        except Exception:
            print(f"seed {seed}: {body!r}"[:5000], file=sys.stderr)
            raise
    return found


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    decode_page(b'{"changes":[1e999]}')  # loads the salvage before somebody watches
    sys.addaudithook(_watch)
    start = time.perf_counter()
    found = run(count, seed)
    print(f"{count:,} messages, {time.perf_counter() - start:.0f} s: {dict(found)}")


if __name__ == "__main__":
    main()
