"""Open the real workbench on a home where it is always the same noon.

python at_noon.py demo HOME      the demo's data
python at_noon.py plain HOME     any other home, also one that is not there yet
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

NOON = datetime(2026, 10, 14, 12, 20, tzinfo=UTC)
"""A Wednesday in autumn, when the kilns are busy and the rain barrel is full."""


def clock() -> datetime:
    """The time that it is in every picture."""
    return NOON


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    from tui.app import run

    sys.exit(run(sys.argv[2], demo=sys.argv[1] == "demo", clock=clock))
