"""The wrong row is deleted; after a restart u brings it back, and so does the deleted view."""

from __future__ import annotations

import pytest

from tests.journeys.conftest import SIZES, Walk

pytestmark = pytest.mark.slow


def three(walk: Walk) -> None:
    for title in ("alpha", "beta", "gamma"):
        walk.manabench("task", "add", title).ok()


def titles(walk: Walk) -> list[str]:
    return sorted(t["title"] for t in walk.manabench("task", "list", "--json").data)


@pytest.fixture
def begun(walk: Walk) -> Walk:
    walk.manabench("init", "--no-passphrase").ok()
    three(walk)
    return walk


@pytest.mark.parametrize("walk", SIZES, indirect=True)
def test_after_a_restart_u_shows_what_it_undoes_and_then_does_it(begun: Walk) -> None:
    walk = begun
    with walk.journey("7 delete, restart, restore"):
        gone = deleted_and_left(walk)
        walk.start().wait_for("Open")
        walk.press("u").sees("u again undoes")
        assert gone not in "\n".join(walk.on.screen)
        walk.press("u").sees(f"○ {gone}")
        walk.leave()
    assert titles(walk) == ["alpha", "beta", "gamma"]


@pytest.mark.parametrize("walk", SIZES, indirect=True)
def test_after_a_restart_the_deleted_of_the_list_gives_it_back(begun: Walk) -> None:
    walk = begun
    with walk.journey("7 delete, restart, restore"):
        gone = deleted_and_left(walk)
        walk.start().wait_for("Open")
        walk.press("v", "d").sees("deleted")
        assert gone in walk.cursor_row()
        walk.press("space").sees("Restored")
        walk.press("v", "d").sees(f"○ {gone}")
        walk.leave()
    assert titles(walk) == ["alpha", "beta", "gamma"]


@pytest.mark.parametrize("walk", SIZES, indirect=True)
def test_after_a_restart_deleted_gives_back_what_is_marked_in_one_step(begun: Walk) -> None:
    walk = begun
    walk.manabench("note", "add", "tide table").ok()
    walk.manabench("note", "delete", "tide table").ok()
    with walk.journey("7 delete, restart, restore"):
        gone = deleted_and_left(walk)
        walk.start().wait_for("Notes")
        walk.press("g", "D").sees("tide table").sees(gone)
        assert gone in walk.cursor_row()
        walk.press("*").sees("2 marked").press("space").sees("Restored 2 records").sees(
            "Nothing is"
        )
        walk.press("u").sees("Undone: restore 2").sees("tide table")
        walk.press("U").sees("Done again")
        walk.leave()
    assert titles(walk) == ["alpha", "beta", "gamma"]
    assert [n["title"] for n in walk.manabench("note", "list", "--json").data] == ["tide table"]


def deleted_and_left(walk: Walk) -> str:
    """Delete the row under the cursor and leave; its title."""
    walk.start().wait_for("gamma")
    gone = walk.cursor_row().split()[-1]
    walk.press("d").sees("u brings it back")
    walk.leave()
    assert titles(walk) == sorted({"alpha", "beta", "gamma"} - {gone})
    return gone


def test_a_fresh_step_is_undone_at_once_and_redone(begun: Walk) -> None:
    walk = begun
    walk.start().wait_for("gamma")
    gone = walk.cursor_row().split()[-1]
    walk.press("d").sees_not(gone)
    walk.press("u").sees("Undone: delete")
    walk.sees(gone)
    assert gone in walk.cursor_row()
    walk.press("U").sees("Done again")
    walk.leave()
    assert gone not in titles(walk)


def test_many_deletions_are_asked_for_with_their_count(begun: Walk) -> None:
    walk = begun
    for n in range(5):
        walk.manabench("task", "add", f"more {n}").ok()
    walk.start().wait_for("gamma")
    walk.press("*").sees("8 marked")
    walk.press("d").sees("Delete 8 records?")
    walk.press("escape").sees("gamma")
    walk.press("d").sees("Delete 8 records?")
    walk.press("enter").sees("u brings them back")
    walk.press("u").sees("gamma")
    walk.leave()
    assert len(titles(walk)) == 8
