"""Which way a copy goes, and what is sent on it."""

from __future__ import annotations

import base64
import re

import pytest

from tests.harness.emulator import Emulator
from tui import clipboard
from tui.shell import linking


@pytest.mark.parametrize(
    ("environ", "ways"),
    [
        ({"TERM": "xterm-256color"}, ("osc52",)),
        ({"TERM": "tmux-256color", "TMUX": "/x,1,0"}, ("tmux", "tmux passthrough")),
        ({"TERM": "screen", "STY": "1.pts"}, ("screen",)),
        ({"TERM": "screen-256color"}, ("osc52",)),
        ({"TERM": "linux"}, ()),
        ({"TERM": "vt220"}, ()),
        ({"TERM": "dumb"}, ()),
        ({}, ()),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "Apple_Terminal"}, ()),
    ],
)
def test_the_ways_of_a_terminal(environ: dict[str, str], ways: tuple[str, ...]) -> None:
    assert clipboard.ways(environ) == ways
    assert clipboard.is_closed(environ) is (ways == ())


@pytest.mark.parametrize("text", ["heron", "雪国 é\nsecond line", "x" * 70_000])
def test_what_is_sent_is_the_text(text: str) -> None:
    shown = Emulator(80, 24)
    shown.feed(clipboard.osc52(text, clipboard.PLAIN).encode())
    assert shown.copied == [text]


def test_tmux_and_screen_pass_on_exactly_the_plain_sequence() -> None:
    text = "heron " * 300
    plain = clipboard.osc52(text, clipboard.PLAIN)
    passed = clipboard.osc52(text, clipboard.PASSED)
    inner = passed.removeprefix("\x1bPtmux;").removesuffix("\x1b\\")
    assert inner.replace("\x1b\x1b", "\x1b") == plain
    pieces = re.findall("\x1bP(.*?)\x1b\\\\", clipboard.osc52(text, clipboard.SCREEN), re.DOTALL)
    assert "".join(pieces) == plain
    assert max(map(len, pieces)) < 768


def test_no_way_is_given_more_than_terminals_take() -> None:
    for way, most in clipboard.MOST.items():
        if way != clipboard.TMUX:
            assert len(base64.b64encode(b"x" * most)) < 100_000


@pytest.mark.parametrize(
    "environ",
    [
        {"DISPLAY": ":0", "SSH_CONNECTION": "1 2 3 4"},
        {"DISPLAY": ":0", "SSH_TTY": "/dev/pts/1"},
        {},
        {"DISPLAY": ":0", "PATH": "/nowhere"},
    ],
)
def test_no_link_is_opened_where_nobody_would_see_it(environ: dict[str, str]) -> None:
    assert linking.opener(environ) == ""
