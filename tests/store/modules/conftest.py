"""A real workbench in a throw-away home, whose clock stands until a test moves it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from store import when
from store.workbench import Workbench

START = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
"""A Wednesday."""


class Clock:
    """Stands still; ``clock.on(days=1)`` moves it."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def on(self, **by: float) -> None:
        self.now += timedelta(**by)


@pytest.fixture
def clock() -> Iterator[Clock]:
    made = Clock()
    when.set_clock(made)
    yield made
    when.set_clock(lambda: datetime.now(UTC))


@pytest.fixture
def bench(tmp_path, monkeypatch, clock) -> Iterator[Workbench]:
    monkeypatch.setenv("MANABENCH_CONFIG", str(tmp_path / "config"))
    made = Workbench.create(tmp_path / "home", keyring=False, clock=clock)
    yield made
    made.close()


@pytest.fixture
def add(bench, clock):
    """Add a record of a module's main collection, a second after the one before; returns its id."""

    def add(collection: str, **fields: object) -> str:
        clock.on(seconds=1)
        with bench.step("Add") as step:
            return step.insert(collection, fields)

    return add


@pytest.fixture
def titles(bench):
    """The titles that a query shows, in order, read page by page in twos."""
    from store.queries import Query

    def titles(collection: str, filter: str = "", sort: str = "") -> list[str]:
        query = Query(collection, sort, (filter,) if filter else ())
        module = next(m for m in bench.modules.values() if m.main == collection)
        keys = bench.documents.keys(bench.scope, query)
        shown = bench.documents.by_keys(bench.scope, collection, keys)
        order = next(s for s in module.sorts if s.name == (sort or module.sorts[0].name))
        if order.key is None:
            paged, after = [], None
            while page := bench.documents.page(bench.scope, query, after, 2):
                paged += page
                after = page[-1]
            assert [r["id"] for r in paged] == [r["id"] for r in shown]
        assert bench.documents.count(bench.scope, query) == len(shown)
        return [module.title(record) for record in shown]

    return titles
