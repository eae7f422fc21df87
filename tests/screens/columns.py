"""What a screen must stand, all but its keys: sizes, looks, languages, many records, no records, a
store that is slow, broken or locked.

A column is a function that raises AssertionError where a screen has a hole, and returns False
where it does not apply.
"""

from __future__ import annotations

import asyncio
import os
import re
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from errno import EIO
from functools import cache
from pathlib import Path
from typing import Any

from babel.messages.pofile import read_po
from rich.cells import cell_len
from rich.style import Style

from store import words
from store.database import Database
from store.errors import StorageError
from tests.screens.driving import LIMIT, Driven, Heart, driven
from tests.screens.homes import Homes, clock
from tests.screens.places import DATA, PRIVATE, Place
from tests.tui.pseudo import ENV, env_of, is_pseudo, speaking, unwrapped_words

Column = Callable[[Homes, Place], Awaitable[bool]]

GAP = 0.050
"""Seconds that the loop may be away while a screen opens."""

TRIES = 3
"""Openings of which the best counts: what else the machine does is no fault of a screen."""


async def go(on: Driven, place: Place) -> Driven:
    """Press the keys that lead to ``place``."""
    await on.follow(place.keys)
    end = time.monotonic() + LIMIT
    while on.screen_name != place.screen:
        assert time.monotonic() < end, f"{on.screen_name} instead of it\n{on.text}"
        await asyncio.sleep(0.01)
    return await on.settle()


def stands(on: Driven, place: Place, cols: int) -> None:
    """Assert what holds in every language and size."""
    text = on.text
    lines = text.split("\n")
    assert max(map(cell_len, lines)) <= cols, text
    assert lines[0].strip(), text
    assert any(line.strip() for line in lines[1:]), text
    assert "Traceback" not in text, text
    assert "cormorant" not in text, text  # of another space


# Sizes, looks and languages --------------------------------------------------------------------


def sized(cols: int, rows: int) -> Column:
    """It stands whole at this size: its sign, the status line, nothing beyond the edge."""

    async def column(made: Homes, place: Place) -> bool:
        async with driven(made.copy(place.home), (cols, rows), clock=clock) as on:
            await go(on, place)
            stands(on, place, cols)
            await on.sees(place.sign)
        return True

    return column


def coloured(limit: int, **env: str) -> Column:
    """No style asks for a colour beyond ``limit``, and whatever a key changes is still seen when
    colours are taken away: by a glyph, a word, bold, underline or reverse."""

    async def column(made: Homes, place: Place) -> bool:
        async with driven(made.copy(place.home), env=env, clock=clock) as on:
            await go(on, place)
            stands(on, place, 80)
            for style in styles(on):
                for colour in (style.color, style.bgcolor):
                    number = -1 if colour is None or colour.is_default else colour.number
                    assert number is not None, f"true colour {style}"
                    assert number < limit, f"{style}\n{on.text}"
            if not place.grabs and not on.app.is_typing:
                await _seen_without_colour(on)
        return True

    return column


STATES = ("down", "x", "X", "*", "tab", "end", "up", "t", "w")
"""Keys that change what is chosen, marked, open or waited for."""


async def _seen_without_colour(on: Driven) -> None:
    for key in STATES:
        roles, plain, screen = drawn(on), colourless(on), on.screen_name
        await on.press(key)
        if on.screen_name == screen and drawn(on) != roles:
            assert colourless(on) != plain, f"{key} is only seen by colour\n{on.text}"
        if on.app.is_typing or on.screen_name != screen:
            await on.press("escape")
        if on.screen_name != screen:
            return
    await on.press("escape")


def styles(on: Driven) -> set[Style]:
    """Every style on the screen."""
    return {segment.style for strip in on.strips for segment in strip if segment.style is not None}


def drawn(on: Driven) -> list[object]:
    """What every widget draws, by roles: all that a person with colours may see."""
    return [(w.region, w.labels.copy(), w.draw(*w.size)) for w in on.widgets]


def colourless(on: Driven) -> list[list[tuple[str, bool, bool, bool]]]:
    """Text and what is no colour, row by row, neighbours that look the same joined."""
    rows = []
    for strip in on.strips:
        row: list[tuple[str, bool, bool, bool]] = []
        for segment in strip:
            style = segment.style or Style()
            look = (bool(style.bold), bool(style.underline), bool(style.reverse))
            if row and row[-1][1:] == look:
                row[-1] = (row[-1][0] + segment.text, *look)
            else:
                row.append((segment.text, *look))
        rows.append(row)
    return rows


async def german(made: Homes, place: Place) -> bool:
    """It stands at 60x20, and nothing that the catalogue has in German is said in English."""
    with speaking("de"):
        async with driven(made.copy(place.home), (60, 20), env_of("de"), clock) as on:
            await go(on, place)
            assert words.language() == "de"
            stands(on, place, 60)
            shown = on.text
            left = [sentence for sentence in _translated() if sentence in shown]
            assert not left, f"{left}\n{shown}"
    return True


@cache
def _translated() -> tuple[str, ...]:
    """English sentences of which the German ones differ; one word may be a name or a value."""
    path = Path(words.catalogue("de")).with_suffix(".po")
    with path.open("rb") as file:
        found = read_po(file)
    return tuple(
        message.id
        for message in found
        if isinstance(message.id, str)
        and isinstance(message.string, str)
        and "{" not in message.id
        and " " in message.id
        and message.string
        and message.id not in message.string
    )


