"""A plain model of what a home holds: dictionaries, and a stack of changes for each space."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

GONE = "deleted"


@dataclass
class Item:
    """One record: its fields, its tags by name, whether it is deleted."""

    collection: str
    space: str
    values: dict[str, Any] = field(default_factory=dict)
    tags: set[str] = field(default_factory=set)
    deleted: bool = False
    touched: int = 0
    unsure: bool = False


@dataclass
class Change:
    """One step: (record, what, before, after), what it made, and the copy that a move made."""

    deltas: list[tuple[str, str, Any, Any]] = field(default_factory=list)
    added: set[str] = field(default_factory=set)
    copy: str = ""
    undone: bool = False


class Model:
    """Records by id, and every space's steps, oldest first."""

    def __init__(self) -> None:
        self.items: dict[str, Item] = {}
        self.stacks: dict[str, list[Change]] = {}
        self.committed: list[tuple[str, str, Any]] = []
        self._clock = 0

    # Changing -----------------------------------------------------------------------------

    @contextmanager
    def step(self, space: str) -> Iterator[Change]:
        change = Change()
        yield change
        if change.deltas:
            stack = self.stacks.setdefault(space, [])
            stack[:] = [c for c in stack if not c.undone]
            stack.append(change)

    def add(self, change: Change, id: str, collection: str, space: str) -> None:
        self.items[id] = Item(collection, space, deleted=True)
        self._set(change, id, GONE, False)
        change.added.add(id)

    def write(self, change: Change, id: str, name: str, value: Any) -> None:
        self._set(change, id, name, value)
        if value is not None:
            self.committed.append((id, name, value))

    def tag(self, change: Change, id: str, tag: str, on: bool) -> None:
        self._set(change, id, f"#{tag}", on)

    def remove(self, change: Change, id: str) -> None:
        self._set(change, id, GONE, True)

    def restore(self, change: Change, id: str) -> None:
        self._set(change, id, GONE, False)

    def _set(self, change: Change, id: str, name: str, value: Any) -> None:
        before = self._get(id, name)
        change.deltas.append((id, name, before, value))
        self._put(id, name, value)

    def _get(self, id: str, name: str) -> Any:
        item = self.items[id]
        if name == GONE:
            return item.deleted
        return name[1:] in item.tags if name[0] == "#" else item.values.get(name)

    def _put(self, id: str, name: str, value: Any) -> None:
        item = self.items[id]
        self._clock += 1
        item.touched = self._clock
        if name == GONE:
            item.deleted = value
        elif name[0] == "#":
            (item.tags.add if value else item.tags.discard)(name[1:])
        else:
            item.values[name] = value

    # Undo and redo ------------------------------------------------------------------------

    def undoable(self, space: str) -> list[Change]:
        return [c for c in self.stacks.get(space, []) if not c.undone]

    def redoable(self, space: str) -> list[Change]:
        return [c for c in self.stacks.get(space, []) if c.undone]

    def undo(self, space: str) -> Change:
        change = self.undoable(space)[-1]
        for id, name, before, _ in reversed(change.deltas):
            # A record that was made is taken back whole: it keeps its fields, not its links.
            if id not in change.added or name == GONE or name[0] == "#":
                self._put(id, name, before)
        change.undone = True
        return change

    def redo(self, space: str) -> Change:
        change = self.redoable(space)[0]
        for id, name, _, after in change.deltas:
            self._put(id, name, after)
        change.undone = False
        return change

    # Looking ------------------------------------------------------------------------------

    def live(self, space: str) -> dict[str, Item]:
        return {i: it for i, it in self.items.items() if it.space == space and not it.deleted}

    def gone(self, space: str) -> list[str]:
        return [i for i, it in self.items.items() if it.space == space and it.deleted]
