"""Capture: what a line is read as stands on the screen before Enter, and Enter does just that."""

from __future__ import annotations

import statistics

import pytest

from tests.harness import Manabench
from tests.journeys.conftest import SMALL, Walk

pytestmark = pytest.mark.slow


def begun(walk: Walk) -> Walk:
    walk.manabench("init", "--no-passphrase").ok()
    walk.manabench("space", "create", "Harbour", "--type", "team").ok()
    walk.manabench("tag", "add", "home").ok()
    walk.manabench("task", "add", "-", input="\n".join(f"task {n}" for n in range(60))).ok()
    return walk


@pytest.mark.parametrize("walk", SMALL, indirect=True)
@pytest.mark.parametrize("key", ["c", "a"])
def test_every_reading_shows_before_enter_and_is_what_is_stored(walk: Walk, key: str) -> None:
    begun(walk).start().wait_for("○ task")
    walk.press(key).sees("new task")
    walk.sees("end with")
    walk.type("oil gate +2w").sees("due ")
    walk.type(" #home").sees("#home")
    walk.type(" !high").sees("high")
    walk.press("enter").sees("○ oil gate")
    walk.leave()
    (task,) = [t for t in walk.manabench("task", "list", "--json").data if t["title"] == "oil gate"]
    assert task["tagNames"] == ["home"]
    assert task["priority"] == "high"
    assert len(task["dueDate"]) == 10


def test_a_named_space_gets_the_task_the_view_stays_and_undo_takes_it_back(walk: Walk) -> None:
    begun(walk).start().wait_for("○ task")
    walk.press("c").sees("Personal · new task:")
    walk.type("tar the hull #deck @har").sees("#deck (new) · in Harbour")
    walk.press("enter").sees("Added to Tasks in Harbour.")
    walk.sees("○ task").sees_not("○ tar the hull")
    titles = {
        t["title"] for t in walk.manabench("--space", "harbour", "task", "list", "--json").data
    }
    assert titles == {"tar the hull"}
    walk.press("u").sees("Undone")
    walk.leave()
    assert walk.manabench("--space", "harbour", "task", "list", "--json").data == []
    assert walk.manabench("--space", "harbour", "tag", "list", "--json").data == []


def test_a_line_left_keeps_its_words_and_its_readings_come_back(walk: Walk) -> None:
    begun(walk).start().wait_for("○ task")
    walk.press("c").sees("new task").type("oil gate tomorrow").sees("due tomorrow")
    walk.press("escape").sees("Kept as a draft").sees_not("due tomorrow")
    walk.press("c").sees("due tomorrow").sees("oil gate tomorrow")
    walk.press("enter").sees("○ oil gate")
    walk.leave()


def test_a_title_that_looks_like_a_date_stays_a_title(walk: Walk) -> None:
    begun(walk).start().wait_for("○ task")
    walk.press("c").sees("new task").type("Freitag")
    walk.sees("end with").press("enter").sees("○ Freitag")
    walk.leave()


def test_a_character_of_capture_costs_little(walk: Walk) -> None:
    begun(walk).start().wait_for("○ task")
    assert walk.cost("c") <= 12 * 1024
    costs = [walk.cost("space" if c == " " else c) for c in "milk tomorrow 17:30 +home"]
    assert statistics.median(costs) <= 600
    assert max(costs) <= 12 * 1024
    assert walk.cost("escape") <= 12 * 1024


def test_open_shows_the_record_from_any_space_and_refuses_what_is_not_there(
    manabench: Manabench,
) -> None:
    manabench("init", "--no-passphrase").ok()
    manabench("space", "create", "Harbour", "--type", "team").ok()
    manabench("--space", "harbour", "note", "add", "Tide table").ok()
    manabench("task", "add", "Paint").ok()
    assert manabench("open", "Paint").code == 2
    terminal = manabench.terminal("open", "nothing at all")
    assert terminal.wait_exit() == 3
    terminal = manabench.terminal("open", "Tide table")
    terminal.wait_for("Harbour (team)").wait_for("Tide table")
    terminal.press("ctrl+q")
    assert terminal.wait_exit() == 0
    terminal = manabench.terminal("open", "Paint")
    terminal.wait_for("Priority")
    terminal.press("ctrl+q")
    assert terminal.wait_exit() == 0


def test_open_waits_for_the_passphrase(manabench: Manabench) -> None:
    manabench("init", "--passphrase-stdin", input="a long passphrase\n").ok()
    manabench("--passphrase-stdin", "task", "add", "Paint", input="a long passphrase\n").ok()
    manabench("lock").ok()
    terminal = manabench.terminal("open", "Paint")
    terminal.wait_for("unlock").press("enter").wait_for("Passphrase:")
    terminal.type("a long passphrase").press("enter")
    terminal.wait_for("Priority")
    terminal.press("ctrl+q")
    assert terminal.wait_exit() == 0
