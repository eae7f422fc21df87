"""Signals while the screen is up, handled on the loop: leaving, suspending, coming back.

Stock handlers leave the terminal in the application's mode on SIGTERM and SIGHUP, and a second
input thread after a SIGCONT that nobody asked for.
"""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from tui import terminal

GRACE = 3.0
"""Seconds that an orderly way out may take after a signal; then the process ends itself."""

LEAVING = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT)


class Screenful(Protocol):
    """What the signals need of the app."""

    def leave_by_signal(self, number: int) -> None: ...
    def suspend_now(self) -> None: ...
    def come_back(self) -> None: ...


class Signals:
    """Owns the handlers from ``install`` on. ``away`` is set while another program has the
    terminal, so that a stop or a continue then only passes through."""

    def __init__(self, app: Screenful, settings: list[object] | None) -> None:
        self._app = app
        self._settings = settings
        self._away = False
        self._is_installed = False

    def install(self) -> None:
        """Set the handlers; call it once the driver exists, because it sets its own."""
        self._is_installed = True
        loop = asyncio.get_running_loop()
        for number in LEAVING:
            loop.add_signal_handler(number, self._leave, number)
        loop.add_signal_handler(signal.SIGTSTP, self._stop)
        loop.add_signal_handler(signal.SIGCONT, self._continue)

    def _leave(self, number: int) -> None:
        self.last_resort(128 + number)
        self._app.leave_by_signal(number)

    def last_resort(self, code: int) -> None:
        """End the process with ``code`` should the orderly way not be done in time.

        It may not: the thread that writes to a terminal which is gone dies, and its queue fills.
        """
        if not self._is_installed:
            return

        def end() -> None:
            terminal.restore(self._settings)
            os._exit(code)

        timer = threading.Timer(GRACE, end)
        timer.daemon = True
        timer.start()

    def _stop(self) -> None:
        if self._away:
            stop_group()
        else:
            self._app.suspend_now()

    def _continue(self) -> None:
        if not self._away:
            self._app.come_back()

    @contextmanager
    def away(self) -> Iterator[None]:
        """While the terminal belongs to the shell or an editor."""
        self._away = True
        try:
            yield
        finally:
            self._away = False


def stop_group() -> None:
    """Stop this process and those started with it, until the shell continues them.

    The whole group, because under ``sh -c`` the person's shell only notices when that ``sh``
    stops too. SIGTSTP, not SIGSTOP: the kernel drops it where no shell could continue us.
    """
    handler: Any = signal.signal(signal.SIGTSTP, signal.SIG_DFL)
    try:
        os.killpg(os.getpgrp(), signal.SIGTSTP)
    finally:
        signal.signal(signal.SIGTSTP, handler if handler is not None else signal.SIG_DFL)


def quietly(report: Callable[[BaseException], None]) -> None:
    """Let no thread print a traceback over the screen; ``report`` hears of the exception."""

    def hook(arguments: threading.ExceptHookArgs) -> None:
        if arguments.exc_value is not None and not isinstance(arguments.exc_value, OSError):
            report(arguments.exc_value)

    threading.excepthook = hook
