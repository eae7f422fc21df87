"""Opening the home in a thread while the screen is being made: workbench, settings, last place."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from store import locations
from store.errors import ManabenchError, NotFoundError

if TYPE_CHECKING:
    from store.drafts import Draft
    from store.workbench import Workbench
    from tui.widgets import Item

IDLE_MINUTES = 15.0


@dataclass
class Place:
    """Where somebody is: what ``b`` goes back to and the next start restores. Holds only ids."""

    space: str = ""
    module: str = "todo"
    filter: str = ""
    sort: str = ""
    tags: list[str] = field(default_factory=list)
    rows: dict[str, Any] = field(default_factory=dict)


@dataclass
class Found:
    """What the thread found: an open or locked workbench, none yet (first start), or an error.

    Of an unlocked one also the last place, the drafts and the first rows of its list.
    """

    home: Path
    bench: Workbench | None = None
    error: Exception | None = None
    place: Place = field(default_factory=Place)
    drafts: list[Draft] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)
    idle_seconds: float = IDLE_MINUTES * 60

    @property
    def is_locked(self) -> bool:
        """Whether somebody must unlock before anything is shown."""
        return self.bench is not None and not self.bench.vault.unlocked


class Opening(threading.Thread):
    """Opens ``home`` in the background; ``result`` waits for it."""

    def __init__(self, home: Path | str | None) -> None:
        super().__init__(name="bench-opening", daemon=True)
        self.home = locations.home(home)
        self._found: Found | None = None

    def run(self) -> None:
        home = self.home
        found = Found(home)
        try:
            found.idle_seconds = idle_seconds()
            found.bench = open_bench(home)
            if found.bench is not None and found.bench.vault.unlocked:
                found.place, found.drafts = begin(found.bench)
                found.items = first_items(found.bench, found.place)
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


def open_bench(home: Path) -> Workbench | None:
    """The workbench of ``home``, unlocked if that needs nobody; None where there is none yet."""
    from store.workbench import Workbench

    try:
        return Workbench.open(home)
    except NotFoundError:
        return None


def begin(bench: Workbench) -> tuple[Place, list[Draft]]:
    """Enter the space of the last place, else the personal one: that place and all drafts."""
    place = load_place(bench)
    if place.space and place.space != bench.scope.id:
        try:
            bench.enter(place.space)
        except ManabenchError:
            place = Place()
    place.space = bench.scope.id
    return place, bench.drafts.all()


def first_items(bench: Workbench, place: Place) -> list[Item]:
    """The first rows of the list at ``place``, so that the first frame can show them."""
    from tui.source import FIRST, ListSource, query_of

    module = bench.modules.get(place.module)
    if module is None:
        return []
    return ListSource(None, bench, module, query_of(place, module)).first_now(FIRST)


def load_place(bench: Workbench) -> Place:
    """The place that was left, as this machine remembers it."""
    kept: Any = bench.device.get("place", {})
    known = Place.__dataclass_fields__
    return Place(**{k: v for k, v in kept.items() if k in known}) if kept else Place()


def idle_seconds() -> float:
    """After how many seconds without a key the vault locks; 0 for never.

    ``idle_lock_minutes`` in the section ``[screen]`` of ``settings.toml``.
    """
    path = locations.config() / "settings.toml"
    if not path.is_file():
        return IDLE_MINUTES * 60
    import tomllib

    with path.open("rb") as file:
        screen = tomllib.load(file).get("screen", {})
    return float(screen.get("idle_lock_minutes", IDLE_MINUTES)) * 60
