"""The app in this process: keys in, the screen as lines of text out, and how long its loop was
away."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from tests.harness.homes import Home
from tui.shell.manabench import Manabench
from tui.shell.opening import Opening
from tui.shell.work import LANES
from tui.widgets.lines import LinesWidget

LIMIT = 20.0
"""Seconds that anything may take before a test gives up."""


class Heart:
    """Beats on the loop; ``worst`` is its longest pause between two beats, in seconds."""

    def __init__(self) -> None:
        self.worst = 0.0

    async def beat(self) -> None:
        last = time.perf_counter()
        while True:
            await asyncio.sleep(0.002)
            now = time.perf_counter()
            self.worst = max(self.worst, now - last - 0.002)
            last = now

    def reset(self) -> None:
        self.worst = 0.0


class Driven:
    """A running app. Keys are named as in ``tests.harness.keys``."""

    def __init__(self, app: Manabench, pilot: Any) -> None:
        self.app = app
        self.pilot = pilot
        self.heart = Heart()

    async def press(self, *keys: str) -> Driven:
        """Press keys one by one, each when the one before is done."""
        for key in keys:
            await self.pilot.press(key)
            await self.settle()
        return self

    async def type(self, text: str) -> Driven:
        """Type into the field that has focus."""
        return await self.press(*text)

    async def settle(self) -> Driven:
        """Wait until every lane has answered and every answer is drawn."""
        for _round in range(3):
            # As long as a press may be held back as the beginning of a paste.
            await asyncio.sleep(0.008)
            for lane in LANES:
                await self.app.desk.run(lane, lambda: None)
            await self.pilot.pause()
        return self

    @property
    def text(self) -> str:
        """What stands on the screen, line by line without trailing blanks."""
        width, height = self.app.size
        lines = [" " * width for _ in range(height)]
        for widget in self.app.screen.query(LinesWidget):
            region = widget.region
            if not widget.display or not widget.visible:
                continue
            for y in range(region.height):
                if 0 <= region.y + y < height:
                    old = lines[region.y + y]
                    drawn = widget.render_line(y).text
                    lines[region.y + y] = old[: region.x] + drawn + old[region.x + len(drawn) :]
        return "\n".join(line.rstrip() for line in lines)

    async def sees(self, wanted: str, limit: float = LIMIT) -> Driven:
        """Wait for a text."""
        end = time.monotonic() + limit
        while wanted not in self.text:
            assert time.monotonic() < end, f"{wanted!r} never came:\n{self.text}"
            await asyncio.sleep(0.01)
        return self

    @property
    def screen_name(self) -> str:
        """The class of the screen in view."""
        return type(self.app.screen).__name__


@asynccontextmanager
async def driven(
    home: Home, size: tuple[int, int] = (80, 24), env: Mapping[str, str] | None = None
) -> AsyncIterator[Driven]:
    """The app on ``home`` at ``size``, with its settled first screen."""
    wanted = {**home.env, **(env or {})}
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        opening = Opening(home.path)
        opening.start()
        app = Manabench(opening)
        async with app.run_test(size=size) as pilot:
            on = Driven(app, pilot)
            beating = asyncio.create_task(on.heart.beat())
            await asyncio.to_thread(opening.result)
            await on.settle()
            yield on
            beating.cancel()
            await asyncio.to_thread(app.leave_behind)
        assert not app.failed
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
