"""Textual's terminal driver, made safe for what we show.

It writes to standard output instead of standard error (an error log must not become a copy of the
decrypted screen), asks for no mouse motion, and leaves signals to ``tui.shell.signals``.
"""

from __future__ import annotations

import sys
from typing import Any

from textual.drivers.linux_driver import LinuxDriver


class TerminalDriver(LinuxDriver):
    """The driver of the workbench on a Unix terminal."""

    def __init__(self, app: Any, **options: Any) -> None:
        super().__init__(app, **options)
        self._file = sys.__stdout__

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
