"""The write path against a model: whatever a person does, in any order, every visible record is
what the model says, nothing crosses spaces, nothing ever committed is lost, and undo and redo lead
back and forth."""

from __future__ import annotations

import shutil
import tempfile
import uuid
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from store.documents import Replica
from store.errors import LockedError, NotFoundError
from store.moving import move
from store.stamps import canonical
from store.vault import Cost, custody
from store.workbench import Workbench
from tests.store.laws.model import Change, Model
from tests.store.support import Clock, content, fields, shut, sound

WORDS = st.text(alphabet="ab \u00e4\u65e5\U0001f600", max_size=4)
FIELDS: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "tasks": {
        "title": WORDS,
        "description": WORDS,
        "priority": st.sampled_from(["low", "medium", "high"]),
        "dueDate": st.sampled_from(["2026-06-02", "2026-06-03T10:00:00.000Z"]),
        "order": st.integers(0, 3),
        "isCompleted": st.booleans(),
        "metadata": st.dictionaries(st.sampled_from("xy"), st.integers(0, 2), max_size=2),
        "unknown": st.one_of(st.booleans(), st.integers(0, 1), WORDS),
    },
    "notes": {"title": WORDS, "content": WORDS, "isPinned": st.booleans()},
    "contacts": {"firstName": WORDS, "isFavorite": st.booleans(), "notes": WORDS},
}
TAGS = ("Home", "Work")
PASSPHRASE = "correct horse"


@st.composite
def written(draw: st.DrawFn, least: int = 1) -> tuple[str, dict[str, Any]]:
    collection = draw(st.sampled_from(sorted(FIELDS)))
    known = FIELDS[collection]
    names = draw(st.lists(st.sampled_from(sorted(known)), min_size=least, max_size=3, unique=True))
    return collection, {name: draw(known[name]) for name in names}


