"""The app in this process: keys in, the screen as lines of text out, and how long its loop was
away."""

from __future__ import annotations

import asyncio
import threading
import time
import unicodedata
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import Any

from textual import events
from textual.strip import Strip

from store import when
from store.workbench import Clock
from tests.harness.homes import Home
from tests.screens.homes import Homes, environment
from tests.screens.homes import clock as noon
from tui.keys.reading import QUIET
from tui.shell.manabench import Manabench
from tui.shell.opening import Opening
from tui.shell.work import LANES
from tui.widgets.lines import LinesWidget

LIMIT = 20.0
"""Seconds that anything may take before a test gives up."""


RESTED = 0.3
BESIDE = frozenset({"bench-files"})
"""Threads beside the lanes whose answer a screen waits for."""


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
        self._asked = 0
        self._lanes = set(LANES)
        ask = app.desk.ask

        def counted(lane: str, *given: Any, **named: Any) -> int:
            self._asked += 1
            self._lanes.add(lane)
            return ask(lane, *given, **named)

        app.desk.ask = counted  # type: ignore[method-assign]

    async def press(self, *keys: str) -> Driven:
        """Press keys one by one, each when the one before is done."""
        for key in keys:
            self.send(key)
            await self.settle()
        return self

    def send(self, key: str) -> None:
        """Press a key and go on at once."""
        character = " " if key == "space" else key if len(key) == 1 else None
        if character is not None and not character.isalnum():
            key = unicodedata.name(character).lower().replace(" ", "_").replace("-", "_")
        # By the way that a driver takes, but without a pause for the machine to go idle.
        self.app.post_message(events.Key(key, character))

    async def type(self, text: str) -> Driven:
        """Type into the field that has focus."""
        return await self.press(*text)

    async def follow(self, keys: Iterable[str]) -> Driven:
        """Press keys; what begins with ``text:`` is typed, ``~`` and words wait for the
        words, ``…`` waits as long as a screen may wait for typing to rest."""
        for key in keys:
            if key.startswith("text:"):
                await self.type(key.removeprefix("text:"))
            elif key == "…":
                await asyncio.sleep(RESTED)
                await self.settle()
            elif len(key) > 1 and key[0] == "~":
                await self.sees(key[1:])
            else:
                await self.press(key)
        return self

    async def settle(self) -> Driven:
        """Wait until every lane has answered and every answer is drawn."""
        end = time.monotonic() + LIMIT
        quiet = 0
        while quiet < 2:
            asked = self._asked
            # As long as a press may be held back as the beginning of a paste.
            await asyncio.sleep(0 if quiet else QUIET + 0.001)
            asking = [self.app.desk.run(lane, lambda: None) for lane in self._lanes]
            await asyncio.gather(*asking)
            while any(thread.name in BESIDE for thread in threading.enumerate()):
                await asyncio.sleep(0.002)
            await self._drawn()
            is_ready = getattr(self.app.screen, "is_ready", True)
            quiet = quiet + 1 if asked == self._asked and is_ready else 0
            assert time.monotonic() < end, f"never at rest:\n{self.text}"
        return self

    async def _drawn(self) -> None:
        """Until the messages that wait now are handled, by the app and then by its screen."""
        end = time.monotonic() + LIMIT
        for pump in (self.app, self.app.screen, self.app):
            handled = asyncio.Event()
            pump.call_later(handled.set)
            # A screen on its way out answers no more.
            while not handled.is_set() and pump in (self.app, self.app.screen):
                assert self.app.is_running, "the app has ended"
                assert time.monotonic() < end, "it hangs"
                with suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(handled.wait(), 0.02)

    @property
    def strips(self) -> list[Strip]:
        """What stands on the screen, row by row, as the widgets draw it one over another."""
        width, height = self.app.size
        rows = [Strip.blank(width) for _ in range(height)]
        for widget in self.widgets:
            region = widget.region
            for y in range(region.height):
                if 0 <= region.y + y < height:
                    old, drawn = rows[region.y + y], widget.render_line(y)
                    left = old.crop(0, region.x)
                    right = old.crop(region.x + drawn.cell_length)
                    rows[region.y + y] = Strip.join([left, drawn, right]).crop(0, width)
        return rows

    @property
    def widgets(self) -> list[LinesWidget]:
        """The widgets in view."""
        return [
            widget
            for widget in self.app.screen.query(LinesWidget)
            if widget.display and widget.visible and widget.region
        ]

    @property
    def text(self) -> str:
        """What stands on the screen, line by line without trailing blanks."""
        return "\n".join(strip.text.rstrip() for strip in self.strips)

    async def sees(self, wanted: str, limit: float = LIMIT) -> Driven:
        """Wait for a text, in any case of its letters."""
        end = time.monotonic() + limit
        while wanted.casefold() not in self.text.casefold():
            assert time.monotonic() < end, f"{wanted!r} never came:\n{self.text}"
            await asyncio.sleep(0.01)
        return self

    @property
    def screen_name(self) -> str:
        """The class of the screen in view."""
        return type(self.app.screen).__name__


@asynccontextmanager
async def driven(
    home: Home,
    size: tuple[int, int] = (80, 24),
    env: Mapping[str, str] | None = None,
    clock: Clock | None = None,
) -> AsyncIterator[Driven]:
    """The app on ``home`` at ``size``, with its settled first screen."""
    # What a start reads before the screen is there is read for this width.
    room = {"COLUMNS": str(size[0]), "LINES": str(size[1])}
    with environment({**home.env, **room, **(env or {})}):
        opening = Opening(home.path, clock)
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
    if clock is not None:
        when.set_clock(lambda: datetime.now(UTC))


@asynccontextmanager
async def on_copy(
    made: Homes, size: tuple[int, int] = (80, 24), *, kind: str
) -> AsyncIterator[Driven]:
    """The app on a copy of a home of that kind, which is thrown away afterwards."""
    async with driven(made.copy(kind), size, clock=noon) as on:
        yield on
    made.forget_copies()
