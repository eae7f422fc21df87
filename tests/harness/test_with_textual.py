"""The harness against the real framework, and against a real multiplexer."""

from __future__ import annotations

import signal
import sys

import pytest

from tests.harness import Tmux

SMALL_APP = """
from textual.app import App
from textual.widgets import Input, Label

class Small(App):
    BINDINGS = [("ctrl+q", "quit", "Leave"), ("f2", "say", "Say")]
    def compose(self):
        yield Input(placeholder="write here")
        yield Label("nothing yet", id="said")
    def action_say(self):
        self.query_one("#said").update("f2 was pressed")
    def on_input_submitted(self, event):
        self.query_one("#said").update("said " + event.value)
    def on_resize(self, event):
        self.sub_title = ""
        self.query_one("#said").update(f"size {event.size.width} {event.size.height}")

Small().run()
print("goodbye")
"""

pytestmark = pytest.mark.slow


@pytest.fixture
def small(tmp_path):
    path = tmp_path / "small.py"
    path.write_text(SMALL_APP)
    return [sys.executable, str(path)]


def test_an_app_is_driven_by_keys_and_leaves_the_terminal_as_it_was(terminal, small):
    term = terminal(small, cols=60, rows=12).wait_for("size 60 12")
    assert term.emulator.alternate
    term.type("hello; world").press("enter").wait_for("said hello; world")
    term.press("f2").wait_for("f2 was pressed")
    term.resize(50, 10).wait_for("size 50 10")
    term.press("ctrl+q")
    assert term.wait_exit() == 0
    assert term.unrestored() == []
    assert "goodbye" in term.text


def test_a_pasted_text_arrives_as_one(terminal, small):
    term = terminal(small).wait_for("size 80 24").settle()
    term.paste("several words at once").wait_for("several words at once")


def test_an_app_that_is_killed_is_seen_to_leave_disorder(terminal, small):
    term = terminal(small).wait_for("size 80 24")
    assert term.kill() == -signal.SIGKILL
    assert "the alternate screen is still shown" in term.unrestored()


def test_tmux_drives_the_same_app(small):
    with Tmux(small, cols=60, rows=12) as tmux:
        tmux.wait_for("size 60")
        tmux.type("hello; world").press("enter").wait_for("said hello; world")
        tmux.press("f2").wait_for("f2 was pressed")
        tmux.resize(50, 10).wait_for("size 50")
        lower = tmux.split(["cat"])
        tmux.type("below", pane=lower).wait_for("below", pane=lower)
        assert tmux.alive()


def test_each_tmux_is_a_server_of_its_own(tmp_path):
    with Tmux(["cat"]) as one, Tmux(["cat"]) as two:
        one.type("first").wait_for("first")
        assert "first" not in "\n".join(two.screen())
        one.close()
        assert two.alive()
