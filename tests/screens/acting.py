"""What a screen must stand when it is used: every key that acts there, and undo of every act."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from tests.screens.columns import colourless, drawn, go, stands
from tests.screens.driving import Driven, driven
from tests.screens.homes import Homes
from tests.screens.places import NOT_HERE, Place
from tests.store.support import content
from tui.keys.actions import Action
from tui.keys.reading import ANY

LEAVING = frozenset(
    "quit suspend lock editor typing.editor first.demo first.leave first.begin first.passphrase "
    "first.import locked.leave".split()
)
"""Acts that end or lend the terminal or make the home; journeys cover them."""

SILENT = frozenset(
    # Nothing is begun, so nothing is cancelled; every cell is painted as it was; nothing was typed.
    "cancel redraw typing.undo typing.redo".split()
)
"""Acts that may change nothing that is seen."""

BEFORE = {"up": "down", "page_up": "down", "first": "down", "left": "l"}


class Reused:
    """One app that is brought back to its place after each key, and a fresh one where that fails:
    the place looks as it did or somebody else stands there."""

    def __init__(self, made: Homes, place: Place) -> None:
        self._homes, self._place = made, place
        self._stack = AsyncExitStack()
        self._on: Driven | None = None
        self._view: object = None
        self.fresh = 0

    async def on(self) -> Driven:
        """The app, standing at its place."""
        if self._on is None:
            home = self._homes.copy(self._place.home)
            # By the clock of the machine: what was done before this start is only shown first.
            self._on = await self._stack.enter_async_context(driven(home))
            await go(self._on, self._place)
            self._view = _view(self._on)
            self.fresh += 1
        return self._on

    async def back(self, *, undo: bool = False) -> None:
        """Go back to the place."""
        on = self._on
        assert on is not None
        for _step in range(4):
            if _view(on) == self._view:
                return
            if on.screen_name == self._place.screen and not on.app.is_typing:
                break
            await on.press("escape")
        for key in ("up", "escape", *("u" for _ in range(undo))):
            if _view(on) == self._view:
                return
            await on.press(key)
        if _view(on) != self._view and not await self._led_back(on):
            await self.close()

    async def _led_back(self, on: Driven) -> bool:
        """Go to the place by its keys, where they lead there at once from everywhere."""
        keys = self._place.keys
        waits = any(key == "…" or key.startswith(("~", "text:")) for key in keys)
        if keys[:1] != ("g",) or waits or on.app.is_typing or len(on.app.screen_stack) > 2:
            return False
        await on.follow(keys)
        return _view(on) == self._view

    async def close(self) -> None:
        """End the app; the next ``on`` opens another."""
        self._on = None
        await self._stack.aclose()
        self._stack = AsyncExitStack()


@asynccontextmanager
async def reused(made: Homes, place: Place) -> AsyncIterator[Reused]:
    """A ``Reused``, closed at the end."""
    app = Reused(made, place)
    try:
        yield app
    finally:
        await app.close()


def _view(on: Driven) -> object:
    """Where somebody is and what stands there, without what was said last."""
    kept = [w for w in on.widgets if type(w).__name__ not in ("Message", "StatusLine")]
    shown = [(w.region, w.draw(*w.size)) for w in kept]
    return on.screen_name, len(on.app.screen_stack), on.app.is_typing, shown


def _seen(on: Driven) -> object:
    """All that a person can notice."""
    return on.screen_name, len(on.app.screen_stack), on.app.is_typing, drawn(on), colourless(on)


async def keys(made: Homes, place: Place) -> bool:
    """Every key that acts here shows that it did, or says why it did not, and never faults."""
    if place.grabs:
        return False
    holes = []
    async with reused(made, place) as app:
        for sequence, action in _acting(await app.on(), place):
            on = await app.on()
            if not await _shows(on, sequence, action):
                holes.append(f"{' '.join(sequence)} ({action.id}) shows nothing\n{on.text}")
            assert on.app.failed is None, (action.id, on.app.failed)
            assert on.app.is_running, action.id
            stands(on, place, 80) if on.screen_name == place.screen else None
            await app.back(undo=action.changes)
    assert not holes, "\n".join(holes)
    return True


def _acting(on: Driven, place: Place) -> list[tuple[tuple[str, ...], Action]]:
    """Each act that has a key here, with the first of its keys; of numbers two are enough."""
    found = {}
    for sequence, action in _bound(on).items():
        skipped = action.id in LEAVING | SILENT or action.argument in tuple("3456789")
        skipped |= place.is_still and action.scope in ("move", "picking") and action.id != "open"
        # In a text it reads on.
        skipped |= place.is_still and place.screen == "ReaderScreen" and action.id == "main_act"
        skipped |= place.name == "home" and action.id == "back"
        if not skipped:
            found.setdefault(action.id, (sequence, action))
    return list(found.values())


async def _shows(on: Driven, sequence: tuple[str, ...], action: Action) -> bool:
    """Press the keys of an act; whether that could be seen. At an end it goes away from it first,
    and what was said before is taken away, so that the same words again can be seen."""
    if (away := BEFORE.get(action.argument)) is not None:
        await on.press(away)
    if (screen := on.app.screen) is not None and hasattr(screen, "say"):
        screen.say("")
    before = _seen(on)
    await on.press(*("x" if key == ANY else key for key in sequence))
    if _seen(on) != before:
        return True
    # At the other end, or on another row, it has something to do.
    if not on.app.is_typing and len(on.app.screen_stack) == 1:
        await on.press("down")
    if action.scope == "move" or action.argument in ("down", "page_down"):
        await on.press("home" if not on.app.is_typing else "up")
    before = _seen(on)
    await on.press(*sequence)
    return _seen(on) != before


def _bound(on: Driven) -> dict[tuple[str, ...], Action]:
    return dict(on.app.bindings_of(on.app.screen))


async def undo(made: Homes, place: Place) -> bool:
    """Every act that changes records is one step: u restores exactly what was there."""
    if not place.is_open or place.grabs:
        return False
    async with reused(made, place) as app:
        acts = _changing(await app.on(), place)
        for name, pressed in acts.items():
            on = await app.on()
            before = await _content(on)
            await on.follow(pressed)
            said = on.text
            after = await _content(on)
            assert after != before, f"{name}: nothing was changed\n{said}"
            for _step in range(4):
                if len(on.app.screen_stack) == 1 and not on.app.is_typing:
                    break
                await on.press("escape")
            await on.press("u")
            assert await _content(on) == before, f"{name}: u did not restore it\n{on.text}"
            await app.close()
    return bool(acts)


async def _content(on: Driven) -> Any:
    """Every record, when all that was pressed is written."""
    return await on.app.desk.run("write", lambda: content(on.app.bench))


def _changing(on: Driven, place: Place) -> dict[str, tuple[str, ...]]:
    """The acts of this screen that change records, each with the keys that carry it out."""
    if on.app.is_typing:
        return {}
    first: dict[str, tuple[str, ...]] = {}
    for keys, action in _bound(on).items():
        if action.changes:
            first.setdefault(action.id, keys)
    skipped = {"undo", "redo", "editor", "repeat"}
    return {
        name: place.acts.get(name, keys)
        for name, keys in first.items()
        if name not in skipped and place.acts.get(name, keys) != NOT_HERE
    }
