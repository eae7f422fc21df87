"""Copying, and the truth about it: which way a text went and whether anybody said it arrived.

In tmux the text goes to tmux itself, which answers. Everywhere else it goes to the terminal as
OSC 52, and no terminal says whether it took it. Where neither can work the text is shown on a
plain screen, with the mouse let go, to be selected by hand.
"""

from __future__ import annotations

import base64
import os
import subprocess
from collections.abc import Mapping
from typing import Any

from store.words import _
from tui.looks.themes import needs_ascii

TMUX, PASSED, SCREEN, PLAIN = "tmux", "tmux passthrough", "screen", "osc52"

MOST = {TMUX: 1_000_000, PASSED: 74_000, SCREEN: 74_000, PLAIN: 74_000}
"""Bytes that a way takes; terminals drop an OSC 52 of more than 100,000 characters, some silently.
"""

WAIT = 3.0
"""Seconds that tmux gets to answer."""

_PIECE = 240
_DEAF = frozenset({"Apple_Terminal"})
"""Terminals, by TERM_PROGRAM, that are known not to understand OSC 52."""


def ways(environ: Mapping[str, str]) -> tuple[str, ...]:
    """How a text can leave here, the best way first; empty where the clipboard is closed."""
    term = environ.get("TERM", "").lower()
    if environ.get("TMUX"):
        return (TMUX, PASSED)
    if environ.get("STY"):
        return (SCREEN,)
    if term in ("", "dumb", "unknown") or needs_ascii(environ):
        return ()
    return () if environ.get("TERM_PROGRAM", "") in _DEAF else (PLAIN,)


def osc52(text: str, way: str) -> str:
    """The sequence that puts ``text`` into the terminal's clipboard, wrapped for ``way``."""
    code = f"\x1b]52;c;{base64.b64encode(text.encode()).decode()}\x07"
    if way == PASSED:
        return "\x1bPtmux;" + code.replace("\x1b", "\x1b\x1b") + "\x1b\\"
    if way == SCREEN:
        # screen gives up on a longer one; the terminal gets the pieces joined.
        pieces = [code[at : at + _PIECE] for at in range(0, len(code), _PIECE)]
        return "".join(f"\x1bP{piece}\x1b\\" for piece in pieces)
    return code


def into_tmux(text: str) -> bool:
    """Give ``text`` to tmux, which hands it to the terminal too; whether it said yes.

    Blocks up to ``WAIT``; the text goes through a pipe, never through arguments.
    """
    # Versions before 3.2 do not know -w: then at least tmux has it.
    for options in (["-w"], []):
        try:
            done = subprocess.run(
                ["tmux", "load-buffer", *options, "-"],
                input=text.encode(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=WAIT,
                check=False,
            )
        except (OSError, subprocess.SubprocessError):
            return False
        if done.returncode == 0:
            return True
    return False


def copy(app: Any, text: str, what: str) -> None:
    """Copy ``text`` out of the workbench and say how that went. Call it on the loop.

    what: the thing in words, such as “Title” or “3 titles”. A field for secrets gives nothing.
    """
    if getattr(app.focused, "is_secret", False):
        app.say(_("A secret is never copied."), "warn")
        return
    if not text:
        app.say(_("There is nothing to copy."))
        return
    app.copied = (text, what)
    size = len(text.encode())
    usable = [way for way in ways(os.environ) if size <= MOST[way]]

    def sent() -> str:
        if TMUX in usable and into_tmux(text):
            return TMUX
        return next((way for way in usable if way != TMUX), "")

    # Off the loop even where nothing is asked: one way through here, and copies keep their order.
    app.desk.ask("look", sent, lambda way: _sent(app, text, what, way), app.fail)


def _sent(app: Any, text: str, what: str, way: str) -> None:
    if way == TMUX:
        app.say(_("{what} copied: tmux has it.").format(what=what))
    elif way:
        driver = app._driver
        if driver is not None:
            driver.write(osc52(text, way))
            driver.flush()
        if way == PLAIN:
            said = _("{what} sent to the terminal's clipboard, not confirmed.")
        elif way == PASSED:
            said = _("{what} sent through tmux, which did not answer; not confirmed.")
        else:
            said = _("{what} sent through screen, not confirmed.")
        app.say(said.format(what=what))
    else:
        show(app, text, what)


def show(app: Any, text: str, what: str) -> None:
    """Show ``text`` on a plain screen for selecting by hand."""
    from tui.screens.shown import ShownScreen

    app.push_screen(ShownScreen(text, what))


def is_closed(environ: Mapping[str, str]) -> bool:
    """Whether nothing that is copied can arrive anywhere."""
    return not ways(environ)


__all__ = ["MOST", "copy", "into_tmux", "is_closed", "osc52", "show", "ways"]
