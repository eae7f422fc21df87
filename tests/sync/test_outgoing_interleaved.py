"""Edits, pushes and acknowledgements in any order: nothing is forgotten and nothing sent twice.

A server that keeps what it was sent, answered or not, comes to what the home holds as soon as the
outbox is empty; and a field is dirty exactly while its present stamp has not been acknowledged.
"""

from __future__ import annotations

import random

import orjson
import pytest

from store.errors import ManabenchError
from store.stamps import Meta, act_as
from store.sync.compare.digest import digests
from store.sync.compare.folding import digest_of_rows
from store.sync.inbox import incoming
from store.sync.outbox import outgoing
from store.sync.outbox.composing import plain
from tests.store.support import AGENT, sound
from tests.sync.outbox import linked
from tests.sync.test_digest import pages

IDS = ("t1", "t2", "t3", "t4")
FIELDS = {
    "title": ("a", "b", "c", None),
    "description": ("x", "y" * 200, None),
    "priority": ("low", "high", None),
    "order": (1, 2, 3),
    "visibility": ("private", "space"),
    "unheard": ([1], {"of": "it"}),
}


class World:
    """One home, what its server was sent, and what of that was acknowledged."""

    def __init__(self, bench, clock, seed):
        self.bench = linked(bench)
        self.clock = clock
        self.chance = random.Random(seed)
        self.server: list = []
        self.known: dict[str, set[tuple[str, str]]] = {}
        self.under_way: list[outgoing.Batch] = []

    def act(self):
        chance = self.chance
        if chance.random() < 0.7:
            self.clock.tick(chance.choice((0, 0.001, 1, 60)))
        deeds = (self.edit, self.edit, self.edit, self.delete, self.restore, self.undo)
        chance.choice((*deeds, self.push, self.push, self.answer, self.answer, self.lose))()

    def edit(self):
        chance = self.chance
        names = chance.sample(list(FIELDS), chance.randint(1, 3))
        fields = {name: chance.choice(FIELDS[name]) for name in names}
        who = AGENT if chance.random() < 0.3 else {**AGENT, "kind": "user", "principalId": "guest"}
        with act_as(who), self.bench.step("edit") as step:
            step.insert("tasks", fields, id=chance.choice(IDS))

    def delete(self):
        try:
            with self.bench.step("delete", confirmed=True) as step:
                step.delete("tasks", self.chance.choice(IDS))
        except ManabenchError:
            return

    def restore(self):
        try:
            with self.bench.step("restore") as step:
                step.restore("tasks", self.chance.choice(IDS))
        except ManabenchError:
            return

    def undo(self):
        try:
            self.bench.history.undo(self.bench.scope)
        except ManabenchError:
            return

    def push(self):
        """Some batches reach the server; their answers are on the way."""
        for batch in outgoing.batches(self.bench, count=self.chance.choice((1, 2, 200))):
            self.server += orjson.loads(outgoing.encode(batch, "c"))["changes"]
            self.under_way.append(batch)
            if self.chance.random() < 0.4:
                break

    def answer(self):
        """One answer arrives, late or not."""
        if not self.under_way:
            return
        batch = self.under_way.pop(self.chance.randrange(len(self.under_way)))
        outgoing.acknowledge(self.bench, batch)
        for mark in batch.marks:
            if mark.collection == "tasks":
                self.known.setdefault(mark.record, set()).update(mark.stamps.items())
        self.check()

    def lose(self):
        """An answer never comes."""
        if self.under_way:
            self.under_way.pop()

    def check(self):
        """What was acknowledged with its present stamp is clean, all else dirty."""
        rows = "SELECT pk, doc, meta, dirty, deleted_at FROM tasks"
        for pk, doc, meta_text, dirty, deleted in self.bench.db.read(rows):
            meta = Meta.load(meta_text)
            names = set(orjson.loads(doc))
            if "deletedAt" in meta.own:
                names.add("deletedAt")
            marked = names if dirty == "*" else plain(orjson.loads(dirty)) if dirty else set()
            for name in names:
                stamp = meta.of(name, True)
                at = deleted if name == "deletedAt" and deleted is not None else stamp.at
                clean = (name, at) in self.known.get(pk, set())
                assert clean or name in marked, f"{name} of {pk} is clean and was never taken"
                if dirty != "*":
                    assert not (clean and name in marked), f"{name} of {pk} is dirty for nothing"


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(12))
def test_nothing_is_forgotten_whatever_comes_between(make, clock, seed):
    world = World(make("one"), clock, seed)
    for _turn in range(120):
        world.act()
    bench = world.bench
    while any(True for _batch in outgoing.batches(bench)):
        world.push()
        for batch in world.under_way:
            outgoing.acknowledge(bench, batch)
        world.under_way.clear()
    assert outgoing.pending(bench) == []
    sound(bench)
    mine = digests(bench)
    assert digest_of_rows(bench, pages(world.server)) == mine
    other = linked(make("two"))
    for app, table, rows in pages(world.server):
        incoming.receive(other, app, table, rows, hydrating=True)
    assert digests(other) == mine
