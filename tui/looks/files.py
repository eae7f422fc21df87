"""A person's own themes: ``themes/NAME.toml`` in the config folder.

    based_on = "light"              # dark (the default), light, contrast, ansi or mono

    [roles]
    head = "bold color(88)"         # colours by name, color(0-255) or #rrggbb; bold, dim,
    cursor = "reverse"              # italic, underline, strike, reverse; "on" before a background

What does not hold looks as in the theme it is based on, and is told with its line and role.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from rich.errors import StyleSyntaxError
from rich.style import Style

from store import locations
from store.settings import Problem, Settings, broken_at, line_of
from store.words import N_
from tui.looks.roles import FEW, NAMES, ROLES
from tui.looks.themes import AUTO, Look, choose, colours, look, needs_ascii

FOLDER = "themes"
_LARGEST = 64 * 1024


class Dress(NamedTuple):
    """The look that is put on, and what is wrong with its file."""

    look: Look
    problems: tuple[Problem, ...] = ()


def folder(config: Path | None = None) -> Path:
    """Where theme files are; it need not exist."""
    return (config or locations.config()) / FOLDER


def names(config: Path | None = None) -> list[str]:
    """All themes that can be chosen: auto, the built-in ones, those with a file."""
    try:
        found = sorted(path.stem for path in folder(config).glob("*.toml"))
    except OSError:
        found = []
    own = [n for n in found if re.fullmatch(r"[A-Za-z0-9_-]{1,40}", n) and n not in (AUTO, *NAMES)]
    return [AUTO, *NAMES, *own]


def dress(environ: Mapping[str, str], settings: Settings, config: Path | None = None) -> Dress:
    """The look for this terminal and these settings. Reads a file only for a theme that has one.

    A theme that needs more colours than the terminal has gives way to ansi, any to mono where
    there are none.
    """
    wanted, is_ascii = settings.theme, settings.ascii
    if wanted in (AUTO, *NAMES):
        return Dress(choose(environ, "" if wanted == AUTO else wanted, is_ascii))
    many = colours(environ)
    if not many:
        return Dress(choose(environ, "", is_ascii))
    worn = read(wanted, is_ascii or needs_ascii(environ), config)
    if many < 256 and _needs_many(worn.look):
        return Dress(choose(environ, "", is_ascii), worn.problems)
    return worn


def read(name: str, is_ascii: bool = False, config: Path | None = None) -> Dress:
    """The theme in the file of that name; dark, with a problem, where it cannot be read."""
    path = folder(config) / f"{name}.toml"
    tell = partial(Problem, file=f"{FOLDER}/{path.name}")
    dark = look("dark", is_ascii)
    kept = N_("The theme dark is shown instead.")
    try:
        with path.open("rb") as file:
            raw = file.read(_LARGEST)
            stamp = str(os.fstat(file.fileno()).st_mtime_ns)
        text = raw.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = {"why": getattr(error, "strerror", None) or N_("not UTF-8")}
        cannot = N_("The theme cannot be read ({why}).")
        return Dress(dark, (tell(0, cannot, kept, N_("Choose another, or mend the file."), why),))
    import tomllib

    mend = N_("Mend that line in an editor.")
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line, said = broken_at(error, text)
        return Dress(
            dark, (tell(line, N_("This is not TOML ({why})."), kept, mend, {"why": said}),)
        )
    problems: list[Problem] = []
    based_on = found.pop("based_on", "dark")
    if based_on not in NAMES:
        problems.append(
            tell(
                line_of(text, "", "based_on"),
                N_("There is no built-in theme {value}."),
                N_("It is based on dark."),
                N_("It may be: {allowed}."),
                {"value": str(based_on)[:40], "allowed": ", ".join(NAMES)},
            )
        )
        based_on = "dark"
    roles = found.pop("roles", {})
    for key in found:
        problems.append(_alien(tell, line_of(text, "", key), str(key)[:40]))
    if not isinstance(roles, dict):
        problems.append(_alien(tell, line_of(text, "", "roles"), "roles"))
        roles = {}
    base = look(based_on, is_ascii)
    styles = _styles(base, based_on, roles, text, tell, problems)
    problems.sort(key=lambda problem: problem.line)
    return Dress(Look(name, is_ascii, styles, stamp), tuple(problems))


def _styles(
    base: Look,
    based_on: str,
    roles: Mapping[str, Any],
    text: str,
    tell: Any,
    problems: list[Problem],
) -> dict[str, Style]:
    own: dict[str, Style] = {}
    for role, words in roles.items():
        line = line_of(text, "roles", role)
        if role not in ROLES:
            problems.append(
                tell(
                    line,
                    N_("There is no role {role}."),
                    N_("It is left alone."),
                    N_("Roles are: {allowed}."),
                    {"role": str(role)[:40], "allowed": ", ".join(ROLES)},
                )
            )
        elif (style := _parsed(words)) is not None:
            own[role] = style
        else:
            problems.append(
                tell(
                    line,
                    N_("“{value}” is no style for the role {role}."),
                    N_("It looks as in {based_on}."),
                    N_("Write it like: bold color(110) on color(234)."),
                    {"value": str(words)[:40], "role": role, "based_on": based_on},
                )
            )
    column = NAMES.index(based_on)
    plain = Style.parse(ROLES["base"][column]) + own.get("base", Style())
    return {
        role: plain + own.get(role, Style.parse(words[column])) for role, words in ROLES.items()
    }


def _alien(tell: Any, line: int, key: str) -> Problem:
    problem: Problem = tell(
        line,
        N_("{key} does not belong here."),
        N_("It is left alone."),
        N_("Write based_on, then [roles] with one style a line."),
        {"key": key},
    )
    return problem


def _parsed(words: Any) -> Style | None:
    """The style; None for what is none, and for what moves, hides or links."""
    if type(words) is not str:
        return None
    try:
        style = Style.parse(words)
    except (StyleSyntaxError, ValueError):
        return None
    hidden = style.blink or style.blink2 or style.conceal or style.link
    return None if hidden or style.frame or style.encircle else style


def _needs_many(worn: Look) -> bool:
    """Whether one of its colours is not among the sixteen."""
    used = [c for style in worn.styles.values() for c in (style.color, style.bgcolor) if c]
    return worn.name not in FEW and any(
        not c.is_default and (c.number is None or c.number > 15) for c in used
    )
