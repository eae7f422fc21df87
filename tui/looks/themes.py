"""The looks: which style each role has, and which glyphs are drawn.

The built-in tables are in ``tui.looks.roles``, a person's own theme files in ``tui.looks.files``.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from rich.style import Style

from tui.looks.roles import FEW, GLYPHS, NAMES, ROLES

if TYPE_CHECKING:
    from textual.theme import Theme

AUTO = "auto"

_CONSOLES = frozenset({"linux", "cons25", "ansi"})
_PAPER = frozenset({"", "dumb", "unknown"})


class Look:
    """One theme: ``style(role)`` and ``glyph(name)``. ``is_ascii`` draws every glyph of ours so.

    stamp tells two states of the same theme file apart.
    """

    __slots__ = ("is_ascii", "name", "stamp", "styles")

    def __init__(
        self, name: str, is_ascii: bool, styles: Mapping[str, Style], stamp: str = ""
    ) -> None:
        self.name = name
        self.is_ascii = is_ascii
        self.styles = styles
        self.stamp = stamp

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Look) and self._state() == other._state()

    def __hash__(self) -> int:
        return hash(self._state())

    def _state(self) -> tuple[str, bool, str]:
        return self.name, self.is_ascii, self.stamp

    def style(self, role: str) -> Style:
        """The style of ``role``; an unknown role looks like ``base``. The role of a link of the
        terminal is ``link`` and its target."""
        if role.startswith("link "):
            return _linked(self.styles["link"], role[5:])
        return self.styles.get(role) or self.styles["base"]

    def glyph(self, name: str) -> str:
        """The glyph called ``name``; KeyError for one that does not exist."""
        return GLYPHS[name][self.is_ascii]


@lru_cache(maxsize=64)
def _linked(style: Style, target: str) -> Style:
    # Kept, because a new one has another id and the terminal would take it for another link.
    return style + Style(link=target)


@cache
def look(name: str = "dark", is_ascii: bool = False) -> Look:
    """The built-in look called ``name`` (``tui.looks.roles.NAMES``); another name gives dark."""
    column = NAMES.index(name) if name in NAMES else 0
    base = Style.parse(ROLES["base"][column])
    styles = {role: base + Style.parse(words[column]) for role, words in ROLES.items()}
    return Look(NAMES[column], is_ascii, styles)


def colours(environ: Mapping[str, str]) -> int:
    """How many colours the terminal is known to show: 0, 16 or 256."""
    term = environ.get("TERM", "").lower()
    if environ.get("NO_COLOR") or term in _PAPER or term.startswith(("vt1", "vt2", "vt5")):
        return 0
    has_many = (
        environ.get("COLORTERM", "").strip().lower() in {"truecolor", "24bit"}
        or term.rpartition("-")[2] in {"256color", "kitty", "direct"}
        or term in {"alacritty", "foot", "wezterm", "ghostty"}
    )
    return 256 if has_many else 16


def needs_ascii(environ: Mapping[str, str]) -> bool:
    """Whether the terminal's own font is known to lack our glyphs: consoles and old hardware."""
    term = environ.get("TERM", "").lower()
    return term in _CONSOLES or term.startswith(("vt1", "vt2", "vt5"))


def choose(environ: Mapping[str, str], wanted: str = "", is_ascii: bool = False) -> Look:
    """The built-in look for a terminal: mono without colours, ansi below 256 colours, else
    ``wanted``, which is dark unless it names another; ansi and mono can be wanted anywhere.
    """
    is_ascii = is_ascii or needs_ascii(environ)
    many = colours(environ)
    if not many:
        return look("mono", is_ascii)
    if many < 256:
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

    base = chosen.style("base")
    back, fore = _hex(base.bgcolor), _hex(base.color)
    is_light = base.bgcolor is not None and sum(base.bgcolor.get_truecolor()) > 3 * 128
    stock = BUILTIN_THEMES["ansi-light" if is_light else "ansi-dark"]
    plain = {"primary": fore, "secondary": fore, "accent": fore, "warning": fore, "error": fore}
    return Theme(
        name=f"manabench-{chosen.name}",
        ansi=True,
        dark=not is_light,
        foreground=fore,
        background=back,
        surface=back,
        panel=back,
        success=fore,
        variables=stock.variables,
        **plain,
    )


def _hex(colour: Any) -> str:
    """What the framework is told of a colour; the terminal's own where there is none."""
    if colour is None or colour.is_default or (colour.number is not None and colour.number < 16):
        return "ansi_default"
    return str(colour.get_truecolor().hex)


__all__ = [
    "AUTO",
    "FEW",
    "NAMES",
    "Look",
    "choose",
    "colours",
    "framework_theme",
    "look",
    "look_of",
    "needs_ascii",
]
