"""A word typed is a word kept: idle lock, lock, kill -9, hang-up, signals, quit."""

from __future__ import annotations

import signal
import time

import pytest

from tests.journeys.conftest import SIZES, Walk, workbench

pytestmark = pytest.mark.slow

PASSPHRASE = "correct horse"
WORDS = "the marshes at dawn"


def half_typed(walk: Walk, *, passphrase: str | None = None, minutes: float | None = None) -> None:
    """A note whose text is being edited, with words in it that were not committed."""
    home = walk.manabench.home
    if minutes is not None:
        home.config.mkdir(mode=0o700, exist_ok=True)
        (home.config / "settings.toml").write_text(f"[screen]\nidle_lock_minutes = {minutes}\n")
    if passphrase is None:
        walk.manabench("init", "--no-passphrase").ok()
        walk.manabench("note", "add", "travel").ok()
        walk.start().wait_for("a adds")
    else:
        walk.start().wait_for("begin")
        walk.on.press("p").wait_for("Passphrase:")
        walk.on.type(passphrase).press("enter").wait_for("The same again")
        walk.on.type(passphrase).press("enter").wait_for("a adds")
        walk.on.press("g", "n", "a").wait_for("new note")
        walk.on.type("travel").press("enter").wait_for("Added to")
    if "travel" not in walk.on.text:
        walk.on.press("g", "n")
    walk.sees("travel")
    walk.on.press("enter").wait_for("e writes it")
    walk.on.press("e")
    walk.on.wait_for(lambda _: True)
    time.sleep(0.2)
    walk.on.type(WORDS).wait_for(WORDS)


@pytest.mark.parametrize("walk", SIZES, indirect=True)
def test_the_idle_lock_fires_and_after_unlocking_the_text_is_there(walk: Walk) -> None:
    with walk.journey("9 idle lock"):
        half_typed(walk, passphrase=PASSPHRASE, minutes=0.05)
        walk.on.wait_for("Locked", limit=8)
        assert WORDS not in walk.on.text
        walk.press("enter").sees("Passphrase:")
        walk.type(PASSPHRASE).press("enter").sees(WORDS)
        walk.type(", grey").sees("dawn, grey")
        walk.press("escape").sees("Saved")
        walk.leave()
    with workbench(walk.manabench.home) as bench:
        bench.vault.unlock(passphrase=PASSPHRASE)
        assert bench.documents.find(bench.scope, "notes", "travel")["content"] == f"{WORDS}, grey"
        assert bench.drafts.all() == []
    assert walk.manabench.home.find("marshes", PASSPHRASE) == []
    assert PASSPHRASE.encode() not in walk.on.raw()


def left_behind(walk: Walk) -> None:
    """After a new start the text is offered where it was typed, and committing clears it."""
    with workbench(walk.manabench.home) as bench:
        assert [d.text for d in bench.drafts.all()] == [WORDS]
    walk.start().wait_for("travel")
    walk.press("enter").sees("e goes on with it")
    walk.press("e").sees(WORDS)
    walk.press("escape").sees("Saved")
    walk.leave()
    assert walk.manabench("note", "show", "travel", "--json").data["content"] == WORDS
    with workbench(walk.manabench.home) as bench:
        assert bench.drafts.all() == []
    assert walk.manabench.home.find("marshes") == []


def test_kill_9_after_a_second_of_rest_keeps_the_text(walk: Walk) -> None:
    half_typed(walk)
    time.sleep(1.6)
    walk.on.kill()
    left_behind(walk)


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
def test_a_signal_at_once_keeps_the_text_and_the_terminal(walk: Walk, number: int) -> None:
    half_typed(walk)
    walk.on.signal(number)
    assert walk.on.wait_exit() == 128 + number
    assert walk.on.unrestored() == []
    left_behind(walk)


def test_a_lost_connection_keeps_the_text(walk: Walk) -> None:
    half_typed(walk)
    walk.on.close_pty()
    walk.on.wait_exit()
    left_behind(walk)


def test_locking_by_hand_from_another_process_keeps_the_text(walk: Walk) -> None:
    half_typed(walk)
    time.sleep(1.3)
    walk.manabench("lock").ok()
    walk.on.wait_for("Locked")
    assert WORDS not in walk.on.text
    walk.press("enter").sees(WORDS)
    walk.on.kill()


def test_escape_leaves_a_line_as_a_draft_and_a_goes_on_with_it(walk: Walk) -> None:
    walk.manabench("init", "--no-passphrase").ok()
    walk.start().wait_for("a adds")
    walk.press("a").sees("new task").type("half a tho").press("escape").sees("Kept as a draft")
    walk.leave()
    walk.start().wait_for("a goes on with it")
    walk.press("a").sees("half a tho").type("ught").press("enter").sees("○ half a thought")
    walk.leave()
    with workbench(walk.manabench.home) as bench:
        assert bench.drafts.all() == []