class WritePath(RuleBasedStateMachine):
    """One home with three spaces; ``here`` is the one in view."""

    passphrase: str | None = None

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="mb-"))
        self.clock = Clock()
        self.quick = mock.patch.object(custody, "Cost", return_value=Cost(64, 1, 1))
        self.quick.start()
        self.bench = Workbench.create(
            self.folder / "home", passphrase=self.passphrase, keyring=False, clock=self.clock
        )
        self.model = Model()
        self.ids: dict[str, dict[str, str]] = {}
        self.imports = 0

    @initialize()
    def spaces(self) -> None:
        bench = self.bench
        for space in (
            bench.spaces.personal(),
            bench.spaces.create("Meyer", "family"),
            bench.spaces.create("Crew", "team"),
        ):
            bench.enter(space)
            self.ids[space] = {name: bench.tags.add(name) for name in TAGS}
        bench.enter(bench.spaces.personal())
        with bench.db.transaction() as connection:
            # What was set up is not for the machine to undo.
            connection.execute("UPDATE steps SET kind = 'seed'")

    # Writing ------------------------------------------------------------------------------

    @property
    def here(self) -> str:
        return self.bench.scope.id

    @property
    def locked(self) -> bool:
        return not self.bench.vault.unlocked

    def pick(self, data: st.DataObject, ids: Any) -> str:
        return data.draw(st.sampled_from(list(ids)))

    def agree(self, step: Any, change: Change) -> None:
        assert bool(step.n) == bool(change.deltas), (step.n, change.deltas)

    @precondition(lambda self: not self.locked)
    @rule(what=written(least=0))
    def create(self, what: tuple[str, dict[str, Any]]) -> None:
        collection, values = what
        with self.bench.step("add") as step, self.model.step(self.here) as change:
            id = step.insert(collection, values)
            self.model.add(change, id, collection, self.here)
            for name, value in values.items():
                self.model.write(change, id, name, value)
        self.agree(step, change)

    @precondition(lambda self: not self.locked and self.model.live(self.here))
    @rule(data=st.data(), clear=st.booleans(), twice=st.booleans())
    def edit(self, data: st.DataObject, clear: bool, twice: bool) -> None:
        id = self.pick(data, self.model.live(self.here))
        item = self.model.items[id]
        known = FIELDS[item.collection]
        with self.bench.step("edit") as step, self.model.step(self.here) as change:
            for _ in range(2 if twice else 1):
                name = data.draw(st.sampled_from(sorted(known)))
                value = None if clear else data.draw(known[name])
                step.update(item.collection, id, {name: value})
                if canonical(item.values.get(name)) != canonical(value):
                    self.model.write(change, id, name, value)
        if not item.unsure and not any(c[1] == "metadata" for c in change.deltas):
            # Equal metadata may differ in its list of tags, which the model keeps apart.
            if not change.deltas and step.n:
                assert item.collection == "tasks"
            elif change.deltas:
                assert step.n

    @precondition(lambda self: self.model.live(self.here))
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        id = self.pick(data, self.model.live(self.here))
        with self.bench.step("delete") as step, self.model.step(self.here) as change:
            step.delete(self.model.items[id].collection, id)
            self.model.remove(change, id)
        self.agree(step, change)

    @precondition(lambda self: self.model.gone(self.here))
    @rule(data=st.data())
    def restore(self, data: st.DataObject) -> None:
        id = self.pick(data, self.model.gone(self.here))
        with self.bench.step("restore") as step, self.model.step(self.here) as change:
            step.restore(self.model.items[id].collection, id)
            self.model.restore(change, id)
        self.agree(step, change)

    @precondition(lambda self: not self.locked and self.model.live(self.here))
    @rule(data=st.data(), name=st.sampled_from(TAGS), on=st.booleans())
    def tag(self, data: st.DataObject, name: str, on: bool) -> None:
        id = self.pick(data, self.model.live(self.here))
        item = self.model.items[id]
        tags = self.bench.tags
        with self.bench.step("tag") as step, self.model.step(self.here) as change:
            act = tags.tag if on else tags.untag
            act(step, item.collection, [id], self.ids[self.here][name])
            if step.n or (name in item.tags) != on:
                self.model.tag(change, id, name, on)
        self.agree(step, change)

    @precondition(lambda self: not self.locked and self.model.live(self.here))
    @rule(data=st.data())
    def move(self, data: st.DataObject) -> None:
        id = self.pick(data, self.model.live(self.here))
        target = self.pick(data, [space for space in self.ids if space != self.here])
        item = self.model.items[id]
        with self.model.step(self.here) as change:
            new = move(
                self.bench,
                self.bench.scope,
                item.collection,
                id,
                self.bench.spaces.scope(target),
            )
            self.model.add(change, new, item.collection, target)
            for name, value in item.values.items():
                if value is not None:
                    self.model.write(change, new, name, value)
            for tag in item.tags:
                self.model.tag(change, new, tag, True)
            self.model.remove(change, id)
            change.copy = new
        self.model.items[new].unsure = item.unsure
        self.marks = {**getattr(self, "marks", {}), new: self.model.items[new].touched}

    @precondition(lambda self: not self.locked)
    @rule(data=st.data(), rows=st.lists(written(), min_size=1, max_size=3))
    def import_batch(self, data: st.DataObject, rows: list[tuple[str, dict[str, Any]]]) -> None:
        bench = self.bench
        with bench.step("import", durable=False) as step, self.model.step(self.here) as change:
            for collection, values in rows:
                self.imports += 1
                at = f"2098-01-01T00:{self.imports // 60:02d}:{self.imports % 60:02d}.000Z"
                known = [
                    i
                    for i, item in self.model.items.items()
                    if item.space == self.here and item.collection == collection
                ]
                id = data.draw(st.sampled_from(["", *known])) or str(uuid.uuid4())
                assert step.merge_many(collection, [Replica(id, values, at)]) == 1
                if id not in self.model.items:
                    self.model.add(change, id, collection, self.here)
                for name, value in values.items():
                    self.model.write(change, id, name, value)
                assert step.merge_many(collection, [Replica(id, values, at)]) == 0
        self.agree(step, change)

    # Undo and redo ------------------------------------------------------------------------

    def moved_on(self, change: Change) -> bool:
        """Whether the copy that a move made was touched since, so that undo leaves some of it."""
        copy = change.copy
        return bool(copy) and self.model.items[copy].touched != self.marks.get(copy)

    def one(self, kind: str) -> None:
        stack = self.model.undoable if kind == "undo" else self.model.redoable
        changes = stack(self.here)
        change = changes[-1 if kind == "undo" else 0]
        unsure = self.moved_on(change)
        (outcome,) = getattr(self.bench.history, kind)(self.bench.scope)
        getattr(self.model, kind)(self.here)
        copy = change.copy
        if copy and (unsure or self.model.items[copy].unsure):
            self.model.items[copy].unsure = True
            self.settle(copy)
        elif not any(self.model.items[d[0]].unsure for d in change.deltas):
            assert outcome.left == []
        if copy:
            self.marks[copy] = self.model.items[copy].touched

    def settle(self, id: str) -> None:
        """Take from the store whether a record that two spaces' undo disagree about is there."""
        item = self.model.items[id]
        rows = self.bench.db.read(f'SELECT deleted_at FROM "{item.collection}" WHERE id = ?', (id,))
        item.deleted = rows[0][0] is not None

    @precondition(lambda self: self.model.undoable(self.here))
    @rule()
    def undo(self) -> None:
        self.one("undo")

    @precondition(lambda self: self.model.redoable(self.here))
    @rule()
    def redo(self) -> None:
        self.one("redo")

    @precondition(lambda self: self.model.undoable(self.here) and not self.locked)
    @rule(data=st.data())
    def back_and_forth(self, data: st.DataObject) -> None:
        changes = self.model.undoable(self.here)
        count = data.draw(st.integers(1, len(changes)))
        if any(
            self.moved_on(c) or any(self.model.items[d[0]].unsure for d in c.deltas)
            for c in changes[-count:]
        ):
            return
        before = content(self.bench)
        assert len(self.bench.history.undo(self.bench.scope, count)) == count
        assert len(self.bench.history.redo(self.bench.scope, count)) == count
        assert content(self.bench) == before

    @precondition(lambda self: not self.model.undoable(self.here))
    @rule()
    def nothing_to_undo(self) -> None:
        with pytest.raises(NotFoundError):
            self.bench.history.undo(self.bench.scope)

    # Surroundings -------------------------------------------------------------------------

    @rule(data=st.data())
    def switch(self, data: st.DataObject) -> None:
        self.bench.enter(self.pick(data, self.ids))

    @rule(seconds=st.sampled_from([0.001, 1, 3600, -3600, -86_400 * 400, 86_400 * 400]))
    def time_passes_or_jumps(self, seconds: float) -> None:
        self.clock.tick(seconds)

    @precondition(lambda self: not self.locked)
    @rule()
    def lock(self) -> None:
        self.bench.vault.lock()
        with pytest.raises(LockedError), self.bench.step("add") as step:
            step.insert("tasks", {"title": "x"})

    @precondition(lambda self: self.locked)
    @rule()
    def unlock(self) -> None:
        if self.passphrase is None:
            assert self.bench.vault.unlock_quietly()
        else:
            self.bench.vault.unlock(passphrase=self.passphrase)

    @rule()
    def restart(self) -> None:
        here = self.here
        shut(self.bench)
        self.bench = Workbench.open(self.folder / "home", clock=self.clock)
        self.bench.enter(here)

    # What always holds ---------------------------------------------------------------------

    @invariant()
    def every_record_is_what_the_model_says(self) -> None:
        for space in self.ids:
            scope = self.bench.spaces.scope(space)
            live = self.model.live(space)
            for collection in FIELDS:
                rows = self.bench.db.read(
                    f'SELECT id FROM "{collection}" WHERE space = ? AND deleted_at IS NULL',
                    (scope.number,),
                )
                wanted = {i for i, item in live.items() if item.collection == collection}
                assert {id for (id,) in rows} == wanted, (space, collection)
                for id in wanted:
                    self.compare(scope, collection, id)

    def compare(self, scope: Any, collection: str, id: str) -> None:
        record = self.bench.documents.get(scope, collection, id)
        item = self.model.items[id]
        if item.unsure:
            return
        names = {tag: name for name, tag in self.ids[scope.id].items()}
        assert {names[tag] for tag in record.tags} == item.tags, (collection, id)
        if self.locked:
            return
        found = fields(record)
        found.pop("tagIds", None)
        if "metadata" in found:
            found["metadata"] = {k: v for k, v in found["metadata"].items() if k != "labelIds"}
        wanted = {k: v for k, v in item.values.items() if v is not None}
        for side in (found, wanted):
            if not side.get("metadata"):
                side.pop("metadata", None)
        assert canonical(found) == canonical(wanted), (collection, id)

    def teardown(self) -> None:
        try:
            if self.locked:
                self.unlock()
            self.conserved()
            sound(self.bench)
        finally:
            shut(self.bench)
            self.quick.stop()
            shutil.rmtree(self.folder, ignore_errors=True)

    def conserved(self) -> None:
        """Every value ever committed is current or in the history of its record."""
        pasts: dict[str, set[bytes]] = {}
        for id, name, value in self.model.committed:
            item = self.model.items[id]
            if id not in pasts:
                pasts[id] = set()
                scope = self.bench.spaces.scope(item.space)
                for past in self.bench.history.of(scope, item.collection, id):
                    held = past.value
                    if past.field == "metadata" and isinstance(held, dict):
                        held = {k: v for k, v in held.items() if k != "labelIds"}
                    pasts[id].add(canonical([past.field, held]))
            assert canonical([name, value]) in pasts[id], (item.collection, id, name, value)


class WithPassphrase(WritePath):
    """The same with a vault that stays locked until somebody types."""

    passphrase = PASSPHRASE


def run(machine: type[WritePath], examples: int, steps: int) -> None:
    """A failure is told as it was found: shrinking one takes minutes. Add ``Phase.shrink`` then."""
    phases = (Phase.explicit, Phase.reuse, Phase.generate)
    chosen = settings(
        max_examples=examples, stateful_step_count=steps, deadline=None, phases=phases
    )
    run_state_machine_as_test(machine, settings=chosen)


def test_the_write_path_does_what_the_model_says():
    run(WritePath, 40, 30)


def test_the_write_path_with_a_passphrase_does_what_the_model_says():
    run(WithPassphrase, 10, 30)


@pytest.mark.slow(seconds=60)
@pytest.mark.parametrize("machine", [WritePath, WithPassphrase])
def test_the_write_path_does_what_the_model_says_for_long(machine):
    run(machine, 200, 60)
