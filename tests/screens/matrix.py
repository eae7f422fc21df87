"""The matrix: each screen against each thing that a screen must stand.

    python -m tests.screens.matrix            the table; exits with 1 if it has a hole
    python -m tests.screens.matrix tasks undo only these screens and columns

A column is a function that raises AssertionError where a screen has a hole, and returns False
where it does not apply.
"""

from __future__ import annotations

import asyncio
import re
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from store.database import Database
from store.errors import StorageError
from store.workbench import Workbench
from tests.harness.homes import Home
from tests.journeys.conftest import fill_tasks, workbench
from tests.screens.driving import LIMIT, Driven, driven
from tests.screens.places import NOT_HERE, PLACES, Place, fill
from tests.store.support import content

Column = Callable[["Bench", Place], Awaitable[bool]]

GAP = 0.050
"""Seconds that the loop may be away while a screen opens."""


class Bench:
    """The homes that the matrix is walked on, each made when it is first needed and copied for
    each cell that changes it."""

    def __init__(self) -> None:
        self._made: dict[str, Home] = {}

    def home(self, kind: str) -> Home:
        """A home: filled, empty (an empty space), fresh (no home yet), locked, large."""
        if kind == "fresh":
            return Home.make()
        if kind not in self._made:
            home = self._made[kind] = Home.make()
            with workbench(home) as bench:
                if kind in ("filled", "locked"):
                    fill(bench)
                if kind == "large":
                    fill(bench)
                    fill_tasks(bench, 100_000)
                if kind == "locked":
                    _shut(bench)
        return self._made[kind]

    def copy(self, kind: str) -> Home:
        """A home of its own, like ``home(kind)``."""
        import shutil

        made = Home.make()
        source = self.home(kind)
        for old, new in ((source.path, made.path), (source.config, made.config)):
            if old.exists():
                shutil.copytree(old, new, dirs_exist_ok=True)
        return made

    def close(self) -> None:
        for home in self._made.values():
            home.remove()


def _shut(bench: Workbench) -> None:
    """Let only a passphrase open the home."""
    bench.vault.set_passphrase("a long enough phrase")
    for way in bench.vault.opens_alone:
        bench.vault.remove_way(way)


async def go(on: Driven, place: Place) -> Driven:
    """Press the keys that lead to ``place``."""
    await go_on(on, place.keys)
    end = time.monotonic() + LIMIT
    while on.screen_name != place.screen or not getattr(on.app.screen, "is_ready", True):
        assert time.monotonic() < end, f"{on.screen_name} instead of it\n{on.text}"
        await asyncio.sleep(0.01)
    return await on.settle()


async def go_on(on: Driven, pressed: Iterable[str]) -> None:
    """Press keys, and type what is marked as text."""
    for key in pressed:
        await (on.type(key.removeprefix("text:")) if key.startswith("text:") else on.press(key))


def widest(text: str) -> int:
    """Columns that the widest line takes."""
    from rich.cells import cell_len

    return max(cell_len(line) for line in text.split("\n"))


# The columns ---------------------------------------------------------------------------------


def sized(cols: int, rows: int, **env: str) -> Column:
    """It stands whole at this size: its sign, the status line, nothing beyond the edge."""

    async def column(bench: Bench, place: Place) -> bool:
        kind = place.home
        async with driven(bench.copy(kind), (cols, rows), env) as on:
            await go(on, place)
            text = on.text
            assert place.sign.casefold() in text.casefold(), text
            assert widest(text) <= cols, text
            assert text.split("\n")[0].strip(), text
            assert "Traceback" not in text
            if place.home == "filled":
                assert "cormorant" not in text, text
        return True

    return column


async def opens(bench: Bench, place: Place) -> bool:
    """It opens over a hundred thousand records without the loop being away."""
    if place.home != "filled":
        return False
    async with driven(bench.home("large")) as on:
        await asyncio.sleep(1.0)
        await on.settle()
        on.heart.reset()
        machine = await _machine()
        on.heart.reset()
        await go(on, place)
        assert on.heart.worst < max(GAP, 3 * machine), f"{on.heart.worst * 1e3:.0f} ms"
    return True


async def _machine() -> float:
    """The longest pause of a loop beside a thread that only burns time: what the machine adds."""
    from tests.screens.driving import Heart

    heart = Heart()
    task = asyncio.create_task(heart.beat())
    await asyncio.to_thread(lambda: sum(i * i for i in range(1_000_000)))
    task.cancel()
    return heart.worst


async def empty(bench: Bench, place: Place) -> bool:
    """Where there is nothing to show it says so."""
    if not place.empty:
        return False
    async with driven(bench.copy("empty")) as on:
        await go_on(on, place.keys)
        assert place.empty.casefold() in on.text.casefold(), on.text
    return True


async def loading(bench: Bench, place: Place) -> bool:
    """While the store has not answered the screen is there, says so, and can be left."""
    if not place.reads or place.home != "filled" or not place.keys:
        return False
    async with driven(bench.home("filled")) as on:
        await go_on(on, place.keys[:-1])
        answer = threading.Event()
        for lane in ("rows", "look"):
            on.app.desk.ask(lane, lambda: answer.wait(20))
        await on.pilot.press(place.keys[-1])
        await asyncio.sleep(0.2)
        before = on.text
        answer.set()
        await on.settle()
        assert before.strip(), "blank"
        assert "…" in before or "oading" in before or on.text == before, before
    return True


