"""The program ``manabench``."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line with this process's arguments and exit with its code."""
    from tui.cli.root import run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
