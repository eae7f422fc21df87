"""What the doctor finds about the terminal: colours, widths, keys, clipboard, tmux, language.

Only the environment is read, tmux is asked for its options, and a terminal for the place of its
cursor. Nothing here imports the framework of the screen.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import suppress

from store.doctor import Finding
from store.settings import Settings
from store.words import _

SLOW_ESCAPE = 100
"""Milliseconds that a multiplexer may hold an Escape back before typing feels it."""
ANSWER_WITHIN = 0.5
"""Seconds that a terminal gets to say where its cursor is."""

SAMPLES = (
    ("│●…", 3, "lines and signs"),
    ("漢字", 4, "Chinese and Japanese letters"),
    ("e\u0301", 1, "combining accents"),
    ("\U0001f600", 2, "emoji"),
)
"""(text, columns that we count for it, what it stands for)."""


def examine(environ: Mapping[str, str], chosen: Settings, *, asks: bool) -> Iterator[Finding]:
    """All findings. asks: somebody sits at a terminal, so it may be asked for widths."""
    yield from _colours(environ, chosen, here=asks)
    yield from _locale(environ)
    if asks and not _is_dumb(environ):
        yield from _widths()
    else:
        words = _("Widths were not measured: this is no terminal that places text.")
        yield Finding("widths", "note", words, _("Run `manabench doctor` in the terminal itself."))
    options = _tmux(environ)
    yield from _escape(environ, options)
    yield from _clipboard(environ, options)
    if options:
        yield from _tmux_options(options)


def _is_dumb(environ: Mapping[str, str]) -> bool:
    return environ.get("TERM", "") in ("", "dumb")


# Colours, language, widths ----------------------------------------------------------------------


def _colours(environ: Mapping[str, str], chosen: Settings, *, here: bool) -> Iterator[Finding]:
    from tui.looks import files, themes

    term = environ.get("TERM", "")
    if _is_dumb(environ):
        words = _("TERM is {term}: the workbench cannot draw here.")
        todo = _("Set TERM to what your terminal is, such as xterm-256color. Commands work here.")
        said = words.format(term=term or _("not set"))
        yield Finding("colours", "bad" if here else "warn", said, todo)
        return
    dress = files.dress(environ, chosen)
    many = themes.colours(environ)
    theme = dress.look.name
    if environ.get("NO_COLOR"):
        words = _("NO_COLOR is set: no colours, the theme {theme}.")
        yield Finding("colours", "ok", words.format(theme=theme))
    elif many >= 256:
        words = _("At least 256 colours (TERM={term}): the theme {theme}.")
        yield Finding("colours", "ok", words.format(term=term, theme=theme))
    elif many:
        words = _("{n} colours (TERM={term}): the theme {theme}.")
        todo = ""
        if not themes.needs_ascii(environ):
            todo = _("If the terminal can do more, set TERM={term}-256color or COLORTERM.")
        state = "note" if todo else "ok"
        said = words.format(n=many, term=term, theme=theme)
        yield Finding("colours", "note" if state == "note" else "ok", said, todo.format(term=term))
    else:
        words = _("This terminal has no colours (TERM={term}): the theme {theme}.")
        yield Finding("colours", "ok", words.format(term=term, theme=theme))
    for problem in dress.problems:
        yield Finding("theme", "warn", str(problem), _("Mend that line in an editor."))


def _locale(environ: Mapping[str, str]) -> Iterator[Finding]:
    names = ("LC_ALL", "LC_CTYPE", "LANG")
    name = next((name for name in names if environ.get(name)), "")
    value = environ.get(name, "")
    plain = value.lower().replace("-", "")
    if "utf8" in plain:
        yield Finding(
            "locale",
            "ok",
            _("The locale is UTF-8 ({name}={value}).").format(name=name, value=value),
        )
        return
    shown = f"{name}={value}" if name else _("nothing is set")
    words = _("The locale is not UTF-8 ({shown}): letters and signs may be drawn wrong.")
    todo = _("Set LANG to a UTF-8 locale, such as C.UTF-8; or `ascii = true` in settings.toml.")
    yield Finding("locale", "warn", words.format(shown=shown), todo)


def _widths() -> Iterator[Finding]:
    measured = measure([text for text, _wide, _what in SAMPLES])
    if measured is None:
        words = _("The terminal does not say where its cursor is, so widths are not known.")
        yield Finding("widths", "note", words, _("If columns look shifted, set `ascii = true`."))
        return
    wrong = [
        f"{what} {found}/{wide}"
        for (_text, wide, what), found in zip(SAMPLES, measured, strict=True)
        if found != wide
    ]
    if wrong:
        words = _("The terminal counts other columns than we do: {wrong}.")
        todo = _(
            "Turn off “ambiguous characters are wide” in the terminal, update it, or set "
            "`ascii = true` in settings.toml."
        )
        yield Finding("widths", "warn", words.format(wrong=", ".join(wrong)), todo)
    else:
        yield Finding("widths", "ok", _("The terminal counts columns as we do."))


def measure(texts: list[str]) -> list[int] | None:
    """The columns that the terminal moves its cursor for each text; None where it does not say.

    Writes to the controlling terminal and wipes what it wrote.
    """
    import termios
    import tty

    try:
        keyboard = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY)
    except OSError:
        return None
    try:
        before = termios.tcgetattr(keyboard)
        try:
            tty.setcbreak(keyboard, termios.TCSADRAIN)
            found = []
            for text in texts:
                os.write(keyboard, f"\r{text}\x1b[6n".encode())
                column = _column(keyboard)
                os.write(keyboard, b"\r\x1b[K")
                if column is None:
                    return None
                found.append(column - 1)
            return found
        finally:
            termios.tcsetattr(keyboard, termios.TCSAFLUSH, before)
    except (OSError, termios.error):
        return None
    finally:
        os.close(keyboard)


def _column(keyboard: int) -> int | None:
    """The column of the terminal's answer, from 1; None if none comes."""
    import re
    import select
    import time

    answer, end = b"", time.monotonic() + ANSWER_WITHIN
    while (left := end - time.monotonic()) > 0:
        if not select.select([keyboard], [], [], left)[0]:
            return None
        answer += os.read(keyboard, 64)
        if match := re.search(rb"\x1b\[[0-9]+;([0-9]+)R", answer):
            return int(match[1])
    return None


