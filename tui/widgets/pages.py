"""Which rows a list has, in which order, and those of them that were read. No screen."""

from __future__ import annotations

from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple, Protocol


class Item(NamedTuple):
    """One row. ``key``: row number; ``right``: short text at the right edge; ``style``: role;
    ``tags`` stand behind the text where there is much room; ``badge``: a sign behind it all."""

    key: int
    id: str
    glyph: str
    text: str
    right: str = ""
    group: str | None = None
    style: str = "base"
    tags: str = ""
    badge: str = ""


class RowSource(Protocol):
    """Where rows come from. Every call may be slow; none runs on the screen's loop."""

    async def first(self, limit: int) -> list[Item]:
        """The first rows, as fast as they can be had; fewer than ``limit`` are all there are."""

    async def keys(self) -> Sequence[int]:
        """The row numbers of all rows, in order."""

    async def fetch(self, keys: Sequence[int]) -> list[Item]:
        """The rows with these numbers; those that do not exist any more are left out."""


PAGE = 64  # rows fetched at once
_CACHED = 4096  # rows kept in memory


class Pages:
    """The order of a list and a cache of its rows.

    Until all keys are known (``is_complete``) it is only as long as its first page.
    """

    def __init__(self, first: Iterable[Item] = (), is_complete: bool = False) -> None:
        self._items: OrderedDict[int, Item] = OrderedDict((item.key, item) for item in first)
        self.keys: Sequence[int] = list(self._items)
        self.is_complete = is_complete

    def __len__(self) -> int:
        return len(self.keys)

    def item(self, index: int) -> Item | None:
        """The row at ``index``; None while it is not read."""
        return self._items.get(self.keys[index])

    def of_key(self, key: int) -> Item | None:
        """The row with that number; None while it is not read."""
        return self._items.get(key)

    def index(self, key: int | None) -> int | None:
        """Where the row with that number stands."""
        if key is None:
            return None
        try:
            return self.keys.index(key)
        except ValueError:
            return None

    def by_ids(self, ids: Collection[str]) -> dict[str, int]:
        """The row numbers of those ``ids`` that were read."""
        return {item.id: key for key, item in self._items.items() if item.id in ids}

    def complete(self, keys: Sequence[int]) -> None:
        """All keys are known now."""
        self.keys = keys
        self.is_complete = True

    def put(self, items: Iterable[Item]) -> None:
        """Remember rows that were read; the oldest ones make room."""
        for item in items:
            self._items[item.key] = item
            self._items.move_to_end(item.key)
        while len(self._items) > _CACHED:
            self._items.popitem(last=False)

    def touch(self, first: int, last: int) -> None:
        """Rows ``first`` to ``last`` - 1 are in view: they go last when room is needed."""
        for key in self.keys[first:last]:
            if key in self._items:
                self._items.move_to_end(key)

    def missing(self, first: int, last: int) -> list[int]:
        """Keys not read yet of the whole pages around ``first`` to ``last`` - 1."""
        first = max(0, first) // PAGE * PAGE
        last = min(len(self.keys), -(-last // PAGE) * PAGE)
        return [key for key in self.keys[first:last] if key not in self._items]

    def is_read(self, first: int, last: int) -> bool:
        """Whether rows ``first`` to ``last`` - 1 were all read."""
        return all(key in self._items for key in self.keys[max(0, first) : last])

    def remove(self, gone: Collection[int]) -> None:
        """Rows that do not exist any more."""
        dead = set(gone)
        self.keys = [key for key in self.keys if key not in dead]
        for key in dead:
            self._items.pop(key, None)

    def survivor(self, key: int, keys: Sequence[int]) -> int | None:
        """The row of ``keys`` that takes the place of ``key``: itself, the next, the one before."""
        try:
            return keys[keys.index(key)]
        except ValueError:
            pass
        index, alive = self.index(key), set(keys)
        if index is None:
            return None
        after = (k for k in self.keys[index + 1 :] if k in alive)
        before = (k for k in reversed(self.keys[:index]) if k in alive)
        return next(after, next(before, None))

    def held_in_place(self, keys: Sequence[int], held: Collection[int]) -> Sequence[int]:
        """``keys``, but the ``held`` rows stand where they stand now, even those that left."""
        here = {key: index for index, key in enumerate(self.keys) if key in held}
        if not here:
            return keys
        result = [key for key in keys if key not in here]
        for key, index in sorted(here.items(), key=lambda pair: pair[1]):
            before = self.keys[index - 1] if index else None
            try:
                at = result.index(before) + 1 if before is not None else 0
            except ValueError:
                at = min(index, len(result))
            result.insert(at, key)
        return result


def window(pages: Pages, top: int, height: int) -> list[int | str]:
    """What stands in ``height`` lines from row ``top`` on: row indexes, and the names of groups."""
    lines: list[int | str] = []
    group: str | None = None
    for index in range(top, len(pages)):
        item = pages.item(index)
        if item and item.group and item.group != group:
            if len(lines) + 1 >= height:
                break
            group = item.group
            lines.append(group)
        if len(lines) >= height:
            break
        lines.append(index)
    return lines


def top_for(pages: Pages, top: int, cursor: int, height: int) -> int:
    """The first row to show so that ``cursor`` is in view; moves by half pages, not by one."""
    if cursor < top:
        top = max(0, cursor - height // 2)
    top = min(top, max(0, len(pages) - 1))
    if len(window(pages, top, height)) < height:
        top = min(top, max(0, len(pages) - height))
    shown = [line for line in window(pages, top, height) if isinstance(line, int)]
    if cursor not in shown:
        top = max(top, min(cursor - height // 2, len(pages) - height), 0)
        for _ in range(height):  # group names take lines too
            shown = [line for line in window(pages, top, height) if isinstance(line, int)]
            at = bisect_left(shown, cursor)
            if at < len(shown) and shown[at] == cursor:
                break
            top += 1
    return top
