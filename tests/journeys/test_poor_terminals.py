"""Consoles, multiplexers, few colours, few cells, slow lines, storms of resizing, every script."""

from __future__ import annotations

import os
import pty
import re
import select
import shutil
import signal
import struct
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from fcntl import ioctl

import pytest

from tests.harness.emulator import Emulator
from tests.harness.program import ARGV
from tests.harness.terminal import clean_environment
from tests.harness.tmux import Tmux
from tests.journeys.conftest import Walk
from tui.widgets import cells

pytestmark = pytest.mark.slow

SGR = re.compile(rb"\x1b\[([0-9;:]*)m")
WIDE = (
    "雪国 Snow Country の物語",
    "cafe\u0301 re\u0301sume\u0301 a\u0300\u0301\u0302\u0303\u0304\u0305",
    "family \U0001f469\u200d\U0001f469\u200d\U0001f467 flag \U0001f1e8\U0001f1ed ok",
    "שלום עולם and back",
    "tab\there\tand there",
    "control \x1b[31m and \x07 bell",
)
"""Titles in which a program that counts characters draws a broken row."""


def begun(walk: Walk, *titles: str) -> Walk:
    walk.manabench("init", "--no-passphrase").ok()
    lines = "\n".join(titles or [f"heron {n:02}" for n in reversed(range(40))])
    walk.manabench("task", "add", "-", input=lines).ok()
    return walk


def codes(walk: Walk) -> set[str]:
    """Every parameter of every SGR sequence written so far."""
    found = {code.decode() for code in SGR.findall(walk.on.raw())}
    return {part for code in found for part in code.replace(":", ";").split(";") if part}


def tour(walk: Walk) -> None:
    """Through the screens that draw in every role."""
    walk.press("x", "j", "x").sees("2 marked")
    walk.press("t").sees("Tag").press("escape").press("escape")
    walk.press("enter").sees("Priority").press("q").press("g", ",").sees("Theme").press("q")
    walk.press("?").sees("Keys here").press("q").press("a").sees("new task").press("escape")


@pytest.mark.parametrize("term", ["linux", "screen", "tmux", "xterm"])
def test_sixteen_colours_are_all_that_a_poor_terminal_is_sent(walk: Walk, term: str) -> None:
    begun(walk).start(env={"TERM": term, "COLORTERM": None}).wait_for("heron")
    tour(walk)
    walk.on.settle()
    plain = {"0", "1", "2", "3", "4", "7", "9", "22", "23", "24", "27", "29", "39", "49"}
    few = {str(n) for first in (30, 40, 90, 100) for n in range(first, first + 8)}
    assert codes(walk) <= plain | few
    assert codes(walk) & few, "and it is not colourless"
    walk.leave()


def test_under_no_color_no_colour_code_is_written_anywhere(walk: Walk) -> None:
    (walk.manabench.home.config).mkdir(mode=0o700, exist_ok=True)
    begun(walk)
    (walk.manabench.home.config / "settings.toml").write_text('[screen]\ntheme = "contrast"\n')
    walk.start(env={"NO_COLOR": "1"}).wait_for("heron")
    tour(walk)
    walk.on.settle()
    # 39 and 49 are the terminal's own colours, and no others.
    assert codes(walk) <= {"0", "1", "2", "3", "4", "7", "9", "39", "49"}
    walk.leave()


def test_the_linux_console_is_sent_signs_of_ascii_only(walk: Walk) -> None:
    begun(walk).start(env={"TERM": "linux", "COLORTERM": None}).wait_for("heron")
    tour(walk)
    walk.on.settle()
    assert walk.on.raw().isascii()
    walk.leave()


def test_in_tmux_with_default_options_all_is_drawn_and_left_as_it_was(walk: Walk) -> None:
    begun(walk)
    argv = ["sh", "-c", " ".join(ARGV) + "; echo back on the shell; sleep 60"]
    with Tmux(argv, env={**walk.manabench.home.env, "TERM": "screen"}) as tmux:
        tmux.wait_for("heron 39").press("j", "j").press("g", ",").wait_for("Theme")
        tmux.press("q").wait_for("heron").press("ctrl+q").wait_for("back on the shell")
        assert "heron" not in "\n".join(tmux.screen())


def test_in_gnu_screen_all_is_drawn(walk: Walk) -> None:
    program = shutil.which("screen")
    if program is None:
        pytest.skip("GNU screen is not installed; its copying is tested by its sequences")
    begun(walk)
    walk.term = walk.manabench.on_terminal(
        [program, "-c", "/dev/null", *ARGV], env={"SCREENDIR": str(walk.manabench.home.root)}
    )
    walk.sees("heron 39").press("j", "g", ",").sees("Theme").press("q").sees("heron 39")
    walk.on.press("ctrl+q")
    walk.on.wait_exit()


