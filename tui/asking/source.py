"""What a list shows, read from the store in the desk's lane for rows, never on the loop."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from store.module import Module, alphabetical
from store.queries import Query
from store.records import Record
from store.words import _
from tui.widgets import Item
from tui.widgets.rows_draw import TAGS_FROM

if TYPE_CHECKING:
    from store.scope import Scope
    from store.workbench import Workbench
    from tui.shell.places import View
    from tui.shell.work import Desk

T = TypeVar("T")

_STYLES = {"✓": "done", "!": "overdue", "▲": "pinned"}
"""Roles by the glyph a module gives its row; the glyph alone says the same."""

_WIDE = 80

TAGS = 2
"""Tags of a record that its row shows."""

BADGE = "◈"
"""Behind a record that an agent touched last."""

_AGENTS = 'SELECT 1 FROM actors WHERE json LIKE \'%"kind":"ai"%\' LIMIT 1'

FIRST = 50
"""Rows that a list asks for first, more than any common screen shows."""


def query_of(
    view: View, module: Module, *, deleted: bool = False, scene: Sequence[str] = ()
) -> Query:
    """What ``view`` shows. Names that the module lacks become its first ones.

    scene: the tags of a scene, which count where the view names none itself.
    """
    filters = [f.name for f in module.filters]
    sorts = [s.name for s in module.sorts]
    return Query(
        module.main,
        view.sort if view.sort in sorts else "",
        () if deleted else (view.filter if view.filter in filters else filters[0],),
        tuple(view.tags or scene),
        untagged_pass=not view.tags,
        deleted=deleted,
    )


class Titles(NamedTuple):
    """The opened titles of one query, folded for comparing, until something changes."""

    query: Query
    folded: list[tuple[int, str]]


class ListSource:
    """The records of one query in one space, optionally narrowed by text.

    The scope is fixed: a list opened in one space never shows another one's rows.
    """

    def __init__(
        self,
        desk: Desk | None,
        bench: Workbench,
        module: Module,
        query: Query,
        *,
        text: str = "",
        width: Callable[[], int] = lambda: _WIDE,
        titles: Titles | None = None,
        items: Sequence[Item] = (),
        grouped: bool = True,
    ) -> None:
        """items: the first rows if they were read already; the first question takes them.
        grouped: whether headings stand between the rows, in the order that has them."""
        self._desk = desk
        self._bench = bench
        self._scope: Scope = bench.scope
        self._module = module
        self.query = query
        self._ready = list(items)
        self.text = text.strip()
        self._width = width
        self.titles = titles if titles is not None and titles.query == query else None
        self._has_groups = bool(module.group) and not self.text and not query.deleted and grouped
        self._has_groups &= query.sort in ("", module.sorts[0].name)

    # What Rows asks for -----------------------------------------------------------------------

    async def first(self, limit: int) -> list[Item]:
        """The first rows, as fast as they can be had."""
        ready, self._ready = self._ready, []
        if ready and (len(ready) >= limit or len(ready) < FIRST):
            return ready[:limit]
        return await self._off(lambda: self.first_now(limit))

    async def keys(self) -> Sequence[int]:
        """The row numbers of all rows, in order."""
        return await self._off(self.keys_now)

    async def fetch(self, keys: Sequence[int]) -> list[Item]:
        """The rows with these numbers."""
        return await self._off(lambda: self.fetch_now(keys))

    async def _off(self, work: Callable[[], T]) -> T:
        assert self._desk is not None  # noqa: S101 - only a source for one reading has none
        return await self._desk.run("rows", work)

    # The same, in a thread ------------------------------------------------------------------------

    def first_now(self, limit: int) -> list[Item]:
        """The first rows, one page."""
        if self.text:
            return self.fetch_now(self.keys_now()[:limit])
        page = self._bench.documents.page(
            self._scope, self.query, limit=limit, only=self._module.listed
        )
        if (key := self.sort_key) is not None and len(page) < limit:
            # A whole short list is put in order here; a long one stands in its clear order
            # until ``keys`` has opened and sorted all of it.
            page.sort(key=key)
        return self._items(page)

    def keys_now(self) -> Sequence[int]:
        """All row numbers, narrowed by the text."""
        if not self.text:
            return self._bench.documents.keys(self._scope, self.query)
        if self.titles is None:
            self.titles = Titles(self.query, self._folded())
        words = alphabetical(self.text).split()
        found = [key for key, title in self.titles.folded if words[0] in title]
        if len(words) > 1:
            rest = words[1:]
            kept = set(found)
            found = [
                key
                for key, title in self.titles.folded
                if key in kept and all(word in title for word in rest)
            ]
        return found

    def fetch_now(self, keys: Sequence[int]) -> list[Item]:
        """The rows with these numbers, without those that were deleted or restored meanwhile."""
        found = self._bench.documents.by_keys(
            self._scope, self.query.collection, keys, only=self._module.listed
        )
        wanted = self.query.deleted
        return self._items([r for r in found if bool(r.get("deletedAt")) is wanted])

    def hidden(self) -> tuple[int, int]:
        """How many records the tag filter hides, and how many there are without it."""
        documents, query = self._bench.documents, self.query
        if not query.tags:
            return 0, 0
        everything = documents.count(
            self._scope, Query(query.collection, query.sort, query.filters, deleted=query.deleted)
        )
        return everything - documents.count(self._scope, query), everything

    @property
    def sort_key(self) -> Callable[[Record], Any] | None:
        """The order's key where it is computed from opened records, None where SQL orders."""
        sorts = self._module.sorts
        return next((s.key for s in sorts if s.name == self.query.sort), sorts[0].key)

    # Inside ---------------------------------------------------------------------------------------

    def _folded(self) -> list[tuple[int, str]]:
        return [
            (key, alphabetical(title))
            for key, title in self._bench.documents.titles(self._scope, self.query)
        ]

    def _items(self, records: Sequence[Record]) -> list[Item]:
        width = self._width()
        names: dict[str, str] = {}
        if width >= TAGS_FROM and any(record.tags for record in records):
            names = {tag["id"]: tag.text("name") for tag in self._bench.tags.list(self._scope)}
        touched = self._touched(records)
        return [self._item(record, width, names, touched) for record in records]

    def _touched(self, records: Sequence[Record]) -> frozenset[int]:
        """Which of a page an agent touched last; few homes have agents, so that is asked first."""
        if not self._bench.db.read(_AGENTS):
            return frozenset()
        from store.ai.badges import touched

        return touched(self._bench, self.query.collection, [record.key for record in records])

    def _item(
        self, record: Record, width: int, names: Mapping[str, str], touched: frozenset[int]
    ) -> Item:
        cells = self._module.row(record, width)
        right = cells.right
        if self.query.deleted:
            right = _("deleted {day}").format(day=record.text("deletedAt")[:10])
        group = self._module.group(record) if self._has_groups and self._module.group else None
        return Item(
            record.key,
            record["id"],
            cells.glyph,
            cells.text,
            right,
            group,
            _STYLES.get(cells.glyph, "base"),
            " ".join(f"#{names[tag]}" for tag in record.tags[:TAGS] if tag in names),
            BADGE if record.key in touched else "",
        )
