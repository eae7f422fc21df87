"""What is drawn in place of a sign where a terminal's font has ASCII only.

One sign of one cell becomes one character of ASCII, so nothing moves. Letters stay: a name is not
respelled. The signs come from everywhere, widgets, modules and sentences, and are exchanged in one
place, where lines are drawn; only what is drawn changes, never what is stored or copied.
"""

from __future__ import annotations

from functools import cache

_ALIKE = {
    "-": "‐‑‒–—−─━┄┅┈┉╌╍═",
    "|": "│┃┆┇┊┋╎╏║¦▏▎▕",
    "+": "┌┍┎┏┐┑┒┓└┕┖┗┘┙┚┛├┝┞┟┠┡┢┣┤┥┦┧┨┩┪┫┬┭┮┯┰┱┲┳┴┵┶┷┸┹┺┻┼┽┾┿╀╁╂╃╄╅╆╇╈╉╊╋╔╗╚╝╠╣╦╩╬╭╮╯╰",
    "#": "█▓▒▉▊▋▌▐■◼▀▄▅▆▇",
    ".": "░▁▂▃·∙⋅",
    ">": "▸▹▶▷►▻›→⇒↦⟩⟶»",
    "<": "◂◃◀◁◄◅‹←⇐⟨⟵«",
    "^": "▲△▴▵↑⇑⌃",
    "v": "▼▽▾▿↓⇓⌄",
    "*": "★☆✦✧✱◆◇◈•▪▫✶",
    "o": "○◌◦◯●◉◎⚬",
    "x": "✓✔✗✘×☑☒✕✖",
    "_": "□◻☐",
    '"': "“”„‟″¨",
    "'": "‘’‚‛′´",
    "?": "\ufffd" + "".join(map(chr, range(0x2400, 0x2427))),  # pictures of control characters
    "~": "…≈∼",
    "/": "⏎↵⁄",
    "=": "≡≣",
    "@": "↻↺⟳⟲∞",
    "!": "⚠⚑",
    "[": "⟦",
    "]": "⟧",
}


@cache
def table() -> dict[int, str]:
    """For ``str.translate``."""
    return {ord(sign): plain for plain, signs in _ALIKE.items() for sign in signs}


def plain(text: str) -> str:
    """``text`` with its signs as ASCII, each in the same one cell."""
    return text if text.isascii() else text.translate(table())
