"""Opening the home in a thread while the screen is being made: workbench, settings, last place."""

from __future__ import annotations

import threading
from pathlib import Path
from shutil import get_terminal_size
from typing import TYPE_CHECKING

from store import local, locations, settings
from store.errors import ManabenchError, NotFoundError
from tui.asking.scenery import Base, base_at
from tui.keys import keymap_file
from tui.keys.actions import everything
from tui.keys.keymap import Keymap
from tui.shell.places import Place

if TYPE_CHECKING:
    from store.drafts import Draft
    from store.workbench import Clock, Workbench


class Found:
    """What the thread found: an open or locked workbench, none yet (first start), or an error.

    Of an unlocked one also what the screen at the last place begins with, and the drafts.
    """

    def __init__(self, home: Path) -> None:
        self.home = home
        self.bench: Workbench | None = None
        self.error: Exception | None = None
        self.base: Base | None = None
        self.drafts: list[Draft] = []
        self.idle_seconds = settings.Settings().idle_seconds
        self.keymap = Keymap()

    @property
    def is_locked(self) -> bool:
        """Whether somebody must unlock before anything is shown."""
        return self.bench is not None and not self.bench.vault.unlocked


class Opening(threading.Thread):
    """Opens ``home`` in the background; ``result`` waits for it. clock: the time it is there."""

    def __init__(self, home: Path | str | None, clock: Clock | None = None) -> None:
        super().__init__(name="bench-opening", daemon=True)
        self.clock = clock
        self.home = locations.home(home)
        self.settings = settings.load()
        local.follow(self.settings)
        self._found: Found | None = None

    def run(self) -> None:
        home = self.home
        found = Found(home)
        try:
            found.idle_seconds = self.settings.idle_seconds
            found.keymap = keymap_of(self.settings.keys)
            found.bench = open_bench(home, self.clock)
            if found.bench is not None and found.bench.vault.unlocked:
                found.base, found.drafts = begin(found.bench, get_terminal_size().columns)
        except Exception as error:  # noqa: BLE001 - told on the screen, in one place
            found.error = error
        self._found = found

    @property
    def found(self) -> Found | None:
        """What was found, None while it is being looked for."""
        return self._found

    def result(self) -> Found:
        """What was found; blocks until then, so never call it on the loop."""
        self.join()
        assert self._found is not None  # noqa: S101 - run always sets it
        return self._found


def keymap_of(preset: str) -> Keymap:
    """The keys in force: the keymap file, else those of the preset that the settings name."""
    from store.modules import installed

    return keymap_file.load(lambda: everything(installed()), preset)


def open_bench(home: Path, clock: Clock | None = None) -> Workbench | None:
    """The workbench of ``home``, unlocked if that needs nobody; None where there is none yet."""
    from store.workbench import Workbench

    try:
        return Workbench.open(home, clock=clock)
    except NotFoundError:
        return None


def begin(bench: Workbench, columns: int) -> tuple[Base, list[Draft]]:
    """Enter the space of the last place, else the personal one: that place and all drafts.

    columns: how wide the screen is.
    """
    place = Place.of(bench.device.get("place", {}))
    if place.space and place.space != bench.scope.id:
        try:
            bench.enter(place.space)
        except ManabenchError:
            place = Place()
    base = base_at(bench, place, columns)
    base.begins = True
    return base, bench.drafts.all()
