"""A copy says the truth about where it went, and no link ever starts a program in the terminal."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.harness.program import ARGV
from tests.harness.tmux import Tmux
from tests.journeys.conftest import Walk

pytestmark = pytest.mark.slow

LINK = "https://example.org/a_(b)?c=d"


def begun(walk: Walk, *titles: str) -> Walk:
    walk.manabench("init", "--no-passphrase").ok()
    for title in titles or (f"heron marker {LINK}",):
        walk.manabench("task", "add", title).ok()
    return walk


def test_each_form_reaches_the_clipboard_and_is_not_called_confirmed(walk: Walk) -> None:
    begun(walk).start().wait_for("heron")
    task = walk.manabench("task", "list", "--json").ok().data[0]
    for key, form in (("t", "title"), ("i", "id"), ("m", "markdown"), ("j", "json"), ("l", "link")):
        walk.press("y", key).sees("not confirmed")
        walk.on.settle()
        shown = walk.manabench("task", "show", task["id"], "--as", form, "--json").ok().data
        assert walk.on.emulator.copied[-1] == shown["text"], form
        walk.press("escape")
    assert walk.on.emulator.copied[0] == task["title"]
    assert json.loads(walk.on.emulator.copied[3])["id"] == task["id"]
    walk.leave()


def test_marks_are_copied_together_and_stay_and_deleted_rows_can_be_copied(walk: Walk) -> None:
    begun(walk, "one heron", "two heron").start().wait_for("two heron")
    walk.press("*", "y", "t").sees("2 records")
    walk.on.settle()
    assert sorted(walk.on.emulator.copied[-1].splitlines()) == ["one heron", "two heron"]
    walk.press("d").sees_not("one heron").press("v", "d").sees("one heron")
    walk.press("y", "t").sees("Title sent").on.settle()
    assert walk.on.emulator.copied[-1] in ("one heron", "two heron")


def test_in_tmux_with_default_options_tmux_has_it_and_says_so(walk: Walk) -> None:
    begun(walk)
    with Tmux(ARGV, env=walk.manabench.home.env) as tmux:
        tmux.wait_for("heron").press("y", "t").wait_for("tmux has it")
        assert tmux.buffer() == f"heron marker {LINK}"


def test_where_tmux_does_not_answer_it_is_not_confirmed(walk: Walk) -> None:
    begun(walk).start(env={"TMUX": "/nowhere/socket,1,0"}).wait_for("heron")
    mark = walk.on.mark()
    walk.press("y", "t").sees("not confirmed")
    walk.on.settle()
    assert b"\x1bPtmux;\x1b\x1b]52;c;" in walk.on.raw(mark)


def test_screen_gets_its_own_wrapping_in_pieces(walk: Walk) -> None:
    begun(walk, "heron " + "long " * 200).start(env={"STY": "1.x", "TERM": "screen"})
    walk.sees("heron")
    mark = walk.on.mark()
    walk.press("y", "t").sees("through screen, not confirmed")
    walk.on.settle()
    pieces = walk.on.raw(mark).split(b"\x1bP")[1:]
    assert len(pieces) > 2
    assert all(len(piece.split(b"\x1b\\")[0]) < 768 for piece in pieces)


@pytest.mark.parametrize("env", [{"TERM": "linux"}, {"TERM_PROGRAM": "Apple_Terminal"}])
def test_a_closed_clipboard_shows_the_text_and_lets_go_of_the_mouse(
    walk: Walk, env: dict[str, str]
) -> None:
    begun(walk).start(env=dict(env)).wait_for("heron")
    walk.press("y", "i").sees("select it with the mouse")
    walk.on.settle()
    assert 1000 not in walk.on.emulator.modes
    id = walk.manabench("task", "list", "--json").ok().data[0]["id"]
    assert id in walk.on.screen, "alone on its line"
    walk.press("q").sees("heron")
    walk.on.settle()
    assert 1000 in walk.on.emulator.modes
    assert walk.on.emulator.copied == []
    walk.leave()


def test_a_link_over_ssh_is_copied_shown_and_drawn_as_a_link(walk: Walk, tmp_path: Path) -> None:
    called = desktop(tmp_path)
    env = {"SSH_CONNECTION": "1 2 3 4", "DISPLAY": ":0", "PATH": f"{tmp_path}:/usr/bin:/bin"}
    begun(walk).start(env=dict(env)).wait_for("heron")
    walk.press("o").sees("not confirmed")
    walk.on.settle()
    assert walk.on.emulator.copied == [LINK]
    assert LINK in walk.on.emulator.links
    assert not called.exists()
    walk.leave()


def test_with_a_desktop_the_link_goes_there_and_never_to_a_shell(
    walk: Walk, tmp_path: Path
) -> None:
    called = desktop(tmp_path)
    env = {"DISPLAY": ":0", "PATH": f"{tmp_path}:/usr/bin:/bin"}
    nasty = "https://example.org/;touch${IFS}x&$(id)"
    begun(walk, f"heron {nasty}").start(env=dict(env)).wait_for("heron")
    walk.press("o").sees("Opened on the desktop")
    walk.on.settle()
    arguments, tty = called.read_text().splitlines()
    assert arguments == nasty
    assert "not a tty" in tty
    walk.leave()


def test_of_several_links_one_is_picked_and_what_is_no_page_is_not_opened(walk: Walk) -> None:
    begun(walk, "heron https://a.example and https://b.example/x", "wren file:///etc/passwd")
    walk.start().wait_for("wren")
    walk.press("o").sees("There is no link in it.")
    walk.press("j", "o").sees_not("heron").sees("a.example")
    walk.press("down", "enter").sees("not confirmed")
    walk.on.settle()
    assert walk.on.emulator.copied == ["https://b.example/x"]


def test_what_was_copied_can_be_shown_until_the_lock(walk: Walk) -> None:
    walk.manabench("init", "--passphrase-stdin", input="long enough words\n").ok()
    walk.manabench("task", "add", "heron").ok()
    walk.start().wait_for("heron")
    walk.press("y", "t").sees("not confirmed")
    walk.press(":").type("show what was copied").press("enter").sees("select it with the mouse")
    walk.press("q", "L").sees("locked").press("enter").type("long enough words").press("enter")
    walk.sees("heron")
    walk.press(":").type("show what was copied").press("enter").sees("Nothing was copied")


def desktop(folder: Path) -> Path:
    """A stand-in for xdg-open that writes down its argument and its terminal."""
    called = folder / "called"
    program = folder / "xdg-open"
    program.write_text(
        f'#!/bin/sh\nprintf "%s\\n" "$1" > "{called}.new"\ntty >> "{called}.new" 2>&1\n'
        f'mv "{called}.new" "{called}"\n'
    )
    program.chmod(0o755)
    (folder / "python").symlink_to(sys.executable)
    return called
