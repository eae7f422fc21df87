"""How long a key press on one device takes to the screen of another."""

from __future__ import annotations

import time

from tests.harness import Terminal

PATIENCE = 10.0
"""Seconds after which a change is held to be lost."""


def press_to_paint(there: Terminal, here: Terminal, old: str, new: str) -> float:
    """Rename the task under the cursor of ``there``; seconds from Enter to its sight ``here``."""
    there.press("e").wait_for("Title:").press("ctrl+u").type(new).settle(quiet=0.1)
    began = time.perf_counter()
    there.send(b"\r")
    here.wait_for(lambda text: new in text and old not in text, limit=PATIENCE)
    took = time.perf_counter() - began
    there.wait_for(lambda text: "Title:" not in text)
    return took
