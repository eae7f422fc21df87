"""The program ``manabench``."""

from __future__ import annotations

import contextlib
import gc
import os
import sys


def main() -> None:
    """Run the command line with this process's arguments and exit with its code.

    Without arguments the workbench opens, and not even the command line is imported before.
    """
    # A command is over before a cycle could matter; the workbench turns this on when it idles.
    gc.disable()
    if len(sys.argv) > 1:
        from store import local

        # Before the commands are imported, because their lines of help are said then.
        local.follow_file()
        from tui.cli.root import run

        code = run(sys.argv[1:])
    else:
        from tui.app import run as open_workbench

        code = open_workbench()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            if stream is not None:
                stream.flush()
    # All is closed and written; taking ten thousand records apart one by one would only cost time.
    os._exit(code)


if __name__ == "__main__":
    main()