async def failed(bench: Bench, place: Place) -> bool:
    """When the store fails it says what happened and the app goes on."""
    if not place.reads or place.home != "filled" or not place.keys:
        return False
    async with driven(bench.copy("filled")) as on:
        await go_on(on, place.keys[:-1])
        read = Database.read

        def broken(self: Database, *given: Any, **named: Any) -> Any:
            raise StorageError("The disk does not answer.", kept="Nothing was changed.")

        Database.read = broken  # type: ignore[method-assign]
        try:
            await on.press(place.keys[-1])
            await on.sees("does not answer", limit=3)
        finally:
            Database.read = read  # type: ignore[method-assign]
        await on.press("escape", "g", "t")
        assert on.screen_name == "ListScreen"
        await on.sees("heron")
    return True


async def locked(bench: Bench, place: Place) -> bool:
    """Locking takes everything readable away; unlocking leads back to a screen that works."""
    if place.home != "filled":
        return False
    async with driven(bench.copy("filled")) as on:
        await go(on, place)
        on.app.do_lock()
        await on.settle()
        assert on.screen_name == "LockedScreen"
        for word in ("heron", "ledger", "Ada", "Harbour", "family"):
            assert word not in on.text, on.text
        await on.press("enter")
        end = time.monotonic() + LIMIT
        while on.screen_name == "LockedScreen":
            assert time.monotonic() < end, on.text
            await asyncio.sleep(0.01)
        await on.settle()
        assert on.screen_name in (place.screen, type(on.app.main_list).__name__), on.screen_name
        assert len(on.text.split()) > 5, on.text
    return True


LEAVING = {"quit", "suspend", "lock", "editor", "typing.editor", "first.demo", "first.leave"}
LEAVING |= {"locked.leave", "first.begin", "first.passphrase"}
"""Acts that end or lend the terminal; journeys cover them."""


async def keys(bench: Bench, place: Place) -> bool:
    """Every key that acts here does something without a fault, and the screen can be left."""
    async with driven(bench.copy(place.home)) as on:
        await go(on, place)
        bound = dict(on.app.bindings_of(on.app.screen))
    for sequence, action in bound.items():
        if action.id in LEAVING or (place.name == "home" and action.id == "back"):
            continue
        async with driven(bench.copy(place.home)) as on:
            await go(on, place)
            pressed = ["x" if key.startswith("<") else key for key in sequence]
            await on.press(*pressed)
            assert on.app.failed is None, (action.id, on.app.failed)
            assert on.app.is_running, action.id
            assert widest(on.text) <= 80, action.id
    return True


async def undo(bench: Bench, place: Place) -> bool:
    """Every act that changes records is one step: u restores exactly what was there."""
    if place.home != "filled":
        return False
    changing = await _changing(bench, place)
    for name, pressed in changing.items():
        home = bench.copy("filled")
        with workbench(home) as store:
            before = content(store)
        async with driven(home) as on:
            await go(on, place)
            await go_on(on, pressed)
            said = on.text
            while on.screen_name != place.screen and len(on.app.screen_stack) > 1:
                await on.press("escape")
        with workbench(home) as store:
            after = content(store)
        assert after != before, f"{name}: nothing was changed\n{said}"
        async with driven(home) as on:
            await on.press("u", "u")
            said = on.text
        with workbench(home) as store:
            assert content(store) == before, f"{name}: u did not restore it\n{said}"
    return bool(changing)


async def _changing(bench: Bench, place: Place) -> dict[str, tuple[str, ...]]:
    """The acts of this screen that change records, each with the keys that carry it out."""
    async with driven(bench.copy(place.home)) as on:
        await go(on, place)
        bound = {a.id: keys for keys, a in on.app.bindings_of(on.app.screen).items() if a.changes}
    skipped = {"undo", "redo", "editor", "repeat"}
    return {
        name: place.acts.get(name, keys)
        for name, keys in bound.items()
        if name not in skipped and place.acts.get(name, keys) != NOT_HERE
    }


COLUMNS: dict[str, Column] = {
    "80x24": sized(80, 24),
    "60x20": sized(60, 20),
    "40x15": sized(40, 15),
    "mono": sized(80, 24, NO_COLOR="1"),
    "16 colours": sized(80, 24, TERM="xterm", COLORTERM=""),
    "100,000": opens,
    "empty": empty,
    "loading": loading,
    "failed": failed,
    "locked": locked,
    "keys": keys,
    "undo": undo,
}


def main(names: list[str]) -> int:
    """Print the table; 1 if it has a hole."""
    import tests.conftest  # noqa: F401 - no real home, no keyring

    bench, holes = Bench(), []
    columns = {name: column for name, column in COLUMNS.items() if name in names} or COLUMNS
    places = [p for p in PLACES if p.name in names] or PLACES
    wide = max(len(place.name) for place in places)
    print(" " * wide, *columns, sep=" | ")
    for place in places:
        cells = []
        for name, column in columns.items():
            try:
                cell = "ok" if asyncio.run(column(bench, place)) else "-"
            except AssertionError as error:
                cell = "HOLE"
                holes.append(f"{place.name}, {name}: {error}")
            cells.append(cell.center(len(name)))
        print(place.name.ljust(wide), *cells, sep=" | ", flush=True)
    bench.close()
    for hole in holes:
        print("\n" + re.sub(r"^", "    ", hole, flags=re.M))
    return 1 if holes else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
