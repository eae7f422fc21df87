"""What an idle thread does once the first rows stand, so that no first use waits for it."""

from __future__ import annotations

import contextlib
import time

WARM_PAUSE = 0.15

SELDOM = (5_000, 20, 20)
"""After how many new objects, and how many times, Python looks for those that hold each other."""

WARMED = (
    "tui.screens.home",
    "tui.screens.list",
    "tui.screens.record",
    "tui.screens.pick",
    "tui.asking.capturing",
    "tui.screens.found",
    "tui.screens.help",
    "tui.screens.past",
    "tui.screens.reader",
    "markdown_it",
    "tui.screens.tags",
    "tui.screens.spaces",
    "tui.screens.scenes",
    "tui.screens.keys",
    "tui.screens.settings",
    "tui.screens.inbox",
    "tui.screens.sync",
    "tui.screens.conflicts",
    "tui.screens.members",
    "tui.screens.deleted",
    "tui.screens.messages",
    "tui.screens.locked",
    "tui.screens.mission",
    "tui.screens.agent",
    "tui.screens.timeline",
    "tui.screens.proposal",
    "tui.screens.revert",
    "tui.screens.templates",
    "tui.asking.agents.gallery",
    "store.ai.proposals.inbox",
    "store.ai.proposals.timeline",
    "store.ai.proposals.past",
    "store.ai.proposals.reverting",
    "store.ai.runs.iterations",
    "store.ai.runs.running",
    "store.ai.tools.catalogue",
    "store.ai.planner.models",
    "tui.shell.outside",
    "store.search",
)
"""Imported by an idle thread once the first rows stand."""


def warm() -> None:
    """Import, one by one and in no hurry, what the first use of a screen would wait for.

    Collecting garbage begins only then, and passes by all that was imported: a start makes none.
    """
    import gc
    import importlib

    for name in WARMED:
        time.sleep(WARM_PAUSE)
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    gc.freeze()
    # Each collection stops the loop. What a frame makes is gone without one; so few do.
    gc.set_threshold(*SELDOM)
    gc.enable()
