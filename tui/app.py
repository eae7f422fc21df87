"""The way in: from a shell to the workbench on the screen, and back to an exit code.

Textual reads developer variables while it is imported, and its import takes most of a start. So
nothing here imports it before they are gone, and the database is opened in a thread meanwhile.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from tui import terminal


def run(home: Path | str | None = None, demo: bool = False, dev: bool = False) -> int:
    """Open the workbench on ``home``; returns the exit code when the person has left.

    demo: the home is a throw-away one, and the screen says so. dev: keep the framework's
    developer variables, which only a demo may. 2 where there is no terminal to draw on.
    """
    terminal.scrub(os.environ, dev=dev and demo)
    if said := terminal.refusal(os.environ):
        sys.stderr.write(said + "\n")
        return 2
    piped = terminal.take_piped_text()
    no_core_dumps()
    settings = terminal.line_settings()

    from tui.opening import Opening

    opening = Opening(home)
    opening.start()

    from tui.shell import Manabench

    app = Manabench(opening, demo=demo, piped=piped, settings=settings)
    app.run()
    return app.leave_behind()


def no_core_dumps() -> None:
    """A core file would hold keys and opened records."""
    import resource

    try:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (OSError, ValueError):
        return