# tmux, Escape, clipboard ------------------------------------------------------------------------


def _tmux(environ: Mapping[str, str]) -> dict[str, str]:
    """The options of the tmux around us, server, session and window; empty outside of one."""
    if not environ.get("TMUX"):
        return {}
    options: dict[str, str] = {}
    with suppress(OSError, subprocess.SubprocessError):
        done = subprocess.run(
            ["tmux", *"show-options -s ; show-options -gA ; show-options -gwA".split()],
            env=dict(environ),
            capture_output=True,
            text=True,
            timeout=3,
            check=False,
        )
        for line in done.stdout.splitlines():
            name, _blank, value = line.partition(" ")
            name = name.rstrip("*")
            if "[" in name:
                name = name.partition("[")[0]
                value = f"{options.get(name, '')}\n{value}"
            options[name] = value.strip("\"'")
    return options


def _escape(environ: Mapping[str, str], options: Mapping[str, str]) -> Iterator[Finding]:
    held, slow = options.get("escape-time", ""), environ.get("ESCDELAY", "")
    slow = slow if slow.isdecimal() and int(slow) > SLOW_ESCAPE else ""
    if slow:
        words = _("Escape waits {n} ms for the rest of a key, for ESCDELAY says so.").format(n=slow)
        yield Finding("escape", "note", words, _("In the shell: unset ESCDELAY"))
    if held.isdecimal():
        words = _("tmux holds Escape back for {n} ms.").format(n=held)
        if int(held) > SLOW_ESCAPE:
            todo = _("In ~/.tmux.conf: set -sg escape-time 10")
            yield Finding("escape", "warn", words, todo)
        else:
            yield Finding("escape", "ok", words)
    elif environ.get("STY"):
        words = _("screen holds Escape back for as long as its maptimeout says, mostly 300 ms.")
        yield Finding("escape", "note", words, _("In ~/.screenrc: maptimeout 5"))
    elif environ.get("TMUX"):
        yield Finding("escape", "note", _("tmux did not say how long it holds Escape back."))
    elif not slow:
        yield Finding("escape", "ok", _("Nothing between you and the workbench holds Escape back."))


def _clipboard(environ: Mapping[str, str], options: Mapping[str, str]) -> Iterator[Finding]:
    from tui import clipboard

    ways = clipboard.ways(environ)
    if not ways:
        words = _("Nothing can be copied from here: this terminal takes no clipboard.")
        yield Finding("clipboard", "warn", words, _("Texts are shown, to be selected by hand."))
    elif options:
        if options.get("set-clipboard") == "off":
            words = _("tmux keeps what is copied to itself (set-clipboard off).")
            todo = _("In ~/.tmux.conf: set -s set-clipboard on")
            yield Finding("clipboard", "warn", words, todo)
        else:
            yield Finding("clipboard", "ok", _("tmux takes what is copied and hands it on."))
        if options.get("allow-passthrough", "off") == "off":
            words = _("tmux lets nothing through to the terminal (allow-passthrough off).")
            todo = _("Nothing is lost: copies go through tmux itself.")
            yield Finding("passthrough", "note", words, todo)
    elif clipboard.TMUX in ways:
        words = _("Copies go to tmux, which did not answer just now.")
        yield Finding("clipboard", "warn", words, _("Look whether `tmux show-options -s` works."))
    elif clipboard.SCREEN in ways:
        words = _("Copies go through screen to the terminal, which does not confirm them.")
        yield Finding("clipboard", "note", words)
    else:
        words = _("Copies go to the terminal (OSC 52), which does not confirm them.")
        if environ.get("SSH_CONNECTION") or environ.get("SSH_TTY"):
            words = _("Copies go over SSH to your terminal (OSC 52), which does not confirm them.")
        todo = _("If they do not arrive, allow clipboard access in the terminal's settings.")
        yield Finding("clipboard", "note", words, todo)


def _tmux_options(options: Mapping[str, str]) -> Iterator[Finding]:
    term = options.get("default-terminal", "")
    if not term.endswith("256color"):
        words = _("tmux says {term}, which has few colours, to what runs in it.")
        todo = _('In ~/.tmux.conf: set -g default-terminal "tmux-256color"')
        yield Finding("tmux", "note", words.format(term=term or "screen"), todo)
    known = options.get("terminal-features", "") + options.get("terminal-overrides", "")
    if "RGB" not in known and "Tc" not in known:
        words = _("tmux was not told that the terminal knows all colours; 256 are used.")
        todo = _('In ~/.tmux.conf: set -as terminal-features ",*:RGB"')
        yield Finding("tmux", "note", words, todo)
    if options.get("focus-events") == "off":
        words = _("tmux does not say when this pane gets the focus; nothing here needs it.")
        yield Finding("tmux", "ok", words)
    if options.get("mouse") == "off":
        words = _("The mouse is tmux's own business (mouse off): clicks do not arrive.")
        yield Finding("tmux", "note", words, _("In ~/.tmux.conf: set -g mouse on"))
