"""When the program itself fails: one line on the shell, drafts kept, no value shown. Mixed into the
app."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tui.shell import crash


class Faults:
    """``self`` is always a ``Manabench``."""

    failed: Exception | None = None

    def _handle_exception(self: Any, error: Exception) -> None:
        # The framework would print every local variable, decrypted text among them.
        self._return_code = 1
        if self._exception is None:
            self._exception = error
            self._exception_event.set()
        self._fault(error)

    def panic(self: Any, *renderables: Any) -> None:
        """The framework's way to die aloud; ours says one line and keeps the drafts."""
        self._fault(ConnectionError())

    def _loop_fault(self: Any, loop: Any, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if isinstance(error, Exception):
            self._fault(error)

    def crash_file(self: Any, error: Exception) -> Path | None:
        if self.demo:
            return None
        return crash.write(error, self.opening.home)

    def _fault(self: Any, error: BaseException) -> None:
        if self.failed is not None or not isinstance(error, Exception):
            return
        self.failed = error
        written = self.crash_file(error)
        if not isinstance(error, ConnectionError):
            self.last_words = crash.sentence(error, written)
        try:
            self.drafter.leave()
        except Exception:  # noqa: BLE001 - the screen may be half gone; the store is not
            self.last_words = self.last_words or crash.sentence(error, written)
        self.desk.drain(2.0)
        self.signals.last_resort(1)
        self.exit(return_code=1)
