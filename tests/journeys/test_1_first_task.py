"""From a fresh home to the first saved task, and back to it at the next start."""

from __future__ import annotations

import pytest

from tests.journeys.conftest import SMALL, Walk

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("walk", SMALL, indirect=True)
def test_one_command_three_keys_and_the_text_make_the_first_task(walk: Walk) -> None:
    with walk.journey("1 first task"):
        walk.shell()
        walk.type("manabench\n").sees("begin")
        walk.press("enter").sees("a adds")
        walk.press("a").sees("new task")
        walk.type("Buy oat milk")
        walk.press("enter").sees("○ Buy oat milk")
        walk.leave()
        walk.type("manabench\n").sees("○ Buy oat milk")
        assert "Buy oat milk" in walk.cursor_row()
        walk.leave()

    tasks = walk.manabench("task", "list", "--json").data
    assert [t["title"] for t in tasks] == ["Buy oat milk"]
    assert walk.manabench.home.find("oat milk") == []


def test_the_cursor_and_module_of_the_last_time_come_back(walk: Walk) -> None:
    walk.start().wait_for("begin")
    walk.press("enter").sees("a adds")
    for word in ("alpha", "beta", "gamma"):
        walk.press("g", "n", "a").sees("new note")
        walk.type(word).press("enter").sees(f"  {word}")
    walk.press("j").on.settle()
    before = walk.cursor_row()
    walk.leave()
    walk.start().wait_for("alpha")
    assert walk.cursor_row() == before
    walk.leave()


def test_a_passphrase_is_asked_twice_and_never_shown(walk: Walk) -> None:
    walk.start().wait_for("begin")
    walk.press("p").sees("Passphrase:")
    walk.type("correct horse").press("enter").sees("The same again")
    walk.type("correct horse").press("enter").sees("a adds")
    walk.press("a").sees("new task").type("secret thing").press("enter").sees("secret thing")
    walk.leave()
    assert b"correct horse" not in walk.on.raw()
    walk.start().wait_for("Locked")
    walk.press("enter").sees("Passphrase:")
    walk.type("wrong").press("enter")
    walk.sees("passphrase is wrong")
    walk.press("enter").sees("Passphrase:")
    walk.type("correct horse").press("enter").sees("secret thing")
    walk.leave()
