"""What each screen looks like: its lines and the styles of their parts, as small JSON.

python -m tests.screens.snapshots            write all of them anew
python -m tests.screens.snapshots home keys  only these places
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
from pathlib import Path
from typing import Any

from tests.screens.columns import go
from tests.screens.driving import Driven, driven
from tests.screens.homes import Homes, clock
from tests.screens.places import PLACES, Place

FOLDER = Path(__file__).resolve().parent / "snapshots"
REST = 0.08
"""Seconds in which nothing changes on a screen that is whole."""

SIZES = ((80, 24), (40, 15))
TAKEN = tuple(place for place in PLACES if not place.has_dice)


def path_of(place: Place, size: tuple[int, int]) -> Path:
    """Where a snapshot lies."""
    return FOLDER / f"{place.slug}-{size[0]}x{size[1]}.json"


def take(made: Homes, place: Place, size: tuple[int, int]) -> str:
    """The snapshot of a place as it is now."""

    async def taken() -> str:
        home = made.copy(place.home)
        # The lock screen names the home: as ``~/home``, wherever this run has it.
        env = {"HOME": str(home.root)} if place.screen == "LockedScreen" else {}
        async with driven(home, size, env, clock=clock) as on:
            before, now = "", written(await go(on, place))
            # Counts, and a text that is laid out in a worker, come when they are ready.
            while before != now:
                await asyncio.sleep(REST)
                before, now = now, written(await on.settle())
            return now

    try:
        return asyncio.run(taken())
    finally:
        made.forget_copies()


def written(on: Driven) -> str:
    """One line of JSON for each row: its text, and where which style begins.

    Styles are numbers in the order in which they come; blanks at the end are left out.
    """
    names: dict[str, int] = {}
    rows: list[list[Any]] = []
    for strip in on.strips:
        text, runs, at = strip.text.rstrip(), [], 0
        for segment in strip:
            style = names.setdefault(re.sub(r" ?link \S+", "", str(segment.style)), len(names))
            if at < max(1, len(text)) and (not runs or runs[-1][1] != style):
                runs.append([at, style])
            at += len(segment.text)
        rows.append([_said(text), *runs])
    body = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    return f'{{"styles": {json.dumps(list(names))},\n"rows": [\n{body}\n]}}\n'


def _said(text: str) -> str:
    """Without the name of a folder that only this run has, and the time by the wall's clock."""
    text = re.sub(r"/\S*/mb-\S+", "/HOME", text)
    return re.sub(r"^ \d\d:\d\d:\d\d ", " 12:00:00 ", text)


def main(names: list[str]) -> int:
    """Write the snapshots."""
    import tests.conftest  # noqa: F401 - no real home, no keyring

    made = Homes()
    FOLDER.mkdir(exist_ok=True)
    for place in TAKEN:
        if not names or place.name in names:
            for size in SIZES:
                path_of(place, size).write_text(take(made, place, size), encoding="utf-8")
    made.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
