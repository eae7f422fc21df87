"""The program refuses a place where it cannot draw, and gives nothing away to developer tools."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from tui import terminal

PROBE = "import os; from tui import terminal as t; print(t.refusal(os.environ) or 'open')"
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def test_variables_that_record_or_press_keys_are_dropped() -> None:
    environ = {
        "TEXTUAL": "debug,devtools",
        "TEXTUAL_LOG": "/tmp/x",
        "TEXTUAL_PRESS": "q",
        "TEXTUAL_SCREENSHOT": "1",
        "TEXTUAL_DRIVER": "evil:Driver",
        "TEXTUAL_ALLOW_SIGNALS": "1",
        "TEXTUAL_FPS": "10",
        "HOME": "/root",
    }
    dropped = terminal.scrub(environ)
    assert sorted(dropped) == [
        "TEXTUAL",
        "TEXTUAL_ALLOW_SIGNALS",
        "TEXTUAL_DRIVER",
        "TEXTUAL_LOG",
        "TEXTUAL_PRESS",
        "TEXTUAL_SCREENSHOT",
    ]
    assert environ["TEXTUAL_FPS"] == "10"
    assert environ["HOME"] == "/root"
    assert environ["TEXTUAL_ANIMATIONS"] == "none"


def test_dev_keeps_them() -> None:
    environ = {"TEXTUAL_LOG": "/tmp/x"}
    assert terminal.scrub(environ, dev=True) == []
    assert environ["TEXTUAL_LOG"] == "/tmp/x"


def probe(**options: object) -> str:
    environ = {**os.environ, "PYTHONPATH": ROOT, "TERM": "xterm"}
    return subprocess.run(
        [sys.executable, "-c", PROBE],
        env=environ,
        capture_output=True,
        text=True,
        check=True,
        **options,  # type: ignore[call-overload]
    ).stdout


@pytest.mark.parametrize("given", [subprocess.DEVNULL, subprocess.PIPE])
def test_no_terminal_is_refused_with_one_line(given: int) -> None:
    said = probe(stdin=given)
    assert "not a terminal" in said
    assert said.count("\n") == 1


def test_a_dumb_terminal_is_told_of_the_command_line() -> None:
    import pty

    for term in ("dumb", ""):
        pid, master = pty.fork()
        if pid == 0:
            os.environ.update(PYTHONPATH=ROOT, TERM=term)
            os.execv(sys.executable, [sys.executable, "-c", PROBE])
        said = read_all(master)
        os.waitpid(pid, 0)
        assert b"manabench --help" in said
        assert said.count(b"\n") == 1


def read_all(master: int) -> bytes:
    said = b""
    end = time.monotonic() + 5
    while time.monotonic() < end:
        try:
            block = os.read(master, 4096)
        except OSError:
            break
        if not block:
            break
        said += block
    os.close(master)
    return said


def test_restoring_switches_every_mode_off() -> None:
    for mode in ("?1000l", "?1003l", "?1006l", "?2004l", "?1004l", "?7h", "?1049l", "?25h"):
        assert "\x1b[" + mode in terminal.MODES_OFF
    assert "\x1b[<u" in terminal.MODES_OFF
