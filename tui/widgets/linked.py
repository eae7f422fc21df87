"""Links in what is said: drawn as links of the terminal (OSC 8), so that a click there opens them.

The workbench never opens one itself by this; where a terminal knows no links it is plain text.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence

from tui.looks.themes import needs_ascii
from tui.widgets.lines import Line

ROLE = "link "
"""Begins the role of a run that is a link; its target follows."""

_LINK = r"(?:https?://|mailto:)[^\s<>\"\x00-\x20\x7f-\x9f]+"


def linked(lines: Sequence[Line], text: str) -> list[Line]:
    """``lines``, which show ``text``, with its first link as runs of their own.

    It may be folded over several lines, or cut.
    """
    found = re.search(_LINK, text) if "://" in text or "mailto:" in text else None
    if found is None or needs_ascii(os.environ):
        return list(lines)
    link = found[0].rstrip(".,;:!?)")
    left = link
    out: list[Line] = []
    for line in lines:
        made: Line = []
        for run, role in line:
            at, size = _piece(run, left, begun=left is not link)
            if not size:
                made.append((run, role))
                continue
            parts = ((run[:at], role), (run[at : at + size], ROLE + link), (run[at + size :], role))
            made += [part for part in parts if part[0]]
            left = left[size:]
        out.append(made)
    return out


def _piece(run: str, left: str, *, begun: bool) -> tuple[int, int]:
    """Where in ``run`` the rest of the link stands, and how much of it."""
    if not left:
        return 0, 0
    at = len(run) - len(run.lstrip()) if begun else run.find(left[:8])
    if at < 0:
        return 0, 0
    size = 0
    while size < len(left) and at + size < len(run) and run[at + size] == left[size]:
        size += 1
    return at, size
