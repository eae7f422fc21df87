"""Everything that was said in the message line since the start, newest first."""

from __future__ import annotations

import time

from store.words import N_, _
from tui.screens.texts import Parts, TextScreen

_SIGNS = {"error": "! ", "warn": "? "}
"""Before a message, by its role: what failed, what wants a look."""


class MessagesScreen(TextScreen):
    """The words of this process. They are on no disk and go with the lock."""

    title_words = N_("Messages")

    def parts(self) -> Parts:
        """(time, words) of each message."""
        said = [
            (
                time.strftime("%H:%M:%S", time.localtime(one.at)),
                _SIGNS.get(one.role, "") + one.text,
            )
            for one in reversed(self.app.said)
        ]
        return said or [_("Nothing was said yet.")]
