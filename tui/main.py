"""The program ``manabench``."""

from __future__ import annotations

import gc
import sys


def main() -> None:
    """Run the command line with this process's arguments and exit with its code."""
    # A command is over before a cycle could matter; the workbench turns this on again.
    gc.disable()
    from tui.cli.root import run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
