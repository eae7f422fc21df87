"""One run of the command line: its options, its workbench, its answer."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from store.errors import LockedError, StorageError, UsageError
from store.words import _
from tui.cli import output

if TYPE_CHECKING:
    from store.scope import Scope
    from store.workbench import Workbench

SPACE_KEY = "cli.space"
"""The device choice that ``space use`` writes; the workbench remembers its own apart."""


class Call:
    """The options that stand on either side of a command, and what a command works with.

    clock: returns the present as UTC; None for the real one. Only code in this process can pass
    it, never the environment or an argument.
    """

    def __init__(self, clock: Callable[[], datetime] | None = None) -> None:
        self.clock = clock
        self.home: str | None = None
        self.space: str | None = None
        self.json = False
        self.yes = False
        self.passphrase_stdin = False
        self._given: str | None = None
        self._bench: Workbench | None = None

    # The workbench ----------------------------------------------------------------------

    def path(self) -> Path:
        """The folder of the home, which need not exist yet."""
        from store import locations

        return locations.home(self.home)

    def bench(self, *, unlock: str = "may") -> Workbench:
        """The open workbench of this call.

        unlock: ``must`` (what follows writes protected text), ``may`` (masked without it) or
        ``never`` (works on envelopes). Raises NotFoundError without a home, LockedError.
        """
        if self._bench is None:
            from store.workbench import Workbench

            self._bench = Workbench.open(self.path(), clock=self.clock)
        if self.passphrase_stdin:
            # Taken off even where nothing asks for it, or it would be read as text.
            self.given_passphrase()
        vault = self._bench.vault
        if unlock != "never" and not vault.unlocked:
            passphrase = self.passphrase(
                _("Passphrase: ") if unlock == "must" else _("Passphrase (Enter: stay locked): "),
                required=unlock == "must",
            )
            if passphrase:
                vault.unlock(passphrase=passphrase, hold=False)
        return self._bench

    def scoped(self, *, unlock: str = "may") -> tuple[Workbench, Scope]:
        """The open workbench inside the space of this call: --space, else ``space use``, else
        personal. Raises NotFoundError where no space answers to that name."""
        bench = self.bench(unlock=unlock)
        from tui.cli import pick

        return bench, bench.enter(pick.space_of(self, bench)["id"])

    def close(self) -> None:
        """Close what was opened."""
        if self._bench is not None:
            self._bench.close()
            self._bench = None

    # The passphrase ---------------------------------------------------------------------

    def passphrase(self, prompt: str, *, required: bool = True) -> str | None:
        """A passphrase from standard input, from MANABENCH_PASSPHRASE_FILE, or typed.

        Asked for only where somebody sits at a terminal. Raises LockedError where one is required
        and there is none.
        """
        given = self.given_passphrase()
        if given is not None:
            return given
        if self.can_ask():
            import getpass

            typed = getpass.getpass(prompt)
            if typed or not required:
                return typed or None
        if not required:
            return None
        raise LockedError(
            _("The vault is locked."),
            kept=_("Nothing was changed."),
            hint=_(
                "Run `manabench unlock` on a terminal; in scripts set MANABENCH_PASSPHRASE_FILE "
                "or use --passphrase-stdin."
            ),
        )

    def given_passphrase(self) -> str | None:
        """The passphrase that a script gave, never from argv or an environment value."""
        if self._given is not None:
            return self._given
        if self.passphrase_stdin:
            self._given = read_line()
        elif name := os.environ.get("MANABENCH_PASSPHRASE_FILE"):
            try:
                with open(name, encoding="utf-8") as file:
                    self._given = file.readline().rstrip("\r\n")
            except (OSError, UnicodeError):
                raise StorageError(
                    _("The file named by MANABENCH_PASSPHRASE_FILE could not be read."),
                    kept=_("Nothing was changed."),
                    hint=_("Check its path and permissions."),
                ) from None
        return self._given

    def forget_passphrase(self) -> None:
        """The passphrase given so far was the present one; the next one asked for is new."""
        self._given = None

    def can_ask(self) -> bool:
        """Whether a person sits at both ends: only then is anything asked."""
        ends = (sys.stdin, sys.stderr)
        return all(ends) and all(map(output.is_terminal, ends))

    def ask(self, prompt: str) -> str:
        """One visible line from the person. Call only where ``can_ask``."""
        output.write(prompt, error=True)
        return sys.stdin.readline().strip()

    # The answer -------------------------------------------------------------------------

    def answer(self, data: Any, text: str | Sequence[str] | Callable[[], Sequence[str]]) -> None:
        """Print ``data`` as the document, or ``text`` for a person; each only where wanted."""
        said: str | bytes
        if self.json:
            said = output.document(data)
        else:
            lines = text() if callable(text) else text
            said = lines if isinstance(lines, str) else "\n".join(lines)
            said = f"{said}\n" if said else ""
        try:
            output.write(said)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise StorageError(
                _("The answer could not be written: {why}.").format(why=error.strerror),
                kept=_("What the command did is kept."),
            ) from None

    def note(self, text: str) -> None:
        """A word to the person beside the answer, on stderr; scripts with --json never see it."""
        if not self.json and text:
            output.write(text + "\n", error=True)


def read_line() -> str:
    """The first line of standard input without its end. Raises UsageError where it is no text."""
    return _text("readline").rstrip("\r\n")


def read_text() -> str:
    """All of (the rest of) standard input. Raises UsageError where it is no text."""
    if sys.stdin and output.is_terminal(sys.stdin):
        output.write(_("Reading from the terminal; Ctrl+D ends.") + "\n", error=True)
    return _text("read")


def _text(read: str) -> str:
    try:
        found: str = getattr(sys.stdin, read)() if sys.stdin else ""
        found.encode()
    except UnicodeError:
        raise UsageError(
            _("Standard input is not UTF-8 text."), kept=_("Nothing was changed.")
        ) from None
    return found


def read_lines() -> list[str]:
    """The lines of standard input that hold something, without surrounding blanks."""
    return [line.strip() for line in read_text().splitlines() if line.strip()]


def masked(value: Any) -> str:
    """What stands in the place of a value that does not open, or any other value as text."""
    reason = getattr(value, "reason", None)
    if reason is None:
        return output.clean(str(value))
    return f"({_(str(reason))})"
