"""The looks: which style each role has, and which glyphs are drawn.

Styles are palette colours of the 256-colour table, not true colour: a style costs 9 bytes where a
true colour costs 19, and every byte crosses somebody's SSH line. A role never differs from its
neighbours by colour alone: reverse, bold or a glyph goes with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from rich.style import Style

if TYPE_CHECKING:
    from textual.theme import Theme

# role: (dark, light, ansi, mono). In rich's notation; "" is the base style itself.
_ROLES: dict[str, tuple[str, str, str, str]] = {
    "base": ("color(252) on color(234)", "color(235) on color(255)", "", ""),
    "dim": ("color(245)", "color(242)", "dim", "dim"),
    "strong": ("bold color(255)", "bold color(232)", "bold", "bold"),
    "head": ("bold color(110)", "bold color(24)", "bold cyan", "bold"),
    "cursor": ("reverse", "reverse", "reverse", "reverse"),
    "cursor_mark": ("bold reverse", "bold reverse", "bold reverse", "bold reverse"),
    "cursor_off": ("bold", "bold", "bold", "bold"),
    "mark": ("reverse color(179)", "reverse color(130)", "reverse yellow", "reverse"),
    "label": ("color(109)", "color(24)", "cyan", ""),
    "value": ("", "", "", ""),
    "masked": ("italic color(245)", "italic color(242)", "dim", "dim"),
    "edit": ("underline", "underline", "underline", "underline"),
    "caret": ("reverse", "reverse", "reverse", "reverse"),
    "hint": ("color(242)", "color(246)", "dim", "dim"),
    "prompt": ("bold color(109)", "bold color(24)", "bold cyan", "bold"),
    "key": ("bold color(179)", "bold color(130)", "bold yellow", "bold"),
    "accent": ("color(110)", "color(25)", "cyan", "bold"),
    "ok": ("color(108)", "color(28)", "green", ""),
    "warn": ("bold color(179)", "bold color(130)", "bold yellow", "bold"),
    "error": ("bold color(174)", "bold color(124)", "bold red", "bold"),
    "overdue": ("bold color(174)", "bold color(124)", "bold red", "bold"),
    "today": ("color(179)", "color(130)", "yellow", ""),
    "done": ("color(242)", "color(246)", "dim", "dim"),
    "pinned": ("bold", "bold", "bold", "bold"),
    "status": ("color(250) on color(237)", "color(236) on color(252)", "reverse", "reverse"),
    "status_strong": (
        "bold color(255) on color(237)",
        "bold color(232) on color(252)",
        "bold reverse",
        "bold reverse",
    ),
    "status_warn": (
        "bold color(179) on color(237)",
        "bold color(130) on color(252)",
        "bold reverse",
        "bold reverse",
    ),
    "status_error": (
        "bold color(210) on color(237)",
        "bold color(124) on color(252)",
        "bold underline reverse",
        "bold underline reverse",
    ),
}
_NAMES = ("dark", "light", "ansi", "mono")

# name: (glyph, its ASCII form); both one cell wide
_GLYPHS: dict[str, tuple[str, str]] = {
    "cursor": ("▸", ">"),
    "cursor_off": ("▹", "-"),
    "mark": ("▪", "*"),
    "more": ("…", "~"),
    "bullet": ("•", "*"),
    "bar": ("│", "|"),
    "left": ("‹", "<"),
    "right": ("›", ">"),
}


@dataclass(frozen=True)
class Look:
    """One theme: ``style(role)`` and ``glyph(name)``. ``is_ascii`` draws every glyph of ours so."""

    name: str
    is_ascii: bool = False
    styles: Mapping[str, Style] = field(default_factory=dict, compare=False, repr=False)

    def style(self, role: str) -> Style:
        """The style of ``role``; an unknown role looks like ``base``."""
        return self.styles.get(role) or self.styles["base"]

    def glyph(self, name: str) -> str:
        """The glyph called ``name``; KeyError for one that does not exist."""
        return _GLYPHS[name][self.is_ascii]


@cache
def look(name: str = "dark", is_ascii: bool = False) -> Look:
    """The look called dark, light, ansi (16 colours) or mono (no colour code at all)."""
    column = _NAMES.index(name) if name in _NAMES else 0
    base = Style.parse(_ROLES["base"][column])
    styles = {role: base + Style.parse(words[column]) for role, words in _ROLES.items()}
    return Look(_NAMES[column], is_ascii, styles)


def choose(environ: Mapping[str, str], wanted: str = "", is_ascii: bool = False) -> Look:
    """The look for a terminal: mono under NO_COLOR, ansi below 256 colours, else ``wanted``.

    ``wanted`` is dark unless it names another; ansi and mono can be wanted anywhere.
    """
    if environ.get("NO_COLOR"):
        return look("mono", is_ascii)
    term = environ.get("TERM", "").lower()
    if term in {"", "dumb", "unknown"}:
        return look("mono", is_ascii)
    has_many = (
        environ.get("COLORTERM", "").strip().lower() in {"truecolor", "24bit"}
        or term.rpartition("-")[2] in {"256color", "kitty", "direct"}
        or term in {"alacritty", "foot", "wezterm", "ghostty"}
    )
    if not has_many:
        return look(wanted if wanted == "mono" else "ansi", is_ascii)
    return look(wanted or "dark", is_ascii)


def look_of(widget: Any) -> Look:
    """The look of the running app (its ``look``), the dark one where it has none."""
    found = getattr(widget.app, "look", None)
    return found if isinstance(found, Look) else look()


def framework_theme(chosen: Look) -> Theme:
    """A Textual theme under which the framework passes our palette colours through unchanged.

    Register it and make it the app's theme; ``ansi=True`` is what keeps the short codes short.
    """
    from textual.theme import BUILTIN_THEMES, Theme

    stock = BUILTIN_THEMES["ansi-light" if chosen.name == "light" else "ansi-dark"]
    back = {"dark": "#1c1c1c", "light": "#eeeeee"}.get(chosen.name, "ansi_default")
    fore = {"dark": "#d0d0d0", "light": "#262626"}.get(chosen.name, "ansi_default")
    plain = {"primary": fore, "secondary": fore, "accent": fore, "warning": fore, "error": fore}
    return Theme(
        name=f"manabench-{chosen.name}",
        ansi=True,
        dark=chosen.name != "light",
        foreground=fore,
        background=back,
        surface=back,
        panel=back,
        success=fore,
        variables=stock.variables,
        **plain,
    )
