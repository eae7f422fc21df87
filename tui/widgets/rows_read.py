"""How a list is read: first page, keys, pages in view, changes. Never blocks the screen."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Collection, Sequence
from functools import partial
from typing import TYPE_CHECKING

from store.errors import ManabenchError
from tui.widgets.pages import PAGE, Item, Pages, RowSource

if TYPE_CHECKING:
    from textual.timer import Timer
    from textual.worker import Worker

    from tui.widgets.rows import Rows

# What reading may meet; the list shows it. Anything else is a mistake of ours and ends the app.
READ_ERRORS = (ManabenchError, sqlite3.Error, OSError)
FIRST = 50  # rows of the first page
_MARKED_AT_ONCE = 500
_REST = 0.05  # seconds after a change in which more may come before the order is read again
_APART = 0.3  # seconds at least between two such readings, however much changes
_SHARE = 4  # times as long as a reading took nothing is read again: long lists less often,
_LONGEST = 1.0  # but after so many seconds in any case
_UNSEEN = 1.0  # seconds in which nobody has yet chosen a row of the first page
_HELD = 200  # rows kept in their old place; beyond that the whole list is read anew


class Reader:
    """Reads for one list. Every start raises ``request``; answers to older ones are dropped."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self._source: RowSource | None = None
        self.request = 0
        self.seek: int | None = None
        self.below_top: int | None = None
        self.wants_end = False
        self._unmarked: list[int] = []
        self._is_fetching = False
        self._began: float | None = None
        self._held: set[int] = set()
        self._timer: Timer | None = None
        self._wants_all = False
        self._work: list[Worker[None]] = []
        self._is_paced = False
        self._next_reading = 0.0

    # -- whole lists ----------------------------------------------------------------------------

    def start(self, source: RowSource, cursor: int | None) -> None:
        """Read ``source``; the cursor goes to the row numbered ``cursor`` or what follows it."""
        self._source = source
        self._is_paced = False
        self._held.clear()
        self._began = time.monotonic() if cursor is None and self.seek is None else None
        self.again(cursor)

    def again(self, cursor: int | None) -> None:
        """Read the whole list again."""
        if self._source is None:
            return
        self.request += 1
        self._is_fetching = self._wants_all = False
        self.stop_marking()
        if self.seek is None and self._began is None:
            self.seek = cursor
        work = self._rows.run_worker(
            partial(self._load, self.request, self._source),
            name="rows load",
            group="rows-load",
            exclusive=True,
        )
        self._work.append(work)

    def begin_with(self, first: Sequence[Item]) -> None:
        """Show these rows while the list is read, unless it is to open somewhere else."""
        pages = Pages(first, is_complete=len(first) < FIRST)
        if first and (self.seek is None or pages.index(self.seek) is not None):
            self._show(pages)

    def stop(self) -> None:
        """Read nothing more for what was shown."""
        self.request += 1
        self._source = self.seek = self.below_top = None
        self._is_fetching = self.wants_end = False
        self._held.clear()
        self.stop_marking()

    def let_go(self, cursor: int | None) -> None:
        """Rows held in place may move."""
        if self._held:
            self._held.clear()
            self.again(cursor)

    def was_moved(self) -> None:
        """A person moved the cursor: a remembered place must not pull it away."""
        self.wants_end = False
        self._began = None
        if self._rows.state == "ready":
            self.seek = self.below_top = None

    async def _load(self, request: int, source: RowSource) -> None:
        began = time.monotonic()
        try:
            await self._load_now(request, source)
        finally:
            self._has_read(began)

    async def _load_now(self, request: int, source: RowSource) -> None:
        rows = self._rows
        try:
            first = await source.first(FIRST)
            if request != self.request:
                return
            is_all = len(first) < FIRST
            pages = Pages(first, is_complete=is_all)
            if not is_all and (not rows.pages or pages.index(self.seek) is not None):
                self._show(pages)
            keys = pages.keys if is_all else await source.keys()
            if request == self.request:
                self._begin_at_top(keys)
            around = await self._around(keys, pages, source)
            if request != self.request:
                return
        except READ_ERRORS as error:
            if request == self.request:
                rows.fail(error)
            return
        pages = Pages(first, is_complete=True)
        pages.complete(keys)
        pages.put(around)
        self._show(pages)

    def _begin_at_top(self, keys: Sequence[int]) -> None:
        """A list that was just opened begins at its first row, not with the record that happened to
        stand there before the order was known; unless somebody had the time to choose it."""
        began, self._began = self._began, None
        is_new = began is not None and time.monotonic() - began < _UNSEEN
        if keys and is_new and self.seek is None:
            self.seek, self.below_top = keys[0], 0

    async def _around(self, keys: Sequence[int], pages: Pages, source: RowSource) -> list[Item]:
        """The rows round the cursor's new place, so that a list read again does not flicker."""
        was = self._rows.cursor_key if self.seek is None else self.seek
        target = self._rows.pages.survivor(was, keys) if was is not None else None
        if target is None or pages.of_key(target):
            return []
        at = keys.index(target)
        return await source.fetch(list(keys[max(0, at - PAGE) : at + PAGE]))

    def _show(self, pages: Pages) -> None:
        rows = self._rows
        was = rows.cursor_key if self.seek is None else self.seek
        target = was
        if pages.is_complete and was is not None and pages.index(was) is None:
            target = rows.pages.survivor(was, pages.keys)
        if self.wants_end and pages.is_complete and pages:
            target, self.wants_end = pages.keys[len(pages) - 1], False
        rows.adopt(pages, target, self.below_top)
        if pages.is_complete:
            self.seek = self.below_top = None

    # -- pages in view --------------------------------------------------------------------------

    def fetch(self) -> None:
        """Read what is in view and not read yet, then the page that comes next."""
        if self._is_fetching or self._source is None or not self._next_keys():
            return
        self._is_fetching = True
        self._rows.run_worker(
            partial(self._fetch, self.request, self._source),
            name="rows fetch",
            group="rows-fetch",
        )

    def _next_keys(self) -> list[int]:
        pages = self._rows.pages
        first, last = self._rows.in_view()
        if not pages.is_read(first, last):
            return pages.missing(first, last)
        if not pages.is_complete:
            return []
        return pages.missing(first, last + PAGE // 2) or pages.missing(first - PAGE // 2, last)

    async def _fetch(self, request: int, source: RowSource) -> None:
        try:
            while request == self.request and (keys := self._next_keys()):
                items = await source.fetch(keys)
                if request != self.request:
                    return
                pages = self._rows.pages
                pages.put(items)
                pages.touch(*self._rows.in_view())
                self._drop(set(keys) - {item.key for item in items})
                self._rows.changed()
        except READ_ERRORS as error:
            if request == self.request:
                self._rows.fail(error)
        finally:
            if request == self.request:
                self._is_fetching = False

    def _drop(self, gone: Collection[int]) -> None:
        """Take rows out that do not exist any more; the cursor goes to what follows."""
        rows = self._rows
        if not gone:
            return
        was, pages = rows.cursor_key, rows.pages
        left = [key for key in pages.keys if key not in gone]
        target = pages.survivor(was, left) if was is not None else None
        pages.remove(gone)
        rows.adopt(pages, target)

    # -- changes ----------------------------------------------------------------------------------

    def refresh(self, ids: Collection[str] | None) -> None:
        """Read changed records again where they stand; with None, when too many changed."""
        if self._source is None or (ids is not None and not ids):
            return
        rows = self._rows
        if ids is None or rows.state != "ready" or not rows.pages.is_complete:
            self._read_soon(whole=True)
            return
        known = rows.pages.by_ids(ids)
        if len(self._held) + len(known) > _HELD:
            self._read_soon(whole=True)
            return
        if len(known) < len(ids):
            self._read_soon()
        if known:
            rows.run_worker(
                partial(self._refresh, self.request, self._source, sorted(known.values())),
                name="rows change",
                group="rows-change",
            )

    async def _refresh(self, request: int, source: RowSource, keys: list[int]) -> None:
        try:
            items = await source.fetch(keys)
        except READ_ERRORS as error:
            if request == self.request:
                self._rows.fail(error)
            return
        if request != self.request:
            return
        pages = self._rows.pages
        olds = {key: pages.of_key(key) for key in keys}
        for item in items:
            old = olds[item.key]
            pages.put([item._replace(group=old.group) if old else item])
            self._held.add(item.key)
        self._drop(set(keys) - {item.key for item in items})
        self._rows.changed()

    def _read_soon(self, *, whole: bool = False) -> None:
        """Read the order again, or ``whole`` the list; a few times a second at most, and never
        while that is being done: otherwise what comes fast would only ever begin it."""
        self._wants_all |= whole
        if self._timer is None:
            wait = self._next_reading - time.monotonic()
            if whole and wait <= 0 and not self._is_reading():
                self._read_again()
            else:
                self._timer = self._rows.set_timer(max(_REST, wait), self._read_again)

    def _is_reading(self) -> bool:
        self._work = [work for work in self._work if not work.is_finished]
        return bool(self._work)

    def _read_again(self) -> None:
        self._timer = None
        if self._source is None:
            return
        if self._is_reading():
            self._read_soon()
            return
        self._is_paced = True
        if self._wants_all:
            self._held.clear()
            self.again(self._rows.cursor_key)
        else:
            work = self._rows.run_worker(
                partial(self._reorder, self.request, self._source),
                name="rows order",
                group="rows-order",
            )
            self._work.append(work)

    def _has_read(self, began: float) -> None:
        if self._is_paced:  # by changes, not by somebody who opened a list
            now = time.monotonic()
            self._next_reading = now + max(_APART, min(_LONGEST, _SHARE * (now - began)))

    async def _reorder(self, request: int, source: RowSource) -> None:
        """Records came that were not read before: take their places over, and only theirs."""
        rows, began = self._rows, time.monotonic()
        try:
            keys = await source.keys()
        except READ_ERRORS as error:
            if request == self.request:
                rows.fail(error)
            return
        finally:
            self._has_read(began)
        if request != self.request:
            return
        pages = rows.pages
        keys = pages.held_in_place(keys, self._held)
        was = rows.cursor_key if self.seek is None else self.seek
        target = pages.survivor(was, keys) if was is not None else None
        if self.seek is not None and self.seek in set(keys):
            target, self.seek = self.seek, None
        pages.complete(keys)
        rows.adopt(pages, target)

    # -- marks ------------------------------------------------------------------------------------

    @property
    def is_marking(self) -> bool:
        """Whether rows wait to be read and marked."""
        return bool(self._unmarked)

    def mark(self, keys: Sequence[int]) -> None:
        """Mark rows that were not read; their count grows as they come."""
        if self._source is None:
            return
        if self._unmarked:
            self._unmarked.extend(keys)
            return
        self._unmarked = list(keys)
        self._rows.run_worker(
            partial(self._mark, self.request, self._source, self._unmarked),
            name="rows mark",
            group="rows-mark",
        )

    def stop_marking(self) -> None:
        """Leave the rest unmarked."""
        self._unmarked = []

    async def _mark(self, request: int, source: RowSource, keys: list[int]) -> None:
        try:
            while keys and keys is self._unmarked and request == self.request:
                items = await source.fetch(keys[:_MARKED_AT_ONCE])
                if keys is not self._unmarked or request != self.request:
                    return
                del keys[:_MARKED_AT_ONCE]
                self._rows.add_marks(items)
        except READ_ERRORS as error:
            keys.clear()
            if request == self.request:
                self._rows.fail(error)
