"""A first sync of very many records: its count stands on the screen, the loop never waits for it,
and Escape ends it without a loss."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from store.sync.spaces import linking
from store.workbench import Workbench
from tests.harness.homes import Home
from tests.journeys.conftest import fill_tasks, floor
from tests.screens.driving import Driven, driven
from tests.screens.homes import environment, store
from tests.server.running import PASSWORD

pytestmark = pytest.mark.slow

COUNT = 15_000
GAP = 0.050
MAIL = "ada@example.org"
ROOT = Path(__file__).parents[2]
SERVE = f"""
import sys
from pathlib import Path
from tests.server.running import running
with running(Path(sys.argv[1])) as server:
    server.add_user({MAIL!r})
    print(server.url, flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    """A server in a process of its own, so that it shares no interpreter with the loop, and all
    records on it."""
    running = subprocess.Popen(
        [sys.executable, "-c", SERVE, str(tmp_path / "server")],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with running:
        assert running.stdout is not None
        assert running.stdin is not None
        found = running.stdout.readline().strip()
        first = Home.make()
        try:
            with environment({k: v for k, v in first.env.items() if k.startswith(("MANA", "XDG"))}):
                bench = Workbench.create(first.path, keyring=False)
                fill_tasks(bench, COUNT)
                linking.login(bench, found, MAIL, PASSWORD)
                bench.sync.once()
                bench.close()
            yield found
        finally:
            first.remove()
            running.stdin.close()
            running.wait(30)


def here(on: Driven) -> int:
    rows = on.app.bench.db.read("SELECT count(*) FROM tasks")
    return int(rows[0][0])


async def test_a_first_sync_counts_in_the_jobs_line_and_never_holds_the_loop(
    home: Home, url: str
) -> None:
    machine = await floor()
    with store(home):
        pass
    async with driven(home) as on:
        await on.follow(("g", "Y", "enter", f"text:{url}", "enter", f"text:{MAIL}", "enter"))
        await on.follow((f"text:{PASSWORD}",))
        await asyncio.sleep(3)  # what is warmed after a start is no part of this
        on.heart.reset()
        on.send("enter")
        await on.sees("Syncing ")
        await on.sees("Esc stops")
        on.send("escape")
        await on.sees("Stopped syncing")
        stopped = here(on)
        assert 0 < stopped < COUNT
        await asyncio.sleep(0.5)
        assert here(on) < COUNT
        await on.follow(("n", "~Syncing now"))
        end = time.monotonic() + 60
        while here(on) < COUNT:
            assert time.monotonic() < end
            await asyncio.sleep(0.05)
        assert on.heart.worst < max(GAP, 3 * machine)
        await on.sees("in step")
        assert "Esc stops" not in on.text