# Sizes --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("cols", "rows"), [(40, 15), (30, 8), (20, 5), (10, 3), (4, 2), (1, 1)])
def test_any_size_is_survived_and_from_forty_columns_all_is_there(
    walk: Walk, cols: int, rows: int
) -> None:
    begun(walk).start().wait_for("heron 39").settle()
    walk.on.resize(cols, rows)
    walk.on.settle(quiet=0.3)
    for keys in ("j", "x"), ("enter",), ("q",), ("g", ","), ("j", "q"), ("?",), ("q",), ("t",):
        walk.on.press(*keys)
    walk.on.press("escape", "escape").settle()
    if cols >= 40:
        walk.sees("heron").sees("▸")
    walk.on.resize(80, 24)
    walk.sees("heron").sees("? keys")
    walk.leave()


def test_started_in_a_tiny_window_it_works_when_that_grows(walk: Walk) -> None:
    begun(walk)
    walk.cols, walk.rows = 20, 5
    walk.start(env={"NO_COLOR": None}).settle(quiet=0.5)
    walk.on.resize(80, 24)
    walk.sees("heron 39")
    walk.leave()


def test_a_storm_of_resizing_ends_in_the_right_screen_and_few_bytes(walk: Walk) -> None:
    begun(walk).start().wait_for("heron 39").settle()
    mark = walk.on.mark()
    start = time.monotonic()
    for n in range(200):
        walk.on.resize(40 + n % 60, 12 + n % 20)
        walk.on.signal(signal.SIGWINCH)
        time.sleep(max(0.0, start + n * 0.005 - time.monotonic()))
    walk.on.resize(80, 24)
    walk.on.settle(quiet=0.5)
    assert time.monotonic() - start < 10
    spent = walk.on.bytes_since(mark)
    shown = walk.on.screen
    walk.press("ctrl+l").on.settle(quiet=0.3)
    assert walk.on.screen == shown, "what stands there is what a fresh painting gives"
    assert any("heron 39" in line for line in shown)
    assert spent < 200 * 6 * 1024, "at most one painting for each"
    walk.press("j", "k", "a").sees("new task").press("escape")
    walk.leave()


# A slow line --------------------------------------------------------------------------------


@contextmanager
def slow_line(walk: Walk) -> Iterator[tuple[int, Emulator, list[int]]]:
    """The workbench on a pty that is read so slowly: (the pty, what is shown, [bytes read])."""
    pid, fd = pty.fork()
    if pid == 0:
        env = clean_environment(walk.manabench.home.env)
        os.execvpe(ARGV[0], list(ARGV), env)
    ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    try:
        yield fd, Emulator(80, 24), [0]
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(fd)


def read_slowly(fd: int, shown: Emulator, seen: list[int], seconds: float, rate: int) -> None:
    """Read at ``rate`` bytes a second for so long, answering the terminal's questions."""
    end, step = time.monotonic() + seconds, 0.02
    while time.monotonic() < end:
        if select.select([fd], [], [], step)[0]:
            data = os.read(fd, max(1, int(rate * step)))
            seen[0] += len(data)
            if answer := shown.feed(data):
                os.write(fd, answer)
            time.sleep(step)


def test_on_a_line_of_9600_baud_no_key_is_lost_and_nothing_piles_up(walk: Walk) -> None:
    begun(walk)
    rate = 960
    with slow_line(walk) as (fd, shown, seen):
        end = time.monotonic() + 30
        while "heron 39" not in "\n".join(shown.lines) and time.monotonic() < end:
            read_slowly(fd, shown, seen, 0.2, 1_000_000)
        read_slowly(fd, shown, seen, 1.0, 1_000_000)
        before = seen[0]
        # More keys than the line can show: a held key for two seconds, then words.
        for _n in range(10):
            os.write(fd, b"j")
            read_slowly(fd, shown, seen, 0.05, rate)
        os.write(fd, b"a")
        read_slowly(fd, shown, seen, 0.5, rate)
        for char in b"slow but whole":
            os.write(fd, bytes([char]))
            read_slowly(fd, shown, seen, 0.05, rate)
        os.write(fd, b"\r")
        typed = time.monotonic()
        while "Added" not in "\n".join(shown.lines) and time.monotonic() < typed + 60:
            read_slowly(fd, shown, seen, 0.2, rate)
        # What may wait is the kernel's buffer and thirty writes; further keys wait unread, unlost.
        assert seen[0] - before < 40 * 1024
    titles = [t["title"] for t in walk.manabench("task", "list", "--json").ok().data]
    assert "slow but whole" in titles


