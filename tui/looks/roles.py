"""The built-in themes: which style each role has in each of them, in rich's notation.

Styles are palette colours of the 256-colour table, not true colour: a style costs 9 bytes where a
true colour costs 19, and every byte crosses somebody's SSH line. A role never differs from its
neighbours by colour alone: reverse, bold or a glyph goes with it. A test measures every colour
against the one behind it: 4.5 to 1 in dark and light, 7 to 1 in contrast.
"""

from __future__ import annotations

NAMES = ("dark", "light", "contrast", "ansi", "mono")

FEW = frozenset({"ansi", "mono"})
"""Those that need no more than the sixteen colours that every terminal has."""

# role: its style in each of NAMES; "" is the base style itself.
ROLES: dict[str, tuple[str, str, str, str, str]] = {
    "base": (
        "color(252) on color(234)",
        "color(235) on color(255)",
        "color(231) on color(16)",
        "",
        "",
    ),
    "dim": ("color(247)", "color(240)", "color(252)", "dim", "dim"),
    "strong": ("bold color(255)", "bold color(232)", "bold", "bold", "bold"),
    "head": ("bold color(110)", "bold color(24)", "bold color(117)", "bold cyan", "bold"),
    "cursor": ("reverse", "reverse", "reverse", "reverse", "reverse"),
    "cursor_mark": (
        "bold reverse",
        "bold reverse",
        "bold underline reverse",
        "bold reverse",
        "bold reverse",
    ),
    "cursor_off": ("bold", "bold", "bold", "bold", "bold"),
    "mark": (
        "reverse color(179)",
        "reverse color(94)",
        "reverse color(228)",
        "reverse yellow",
        "reverse",
    ),
    "label": ("color(109)", "color(24)", "color(117)", "cyan", ""),
    "value": ("", "", "", "", ""),
    "masked": ("italic color(247)", "italic color(240)", "italic color(252)", "dim", "dim"),
    "edit": ("underline", "underline", "underline", "underline", "underline"),
    "caret": ("reverse", "reverse", "reverse", "reverse", "reverse"),
    "hint": ("color(245)", "color(242)", "color(250)", "dim", "dim"),
    "prompt": ("bold color(109)", "bold color(24)", "bold color(117)", "bold cyan", "bold"),
    "key": ("bold color(179)", "bold color(94)", "bold color(228)", "bold yellow", "bold"),
    "accent": ("color(110)", "color(25)", "color(117)", "cyan", "bold"),
    "link": (
        "underline color(110)",
        "underline color(25)",
        "underline color(117)",
        "underline cyan",
        "underline",
    ),
    "emph": ("italic", "italic", "italic", "underline", "underline"),
    "code": ("color(180)", "color(94)", "color(223)", "yellow", ""),
    "ok": ("color(108)", "color(22)", "color(120)", "green", ""),
    "warn": ("bold color(179)", "bold color(94)", "bold color(228)", "bold yellow", "bold"),
    "error": ("bold color(174)", "bold color(124)", "bold color(217)", "bold red", "bold"),
    "overdue": ("bold color(174)", "bold color(124)", "bold color(217)", "bold red", "bold"),
    "today": ("color(179)", "color(94)", "color(228)", "yellow", ""),
    "done": ("color(245)", "color(242)", "color(250)", "dim", "dim"),
    "pinned": ("bold", "bold", "bold", "bold", "bold"),
    "status": (
        "color(250) on color(237)",
        "color(236) on color(252)",
        "color(16) on color(231)",
        "reverse",
        "reverse",
    ),
    "status_strong": (
        "bold color(255) on color(237)",
        "bold color(232) on color(252)",
        "bold color(16) on color(231)",
        "bold reverse",
        "bold reverse",
    ),
    "status_warn": (
        "bold color(179) on color(237)",
        "bold color(52) on color(252)",
        "bold underline color(16) on color(231)",
        "bold reverse",
        "bold reverse",
    ),
    "status_error": (
        "bold color(210) on color(237)",
        "bold color(124) on color(252)",
        "bold underline color(88) on color(231)",
        "bold underline reverse",
        "bold underline reverse",
    ),
}

GLYPHS: dict[str, tuple[str, str]] = {
    "cursor": ("▸", ">"),
    "cursor_off": ("▹", "-"),
    "mark": ("▪", "*"),
    "more": ("…", "~"),
    "bullet": ("•", "*"),
    "bar": ("│", "|"),
    "left": ("‹", "<"),
    "right": ("›", ">"),
}
"""name: (glyph, its ASCII form); both one cell wide."""
