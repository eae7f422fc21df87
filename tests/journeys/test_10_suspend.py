"""Suspended in the middle of something, the same screen comes back, also below a wrapper."""

from __future__ import annotations

import pytest

from tests.journeys.conftest import Walk

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("command", ["manabench", "sh -c 'manabench; true'"])
def test_fg_gives_back_the_screen_there_was_before(walk: Walk, command: str) -> None:
    walk.manabench("init", "--no-passphrase").ok()
    walk.manabench("note", "add", "travel").ok()
    with walk.journey("10 suspend"):
        walk.shell()
        walk.type(command + "\n").sees("a adds")
        walk.on.press("2", "j", "a").wait_for("new note")
        walk.on.type("half a tho").press("escape").wait_for("Kept as a draft").settle()
        before = walk.on.screen
        with walk.away():
            walk.press("ctrl+z").sees("Stopped")
            assert not walk.on.emulator.alternate
            walk.type("echo on the $((1+1)) shell\n").sees("on the 2 shell")
            walk.type("fg\n").sees("Kept as a draft").on.settle(quiet=0.4)
        assert walk.on.screen == before
        walk.press("a").sees("half a tho").type("ught").on.press("enter").wait_for("half a thought")
        walk.leave()
    titles = {note["title"] for note in walk.manabench("note", "list", "--json").data}
    assert titles == {"travel", "half a thought"}
