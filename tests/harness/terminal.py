"""A program on a real pseudo-terminal, as a person in front of it would meet it.

    with Terminal([sys.executable, "-m", "tui.main"], cols=80, rows=24) as term:
        term.wait_for("no tasks yet")
        term.press("a").type("buy milk").press("enter")
        term.wait_for("buy milk")
        term.press("ctrl+q")
        assert term.wait_exit() == 0
        assert term.unrestored() == []

A thread of its own drains the terminal all the time, so a program never blocks on a full pty and
its questions are answered at once, whatever the test is doing. The program is the leader of its
own session; to test suspending, run it below a shell (a session leader cannot be stopped by its
own terminal).
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import select
import signal
import struct
import termios
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Self

from tests.harness import keys, processes
from tests.harness.emulator import Emulator, Style

Wanted = str | re.Pattern[str] | Callable[[str], bool]

# As measured where the program runs: a pause longer than Textual's wait for the rest of a
# sequence, so that Escape is taken for Escape.
ESCAPE_PAUSE = 0.15
# People type slower than this; a burst without it would be taken for a paste.
KEY_GAP = 0.01


class Chunk(NamedTuple):
    """What one read of the terminal gave: seconds since the start, CPU seconds, the bytes."""

    at: float
    cpu: float
    data: bytes


# All that a program under test inherits: no setting of the developer, no secret, no display.
INHERITED = "PATH HOME USER LOGNAME SHELL TMPDIR TZ LD_LIBRARY_PATH PYTHONPYCACHEPREFIX".split()


def clean_environment(extra: Mapping[str, str | None] | None = None) -> dict[str, str]:
    """An environment for a program under test; None in ``extra`` removes a name."""
    env = {name: os.environ[name] for name in INHERITED if name in os.environ}
    env.update(TERM="xterm-256color", COLORTERM="truecolor", LC_ALL="C.UTF-8", LANG="C.UTF-8")
    for name, value in (extra or {}).items():
        if value is None:
            env.pop(name, None)
        else:
            env[name] = value
    return env


class Terminal:
    """One program on a pty. Every waiting method raises AssertionError with the screen in it."""

    def __init__(
        self,
        argv: Sequence[str],
        *,
        cols: int = 80,
        rows: int = 24,
        env: Mapping[str, str | None] | None = None,
        cwd: str | os.PathLike[str] | None = None,
        answers: bool = True,
    ) -> None:
        """Start ``argv``. ``env`` is laid over ``clean_environment``; ``answers=False`` makes the
        terminal one that never replies to a query."""
        self.chunks: list[Chunk] = []
        self.exit_status: int | None = None
        self._answers = answers
        self._changed = threading.Condition()
        self._emulator = Emulator(cols, rows)
        self._total = 0
        self._eof = False
        self._fd, slave = os.openpty()
        self._set_size(cols, rows)
        self._attributes = termios.tcgetattr(self._fd)
        name = os.ttyname(slave)
        if cwd is not None:
            argv = ["env", "-C", os.fspath(cwd), *argv]
        self._started = time.perf_counter()
        try:
            # A new session whose leader opens the pty gets it as its controlling terminal, with no
            # Python between fork and exec: safe beside threads, and nothing of ours is timed.
            self.pid = os.posix_spawnp(
                argv[0],
                list(argv),
                clean_environment(env),
                file_actions=[
                    (os.POSIX_SPAWN_OPEN, 0, name, os.O_RDWR, 0),
                    (os.POSIX_SPAWN_DUP2, 0, 1),
                    (os.POSIX_SPAWN_DUP2, 0, 2),
                ],
                setsid=True,
                setsigmask=[],
                setsigdef=[s for s in signal.valid_signals() if s < 32 and s not in (9, 19)],
            )
        except BaseException:
            os.close(self._fd)
            raise
        finally:
            os.close(slave)
        self._wake_read, self._wake_write = os.pipe()
        self._reader = threading.Thread(target=self._drain, name="pty reader", daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- input ---------------------------------------------------------------------------------

    def press(self, *names: str, gap: float = KEY_GAP) -> Self:
        """Press keys one after another: ``press("j", "ctrl+s", "shift+tab")``."""
        for name in names:
            self.send(keys.encode(name))
            time.sleep(max(gap, ESCAPE_PAUSE if name == "escape" else 0))
        return self

    def type(self, text: str, gap: float = KEY_GAP / 2) -> Self:
        """Type text character by character."""
        for character in text:
            self.send(keys.encode("enter" if character == "\n" else character))
            time.sleep(gap)
        return self

    def paste(self, text: str) -> Self:
        """Paste: bracketed if the program asked for that, else a burst of keys."""
        with self._changed:
            bracketed = 2004 in self._emulator.modes
        body = text.replace("\n", "\r").encode()
        return self.send(keys.PASTE_START + body + keys.PASTE_END if bracketed else body)

    def click(self, column: int, row: int, times: int = 1) -> Self:
        for _ in range(times):
            self.send(keys.mouse(0, column, row) + keys.mouse(0, column, row, release=True))
        return self

    def wheel(self, column: int, row: int, *, up: bool = False) -> Self:
        return self.send(keys.mouse(64 if up else 65, column, row))

    def move_mouse(self, column: int, row: int) -> Self:
        """Motion without a button."""
        return self.send(keys.mouse(35, column, row))

    def send(self, data: bytes) -> Self:
        """Write raw bytes to the program's input."""
        while data:
            data = data[os.write(self._fd, data) :]
        return self

    # -- waiting -------------------------------------------------------------------------------

    def wait_for(self, wanted: Wanted, limit: float = 15.0) -> Self:
        """Until the screen holds a text, matches a pattern, or a function of its text is true."""
        self._until(lambda: _holds(self._text(), wanted), limit, f"{_name(wanted)} to appear")
        return self

    def wait_gone(self, wanted: Wanted, limit: float = 15.0) -> Self:
        """Until the screen no longer holds it."""
        self._until(lambda: not _holds(self._text(), wanted), limit, f"{_name(wanted)} to go")
        return self

    def wait_bytes(self, needle: bytes, since: int = 0, limit: float = 15.0) -> Self:
        """Until the raw stream after the mark ``since`` holds ``needle``."""
        self._until(lambda: needle in self._raw(since), limit, f"{needle!r} in the stream")
        return self

    def wait_stopped(self, limit: float = 10.0) -> Self:
        """Until the program is suspended (state T)."""
        self._until(lambda: processes.state(self.pid) == "T", limit, "the program to stop")
        return self

    def settle(self, quiet: float = 0.15, limit: float = 15.0) -> Self:
        """Until the program has written nothing for ``quiet`` seconds, or has ended."""
        end = time.perf_counter() + limit
        with self._changed:
            seen, since = self._total, time.perf_counter()
            while not self._eof and time.perf_counter() - since < quiet:
                self._changed.wait(0.02)
                if self._total != seen:
                    seen, since = self._total, time.perf_counter()
                if time.perf_counter() > end:
                    raise AssertionError(self._report(f"still writing after {limit} s"))
        return self

    def wait_exit(self, limit: float = 15.0) -> int:
        """Until the program has ended: its exit code, or minus the signal that ended it."""
        end = time.perf_counter() + limit
        while not self._reap():
            if time.perf_counter() > end:
                raise AssertionError(self._report(f"still running after {limit} s"))
            time.sleep(0.005)
        # What it wrote last is still on its way through the terminal.
        self._until(lambda: self._eof or self._silent(), 2.0, "the last output")
        assert self.exit_status is not None
        return self.exit_status

    # -- looking -------------------------------------------------------------------------------

    @property
    def screen(self) -> list[str]:
        """The rows as text, without trailing blanks."""
        with self._changed:
            return self._emulator.lines

    @property
    def text(self) -> str:
        with self._changed:
            return self._text()

    @property
    def cursor(self) -> tuple[int, int]:
        """(column, row) from 0."""
        with self._changed:
            return self._emulator.cursor

    @property
    def emulator(self) -> Emulator:
        """Modes, titles, copied texts and links. Settle first: the reader thread writes to it."""
        return self._emulator

    def styles(self, row: int) -> list[tuple[str, Style]]:
        """One row as runs of (text, Style)."""
        with self._changed:
            return self._emulator.styles(row)

    def row_of(self, text: str) -> int:
        """The number of the first row that holds ``text``."""
        for number, line in enumerate(self.screen):
            if text in line:
                return number
        raise AssertionError(self._report(f"no row holds {text!r}"))

    def mark(self) -> int:
        """A point in the stream, for ``bytes_since`` and ``raw``."""
        with self._changed:
            return self._total

    def bytes_since(self, mark: int) -> int:
        """How many bytes the program has written since."""
        return self.mark() - mark

    def raw(self, since: int = 0) -> bytes:
        """The bytes themselves, from a mark on: what a scrollback or a recording would hold."""
        with self._changed:
            return self._raw(since)

    def first(self, test: Callable[[str], bool]) -> Chunk | None:
        """Replay: the first chunk after which ``test`` holds for the text of the screen."""
        with self._changed:
            chunks, lines = list(self.chunks), self._emulator.lines
        replay = Emulator(self._size()[0], len(lines))
        for chunk in chunks:
            replay.feed(chunk.data)
            if test("\n".join(replay.lines)):
                return chunk
        return None

    def cpu(self) -> float:
        """CPU seconds the program has used, all threads, children not."""
        return processes.cpu_seconds(self.pid)

    def memory(self) -> dict[str, float]:
        """``rss``, ``peak`` in MiB and ``threads`` of the program."""
        return processes.memory(self.pid)

    def unrestored(self) -> list[str]:
        """What the program left behind in the terminal, in words; empty when all is as before."""
        complaints = self._emulator.left_on()
        now, before = termios.tcgetattr(self._fd), self._attributes
        for index, names in ((0, "IXON ICRNL"), (1, "OPOST"), (3, "ICANON ECHO ISIG IEXTEN")):
            for name in names.split():
                bit = getattr(termios, name)
                if now[index] & bit != before[index] & bit:
                    complaints.append(f"the terminal's {name} is not as it was")
        return complaints

    # -- what happens to a terminal ------------------------------------------------------------

    def resize(self, cols: int, rows: int) -> Self:
        """Change the window; the kernel tells the program."""
        with self._changed:
            self._emulator.resize(cols, rows)
        self._set_size(cols, rows)
        return self

    def signal(self, number: int) -> Self:
        """Send a signal to the program alone."""
        os.kill(self.pid, number)
        return self

    def close_pty(self) -> Self:
        """Take the terminal away, as a lost connection does: the program gets SIGHUP."""
        if self._fd >= 0:
            os.write(self._wake_write, b"x")
            self._reader.join()
            for fd in (self._fd, self._wake_read, self._wake_write):
                os.close(fd)
            self._fd = -1
        return self

    def kill(self) -> int:
        """kill -9, at once."""
        if not self._reap():
            os.kill(self.pid, signal.SIGKILL)
        return self.wait_exit()

    def close(self) -> None:
        """End the program and everything it started, and give the pty back."""
        started = processes.family(self.pid)
        if not self._reap():
            processes.end([self.pid])
            with contextlib.suppress(ChildProcessError):
                self.exit_status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        processes.end([pid for pid in started if processes.state(pid) not in ("", "Z")])
        self.close_pty()

    # -- inside --------------------------------------------------------------------------------

    def _drain(self) -> None:
        """Body of the reader thread."""
        while True:
            ready, _, _ = select.select([self._fd, self._wake_read], [], [])
            if self._wake_read in ready:
                break
            try:
                data = os.read(self._fd, 1 << 16)
            except OSError:  # Linux says EIO when the last program has closed the terminal
                data = b""
            if not data:
                break
            stamp = Chunk(time.perf_counter() - self._started, self.cpu(), data)
            with self._changed:
                self.chunks.append(stamp)
                self._total += len(data)
                reply = self._emulator.feed(data)
                self._changed.notify_all()
            if reply and self._answers:
                with contextlib.suppress(OSError):
                    os.write(self._fd, reply)
        with self._changed:
            self._eof = True
            self._changed.notify_all()

    def _until(self, ready: Callable[[], bool], limit: float, what: str) -> None:
        end = time.perf_counter() + limit
        with self._changed:
            while not ready():
                if self._eof and not ready():
                    raise AssertionError(self._report(f"ended while waiting for {what}"))
                if time.perf_counter() > end:
                    raise AssertionError(self._report(f"waited {limit} s for {what}"))
                self._changed.wait(0.05)

    def _silent(self) -> bool:
        return self._fd < 0 or not select.select([self._fd], [], [], 0.05)[0]

    def _reap(self) -> bool:
        """True once the program has ended; never waits."""
        if self.exit_status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.exit_status = os.waitstatus_to_exitcode(status)
        return self.exit_status is not None

    def _text(self) -> str:
        return "\n".join(self._emulator.lines)

    def _raw(self, since: int) -> bytes:
        return b"".join(chunk.data for chunk in self.chunks)[since:]

    def _size(self) -> tuple[int, int]:
        rows, cols, _, _ = struct.unpack(
            "HHHH", fcntl.ioctl(self._fd, termios.TIOCGWINSZ, b"\0" * 8)
        )
        return cols, rows

    def _set_size(self, cols: int, rows: int) -> None:
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, cols, 0, 0))

    def _report(self, what: str) -> str:
        """A sentence and the screen, for a failing test. No lock: callers may hold it."""
        frame = "\n".join(f"  |{line}" for line in self._emulator.lines).rstrip("\n |")
        status = f"exit status {self.exit_status}" if self._reap() else "still running"
        return f"{what} ({status}); the screen:\n{frame}"


def _holds(text: str, wanted: Wanted) -> bool:
    if callable(wanted):
        return wanted(text)
    if isinstance(wanted, re.Pattern):
        return bool(wanted.search(text))
    return wanted in text


def _name(wanted: Wanted) -> str:
    return repr(wanted.pattern if isinstance(wanted, re.Pattern) else wanted)
