"""Commands by a clock that is some days away, one after another in one process.

Standard input is JSON: ``[[days, [argument, ...]], ...]``. Ends at the first that fails.
"""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime, timedelta

from tui.cli.root import run


def main() -> None:
    """Run them; every instant that they write is of that day."""
    code = 0
    for days, argv in json.load(sys.stdin):
        away = timedelta(days=days)
        code = code or run(argv, clock=lambda away=away: datetime.now(UTC) + away)
    sys.stdout.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
