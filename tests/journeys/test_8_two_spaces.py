"""Two spaces hold the same words; nothing of one ever shows in the other."""

from __future__ import annotations

import pytest

from tests.journeys.conftest import SIZES, Walk

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("walk", SIZES, indirect=True)
def test_switch_capture_search_and_nothing_crosses(walk: Walk) -> None:
    walk.manabench("init", "--no-passphrase").ok()
    walk.manabench("space", "create", "Harbour", "--type", "team").ok()
    walk.manabench("task", "add", "paint the boat").ok()
    walk.manabench("--space", "harbour", "task", "add", "paint the crane").ok()
    with walk.journey("8 two spaces"):
        walk.start().wait_for("paint the boat")
        walk.press("s").sees("Harbour")
        walk.type("har").press("enter").sees("paint the crane")
        walk.sees("Harbour (team)").sees_not("boat")
        walk.press("c").sees("Harbour · new task:")
        walk.type("paint the shed").press("enter").sees("○ paint the shed")
        walk.press("g", "s").sees("Search:")
        walk.type("paint").sees("crane").sees("shed").sees_not("boat")
        walk.press("enter", "q").sees("Harbour (team)")
        walk.leave()
    assert {t["title"] for t in walk.manabench("task", "list", "--json").data} == {"paint the boat"}
    other = walk.manabench("--space", "harbour", "task", "list", "--json").data
    assert {t["title"] for t in other} == {"paint the crane", "paint the shed"}
    # The next start is in the space that was left.
    walk.start().wait_for("paint the shed")
    walk.sees("Harbour (team)")
    walk.leave()


def test_undo_belongs_to_the_space_in_view(walk: Walk) -> None:
    walk.manabench("init", "--no-passphrase").ok()
    walk.manabench("space", "create", "Harbour", "--type", "team").ok()
    walk.start().wait_for("a adds")
    walk.press("a").sees("new task").type("mine").press("enter").sees("○ mine")
    walk.press("s").sees("Harbour").type("har").press("enter").sees("Harbour (team)")
    walk.press("u").sees("nothing to undo").sees_not("○ mine")
    walk.press("b").sees("○ mine")
    walk.press("u").sees_not("○ mine")
    walk.leave()
