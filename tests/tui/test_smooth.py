"""The loop never waits: opening, scrolling and switching over a hundred thousand records."""

from __future__ import annotations

import asyncio
import gc
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from store.workbench import Workbench
from tests.harness.homes import Home
from tests.journeys.conftest import fill_tasks, workbench
from tui.shell.manabench import Manabench
from tui.shell.opening import Opening

pytestmark = pytest.mark.slow

GAP = 0.050
"""Seconds that the loop may be away at most, on an idle machine."""

HEAVY = ("pydantic", "sqlite_utils", "keyring", "httpx", "markdown_it", "click", "websockets")
HEAVY += ("tomlkit", "tomllib", "babel", "gettext", "hashlib", "shlex", "zoneinfo")
HEAVY += ("store.search", "store.capture", "store.exchange", "store.demo", "store.doctor")
HEAVY += ("store.history", "store.purge", "tui.cli", "tui.shell.outside", "tui.asking.bringing")
HEAVY += ("tui.asking.capturing", "tui.widgets.markdown", "tui.widgets.note_field")

FIRST_SCREEN = set("home lists place panel tabs message jumping narrowing views".split())
FIRST_SCREEN |= set("acts moving copying repeating".split())
"""What Home and its keys are made of; no other file of the screens is read before its rows."""


@pytest.fixture
def home() -> Iterator[Home]:
    made = Home.make()
    with workbench(made) as bench:
        fill_tasks(bench, 100_000)
        other = bench.spaces.create("Harbour", "team")
        bench.enter(other)
        fill_tasks(bench, 50) if bench.scope.allows("todo") else None
    yield made
    made.remove()


class Heart:
    """Beats on the loop; ``worst`` is the longest pause between two beats."""

    def __init__(self) -> None:
        self.gaps: list[tuple[float, str]] = []
        self.doing = "start"

    async def beat(self) -> None:
        last = time.perf_counter()
        while True:
            await asyncio.sleep(0.002)
            now = time.perf_counter()
            self.gaps.append((now - last - 0.002, self.doing))
            last = now

    @property
    def worst(self) -> list[tuple[float, str]]:
        return sorted(self.gaps, reverse=True)[:5]


async def floor() -> float:
    """The worst pause of a loop beside a thread that only burns time: what the machine adds."""
    heart = Heart()
    task = asyncio.create_task(heart.beat())
    await asyncio.to_thread(lambda: sum(i * i for i in range(3_000_000)))
    task.cancel()
    return heart.worst[0][0]


async def until(ready: object, limit: float = 20.0) -> None:
    end = time.monotonic() + limit
    while not ready():  # type: ignore[operator]
        assert time.monotonic() < end
        await asyncio.sleep(0.01)


async def test_no_gap_while_opening_scrolling_filtering_and_switching(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in home.env.items():
        monkeypatch.setenv(name, value)
    gc.collect()
    opening = Opening(home.path)
    opening.start()
    app = Manabench(opening)
    heart = Heart()
    machine = await floor()
    async with app.run_test(size=(80, 24)) as pilot:
        task = asyncio.create_task(heart.beat())
        await until(lambda: app.main_list is not None and len(app.main_list.rows.pages) > 10)
        heart.doing = "reading all keys"
        await until(lambda: app.main_list.rows.pages.is_complete)
        for name, keys in (
            ("scrolling", ["pagedown"] * 20 + ["end", "home"]),
            ("moving", ["j"] * 30),
            ("acting", ["space", "j", "space"]),
            ("filtering", ["slash", "0", "4", "2", "enter", "escape"]),
            ("a record", ["enter", "q"]),
            ("help", ["question_mark", "q"]),
            ("the other space", ["s", "2", "enter"]),
            ("back again", ["b"]),
        ):
            heart.doing = name
            for key in keys:
                await pilot.press(key)
                await asyncio.sleep(0.03)
            await asyncio.sleep(0.4)
        task.cancel()
    assert heart.worst[0][0] < max(GAP, 3 * machine), heart.worst


def test_nothing_heavy_is_imported_before_the_first_rows(home: Home, tmp_path: Path) -> None:
    script = tmp_path / "probe.py"
    script.write_text(
        "import asyncio, sys, os\n"
        "from tui import terminal\n"
        "terminal.scrub(os.environ)\n"
        "from tui.shell.opening import Opening\n"
        "opening = Opening(None); opening.start()\n"
        "from tui.shell.manabench import Manabench\n"
        "app = Manabench(opening)\n"
        "async def main():\n"
        "    async with app.run_test(size=(80, 24)):\n"
        "        while app.main_list is None or not len(app.main_list.rows.pages):\n"
        "            await asyncio.sleep(0.001)\n"
        "        sys.__stdout__.write('\\n'.join(sys.modules)); sys.__stdout__.flush()\n"
        "        os._exit(0)\n"
        "asyncio.run(main())\n"
    )
    done = subprocess.run(
        [sys.executable, str(script)], env=home.env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    loaded = set(done.stdout.split())
    assert "tui.screens.home" in loaded
    # The probe itself is not started by the command line, so click must not be there either.
    assert sorted(loaded & set(HEAVY)) == []
    screens = {name.rpartition(".")[2] for name in loaded if name.startswith("tui.screens.")}
    assert sorted(screens - FIRST_SCREEN) == []
    assert not {m for m in loaded if m.startswith(("textual.widgets._text_area", "rich.markdown"))}


def is_read(app: Manabench) -> bool:
    """Whether the list in view stands whole; before the first frame there is none."""
    screen = app.main_list
    return bool(screen and screen.panels and screen.rows.pages.is_complete)


async def test_another_process_shows_within_150_ms(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in home.env.items():
        monkeypatch.setenv(name, value)
    opening = Opening(home.path)
    opening.start()
    app = Manabench(opening)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(lambda: is_read(app))
        await pilot.press("j", "j")
        await asyncio.sleep(0.2)
        rows = app.main_list.rows
        on = rows.cursor_id
        other = Workbench.open(home.path)
        first = next(iter(rows.pages.keys))
        item = rows.pages.of_key(first)
        with other.step("rename") as step:
            step.update("tasks", item.id, {"title": "written elsewhere"})
        start = time.perf_counter()
        await until(lambda: rows.pages.of_key(first).text == "written elsewhere")
        took = time.perf_counter() - start
        other.close()
        assert rows.cursor_id == on
        assert took < 0.150