async def pseudo(made: Homes, place: Place) -> bool:
    """Two fifths longer and with accents: all words are translated, and 40x15 holds the screen."""
    with speaking(words.PSEUDO):
        async with driven(made.copy(place.home), (100, 30), ENV, clock) as on:
            await go(on, place)
            assert is_pseudo(on.text), on.text
            said = re.sub(r"\b[0-9A-F]{4}\b", "", on.text) if place.has_dice else on.text
            left = unwrapped_words(said, DATA)
            assert not left, f"{left}\n{on.text}"
            stands(on, place, 100)
        async with driven(made.copy(place.home), (40, 15), ENV, clock) as on:
            await go(on, place)
            stands(on, place, 40)
    return True


# Records ---------------------------------------------------------------------------------------


async def many(made: Homes, place: Place) -> bool:
    """It opens over a hundred thousand records without the loop being away."""
    if not place.is_open:
        return False
    gaps = []
    while len(gaps) < TRIES:
        async with driven(made.home("large"), clock=clock) as on:
            await on.follow(place.keys[:-1])
            machine = await _machine()
            on.heart.reset()
            await on.follow(place.keys[-1:])
            await on.settle()
            gaps.append(on.heart.worst)
        if gaps[-1] < max(GAP, 3 * machine):
            return True
    raise AssertionError(f"the loop was away for {min(gaps) * 1e3:.0f} ms")


async def _machine() -> float:
    """The longest pause of a loop beside a thread that only burns time: what the machine adds."""
    heart = Heart()
    task = asyncio.create_task(heart.beat())
    await asyncio.to_thread(lambda: sum(i * i for i in range(500_000)))
    task.cancel()
    return heart.worst


async def empty(made: Homes, place: Place) -> bool:
    """Where there is nothing to show it says so."""
    if not place.empty:
        return False
    async with driven(made.copy("empty"), clock=clock) as on:
        await on.follow(place.keys)
        assert place.empty.casefold() in on.text.casefold(), on.text
        stands(on, place, 80)
    return True


@contextmanager
def reading(do: Callable[[], None]) -> Iterator[None]:
    """Every reading of the database or of a folder begins with ``do``."""
    read, scan = Database.read, os.scandir

    def database(self: Database, *given: Any, **named: Any) -> Any:
        do()
        return read(self, *given, **named)

    def scanned(*given: Any) -> Any:
        try:
            do()
        except StorageError as error:
            raise OSError(EIO, str(error)) from error
        return scan(*given)

    Database.read = database  # type: ignore[method-assign]
    os.scandir = scanned  # type: ignore[assignment]
    try:
        yield
    finally:
        Database.read, os.scandir = read, scan  # type: ignore[method-assign]


def _reads(place: Place) -> bool:
    return place.reads and place.is_open and bool(place.keys)


async def loading(made: Homes, place: Place) -> bool:
    """While the store has not answered something stands there, keys act, and it can be left."""
    if not _reads(place):
        return False
    async with driven(made.copy(place.home), clock=clock) as on:
        keys, last = _last(place)
        await on.follow(keys)
        answers = threading.Event()
        with reading(lambda: bool(answers.wait(LIMIT))):
            try:
                on.heart.reset()
                on.send(last)
                await asyncio.sleep(0.15)
                shown = on.text.split("\n")
                assert any(line.strip() for line in shown[1:-1]), f"blank\n{on.text}"
                if on.screen_name == place.screen and place.sign not in on.text:
                    waits = re.search("…|oading|ooking", "\n".join(shown[1:-1]))
                    assert waits, f"no word of waiting\n{on.text}"
                on.send("escape")
                await asyncio.sleep(0.05)
                assert on.heart.worst < LIMIT / 100, f"{on.heart.worst:.2f} s"
            finally:
                answers.set()
        await on.settle()
        await on.follow(("escape", "escape", "g", "t", "~heron"))
        assert on.screen_name == "ListScreen", on.text
    return True


def _last(place: Place) -> tuple[tuple[str, ...], str]:
    """The keys up to the one that opens the screen, and that one."""
    keys = tuple(key for key in place.keys if key[0] not in "~…")
    return keys[:-1], keys[-1]


async def failed(made: Homes, place: Place) -> bool:
    """When the store fails it says what happened and the app goes on."""
    if not _reads(place):
        return False

    def broken() -> None:
        raise StorageError("The disk does not answer.", kept="Nothing was changed.")

    async with driven(made.copy(place.home), clock=clock) as on:
        keys, last = _last(place)
        await on.follow(keys)
        with reading(broken):
            await on.press(last)
            await on.sees("does not answer", limit=3)
        await on.follow(("escape", "escape", "g", "t", "~heron"))
        assert on.screen_name == "ListScreen", on.text
    return True


async def locked(made: Homes, place: Place) -> bool:
    """Locking takes everything readable away; unlocking leads back to a screen that works."""
    if not place.is_open:
        return False
    async with driven(made.copy(place.home), clock=clock) as on:
        await go(on, place)
        below = {type(screen).__name__ for screen in on.app.screen_stack}
        on.app.do_lock()
        await on.settle()
        assert on.screen_name == "LockedScreen"
        for word in PRIVATE:
            assert not re.search(rf"\b{word}\b", on.text), f"{word}\n{on.text}"
        assert len(on.app.screen_stack) == 1
        assert not on.app.drafts
        await on.press("enter")
        end = time.monotonic() + LIMIT
        while on.screen_name == "LockedScreen":
            assert time.monotonic() < end, on.text
            await asyncio.sleep(0.01)
        await on.settle()
        assert on.screen_name in below, on.screen_name
        await on.follow(("escape", "escape", "g", "c", "~Ada"))
    return True
