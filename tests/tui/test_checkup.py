"""The doctor about terminals: right about the ones that people really sit at."""

from __future__ import annotations

import sys
from collections.abc import Mapping

import pytest

from store.doctor import Finding
from store.settings import Settings
from tests.harness import Manabench
from tests.harness.homes import PROJECT
from tests.harness.tmux import Tmux
from tui import checkup

XTERM = {"TERM": "xterm", "LANG": "en_GB.UTF-8"}


def findings(environ: Mapping[str, str], **chosen: str) -> dict[str, Finding]:
    found = checkup.examine(environ, Settings(**chosen), asks=False)  # type: ignore[arg-type]
    return {one.about: one for one in found}


def test_a_plain_xterm() -> None:
    found = findings(XTERM)
    assert found["colours"].state == "note"
    assert "16 colours" in found["colours"].words
    assert "ansi" in found["colours"].words
    assert "xterm-256color" in found["colours"].todo
    assert found["escape"].state == "ok"
    assert "not confirm" in found["clipboard"].words
    assert found["locale"].state == "ok"


def test_many_colours() -> None:
    for environ in (
        {**XTERM, "TERM": "xterm-256color"},
        {**XTERM, "COLORTERM": "truecolor"},
        {**XTERM, "TERM": "foot"},
    ):
        one = findings(environ)["colours"]
        assert one.state == "ok"
        assert "dark" in one.words
    assert "light" in findings({**XTERM, "TERM": "foot"}, theme="light")["colours"].words


def test_the_linux_console() -> None:
    found = findings({"TERM": "linux", "LANG": "C.UTF-8"})
    assert found["colours"].state == "ok"
    assert "16 colours" in found["colours"].words
    assert "ansi" in found["colours"].words
    assert found["clipboard"].state == "warn"


@pytest.mark.parametrize("term", ["dumb", ""])
def test_a_terminal_that_cannot_place_text(term: str) -> None:
    one = findings({"TERM": term})["colours"]
    assert one.state == "warn"
    assert "TERM" in one.todo
    (here,) = [
        one
        for one in checkup.examine({"TERM": term}, Settings(), asks=True)
        if one.about == "colours"
    ]
    assert here.state == "bad"


def test_no_color() -> None:
    one = findings({**XTERM, "TERM": "xterm-256color", "NO_COLOR": "1"})["colours"]
    assert one.state == "ok"
    assert "mono" in one.words


def test_a_closed_clipboard_says_what_happens_instead() -> None:
    for environ in ({"TERM": "dumb"}, {**XTERM, "TERM_PROGRAM": "Apple_Terminal"}):
        one = findings(environ)["clipboard"]
        assert one.state == "warn"
        assert "by hand" in one.todo


def test_over_ssh_the_clipboard_is_the_other_ends() -> None:
    assert "SSH" in findings({**XTERM, "SSH_TTY": "/dev/pts/1"})["clipboard"].words


def test_screen() -> None:
    found = findings({**XTERM, "TERM": "screen", "STY": "1.pts-0.host"})
    assert "maptimeout" in found["escape"].words
    assert "screen" in found["clipboard"].words


@pytest.mark.parametrize("environ", [{}, {"LANG": "C"}, {"LANG": "C.UTF-8", "LC_ALL": "POSIX"}])
def test_a_locale_without_utf8_is_warned_of(environ: dict[str, str]) -> None:
    one = findings({"TERM": "xterm", **environ})["locale"]
    assert one.state == "warn"
    assert "UTF-8" in one.todo


def test_nothing_here_loads_the_framework() -> None:
    import subprocess

    program = (
        "import sys; from tui import checkup; from store.settings import Settings\n"
        "list(checkup.examine({'TERM': 'xterm'}, Settings(), asks=False))\n"
        "assert 'textual' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=PROJECT)


# On terminals -----------------------------------------------------------------------------------


@pytest.mark.slow
def test_widths_are_measured_on_a_terminal_and_nothing_is_left_on_it(manabench: Manabench) -> None:
    terminal = manabench.terminal("doctor", cols=120, rows=40)
    terminal.wait_for("counts")
    assert terminal.wait_exit() == 0
    assert "漢" not in terminal.text
    assert "ok    widths" in terminal.text
    assert terminal.unrestored() == []


@pytest.mark.slow
def test_a_terminal_that_never_answers_is_not_waited_for(manabench: Manabench) -> None:
    from tests.harness import Terminal
    from tests.harness.program import ARGV

    with Terminal([*ARGV, "doctor"], env=manabench.home.env, cols=120, answers=False) as terminal:
        terminal.wait_for("does not say where its cursor is")
        assert terminal.wait_exit() == 0


@pytest.mark.slow
def test_a_dumb_terminal_is_bad(manabench: Manabench) -> None:
    terminal = manabench.terminal("doctor", cols=120, rows=40, env={"TERM": "dumb"})
    assert terminal.wait_exit() == 1
    assert "TERM is dumb" in terminal.text


@pytest.mark.slow
def test_tmux_with_default_options(manabench: Manabench) -> None:
    manabench("init", "--no-passphrase").ok()
    argv = ["sh", "-c", f"{sys.executable} -m tui.main doctor; sleep 60"]
    with Tmux(argv, cols=120, rows=50, env=manabench.home.env) as tmux:
        tmux.wait_for("keymap")
        shown = "\n".join(tmux.screen())
        held = tmux.run("show-options", "-sv", "escape-time").strip()
        state = "warn" if int(held) > 100 else "ok  "
        assert f"{state}  escape" in shown
        assert f"{held} ms" in shown
        assert "ok    clipboard" in shown
        assert "ok    widths" in shown
        assert "mouse off" in shown
        assert "RGB" in shown


@pytest.mark.slow
def test_tmux_whose_clipboard_is_shut(manabench: Manabench) -> None:
    argv = ["sh", "-c", f"sleep 1; {sys.executable} -m tui.main doctor; sleep 60"]
    with Tmux(argv, cols=120, rows=50, env=manabench.home.env) as tmux:
        tmux.run("set-option", "-s", "set-clipboard", "off")
        tmux.run("set-option", "-s", "escape-time", "10")
        tmux.wait_for("set-clipboard on")
        shown = "\n".join(tmux.screen())
        assert "warn  clipboard" in shown
        assert "ok    escape" in shown
