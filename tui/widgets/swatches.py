"""Cells in a colour of a person's own, which no theme knows: of tags, groups and notes."""

from __future__ import annotations

from rich.color import Color, ColorSystem
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tui.looks.themes import FEW, Look, look_of
from tui.widgets import cells
from tui.widgets.lines import LinesWidget, Run

_SWATCH = "swatch:"
_CELL = "■"


def swatch(color: str, role: str = "") -> Run:
    """The cell of a colour ``#rrggbb`` on a row drawn in ``role``, whose bar goes on behind it.
    Empty for no colour."""
    return (_CELL, f"{_SWATCH}{role}:{color}") if color else ("", "base")


def shows_colors(look: Look) -> bool:
    """Whether colours of one's own are drawn at all; else they are named."""
    return look.name != "mono"


class Swatches(LinesWidget):
    """Lines that may hold such cells."""

    def render_line(self, y: int) -> Strip:
        """As the base has it, with the colours put in their cells."""
        strip = super().render_line(y)
        look, at = look_of(self), 0
        for text, role in self._lines[y] if y < len(self._lines) else ():
            wide = cells.width(text)
            if role.startswith(_SWATCH) and at + wide <= strip.cell_length:
                cell = Strip([Segment(text, _style(look, role))], wide)
                strip = Strip.join([strip.crop(0, at), cell, strip.crop(at + wide)])
            at += wide
        return strip


def _style(look: Look, named: str) -> Style:
    _swatch, role, color = named.split(":", 2)
    own, style = _nearest(color, look.name in FEW), look.style(role or "base")
    # A bar is drawn reversed: its ground is its ink, and what stands on it has the other colour.
    return style + (Style(bgcolor=own) if style.reverse else Style(color=own))


def _nearest(color: str, few: bool) -> Color:
    """The nearest colour of the terminal's palette, which costs half the bytes of the exact one."""
    system = ColorSystem.STANDARD if few else ColorSystem.EIGHT_BIT
    return Color.parse(color).downgrade(system)
