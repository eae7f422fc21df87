"""The terminal before and after the workbench: may we start, with what, and how it is left.

Nothing here imports Textual: all of it runs before, or after it broke. Textual reads its
``TEXTUAL*`` variables while it is imported, so ``scrub`` must come first.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import MutableMapping
from typing import IO

from store.words import _

HARMLESS = frozenset(
    {
        "TEXTUAL_COLOR_SYSTEM",
        "TEXTUAL_DIM_FACTOR",
        "TEXTUAL_DISABLE_KITTY_KEY",
        "TEXTUAL_FPS",
        "TEXTUAL_SPEEDUPS",
    }
)
"""The framework's variables that change how it draws and cannot write, record or press anything."""

MODES_OFF = (
    "\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1015l\x1b[?1016l\x1b[?1006l"  # mouse
    "\x1b[?2004l\x1b[?2048l\x1b[?1004l"  # paste brackets, size reports, focus reports
    "\x1b[?7h\x1b[<u\x1b[?1049l\x1b[?25h\x1b[0m"  # wrap, keyboard, screen, cursor, colours
)
"""What gives a terminal back whose program did not live to do it."""

MAX_PIPED = 64 * 1024
"""Bytes of piped text that capture takes; a longer text is a file to import."""


def scrub(environ: MutableMapping[str, str], *, dev: bool = False) -> list[str]:
    """Take the framework's developer variables out of ``environ``; returns the names dropped.

    They log, record or replay what is typed and shown, the passphrase included. ``dev`` keeps
    them, and is only ever set together with a demo home.
    """
    dropped = []
    if not dev:
        dropped = [n for n in environ if n.startswith("TEXTUAL") and n not in HARMLESS]
        for name in dropped:
            del environ[name]
    environ["TEXTUAL_ANIMATIONS"] = "none"
    environ["TEXTUAL_SMOOTH_SCROLL"] = "0"
    # The terminal's own sixteen colours: right on every background, few bytes, and the only
    # theme under which NO_COLOR writes no colour at all.
    environ["TEXTUAL_THEME"] = "ansi-dark"
    return dropped


def refusal(environ: MutableMapping[str, str]) -> str:
    """Why the workbench cannot open here, as one line for stderr; empty where it can.

    Standard input that is a pipe or a file is no reason while the person sits at a terminal.
    """
    way_out = _("Use the command line instead: manabench --help")
    if not _is_terminal(sys.__stdout__):
        return _("manabench: the output is not a terminal.") + " " + way_out
    if environ.get("TERM", "") in ("", "dumb"):
        return _("manabench: this terminal cannot place text (TERM is dumb or unset).") + (
            " " + way_out
        )
    if not _is_terminal(sys.__stdin__) and not _may_be_piped():
        return _("manabench: the input is not a terminal.") + " " + way_out
    return ""


def take_piped_text() -> str:
    """The text piped into the program; afterwards standard input is the person's terminal.

    Empty if standard input is a terminal already. Undecodable bytes become replacement marks.
    """
    if _is_terminal(sys.__stdin__):
        return ""
    data = b""
    while len(data) <= MAX_PIPED and (block := os.read(0, 65536)):
        data += block
    keyboard = os.open("/dev/tty", os.O_RDWR)
    os.dup2(keyboard, 0)
    os.close(keyboard)
    return data[:MAX_PIPED].decode("utf-8", "replace").strip()


def restore(attributes: list[object] | None = None) -> None:
    """Leave the terminal usable after a death that skipped the ordinary way out.

    ``attributes`` are the line settings to set back. Never raises: the terminal may be gone.
    """
    try:
        os.write(1, MODES_OFF.encode())
    except OSError:
        return
    if attributes is not None:
        import termios

        try:
            termios.tcsetattr(0, termios.TCSANOW, attributes)  # type: ignore[arg-type]
        except (termios.error, OSError):
            return


def line_settings() -> list[object] | None:
    """The line settings of the terminal as they are now, to be given back by ``restore``."""
    import termios

    try:
        return list(termios.tcgetattr(0))
    except (termios.error, OSError, ValueError):
        return None


def is_plain(environ: MutableMapping[str, str]) -> bool:
    """Whether no colour may be written."""
    return "NO_COLOR" in environ


def _is_terminal(stream: IO[str] | None) -> bool:
    try:
        return stream is not None and os.isatty(stream.fileno())
    except (OSError, ValueError):
        return False


def _may_be_piped() -> bool:
    """Whether standard input carries text and a terminal of the person's can replace it."""
    try:
        mode = os.fstat(0).st_mode
        if not (stat.S_ISFIFO(mode) or stat.S_ISREG(mode) or stat.S_ISSOCK(mode)):
            return False
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True
