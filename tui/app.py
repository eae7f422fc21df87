"""The way in: from a shell to the workbench on the screen, and back to an exit code.

Textual reads developer variables while it is imported, and its import takes most of a start. So
nothing here imports it before they are gone and the database is open, or slow.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tui import terminal

if TYPE_CHECKING:
    from store.workbench import Clock
    from tui.shell.arriving import Target

HEAD_START = 0.4
"""Seconds that opening the database may take before the screen is made beside it; a slow keyring
gets a blank one first."""


def run(
    home: Path | str | None = None,
    demo: bool = False,
    dev: bool = False,
    text: str | None = None,
    target: Target | None = None,
    clock: Clock | None = None,
) -> int:
    """Open the workbench on ``home``; returns the exit code when the person has left.

    demo: say so on the screen, and open a throw-away home unless one is given. dev: keep the
    framework's developer variables, which only a demo may. text: begin by capturing it. target:
    begin at this record. clock: the time it is there. 2 where there is no terminal to draw on.
    """
    terminal.scrub(os.environ, dev=dev and demo)
    if said := terminal.refusal(os.environ):
        sys.stderr.write(said + "\n")
        return 2
    if text is None:
        text = terminal.take_piped_text()
    no_core_dumps()
    if not demo or home is not None:
        code, wants_demo = _open(home, demo=demo, text=text, target=target, clock=clock)
        if not wants_demo:
            return code
    from store.demo import throw_away

    with throw_away(clock) as made:
        return _open(made, demo=True, clock=clock)[0]


def _open(
    home: Path | str | None,
    *,
    demo: bool = False,
    text: str = "",
    target: Target | None = None,
    clock: Clock | None = None,
) -> tuple[int, bool]:
    """Run the app once: (exit code, whether the demo was asked for)."""
    settings = terminal.line_settings()

    from tui.shell.opening import Opening

    opening = Opening(home, clock)
    opening.start()
    # Two imports at once only take turns, and slower than one after the other. So the database
    # goes first, unless it is slow, and the first frame is then the list itself.
    opening.join(HEAD_START)

    from tui.shell.manabench import Manabench

    app = Manabench(opening, demo=demo, text=text, settings=settings)
    if target is not None:
        from tui.shell import arriving

        app.waiting_work.append(lambda: arriving.go_to(app, target))
    try:
        app.run(mouse=opening.settings.mouse)
    finally:
        code = app.leave_behind()
    return code, app.wants_demo


def no_core_dumps() -> None:
    """A core file would hold keys and opened records."""
    import resource

    try:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (OSError, ValueError):
        return
