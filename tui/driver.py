"""Textual's terminal driver, made safe for what we show.

It writes to standard output instead of standard error (an error log must not become a copy of the
decrypted screen), asks for no mouse motion, keeps pace with a slow line, and leaves signals to
``tui.signals``.
"""

from __future__ import annotations

import asyncio
import sys
from contextlib import AbstractContextManager
from typing import Any

from textual.drivers.linux_driver import LinuxDriver

BEHIND = 2
"""Writes that may wait for the terminal before frames are held back."""

LOOK_EVERY = 0.03
"""Seconds between two looks whether a slow terminal has caught up."""


class TerminalDriver(LinuxDriver):
    """The driver of the workbench on a Unix terminal."""

    def __init__(self, app: Any, **options: Any) -> None:
        super().__init__(app, **options)
        self._file = sys.__stdout__
        self._held: AbstractContextManager[None] | None = None

    def _enable_mouse_support(self) -> None:
        if not self._mouse:
            return
        # Presses and the wheel only: motion reports cost a remote user bytes and do nothing here.
        self.write("\x1b[?1000h\x1b[?1006h")
        self.flush()

    def take_mouse(self, ours: bool) -> None:
        """Ask for presses and the wheel, or leave the mouse to the terminal's own selecting.

        Holds over a suspension too.
        """
        if self._mouse and not ours:
            self._disable_mouse_support()
        self._mouse = ours
        self._enable_mouse_support()

    def _enable_mouse_pixels(self) -> None:
        """Never: cells are all we need."""

    def write(self, data: str) -> None:
        """Write to the terminal; while another program has it, drop what is written."""
        thread = self._writer_thread
        if thread is not None and thread.is_alive():
            super().write(data)
            self._pace()

    # A line slower than the keys ------------------------------------------------------------

    @property
    def backlog(self) -> int:
        """Writes that wait because the terminal has not taken those before."""
        thread = self._writer_thread
        return thread._queue.qsize() if thread is not None and thread.is_alive() else 0

    def _pace(self) -> None:
        """Hold further frames back while the line is behind: then one shows all that happened,
        instead of each key's own one coming late. Keys are read on meanwhile."""
        if self._held is not None or self.backlog < BEHIND:
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return
        self._held = self._app.batch_update()
        self._held.__enter__()
        loop.call_later(LOOK_EVERY, self._look, loop)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        if self.backlog:
            loop.call_later(LOOK_EVERY, self._look, loop)
        elif (held := self._held) is not None:
            self._held = None
            held.__exit__(None, None, None)
            if self._app.screen_stack:
                # What it has to paint waits for its next message, which may never come.
                self._app.screen.check_idle()
