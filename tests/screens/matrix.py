"""The matrix: each screen against each thing that a screen must stand.

python -m tests.screens.matrix            the table; exits with 1 if it has a hole
python -m tests.screens.matrix tasks undo only these screens and columns
"""

from __future__ import annotations

import asyncio
import re
import sys

from tests.screens import acting, columns
from tests.screens.columns import Column
from tests.screens.homes import Homes
from tests.screens.places import PLACES, Place

COLUMNS: dict[str, Column] = {
    "80x24": columns.sized(80, 24),
    "60x20": columns.sized(60, 20),
    "40x15": columns.sized(40, 15),
    "mono": columns.coloured(0, NO_COLOR="1"),
    "16 colours": columns.coloured(16, TERM="xterm", COLORTERM=""),
    "German": columns.german,
    "pseudo": columns.pseudo,
    "100,000": columns.many,
    "empty": columns.empty,
    "loading": columns.loading,
    "failed": columns.failed,
    "locked": columns.locked,
    "keys": acting.keys,
    "undo": acting.undo,
}


def cell(made: Homes, place: Place, column: str) -> bool:
    """Try one cell: whether it applies. Raises AssertionError where there is a hole."""
    try:
        return asyncio.run(COLUMNS[column](made, place))
    finally:
        made.forget_copies()


def main(names: list[str]) -> int:
    """Print the table; 1 if it has a hole."""
    import tests.conftest  # noqa: F401 - no real home, no keyring

    made, holes = Homes(), []
    chosen = [name for name in COLUMNS if name in names] or list(COLUMNS)
    places = [p for p in PLACES if p.name in names] or PLACES
    wide = max(len(place.name) for place in places)
    print(" " * wide, *chosen, sep=" | ")
    for place in places:
        cells = []
        for column in chosen:
            try:
                shown = "ok" if cell(made, place, column) else "-"
            except AssertionError as error:
                shown = "HOLE"
                holes.append(f"{place.name}, {column}: {error}")
            cells.append(shown.center(len(column)))
        print(place.name.ljust(wide), *cells, sep=" | ", flush=True)
    made.close()
    for hole in holes:
        print("\n" + re.sub(r"^", "    ", hole, flags=re.M))
    return 1 if holes else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
