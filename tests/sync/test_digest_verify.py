"""What the server would give comes to the same digest wherever the content is the same, after any
history; what cannot be read is called unknown and nothing else is."""

from __future__ import annotations

import random
from typing import Any

import pytest

from store.sync.compare.digest import digests
from store.sync.compare.verifying import compare
from store.sync.net.remote import RemoteSpace
from tests.store.support import Clock
from tests.sync.loghouse import PERSONAL, Device, LogHouse

TEAM = "sp-team"
OLD = bytes(range(32))


@pytest.fixture
def house() -> LogHouse:
    return LogHouse(page=40)


def device(make: Any, house: LogHouse, clock: Clock) -> Device:
    """A device of one account that had another key before, in a personal space and a team's."""
    made = Device(make(clock=clock), house)
    made.bench.vault.add_key("account-old", "old", OLD)
    made.remote.listed = [
        *made.remote.listed,
        RemoteSpace(TEAM, "Team", "team", "team", "member", 2, {}),
    ]
    made.once()
    return made


@pytest.fixture
def two(make: Any, house: LogHouse, clock: Clock) -> tuple[Device, Device]:
    return device(make, house, clock), device(make, house, clock)


def scopes(one: Device) -> list[Any]:
    spaces = one.bench.spaces
    return [spaces.scope(id) for id in (PERSONAL, TEAM)]


def act(one: Device, chance: random.Random) -> None:
    """One thing that a person does."""
    bench, scope = one.bench, chance.choice(scopes(one))
    table = chance.choice(("tasks", "notes", "contacts"))
    title = "lastName" if table == "contacts" else "title"
    sql = f'SELECT id, deleted_at FROM "{table}" WHERE space = ? AND private IN (0, ?)'
    rows = bench.db.read(sql, (scope.number, bench.viewer))
    with bench.step("act", scope=scope, confirmed=True) as step:
        if not rows or chance.random() < 0.4:
            fields = {title: f"t {chance.random()}"}
            if chance.random() < 0.3:
                fields["visibility"] = "private"
            id = step.insert(table, fields)
            tag = step.insert("tags", {"name": f"n{chance.randrange(3)}"})
            bench.tags.retag(step, table, id, add=(tag,))
            return
        id, deleted = chance.choice(rows)
        if deleted is not None:
            step.restore(table, id)
        elif chance.random() < 0.4:
            step.delete(table, id)
        else:
            step.update(table, id, {title: chance.choice(("a", "b", None)), "unknown": [1, None]})


def foreign(house: LogHouse, chance: random.Random, sealed: list[str]) -> None:
    """What others put there: undeclared records, old envelopes, a member's private ones, rows
    that are quarantined here, rows of spaces that are none of ours."""
    n = chance.randrange(6)
    stamp = f"2026-06-01T11:{chance.randrange(60):02}:00.000Z"
    house.insert("odd", "things", f"f{n}", {"a": n, "s": chance.choice(sealed)}, stamp=stamp)
    house.insert("notes", "notes", f"o{n}", {"title": chance.choice(sealed)}, stamp=stamp)
    member = {"title": f"bob's {n}", "authorId": "u-bob", "visibility": "private"}
    there = {"table": "notes", "op": "insert", "spaceId": TEAM}
    when = {"createdAt": stamp, "updatedAt": stamp}
    house.add("notes", there | {"id": f"b{n}", "data": member | when})
    bare = {"id": f"v{n}", "op": "update", "fields": {"visibility": {"value": "private"}}}
    bare["fields"]["visibility"]["at"] = stamp  # type: ignore[index]
    house.add("notes", there | bare)
    # A team's record that claims to be ours alone, one of a strange space, one that is nothing.
    house.add("notes", there | {"id": f"o{n}", "data": {"title": "moved"} | when})
    house.add("notes", there | {"id": f"x{n}", "spaceId": "sp-none", "data": {"title": "x"} | when})
    house.add("notes", {"table": "notes", "id": f"m{n}", "op": "dance", "data": {}})
    gone = {"op": "delete", "spaceId": PERSONAL, "deletedAt": stamp}
    house.add("odd", {"table": "things", "id": f"f{n}", **gone, "at": stamp})


def settle(*devices: Device) -> None:
    for _round in range(3):
        for one in devices:
            one.now += 400
            one.once()


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
def test_any_history_comes_to_the_same_on_the_server(two, house, clock, seed):
    chance = random.Random(seed)
    old = two[0].bench.vault
    sealed = [old.seal1(f"s{n}") for n in range(3)] + [
        old.seal1("s0", "old"),
        "enc:1:bm90aGluZw==",
        "plain",
    ]
    for _turn in range(12):
        for one in two:
            for _act in range(chance.randrange(4)):
                clock.tick()
                act(one, chance)
            if chance.random() < 0.6:
                one.once()
        foreign(house, chance, sealed)
        clock.tick(chance.randrange(90))
    settle(*two)
    one, other = two
    found = [compare(each.bench, each.remote) for each in two]
    assert found[0] == found[1]
    assert [each.space for each in found[0]] == ["", PERSONAL, TEAM]
    assert all(each.same for each in found[0]), found[0]
    assert digests(one.bench) == digests(other.bench)