# Every script ---------------------------------------------------------------------------------


@pytest.mark.parametrize("walk", [(80, 24), (40, 15)], indirect=True)
def test_no_title_breaks_a_row_wherever_it_is_drawn(walk: Walk) -> None:
    """The glyph, the right edge and the neighbours of a row stand where they stand for ASCII."""
    begun(walk, *WIDE, "plain")
    walk.start().wait_for("plain")
    walk.on.settle()
    for line in walk.on.screen:
        assert cells.width(line) <= walk.cols
    for _title in WIDE:
        walk.press("j").on.settle()
        row = next(n for n, line in enumerate(walk.on.screen) if line.startswith("▸"))
        runs = walk.on.styles(row)
        assert runs[0][1].reverse
        assert runs[-1][1].reverse, "the cursor's bar goes to the edge and is not torn"
        walk.press("enter").sees("Priority").on.settle()
        assert all(cells.width(line) <= walk.cols for line in walk.on.screen)
        walk.press("e").on.settle()
        walk.press("escape", "q").sees("plain")
    walk.press("m").on.settle()
    walk.on.press("escape")
    walk.press(":").type("family").sees("family").press("escape")
    walk.press("/").type("שלום").on.settle()
    walk.press("enter").sees("שלום" if walk.cols > 40 else "and back")
    walk.press("escape", "y", "t").sees("Title")
    walk.leave()
    assert b"\x07 bell" not in walk.on.raw()


def test_a_space_named_in_any_script_leaves_the_status_line_whole(walk: Walk) -> None:
    begun(walk)
    walk.manabench("space", "create", "家族 \U0001f469\u200d\U0001f467", "--type", "family").ok()
    walk.start().wait_for("heron")
    walk.press("s").sees("家族").type("家").press("enter").sees("? keys")
    walk.on.settle()
    assert cells.width(walk.on.screen[0]) <= 80
    assert "? keys" in walk.on.screen[0]
    walk.leave()


# The mouse ------------------------------------------------------------------------------------


def test_motion_is_neither_asked_for_nor_answered(walk: Walk) -> None:
    begun(walk).start().wait_for("heron 39").settle(quiet=0.3)
    assert 1000 in walk.on.emulator.modes
    assert not {1002, 1003} & set(walk.on.emulator.modes)
    mark = walk.on.mark()
    for n in range(50):
        walk.on.move_mouse(n, n % 20)
    time.sleep(0.3)
    assert walk.on.bytes_since(mark) == 0


def test_a_click_moves_a_double_click_opens_and_the_wheel_goes_half_a_page(walk: Walk) -> None:
    begun(walk).start().wait_for("heron 39").settle()
    row = walk.on.row_of("heron 30")
    walk.on.click(10, row).wait_for(lambda text: "▸ ○ heron 30" in text)
    time.sleep(0.6)
    walk.on.wheel(10, 10).wait_for(lambda text: "▸ ○ heron 30" not in text)
    walk.on.settle()
    walk.on.wheel(10, 10, up=True).wait_for(lambda text: "▸ ○ heron 30" in text).settle()
    time.sleep(0.6)
    row = walk.on.row_of("heron 28")
    walk.on.click(10, row, times=2).wait_for("Priority")
    walk.on.settle()
    walk.press("q").sees("▸ ○ heron 28")
    walk.leave()


def test_the_mouse_is_let_go_and_taken_back(walk: Walk) -> None:
    begun(walk).start().wait_for("heron 39").settle()
    walk.press("v", "m").sees("selects text now")
    walk.on.settle()
    assert not {1000, 1002, 1003, 1006} & set(walk.on.emulator.modes)
    walk.on.press("ctrl+l").settle()
    assert 1000 not in walk.on.emulator.modes
    walk.press("v", "m").sees("act here again")
    walk.on.settle()
    assert 1000 in walk.on.emulator.modes
    walk.press("v", "m").sees("selects text now")
    walk.leave()


def test_a_terminal_that_nobody_knows_is_one_of_sixteen_colours(walk: Walk) -> None:
    begun(walk).start(env={"TERM": "some-unknown-thing", "COLORTERM": None}).wait_for("heron")
    walk.on.settle()
    assert not {"38", "48"} & codes(walk)
    walk.leave()
