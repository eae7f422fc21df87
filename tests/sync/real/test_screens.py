"""Both workbenches open: what is done in one is painted in the other."""

from __future__ import annotations

import signal
import statistics
from collections.abc import Callable

import pytest

from tests.harness import Terminal
from tests.sync.real.devices import LIMIT, House, in_step
from tests.sync.real.painting import press_to_paint

pytestmark = pytest.mark.slow

TRIES = 10
SOON = 1.0
"""Seconds; the bench holds it to far less, on a machine that does nothing else."""


def test_a_key_press_here_is_painted_there_both_ways(
    there: House, someone: Callable[[str], str]
) -> None:
    email = someone("ann")
    desk, train = there.device(email), there.device(email)
    desk.add("heron")
    in_step(desk, train, rounds=1)
    with desk.workbench("heron") as one, train.workbench("heron") as two:
        for term in (one, two):
            term.wait_for("synced", limit=LIMIT)
            term.settle(quiet=1.0)
        took, old = [], "heron"
        for n in range(TRIES):
            new = f"egret {n}"
            took.append(press_to_paint(*((one, two) if n % 2 else (two, one)), old, new))
            old = new
        _both_at_once(there, one, two)
        for term in (one, two):
            assert "held" not in term.text
            term.press("ctrl+q")
            assert term.wait_exit() == 0
            assert term.unrestored() == []
    assert statistics.median(took) < SOON, took
    in_step(desk, train, rounds=1)
    found = [one for one in desk("sync", "conflicts", "--json").data if one["mine"] == "first word"]
    assert [one["theirs"] for one in found] == ["second word"]


def _both_at_once(there: House, one: Terminal, two: Terminal) -> None:
    """Both type before either can hear of the other: the later word stands on both screens, the
    earlier one waits as a conflict, and within seconds nothing is left to be sent."""
    assert there.served is not None
    child = there.served.child
    child.send_signal(signal.SIGSTOP)
    try:
        for term, words in ((one, "first word"), (two, "second word")):
            term.press("e").wait_for("Title:").press("ctrl+u").type(words).press("enter")
            term.wait_for("1 to send").wait_for(words)
    finally:
        child.send_signal(signal.SIGCONT)
    one.wait_for("second word", limit=5).wait_for("conflict")
    for term in (one, two):
        term.settle(quiet=0.5)
        term.wait_for(lambda text: "synced" in text and "to send" not in text, limit=5)
