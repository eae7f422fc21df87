"""However the workbench ends or is interrupted, the terminal is usable and nothing leaked."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time

import pytest

from tests.harness.program import ARGV
from tests.journeys.conftest import Walk

pytestmark = pytest.mark.slow

COLOURS = re.compile(rb"\x1b\[[0-9;:]*?(?<![0-9])(3[0-8]|4[0-8]|9[0-7]|10[0-7])(?=[;:m])[0-9;:]*m")


def begun(walk: Walk) -> Walk:
    walk.manabench("init", "--no-passphrase").ok()
    walk.manabench("task", "add", "heron marker").ok()
    return walk


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT])
def test_a_signal_gives_the_terminal_back(walk: Walk, number: int) -> None:
    begun(walk).start().wait_for("heron")
    walk.on.signal(number)
    assert walk.on.wait_exit() == 128 + number
    assert walk.on.unrestored() == []


def test_a_closed_terminal_ends_the_program_soon(walk: Walk) -> None:
    begun(walk).start().wait_for("heron")
    walk.on.close_pty()
    walk.on.wait_exit(limit=8)


def test_stopped_and_continued_from_outside_it_draws_itself_again(walk: Walk) -> None:
    begun(walk).start().wait_for("heron").settle()
    before = walk.on.screen
    walk.on.signal(signal.SIGSTOP).wait_stopped()
    walk.on.signal(signal.SIGCONT)
    time.sleep(0.3)
    walk.on.settle(quiet=0.3)
    assert walk.on.screen == before
    walk.press("a").sees("new task").press("escape")
    walk.leave()


def test_without_a_terminal_it_says_so_at_once(walk: Walk) -> None:
    begun(walk)
    start = time.monotonic()
    done = subprocess.run(
        ARGV, env=walk.manabench.home.env, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    took = time.monotonic() - start
    floor = time.monotonic()
    subprocess.run([sys.executable, "-c", "import click"], check=True)
    assert done.returncode == 2
    assert "terminal" in done.stderr
    assert took < max(0.5, 6 * (time.monotonic() - floor))


@pytest.mark.parametrize("term", ["dumb", ""])
def test_a_terminal_that_cannot_place_text_is_told_of_the_command_line(
    walk: Walk, term: str
) -> None:
    begun(walk).start(env={"TERM": term or None})
    assert walk.on.wait_exit() == 2
    assert "manabench --help" in walk.on.text


def test_piped_text_is_captured_at_the_terminal(walk: Walk) -> None:
    begun(walk)
    walk.term = walk.manabench.on_terminal(
        ["sh", "-c", "echo call the harbour | " + " ".join(ARGV)]
    )
    walk.sees("new task:").sees("call the harbour")
    walk.press("enter").sees("○ call the harbour")
    walk.on.press("ctrl+q")
    walk.on.wait_exit()
    assert walk.on.unrestored() == []


def test_a_paste_is_captured_and_none_of_it_acts(walk: Walk) -> None:
    begun(walk).start().wait_for("heron")
    walk.on.paste("dxu write to Amara").wait_for("new task:")
    walk.sees("dxu write to Amara").press("escape").sees("Kept as a draft")
    walk.on.send(b"quit the old job").wait_for("new task:")
    walk.sees("old job").sees("heron marker")
    walk.on.press("escape")
    walk.leave()


def test_no_colour_code_is_written_under_no_color(walk: Walk) -> None:
    begun(walk).start(env={"NO_COLOR": "1"}).wait_for("heron")
    walk.press("j", "x", "t").sees("Tag").press("escape", "?").sees("On a row").press("q")
    walk.leave()
    assert COLOURS.findall(walk.on.raw()) == []


def test_developer_variables_write_nothing(walk: Walk, tmp_path: object) -> None:
    log = os.path.join(str(tmp_path), "log")
    begun(walk).start(
        env={
            "TEXTUAL": "debug,devtools",
            "TEXTUAL_LOG": log,
            "TEXTUAL_PRESS": "d",
            "TEXTUAL_SCREENSHOT": "1",
            "TEXTUAL_SCREENSHOT_LOCATION": str(tmp_path),
        }
    ).wait_for("heron")
    time.sleep(1.5)
    walk.sees("heron")
    walk.leave()
    assert os.listdir(str(tmp_path)) == []


def test_titles_of_windows_and_error_logs_hold_nothing(walk: Walk) -> None:
    begun(walk)
    log = walk.manabench.home.root / "errors"
    walk.term = walk.manabench.on_terminal(["sh", "-c", " ".join(ARGV) + f" 2> {log}"])
    walk.sees("heron").press("enter").sees("Priority")
    walk.on.press("ctrl+q")
    walk.on.wait_exit()
    assert log.read_text() == ""
    assert not any("heron" in title for title in walk.on.emulator.titles)
