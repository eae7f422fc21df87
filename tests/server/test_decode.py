"""Whatever comes as a push is read or refused; nothing else escapes, and rows are always JSON."""

from __future__ import annotations

import json
import random
import uuid
from pathlib import Path
from typing import Any

import orjson
import pytest

from store.server.errors import Refusal
from store.server.sqlite import File
from store.server.wire import answer, cursor, decode, moment, notice, with_event
from tests.server.contract_changes import NOW, delete, insert, update

SEEDS = [
    insert("a", 1, "s", title="x", tags=["a"], visibility="private"),
    update("b", 2, "s", title="ü", visibility="private", spaceId="s") | {"actor": {"kind": "user"}},
    delete("c", 3) | {"fields": {"deletedAt": {"value": "x", "at": "y"}}, "origin": "user"},
]
ODD = [None, True, 0, -1.5, 2**70, "", "\0", "\ud800", "x" * 3000, [], [None], {}, {"": None}]


def _mutated(value: Any, dice: random.Random) -> Any:
    """A value with something in it replaced, removed or added."""
    if dice.random() < 0.15:
        return dice.choice(ODD)
    if isinstance(value, dict):
        changed = {name: _mutated(inner, dice) for name, inner in value.items()}
        if changed and dice.random() < 0.2:
            changed.pop(dice.choice(sorted(changed)))
        return changed
    if isinstance(value, list):
        return [_mutated(inner, dice) for inner in value]
    return value


def _torn(body: bytes, dice: random.Random) -> bytes:
    """Bytes with some of them cut or overwritten."""
    cut = bytearray(body)
    for _ in range(dice.randrange(1, 4)):
        cut[dice.randrange(len(cut))] = dice.randrange(256)
    return bytes(cut[: dice.randrange(1, len(cut) + 1)])


@pytest.mark.parametrize("seed", range(4))
def test_no_mutated_push_raises_anything_but_a_refusal(seed: int):
    dice = random.Random(seed)
    taken, statuses, bodies = 0, set[int](), list[Any]()
    for _ in range(1500):
        push: Any = {"clientId": "c", "since": cursor(5), "schemaVersion": 1, "changes": SEEDS}
        body = json.dumps(_mutated(push, dice)).encode()
        if dice.random() < 0.3:
            body = _torn(body, dice)
        try:
            parcels = decode(body, NOW).parcels
        except Refusal as refusal:
            statuses.add(refusal.status)
            bodies.append(refusal.response().body)
            continue
        for parcel in parcels:
            row = orjson.loads(with_event(moment("2026-11-22T00:00:00Z"), b"tail", parcel.row))
            assert (row["id"], row["table"]) == (parcel.id, parcel.table)
            if parcel.visibility == "private":
                assert orjson.loads(notice(parcel.row))["op"] == "update"
            taken += 1
    assert taken
    assert statuses <= {400, 409}
    assert all(bodies)


def test_answers_are_json_to_the_last_byte():
    rows = [with_event(n, b"tail", b'{"id":"x"}') for n in range(3)]
    told = json.loads(answer(rows, 10**15, more=True))
    assert len(told["serverChanges"]) == 3
    assert moment(told["syncedUntil"]) == 10**15
    assert json.loads(answer([], 0, more=False))["syncedUntil"] == "1970-01-01T00:00:00.000000Z"


def test_event_ids_have_the_form_of_a_uuid(tmp_path: Path):
    file = File(tmp_path / "server.db")
    (tail,) = file.read(lambda c: c.execute("SELECT tail FROM change_log").fetchone())
    file.close()
    row = orjson.loads(with_event(1_795_000_000_123_456, tail.encode(), b'{"id":"x"}'))
    read = uuid.UUID(row["eventId"])
    assert str(read) == row["eventId"]
    assert (read.version, read.variant) == (8, uuid.RFC_4122)
