"""The program ``manabench``."""

from __future__ import annotations

import contextlib
import gc
import os
import sys


def main() -> None:
    """Run the command line with this process's arguments and exit with its code."""
    # A command is over before a cycle could matter; the workbench turns this on again.
    gc.disable()
    from tui.cli.root import run

    code = run(sys.argv[1:])
    with contextlib.suppress(OSError):
        sys.stdout.flush()
        sys.stderr.flush()
    # All is closed and written; taking ten thousand records apart one by one would only cost time.
    os._exit(code)


if __name__ == "__main__":
    main()
