"""A due date is two keys, or two keys and a word."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from tests.journeys.conftest import SIZES, Walk

pytestmark = pytest.mark.slow

FRIDAY = 4


def begun(walk: Walk) -> Walk:
    walk.manabench("init", "--no-passphrase").ok()
    walk.manabench("task", "add", "-", input="paint the boat\npaint the shed").ok()
    return walk


def due(walk: Walk) -> list[str]:
    """The days that are stored."""
    tasks = walk.manabench("task", "list", "--json").data
    return [task["dueDate"] for task in tasks if task.get("dueDate")]


def today() -> date:
    return datetime.now(UTC).date()


@pytest.mark.parametrize("walk", SIZES, indirect=True)
def test_two_keys_make_a_row_due_tomorrow(walk: Walk) -> None:
    begun(walk)
    day = today() + timedelta(days=1)
    with walk.journey("4 due date"):
        walk.start().wait_for("boat")
        title = walk.cursor_row().split()[-1]
        walk.press("w", "m").sees("Due tomorrow")
        assert title in walk.cursor_row()
        assert "tomorrow" in walk.cursor_row()
        walk.leave()
    assert [stored[:10] for stored in due(walk)] == [str(day)]


@pytest.mark.parametrize("walk", SIZES, indirect=True)
def test_two_keys_and_a_word_make_it_due_next_friday(walk: Walk) -> None:
    begun(walk)
    day = today() + timedelta(days=(FRIDAY - today().weekday() - 1) % 7 + 1)
    with walk.journey("4 due date"):
        walk.start().wait_for("boat")
        walk.press("w").type("friday").press("enter").sees("Due Fri")
        walk.leave()
    assert [stored[:10] for stored in due(walk)] == [str(day)]


def test_the_word_may_wait_for_its_own_line(walk: Walk) -> None:
    begun(walk).start().wait_for("boat")
    walk.press("w", "enter").sees("When:").type("thursday").press("enter").sees("Due Thu")
    walk.leave()
