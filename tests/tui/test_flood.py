"""Much comes in at once while a list is open: it is read again a few times a second, not at each
page, it ends with everything, and the cursor stays on its record."""

from __future__ import annotations

import asyncio
import time

import pytest

from tests.harness.homes import Home
from tests.journeys.conftest import fill_tasks
from tests.screens.driving import driven
from tests.screens.homes import store
from tui.asking.source import ListSource

SECONDS = 1.5
AT_MOST = 8
"""Readings in that time: one at first, then one each 0.3 s."""


@pytest.mark.slow
@pytest.mark.parametrize("tells", ["which", "only that"])
async def test_a_flood_of_changes_is_read_a_few_times_a_second_and_leaves_the_cursor(
    home: Home, monkeypatch: pytest.MonkeyPatch, tells: str
) -> None:
    with store(home) as bench:
        fill_tasks(bench, 300)
    async with driven(home) as on:
        await on.follow(("g", "t", "j", "j"))
        await on.settle()
        rows = on.app.main_list.rows
        cursor, count = rows.cursor_id, len(rows.pages)
        reads = []
        keys_now = ListSource.keys_now

        def counted(source: ListSource) -> object:
            reads.append(time.monotonic())
            return keys_now(source)

        monkeypatch.setattr(ListSource, "keys_now", counted)
        end, added = time.monotonic() + SECONDS, 0
        while time.monotonic() < end:
            # As the engine's thread does: a page after a page.
            await on.app.desk.run("pages", lambda n=added: _page(on.app.bench, n))
            added += 1
            if tells == "only that":
                rows.reload(None)
            await asyncio.sleep(0.02)
        assert added > 15
        assert 1 < len(reads) <= AT_MOST
        await on.settle()
        await on.sees(f"{count + added} ")
        assert rows.cursor_id == cursor
        assert len(rows.pages) == count + added
        before = len(reads)
        await asyncio.sleep(1.0)
        assert len(reads) <= before + 1, "nothing is read while nothing changes"


def _page(bench: object, n: int) -> None:
    with bench.step("fill") as step:  # type: ignore[attr-defined]
        step.insert("tasks", {"title": f"came {n}"})
